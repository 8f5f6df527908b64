package io.portledger.collector;

import io.portledger.collector.dialect.Dialect;
import io.portledger.collector.dialect.Dialects;
import io.portledger.settings.SettingsException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code collector dialects}: lists the dialects of syslog, and checks those of an operator. */
@Command(
        name = "dialects",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the dialects of syslog that a collector reads, or checks files with dialects by their samples.",
            "Exit code 0: all is well; 1: a sample is not read as it should be; 2: a file or setting cannot be used."
        })
final class DialectsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The collector's settings, whose dialects are listed too.")
    private @Nullable Path config;

    @Option(
            names = "--check",
            paramLabel = "FILE",
            arity = "1..*",
            description = "Files with dialects whose samples are read. What is not as it should be is printed.")
    private @Nullable List<Path> files;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            return files == null ? list(out) : check(files, out);
        } catch (SettingsException e) {
            spec.commandLine().getErr().println("collector dialects: " + e.getMessage());
            return 2;
        }
    }

    private int list(PrintWriter out) {
        Dialects dialects = SyslogIntake.dialects(
                CollectorSettings.read(config, System.getenv()).syslog());
        out.printf("%-20s %-9s %7s  %s%n", "DIALECT", "VERIFIED", "SAMPLES", "DEVICES");
        out.printf(
                "%-20s %-9s %7s  %s%n",
                SyslogBindings.NAME, "yes", "-", "VPP, our lwAFTR: draft-ietf-behave-syslog-nat-logging");
        for (Dialect dialect : dialects.all()) {
            out.printf(
                    "%-20s %-9s %7d  %s%s%s%n",
                    dialect.name(),
                    dialect.isVerified() ? "yes" : "in part",
                    dialect.sampleCount(),
                    dialect.devices(),
                    dialect.origin().equals(Dialects.BUILT_IN_ORIGIN) ? "" : " (" + dialect.origin() + ")",
                    whose(dialect));
        }
        out.flush();
        return 0;
    }

    private static String whose(Dialect dialect) {
        return dialect.exporters() == null
                ? ""
                : dialect.exporters().stream()
                        .map(Object::toString)
                        .collect(Collectors.joining(
                                ", ", " (from ", dialect.exporters().isEmpty() ? "nobody)" : ")"));
    }

    private static int check(List<Path> files, PrintWriter out) {
        boolean isWell = true;
        for (Path file : files) {
            Dialect dialect = Dialects.read(file);
            List<String> faults = dialect.check();
            if (faults.isEmpty()) {
                out.println(file + ": dialect " + dialect.name() + " reads all of its " + dialect.sampleCount()
                        + " samples as it should");
            } else {
                isWell = false;
                faults.forEach(fault -> out.println(file + ": " + fault));
            }
        }
        out.flush();
        return isWell ? 0 : 1;
    }
}
