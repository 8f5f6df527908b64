package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/**
 * Each process is killed once at a random time while port sets change hands over bad networks; then the whole ledger is
 * the truth, and is the same again when it is made anew of the records in Kafka.
 */
class ChaosTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    void theLedgerIsTrueWhateverWasKilledAndTheSameWhenItIsMadeAnew() throws Exception {
        Path data = directory.resolve("data");
        StandaloneSettings settings = StandaloneSettings.of(PortPlan.free());
        Map<String, JsonNode> bindings;
        Map<String, JsonNode> gaps;
        try (Standalone standalone = Standalone.start(data, settings, ChaosTest::tell)) {
            ChaosRun.Report report = ChaosRun.run(
                    standalone,
                    new ChaosRun.Plan(
                            Duration.ofSeconds(60), Instant.now().toEpochMilli(), 50, 500, ChaosRun.VICTIMS.size()),
                    ChaosTest::tell);

            System.out.println(report.summary());
            assertThat(report.wrong()).as(report.summary()).isEmpty();
            assertThat(report.kills()).containsOnlyKeys(ChaosRun.VICTIMS);
            // What would prove nothing: a ledger without documents, or one that is not sure of anything.
            assertThat(report.equal()).as(report.summary()).isGreaterThan((int) report.changes() / 8);
            assertThat(report.complete()).as(report.summary()).isGreaterThan(20);
            try (StoredLedger ledger = new StoredLedger(standalone.elasticsearch())) {
                bindings = ledger.bindings();
                gaps = ledger.gaps();
            }
            assertThat(rebuild("--data", data.toString(), "--yes"))
                    .as("what runs is not stopped by surprise")
                    .contains("is in use by another portledger");
        }

        assertThat(rebuild("--data", data.toString())).contains("Nothing was changed");
        assertThat(data.resolve("elasticsearch")).exists();
        assertThat(rebuild("--data", data.toString(), "--yes")).contains("Done");
        assertThat(data.resolve("elasticsearch")).doesNotExist();
        assertThat(data.resolve("before-rebuild/elasticsearch")).exists();

        Instant stopped = Instant.now();
        try (Standalone standalone = Standalone.start(data, settings, ChaosTest::tell);
                StoredLedger ledger = new StoredLedger(standalone.elasticsearch())) {
            await("the ledger has everything")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> ledger.completeUntil().isAfter(stopped));
            assertThat(ledger.bindings()).isEqualTo(bindings);
            Map<String, JsonNode> gapsAgain = ledger.gaps();
            assertThat(gapsAgain).containsAllEntriesOf(gaps);
            gapsAgain.keySet().removeAll(gaps.keySet());
            assertThat(gapsAgain.values())
                    .as("besides, that no collector ran meanwhile")
                    .allMatch(gap -> gap.path("cause").asString().equals("NOT_COLLECTED"));
        }
        assertThat(Files.exists(data.resolve("flink"))).isTrue();
    }

    private static String rebuild(String... options) {
        StringWriter text = new StringWriter();
        CommandLine line = Portledger.commandLine();
        line.setOut(new PrintWriter(text));
        line.setErr(new PrintWriter(text));
        String[] arguments = new String[options.length + 2];
        arguments[0] = "jobs";
        arguments[1] = "rebuild";
        System.arraycopy(options, 0, arguments, 2, options.length);
        int exit = line.execute(arguments);
        assertThat(exit == 0).as(text.toString()).isEqualTo(text.toString().contains("Done"));
        return text.toString();
    }

    private static void tell(String line) {
        System.out.println(line);
    }
}
