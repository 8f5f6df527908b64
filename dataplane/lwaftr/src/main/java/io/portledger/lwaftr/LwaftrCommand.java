package io.portledger.lwaftr;

import io.portledger.lwaftr.forwarding.BenchCommand;
import io.portledger.lwaftr.forwarding.CheckCommand;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.table.BindingTableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code lwaftr}. */
@Command(
        name = "lwaftr",
        description = "The lwAFTR of RFC 7596: gives lwB4s their bindings and forwards by them.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {LwaftrCommand.Run.class, CheckCommand.class, BenchCommand.class})
public final class LwaftrCommand {

    /** As a program of its own. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new LwaftrCommand()).execute(args));
    }

    @Command(
            name = "run",
            description = "Runs an lwAFTR until it is told to end (Ctrl-C).",
            mixinStandardHelpOptions = true,
            showDefaultValues = true)
    static final class Run implements Callable<Integer> {

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Settings (YAML). Every key has a default; environment variables such as "
                        + "PORTLEDGER_LWAFTR_PCP_LISTEN override the file.")
        private @Nullable Path config;

        @Option(
                names = "--ready-file",
                paramLabel = "FILE",
                description = "Is written when the lwAFTR serves; holds the line pcp=HOST:PORT.")
        private @Nullable Path readyFile;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException, IOException {
            LwaftrSettings settings;
            Lwaftr lwaftr;
            try {
                settings = LwaftrSettings.read(config, System.getenv());
                lwaftr = Lwaftr.start(settings, InstantSource.system());
            } catch (SettingsException | BindingTableException | UncheckedIOException | IllegalArgumentException e) {
                spec.commandLine().getErr().println("lwaftr: " + e.getMessage());
                return 2;
            }
            CountDownLatch ended = new CountDownLatch(1);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("lwaftr-end").unstarted(() -> {
                        lwaftr.close();
                        ended.countDown();
                    }));
            String address = hostAndPort(lwaftr.pcpAddress());
            if (readyFile != null) {
                writeAtomically(readyFile, "pcp=" + address + "\n");
            }
            spec.commandLine().getOut().println("lwAFTR serves PCP on " + address + "; Ctrl-C ends it.");
            spec.commandLine().getOut().flush();
            var _ = lwaftr.forwardingFailure().thenAccept(reason -> {
                // Better to be started anew than to hand out bindings by which nothing is forwarded.
                spec.commandLine().getErr().println("lwaftr: forwarding has ended: " + reason);
                Thread.ofPlatform().start(() -> System.exit(1));
            });
            ended.await();
            return 0;
        }
    }

    /** The form of the ready file: IPv6 in brackets, without a zone. */
    static String hostAndPort(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        int zone = host.indexOf('%');
        String plain = zone < 0 ? host : host.substring(0, zone);
        return (plain.indexOf(':') >= 0 ? "[" + plain + "]" : plain) + ":" + address.getPort();
    }

    /** Writes the file so that a reader sees all of it or nothing. */
    static void writeAtomically(Path file, String text) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path directory = absolute.getParent();
        if (directory == null) {
            throw new IOException(file + " is no file that can be written");
        }
        Path written = Files.createTempFile(directory, ".ready", ".tmp");
        Files.writeString(written, text);
        Files.move(written, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
