package io.portledger.webapp.security;

import io.portledger.webapp.WebSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Slows the guessing of passwords: after some failures of one name from one address, further tries are refused for a time
 * that doubles with each failure. A try counts as failed until it is known to be right, so that tries at the same moment
 * gain nothing. Failures are forgotten after a success, after {@link WebSettings.SignIn#maxDelay()} without a try, and
 * with a restart. Safe for use by several threads.
 */
final class SignInThrottle {

    private static final int MAX_ENTRIES = 10_000;

    private final WebSettings.SignIn limits;
    private final Clock clock;
    private final Map<Key, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Failures> eldest) {
            return size() > MAX_ENTRIES;
        }
    };

    private record Key(String name, String address) {}

    private record Failures(int count, Instant last, Instant refusedUntil) {}

    SignInThrottle(WebSettings.SignIn limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    /** Asks to try a password: how long the asker has to wait, or zero if the try may be made, which is then counted. */
    synchronized Duration begin(String name, String address) {
        Instant now = clock.instant();
        Key key = new Key(name, address);
        Failures known = failures.get(key);
        if (known != null && now.isBefore(known.refusedUntil())) {
            return Duration.between(now, known.refusedUntil());
        }
        boolean isRemembered = known != null && !now.isAfter(known.last().plus(limits.maxDelay()));
        int count = known != null && isRemembered ? known.count() + 1 : 1;
        failures.put(key, new Failures(count, now, now.plus(delayAfter(count))));
        return Duration.ZERO;
    }

    /** The try was right. */
    synchronized void succeeded(String name, String address) {
        failures.remove(new Key(name, address));
    }

    private Duration delayAfter(int count) {
        int charged = count - limits.freeFailures();
        if (charged <= 0) {
            return Duration.ZERO;
        }
        Duration delay = limits.firstDelay().multipliedBy(1L << Math.min(charged - 1, 20));
        return delay.compareTo(limits.maxDelay()) > 0 ? limits.maxDelay() : delay;
    }
}
