package io.portledger.collector;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the collector keeps on disk until Kafka has it; collector-defaults.yaml explains each.
 *
 * @param maxOctets how much it may be
 * @param alarmPercent from how much of that on the spill is called filling
 * @param syncInterval how often it is forced to the disk; null leaves that to the system, 0 is with every batch
 */
public record SpillSettings(
        long maxOctets, int alarmPercent, @Nullable Duration syncInterval) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public SpillSettings {
        CollectorSettings.requireAtLeast("max-octets", maxOctets, 16L << 20);
        if (alarmPercent < 1 || alarmPercent > 100) {
            throw new IllegalArgumentException(
                    "Invalid value " + alarmPercent + " for key alarm-percent: out of range (allowed: 1-100)");
        }
        if (syncInterval != null) {
            CollectorSettings.requireAtLeast("sync-interval", syncInterval, Duration.ZERO);
        }
    }
}
