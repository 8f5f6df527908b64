package io.portledger.collector;

import io.portledger.settings.HostPort;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the collector tells its numbers and whether it is healthy; collector-defaults.yaml explains each.
 *
 * @param listen where HTTP is served; null: nowhere
 * @param kafkaSilence for how long Kafka may not answer before the collector calls itself unhealthy
 * @param maxExporters how many exporters are told one by one
 */
public record MetricsSettings(@Nullable HostPort listen, Duration kafkaSilence, int maxExporters) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public MetricsSettings {
        CollectorSettings.requireAtLeast("kafka-silence", kafkaSilence, Duration.ofSeconds(1));
        CollectorSettings.requireAtLeast("max-exporters", maxExporters, 0);
    }
}
