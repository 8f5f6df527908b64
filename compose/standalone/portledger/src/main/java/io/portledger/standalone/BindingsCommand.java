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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Binding tables in files, in running lwAFTRs and on topics. */
@Command(
        name = "bindings",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description =
                "Check, convert, compare and apply binding tables: CSV, or JSON as in RFC 8676; the file's extension says"
                        + " which.",
        subcommands = {BindingsCommand.Import.class, BindingsCommand.Export.class, BindingsCommand.Diff.class})
final class BindingsCommand {

    /** Exit code of a comparison that found differences, as of diff(1). */
    private static final int DIFFERENT = 1;

    private static final int FAULTY = 2;

    private interface Work {
        int run() throws IOException, InterruptedException;
    }

    /** A table that is not right is the user's to mend: one sentence, no stack trace. */
    private static int explaining(CommandSpec command, Work work) {
        try {
            return work.run();
        } catch (BindingTableException e) {
            command.commandLine().getErr().println("portledger: " + e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            command.commandLine().getErr().println("portledger: cannot read or write: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            command.commandLine().getErr().println("portledger: interrupted");
        }
        return FAULTY;
    }

    /** What a positional parameter holds that the user left out. */
    private static Path required(@Nullable Path given, String label) throws IOException {
        if (given == null) {
            throw new IOException(label + " is missing; see --help");
        }
        return given;
    }

    private static void requireNone(@Nullable Path given, String reason) throws IOException {
        if (given != null) {
            throw new IOException(given + " is one file too many: " + reason);
        }
    }

    private static RunningTable.Opened open(
            RunningTable running, @Nullable Ipv6Address br, boolean isToBeMade, CommandSpec command)
            throws IOException, InterruptedException {
        return running.open(
                br, isToBeMade, warning -> command.commandLine().getErr().println("portledger: " + warning));
    }

    private static List<Binding> all(Path file, @Nullable Ipv6Address br) throws IOException {
        List<Binding> bindings = new ArrayList<>();
        try (BindingReader reader = BindingTables.open(file, br)) {
            reader.forEachRemaining(bindings::add);
        }
        return bindings;
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

    /** From elsewhere into a table that an lwAFTR reads, or into one that runs. */
    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Check a table from elsewhere and make it TABLE, the file that an lwAFTR reads (lwaftr.binding-table), or,"
                        + " with --lwaftr or --kafka, make what runs so.",
                "Everything stays as it is if anything is wrong. A topic that is not there is made."
            })
    static final class Import implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(index = "0", paramLabel = "FILE", description = "The table to take, .csv or .json.")
        private Path file;

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "TABLE",
                description = "The table to write, .csv or .json; none with --lwaftr or --kafka.")
        private @Nullable Path table;

        @Option(
                names = "--br",
                paramLabel = "ADDRESS",
                description = "The lwAFTR's tunnel end point, for bindings that name none.")
        private @Nullable Ipv6Address br;

        @Option(names = "--dry-run", description = "Print what would change, and change nothing.")
        private boolean dryRun;

        @Mixin
        private RunningTable running;

        @Override
        public Integer call() {
            return explaining(command, () -> running.isNamed() ? intoRunning() : intoFile());
        }

        private int intoRunning() throws IOException, InterruptedException {
            requireNone(table, "--lwaftr and --kafka take the bindings of one");
            PrintWriter out = command.commandLine().getOut();
            List<Binding> wanted = all(file, br);
            try (RunningTable.Opened target = open(running, br, !dryRun, command)) {
                List<BindingDiff.Change> changes = new ArrayList<>();
                BindingDiff diff = BindingDiff.between(target.bindings().iterator(), wanted.iterator(), changes::add);
                if (dryRun) {
                    changes.forEach(change -> print(change, out));
                } else if (!diff.isEmpty()) {
                    target.become(wanted, changes);
                }
                out.println((dryRun ? "would be " : "") + wanted.size() + " bindings in " + target.name() + ": "
                        + summary(diff));
            }
            return 0;
        }

