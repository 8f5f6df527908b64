package io.portledger.jobs;

import io.portledger.ledger.Gap;
import io.portledger.records.v1.CollectorMark;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a reader of a topic has come to in one of its partitions, and what was not there to be read.
 *
 * <p>Kafka deletes what it has kept for as long as it is told to, read or not, and a partition then begins behind the
 * place where the reader would go on. Records lie in a partition without a hole, so that every jump shows it. What was
 * missed came of events after the last marks that were read before the jump, and before the first mark that is read
 * after it.
 *
 * <p>A mutable class with public fields because Flink then serialises it field by field. For one thread.
 */
public final class PartitionPlace {

    /** The cause of the gaps: the jobs did not read what a collector had stored. */
    static final String NOT_READ = "NOT_READ";

    /** Clocks of collectors and exporters may differ by so much without a gap of its own. */
    static final long CLOCKS_DIFFER_MILLIS = 60_000;

    private static final long NOTHING = -1;

    public int partition;
    /** The offset of the record to be read next. */
    public long next;
    /** How far each collector had come by its last mark in the partition, milliseconds since 1970-01-01T00:00Z. */
    public Map<String, Long> collectedUntil = new HashMap<>();
    /** From where on records were missed since the last mark; negative if none were. */
    public long missedFrom = NOTHING;
    /** The newest record since then was received at this time. */
    public long receivedUntil;

    /** The beginning of a partition. */
    static PartitionPlace first(int partition) {
        PartitionPlace place = new PartitionPlace();
        place.partition = partition;
        return place;
    }

    /** A record was read, which may be a mark. */
    void onRecord(KafkaRecord kafkaRecord) {
        if (kafkaRecord.offset != next && missedFrom < 0) {
            missedFrom = collectedUntil.values().stream()
                    .mapToLong(until -> until + 1)
                    .min()
                    .orElse(0);
            receivedUntil = 0;
        }
        next = kafkaRecord.offset + 1;
        if (missedFrom >= 0) {
            receivedUntil = Math.max(receivedUntil, Refused.stored(kafkaRecord));
        }
    }

    /** The record that was read last is a mark; answers the gap that is known to its end by that. */
    Optional<Gap> onMark(CollectorMark mark) {
        long until = Math.min(Gap.LAST_MILLIS, Math.max(0, mark.getUntilMillis()));
        collectedUntil.put(mark.getCollector(), until);
        if (missedFrom < 0) {
            return Optional.empty();
        }
        long last = Math.max(missedFrom, Math.max(receivedUntil, until));
        Gap missed = new Gap(
                Gap.ANY_EXPORTER,
                0,
                NOT_READ,
                Instant.ofEpochMilli(missedFrom),
                Instant.ofEpochMilli(Math.min(Gap.LAST_MILLIS, last + CLOCKS_DIFFER_MILLIS)),
                0);
        missedFrom = NOTHING;
        return Optional.of(missed);
    }
}
