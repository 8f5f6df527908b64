package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.packet.CaptureReader;
import io.portledger.packet.CapturedPacket;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.table.BindingTableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code lwaftr bench}: how fast the engine forwards the packets of capture files, in memory. */
@Command(
        name = "bench",
        description = {
            "Forwards the packets of capture files again and again, in memory, and prints one line of JSON at the end.",
            "Each round begins with the packets as they were captured: putting back what forwarding changed is part of "
                    + "the time. The first second is not measured."
        },
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {

    @Parameters(paramLabel = "CONFIG", description = "The lwAFTR's settings (YAML).")
    private Path config;

    @Option(names = "--in4", paramLabel = "FILE", description = "Packets that come from the IPv4 side.")
    private @Nullable Path in4;

    @Option(names = "--in6", paramLabel = "FILE", description = "Packets that come from the IPv6 side.")
    private @Nullable Path in6;

    @Option(names = "--seconds", paramLabel = "N", required = true, description = "How long to measure.")
    private int seconds;

    @Option(names = "--cores", paramLabel = "N", defaultValue = "1", description = "Threads (default: 1).")
    private int cores;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        try {
            if (seconds < 1 || cores < 1) {
                throw new IllegalArgumentException("--seconds and --cores are 1 at least");
            }
            LwaftrSettings settings = LwaftrSettings.read(config, System.getenv());
            List<CapturedPacket> ipv4 = in4 == null ? List.of() : CaptureReader.readAll(in4);
            List<CapturedPacket> ipv6 = in6 == null ? List.of() : CaptureReader.readAll(in6);
            if (ipv4.isEmpty() && ipv6.isEmpty()) {
                throw new IllegalArgumentException("there are no packets; give --in4, --in6 or both");
            }
            try (BindingTable table = settings.loadBindingTable(cores)) {
                List<Result> results = measure(settings.forwarding(), table, ipv4, ipv6);
                spec.commandLine().getOut().println(toJson(results, table.size()));
            }
            return 0;
        } catch (SettingsException | BindingTableException | IllegalArgumentException | IOException e) {
            spec.commandLine().getErr().println("lwaftr bench: " + e.getMessage());
            return 2;
        }
    }

    private List<Result> measure(
            ForwardingSettings settings, BindingTable table, List<CapturedPacket> ipv4, List<CapturedPacket> ipv6)
            throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(cores);
        ExecutorService executor = Executors.newFixedThreadPool(cores);
        try {
            List<Future<Result>> futures = new ArrayList<>();
            for (int i = 0; i < cores; i++) {
                futures.add(executor.submit(() -> {
                    try (Worker worker = new Worker(settings, table, ipv4, ipv6)) {
                        ready.countDown();
                        ready.await();
                        worker.runFor(1_000_000_000L);
                        return worker.runFor(seconds * 1_000_000_000L);
                    }
                }));
            }
            List<Result> results = new ArrayList<>();
            for (Future<Result> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException("A worker failed", e.getCause());
        } finally {
            // The table must not be closed under a worker that still runs.
            executor.close();
        }
    }

    private String toJson(List<Result> results, int bindings) {
        double packets4 = 0;
        double octets4 = 0;
        double packets6 = 0;
        double octets6 = 0;
        double dropped = 0;
        double nanos = 0;
        double packets = 0;
        for (Result result : results) {
            double perSecond = 1e9 / result.nanos;
            packets4 += result.ipv4Packets * perSecond;
            octets4 += result.ipv4Octets * perSecond;
            packets6 += result.ipv6Packets * perSecond;
            octets6 += result.ipv6Octets * perSecond;
            dropped += result.unforwarded * perSecond;
            nanos += result.nanos;
            packets += result.ipv4Packets + result.ipv6Packets;
        }
        return String.format(
                Locale.ROOT,
                "{\"seconds\":%d,\"cores\":%d,\"bindings\":%d,"
                        + "\"ipv4-to-ipv6\":{\"packets-per-second\":%.0f,\"octets-per-second\":%.0f},"
                        + "\"ipv6-to-ipv4\":{\"packets-per-second\":%.0f,\"octets-per-second\":%.0f},"
                        + "\"not-forwarded-per-second\":%.0f,\"ns-per-packet\":%.1f,\"resident-bytes\":%d}",
                seconds,
                cores,
                bindings,
                packets4,
                octets4,
                packets6,
                octets6,
                dropped,
                packets == 0 ? 0 : nanos / packets,
                residentOctets());
    }

    private static long residentOctets() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException e) {
            // Not a Linux: what the virtual machine holds is the nearest thing known.
        }
        return Runtime.getRuntime().totalMemory();
    }

    private record Result(
            long nanos, long ipv4Packets, long ipv4Octets, long ipv6Packets, long ipv6Octets, long unforwarded) {}

    private static final class Worker implements AutoCloseable {

        private final List<Rounds> ipv4;
        private final List<Rounds> ipv6;
        private final Forwarder forwarder;

        Worker(
                ForwardingSettings settings,
                BindingTable table,
                List<CapturedPacket> ipv4Packets,
                List<CapturedPacket> ipv6Packets) {
            ipv4 = Rounds.of(ipv4Packets, settings.ipv4Side().ethernet(), false);
            ipv6 = Rounds.of(ipv6Packets, settings.ipv6Side().ethernet(), true);
            forwarder = new Forwarder(table, settings, batch -> {}, batch -> {}, System::nanoTime, () -> 0);
        }

        Result runFor(long nanos) {
            Counters counters = forwarder.counters();
            long[] before = snapshot(counters);
            long start = System.nanoTime();
            long elapsed;
            do {
                int most = Math.max(ipv4.size(), ipv6.size());
                for (int i = 0; i < most; i++) {
                    if (!ipv4.isEmpty()) {
                        forwarder.fromIpv4Side(ipv4.get(i % ipv4.size()).restored());
                    }
                    if (!ipv6.isEmpty()) {
                        forwarder.fromIpv6Side(ipv6.get(i % ipv6.size()).restored());
                    }
                    if ((i & 63) == 63 && System.nanoTime() - start >= nanos) {
                        break;
                    }
                }
                elapsed = System.nanoTime() - start;
            } while (elapsed < nanos);
            long[] after = snapshot(counters);
            return new Result(
                    elapsed,
                    after[0] - before[0],
                    after[1] - before[1],
                    after[2] - before[2],
                    after[3] - before[3],
                    after[4] - before[4]);
        }

        @Override
        public void close() {
            forwarder.close();
            ipv4.forEach(Rounds::close);
            ipv6.forEach(Rounds::close);
        }

        private static long[] snapshot(Counters counters) {
            long forwarded = counters.packets(Counter.ENCAPSULATED_IPV4)
                    + counters.packets(Counter.DECAPSULATED_IPV6)
                    + counters.packets(Counter.HAIRPIN_IPV4);
            return new long[] {
                counters.packets(Counter.IN_IPV4),
                counters.octets(Counter.IN_IPV4),
                counters.packets(Counter.IN_IPV6),
                counters.octets(Counter.IN_IPV6),
                counters.packets(Counter.Kind.ENDED) - forwarded
            };
        }
    }

    /** A batch that can be put back into its first state; only the heads of packets are ever changed. */
    private static final class Rounds implements AutoCloseable {

        private static final int BATCH = 256;
        private static final int HEAD = 128;

        private final PacketBatch packets;
        private final PacketBatch heads;

        private Rounds(int capacity, int longest) {
            packets = PacketBatch.withMemory(capacity, longest);
            heads = PacketBatch.withMemory(capacity, HEAD);
        }

        static List<Rounds> of(List<CapturedPacket> captured, ForwardingSettings.Ethernet ethernet, boolean isIpv6) {
            List<Rounds> all = new ArrayList<>();
            for (int start = 0; start < captured.size(); start += BATCH) {
                List<CapturedPacket> part = captured.subList(start, Math.min(captured.size(), start + BATCH));
                int longest = part.stream()
                        .mapToInt(packet -> packet.frame().length)
                        .max()
                        .orElse(0);
                Rounds rounds = new Rounds(BATCH, longest);
                for (int i = 0; i < BATCH; i++) {
                    rounds.add(part.get(i % part.size()), ethernet, isIpv6);
                }
                if (rounds.packets.size() > 0) {
                    all.add(rounds);
                } else {
                    rounds.close();
                }
            }
            return all;
        }

        /** The batch as it was captured. */
        PacketBatch restored() {
            for (int i = 0; i < packets.size(); i++) {
                Memory.copy(heads.address(i), packets.address(i), heads.length(i));
            }
            return packets;
        }

        private void add(CapturedPacket captured, ForwardingSettings.Ethernet ethernet, boolean isIpv6) {
            byte[] frame = captured.frame();
            long slot = packets.freeSlot();
            Memory.copy(frame, 0, slot, frame.length);
            int header = CheckCommand.Capture.framing(captured.linkType(), ethernet, isIpv6)
                    .headerLength(slot, frame.length);
            if (header < 0) {
                return;
            }
            int length = frame.length - header;
            packets.add(slot + header, length);
            Memory.copy(slot + header, heads.freeSlot(), Math.min(length, HEAD));
            heads.add(Math.min(length, HEAD));
        }

        @Override
        public void close() {
            packets.close();
            heads.close();
        }
    }
}