        private int intoFile() throws IOException {
            Path target = required(table, "TABLE");
            PrintWriter out = command.commandLine().getOut();
            BindingDiff diff = Files.exists(target) ? compare(target, file, br, dryRun ? out : null) : null;
            long count;
            if (dryRun) {
                count = all(file, br).size();
            } else {
                try (BindingReader reader = BindingTables.open(file, br)) {
                    count = BindingTables.write(target, reader, BindInstance.named("portledger"));
                }
            }
            out.println((dryRun ? "would be " : "") + count + " bindings in " + target
                    + (diff == null ? "" : ": " + summary(diff)));
            return 0;
        }
    }

    /** From a table that an lwAFTR reads, or from one that runs, to elsewhere. */
    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            customSynopsis = {
                "Usage: portledger bindings export [OPTIONS] TABLE FILE",
                "       portledger bindings export [OPTIONS] (--lwaftr URL | --kafka HOST:PORT) FILE"
            },
            description =
                    "Write the bindings of TABLE, or, with --lwaftr or --kafka, of what runs, to FILE, for a system"
                            + " that wants them.")
    static final class Export implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(
                index = "0",
                paramLabel = "TABLE",
                description = "The table to read, .csv or .json; none with --lwaftr or --kafka.")
        private Path first;

        @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The file to write, .csv or .json.")
        private @Nullable Path second;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                defaultValue = "portledger",
                description = "Name of the bind-instance in JSON. Default: ${DEFAULT-VALUE}.")
        private String name;

        @Mixin
        private RunningTable running;

        @Override
        public Integer call() {
            return explaining(command, () -> {
                PrintWriter out = command.commandLine().getOut();
                if (running.isNamed()) {
                    requireNone(second, "--lwaftr and --kafka are what is read");
                    try (RunningTable.Opened table = open(running, null, false, command)) {
                        long count = BindingTables.write(first, table.bindings().iterator(), BindInstance.named(name));
                        out.println(count + " bindings of " + table.name() + " in " + first);
                    }
                    return 0;
                }
                Path file = required(second, "FILE");
                try (BindingReader reader = BindingTables.open(first, null)) {
                    long count = BindingTables.write(file, reader, BindInstance.named(name));
                    out.println(count + " bindings in " + file);
                }
                return 0;
            });
        }
    }

    /** Two tables beside each other. */
    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            customSynopsis = {
                "Usage: portledger bindings diff [OPTIONS] OLD NEW",
                "       portledger bindings diff [OPTIONS] (--lwaftr URL | --kafka HOST:PORT) NEW"
            },
            description = {
                "Compare two tables, whatever their order and format; with --lwaftr or --kafka, OLD is what runs.",
                "Prints + for a binding only in NEW, - for one only in OLD, < and > for one that changed."
            },
            exitCodeListHeading = "%nExit code:%n",
            exitCodeList = {"0:the tables are the same", "1:they differ", "2:one of them cannot be read"})
    static final class Diff implements Callable<Integer> {

        @Spec
        private CommandSpec command;

        @Parameters(
                index = "0",
                paramLabel = "OLD",
                description = "A table, .csv or .json; none with --lwaftr or --kafka.")
        private Path first;

        @Parameters(index = "1", arity = "0..1", paramLabel = "NEW", description = "Another one.")
        private @Nullable Path second;

        @Option(
                names = "--br",
                paramLabel = "ADDRESS",
                description = "The lwAFTR's tunnel end point, for bindings that name none.")
        private @Nullable Ipv6Address br;

        @Option(names = "--quiet", description = "Print the summary only.")
        private boolean quiet;

        @Mixin
        private RunningTable running;

        @Override
        public Integer call() {
            return explaining(command, () -> {
                PrintWriter out = command.commandLine().getOut();
                BindingDiff diff;
                if (running.isNamed()) {
                    requireNone(second, "--lwaftr and --kafka are OLD");
                    try (RunningTable.Opened table = open(running, br, false, command);
                            BindingReader after = BindingTables.open(first, br)) {
                        diff = BindingDiff.between(table.bindings().iterator(), after, change -> {
                            if (!quiet) {
                                print(change, out);
                            }
                        });
                    }
                } else {
                    diff = compare(first, required(second, "NEW"), br, quiet ? null : out);
                }
                out.println(summary(diff));
                return diff.isEmpty() ? 0 : DIFFERENT;
            });
        }
    }
}
