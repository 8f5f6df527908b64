package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A collector as a process under malformed input, and by what its memory is judged. */
class SoakTest {

    private static final long MEBI = 1 << 20;

    @TempDir
    Path directory;

    @Test
    void theCollectorOutlivesMalformedInputAndLosesNothingThatIsSound() throws Exception {
        try (Workbench bench = Workbench.in(directory)) {
            SoakRun.Report report =
                    SoakRun.run(bench, new SoakRun.Plan(Duration.ofSeconds(20), 400, 7), System.out::println);

            System.out.println(report.summary());
            assertThat(report.wrong()).as(report.summary()).isEmpty();
            // What would prove nothing: input that never reached the decoders, or of one kind only.
            assertThat(report.found()).isGreaterThan(20);
            assertThat(report.metrics().entrySet().stream()
                            .filter(metric -> metric.getValue() > 0)
                            .map(Map.Entry::getKey))
                    .contains(
                            "collector_undecodable_ipfix_message_total",
                            "collector_undecodable_ipfix_record_total",
                            "collector_undecodable_syslog_message_total",
                            "collector_undecodable_syslog_record_total",
                            "collector_undecodable_syslog_frame_total",
                            "collector_netflow_packets_total",
                            "collector_ipfix_templates_total");
        }
    }

    @Test
    void memoryThatGoesOnGrowingIsSeen() {
        assertThat(grows(LongStream.rangeClosed(1, 30).map(minute -> 50 + 3 * minute)))
                .isTrue();
    }

    @Test
    void memoryThatGrowsAtTheBeginningAndSwingsLaterIsNoGrowth() {
        assertThat(grows(LongStream.rangeClosed(1, 30).map(minute -> Math.min(100, 10 * minute) + 15 * (minute % 2))))
                .isFalse();
    }

    private static boolean grows(LongStream mebis) {
        List<SoakRun.Sample> samples = mebis.mapToObj(mebi -> new SoakRun.Sample(mebi * MEBI, 0, 0, 0, 0))
                .toList();
        return SoakRun.grows(samples, SoakRun.Sample::heapOctets);
    }
}
