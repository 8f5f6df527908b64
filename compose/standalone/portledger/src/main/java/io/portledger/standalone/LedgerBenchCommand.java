package io.portledger.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code bench ledger}. */
@Command(
        name = "ledger",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Fills an Elasticsearch node of its own with a made-up history, asks it one by one and in bulk, in quiet and while it is written, and compares every answer with the truth.",
            "With --peers the same intervals go into PostgreSQL, nfdump and compressed syslog files, as far as these are installed.",
            ""
        })
final class LedgerBenchCommand implements Callable<Integer> {

    private static final String MAIN = "io.portledger.ledger.bench.LedgerBench";

    @Option(names = "--intervals", paramLabel = "N", defaultValue = "5000000", description = "How many intervals.")
    private long intervals;

    @Option(names = "--questions", paramLabel = "N", defaultValue = "4000", description = "How many questions a row.")
    private int questions;

    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "2g", description = "Elasticsearch's Java heap.")
    private String memory;

    @Option(names = "--peers", description = "Measure PostgreSQL, nfdump and zstdgrep as well.")
    private boolean peers;

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description = "Where all of it is kept meanwhile. Default: the directory for temporary files.")
    private @Nullable Path parent;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws StartException, IOException, InterruptedException {
        Path directory = parent == null
                ? Files.createTempDirectory("portledger-bench")
                : Files.createTempDirectory(parent, "portledger-bench");
        PrintWriter out = command.commandLine().getOut();
        try {
            out.printf(
                    Locale.ROOT,
                    "%,d intervals, %d cores, Java %s, load %s%n%n",
                    intervals,
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.version(),
                    load());
            out.println("| store | octets an interval | p50 ms | p99 ms | more |");
            out.println("| :-- | --: | --: | --: | :-- |");
            out.flush();
            ledger(directory, out);
            if (peers) {
                postgresql(directory, out);
                zstdgrep(directory, out);
                nfdump(directory, out);
            }
            return 0;
        } finally {
            remove(directory);
        }
    }

    private void ledger(Path directory, PrintWriter out) throws StartException, IOException, InterruptedException {
        Installation installation = Installation.find();
        int port = freePort();
        URI uri = URI.create("http://127.0.0.1:" + port);
        Process node = start(
                directory.resolve("elasticsearch.log"),
                installation.node(
                        "elasticsearch",
                        List.of("-Xms" + memory, "-Xmx" + memory, "--add-modules=jdk.incubator.vector"),
                        "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                        List.of(directory.resolve("elasticsearch").toString(), Integer.toString(port))));
        try {
            await(new Probes().elasticsearch(uri));
            Figures filled = part("fill", uri.toString(), Long.toString(intervals));
            Figures natural = part("ask", uri.toString(), Long.toString(intervals), Integer.toString(questions));
            row(
                    out,
                    "the ledger, as written",
                    filled.of("naturalOctets"),
                    natural,
                    String.format(Locale.ROOT, "; filled at %,.0f/s", filled.of("documentsPerSecond")));
            Figures merged = part("merge", uri.toString());
            Figures quiet =
                    part("ask", uri.toString(), Long.toString(intervals), Integer.toString(questions), "written");
            row(
                    out,
                    "the ledger, merged",
                    merged.of("mergedOctets"),
                    quiet,
                    String.format(
                            Locale.ROOT,
                            "; while %,.0f/s more are written p50 %.2f, p99 %.2f",
                            quiet.of("writtenMeanwhilePerSecond"),
                            quiet.of("whileWrittenP50Millis"),
                            quiet.of("whileWrittenP99Millis")));
        } finally {
            node.destroy();
            node.waitFor();
        }
    }

    private void row(PrintWriter out, String name, double octets, Figures asked, String more) {
        out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.2f | %.2f | in bulk %,.0f/s%s |%n",
                name,
                octets / intervals,
                asked.of("quietP50Millis"),
                asked.of("quietP99Millis"),
                asked.of("bulkPerSecond"),
                more);
        out.flush();
    }

    private void postgresql(Path directory, PrintWriter out) throws StartException, IOException, InterruptedException {
        Path programs = newest(Path.of("/usr/lib/postgresql"));
        if (programs == null) {
            out.println("| PostgreSQL is not installed (apt-get install postgresql) | | | | |");
            return;
        }
        Path home = Files.createDirectory(directory.resolve("postgresql"));
        String port = Integer.toString(freePort());
        // PostgreSQL refuses to run as root.
        List<String> user =
                "root".equals(System.getProperty("user.name")) ? List.of("runuser", "-u", "postgres", "--") : List.of();
        if (!user.isEmpty()) {
            openTo(directory);
            run(directory, List.of("chown", "postgres", home.toString()));
        }
        String data = home.resolve("data").toString();
        run(directory, with(user, programs.resolve("initdb"), "-A", "trust", "-D", data));
        run(
                directory,
                with(
                        user,
                        programs.resolve("pg_ctl"),
                        "-w",
                        "-D",
                        data,
                        "-l",
                        home.resolve("log").toString(),
                        "-o",
                        "-c listen_addresses=127.0.0.1 -p " + port + " -c shared_buffers=1GB -c max_wal_size=8GB -k "
                                + home,
                        "start"));
        try {
            Path rows = directory.resolve("rows");
            Path asked = directory.resolve("asked");
            part("write", rows.toString(), Long.toString(intervals), "sql");
            part("write", asked.toString(), Long.toString(intervals), "questions");
            List<String> psql =
                    with(user, programs.resolve("psql"), "-qAt", "-h", "127.0.0.1", "-p", port, "-d", "postgres", "-c");
            sql(directory, psql, """
                    create table h (ipv4 inet, first int, last int, b4 inet, subscriber text, start timestamptz,
                    fin timestamptz, began bytea, ended bytea)""");
            sql(directory, psql, "create table q (i int primary key, ipv4 inet, port int, at timestamptz)");
            sql(directory, psql, "\\copy h from '" + rows + "'");
            sql(directory, psql, "\\copy q from '" + asked + "'");
            sql(directory, psql, "create index on h (ipv4, first, start)");
            sql(directory, psql, "vacuum analyze h");
            sql(directory, psql, "vacuum analyze q");
            double octets = Double.parseDouble(sql(directory, psql, "select pg_total_relation_size('h')"));
            Path script = Files.writeString(directory.resolve("ask.sql"), """
                    \\set n random(1, 10000)
                    select b4, start, fin, began, ended from h, q where i = :n and h.ipv4 = q.ipv4 and first <= port
                    and last >= port and start <= at and fin > at
                    """.replace("\\\\", "\\"));
            run(
                    home,
                    with(
                            user,
                            programs.resolve("pgbench"),
                            "-n",
                            "-M",
                            "prepared",
                            "-h",
                            "127.0.0.1",
                            "-p",
                            port,
                            "-f",
                            script.toString(),
                            "-t",
                            Integer.toString(questions),
                            "-l",
                            "--log-prefix=" + home.resolve("latency"),
                            "postgres"));
            List<Double> millis = latencies(home);
            peer(
                    out,
                    "PostgreSQL, index on address, first port, start",
                    octets,
                    millis,
                    "the question is read there too");
        } finally {
            run(directory, with(user, programs.resolve("pg_ctl"), "-D", data, "-m", "immediate", "stop"));
        }
    }

    private void zstdgrep(Path directory, PrintWriter out) throws StartException, IOException, InterruptedException {
        if (isMissing("zstdgrep")) {
            out.println("| zstdgrep is not installed (apt-get install zstd) | | | | |");
            return;
        }
        Path file = directory.resolve("syslog");
        part("write", file.toString(), Long.toString(intervals), "syslog");
        run(directory, List.of("zstd", "-q", "--rm", file.toString()));
        Path compressed = directory.resolve("syslog.zst");
        peer(
                out,
                "zstdgrep over syslog files",
                (double) Files.size(compressed),
                times(
                        5,
                        i -> run(
                                directory,
                                List.of("zstdgrep", "-F", "XSADDR=\"100.0.0." + i + "\"", compressed.toString()))),
                "all lines of an address; whose interval it is remains to be found");
    }

    private void nfdump(Path directory, PrintWriter out) throws StartException, IOException, InterruptedException {
        if (isMissing("nfcapd") || isMissing("nfdump")) {
            out.println("| nfdump is not installed (apt-get install nfdump) | | | | |");
            return;
        }
        Path flows = Files.createDirectory(directory.resolve("nfdump"));
        int port = freePort();
        Process nfcapd = start(
                directory.resolve("nfcapd.log"),
                List.of(
                        "nfcapd",
                        "-p",
                        Integer.toString(port),
                        "-b",
                        "127.0.0.1",
                        "-B",
                        "8000000",
                        "-l",
                        flows.toString()));
        try {
            TimeUnit.SECONDS.sleep(2);
            part("netflow", Integer.toString(port), Long.toString(intervals), "200000");
            TimeUnit.SECONDS.sleep(2);
        } finally {
            nfcapd.destroy();
            nfcapd.waitFor();
        }
        double octets = 0;
        try (Stream<Path> files = Files.walk(flows)) {
            octets = files.filter(Files::isRegularFile)
                    .mapToDouble(each -> (double) each.toFile().length())
                    .sum();
        }
        peer(
                out,
                "nfdump",
                octets,
                times(
                        5,
                        i -> run(
                                directory,
                                List.of(
                                        "nfdump",
                                        "-q",
                                        "-R",
                                        flows.toString(),
                                        "-o",
                                        "fmt:%ts %nevt %sa %nsa %pbstart %pbend",
                                        "src nip 100.0.0." + i))),
                "all records of an address; whose interval it is remains to be found");
    }

    private void peer(PrintWriter out, String name, double octets, List<Double> millis, String more) {
        List<Double> sorted = millis.stream().sorted().toList();
        out.printf(
                Locale.ROOT,
                "| %s | %.0f | %.2f | %.2f | %s |%n",
                name,
                octets / intervals,
                sorted.get(sorted.size() / 2),
                sorted.get(Math.min(sorted.size() - 1, sorted.size() * 99 / 100)),
                more);
        out.flush();
    }

    /** What a part of the measurement told, by name. */
    private record Figures(Map<String, Double> values) {

        double of(String name) {
            Double value = values.get(name);
            if (value == null) {
                throw new IllegalStateException("the measurement told no " + name);
            }
            return value;
        }
    }

    private interface Numbered {
        void run(int i) throws IOException, InterruptedException;
    }

    private static List<Double> times(int count, Numbered task) throws IOException, InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            long begin = System.nanoTime();
            task.run(i);
            millis.add((System.nanoTime() - begin) / 1e6);
        }
        return millis;
    }

    private static List<Double> latencies(Path home) throws IOException {
        try (Stream<Path> logs = Files.list(home)) {
            Path log = logs.filter(file -> file.getFileName().toString().startsWith("latency"))
                    .findAny()
                    .orElseThrow(() -> new IOException("pgbench wrote no latencies"));
            return Files.readAllLines(log).stream()
                    .map(line -> Double.parseDouble(line.split(" ", -1)[2]) / 1000)
                    .toList();
        }
    }

    private Figures part(String... arguments) throws StartException, IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Installation.find().node("flink", List.of("-Xmx768m"), MAIN, Arrays.asList(arguments)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            Map<String, Double> values = new LinkedHashMap<>();
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("=", 2))
                    .filter(pair -> pair.length == 2)
                    .forEach(pair -> values.put(pair[0], Double.parseDouble(pair[1])));
            if (process.waitFor() != 0) {
                throw new StartException("The measurement ended with status " + process.exitValue() + "; see above.");
            }
            return new Figures(values);
        } finally {
            process.destroy();
        }
    }

    private static String sql(Path directory, List<String> psql, String statement)
            throws IOException, InterruptedException {
        return run(directory, with(psql, Path.of(statement))).strip();
    }

    private static List<String> with(List<String> first, Path program, String... more) {
        List<String> all = new ArrayList<>(first);
        all.add(program.toString());
        all.addAll(Arrays.asList(more));
        return all;
    }

    private static String run(Path directory, List<String> program) throws IOException, InterruptedException {
        Path errors = directory.resolve("errors");
        Process process = new ProcessBuilder(program)
                .directory(directory.toFile())
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // grep's 1 is "nothing found".
        if (process.waitFor() > 1) {
            throw new IOException(program + " ended with status " + process.exitValue() + ": "
                    + Files.readString(errors).strip());
        }
        return printed;
    }

    private static Process start(Path log, List<String> program) throws IOException {
        return new ProcessBuilder(program)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static void await(Program.Probe probe) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (true) {
            try {
                if (probe.isReady()) {
                    return;
                }
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
            TimeUnit.MILLISECONDS.sleep(250);
        }
    }

    private static boolean isMissing(String program) {
        return Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin")
                .noneMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static @Nullable Path newest(Path versions) throws IOException {
        if (!Files.isDirectory(versions)) {
            return null;
        }
        try (Stream<Path> all = Files.list(versions)) {
            return all.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("pgbench")))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    /** Another user reaches what lies below. */
    private static void openTo(Path directory) throws IOException, InterruptedException {
        run(directory, List.of("chmod", "755", directory.toString()));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String load() throws IOException {
        Path load = Path.of("/proc/loadavg");
        return Files.exists(load) ? Files.readString(load).split(" ", -1)[0] : "unknown";
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
