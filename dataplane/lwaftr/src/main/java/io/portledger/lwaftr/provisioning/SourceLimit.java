package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * How many provisioning requests of one source are heard: a token bucket for each source, in memory that does not grow.
 *
 * <p>There is room for {@value #SLOTS} sources. When more ask at the same time, those whose buckets are nearest to full
 * are forgotten, so that a flood from many forged sources frees the flooders from the limit but refuses nobody else. Any
 * thread; nobody ever waits.
 */
public final class SourceLimit {

    /*
     * A slot is one number: 20 bits of the source's hash, and 44 bits with the time at which the bucket will be full, in
     * ticks of 2^-14 s since the start, which last for 34 years. A bucket of b tokens, one each s ticks, has a token if it
     * will be full within (b - 1) s from now. Another source with the same 20 bits in the same set of eight slots shares
     * the bucket, one in a hundred thousand; which those are, nobody outside can know.
     */

    private static final int SLOTS = 1 << 16;
    private static final int WAYS = 8;
    private static final int SETS = SLOTS / WAYS;
    private static final int TIME_BITS = 44;
    private static final long TIME = (1L << TIME_BITS) - 1;
    private static final int TICKS_PER_SECOND = 1 << 14;
    private static final int MOST_TRIES = 4;

    private final Rate rate;
    private final List<Ipv6Prefix> exempt;
    private final LongSupplier nanoClock;
    private final long startNanos;
    private final long seed = new SecureRandom().nextLong();
    private final AtomicLongArray slots = new AtomicLongArray(SLOTS);
    private final LongAdder refused = new LongAdder();
    private final long highMask;
    private final long lowMask;

    /**
     * How much one source may ask.
     *
     * @param perSecond requests a second in the long run, up to 1000; 0: any number
     * @param burst requests at once after a pause, 1-1000
     * @param prefixLength sources that have so many first bits in common count as one, 32-128
     */
    public record Rate(int perSecond, int burst, int prefixLength) {

        /** The defaults. */
        public static final Rate STANDARD = new Rate(20, 100, 128);

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Rate {
            requireWithin("per-second", perSecond, 0, 1000);
            requireWithin("burst", burst, 1, 1000);
            requireWithin("prefix-length", prefixLength, 32, 128);
        }

        private static void requireWithin(String key, int value, int least, int most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException("Invalid value " + value + " for key request-limit." + key
                        + ": out of range (allowed: " + least + "-" + most + ")");
            }
        }
    }

    /**
     * @param exempt sources that may ask as much as they like
     * @param nanoClock time from any origin, never backwards
     */
    public SourceLimit(Rate rate, List<Ipv6Prefix> exempt, LongSupplier nanoClock) {
        this.rate = rate;
        this.exempt = List.copyOf(exempt);
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
        int length = rate.prefixLength();
        this.highMask = length >= 64 ? -1 : -1L << (64 - length);
        this.lowMask = length <= 64 ? 0 : -1L << (128 - length);
    }

    /**
     * Whether a request is to be heard; it counts as one.
     *
     * @param source from which it came, an IPv4 address in its mapped form
     */
    public boolean admits(Ipv6Address source) {
        if (rate.perSecond() == 0) {
            return true;
        }
        for (Ipv6Prefix prefix : exempt) {
            if (prefix.contains(source)) {
                return true;
            }
        }
        boolean isAdmitted = take(hash(source));
        if (!isAdmitted) {
            refused.increment();
        }
        return isAdmitted;
    }

    /** How many requests were not heard. */
    public long refused() {
        return refused.sum();
    }

    private boolean take(long hash) {
        // Time begins at one, since an empty slot is zero.
        long now = 1 + (nanoClock.getAsLong() - startNanos) / (1_000_000_000L / TICKS_PER_SECOND);
        long step = Math.max(1, TICKS_PER_SECOND / rate.perSecond());
        long mark = hash >>> TIME_BITS;
        int first = (int) (hash & (SETS - 1)) * WAYS;
        for (int tries = 0; tries < MOST_TRIES; tries++) {
            int chosen = first;
            long content = slots.get(first);
            for (int way = 0; way < WAYS; way++) {
                long candidate = slots.get(first + way);
                if (candidate != 0 && candidate >>> TIME_BITS == mark) {
                    chosen = first + way;
                    content = candidate;
                    break;
                }
                if ((candidate & TIME) < (content & TIME)) {
                    chosen = first + way;
                    content = candidate;
                }
            }
            boolean isKnown = content != 0 && content >>> TIME_BITS == mark;
            long fullAt = isKnown ? Math.max(content & TIME, now) : now;
            if (fullAt - now > (rate.burst() - 1) * step) {
                return false;
            }
            if (slots.compareAndSet(chosen, content, mark << TIME_BITS | ((fullAt + step) & TIME))) {
                return true;
            }
        }
        // Others asked at the very same time; one request too many does no harm.
        return true;
    }

    private long hash(Ipv6Address source) {
        long mixed = ((source.high() & highMask) ^ seed) * 0x9e37_79b9_7f4a_7c15L;
        mixed = (mixed ^ mixed >>> 32 ^ (source.low() & lowMask)) * 0xd6e8_feb8_6659_fd93L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8_feb8_6659_fd93L;
        return mixed ^ mixed >>> 32;
    }
}
