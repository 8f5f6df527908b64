package io.portledger.collector;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was handed over and Kafka does not have: a queue whose middle is on disk. Any thread puts in, one takes out.
 *
 * <p><b>Order.</b> What is taken comes in the order in which it was put in, from three places: {@code memory}, then what
 * waits to be read from the spill, then {@code tail}. As long as memory has room and nothing waits on disk, everything is
 * written to the spill and taken from memory; otherwise it is only written. The tail is there for a disk that refuses
 * while something waits on it.
 *
 * <p><b>A disk that refuses.</b> What could not be written is kept in memory ({@code unwritten}) and written as soon as
 * the disk takes it; meanwhile there is room for as much as the memory may hold. Kafka may have taken it before.
 */
final class Backlog {

    private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final @Nullable Spill spill;
    private final long memoryLimitOctets;
    private final long spillLimitOctets;
    private final long alarmOctets;
    private final @Nullable Duration syncInterval;
    private final Tally tally;

    // Guarded by this.
    private final Deque<HandedOver> memory = new ArrayDeque<>();
    private final Deque<HandedOver> tail = new ArrayDeque<>();
    private final Deque<HandedOver> unwritten = new ArrayDeque<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private long lastWarningNanos = System.nanoTime() - WARNING_INTERVAL_NANOS;
    private long lastSyncNanos = System.nanoTime();

    // What is in memory and not finished, in order; those in front that are done are taken out later.
    private final Queue<HandedOver> unfinished = new ConcurrentLinkedQueue<>();
    private final AtomicLong memoryOctets = new AtomicLong();
    private final AtomicLong sentOctets = new AtomicLong();
    private volatile boolean isRefused;
    private volatile boolean isAnyoneWaiting;
    private volatile boolean isFilling;

    /**
     * @param spill null if memory is enough
     * @param memoryLimitOctets how much is held in memory
     * @param limits what the spill may be; without a spill it does not count
     */
    Backlog(@Nullable Spill spill, long memoryLimitOctets, @Nullable SpillSettings limits, Tally tally) {
        this.spill = spill;
        this.memoryLimitOctets = memoryLimitOctets;
        this.tally = tally;
        spillLimitOctets = limits == null ? 0 : limits.maxOctets();
        alarmOctets = limits == null ? 0 : limits.maxOctets() / 100 * limits.alarmPercent();
        syncInterval = limits == null ? null : limits.syncInterval();
    }

    /** Puts in a batch or a mark. It is accepted when this returns, unless the disk refuses. */
    synchronized void put(HandedOver handed) {
        if (spill == null) {
            intoMemory(handed);
            return;
        }
        joinTail(spill);
        boolean isBehind = spill.hasUnread();
        long octets = handed.octets();
        if (unwritten.isEmpty()) {
            boolean stays = !isBehind && memoryOctets.get() + octets <= memoryLimitOctets;
            try {
                write(spill, handed, stays);
                if (stays) {
                    intoMemory(handed);
                } else {
                    notifyAll();
                }
                return;
            } catch (IOException e) {
                onRefused(e);
            }
        }
        unwritten.add(handed);
        isRefused = true;
        if (isBehind) {
            tail.add(handed);
            hold(handed, octets);
        } else {
            intoMemory(handed);
        }
    }

    private void intoMemory(HandedOver handed) {
        hold(handed, handed.octets());
        memory.add(handed);
        notifyAll();
    }

    private void hold(HandedOver handed, long octets) {
        if (handed.left() > 0) {
            memoryOctets.addAndGet(octets);
            unfinished.add(handed);
        }
    }

    /** When nothing waits on disk any more, what was put in behind it is next. */
    private void joinTail(Spill its) {
        if (!tail.isEmpty() && !its.hasUnread()) {
            memory.addAll(tail);
            tail.clear();
        }
    }

    private void write(Spill its, HandedOver handed, boolean staysInMemory) throws IOException {
        SpillCodec.Mark mark = handed.mark();
        if (mark != null) {
            its.append(mark, staysInMemory);
            return;
        }
        long records = (long) handed.records().size() + handed.events().count();
        Spill.Place place = its.append(handed.records(), handed.events(), handed.oldestMillis(), staysInMemory);
        tally.add(Counter.ACCEPTED, records);
        if (staysInMemory) {
            handed.setPlace(place);
        }
    }

