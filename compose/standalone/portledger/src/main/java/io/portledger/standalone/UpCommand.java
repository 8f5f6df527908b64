package io.portledger.standalone;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Starts everything and keeps it running until Ctrl-C. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Start Kafka, Elasticsearch, Flink, the collector and the web application on this machine,"
                + " and keep them running until Ctrl-C.")
final class UpCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private StandaloneOptions options;

    @Override
    public Integer call() throws StartException {
        PrintWriter out = command.commandLine().getOut();
        try (Interruption interruption = Interruption.onSignal();
                Standalone standalone =
                        Standalone.start(options.dataDirectory("main"), options.settings(), line -> tell(out, line))) {
            Welcome.lines(standalone).forEach(line -> tell(out, line));
            tell(out, "Ctrl-C stops it.");
            interruption.await();
            return 0;
        } catch (InterruptedException e) {
            return 0;
        }
    }

    private static void tell(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }
}
