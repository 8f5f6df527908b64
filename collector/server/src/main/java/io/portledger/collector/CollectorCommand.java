package io.portledger.collector;

import io.portledger.settings.SettingsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code collector}: runs a collector until the process is told to stop. */
@Command(
        name = "collector",
        mixinStandardHelpOptions = true,
        subcommands = {UndecodableCommand.class, DialectsCommand.class},
        description = "Takes IPFIX and syslog from exporters and hands binding events to Kafka.",
        footer = {
            "",
            "Settings: collector-defaults.yaml, overlaid by --config FILE, overlaid by environment variables such as",
            "PORTLEDGER_COLLECTOR_KAFKA_BOOTSTRAP_SERVERS. The process stops on SIGTERM or Ctrl-C after it has sent",
            "to Kafka what it holds."
        })
public final class CollectorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Settings that differ from the defaults.")
    private @Nullable Path config;

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description = "Written once everything listens, and at the first start Kafka has answered: properties"
                    + " ipfix.udp, ipfix.tcp, ipfix.tls, syslog.udp, syslog.tcp, syslog.tls and metrics, as far as they"
                    + " listen, each HOST:PORT.")
    private @Nullable Path readyFile;

    /** Runs the command and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new CollectorCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        try (Collector collector = Collector.start(CollectorSettings.read(config, System.getenv()))) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                stop.countDown();
                awaitQuietly(stopped);
            }));
            if (readyFile != null) {
                writeReadyFile(collector, readyFile);
            }
            stop.await();
        } catch (SettingsException | CollectorException e) {
            spec.commandLine().getErr().println("collector: " + e.getMessage());
            return 2;
        } catch (UncheckedIOException e) {
            spec.commandLine().getErr().println("collector: cannot write " + readyFile + ": " + e.getMessage());
            return 2;
        } finally {
            stopped.countDown();
        }
        return 0;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void writeReadyFile(Collector collector, Path file) {
        StringBuilder text = new StringBuilder();
        collector
                .endPoints()
                .forEach((name, at) -> text.append(name).append('=').append(at).append('\n'));
        collector.metrics().ifPresent(at -> text.append("metrics=").append(at).append('\n'));
        Path whole = file.toAbsolutePath();
        Path unfinished = whole.resolveSibling(whole.getFileName() + ".unfinished");
        try {
            Files.writeString(unfinished, text, StandardCharsets.US_ASCII);
            Files.move(unfinished, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
