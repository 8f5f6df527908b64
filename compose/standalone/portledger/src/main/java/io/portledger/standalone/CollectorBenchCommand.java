package io.portledger.standalone;

import io.portledger.collector.bench.BindingStream;
import io.portledger.records.Topic;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code bench collector}. */
@Command(
        name = "collector",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = {
            "Sends one and the same IPFIX stream of port blocks to nfcapd, nfacctd, the collector's decoder and the whole collector with a Kafka broker, one after the other, and lets the jobs write what is in Kafka into Elasticsearch. Tells how many records each manages in a second of processor time. Linux only.",
            ""
        })
final class CollectorBenchCommand implements Callable<Integer> {

    private static final Pattern NFDUMP_FLOWS = Pattern.compile("Total flows processed: (\\d+)");
    private static final Pattern NFACCTD_WRITTEN = Pattern.compile("Purging cache - END .*QN: (\\d+)/");
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    /** A receiver that has not received more for this long has all that it will get. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(4);

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "5000000",
            description = "How many records are measured.")
    private long records;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many records each receiver gets before.")
    private long warmUp;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Records in a second; no more than the slowest receiver takes without loss.")
    private long rate;

    @Option(names = "--no-jobs", description = "Leave out Kafka to ledger.")
    private boolean leavesOutJobs;

    @Option(
            names = "--jobs-limit",
            paramLabel = "MINUTES",
            defaultValue = "10",
            description = "The jobs are measured for no longer than that.")
    private int jobsLimitMinutes;

    @Option(names = "--no-peers", description = "Leave out nfcapd and nfacctd.")
    private boolean leavesOutPeers;

    @Option(
            names = "--collector-option",
            paramLabel = "OPTION",
            description = "Option for the JVM of the decoder and of the collector.")
    private List<String> jvmOptions = List.of();

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description = "Where all of it is kept meanwhile. Default: the directory for temporary files.")
    private @Nullable Path parent;

    @Spec
    private CommandSpec command;

    /** A program that takes the stream. */
    private interface Receiver {
        Process process();

        InetSocketAddress address();

        /** How many records it has so far, as far as it tells while it runs; -1 if it does not. */
        long received() throws IOException, InterruptedException;

        /** Ends it; answers how many records it had altogether. */
        long end() throws IOException, InterruptedException;
    }

    /**
     * What was measured.
     *
     * @param offered records sent in a second
     * @param lost records that did not arrive
     * @param perCpuSecond records that arrived, for each second of processor time
     */
    private record Figures(double offered, long lost, double perCpuSecond) {}

