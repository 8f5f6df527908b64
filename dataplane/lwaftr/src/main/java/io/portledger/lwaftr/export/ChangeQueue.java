package io.portledger.lwaftr.export;

import io.portledger.lwaftr.BindingChange;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes that wait to be sent: bounded, never blocking, for one taker and any number of givers. A full queue keeps what
 * it has and drops what comes, and the taker learns how many were dropped at which place.
 */
final class ChangeQueue {

    /**
     * A change that waited.
     *
     * @param change the change
     * @param droppedBefore how many changes between the one before and this one were dropped
     */
    record Entry(BindingChange change, long droppedBefore) {}

    private final int capacity;
    private final ConcurrentLinkedQueue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong droppedAtEnd = new AtomicLong();

    ChangeQueue(int capacity) {
        this.capacity = capacity;
    }

    /** Whether half of the room is free: repetitions may have no more. */
    boolean hasRoomForSnapshot() {
        return size.get() < (capacity + 1) / 2;
    }

    /** Takes a change, be there room or not. */
    void add(BindingChange change) {
        size.incrementAndGet();
        entries.add(new Entry(change, droppedAtEnd.getAndSet(0)));
    }

    /** Answers false if the change was dropped. */
    boolean offer(BindingChange change) {
        if (change.kind() == BindingChange.Kind.SNAPSHOT && !hasRoomForSnapshot()) {
            droppedAtEnd.incrementAndGet();
            return false;
        }
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
            droppedAtEnd.incrementAndGet();
            return false;
        }
        entries.add(new Entry(change, droppedAtEnd.getAndSet(0)));
        return true;
    }

    @Nullable
    Entry poll() {
        Entry entry = entries.poll();
        if (entry != null) {
            size.decrementAndGet();
        }
        return entry;
    }

    /**
     * How many changes were dropped behind the last one that waits, if none waits; they are not told again. 0 while some
     * wait, since the drops are told with the next one.
     */
    long takeDroppedAtEnd() {
        // Read before the queue is seen empty, and taken only if unchanged: else a change may stand before the drops.
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
