package io.portledger.webapp.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets each key do something so many times in the long run, and so many times at once after a rest. Safe for use by
 * several threads. The buckets of the keys that were used the longest ago are forgotten when there are too many.
 */
final class TokenBuckets {

    private static final int MAX_ENTRIES = 10_000;

    private final double perSecond;
    private final int capacity;
    private final Clock clock;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MAX_ENTRIES;
        }
    };

    private record Bucket(double content, Instant at) {}

    /**
     * Buckets that are full at first.
     *
     * @param perSecond how many tokens come back in a second, above 0
     * @param capacity how many there are at most, 1 and more
     */
    TokenBuckets(double perSecond, int capacity, Clock clock) {
        if (!(perSecond > 0) || capacity < 1) {
            throw new IllegalArgumentException(
                    "a rate of " + perSecond + " a second and " + capacity + " at once lets nobody do anything");
        }
        this.perSecond = perSecond;
        this.capacity = capacity;
        this.clock = clock;
    }

    /** Takes a token: zero if there was one, else how long it takes until there is. */
    synchronized Duration take(String key) {
        Instant now = clock.instant();
        Bucket bucket = buckets.getOrDefault(key, new Bucket(capacity, now));
        double passed = Math.max(0, Duration.between(bucket.at(), now).toMillis() / 1000.0);
        double content = Math.min(capacity, bucket.content() + passed * perSecond);
        if (content < 1) {
            buckets.put(key, new Bucket(content, now));
            return Duration.ofMillis((long) Math.ceil((1 - content) / perSecond * 1000));
        }
        buckets.put(key, new Bucket(content - 1, now));
        return Duration.ZERO;
    }
}
