package io.portledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The audit log of the web application. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "The audit log of the web application.",
        subcommands = AuditCommand.Verify.class)
final class AuditCommand {

    /** Exit code: nothing can be said about the log. */
    private static final int UNKNOWN = 2;

    /** Follows the chain of hashes, with the web application's own code in a process of its own. */
    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description =
                    "Is each line of the audit log as it was written? The web application may run meanwhile or not.",
            exitCodeListHeading = "%nExit code:%n",
            exitCodeList = {
                "0:every line is as it was written, and the expected hash is there",
                "1:a line was changed, put in or taken out, or lines were cut off at the end",
                "2:nothing can be said: wrong options, or the file cannot be read"
            })
    static final class Verify implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "The log. Default: audit.jsonl in the standard data directory, main before demo.")
        private @Nullable Path file;

        @Option(
                names = "--expect-last-hash",
                paramLabel = "HASH",
                description =
                        "The last hash that an earlier verification told: without it, nobody can see that lines were"
                                + " cut off at the end. The log may have grown since.")
        private @Nullable String hash;

        @Override
        public Integer call() throws StartException, IOException {
            Path log = file == null ? standard() : file;
            if (!Files.isRegularFile(log)) {
                throw new ParameterException(
                        command.commandLine(), "There is no file " + log + ". Say where the log is with --file.");
            }
            String path = log.toAbsolutePath().toString();
            Process process = new ProcessBuilder(Installation.find()
                            .web(
                                    List.of("-Xmx128m"),
                                    "io.portledger.webapp.audit.VerifyAuditLog",
                                    hash == null ? List.of(path) : List.of(path, hash)))
                    .redirectErrorStream(true)
                    .start();
            try (Interruption _ = Interruption.onSignal()) {
                // Read here rather than inherited: who runs this command may have set another writer.
                process.inputReader()
                        .lines()
                        .forEach(line -> command.commandLine().getOut().println(line));
                return process.waitFor();
            } catch (InterruptedException e) {
                process.destroy();
                Thread.currentThread().interrupt();
                return UNKNOWN;
            }
        }

        private static Path standard() {
            Path main = DataDirectory.standard("main", System.getenv()).resolve("audit.jsonl");
            Path demo = DataDirectory.standard("demo", System.getenv()).resolve("audit.jsonl");
            return Files.exists(main) || !Files.exists(demo) ? main : demo;
        }
    }
}
