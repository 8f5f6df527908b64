package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.bench.PacketStream.Flows;
import io.portledger.lwaftr.bench.PacketStream.Sizes;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.packet.PacketBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A process in which one thing is measured, so that no measurement profits or suffers from what another left behind. */
final class Fork {

    private static final long MILLI = 1_000_000;

    /** The engine has been compiled when it has not become faster for so many warm-ups. */
    private static final int STEADY = 8;

    private static final double FASTER = 0.95;

    private Fork() {}

    /** Measures what the arguments say and prints lines for the process that started this one. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> rest = Arrays.asList(args).subList(1, args.length);
        switch (args[0]) {
            case "forward" -> forward(rest);
            case "updates" ->
                UpdateRun.run(Integer.parseInt(rest.get(0)), Long.parseLong(rest.get(1)) * MILLI, Fork::print);
            case "load" -> load(Path.of(rest.get(0)));
            case "start" -> start(Path.of(rest.get(0)), Long.parseLong(rest.get(1)));
            case "sessions" -> SessionRun.run(Integer.parseInt(rest.get(0)), Long.parseLong(rest.get(1)), Fork::print);
            default -> throw new IllegalArgumentException("there is no measurement " + args[0]);
        }
    }

    private static void print(String line) {
        System.out.println(line);
    }

    private static void forward(List<String> args) {
        int bindings = Integer.parseInt(args.get(0));
        long warmUp = Long.parseLong(args.get(1)) * MILLI;
        long measure = Long.parseLong(args.get(2)) * MILLI;
        int missing = Integer.parseInt(args.get(3));
        List<Cell> cells =
                args.subList(4, args.size()).stream().map(Cell::parse).toList();
        try (BindingTable table = Workload.table(bindings);
                PacketStream usual = cells.getFirst().stream(bindings, missing);
                Traffic traffic = new Traffic(table, usual)) {
            warmUpUntilSteady(traffic, warmUp);
            for (Cell cell : cells) {
                try (PacketStream stream = cell.stream(bindings, missing)) {
                    traffic.use(stream);
                    Traffic.Outcome outcome = traffic.check();
                    double ignored = traffic.warmUp(warmUp);
                    print(measure(traffic, measure, cell, table.memoryOctets(), outcome)
                            .toLine());
                    traffic.use(usual);
                }
            }
        }
    }

    private static void warmUpUntilSteady(Traffic traffic, long nanos) {
        double best = Double.MAX_VALUE;
        for (int steady = 0; steady < STEADY; steady++) {
            double now = traffic.warmUp(nanos);
            if (now < best * FASTER) {
                best = now;
                steady = 0;
            }
        }
    }

    private static ForwardingFigures measure(
            Traffic traffic, long nanos, Cell cell, long tableOctets, Traffic.Outcome outcome) {
        traffic.resetTimes();
        long end = System.nanoTime() + nanos;
        while (traffic.forwardBatches() < end) {
            // Until the time is over.
        }
        return new ForwardingFigures(
                cell,
                tableOctets,
                outcome,
                traffic.downstreamNanosPerPacket(),
                traffic.upstreamNanosPerPacket(),
                traffic.placingNanosPerPacket());
    }

    private static void load(Path file) throws IOException {
        long before = ProcessMemory.residentOctets();
        long start = System.nanoTime();
        try (BindingTable table = BindingTable.load(file, Workload.BR, 1)) {
            double seconds = (System.nanoTime() - start) / 1e9;
            print(new LoadFigures(
                            table.size(),
                            seconds,
                            table.memoryOctets(),
                            ProcessMemory.residentOctets() - before,
                            ProcessMemory.peakOctets() - before)
                    .toLine());
        }
    }

    /** Does what a lwAFTR does until it forwards, and forwards one packet. */
    private static void start(Path config, long launchedMillis) throws IOException {
        LwaftrSettings settings = LwaftrSettings.read(config, Map.of());
        try (BindingTable table = settings.loadBindingTable(1);
                PacketStream stream = new PacketStream(Flows.one(new Sizes(64), 0));
                Traffic traffic = new Traffic(table, stream);
                PacketBatch one = Workload.newBatch()) {
            stream.putDownstream(one, 0);
            traffic.forwardOnePacketOf(one);
            if (traffic.forwarded() != 1) {
                throw new IllegalStateException("The first packet was not forwarded");
            }
            print(Long.toString(System.currentTimeMillis() - launchedMillis));
        }
    }
}
