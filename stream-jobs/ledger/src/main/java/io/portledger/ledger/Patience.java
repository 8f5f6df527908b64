package io.portledger.ledger;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Pauses between attempts, longer ones as time goes by, until it has been enough.
 *
 * <p>While an index is being made its shard cannot be asked, and the whole search is refused; on a busy machine that lasts
 * for seconds. Whoever asks would rather wait for an answer than be told to ask again.
 */
final class Patience {

    private static final Duration ENOUGH = Duration.ofSeconds(10);
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 800;

    private final long startNanos = System.nanoTime();
    private long pauseMillis = FIRST_PAUSE_MILLIS;

    /** Whether what was answered with this status of HTTP may be answered otherwise in a moment. */
    static boolean helps(int status) {
        return status >= 500 || status == 429;
    }

    /** Waits for a while; answers false, at once, if there has been enough of it or the thread is to stop. */
    boolean lasts() {
        if (System.nanoTime() - startNanos > ENOUGH.toNanos()) {
            return false;
        }
        try {
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, 2 * pauseMillis);
        return true;
    }
}
