package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.bench.PacketStream.Flows;
import io.portledger.lwaftr.forwarding.BindingTable;
import java.util.function.Consumer;

/** Many sessions through one lwAFTR, a packet each way for each of them. */
final class SessionRun {

    private static final int REPORTS = 4;

    private SessionRun() {}

    /**
     * Prints a line of figures at the beginning, and whenever another quarter of the sessions has passed.
     *
     * @param sessions how many different 5-tuples; rounded up to whole rounds of the stream
     */
    static void run(int bindings, long sessions, Consumer<String> print) {
        try (BindingTable table = Workload.table(bindings);
                PacketStream stream = new PacketStream(Flows.ofDistinctRemotes(bindings));
                Traffic traffic = new Traffic(table, stream)) {
            int rounds = Math.toIntExact((sessions + stream.count() - 1) / stream.count());
            if (rounds > PacketStream.PORTS) {
                throw new IllegalArgumentException("more sessions than the stream has remote addresses and ports");
            }
            // The first round is not counted: after it everything has been compiled, and all memory been used once.
            forwardAll(traffic, stream, PacketStream.PORTS - 1);
            System.gc();
            long before = traffic.forwarded();
            print.accept(new SessionFigures(0, 0, ProcessMemory.residentOctets(), 0).toLine());
            traffic.resetTimes();
            int reported = 0;
            for (int round = 0; round < rounds; round++) {
                forwardAll(traffic, stream, round);
                int quarters = (round + 1) * REPORTS / rounds;
                if (quarters > reported) {
                    reported = quarters;
                    print.accept(new SessionFigures(
                                    (round + 1L) * stream.count(),
                                    traffic.forwarded() - before,
                                    ProcessMemory.residentOctets(),
                                    (traffic.downstreamNanosPerPacket() + traffic.upstreamNanosPerPacket()) / 2)
                            .toLine());
                }
            }
        }
    }

    private static void forwardAll(Traffic traffic, PacketStream stream, int remotePort) {
        stream.setRemotePort(remotePort);
        for (int i = 0; i < stream.count(); i += PacketStream.BATCH) {
            long ignored = traffic.forwardBatches();
        }
    }
}
