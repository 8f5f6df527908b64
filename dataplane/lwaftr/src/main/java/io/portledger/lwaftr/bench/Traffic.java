package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.Counter;
import io.portledger.lwaftr.forwarding.Counters;
import io.portledger.lwaftr.forwarding.Forwarder;
import io.portledger.packet.Ipv6;
import io.portledger.packet.PacketBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An engine that is fed: puts a batch of packets from the Internet in place and forwards it, then one from lwB4s, in
 * turn, and takes the time of each step. One thread.
 */
final class Traffic implements AutoCloseable {

    /** As many batches each way as a usual receive ring holds are used in turn. */
    private static final int RING = 4;

    private static final int ODD_EVERY = 64;
    private static final int MOST_ROUNDS = 1 << 18;

    private final Outputs outputs = new Outputs();
    private final Forwarder forwarder;
    private final List<PacketBatch> downstream = new ArrayList<>();
    private final List<PacketBatch> upstream = new ArrayList<>();
    private PacketStream stream;
    private int place;
    private int turn;

    private final int[] downstreamNanos = new int[MOST_ROUNDS];
    private final int[] upstreamNanos = new int[MOST_ROUNDS];
    private final int[] placingNanos = new int[MOST_ROUNDS];
    private int rounds;
    private long offered;

    /** @param stream what to forward; stays with the caller */
    Traffic(BindingTable table, PacketStream stream) {
        this.forwarder = new Forwarder(
                table, Workload.settings(), outputs::toIpv4Side, outputs::toIpv6Side, System::nanoTime, () -> 0);
        this.stream = stream;
        for (int i = 0; i < RING; i++) {
            downstream.add(Workload.newBatch());
            upstream.add(Workload.newBatch());
        }
    }

    /** Goes on with other packets, from their first one. */
    void use(PacketStream other) {
        stream = other;
        place = 0;
    }

    /** Forwards a batch each way; answers the time when it ended, by {@link System#nanoTime}. */
    long forwardBatches() {
        PacketBatch down = downstream.get(turn);
        PacketBatch up = upstream.get(turn);
        long t0 = System.nanoTime();
        stream.putDownstream(down, place);
        long t1 = System.nanoTime();
        forwarder.fromIpv4Side(down);
        long t2 = System.nanoTime();
        stream.putUpstream(up, opposite());
        long t3 = System.nanoTime();
        forwarder.fromIpv6Side(up);
        long t4 = System.nanoTime();
        // When there are very many, the first ones give way.
        int round = rounds & (MOST_ROUNDS - 1);
        downstreamNanos[round] = (int) (t2 - t1);
        upstreamNanos[round] = (int) (t4 - t3);
        placingNanos[round] = (int) ((t1 - t0 + t3 - t2) / 2);
        rounds++;
        advance();
        return t4;
    }

    /**
     * Forwards, and now and then packets that the engine must answer, drop or look at twice.
     *
     * @return nanoseconds a packet, both ways, of the ordinary ones
     */
    double warmUp(long nanos) {
        long end = System.nanoTime() + nanos;
        for (int i = 0; System.nanoTime() < end; i++) {
            if (i % ODD_EVERY == 0) {
                forwardOddBatches();
            } else {
                long ignored = forwardBatches();
            }
        }
        double nanosPerPacket = (downstreamNanosPerPacket() + upstreamNanosPerPacket()) / 2;
        resetTimes();
        return nanosPerPacket;
    }

    private void forwardOddBatches() {
        PacketBatch down = downstream.get(turn);
        stream.putDownstream(down, place);
        Workload.makeOdd(down, 0);
        forwarder.fromIpv4Side(down);
        PacketBatch up = upstream.get(turn);
        stream.putUpstream(up, opposite());
        Workload.makeOdd(up, Ipv6.HEADER);
        forwarder.fromIpv6Side(up);
        advance();
    }

    /** Forwards the first packet of a batch from the Internet. */
    void forwardOnePacketOf(PacketBatch batch) {
        PacketBatch one = PacketBatch.ofViews(1);
        one.add(batch.address(0), batch.length(0));
        forwarder.fromIpv4Side(one);
    }

    /** Forwards each packet of the stream once, from the first on, for its outcome and not for its time. */
    Outcome check() {
        long before = forwarded();
        outputs.setDigesting(true);
        for (int first = 0; first < stream.count(); first += PacketStream.BATCH) {
            stream.putDownstream(downstream.getFirst(), first);
            forwarder.fromIpv4Side(downstream.getFirst());
            stream.putUpstream(upstream.getFirst(), first);
            forwarder.fromIpv6Side(upstream.getFirst());
        }
        outputs.setDigesting(false);
        return new Outcome(
                2L * stream.count(), forwarded() - before, outputs.downstreamDigest(), outputs.upstreamDigest());
    }

    void resetTimes() {
        rounds = 0;
        offered = 0;
    }

    /** Nanoseconds of forwarding one packet from the Internet, since {@link #resetTimes}. */
    double downstreamNanosPerPacket() {
        return median(downstreamNanos);
    }

    /** Nanoseconds of forwarding one packet from a lwB4. */
    double upstreamNanosPerPacket() {
        return median(upstreamNanos);
    }

    /** Nanoseconds of putting one packet in place, which is none of the engine's work. */
    double placingNanosPerPacket() {
        return median(placingNanos);
    }

    /** Of the middle one of all batches: what stops this thread for a moment does not count. */
    private double median(int[] nanos) {
        int[] sorted = Arrays.copyOf(nanos, Math.min(rounds, MOST_ROUNDS));
        Arrays.sort(sorted);
        return sorted.length == 0 ? 0 : (double) sorted[sorted.length / 2] / PacketStream.BATCH;
    }

    /** How many packets were given to the engine, both ways, since {@link #resetTimes}. */
    long offered() {
        return offered;
    }

    /** How many packets the engine has forwarded, both ways, ever. */
    long forwarded() {
        Counters counters = forwarder.counters();
        return counters.packets(Counter.ENCAPSULATED_IPV4) + counters.packets(Counter.DECAPSULATED_IPV6);
    }

    @Override
    public void close() {
        forwarder.close();
        downstream.forEach(PacketBatch::close);
        upstream.forEach(PacketBatch::close);
    }

    private void advance() {
        offered += 2L * PacketStream.BATCH;
        turn = (turn + 1) % RING;
        place += PacketStream.BATCH;
        if (place == stream.count()) {
            place = 0;
        }
    }

    /** Upstream is half the stream apart, so that neither direction finds the other's bindings in the cache. */
    private int opposite() {
        int half = stream.count() / 2;
        return place < half ? place + half : place - half;
    }

    /**
     * What became of packets.
     *
     * @param offered given to the engine
     * @param forwarded sent on by it
     * @param downstreamDigest of what it sent into softwires
     * @param upstreamDigest of what it sent to the Internet
     */
    record Outcome(long offered, long forwarded, long downstreamDigest, long upstreamDigest) {}
}
