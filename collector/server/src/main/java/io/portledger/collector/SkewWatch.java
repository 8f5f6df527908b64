package io.portledger.collector;

import io.portledger.records.v1.ExporterGap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Watches how far the clocks of exporters are from the collector's. A difference beyond what is allowed makes the times
 * of events doubtful by as much, and the stretch in which they may truly lie a gap. What one exporter shows within a
 * short time becomes one gap. Any thread may report.
 */
final class SkewWatch {

    /** Exporters looked after at a time; the gap of one more is published at once. */
    private static final int MAX_HELD = 4_096;

    private final GapBoard gapBoard;
    private final long allowedMillis;
    private final long holdMillis;
    private final Map<Key, Stretch> stretches = new LinkedHashMap<>();

    private record Key(String exporter, int observationDomain) {}

    private record Stretch(long fromMillis, long toMillis, long begunMillis) {}

    /** @param holdMillis how long a gap is held so that more may join it */
    SkewWatch(GapBoard gapBoard, long allowedMillis, long holdMillis) {
        this.gapBoard = gapBoard;
        this.allowedMillis = allowedMillis;
        this.holdMillis = holdMillis;
    }

    /**
     * A clock said that it was between two moments when a message was received.
     *
     * @param earliestMillis first moment that the exporter's clock may have shown; {@link Long#MIN_VALUE} if it may have
     *     shown any earlier one, because the message was on its way for an unknown time
     * @param latestMillis last moment that it may have shown
     */
    void compare(String exporter, int observationDomain, long earliestMillis, long latestMillis, long receivedMillis) {
        long ahead = earliestMillis == Long.MIN_VALUE ? latestMillis - receivedMillis : earliestMillis - receivedMillis;
        long behind = earliestMillis == Long.MIN_VALUE ? 0 : receivedMillis - latestMillis;
        long skew = Math.max(ahead, behind);
        if (skew <= allowedMillis) {
            return;
        }
        long from = Math.min(receivedMillis, latestMillis) - skew;
        long to = Math.max(receivedMillis, latestMillis) + skew;
        synchronized (this) {
            Key key = new Key(exporter, observationDomain);
            Stretch known = stretches.get(key);
            if (known == null && stretches.size() == MAX_HELD) {
                publish(key, new Stretch(from, to, receivedMillis));
            } else {
                stretches.put(
                        key,
                        known == null
                                ? new Stretch(from, to, receivedMillis)
                                : new Stretch(
                                        Math.min(from, known.fromMillis()),
                                        Math.max(to, known.toMillis()),
                                        known.begunMillis()));
            }
        }
    }

    /** Publishes the gaps that were held for long enough. */
    synchronized void expire(long nowMillis) {
        Iterator<Map.Entry<Key, Stretch>> held = stretches.entrySet().iterator();
        while (held.hasNext()) {
            Map.Entry<Key, Stretch> stretch = held.next();
            if (stretch.getValue().begunMillis() <= nowMillis - holdMillis) {
                publish(stretch.getKey(), stretch.getValue());
                held.remove();
            }
        }
    }

    /** Publishes all gaps. */
    void close() {
        expire(Long.MAX_VALUE);
    }

    private void publish(Key key, Stretch stretch) {
        gapBoard.report(
                key.exporter(),
                key.observationDomain(),
                ExporterGap.Cause.SKEW,
                stretch.fromMillis(),
                stretch.toMillis(),
                0);
    }
}