    private void onRefused(IOException failure) {
        long now = System.nanoTime();
        if (now - lastWarningNanos >= WARNING_INTERVAL_NANOS) {
            lastWarningNanos = now;
            LOG.error(
                    "The spill cannot be written: {}. What Kafka does not have is only in memory until it can; make room"
                            + " on the disk of collector.state-directory",
                    failure.toString());
        }
    }

    /**
     * Takes what is next, waiting for at most {@code millis}, or not at all if that is 0, while there is nothing or Kafka's
     * producer has enough.
     *
     * @return null if there was nothing
     */
    @Nullable
    HandedOver take(long millis) throws InterruptedException, Spill.DamagedException {
        Spill its = spill;
        synchronized (this) {
            if (isProducerFull()) {
                await(millis);
                if (isProducerFull()) {
                    return null;
                }
            }
            HandedOver next = memory.poll();
            if (next != null) {
                return next;
            }
            if (its == null || !its.hasUnread()) {
                if (its != null) {
                    joinTail(its);
                }
                if (memory.isEmpty()) {
                    await(millis);
                }
                return memory.poll();
            }
        }
        // Outside of the lock: whoever puts in does not wait for the disk to be read.
        Spill.Entry entry = its.read();
        if (entry == null) {
            return null;
        }
        synchronized (this) {
            SpillCodec.Mark mark = entry.mark();
            HandedOver read = mark == null ? HandedOver.batch(entry.records(), entry.events()) : HandedOver.mark(mark);
            if (mark == null) {
                read.setPlace(entry.place());
                hold(read, read.octets());
            }
            its.advance(entry, mark == null);
            return read;
        }
    }

    @SuppressWarnings("WaitNotInLoop") // nothing is an answer, and the caller asks again
    private synchronized void await(long millis) throws InterruptedException {
        if (millis > 0) {
            wait(millis);
        }
    }

    private boolean isProducerFull() {
        return spill != null && sentOctets.get() >= memoryLimitOctets / 2;
    }

    /** Kafka's producer gets so much. */
    void onSending(long octets) {
        sentOctets.addAndGet(octets);
    }

    /** Kafka's producer has all records of a batch, or who feeds it. */
    synchronized void onSent(HandedOver handed) {
        handed.setSent();
    }

    /**
     * Kafka has some of the batch, or has refused it for good and a gap tells so.
     *
     * @param done how many events or other records
     * @param octets what {@link #onSending} heard of them
     */
    void onDone(HandedOver handed, int done, long octets) {
        long sent = sentOctets.addAndGet(-octets);
        memoryOctets.addAndGet(-octets);
        if (handed.countDown(done)) {
            synchronized (this) {
                firstUnfinished();
                Spill.Place place = handed.place();
                if (spill != null && place != null) {
                    spill.finish(place);
                }
            }
        }
        if (sent < memoryLimitOctets / 2 && sent + octets >= memoryLimitOctets / 2) {
            synchronized (this) {
                notifyAll();
            }
        }
        tellThoseWhoWait();
    }

    private @Nullable HandedOver firstUnfinished() {
        HandedOver first = unfinished.peek();
        while (first != null && first.left() == 0) {
            unfinished.remove(first);
            first = unfinished.peek();
        }
        return first;
    }

    /** Writes what could not be written, deletes what is not needed, looks after the disk. From time to time. */
    void keepHouse() {
        Spill its = spill;
        if (its != null) {
            writeUnwritten(its);
            its.deleteFinished();
            syncIfDue(its);
            boolean isNow = its.usedOctets() >= alarmOctets;
            if (isNow != isFilling) {
                isFilling = isNow;
                if (isNow) {
                    LOG.error(
                            "The spill is filling: {} of {} octets. Bring Kafka back; when it is full, senders by TCP"
                                    + " are made to wait and datagrams are dropped",
                            its.usedOctets(),
                            spillLimitOctets);
                } else {
                    LOG.info("The spill is no longer filling: {} octets", its.usedOctets());
                }
            }
        }
        tellThoseWhoWait();
    }

