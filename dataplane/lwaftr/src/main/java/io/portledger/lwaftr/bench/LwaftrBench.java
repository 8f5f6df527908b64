package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.bench.PacketStream.Sizes;
import io.portledger.softwire.table.BindInstance;
import io.portledger.softwire.table.BindingTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bench lwaftr}. */
@Command(
        name = "lwaftr",
        description = {
            "Measures the lwAFTR's engine in memory, on one core, and prints tables in Markdown.",
            "Without an option that says what, it measures forwarding, beside a minimal loop in C if there is a gcc.",
            ""
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class LwaftrBench implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int LARGEST = 10_000_000;
    private static final int MILLION = 1_000_000;

    /** The size of table for which others publish figures, and how many of its bindings have traffic there. */
    private static final int PEER_BINDINGS = MILLION;

    private static final Cell PEER = Cell.parse("65536:550");

    /** What a process takes beside the octets of a table that a binding needs. */
    private static final long OCTETS_PER_BINDING = 120;

    private static final long OCTETS_OF_FORK = 1L << 30;

    @Option(names = "--forwarding", description = "Measure forwarding: all sizes of tables, packets and traffic.")
    private boolean forwarding;

    @Option(
            names = "--updates",
            description = "Measure changes of a table while another thread forwards by it, and packets lost meanwhile.")
    private boolean updates;

    @Option(
            names = "--load",
            description = "Measure loading a table from a CSV file, and the time from the start of a process to its "
                    + "first packet.")
    private boolean load;

    @Option(names = "--sessions", description = "Measure memory while 100 million sessions pass.")
    private boolean sessions;

    @Option(
            names = "--full",
            description = "More forks, longer measurements and tables of 10 million bindings: about half an hour for "
                    + "forwarding instead of a few minutes.")
    private boolean full;

    @Option(
            names = "--bindings",
            paramLabel = "N",
            split = ",",
            description = "Sizes of tables. Default: 1,1000,100000,1000000, and 10000000 with --full; for what is not "
                    + "forwarding those of a million and more.")
    private @Nullable List<Integer> bindings;

    @Option(
            names = "--packets",
            paramLabel = "OCTETS",
            split = ",",
            defaultValue = "64,550,imix",
            description = "Sizes of the IPv4 packets; imix is 64, 576 and 1460 octets in the proportion 7 : 4 : 1.")
    private List<String> packets;

    @Option(names = "--forks", paramLabel = "N", description = "Processes for each figure. Default: 3, --full 7.")
    private @Nullable Integer forks;

    @Option(
            names = "--millis",
            paramLabel = "N",
            description = "How long each process measures each figure. Default: 400, --full 1500.")
    private @Nullable Integer millis;

    @Option(names = "--no-c", description = "Leave the C program out.")
    private boolean noC;

    @Option(
            names = "--session-count",
            paramLabel = "N",
            defaultValue = "100000000",
            description = "How many sessions for --sessions.")
    private long sessionCount;

    /** For the test: traffic of which a part is dropped. */
    @Option(names = "--missing", hidden = true, defaultValue = "0")
    private int missing;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        List<Cell> cells = cells();
        checkOptions();
        @Nullable Path directory = null;
        try {
            directory = Files.createTempDirectory("portledger-bench");
            print(Machine.description());
            if (forwarding || !(updates || load || sessions)) {
                measureForwarding(cells, directory);
            }
            if (updates) {
                measureUpdates();
            }
            if (load) {
                measureLoading(directory);
            }
            if (sessions) {
                measureSessions();
            }
            return 0;
        } catch (IOException | UncheckedIOException | IllegalStateException e) {
            spec.commandLine().getErr().println("bench lwaftr: " + e.getMessage());
            return FAILED;
        } finally {
            if (directory != null) {
                delete(directory);
            }
        }
    }

    private List<Cell> cells() {
        try {
            List<Cell> cells = new ArrayList<>();
            for (String traffic : List.of(Cell.RANDOM, Cell.ONE_FLOW)) {
                for (String size : packets) {
                    cells.add(new Cell(traffic, Sizes.parse(size)));
                }
            }
            return cells;
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private void checkOptions() {
        for (int count : bindings == null ? List.<Integer>of() : bindings) {
            if (count < 1 || count > LARGEST) {
                throw wrong("Invalid value " + count + " for --bindings: out of range (allowed: 1-" + LARGEST + ")");
            }
        }
        if (forks() < 1 || millis() < 1) {
            throw wrong("--forks and --millis are 1 at least");
        }
    }

    private ParameterException wrong(@Nullable String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private int forks() {
        return forks != null ? forks : full ? 7 : 3;
    }

    private int millis() {
        return millis != null ? millis : full ? 1500 : 400;
    }

    /** Sizes of tables that the machine has memory for. */
    private List<Integer> tableSizes(int least) {
        Stream<Integer> wanted = bindings != null
                ? bindings.stream()
                : Stream.of(1, 1000, 100_000, MILLION, LARGEST)
                        .filter(count -> count >= least && (full || count < LARGEST));
        return wanted.filter(count -> {
                    boolean fits = ProcessMemory.availableOctets() == 0
                            || count * OCTETS_PER_BINDING + OCTETS_OF_FORK < ProcessMemory.availableOctets();
                    if (!fits) {
                        tell(grouped(count) + " bindings are left out: the machine has not the memory for them");
                    }
                    return fits;
                })
                .toList();
    }

    private void measureForwarding(List<Cell> usualCells, Path directory) throws IOException, InterruptedException {
        @Nullable Path program = null;
        if (!noC) {
            try {
                program = Processes.compile(directory);
            } catch (IOException e) {
                tell("The C program is left out: " + e.getMessage());
            }
        }
        ForwardingTable table = new ForwardingTable();
        for (int count : tableSizes(1)) {
            List<Cell> cells = new ArrayList<>(usualCells);
            if (count == PEER_BINDINGS) {
                cells.add(PEER);
            }
            for (int fork = 0; fork < forks(); fork++) {
                tellFork("forwarding", count, fork);
                List<String> arguments = arguments(count, cells);
                measureForwarding(table, count, false, () -> Processes.fork(with("forward", arguments)));
                if (program != null) {
                    String file = program.toString();
                    measureForwarding(table, count, true, () -> Processes.run(with(file, arguments)));
                }
            }
        }
        print("");
        print("Forwarding, one core, nanoseconds a packet: median of " + forks() + " forks (min-max)");
        print("");
        table.lines().forEach(this::print);
        if (missing > 0) {
            table.outcomes().forEach(this::print);
        }
    }

    private interface Measurement {
        List<String> lines() throws IOException, InterruptedException;
    }

    private static void measureForwarding(ForwardingTable table, int count, boolean isC, Measurement measurement)
            throws IOException, InterruptedException {
        for (String line : measurement.lines()) {
            table.add(count, isC, ForwardingFigures.parse(line));
        }
    }

    private List<String> arguments(int count, List<Cell> cells) {
        List<String> arguments = new ArrayList<>(List.of(
                Integer.toString(count),
                Integer.toString((millis() + 1) / 2),
                Integer.toString(millis()),
                Integer.toString(missing)));
        cells.forEach(cell -> arguments.add(cell.toString()));
        return arguments;
    }

    private static List<String> with(String first, List<String> rest) {
        return Stream.concat(Stream.of(first), rest.stream()).toList();
    }

    private void measureUpdates() throws IOException, InterruptedException {
        List<UpdateFigures> all = new ArrayList<>();
        for (int count : tableSizes(MILLION)) {
            for (int fork = 0; fork < forks(); fork++) {
                tellFork("updates", count, fork);
                Processes.fork(List.of("updates", Integer.toString(count), Integer.toString(millis() * 10)))
                        .forEach(line -> all.add(UpdateFigures.parse(line)));
            }
        }
        print("");
        print("Updates by one thread while another forwards: median of " + forks()
                + " forks (min-max), lost: all forks");
        print("");
        print("| bindings | updates/s wanted | updates/s made | packets forwarded | lost | ns/packet "
                + "| longest batch, us | longest update, us |");
        print("| --: | --: | --: | --: | --: | --: | --: | --: |");
        all.stream()
                .map(figures -> new UpdateRow(figures.bindings(), figures.rate()))
                .distinct()
                .forEach(row -> print(row.line(all)));
    }

    private record UpdateRow(int bindings, int rate) {

        String line(List<UpdateFigures> all) {
            List<UpdateFigures> own = all.stream()
                    .filter(figures -> figures.bindings() == bindings && figures.rate() == rate)
                    .toList();
            return String.format(
                    Locale.ROOT,
                    "| %,d | %s | %s | %,d | %,d | %s | %s | %s |",
                    bindings,
                    rate == Integer.MAX_VALUE ? "as many as it can" : String.format(Locale.ROOT, "%,d", rate),
                    Spread.of(own.stream().map(UpdateFigures::updatesPerSecond).toList())
                            .toString(0),
                    own.stream()
                            .mapToLong(figures -> figures.offered() - figures.lost())
                            .sum(),
                    own.stream().mapToLong(UpdateFigures::lost).sum(),
                    Spread.of(own.stream().map(UpdateFigures::nanosPerPacket).toList())
                            .toString(1),
                    Spread.of(own.stream()
                                    .map(UpdateFigures::longestBatchMicros)
                                    .toList())
                            .toString(0),
                    Spread.of(own.stream()
                                    .map(UpdateFigures::longestUpdateMicros)
                                    .toList())
                            .toString(0));
        }
    }

    private void measureLoading(Path directory) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (int count : tableSizes(MILLION)) {
            Path file = directory.resolve("bindings-" + count + ".csv");
            tell("writing a table of " + grouped(count) + " bindings");
            long ignored = BindingTables.write(file, Workload.bindings(count), BindInstance.named("bench"));
            Path config = Files.writeString(
                    directory.resolve("lwaftr.yaml"), "lwaftr: { binding-table: " + file.getFileName() + " }\n");
            List<LoadFigures> figures = new ArrayList<>();
            List<Double> starts = new ArrayList<>();
            for (int fork = 0; fork < forks(); fork++) {
                tellFork("loading", count, fork);
                figures.add(LoadFigures.parse(
                        Processes.fork(List.of("load", file.toString())).getFirst()));
                String now = Long.toString(System.currentTimeMillis());
                starts.add(Double.parseDouble(Processes.fork(List.of("start", config.toString(), now))
                                .getFirst())
                        / 1000);
            }
            lines.add(String.format(
                    Locale.ROOT,
                    "| %,d | %s | %.1f | %.1f | %.1f | %s |",
                    count,
                    Spread.of(figures.stream().map(LoadFigures::seconds).toList())
                            .toString(2),
                    median(figures.stream().map(LoadFigures::tableOctets).toList()) / count,
                    median(figures.stream().map(LoadFigures::residentOctets).toList()) / count,
                    median(figures.stream().map(LoadFigures::peakOctets).toList()) / count,
                    Spread.of(starts).toString(2)));
            Files.delete(file);
        }
        print("");
        print("Loading a table from CSV: median of " + forks() + " forks (min-max)");
        print("");
        print("| bindings | seconds to load | octets/binding: table | process | process at its largest "
                + "| seconds from start of process to first packet |");
        print("| --: | --: | --: | --: | --: | --: |");
        lines.forEach(this::print);
    }

    private static double median(List<Long> values) {
        return Spread.of(values.stream().map(Long::doubleValue).toList()).median();
    }

    private void measureSessions() throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        int count = bindings == null ? MILLION : bindings.getLast();
        tell(grouped(sessionCount) + " sessions, " + grouped(count) + " bindings");
        for (String line : Processes.fork(List.of("sessions", Integer.toString(count), Long.toString(sessionCount)))) {
            SessionFigures figures = SessionFigures.parse(line);
            lines.add(String.format(
                    Locale.ROOT,
                    "| %,d | %,d | %,d | %.1f | %.1f |",
                    figures.sessions(),
                    figures.forwarded(),
                    2 * figures.sessions() - figures.forwarded(),
                    figures.residentOctets() / (double) (1 << 20),
                    figures.nanosPerPacket()));
        }
        print("");
        print(String.format(Locale.ROOT, "Sessions, each a packet both ways, %,d bindings", count));
        print("");
        print("| sessions | packets forwarded | lost | resident MiB | ns/packet |");
        print("| --: | --: | --: | --: | --: |");
        lines.forEach(this::print);
    }

    private void print(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    private void tellFork(String what, int count, int fork) {
        tell(what + ", " + grouped(count) + " bindings, fork " + (fork + 1) + " of " + forks());
    }

    private void tell(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // It is in the system's directory for such files, which is emptied some day.
        }
    }
}
