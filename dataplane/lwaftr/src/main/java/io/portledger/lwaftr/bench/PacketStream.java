package io.portledger.lwaftr.bench;

import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.MemoryRegion;
import io.portledger.packet.PacketBatch;

/**
 * Packets to forward, as many downstream as upstream: for each its head and its length. They go round and round.
 *
 * <p>The C loop makes the same packets, octet by octet, so that the outcomes of both can be compared.
 */
final class PacketStream implements AutoCloseable {

    /** Packets that are put in place and forwarded together. */
    static final int BATCH = 256;

    static final int PORTS = 1 << 16;

    /** Octets of the longest packet, IPv6 header included. */
    static final int LONGEST = 1500;

    private static final int DOWN_HEAD = 32;
    private static final int UP_HEAD = 72;
    private static final int FEWEST = 1 << 14;
    private static final int MOST = 1 << 20;
    private static final long SEED = 3;
    private static final int FIRST_REMOTE = 16 << 24;
    private static final long REMOTES = 96L << 24;

    private final int count;
    private final int[] lengths;
    private final MemoryRegion down;
    private final MemoryRegion up;
    private final MemoryRegion payload = MemoryRegion.allocate(LONGEST);
    private long random = SEED;

    /** Makes the packets. */
    PacketStream(Flows flows) {
        int packets = FEWEST;
        while (!flows.isOne && packets < 4L * flows.active && packets < MOST) {
            packets *= 2;
        }
        count = packets;
        lengths = new int[count];
        down = MemoryRegion.allocate((long) count * DOWN_HEAD);
        up = MemoryRegion.allocate((long) count * UP_HEAD);
        long flow = nextRandom();
        for (int i = 0; i < count; i++) {
            long first = nextRandom();
            long binding = flows.isOne ? 0 : Math.unsignedMultiplyHigh(first, flows.active);
            long choice = flows.isOne ? flow : nextRandom();
            long upstream = flows.changing > 0 && binding % flows.changing == 0 ? binding + 1 : binding;
            int remote = FIRST_REMOTE + (flows.hasDistinctRemotes ? i : (int) (((choice >>> 32) * REMOTES) >>> 32));
            int remotePort = (int) (choice >>> 16) & 0xffff;
            int protocol = (choice & 0x400) != 0 ? IpProtocol.TCP : IpProtocol.UDP;
            int astray = flows.missing > 0 && i % flows.missing == flows.missing - 1 ? 1 << 24 : 0;
            int length = flows.sizes.length(first);
            lengths[i] = length;
            writeIpv4(
                    down.address() + (long) i * DOWN_HEAD,
                    length,
                    protocol,
                    remote,
                    Workload.address(binding) + astray,
                    remotePort,
                    port(binding, choice),
                    i);
            long outer = up.address() + (long) i * UP_HEAD;
            Ipv6.write(
                    outer,
                    0,
                    0,
                    length,
                    IpProtocol.IPV4,
                    64,
                    Workload.b4High(upstream),
                    Workload.b4Low(upstream),
                    Workload.BR.high(),
                    Workload.BR.low());
            writeIpv4(
                    outer + Ipv6.HEADER,
                    length,
                    protocol,
                    Workload.address(upstream) + astray,
                    remote,
                    port(upstream, choice),
                    remotePort,
                    i);
        }
    }

    /** Packets each way until the first comes again. */
    int count() {
        return count;
    }

    /** Fills a batch with packets from the Internet, from number {@code first} on, a multiple of the batch's size. */
    void putDownstream(PacketBatch batch, int first) {
        put(batch, first, down.address(), DOWN_HEAD, 0);
    }

    /** Fills a batch with packets from lwB4s. */
    void putUpstream(PacketBatch batch, int first) {
        put(batch, first, up.address(), UP_HEAD, Ipv6.HEADER);
    }

    /** Gives another remote port, 0-65535, to all packets. */
    void setRemotePort(int port) {
        for (long i = 0; i < count; i++) {
            Memory.putShort(down.address() + i * DOWN_HEAD + Ipv4.MIN_HEADER, port);
            Memory.putShort(up.address() + i * UP_HEAD + Ipv6.HEADER + Ipv4.MIN_HEADER + 2, port);
        }
    }

