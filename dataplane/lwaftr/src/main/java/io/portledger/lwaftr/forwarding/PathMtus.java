package io.portledger.lwaftr.forwarding;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Softwires whose path takes less than the IPv6 side's MTU, as packet-too-big errors told (RFC 2473 §7, RFC 8201).
 *
 * <p>What was learned is forgotten after ten minutes, so that a path that got better is found out (RFC 8201 §4). Bounded:
 * when {@value #MOST} softwires are known, others are not learned. Shared by all workers.
 */
final class PathMtus {

    private static final int MOST = 100_000;
    private static final long LIFETIME_NANOS = 600_000_000_000L;

    private final Map<B4, Learned> byB4 = new ConcurrentHashMap<>();

    /** What no known softwire is below; so a worker need not look anything up for smaller packets. */
    private volatile int lowest = Integer.MAX_VALUE;

    private volatile long nextExpiryNanos = Long.MAX_VALUE;

    private record B4(long high, long low) {}

    private record Learned(int mtu, long untilNanos) {}

    /** No softwire is known to take less than this, octets of the IPv6 packet. */
    int lowest() {
        return lowest;
    }

    /** What the path to the lwB4 takes, octets of the IPv6 packet; {@code Integer.MAX_VALUE} if nothing is known. */
    int towards(long b4High, long b4Low) {
        Learned learned = byB4.get(new B4(b4High, b4Low));
        return learned == null ? Integer.MAX_VALUE : learned.mtu;
    }

    /** Learns that the path to the lwB4 takes no more than {@code mtu}; a larger one than is known is not believed. */
    void learn(long b4High, long b4Low, int mtu, long nowNanos) {
        if (byB4.size() >= MOST) {
            return;
        }
        long until = nowNanos + LIFETIME_NANOS;
        byB4.merge(
                new B4(b4High, b4Low), new Learned(mtu, until), (known, told) -> told.mtu <= known.mtu ? told : known);
        synchronized (this) {
            lowest = Math.min(lowest, mtu);
            if (nextExpiryNanos == Long.MAX_VALUE) {
                nextExpiryNanos = until;
            }
        }
    }

    /** Forgets what is too old; cheap when nothing is. */
    void expire(long nowNanos) {
        if (nextExpiryNanos == Long.MAX_VALUE || nowNanos - nextExpiryNanos < 0) {
            return;
        }
        synchronized (this) {
            byB4.values().removeIf(learned -> nowNanos - learned.untilNanos >= 0);
            lowest = byB4.values().stream().mapToInt(Learned::mtu).min().orElse(Integer.MAX_VALUE);
            nextExpiryNanos = byB4.values().stream()
                    .mapToLong(Learned::untilNanos)
                    .reduce((a, b) -> a - b < 0 ? a : b)
                    .orElse(Long.MAX_VALUE);
        }
    }
}