    @Override
    public Integer call() throws StartException, IOException, InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        try (Workbench bench = Workbench.in(parent)) {
            out.printf(Locale.ROOT, "%,d records after %,d to warm up, %s%n%n", records, warmUp, Workbench.machine());
            out.println(
                    "| receiver | records/s offered | lost | records/CPU-s | of nfcapd's | of nfacctd's | budget |");
            out.println("| :-- | --: | --: | --: | --: | --: | :-- |");
            out.flush();
            Figures nfcapd = null;
            Figures nfacctd = null;
            if (!leavesOutPeers) {
                if (Workbench.isMissing("nfcapd")) {
                    out.println("| nfcapd is not installed (apt-get install nfdump) | | | | | | |");
                } else {
                    nfcapd = measure(nfcapd(bench));
                    row(out, "nfcapd: socket to file", nfcapd, nfcapd, null, "");
                }
                if (Workbench.isMissing("nfacctd")) {
                    out.println("| nfacctd is not installed (apt-get install pmacct) | | | | | | |");
                } else {
                    nfacctd = measure(nfacctd(bench, "file", """
                            plugins: print[a]
                            print_output: csv
                            print_output_file: %s
                            print_output_file_append: true
                            print_refresh_time: 2
                            print_cache_entries: 131101
                            """.formatted(bench.file("nfacctd.csv"))));
                    row(out, "nfacctd: socket to file", nfacctd, nfcapd, nfacctd, "");
                }
            }
            Figures decoder = measure(decoder(bench));
            row(out, "collector: socket to decoded record", decoder, nfcapd, nfacctd, "nfcapd's");
            collectorAndJobs(bench, out, nfcapd, nfacctd);
            return 0;
        }
    }

    private void row(
            PrintWriter out,
            String name,
            Figures figures,
            @Nullable Figures nfcapd,
            @Nullable Figures nfacctd,
            String budget) {
        out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,d | %,.0f | %s | %s | %s |%n",
                name,
                figures.offered(),
                figures.lost(),
                figures.perCpuSecond(),
                ratio(figures, nfcapd),
                ratio(figures, nfacctd),
                budget);
        out.flush();
    }

    private static String ratio(Figures figures, @Nullable Figures of) {
        return of == null ? "" : String.format(Locale.ROOT, "%.2f", figures.perCpuSecond() / of.perCpuSecond());
    }

    private Figures measure(Receiver receiver) throws IOException, InterruptedException {
        try (BindingStream stream = BindingStream.to(receiver.address())) {
            return measure(receiver, stream);
        } finally {
            receiver.process().destroy();
            receiver.process().waitFor();
        }
    }

    private Figures measure(Receiver receiver, BindingStream stream) throws IOException, InterruptedException {
        long before = stream.send(warmUp, rate);
        awaitQuiet(receiver, before);
        double cpuBefore = CpuTime.seconds(receiver.process().toHandle());
        long began = System.nanoTime();
        long sent = stream.send(records, rate);
        double offered = sent / ((System.nanoTime() - began) / 1e9);
        awaitQuiet(receiver, before + sent);
        double cpu = CpuTime.seconds(receiver.process().toHandle()) - cpuBefore;
        long lost = before + sent - receiver.end();
        // Whatever was lost counts as lost of the measured ones.
        return new Figures(offered, lost, (sent - lost) / cpu);
    }

    /** Waits until the receiver has as many records, or no more come; if it does not tell, until it no longer works. */
    private static void awaitQuiet(Receiver receiver, long expected) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        double last = -1;
        long changed = System.nanoTime();
        while (System.nanoTime() < deadline) {
            long received = receiver.received();
            if (received >= expected) {
                return;
            }
            double now = received >= 0
                    ? received
                    : Math.floor(CpuTime.seconds(receiver.process().toHandle()) * 10);
            if (now != last) {
                last = now;
                changed = System.nanoTime();
            } else if (System.nanoTime() - changed > QUIET_NANOS) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    // --- The receivers -------------------------------------------------------------------------------------------

    private Receiver nfcapd(Workbench bench) throws IOException, InterruptedException {
        Path flows = Files.createDirectory(bench.file("nfcapd"));
        int port = Workbench.freeUdpPort();
        Process process = bench.start(
                "nfcapd",
                List.of(
                        "nfcapd",
                        "-b",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(port),
                        "-B",
                        "8388608",
                        "-t",
                        "3600",
                        "-w",
                        flows.toString()));
        return peer(process, port, () -> {
            process.destroy();
            process.waitFor();
            // Its own count leaves out events.
            return sum(NFDUMP_FLOWS, bench.run(0, List.of("nfdump", "-R", flows.toString(), "-a", "-A", "proto")));
        });
    }

    /** @param output settings of the plugin that writes */
    private Receiver nfacctd(Workbench bench, String name, String output) throws IOException, InterruptedException {
        int port = Workbench.freeUdpPort();
        Path primitives = Files.writeString(bench.file("primitives"), """
                name=obsTime field_type=323 len=8 semantics=u_int
                name=prStart field_type=361 len=2 semantics=u_int
                name=prEnd field_type=362 len=2 semantics=u_int
                name=prStep field_type=363 len=2 semantics=u_int
                name=prNum field_type=364 len=2 semantics=u_int
                name=natInst field_type=463 len=4 semantics=u_int
                """);
        // Comma-separated values cost it less than JSON; the buffers are large enough that it loses nothing inside.
        Path settings =
                Files.writeString(bench.file("nfacctd-" + name + ".conf"), """
                daemonize: false
                nfacctd_ip: 127.0.0.1
                nfacctd_port: %d
                nfacctd_pipe_size: 8388608
                aggregate_primitives: %s
                plugin_pipe_size: 67108864
                plugin_buffer_size: 32768
                aggregate[a]: src_host, post_nat_src_host, nat_event, obsTime, prStart, prEnd, prStep, prNum, natInst
                %s
                """.formatted(port, primitives, output));
        Process process = bench.start("nfacctd-" + name, List.of("nfacctd", "-f", settings.toString()));
        return peer(process, port, () -> {
            // At this signal it writes what it has; a last buffer of some records that is not full is lost.
            String _ = bench.run(0, List.of("kill", "-INT", Long.toString(process.pid())));
            process.waitFor();
            return sum(NFACCTD_WRITTEN, Files.readString(bench.log("nfacctd-" + name)));
        });
    }

    private static Peer peer(Process process, int port, Ending end) throws InterruptedException {
        // Neither tells when all of it is ready.
        TimeUnit.SECONDS.sleep(4);
        return new Peer(process, port, end);
    }

    private static long sum(Pattern count, String text) {
        long sum = 0;
        Matcher counts = count.matcher(text);
        while (counts.find()) {
            sum += Long.parseLong(counts.group(1));
        }
        return sum;
    }

    private interface Ending {
        long end() throws IOException, InterruptedException;
    }

    /** Tells only at its end how much it had. */
    private record Peer(Process process, int port, Ending ending) implements Receiver {

        @Override
        public InetSocketAddress address() {
            return loopback(port);
        }

        @Override
        public long received() {
            return -1;
        }

        @Override
        public long end() throws IOException, InterruptedException {
            return ending.end();
        }
    }

    private Receiver decoder(Workbench bench) throws StartException, IOException, InterruptedException {
        Path log = bench.log("decoder");
        List<String> options = new ArrayList<>(List.of("-Xmx256m"));
        options.addAll(jvmOptions);
        Process process = bench.start(
                "decoder",
                Installation.find().own(options, "io.portledger.collector.DecodingProcess", List.of()),
                () -> !values(log, "port").isEmpty());
        int port = (int) (long) values(log, "port").getLast();
        return new Receiver() {
            @Override
            public Process process() {
                return process;
            }

            @Override
            public InetSocketAddress address() {
                return loopback(port);
            }

            @Override
            public long received() throws IOException {
                List<Long> told = values(log, "records");
                return told.isEmpty() ? 0 : told.getLast();
            }

            @Override
            public long end() throws IOException {
                return received();
            }
        };
    }

    private static List<Long> values(Path log, String name) throws IOException {
        return Files.readAllLines(log).stream()
                .filter(line -> line.startsWith(name + "="))
                .map(line -> Long.parseLong(line.substring(name.length() + 1)))
                .toList();
    }

    private void collectorAndJobs(Workbench bench, PrintWriter out, @Nullable Figures nfcapd, @Nullable Figures nfacctd)
            throws StartException, IOException, InterruptedException {
        int kafkaPort = bench.startKafka();
        if (nfacctd != null) {
            // The collector's way of compressing, and the same acknowledgement.
            Path client = Files.writeString(bench.file("nfacctd-client"), """
                    global, compression.codec, zstd
                    global, queue.buffering.max.messages, 2000000
                    topic, request.required.acks, -1
                    """);
            row(
                    out,
                    "nfacctd: socket to Kafka, JSON",
                    measure(nfacctd(bench, "kafka", """
                    plugins: kafka[a]
                    kafka_broker_host: 127.0.0.1
                    kafka_broker_port: %d
                    kafka_topic: nfacctd
                    kafka_output: json
                    kafka_refresh_time: 2
                    kafka_cache_entries: 131101
                    kafka_config_file: %s
                    """.formatted(kafkaPort, client))),
                    nfcapd,
                    nfacctd,
                    "");
        }
        Receiver collector = collector(bench, kafkaPort);
        long ended;
        try (BindingStream stream = BindingStream.to(collector.address())) {
            Figures figures = measure(collector, stream);
            ended = stream.ended();
            row(out, "collector: socket to Kafka acknowledged", figures, nfcapd, nfacctd, "5 times nfacctd's");
            octets(out, bench.file("kafka"), warmUp + records - figures.lost());
            if (figures.lost() > 0 && !leavesOutJobs) {
                out.println("| Kafka to ledger is not measured, as records were lost; lower --rate | | | | | | |");
                return;
            }
        } finally {
            Workbench.stop(collector.process());
        }
        if (!leavesOutJobs) {
            jobs(bench, out, kafkaPort, ended);
        }
    }

    /** What an event takes on the disk of Kafka, which writes now and then and not at once. */
    private static void octets(PrintWriter out, Path kafka, long events) throws IOException {
        try (Stream<Path> files = Files.walk(kafka)) {
            long octets = 0;
            for (Path file : (Iterable<Path>) files::iterator) {
                if (file.toString().contains("/" + Topic.NAT_EVENTS.topicName() + "-")
                        && file.toString().endsWith(".log")) {
                    octets += Files.size(file);
                }
            }
            out.printf(
                    Locale.ROOT,
                    "%nKafka's disk: %.1f octets an event in %s.%n",
                    octets / (double) events,
                    Topic.NAT_EVENTS.topicName());
            out.flush();
        }
    }

    private Receiver collector(Workbench bench, int kafkaPort)
            throws StartException, IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-Xmx512m"));
        options.addAll(jvmOptions);
        return new CollectorReceiver(CollectorProcess.start(bench, kafkaPort, Map.of(), options));
    }

    private record CollectorReceiver(CollectorProcess collector) implements Receiver {

        @Override
        public Process process() {
            return collector.process();
        }

        @Override
        public InetSocketAddress address() {
            return collector.address("ipfix.udp");
        }

        /** What Kafka has acknowledged; all other records it has are gaps, of which there are none without a loss. */
        @Override
        public long received() throws IOException, InterruptedException {
            Map<String, Long> metrics = collector.metrics();
            return Math.min(
                    metrics.getOrDefault("collector_binding_events_total", 0L),
                    metrics.getOrDefault("collector_stored_total", 0L));
        }

        @Override
        public long end() throws IOException, InterruptedException {
            return received();
        }
    }

    private void jobs(Workbench bench, PrintWriter out, int kafkaPort, long ended)
            throws StartException, IOException, InterruptedException {
        Installation installation = Installation.find();
        int elasticsearchPort = Workbench.freePort();
        URI elasticsearch = URI.create("http://127.0.0.1:" + elasticsearchPort);
        try (Probes probes = new Probes();
                StoredLedger ledger = new StoredLedger(elasticsearch)) {
            Process node = bench.start(
                    "elasticsearch",
                    installation.node(
                            "elasticsearch",
                            List.of("-Xms1g", "-Xmx1g", "--add-modules=jdk.incubator.vector"),
                            "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                            List.of(bench.file("elasticsearch").toString(), Integer.toString(elasticsearchPort))),
                    probes.elasticsearch(elasticsearch));
            int flinkPort = Workbench.freePort();
            Process jobs = bench.start(
                    "jobs",
                    installation.node(
                            "flink",
                            List.of("-Xmx1g", "-XX:MaxDirectMemorySize=256m"),
                            "io.portledger.standalone.flink.JobsNode",
                            List.of(
                                    bench.file("flink").toString(),
                                    Integer.toString(flinkPort),
                                    "--kafka",
                                    "127.0.0.1:" + kafkaPort,
                                    "--elasticsearch",
                                    elasticsearch.toString())),
                    probes.flink(URI.create("http://127.0.0.1:" + flinkPort)));
            double cpuBefore = CpuTime.seconds(jobs.toHandle());
            double storeBefore = CpuTime.seconds(node.toHandle());
            long began = System.nanoTime();
            long deadline = began + TimeUnit.MINUTES.toNanos(jobsLimitMinutes);
            while (jobs.isAlive() && ledger.ended() < ended && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(500);
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            long written = ledger.ended();
            double cpu = CpuTime.seconds(jobs.toHandle()) - cpuBefore;
            double store = CpuTime.seconds(node.toHandle()) - storeBefore;
            out.printf(
                    Locale.ROOT,
                    "%nKafka to ledger: the events of %,d of %,d intervals in %.0f s, %,.0f events/s; %,.0f/CPU-s of the jobs, %,.0f/CPU-s of Elasticsearch.%n",
                    written,
                    ended,
                    seconds,
                    2 * written / seconds,
                    2 * written / cpu,
                    2 * written / store);
            out.flush();
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }
}
