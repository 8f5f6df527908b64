package io.portledger.collector;

import io.portledger.records.v1.ExporterGap;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches the sequence numbers of one observation domain in one IPFIX transport session (RFC 7011 §3.1) and says where
 * records are missing. Times are the collector's receive times and the exporter's export times, milliseconds since
 * 1970-01-01T00:00Z; nothing here reads a clock. For one thread.
 *
 * <p><b>Reordering.</b> A message ahead of what is expected opens a <i>hole</i>. A late message fills its part of it. A
 * hole that is still open after the reorder window is a gap.
 *
 * <p><b>Restarts.</b> A message behind what is expected that fills no hole is late or doubled if its number was current
 * within the reorder window or its export time is older than the newest one; otherwise the exporter has begun to count
 * anew.
 *
 * <p><b>Intervals.</b> A gap reaches from the last message in order before it to the message that showed it, by whichever
 * of the two clocks makes it longer: events that the exporter's clock places there may be missing.
 */
final class SequenceTracker {

    /** Where a gap goes. */
    @FunctionalInterface
    interface Gaps {
        void accept(ExporterGap.Cause cause, long fromMillis, long toMillis, long lostRecords);
    }

    private static final int MAX_HOLES = 128;
    private static final int FLOOR_STEPS = 8;

    private final long reorderMillis;
    private final Gaps gaps;
    private final List<Hole> holes = new ArrayList<>();

    // What was expected at earlier moments within the reorder window, at most FLOOR_STEPS + 2 of them.
    private final List<Floor> floors = new ArrayList<>();

    // Sequence numbers are kept in 64 bits: those on the wire continued beyond 2^32.
    private long expected;
    private long lastReceivedMillis;
    private long lastExportMillis;

    private record Hole(long begin, long end, long fromMillis, long toMillis, long openedMillis) {}

    private record Floor(long atMillis, long expected) {}

    /**
     * Begins with a session's first message.
     *
     * @param sequence its sequence number, unsigned 32 bits; the numbers before it are not asked for
     */
    SequenceTracker(long reorderMillis, Gaps gaps, long sequence, long exportMillis, long receivedMillis) {
        this.reorderMillis = reorderMillis;
        this.gaps = gaps;
        expected = sequence;
        lastExportMillis = exportMillis;
        lastReceivedMillis = receivedMillis;
    }

    /**
     * The session began with 0, so what lies before the first message is missing unless it comes late.
     *
     * @param fromMillis since when records may be missing
     */
    void expectFromZero(long fromMillis) {
        if (expected > 0) {
            openHole(new Hole(0, expected, fromMillis, lastReceivedMillis, lastReceivedMillis));
        }
    }

    /**
     * Takes a message.
     *
     * @param sequence its sequence number, unsigned 32 bits
     * @param records data records in it
     * @return false if it is late or doubled
     */
    boolean onMessage(long sequence, int records, long exportMillis, long receivedMillis) {
        long extended = expected + (int) (sequence - expected);
        boolean isInOrder = true;
        if (extended > expected) {
            openHole(new Hole(
                    expected,
                    extended,
                    Math.min(lastReceivedMillis, lastExportMillis),
                    Math.max(receivedMillis, exportMillis + 999),
                    receivedMillis));
        } else if (extended < expected) {
            if (fill(extended, records) || extended >= floor(receivedMillis) || exportMillis < lastExportMillis) {
                isInOrder = false;
            } else {
                restart(sequence, exportMillis, receivedMillis);
                extended = sequence;
            }
        }
        if (isInOrder) {
            rememberFloor(receivedMillis);
            expected = extended + records;
            lastReceivedMillis = receivedMillis;
            lastExportMillis = exportMillis;
        }
        return isInOrder;
    }

    /** Records of a message that was taken before turned out to be these, when their template came. */
    void onDecodedLater(long sequence, int records) {
        long extended = expected + (int) (sequence - expected);
        if (!fill(extended, records) && extended <= expected) {
            expected = Math.max(expected, extended + records);
        }
    }

    /** The sequence number of the next message, unsigned 32 bits. */
    long expected() {
        return expected & 0xffff_ffffL;
    }

    /** Publishes the holes that nobody filled in time. */
    void expire(long nowMillis) {
        while (!holes.isEmpty() && holes.getFirst().openedMillis() + reorderMillis <= nowMillis) {
            publish(holes.removeFirst());
        }
    }

    /** Publishes all holes: nothing comes any more. */
    void close() {
        holes.forEach(this::publish);
        holes.clear();
    }

    private void restart(long sequence, long exportMillis, long receivedMillis) {
        close();
        floors.clear();
        long from = Math.min(lastReceivedMillis, lastExportMillis);
        long to = Math.max(receivedMillis, exportMillis + 999);
        gaps.accept(ExporterGap.Cause.RESTART, from, to, 0);
        if (sequence > 0) {
            openHole(new Hole(0, sequence, from, to, receivedMillis));
        }
    }

    private boolean fill(long begin, int records) {
        long end = begin + Math.max(records, 0);
        for (int i = 0; i < holes.size(); i++) {
            Hole hole = holes.get(i);
            if (begin >= hole.begin() && begin < hole.end()) {
                holes.remove(i);
                if (end < hole.end()) {
                    holes.add(i, part(hole, end, hole.end()));
                }
                if (begin > hole.begin()) {
                    holes.add(i, part(hole, hole.begin(), begin));
                }
                return true;
            }
        }
        return false;
    }

    private static Hole part(Hole hole, long begin, long end) {
        return new Hole(begin, end, hole.fromMillis(), hole.toMillis(), hole.openedMillis());
    }

    private void openHole(Hole hole) {
        if (holes.size() == MAX_HOLES) {
            publish(holes.removeFirst());
        }
        holes.add(hole);
    }

    private void publish(Hole hole) {
        gaps.accept(ExporterGap.Cause.SEQUENCE, hole.fromMillis(), hole.toMillis(), hole.end() - hole.begin());
    }

    private void rememberFloor(long nowMillis) {
        if (floors.isEmpty() || floors.getLast().atMillis() + reorderMillis / FLOOR_STEPS <= nowMillis) {
            floors.add(new Floor(nowMillis, expected));
        }
        while (floors.size() > 1 && floors.getFirst().atMillis() + reorderMillis < nowMillis) {
            floors.removeFirst();
        }
    }

    private long floor(long nowMillis) {
        for (Floor floor : floors) {
            if (floor.atMillis() + reorderMillis >= nowMillis) {
                return floor.expected();
            }
        }
        return expected;
    }
}
