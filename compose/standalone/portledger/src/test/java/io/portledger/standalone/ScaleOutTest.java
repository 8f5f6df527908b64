package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar of the jobs, submitted to a Flink cluster of three processes against three Kafka brokers, makes the same ledger
 * as one process with one task of each kind, document for document, and that is the truth; although a broker and
 * TaskManagers are killed on the way, and the jobs are stopped with a savepoint and started again from it.
 *
 * <p>Eleven processes take minutes: it runs only with {@code -Dportledger.slow=true}, and {@code portledger chaos
 * --scale-out} is the same for longer.
 */
@EnabledIfSystemProperty(named = "portledger.slow", matches = "true")
class ScaleOutTest {

    @TempDir
    Path directory;

    @Test
    void manyTasksAndBrokersMakeTheSameLedgerAsOne() throws Exception {
        ChaosRun.Report report = ScaleOutRun.run(
                directory.resolve("data"),
                new ChaosRun.Plan(Duration.ofSeconds(25), Instant.now().toEpochMilli(), 50, 0, 3),
                ScaleOutTest::tell);

        System.out.println(report.summary());
        assertThat(report.wrong()).as(report.summary()).isEmpty();
        assertThat(report.kills()).containsOnlyKeys("kafka", "taskmanager");
        // No collector was killed: but for what a network lost, the ledger has everything.
        assertThat(report.equal()).as(report.summary()).isGreaterThan((int) report.changes() / 2);
    }

    private static void tell(String line) {
        System.out.println(line);
    }
}
