package io.portledger.lwaftr.export;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent: bounded, never blocking, for one taker and any number of givers. A full queue keeps what it has
 * and drops what comes, and the taker learns how many were dropped at which place.
 */
final class SendQueue<T> {

    /**
     * Something that waited.
     *
     * @param what what it is
     * @param droppedBefore how many between the one before and this one were dropped
     */
    record Entry<T>(T what, long droppedBefore) {}

    private final int capacity;
    private final ConcurrentLinkedQueue<Entry<T>> entries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong droppedAtEnd = new AtomicLong();

    SendQueue(int capacity) {
        this.capacity = capacity;
    }

    /** Whether half of the room is free: repetitions may have no more. */
    boolean isHalfFree() {
        return size.get() < (capacity + 1) / 2;
    }

    /** Takes it, be there room or not. */
    void add(T what) {
        size.incrementAndGet();
        entries.add(new Entry<>(what, droppedAtEnd.getAndSet(0)));
    }

    /** Takes a repetition, which may have half of the room; answers false if it was dropped. */
    boolean offerRepetition(T what) {
        if (!isHalfFree()) {
            droppedAtEnd.incrementAndGet();
            return false;
        }
        return offer(what);
    }

    /** Answers false if it was dropped. */
    boolean offer(T what) {
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
            droppedAtEnd.incrementAndGet();
            return false;
        }
        entries.add(new Entry<>(what, droppedAtEnd.getAndSet(0)));
        return true;
    }

    @Nullable
    Entry<T> poll() {
        Entry<T> entry = entries.poll();
        if (entry != null) {
            size.decrementAndGet();
        }
        return entry;
    }

    /**
     * How many were dropped behind the last one that waits, if none waits; they are not told again. 0 while some
     * wait, since the drops are told with the next one.
     */
    long takeDroppedAtEnd() {
        // Read before the queue is seen empty, and taken only if unchanged: else something may stand before the drops.
        long dropped = droppedAtEnd.get();
        return dropped > 0 && entries.isEmpty() && droppedAtEnd.compareAndSet(dropped, 0) ? dropped : 0;
    }

    int size() {
        return size.get();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }
}
