package io.portledger.jobs.usage;

import io.portledger.jobs.v1.ActivityCounts;
import io.portledger.ledger.Usage.Activity;
import io.portledger.ledger.Usage.Span;
import io.portledger.softwire.Ipv4Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Counts events in memory, since there are too many to send each to whoever sums them up. What is counted and not told
 * yet belongs into the reader's state. For one thread.
 */
public final class ActivityCounter {

    /** More are told at once, so that made-up times or exporters cannot fill the memory. */
    private static final int MAX_COUNTED = 20_000;

    private static final long TELL_AFTER_NANOS = 2_000_000_000L;

    private final Map<Hour, Counts> counted = new HashMap<>();
    private long toldNanos;

    private record Hour(Activity.Of of, String name, int network, long fromMillis) {

        String key() {
            return of + " " + (of == Activity.Of.NETWORK ? new Ipv4Address(network) + "/24" : name) + " " + fromMillis;
        }
    }

    private static final class Counts {
        private long allocated;
        private long released;
        private long[] delays = new long[16];

        void count(boolean isAllocation, int delayBucket) {
            if (isAllocation) {
                allocated++;
            } else {
                released++;
            }
            if (delayBucket >= delays.length) {
                delays = Arrays.copyOf(delays, Math.max(delayBucket + 1, 2 * delays.length));
            }
            delays[delayBucket]++;
        }

        byte[] toBytes() {
            ActivityCounts.Builder counts =
                    ActivityCounts.newBuilder().setAllocated(allocated).setReleased(released);
            for (int i = 0; i < delays.length; i++) {
                if (delays[i] > 0) {
                    counts.putDelays(i, delays[i]);
                }
            }
            return counts.build().toByteArray();
        }
    }

    /**
     * Counts an event.
     *
     * @param ipv4 the public address
     * @param delayMillis how long after the event its record was received; below 0 counts as 0
     */
    public void count(String exporter, int ipv4, long eventTimeMillis, boolean isAllocation, long delayMillis) {
        long hour = Windows.begin(Span.HOUR, eventTimeMillis);
        int bucket = bucket(delayMillis);
        counted.computeIfAbsent(new Hour(Activity.Of.EXPORTER, exporter, 0, hour), key -> new Counts())
                .count(isAllocation, bucket);
        counted.computeIfAbsent(new Hour(Activity.Of.NETWORK, "", ipv4 & 0xffff_ff00, hour), key -> new Counts())
                .count(isAllocation, bucket);
    }

    /** Hands over what was counted, if it is time. */
    public void tellIfTime(long nowNanos, Consumer<ActivityPart> to) {
        if (!counted.isEmpty() && (nowNanos - toldNanos >= TELL_AFTER_NANOS || counted.size() >= MAX_COUNTED)) {
            parts().forEach(to);
            counted.clear();
            toldNanos = nowNanos;
        }
    }

    /** What was counted and not told yet. */
    public List<ActivityPart> parts() {
        List<ActivityPart> parts = new ArrayList<>();
        counted.forEach((hour, counts) -> {
            ActivityPart part = new ActivityPart();
            part.key = hour.key();
            part.counts = counts.toBytes();
            parts.add(part);
        });
        return parts;
    }

    /** Buckets are one millisecond wide below 8, then an eighth of their lower end. */
    static int bucket(long delayMillis) {
        long delay = Math.max(0, delayMillis);
        if (delay < 8) {
            return (int) delay;
        }
        int exponent = 63 - Long.numberOfLeadingZeros(delay);
        return (exponent - 2) * 8 + (int) (delay >>> (exponent - 3)) - 8;
    }

    /** The least delay that falls into a bucket, milliseconds. */
    static long lowerEnd(int bucket) {
        if (bucket < 16) {
            return bucket;
        }
        int exponent = bucket / 8 + 2;
        return (long) (8 + bucket % 8) << (exponent - 3);
    }
}
