package io.portledger.packet;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects fragments of IPv4 or IPv6 packets until they are whole.
 *
 * <p>Bounded in fragments of a packet, packets, packets of one source, octets and time. Packets whose fragments overlap are given up with all
 * fragments that still come (RFC 5722); an exact repetition of a fragment changes nothing. If there is no more room, the
 * oldest packet is given up. One thread.
 */
public final class Reassembler {

    /**
     * What fragments of one packet have in common.
     *
     * @param addresses IPv4: source and destination; IPv6: first half of the source
     * @param more IPv4: protocol; IPv6: second half of the source
     * @param peerHigh IPv4: first half of the lwB4, 0 on the IPv4 side; IPv6: first half of the destination
     * @param peerLow the second half of that
     * @param identification of the packet
     */
    public record Key(long addresses, long more, long peerHigh, long peerLow, int identification) {

        /** Of an IPv4 fragment that came from a peer. */
        public static Key ofIpv4(long packet, long peerHigh, long peerLow) {
            return new Key(
                    Memory.getLong(packet + Ipv4.SOURCE),
                    Ipv4.protocol(packet),
                    peerHigh,
                    peerLow,
                    Ipv4.identification(packet));
        }

        /** Of an IPv6 packet whose fragment header is at {@code fragmentHeader}. */
        public static Key ofIpv6(long packet, long fragmentHeader) {
            return new Key(
                    Ipv6.sourceHigh(packet),
                    Ipv6.sourceLow(packet),
                    Ipv6.destinationHigh(packet),
                    Ipv6.destinationLow(packet),
                    Ipv6.fragmentIdentification(fragmentHeader));
        }
    }

    /** Hears of packets that were given up, with the octets that were held of them. */
    public interface Losses {

        /** The packet's time was over. */
        void timedOut(int octets);

        /** The room was needed. */
        void evicted(int octets);
    }

    /**
     * Who sends fragments, for everybody's share.
     *
     * @param high first half of an IPv6 address, 0 for an IPv4 one
     * @param low the second half, or the IPv4 address
     */
    public record Source(long high, long low) {

        /** Of an IPv4 packet. */
        public static Source ofIpv4(long packet) {
            return new Source(0, Ipv4.source(packet) & 0xffff_ffffL);
        }

        /** Of an IPv6 packet. */
        public static Source ofIpv6(long packet) {
            return new Source(Ipv6.sourceHigh(packet), Ipv6.sourceLow(packet));
        }
    }

    /** What became of a fragment, when no packet is complete. */
    public enum Outcome {
        HELD,
        INVALID,
        /** The source has as many packets waiting as it may. */
        OVER_SHARE,
        COMPLETE
    }

    private static final int MAX_DATA = 65535;

    /** The part of the room from which on there is reason for an alarm (RFC 6333 §6.3). */
    private static final double ALARM = 0.8;

    private static final int ALL_CLEAR_PART = 2;

    private final ReassemblyLimits limits;
    private final long timeoutNanos;
    private final Losses losses;
    private final Map<Key, Partial> partials = new LinkedHashMap<>();
    private final Map<Source, Integer> packetsOfSources = new HashMap<>();
    private long heldOctets;
    private volatile boolean isNearlyFull;

    /** An empty one. */
    public Reassembler(ReassemblyLimits limits, Losses losses) {
        this.limits = limits;
        this.timeoutNanos = limits.timeoutSeconds() * 1_000_000_000L;
        this.losses = losses;
    }

    private static final class Partial {
        private final Source source;
        private final long sinceNanos;
        private final int[] offsets;
        private final byte[][] pieces;
        private byte @Nullable [] head;
        private int count;
        private int octets;
        private int total = -1;
        private boolean isGivenUp;
        /** A bit for each value of ECN that a fragment had. */
        private int marks;

        private Partial(Source source, long sinceNanos, int maxFragments) {
            this.source = source;
            this.sinceNanos = sinceNanos;
            this.offsets = new int[maxFragments];
            this.pieces = new byte[maxFragments][];
        }

        private boolean isComplete() {
            return head != null && octets == total;
        }
    }

    private @Nullable Partial complete;

