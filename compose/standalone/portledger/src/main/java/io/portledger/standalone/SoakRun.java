package io.portledger.standalone;

import io.portledger.collector.bench.NumberedBindings;
import io.portledger.collector.bench.StoredEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A collector, a process with a small heap, under {@linkplain HostileExporters malformed input} for a while; whether it
 * lives, whether what sound exporters told is in Kafka, and whether it grows. Linux only.
 */
final class SoakRun {

    /** What a quantity may have grown by from the second third of a run to the last: so much of it, */
    static final double TOLERATED_SHARE = 0.10;
    /** and so many octets, for caches and compiled code that come late. */
    static final long TOLERATED_OCTETS = 16 << 20;

    /** The heap that the collector has in the standalone installation. */
    private static final String HEAP = Objects.requireNonNull(StandaloneSettings.DEFAULT_MEMORY.get("collector"));

    private static final long KEPT_IN_KAFKA_OCTETS = 128 << 20;
    private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
    private static final int LEAST_SAMPLES = 12;
    private static final Duration CATCH_UP = Duration.ofMinutes(2);
    /** Sockets of the collector that may be open besides those it had before the first exporter came. */
    private static final int TOLERATED_FILES = 64;

    private static final Pattern HEAP_USED = Pattern.compile(
            "(?:def new|tenured|DefNew|Tenured)[^\\n]*total \\d+K, used (\\d+)K", Pattern.CASE_INSENSITIVE);

    /**
     * How hard it is.
     *
     * @param duration how long
     * @param perSecond messages in a second
     * @param seed of all that is random but the machine itself
     */
    record Plan(Duration duration, int perSecond, long seed) {}

    /**
     * What the collector was at a moment.
     *
     * @param heapOctets of the heap in use after a collection
     * @param residentOctets in RAM
     * @param spillOctets on disk
     */
    record Sample(long heapOctets, long residentOctets, int threads, int openFiles, long spillOctets) {}

    /**
     * What came out.
     *
     * @param sent messages
     * @param told sound bindings that were told, and found in Kafka
     * @param samples one for each interval
     * @param metrics the collector's numbers at the end
     * @param wrong all that is wrong
     */
    record Report(long sent, int told, int found, List<Sample> samples, Map<String, Long> metrics, List<String> wrong) {

        Report {
            samples = List.copyOf(samples);
            metrics = Map.copyOf(metrics);
            wrong = List.copyOf(wrong);
        }

        /** One line. */
        String summary() {
            return String.format(
                    Locale.ROOT,
                    "%,d messages; %,d of %,d sound bindings in Kafka; heap %.1f, then %.1f MiB; resident %.0f, then %.0f MiB; %d wrong",
                    sent,
                    found,
                    told,
                    mebi(middle(samples, Sample::heapOctets, 1)),
                    mebi(middle(samples, Sample::heapOctets, 2)),
                    mebi(middle(samples, Sample::residentOctets, 1)),
                    mebi(middle(samples, Sample::residentOctets, 2)),
                    wrong.size());
        }
    }

    private final Workbench bench;
    private final Plan plan;
    private final Consumer<String> progress;
    private final List<Sample> samples = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    private SoakRun(Workbench bench, Plan plan, Consumer<String> progress) {
        this.bench = bench;
        this.plan = plan;
        this.progress = progress;
    }

    /**
     * Runs a plan.
     *
     * @param progress takes a line for each minute, or twelfth of a shorter run
     * @throws StartException if the collector or Kafka does not start
     */
    static Report run(Workbench bench, Plan plan, Consumer<String> progress)
            throws StartException, IOException, InterruptedException {
        return new SoakRun(bench, plan, progress).run();
    }

