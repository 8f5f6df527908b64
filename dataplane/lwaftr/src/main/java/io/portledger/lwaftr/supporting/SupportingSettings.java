package io.portledger.lwaftr.supporting;

import java.time.Duration;
import java.util.Map;

/**
 * The supporting system whose bindings are followed.
 *
 * @param kafka where it publishes them
 */
public record SupportingSettings(Kafka kafka) {

    /**
     * A topic of Kafka; {@code lwaftr-defaults.yaml} explains each key.
     *
     * @param bootstrapServers brokers to begin with, {@code host:port}, comma-separated; empty: no topic is followed
     * @param topic its name
     * @param startTimeout how long a start waits for all that is on the topic, at least a second
     * @param client more settings of Kafka's clients by their own names, such as those of security
     */
    public record Kafka(String bootstrapServers, String topic, Duration startTimeout, Map<String, String> client) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Kafka {
            client = Map.copyOf(client);
            if (topic.isEmpty()) {
                throw new IllegalArgumentException(
                        "Invalid value \"\" for key topic: a topic has a name (allowed: the name of a topic of Kafka)");
            }
            if (startTimeout.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException(
                        "Invalid value " + startTimeout + " for key start-timeout: too short (allowed: 1s and more)");
            }
        }
    }
}
