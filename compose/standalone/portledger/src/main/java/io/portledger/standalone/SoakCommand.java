package io.portledger.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A collector under malformed input for as long as you like. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Start a collector with a small heap and a Kafka broker, and send the collector malformed IPFIX, NetFlow v9"
                    + " and syslog by UDP and TCP from many addresses and ports, and a little that is sound. At the end the"
                    + " collector must live, everything sound must be in Kafka, and memory must not have grown from the"
                    + " second third of the run to the last. Linux only.",
            ""
        },
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {"0:nothing is wrong", "1:something is wrong, or did not start", "2:wrong options"})
final class SoakCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "10",
            description = "How long, 0.3 to 10080. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "5000",
            description = "Messages each second, 10 to 100000; one of a hundred is sound. Default: ${DEFAULT-VALUE}.")
    private int rate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of all that is random but the machine itself. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description = "Where all of it is kept meanwhile. Default: the directory for temporary files.")
    private @Nullable Path parent;

    @Option(
            names = "--keep-log",
            paramLabel = "FILE",
            description = "Where the collector's log is copied to at the end. Default: it is thrown away.")
    private @Nullable Path keptLog;

    @Override
    public Integer call() throws StartException, IOException {
        requireWithin("--minutes", minutes, 0.3, 10_080);
        requireWithin("--rate", rate, 10, 100_000);
        SoakRun.Plan plan = new SoakRun.Plan(Duration.ofMillis((long) (minutes * 60_000)), rate, seed);
        try (Interruption _ = Interruption.onSignal();
                Workbench bench = Workbench.in(parent)) {
            tell("Seed " + seed + ", " + rate + " messages/s, " + Workbench.machine());
            SoakRun.Report report;
            try {
                report = SoakRun.run(bench, plan, this::tell);
            } finally {
                if (keptLog != null && Files.exists(bench.log("collector"))) {
                    Files.copy(bench.log("collector"), keptLog, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            new TreeMap<>(report.metrics()).forEach((name, value) -> {
                if (value > 0 && name.endsWith("_total")) {
                    tell("  " + name + " " + value);
                }
            });
            report.wrong().forEach(this::tell);
            tell(report.summary());
            return report.wrong().isEmpty() ? 0 : Portledger.FAILED;
        } catch (InterruptedException e) {
            return Portledger.FAILED;
        }
    }

    private void requireWithin(String option, double value, double min, double max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    command.commandLine(),
                    "Invalid value %s for %s: out of range (allowed: %s to %s)".formatted(value, option, min, max));
        }
    }

    private void tell(String line) {
        PrintWriter out = command.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