    private Report run() throws StartException, IOException, InterruptedException {
        int kafkaPort = bench.startKafka();
        String kafka = "127.0.0.1:" + kafkaPort;
        CollectorProcess collector = CollectorProcess.start(
                bench,
                kafkaPort,
                overrides(),
                // A heap that is there from the start, so that what is resident grows only by what is outside of it.
                List.of("-Xms" + HEAP, "-Xmx" + HEAP, "-XX:+AlwaysPreTouch"));
        StoredEvents.keepOnly(kafka, KEPT_IN_KAFKA_OCTETS);
        NumberedBindings bindings = new NumberedBindings();
        long sent;
        int filesBefore = openFiles(collector);
        try (StoredEvents stored = StoredEvents.of(kafka)) {
            try (HostileExporters exporters =
                    new HostileExporters(collector, bindings, plan.perSecond(), plan.seed())) {
                watch(collector, exporters, bindings, stored);
                exporters.end();
                sent = exporters.sent();
                awaitFound(collector, bindings, stored);
                if (exporters.failure() != null) {
                    wrong.add("A sound exporter had to end: " + exporters.failure());
                }
            }
        }
        Map<String, Long> metrics = Map.of();
        if (collector.process().isAlive()) {
            metrics = collector.metrics();
            judgeFiles(collector, filesBefore);
        } else {
            wrong.add("The collector ended with status " + collector.process().exitValue());
        }
        judgeArrivals(bindings, metrics);
        judgeGrowth("Heap after a collection", Sample::heapOctets);
        judgeGrowth("Resident memory", Sample::residentOctets);
        judgeFaults(metrics);
        judgeLog();
        return new Report(sent, bindings.told(), bindings.found(), samples, metrics, wrong);
    }

    /** What is kept for some time is kept for less of it, so that in the second third of the run it is as much as ever. */
    private Map<String, String> overrides() {
        Duration longest = plan.duration().dividedBy(6);
        String kept = Math.max(2, Math.min(longest.toSeconds(), 300)) + "s";
        return Map.of("IPFIX_SESSION_IDLE", kept, "IPFIX_TEMPLATE_WAIT", kept, "KAFKA_UNDECODABLE_RETENTION", "1h");
    }

