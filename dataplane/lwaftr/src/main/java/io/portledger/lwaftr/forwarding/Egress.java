package io.portledger.lwaftr.forwarding;

import io.portledger.packet.MemoryRegion;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketFilter;
import io.portledger.packet.PacketOutput;

/** The way out of a {@link Forwarder}: two batches of packets, and memory for packets made here. One thread. */
final class Egress implements AutoCloseable {

    private static final int BATCH = 512;
    private static final int ALIGNMENT = 64;
    private static final long SCRATCH = 8L << 20;

    /** More than the packets made while one packet is handled take: reassembled twice, cut into the smallest pieces. */
    private static final long SCRATCH_FOR_ONE = 4L << 20;

    private final PacketOutput ipv4Side;
    private final PacketOutput ipv6Side;
    private final PacketFilter ipv4Filter;
    private final PacketFilter ipv6Filter;
    private final Counters counters;
    private final PacketBatch toIpv4Side = PacketBatch.ofViews(BATCH);
    private final PacketBatch toIpv6Side = PacketBatch.ofViews(BATCH);
    private final MemoryRegion scratch = MemoryRegion.allocate(SCRATCH);
    private long scratchUsed;

    Egress(
            PacketOutput ipv4Side,
            PacketOutput ipv6Side,
            PacketFilter ipv4Filter,
            PacketFilter ipv6Filter,
            Counters counters) {
        this.ipv4Side = ipv4Side;
        this.ipv6Side = ipv6Side;
        this.ipv4Filter = ipv4Filter;
        this.ipv6Filter = ipv6Filter;
        this.counters = counters;
    }

    void toIpv4Side(long packet, int length) {
        if (!ipv4Filter.isAll() && !ipv4Filter.passes(packet, length)) {
            counters.count(Counter.DROP_OUT_BY_FILTER_IPV4, length);
            return;
        }
        if (toIpv4Side.isFull()) {
            flush(ipv4Side, toIpv4Side);
        }
        toIpv4Side.add(packet, length);
    }

    void toIpv6Side(long packet, int length) {
        if (!ipv6Filter.isAll() && !ipv6Filter.passes(packet, length)) {
            counters.count(Counter.DROP_OUT_BY_FILTER_IPV6, length);
            return;
        }
        if (toIpv6Side.isFull()) {
            flush(ipv6Side, toIpv6Side);
        }
        toIpv6Side.add(packet, length);
    }

    /** Must come before each packet that may use {@link #newPacket}. */
    void prepareScratch() {
        if (SCRATCH - scratchUsed < SCRATCH_FOR_ONE) {
            flush();
        }
    }

    /** Memory for a packet of {@code length} octets, head room before it; good until the next {@link #flush()}. */
    long newPacket(int length) {
        long packet = scratch.address() + scratchUsed + PacketBatch.HEAD_ROOM;
        scratchUsed += (PacketBatch.HEAD_ROOM + length + ALIGNMENT - 1) & -ALIGNMENT;
        if (scratchUsed > SCRATCH) {
            throw new IllegalStateException("One packet needed more than " + SCRATCH_FOR_ONE + " octets");
        }
        return packet;
    }

    /** Sends everything; memory of input packets and of {@link #newPacket} is free afterwards. */
    void flush() {
        flush(ipv4Side, toIpv4Side);
        flush(ipv6Side, toIpv6Side);
        scratchUsed = 0;
    }

    @Override
    public void close() {
        scratch.close();
    }

    private static void flush(PacketOutput output, PacketBatch batch) {
        if (batch.size() > 0) {
            output.send(batch);
            batch.clear();
        }
    }
}
