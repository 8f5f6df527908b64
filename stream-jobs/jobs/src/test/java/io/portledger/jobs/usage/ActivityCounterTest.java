package io.portledger.jobs.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.jobs.v1.ActivityCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivityCounterTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 100, 999, 1_000, 65_535, 86_400_000, 31_536_000_000L})
    void aDelayFallsIntoABucketThatIsAnEighthWideAtMost(long delay) {
        int bucket = ActivityCounter.bucket(delay);

        assertThat(ActivityCounter.lowerEnd(bucket)).isLessThanOrEqualTo(delay);
        assertThat(ActivityCounter.lowerEnd(bucket + 1)).isGreaterThan(delay);
        assertThat(ActivityCounter.lowerEnd(bucket + 1) - ActivityCounter.lowerEnd(bucket))
                .isLessThanOrEqualTo(Math.max(1, delay / 8));
    }

    @Test
    void everyEventCountsForItsExporterAndItsNetworkInItsHour() throws Exception {
        ActivityCounter counter = new ActivityCounter();
        long hour = 1_700_002_800_000L;
        counter.count("192.0.2.1", 0xcb007107, hour, true, 5);
        counter.count("192.0.2.1", 0xcb0071ff, hour + 3_599_999, false, -20);
        counter.count("192.0.2.2", 0xcb007107, hour + 3_600_000, true, 5);

        List<ActivityPart> told = new ArrayList<>();
        counter.tellIfTime(System.nanoTime(), told::add);

        Map<String, String> counts = new TreeMap<>();
        for (ActivityPart part : told) {
            ActivityCounts of = ActivityCounts.parseFrom(part.counts);
            counts.put(part.key, of.getAllocated() + " " + of.getReleased() + " " + new TreeMap<>(of.getDelaysMap()));
        }
        assertThat(counts)
                .isEqualTo(Map.of(
                        "EXPORTER 192.0.2.1 1700002800000", "1 1 {0=1, 5=1}",
                        "EXPORTER 192.0.2.2 1700006400000", "1 0 {5=1}",
                        "NETWORK 203.0.113.0/24 1700002800000", "1 1 {0=1, 5=1}",
                        "NETWORK 203.0.113.0/24 1700006400000", "1 0 {5=1}"));
        assertThat(counter.parts()).isEmpty();
    }
}
