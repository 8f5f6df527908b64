package io.portledger.jobs;

import io.portledger.ledger.Mark;
import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The marks of collectors that one reader of a topic saw, until they may go to the ledger: when everything before them
 * is there.
 *
 * <p>A mark lies in its partition behind the records that it speaks of. When a checkpoint is complete, whatever the
 * readers saw before it has gone through all operators, and the sink has written it. So a mark is ready once a
 * checkpoint that was begun after it is complete, and Elasticsearch has had the time to show what was written.
 *
 * <p>Nothing of this is saved: after a restart the next marks, which come soon, tell the same and more. For one thread.
 */
final class PassedMarks {

    /** Longer than the indices' refresh interval: what was written is found by searches then. */
    static final Duration VISIBLE_AFTER = Duration.ofSeconds(2);

    private final Topic topic;
    private final Map<String, LedgerWrite> seen = new HashMap<>();
    private final TreeMap<Long, List<LedgerWrite>> atCheckpoint = new TreeMap<>();
    private final Deque<Complete> complete = new ArrayDeque<>();
    private final Map<String, Long> told = new HashMap<>();

    private record Complete(long atNanos, List<LedgerWrite> marks) {}

    PassedMarks(Topic topic) {
        this.topic = topic;
    }

    /** A mark was read. */
    void onMark(CollectorMark mark, KafkaRecord kafkaRecord) {
        LedgerWrite write = LedgerWrite.write(
                new Mark(
                        mark.getCollector(),
                        topic.topicName(),
                        kafkaRecord.partition,
                        mark.getPartitions(),
                        Instant.ofEpochMilli(Math.max(0, mark.getUntilMillis())),
                        mark.getSilencesList().stream()
                                .map(silence -> new Mark.Silence(
                                        silence.getExporter(),
                                        Integer.toUnsignedLong(silence.getObservationDomain()),
                                        Instant.ofEpochMilli(Math.max(0, silence.getSinceMillis()))))
                                .toList()),
                kafkaRecord.offset + 1);
        seen.put(write.id(), write);
    }

    /** A checkpoint begins: everything before it was read. */
    void onCheckpoint(long checkpoint) {
        atCheckpoint.put(checkpoint, List.copyOf(seen.values()));
    }

    /** A checkpoint is complete: everything before it is written. */
    void onComplete(long checkpoint, long nowNanos) {
        var passed = atCheckpoint.headMap(checkpoint, true);
        if (atCheckpoint.containsKey(checkpoint)) {
            complete.add(new Complete(nowNanos, atCheckpoint.get(checkpoint)));
        }
        passed.clear();
    }

    /** The marks that may go to the ledger now and have not yet. */
    Collection<LedgerWrite> ready(long nowNanos) {
        Map<String, LedgerWrite> ready = new TreeMap<>();
        while (!complete.isEmpty() && complete.element().atNanos() + VISIBLE_AFTER.toNanos() <= nowNanos) {
            for (LedgerWrite mark : complete.remove().marks()) {
                if (told.getOrDefault(mark.id(), 0L) < mark.version()) {
                    told.put(mark.id(), mark.version());
                    ready.put(mark.id(), mark);
                }
            }
        }
        return ready.values();
    }
}