    private synchronized void writeUnwritten(Spill its) {
        joinTail(its);
        boolean isBehind = its.hasUnread();
        while (!unwritten.isEmpty()) {
            HandedOver handed = unwritten.element();
            if (handed.mark() != null || handed.left() > 0) {
                long octets = handed.octets();
                try {
                    write(its, handed, !isBehind);
                } catch (IOException e) {
                    onRefused(e);
                    return;
                }
                if (isBehind) {
                    tail.remove(handed);
                    if (unfinished.remove(handed)) {
                        memoryOctets.addAndGet(-octets);
                    }
                }
            }
            unwritten.remove();
        }
        if (isRefused) {
            isRefused = false;
            LOG.info("The spill can be written again");
        }
    }

    private void syncIfDue(Spill its) {
        Duration interval = syncInterval;
        if (interval != null && !interval.isZero() && System.nanoTime() - lastSyncNanos >= interval.toNanos()) {
            lastSyncNanos = System.nanoTime();
            try {
                its.sync();
            } catch (IOException e) {
                LOG.error("The spill cannot be forced to the disk: {}", e.toString());
            }
        }
    }

    /** Whether listeners should go on taking. */
    boolean hasRoom() {
        if (spill == null || isRefused) {
            return memoryOctets.get() < memoryLimitOctets;
        }
        return spill.usedOctets() < spillLimitOctets;
    }

    private boolean hasAmpleRoom() {
        if (spill == null || isRefused) {
            return memoryOctets.get() <= memoryLimitOctets / 2;
        }
        return spill.usedOctets() <= spillLimitOctets - spillLimitOctets / 16;
    }

    /** Runs {@code task} once, on any thread, when there is ample room again; at once if there is now. */
    void whenRoom(Runnable task) {
        synchronized (waiting) {
            if (!hasAmpleRoom()) {
                waiting.add(task);
                isAnyoneWaiting = true;
                return;
            }
        }
        task.run();
    }

    private void tellThoseWhoWait() {
        if (isAnyoneWaiting && hasAmpleRoom()) {
            List<Runnable> tasks;
            synchronized (waiting) {
                tasks = List.copyOf(waiting);
                waiting.clear();
                isAnyoneWaiting = false;
            }
            tasks.forEach(Runnable::run);
        }
    }

    /** Whether nothing is left that Kafka neither has nor has refused. */
    synchronized boolean isFinished() {
        return firstUnfinished() == null && (spill == null || !spill.hasUnread());
    }

    /** Whether nothing is left to take. */
    synchronized boolean isDrained() {
        return memory.isEmpty() && tail.isEmpty() && (spill == null || !spill.hasUnread());
    }

    /** Before when nothing was received that Kafka neither has nor has refused; {@link Long#MAX_VALUE} if all is done. */
    synchronized long oldestUnfinishedMillis() {
        long oldest = spill == null ? Long.MAX_VALUE : spill.oldestUnreadMillis();
        for (HandedOver handed : unfinished) {
            if (handed.left() > 0) {
                oldest = Math.min(oldest, handed.oldestMillis());
            }
        }
        return oldest;
    }

    /** The number of the spill's entry before which nothing is unfinished; 0 without a spill. */
    synchronized long doneBefore() {
        for (HandedOver handed : unfinished) {
            Spill.Place place = handed.place();
            if (handed.left() > 0 && place != null) {
                return place.number();
            }
        }
        return spill == null ? 0 : spill.unreadNumber();
    }

    /** How many events and other records in memory Kafka neither has nor has refused. */
    long unfinishedRecords() {
        long records = 0;
        for (HandedOver handed : unfinished) {
            records += handed.left();
        }
        return records;
    }

    long memoryOctets() {
        return memoryOctets.get();
    }

    long spillOctets() {
        return spill == null ? 0 : spill.usedOctets();
    }

    /** Whether the spill is beyond its alarm level, or cannot be written. */
    boolean isAlarming() {
        return isFilling || isRefused;
    }

    /** Whoever waits in {@link #take} looks again. */
    synchronized void wake() {
        notifyAll();
    }

    /** Closes the spill. */
    void close() {
        Spill its = spill;
        if (its != null) {
            writeUnwritten(its);
            try {
                its.close(isFinished());
            } catch (IOException e) {
                LOG.error("The spill cannot be closed: {}", e.toString());
            }
            if (!isFinished()) {
                LOG.warn(
                        "Kafka does not have everything; the rest waits in the spill ({} octets) for the next start",
                        its.usedOctets());
            }
        }
    }
}
