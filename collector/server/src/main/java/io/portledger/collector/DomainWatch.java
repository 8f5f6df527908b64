package io.portledger.collector;

import io.portledger.ipfix.MessageHeader;
import io.portledger.records.v1.ExporterGap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Watches one observation domain in a session: what is missing by its sequence numbers, and whether anybody wants to know.
 * Missing records matter only where records of bindings come from. Gaps of a domain are held back until it defines a
 * template that speaks of bindings; flow exporters, some of which count in their own way, have none.
 */
final class DomainWatch {

    private static final int MAX_SCOPES = 16;

    private final SessionContext context;
    private final String exporter;
    private final int id;
    private final int version;
    private final List<ExporterGap> heldBack = new ArrayList<>();
    private @Nullable SequenceTracker tracker;
    private boolean isSpeakingOfBindings;
    private long lastMillis;

    /** What exporters said that they did not send, by what they speak of. */
    private final Map<String, NotSent> notSent = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, NotSent> eldest) {
            return size() > MAX_SCOPES;
        }
    };

    private record NotSent(long records, long sinceMillis) {}

    /** @param version of the session's messages: 9 counts messages, 10 data records */
    DomainWatch(SessionContext context, String exporter, int id, int version) {
        this.context = context;
        this.exporter = exporter;
        this.id = id;
        this.version = version;
    }

    /** Takes a message; answers false if it is late or doubled. */
    boolean onMessage(MessageHeader header, int records, long receivedMillis) {
        long exportMillis = header.exportTimeSeconds() * 1000;
        if (tracker == null) {
            tracker = begin(header.sequenceNumber(), exportMillis, receivedMillis);
        }
        lastMillis = Math.max(lastMillis, Math.max(receivedMillis, exportMillis));
        boolean isInOrder = tracker.onMessage(header.sequenceNumber(), counted(records), exportMillis, receivedMillis);
        context.watch().onMessage(exporter, id, version, Math.min(receivedMillis, exportMillis));
        if (isSpeakingOfBindings) {
            if (isInOrder) {
                context.skewWatch().compare(exporter, id, exportMillis, exportMillis + 999, receivedMillis);
            }
            context.watch().onHeard(exporter, id, receivedMillis);
        }
        return isInOrder;
    }

    private int counted(int records) {
        return version == MessageHeader.IPFIX_VERSION ? records : 1;
    }

    private SequenceTracker begin(long sequence, long exportMillis, long receivedMillis) {
        SequenceTracker begun = new SequenceTracker(
                context.settings().reorderWindow().toMillis(), this::report, sequence, exportMillis, receivedMillis);
        OptionalLong before = context.watch().lastMessageMillis(exporter, id, version);
        if (before.isPresent()) {
            report(ExporterGap.Cause.RESTART, before.getAsLong(), Math.max(receivedMillis, exportMillis + 999), 0);
            expectFromBeginning(begun, sequence, before.getAsLong());
        } else if (context.edges() != SessionContext.Edges.LIVE) {
            // An exporter's life may begin within a file; then there is nothing before it.
            if (sequence > (version == MessageHeader.IPFIX_VERSION ? 0 : 1)) {
                reportEdge(Math.min(receivedMillis, exportMillis));
            }
        } else if (context.collectedUntilMillis().isPresent()) {
            report(
                    ExporterGap.Cause.NOT_COLLECTED,
                    context.collectedUntilMillis().getAsLong(),
                    receivedMillis,
                    0);
        } else {
            expectFromBeginning(begun, sequence, 0);
        }
        return begun;
    }

    /** NetFlow v9 does not say whether the first packet is number 0 or 1. */
    private void expectFromBeginning(SequenceTracker begun, long sequence, long sinceMillis) {
        if (version == MessageHeader.IPFIX_VERSION || sequence > 1) {
            begun.expectFromZero(sinceMillis);
        }
    }

    /**
     * The exporter says how many records it did not send since it began: what is more than before is missing.
     *
     * @param scope what the number is about
     */
    void onNotSent(String scope, long records, MessageHeader header, long receivedMillis) {
        long exportMillis = header.exportTimeSeconds() * 1000;
        NotSent before = notSent.put(scope, new NotSent(records, Math.min(receivedMillis, exportMillis)));
        boolean hasBegunAnew = before != null && records < before.records();
        long more = before == null || hasBegunAnew ? records : records - before.records();
        if (more > 0 && (before != null || context.edges() == SessionContext.Edges.LIVE)) {
            long from = before == null ? context.collectedUntilMillis().orElse(0) : before.sinceMillis();
            report(ExporterGap.Cause.SEQUENCE, from, Math.max(receivedMillis, exportMillis + 999), more);
        }
    }

    /** Nobody kept what came before this moment, or what came after it. */
    private void reportEdge(long atMillis) {
        if (context.edges() == SessionContext.Edges.OPEN) {
            report(ExporterGap.Cause.NOT_COLLECTED, atMillis, atMillis, 0);
        }
    }

    private void report(ExporterGap.Cause cause, long fromMillis, long toMillis, long lost) {
        // Of messages that are missing nobody knows how many records they had.
        long lostRecords = version == MessageHeader.IPFIX_VERSION ? lost : 0;
        if (isSpeakingOfBindings) {
            context.gapBoard()
                    .report(exporter, id, cause, fromMillis - context.gapMarginMillis(), toMillis, lostRecords);
            return;
        }
        // One for each cause is enough: they are joined before it is known whether anybody wants them.
        ExporterGap held = ExporterGap.newBuilder()
                .setCause(cause)
                .setFromMillis(fromMillis)
                .setToMillis(toMillis)
                .setLostRecords(lostRecords)
                .build();
        for (int i = 0; i < heldBack.size(); i++) {
            ExporterGap other = heldBack.get(i);
            if (other.getCause() == cause) {
                heldBack.set(
                        i,
                        held.toBuilder()
                                .setFromMillis(Math.min(fromMillis, other.getFromMillis()))
                                .setToMillis(Math.max(toMillis, other.getToMillis()))
                                .setLostRecords(lostRecords + other.getLostRecords())
                                .build());
                return;
            }
        }
        heldBack.add(held);
    }

    /** The domain has a template of bindings: its gaps count, those so far as well. */
    void speakOfBindings() {
        if (!isSpeakingOfBindings) {
            isSpeakingOfBindings = true;
            heldBack.forEach(
                    gap -> report(gap.getCause(), gap.getFromMillis(), gap.getToMillis(), gap.getLostRecords()));
            heldBack.clear();
        }
    }

    /** Records of a message that was taken before turned out to be these, when their template came. */
    void onDecodedLater(long sequence, int records) {
        if (tracker != null && version == MessageHeader.IPFIX_VERSION) {
            tracker.onDecodedLater(sequence, records);
        }
    }

    /** The sequence number that the next message is to have; -1 if there was none yet. */
    long expected() {
        return tracker == null ? -1 : tracker.expected();
    }

    /** Publishes the holes that nobody filled in time. */
    void expire(long now) {
        if (tracker != null) {
            tracker.expire(now);
        }
    }

    /** Publishes all holes: nothing comes any more. */
    void close() {
        if (tracker != null) {
            tracker.close();
            reportEdge(lastMillis);
        }
    }
}
