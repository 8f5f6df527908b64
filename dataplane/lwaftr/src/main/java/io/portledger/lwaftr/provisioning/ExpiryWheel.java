package io.portledger.lwaftr.provisioning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Leases by the time at which they end: a timing wheel with a list for each second. Adding, removing and finding what is
 * due cost the same however many there are. Not thread-safe.
 *
 * <p>A list holds the leases of one second, and those of the seconds whole rounds later. Time goes on with
 * {@link #takeDue} and never back; a lease whose end lies behind is due at once.
 */
final class ExpiryWheel {

    private static final long TICK_MILLIS = 1000;
    private static final int TICKS = 1 << 15;
    private static final Comparator<Lease> BY_END = Comparator.<Lease>comparingLong(lease -> lease.endMillis)
            .thenComparingLong(lease -> lease.b4High)
            .thenComparingLong(lease -> lease.b4Low);

    private final @Nullable Lease[] lists = new Lease[TICKS];

    /** The second in which time is; everything of earlier ones has been taken. */
    private long currentTick = Long.MIN_VALUE;

    /** Nothing in the present second's list is due before. */
    private long earliestMillis = Lease.NEVER;

    void add(Lease lease) {
        int list = listOf(Math.max(tickOf(lease.endMillis), currentTick));
        Lease first = lists[list];
        lease.wheelList = list;
        lease.before = null;
        lease.after = first;
        if (first != null) {
            first.before = lease;
        }
        lists[list] = lease;
        if (list == listOf(currentTick)) {
            earliestMillis = Math.min(earliestMillis, lease.endMillis);
        }
    }

    /** Takes a lease out, if it is in. */
    void remove(Lease lease) {
        if (lease.wheelList < 0) {
            return;
        }
        Lease before = lease.before;
        Lease after = lease.after;
        if (before == null) {
            lists[lease.wheelList] = after;
        } else {
            before.after = after;
        }
        if (after != null) {
            after.before = before;
        }
        lease.before = null;
        lease.after = null;
        lease.wheelList = -1;
    }

    /** Takes out the leases that end by {@code nowMillis}, in the order of their ends. */
    List<Lease> takeDue(long nowMillis) {
        long nowTick = tickOf(nowMillis);
        if (nowTick <= currentTick && nowMillis < earliestMillis) {
            return List.of();
        }
        List<Lease> due = new ArrayList<>();
        long from = currentTick == Long.MIN_VALUE ? nowTick - TICKS + 1 : currentTick;
        long to = Math.max(nowTick, from);
        for (long tick = Math.max(from, to - TICKS + 1); tick <= to; tick++) {
            Lease lease = lists[listOf(tick)];
            while (lease != null) {
                Lease after = lease.after;
                if (lease.endMillis <= nowMillis) {
                    remove(lease);
                    due.add(lease);
                }
                lease = after;
            }
        }
        currentTick = to;
        earliestMillis = Lease.NEVER;
        for (Lease lease = lists[listOf(to)]; lease != null; lease = lease.after) {
            earliestMillis = Math.min(earliestMillis, lease.endMillis);
        }
        due.sort(BY_END);
        return due;
    }

    /** When the next lease ends, if that is before {@code horizonMillis}; else {@link Lease#NEVER}. */
    long nextEnd(long horizonMillis) {
        long end = horizonMillis;
        long from = Math.max(currentTick, 0);
        long to = Math.min(tickOf(horizonMillis), from + TICKS - 1);
        for (long tick = from; tick <= to; tick++) {
            for (Lease lease = lists[listOf(tick)]; lease != null; lease = lease.after) {
                end = Math.min(end, lease.endMillis);
            }
            if (end < (tick + 1) * TICK_MILLIS) {
                break;
            }
        }
        return end == horizonMillis ? Lease.NEVER : end;
    }

    private static int listOf(long tick) {
        return (int) (tick & (TICKS - 1));
    }

    private static long tickOf(long millis) {
        return Math.floorDiv(millis, TICK_MILLIS);
    }
}