    /**
     * Takes a fragment. If it was the last one that was missing, the answer is COMPLETE, and {@link #headLength},
     * {@link #dataLength} and {@link #writeTo} speak of the packet until the next call.
     *
     * @param ecn how the fragment is marked
     * @param head the headers that go before the data, taken from the first fragment
     * @param headLength their length
     * @param offset where {@code data} belongs
     */
    public Outcome add(
            Key key,
            Source source,
            int ecn,
            long nowNanos,
            long head,
            int headLength,
            int offset,
            boolean hasMore,
            long data,
            int length) {
        complete = null;
        Partial partial = partials.get(key);
        if (partial == null) {
            if (limits.maxPackets() == 0) {
                return Outcome.INVALID;
            }
            if (packetsOfSources.getOrDefault(source, 0) >= limits.maxPacketsPerSource()) {
                return Outcome.OVER_SHARE;
            }
            while (partials.size() >= limits.maxPackets()) {
                evictOldest();
            }
            partial = new Partial(source, nowNanos, limits.maxFragmentsPerPacket());
            partials.put(key, partial);
            packetsOfSources.merge(source, 1, Integer::sum);
            if (partials.size() > limits.maxPackets() * ALARM) {
                isNearlyFull = true;
            }
        }
        if (partial.isGivenUp) {
            return Outcome.INVALID;
        }
        int repetition = indexOf(partial, offset, data, length);
        if (repetition >= 0) {
            return Outcome.HELD;
        }
        if (!fits(partial, offset, hasMore, length)) {
            giveUp(partial);
            return Outcome.INVALID;
        }
        partial.offsets[partial.count] = offset;
        partial.pieces[partial.count] = Memory.toBytes(data, length);
        partial.count++;
        partial.octets += length;
        partial.marks |= 1 << ecn;
        heldOctets += length;
        if (!hasMore) {
            partial.total = offset + length;
        }
        if (offset == 0) {
            partial.head = Memory.toBytes(head, headLength);
        }
        if (partial.isComplete()) {
            partials.remove(key);
            forget(partial);
            complete = partial;
            return Outcome.COMPLETE;
        }
        if (heldOctets > limits.maxOctets() * ALARM) {
            isNearlyFull = true;
        }
        while (heldOctets > limits.maxOctets()) {
            evictOldest();
        }
        return Outcome.HELD;
    }

    /**
     * How the complete packet is marked (RFC 3168 §5.3): congested if a fragment is; else like the first one.
     *
     * @param ofHead the ECN of the first fragment
     * @return {@link Ecn#DROP} if a fragment is congested and another cannot be
     */
    public int ecn(int ofHead) {
        int marks = complete == null ? 0 : complete.marks;
        boolean isCongested = (marks & 1 << Ecn.CE) != 0;
        boolean isUnable = (marks & 1 << Ecn.NOT_ECT) != 0;
        return !isCongested ? ofHead : isUnable ? Ecn.DROP : Ecn.CE;
    }

    /** Whether the room was nearly used up, and has not been half empty since; any thread may ask. */
    public boolean isNearlyFull() {
        return isNearlyFull;
    }

    /** Octets of headers of the complete packet. */
    public int headLength() {
        Partial partial = complete;
        return partial == null || partial.head == null ? 0 : partial.head.length;
    }

    /** Octets behind the headers of the complete packet. */
    public int dataLength() {
        return complete == null ? 0 : complete.total;
    }

    /** Writes headers and data of the complete packet. */
    public void writeTo(long packet) {
        Partial partial = complete;
        if (partial == null || partial.head == null) {
            return;
        }
        Memory.copy(partial.head, 0, packet, partial.head.length);
        for (int i = 0; i < partial.count; i++) {
            byte[] piece = partial.pieces[i];
            Memory.copy(piece, 0, packet + partial.head.length + partial.offsets[i], piece.length);
        }
    }

    /** Gives up packets that are too old. */
    public void expire(long nowNanos) {
        Iterator<Partial> oldestFirst = partials.values().iterator();
        while (oldestFirst.hasNext()) {
            Partial oldest = oldestFirst.next();
            if (nowNanos - oldest.sinceNanos < timeoutNanos) {
                return;
            }
            if (!oldest.isGivenUp) {
                losses.timedOut(oldest.octets);
            }
            oldestFirst.remove();
            forget(oldest);
        }
    }

    /** Takes what was removed out of the books. */
    private void forget(Partial partial) {
        heldOctets -= partial.octets;
        packetsOfSources.computeIfPresent(partial.source, (source, packets) -> packets == 1 ? null : packets - 1);
        if (isNearlyFull
                && partials.size() <= limits.maxPackets() / ALL_CLEAR_PART
                && heldOctets <= limits.maxOctets() / ALL_CLEAR_PART) {
            isNearlyFull = false;
        }
    }

    /** How many packets are waiting for fragments. */
    public int size() {
        return partials.size();
    }

    private static boolean fits(Partial partial, int offset, boolean hasMore, int length) {
        int end = offset + length;
        if (length == 0
                || end > MAX_DATA
                || (hasMore && (length & 7) != 0)
                || partial.count == partial.offsets.length
                || (!hasMore && partial.total >= 0)
                || (partial.total >= 0 && end > partial.total)) {
            return false;
        }
        for (int i = 0; i < partial.count; i++) {
            int otherEnd = partial.offsets[i] + partial.pieces[i].length;
            if ((offset < otherEnd && partial.offsets[i] < end) || (!hasMore && otherEnd > end)) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(Partial partial, int offset, long data, int length) {
        for (int i = 0; i < partial.count; i++) {
            if (partial.offsets[i] == offset && partial.pieces[i].length == length) {
                return Arrays.equals(partial.pieces[i], Memory.toBytes(data, length)) ? i : -1;
            }
        }
        return -1;
    }

    private void giveUp(Partial partial) {
        partial.isGivenUp = true;
        heldOctets -= partial.octets;
        partial.octets = 0;
        partial.count = 0;
        Arrays.fill(partial.pieces, null);
        partial.head = null;
    }

    private void evictOldest() {
        Iterator<Partial> oldestFirst = partials.values().iterator();
        Partial oldest = oldestFirst.next();
        if (!oldest.isGivenUp) {
            losses.evicted(oldest.octets);
        }
        oldestFirst.remove();
        forget(oldest);
    }
}
