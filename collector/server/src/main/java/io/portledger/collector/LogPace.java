package io.portledger.collector;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps what exporters cause from filling the log: of each kind there is a line every ten seconds at most, which tells how
 * many causes there were. For any thread.
 */
final class LogPace {

    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime() - INTERVAL_NANOS);
    private final AtomicLong causes = new AtomicLong();

    /**
     * There is cause for a line.
     *
     * @return how many causes the line is to tell, this one included; 0 if there is to be no line now
     */
    long cause() {
        long now = System.nanoTime();
        long last = lastNanos.get();
        causes.incrementAndGet();
        return now - last >= INTERVAL_NANOS && lastNanos.compareAndSet(last, now) ? causes.getAndSet(0) : 0;
    }
}
