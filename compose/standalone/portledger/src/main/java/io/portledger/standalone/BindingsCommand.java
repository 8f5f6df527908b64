package io.portledger.standalone;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.table.BindInstance;
import io.portledger.softwire.table.BindingDiff;
import io.portledger.softwire.table.BindingReader;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.BindingTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Binding tables in files. */
@Command(
        name = "bindings",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description =
                "Check, convert and compare binding tables: CSV, or JSON as in RFC 8676; the file's extension says"
                        + " which.",
        subcommands = {BindingsCommand.Import.class, BindingsCommand.Export.class, BindingsCommand.Diff.class})
final class BindingsCommand {

    /** Exit code of a comparison that found differences, as of diff(1). */
    private static final int DIFFERENT = 1;

    private static final int FAULTY = 2;

    private interface Work {
        int run() throws IOException;
    }

    /** A table that is not right is the user's to mend: one sentence, no stack trace. */
    private static int explaining(CommandSpec command, Work work) {
        try {
            return work.run();
        } catch (BindingTableException e) {
            command.commandLine().getErr().println("portledger: " + e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            command.commandLine().getErr().println("portledger: cannot read or write: " + e.getMessage());
        }
        return FAULTY;
    }

    private static BindingDiff compare(Path before, Path after, @Nullable Ipv6Address br, @Nullable PrintWriter out)
            throws IOException {
        try (BindingReader left = BindingTables.open(before, br);
                BindingReader right = BindingTables.open(after, br)) {
            return BindingDiff.between(left, right, change -> {
                if (out != null) {
                    print(change, out);
                }
            });
        }
    }

    private static void print(BindingDiff.Change change, PrintWriter out) {
        switch (change) {
            case BindingDiff.Added(Binding binding) -> out.println("+ " + line(binding));
            case BindingDiff.Removed(Binding binding) -> out.println("- " + line(binding));
            case BindingDiff.Changed(Binding before, Binding after) -> {
                out.println("< " + line(before));
                out.println("> " + line(after));
            }
        }
    }

    private static String line(Binding binding) {
        String subscriber = binding.subscriber() == null ? "" : " " + binding.subscriber();
        return binding.ipv4() + " " + binding.ports().key() + " " + binding.b4() + " via " + binding.br() + subscriber;
    }

    private static String summary(BindingDiff diff) {
        return "%d added, %d removed, %d changed, %d unchanged"
                .formatted(diff.added(), diff.removed(), diff.changed(), diff.unchanged());
    }

    /** From elsewhere into a table that an lwAFTR reads. */
    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = "Check a table from elsewhere and make it TABLE, the file that an lwAFTR reads"
                    + " (lwaftr.binding-table). TABLE stays as it is if anything is wrong.")
    static final class Import implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(index = "0", paramLabel = "FILE", description = "The table to take, .csv or .json.")
        private Path file;

        @Parameters(index = "1", paramLabel = "TABLE", description = "The table to write, .csv or .json.")
        private Path table;

        @Option(
                names = "--br",
                paramLabel = "ADDRESS",
                description = "The lwAFTR's tunnel end point, for bindings that name none.")
        private @Nullable Ipv6Address br;

        @Override
        public Integer call() {
            return explaining(command, () -> {
                PrintWriter out = command.commandLine().getOut();
                BindingDiff diff = Files.exists(table) ? compare(table, file, br, null) : null;
                long count;
                try (BindingReader reader = BindingTables.open(file, br)) {
                    count = BindingTables.write(table, reader, BindInstance.named("portledger"));
                }
                out.println(count + " bindings in " + table + (diff == null ? "" : ": " + summary(diff)));
                return 0;
            });
        }
    }

    /** From a table that an lwAFTR reads to elsewhere. */
    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = "Write the bindings of TABLE to FILE, for a system that wants the other format.")
    static final class Export implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(index = "0", paramLabel = "TABLE", description = "The table to read, .csv or .json.")
        private Path table;

        @Parameters(index = "1", paramLabel = "FILE", description = "The file to write, .csv or .json.")
        private Path file;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                defaultValue = "portledger",
                description = "Name of the bind-instance in JSON. Default: ${DEFAULT-VALUE}.")
        private String name;

        @Override
        public Integer call() {
            return explaining(command, () -> {
                try (BindingReader reader = BindingTables.open(table, null)) {
                    long count = BindingTables.write(file, reader, BindInstance.named(name));
                    command.commandLine().getOut().println(count + " bindings in " + file);
                }
                return 0;
            });
        }
    }

    /** Two tables beside each other. */
    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            description = {
                "Compare two tables, whatever their order and format.",
                "Prints + for a binding only in NEW, - for one only in OLD, < and > for one that changed."
            },
            exitCodeListHeading = "%nExit code:%n",
            exitCodeList = {"0:the tables are the same", "1:they differ", "2:one of them cannot be read"})
    static final class Diff implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(index = "0", paramLabel = "OLD", description = "A table, .csv or .json.")
        private Path before;

        @Parameters(index = "1", paramLabel = "NEW", description = "Another one.")
        private Path after;

        @Option(
                names = "--br",
                paramLabel = "ADDRESS",
                description = "The lwAFTR's tunnel end point, for bindings that name none.")
        private @Nullable Ipv6Address br;

        @Option(names = "--quiet", description = "Print the summary only.")
        private boolean quiet;

        @Override
        public Integer call() {
            return explaining(command, () -> {
                PrintWriter out = command.commandLine().getOut();
                BindingDiff diff = compare(before, after, br, quiet ? null : out);
                out.println(summary(diff));
                return diff.isEmpty() ? 0 : DIFFERENT;
            });
        }
    }
}