    @Override
    public void close() {
        down.close();
        up.close();
        payload.close();
    }

    private void put(PacketBatch batch, int first, long heads, int head, int outer) {
        batch.clear();
        long source = heads + (long) first * head;
        for (int i = first; i < first + BATCH; i++) {
            long slot = batch.freeSlot();
            int length = lengths[i] + outer;
            Memory.copy(source, slot, head);
            if (length > head) {
                Memory.copy(payload.address(), slot + head, length - head);
            }
            batch.add(length);
            source += head;
        }
    }

    private static void writeIpv4(
            long packet,
            int length,
            int protocol,
            int source,
            int destination,
            int sourcePort,
            int destinationPort,
            int identification) {
        Memory.putLong(packet, 0x45L << 56 | (long) length << 32 | (identification & 0xffffL) << 16);
        Memory.putLong(packet + Ipv4.TTL, 64L << 56 | (long) protocol << 48 | Integer.toUnsignedLong(source));
        Memory.putInt(packet + Ipv4.DESTINATION, destination);
        Memory.putShort(packet + Ipv4.CHECKSUM, InternetChecksum.ofSum(InternetChecksum.sum(packet, Ipv4.MIN_HEADER)));
        Memory.putInt(packet + Ipv4.MIN_HEADER, sourcePort << 16 | destinationPort);
        Memory.putInt(packet + Ipv4.MIN_HEADER + 4, (length - Ipv4.MIN_HEADER) << 16);
    }

    private static int port(long binding, long choice) {
        return Workload.psid(binding) << (16 - Workload.PSID_LENGTH) | ((int) choice & 0x3ff);
    }

    /** SplitMix64. */
    private long nextRandom() {
        random += 0x9e37_79b9_7f4a_7c15L;
        long z = random;
        z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    /**
     * What the packets are.
     *
     * @param active how many bindings, from the first on, have traffic
     * @param isOne whether all packets are of one flow, which is then one of the first binding
     * @param sizes how long packets are
     * @param missing one packet in so many is of no binding; 0 for none
     * @param changing bindings whose number is a multiple of it have traffic from the Internet only; 0 for no such rule
     * @param hasDistinctRemotes whether no two packets have the same remote address
     */
    record Flows(int active, boolean isOne, Sizes sizes, int missing, int changing, boolean hasDistinctRemotes) {

        private static final Sizes USUAL = new Sizes(550);

        static Flows one(Sizes sizes, int missing) {
            return new Flows(1, true, sizes, missing, 0, false);
        }

        static Flows random(int active, Sizes sizes, int missing) {
            return new Flows(active, false, sizes, missing, 0, false);
        }

        static Flows withChangingBindings(int active, int changing) {
            return new Flows(active, false, USUAL, 0, changing, false);
        }

        static Flows ofDistinctRemotes(int active) {
            return new Flows(active, false, USUAL, 0, 0, true);
        }
    }

    /**
     * How long packets are.
     *
     * @param octets of each IPv4 packet; 0 for a mixture of 64, 576 and 1460 octets, 7 : 4 : 1
     */
    record Sizes(int octets) {

        private static final int SHORTEST = 28;

        Sizes {
            if (octets != 0 && (octets < SHORTEST || octets > LONGEST - Ipv6.HEADER)) {
                throw new IllegalArgumentException("Invalid value " + octets
                        + " for the size of a packet: out of range (allowed: imix, " + SHORTEST + "-"
                        + (LONGEST - Ipv6.HEADER) + ")");
            }
        }

        static Sizes parse(String text) {
            try {
                return new Sizes(text.equals("imix") ? 0 : Integer.parseInt(text));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "Invalid value " + text + " for the size of a packet: no number (allowed: imix, octets)", e);
            }
        }

        int length(long random) {
            if (octets != 0) {
                return octets;
            }
            long twelfth = Math.unsignedMultiplyHigh(random << 40, 12);
            return twelfth < 7 ? 64 : twelfth < 11 ? 576 : 1460;
        }

        @Override
        public String toString() {
            return octets == 0 ? "imix" : Integer.toString(octets);
        }
    }
}
