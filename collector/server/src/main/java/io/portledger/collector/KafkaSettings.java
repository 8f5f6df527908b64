package io.portledger.collector;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How records reach Kafka; collector-defaults.yaml explains each.
 *
 * @param bootstrapServers brokers to begin with, {@code host:port}, comma-separated
 * @param bufferOctets how many octets of records are held while Kafka does not take them
 * @param startTimeout how long the start waits for Kafka
 * @param stopTimeout how long the stop goes on sending what is held
 * @param client more settings of Kafka's clients by their own names, such as those of security
 * @param natEvents how the topic nat-events is made if it is missing
 * @param exporterHealth how the topic exporter-health is made if it is missing
 * @param natConditions how the topic nat-conditions is made if it is missing
 * @param portUsage how the topic port-usage is made if it is missing
 * @param undecodable how the topic undecodable is made if it is missing
 */
public record KafkaSettings(
        String bootstrapServers,
        long bufferOctets,
        Duration startTimeout,
        Duration stopTimeout,
        Map<String, String> client,
        TopicSettings natEvents,
        TopicSettings exporterHealth,
        TopicSettings natConditions,
        TopicSettings portUsage,
        TopicSettings undecodable) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public KafkaSettings {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "Invalid value \"\" for key bootstrap-servers: no broker is named (allowed: host:port, comma-separated)");
        }
        CollectorSettings.requireAtLeast("buffer-octets", bufferOctets, 1_048_576);
        CollectorSettings.requireAtLeast("start-timeout", startTimeout, Duration.ofSeconds(1));
        CollectorSettings.requireAtLeast("stop-timeout", stopTimeout, Duration.ZERO);
    }

    /**
     * How a topic is made.
     *
     * @param partitions how many partitions
     * @param replicationFactor on how many brokers each is kept
     * @param retention for how long records are kept; null is for ever
     */
    public record TopicSettings(
            int partitions, int replicationFactor, @Nullable Duration retention) {

        /** @throws IllegalArgumentException naming the key that is out of its range */
        public TopicSettings {
            CollectorSettings.requireAtLeast("partitions", partitions, 1);
            CollectorSettings.requireAtLeast("replication-factor", replicationFactor, 1);
            if (retention != null) {
                CollectorSettings.requireAtLeast("retention", retention, Duration.ofMinutes(1));
            }
        }
    }
}
