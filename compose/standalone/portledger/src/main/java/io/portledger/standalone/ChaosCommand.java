package io.portledger.standalone;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Everything on this machine, killed again and again, and the ledger compared with the truth. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Start everything on this machine, let port sets change hands, tell the collector of it over networks that"
                    + " double, reorder and lose, and kill the collector, Kafka, Flink and Elasticsearch at random times"
                    + " (SIGKILL). Then compare every interval of the ledger with the truth, and ask random questions.",
            "Has a data directory of its own, which it empties at each start."
        },
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {
            "0:nothing is wrong",
            "1:something is wrong, did not start, or did not catch up",
            "2:wrong options"
        })
final class ChaosCommand implements Callable<Integer> {

    private static final int SHOWN = 20;

    @Spec
    private CommandSpec command;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long, 1 to 10080. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of all that is random but the machine itself. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "50",
            description = "Port sets that change hands each second, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    private int rate;

    @Option(
            names = "--lookups",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Random questions at the end. Default: ${DEFAULT-VALUE}.")
    private int lookups;

    @Option(
            names = "--scale-out",
            description =
                    "Three Kafka brokers and a Flink cluster of three processes instead, at free ports: kill brokers"
                            + " and TaskManagers, upgrade by a savepoint, and compare with what one process makes of the same"
                            + " records.")
    private boolean isScaleOut;

    @Mixin
    private StandaloneOptions options;

    @Override
    public Integer call() throws StartException, InterruptedException {
        requireWithin("--minutes", minutes, 1, 10_080);
        requireWithin("--rate", rate, 1, 1_000);
        requireWithin("--lookups", lookups, 0, 1_000_000);
        ChaosRun.Plan plan =
                new ChaosRun.Plan(Duration.ofMillis((long) (minutes * 60_000)), seed, rate, lookups, Integer.MAX_VALUE);
        StandaloneSettings settings = options.settings();
        Path directory = options.dataDirectory("chaos").toAbsolutePath();
        try (Interruption _ = Interruption.onSignal()) {
            DataDirectory.empty(directory, "chaos");
            tell("Seed " + seed);
            ChaosRun.Report report =
                    isScaleOut ? ScaleOutRun.run(directory, plan, this::tell) : standalone(directory, settings, plan);
            report.wrong().stream().limit(SHOWN).forEach(this::tell);
            if (report.wrong().size() > SHOWN) {
                tell("... and " + (report.wrong().size() - SHOWN) + " more");
            }
            tell(report.summary());
            return report.wrong().isEmpty() ? 0 : Portledger.FAILED;
        } catch (InterruptedException e) {
            return Portledger.FAILED;
        }
    }

    private ChaosRun.Report standalone(Path directory, StandaloneSettings settings, ChaosRun.Plan plan)
            throws StartException, InterruptedException {
        try (Standalone standalone = Standalone.start(directory, settings, this::tell)) {
            return ChaosRun.run(standalone, plan, this::tell);
        }
    }

    private void requireWithin(String option, double value, double min, double max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    command.commandLine(),
                    "Invalid value %s for %s: out of range (allowed: %.0f to %.0f)".formatted(value, option, min, max));
        }
    }

    private void tell(String line) {
        PrintWriter out = command.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
