package io.portledger.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private static final int SEARCHES = 5;
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
        PrintWriter out = command.commandLine().getOut();
        try (Workbench bench = Workbench.in(parent)) {
            out.printf(Locale.ROOT, "%,d intervals, %s%n%n", intervals, Workbench.machine());
            out.println("| store | octets an interval | p50 ms | p99 ms | more |");
            out.println("| :-- | --: | --: | --: | :-- |");
            out.flush();
            ledger(bench, out);
            if (peers) {
                postgresql(bench, out);
                zstdgrep(bench, out);
                nfdump(bench, out);
            }
            return 0;
        }
    }

    private void ledger(Workbench bench, PrintWriter out) throws StartException, IOException, InterruptedException {
        Installation installation = Installation.find();
        int port = Workbench.freePort();
        URI uri = URI.create("http://127.0.0.1:" + port);
        try (Probes probes = new Probes()) {
            Process node = bench.start(
                    "elasticsearch",
                    installation.node(
                            "elasticsearch",
                            List.of("-Xms" + memory, "-Xmx" + memory, "--add-modules=jdk.incubator.vector"),
                            "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                            List.of(bench.file("elasticsearch").toString(), Integer.toString(port))),
                    probes.elasticsearch(uri));
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
            Workbench.stop(node);
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

    private void postgresql(Workbench bench, PrintWriter out) throws StartException, IOException, InterruptedException {
        Path programs = newest(Path.of("/usr/lib/postgresql"));
        if (programs == null) {
            out.println("| PostgreSQL is not installed (apt-get install postgresql) | | | | |");
            return;
        }
        Path home = Files.createDirectory(bench.file("postgresql"));
        String port = Integer.toString(Workbench.freePort());
        // PostgreSQL refuses to run as root.
        List<String> user =
                "root".equals(System.getProperty("user.name")) ? List.of("runuser", "-u", "postgres", "--") : List.of();
        if (!user.isEmpty()) {
            bench.run(0, List.of("chmod", "755", bench.directory().toString()));
            bench.run(0, List.of("chown", "postgres", home.toString()));
        }
        String data = home.resolve("data").toString();
        bench.run(0, with(user, programs.resolve("initdb"), "-A", "trust", "-D", data));
        bench.run(
                0,
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
            Path rows = bench.file("rows");
            Path asked = bench.file("asked");
            part("write", rows.toString(), Long.toString(intervals), "sql");
            part("write", asked.toString(), Long.toString(intervals), "questions");
            List<String> psql =
                    with(user, programs.resolve("psql"), "-qAt", "-h", "127.0.0.1", "-p", port, "-d", "postgres", "-c");
            sql(bench, psql, """
                    create table h (ipv4 inet, first int, last int, b4 inet, subscriber text, start timestamptz,
                    fin timestamptz, began bytea, ended bytea)""");
            sql(bench, psql, "create table q (i int primary key, ipv4 inet, port int, at timestamptz)");
            sql(bench, psql, "\\copy h from '" + rows + "'");
            sql(bench, psql, "\\copy q from '" + asked + "'");
            sql(bench, psql, "create index on h (ipv4, first, start)");
            sql(bench, psql, "vacuum analyze h");
            sql(bench, psql, "vacuum analyze q");
            long answers = Long.parseLong(sql(bench, psql, """
                    select count(*) from h, q where h.ipv4 = q.ipv4 and first <= port and last >= port and start <= at
                    and fin > at"""));
            if (answers != 10_000) {
                throw new StartException("PostgreSQL has " + answers + " answers to 10000 questions");
            }
            double octets = Double.parseDouble(sql(bench, psql, "select pg_total_relation_size('h')"));
            Path script = Files.writeString(bench.file("ask.sql"), """
                    \\set n random(1, 10000)
                    select b4, start, fin, began, ended from h, q where i = :n and h.ipv4 = q.ipv4 and first <= port
                    and last >= port and start <= at and fin > at
                    """.replace("\\\\", "\\"));
            bench.run(
                    0,
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
            bench.run(0, with(user, programs.resolve("pg_ctl"), "-D", data, "-m", "immediate", "stop"));
        }
    }

    private void zstdgrep(Workbench bench, PrintWriter out) throws StartException, IOException, InterruptedException {
        if (Workbench.isMissing("zstdgrep")) {
            out.println("| zstdgrep is not installed (apt-get install zstd) | | | | |");
            return;
        }
        Path file = bench.file("syslog");
        part("write", file.toString(), Long.toString(intervals), "syslog");
        bench.run(0, List.of("zstd", "-q", "--rm", file.toString()));
        Path compressed = bench.file("syslog.zst");
        peer(
                out,
                "zstdgrep over syslog files",
                (double) Files.size(compressed),
                times(bench, i -> List.of("zstdgrep", "-F", "XSADDR=\"100.0.0." + i + "\"", compressed.toString())),
                "all lines of an address; whose interval it is remains to be found");
    }

    private void nfdump(Workbench bench, PrintWriter out) throws StartException, IOException, InterruptedException {
        if (Workbench.isMissing("nfcapd") || Workbench.isMissing("nfdump")) {
            out.println("| nfdump is not installed (apt-get install nfdump) | | | | |");
            return;
        }
        Path flows = Files.createDirectory(bench.file("nfdump"));
        int port = Workbench.freeUdpPort();
        Process nfcapd = bench.start(
                "nfcapd",
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
            Workbench.stop(nfcapd);
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
                        bench,
                        i -> List.of(
                                "nfdump",
                                "-q",
                                "-R",
                                flows.toString(),
                                "-o",
                                "fmt:%ts %nevt %sa %nsa %pbstart %pbend",
                                "src nip 100.0.0." + i)),
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
        List<String> program(int i);
    }

    /** How long programs take that look for what is there, milliseconds. */
    private static List<Double> times(Workbench bench, Numbered search)
            throws StartException, IOException, InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int i = 1; i <= SEARCHES; i++) {
            List<String> program = search.program(i);
            long begin = System.nanoTime();
            String found = bench.run(1, program);
            millis.add((System.nanoTime() - begin) / 1e6);
            if (found.isBlank()) {
                throw new StartException(program + " found nothing");
            }
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

    private static String sql(Workbench bench, List<String> psql, String statement)
            throws IOException, InterruptedException {
        return bench.run(0, with(psql, Path.of(statement))).strip();
    }

    private static List<String> with(List<String> first, Path program, String... more) {
        List<String> all = new ArrayList<>(first);
        all.add(program.toString());
        all.addAll(Arrays.asList(more));
        return all;
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
}