    private void watch(
            CollectorProcess collector, HostileExporters exporters, NumberedBindings bindings, StoredEvents stored)
            throws IOException, InterruptedException {
        long began = System.nanoTime();
        long interval = Math.max(
                SHORTEST_INTERVAL.toNanos(),
                Math.min(TimeUnit.MINUTES.toNanos(1), plan.duration().toNanos() / LEAST_SAMPLES));
        long due = began + interval;
        double cpuBefore = CpuTime.seconds(collector.process().toHandle());
        long told = began;
        while (System.nanoTime() - began < plan.duration().toNanos()
                && collector.process().isAlive()
                && exporters.failure() == null) {
            stored.next(bindings::find);
            if (System.nanoTime() >= due) {
                due += interval;
                Sample sample = sample(collector);
                samples.add(sample);
                double cpu = CpuTime.seconds(collector.process().toHandle());
                tell(
                        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                        exporters,
                        bindings,
                        sample,
                        (cpu - cpuBefore) / ((System.nanoTime() - told) / 1e9),
                        collector.metrics());
                cpuBefore = cpu;
                told = System.nanoTime();
            } else {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private void tell(
            long second,
            HostileExporters exporters,
            NumberedBindings bindings,
            Sample sample,
            double cpu,
            Map<String, Long> metrics) {
        long undecodable = metrics.entrySet().stream()
                .filter(metric -> metric.getKey().startsWith("collector_undecodable_"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        progress.accept(String.format(
                Locale.ROOT,
                "%5d s  sent %,d by %,d sessions (%,d broken off)  sound %,d of %,d  undecodable %,d  events %,d  gaps %,d"
                        + "  heap %.1f  resident %.0f  spill %.1f MiB  threads %d  files %d  CPU %.0f %%",
                second,
                exporters.sent(),
                exporters.sessions(),
                exporters.broken(),
                bindings.found(),
                bindings.told(),
                undecodable,
                metrics.getOrDefault("collector_binding_events_total", 0L),
                metrics.entrySet().stream()
                        .filter(metric -> metric.getKey().startsWith("collector_gaps_"))
                        .mapToLong(Map.Entry::getValue)
                        .sum(),
                mebi(sample.heapOctets()),
                mebi(sample.residentOctets()),
                mebi(sample.spillOctets()),
                sample.threads(),
                sample.openFiles(),
                100 * cpu));
    }

    private void awaitFound(CollectorProcess collector, NumberedBindings bindings, StoredEvents stored) {
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        int told = bindings.told();
        while (bindings.found() < told
                && System.nanoTime() < deadline
                && collector.process().isAlive()) {
            int before = bindings.found();
            stored.next(bindings::find);
            if (bindings.found() > before) {
                deadline = System.nanoTime() + CATCH_UP.toNanos();
            }
        }
    }

    // --- What the collector is at a moment -----------------------------------------------------------------------

    private Sample sample(CollectorProcess collector) throws IOException, InterruptedException {
        long pid = collector.process().pid();
        jcmd(pid, "GC.run");
        Matcher used = HEAP_USED.matcher(jcmd(pid, "GC.heap_info"));
        long kibi = 0;
        while (used.find()) {
            kibi += Long.parseLong(used.group(1));
        }
        if (kibi == 0) {
            throw new IOException("jcmd does not tell how much of the heap is in use");
        }
        return new Sample(
                kibi << 10,
                ResidentMemory.of(pid),
                threads(pid),
                openFiles(collector),
                collector.metrics().getOrDefault("collector_spill_octets", 0L));
    }

    private String jcmd(long pid, String command) throws IOException, InterruptedException {
        return bench.run(
                0,
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        command));
    }

    private static int threads(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return (int) threads.count();
        }
    }

    private static int openFiles(CollectorProcess collector) throws IOException {
        try (Stream<Path> files =
                Files.list(Path.of("/proc", Long.toString(collector.process().pid()), "fd"))) {
            return (int) files.count();
        }
    }

    // --- Verdict -------------------------------------------------------------------------------------------------

    private void judgeArrivals(NumberedBindings bindings, Map<String, Long> metrics) {
        if (bindings.altered() > 0) {
            wrong.add(bindings.altered() + " sound bindings are in Kafka as something else");
        }
        // Nobody can promise that a datagram arrives; but the collector must say that some did not.
        boolean areDatagramsLost = metrics.getOrDefault("collector_kernel_drops_total", 0L) > 0
                || metrics.getOrDefault("collector_dropped_datagrams_total", 0L) > 0;
        long lost = 0;
        long excused = 0;
        for (int number : bindings.missing()) {
            if (HostileExporters.isDatagram(number) && areDatagramsLost) {
                excused++;
            } else {
                lost++;
            }
        }
        if (lost > 0) {
            wrong.add(lost + " sound bindings are not in Kafka");
        }
        if (excused > 0) {
            progress.accept(
                    excused + " sound datagrams are not in Kafka, and the collector says that datagrams were lost");
        }
        if (bindings.found() == 0) {
            wrong.add("No sound binding is in Kafka, so nothing is proved");
        }
    }

    private void judgeGrowth(String what, ToLongFunction<Sample> quantity) {
        if (grows(samples, quantity)) {
            wrong.add(String.format(
                    Locale.ROOT,
                    "%s grows: %.1f MiB in the second third of the run, %.1f MiB in the last",
                    what,
                    mebi(middle(samples, quantity, 1)),
                    mebi(middle(samples, quantity, 2))));
        }
    }

    /** Whether the median of the last third is above that of the second by more than is tolerated. */
    static boolean grows(List<Sample> samples, ToLongFunction<Sample> quantity) {
        long second = middle(samples, quantity, 1);
        return middle(samples, quantity, 2) > second * (1 + TOLERATED_SHARE) + TOLERATED_OCTETS;
    }

    /** The median of a third of the run, 0 to 2; 0 if there is no sample of it. */
    private static long middle(List<Sample> samples, ToLongFunction<Sample> quantity, int third) {
        List<Sample> its = samples.subList(samples.size() * third / 3, samples.size() * (third + 1) / 3);
        long[] sorted = its.stream().mapToLong(quantity).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    /** All exporters have gone; what the collector still has open for them is lost to it. */
    private void judgeFiles(CollectorProcess collector, int before) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        int now = openFiles(collector);
        while (now > before + TOLERATED_FILES && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(200);
            now = openFiles(collector);
        }
        if (now > before + TOLERATED_FILES) {
            wrong.add("The collector has " + now + " files open after all exporters have gone, and had " + before
                    + " before they came");
        }
    }

    private void judgeFaults(Map<String, Long> metrics) {
        for (String name : List.of(
                "collector_undecodable_by_fault_total",
                "collector_not_stored_total",
                "collector_damaged_spill_total")) {
            long count = metrics.getOrDefault(name, 0L);
            if (count > 0) {
                wrong.add(name + " is " + count);
            }
        }
    }

    private void judgeLog() throws IOException {
        try (Stream<String> lines = Files.lines(bench.log("collector"), StandardCharsets.ISO_8859_1)) {
            lines.filter(line -> line.contains(" ERROR ") || line.startsWith("\tat ") || line.contains("Exception"))
                    .limit(10)
                    .forEach(line -> wrong.add("The collector's log: " + line.strip()));
        }
    }

    private static double mebi(long octets) {
        return octets / 1048576.0;
    }
}
