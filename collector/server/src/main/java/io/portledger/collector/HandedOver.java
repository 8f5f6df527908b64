package io.portledger.collector;

import io.portledger.records.BindingEventBlock;
import io.portledger.records.v1.CollectorMark;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** What was handed over together and is in memory: events and other records of one listener, or a mark. */
final class HandedOver {

    /** What a record costs beyond its octets: objects, headers, the producer's own. */
    private static final int OVERHEAD_OCTETS = 128;

    private final SpillCodec.@Nullable Mark mark;
    private final long oldestMillis;
    private final AtomicInteger left;

    // Guarded by the backlog.
    private List<ProducerRecord<byte[], byte[]>> records;
    private BindingEventBlock events;
    private Spill.@Nullable Place place;
    private boolean isSent;

    private HandedOver(
            List<ProducerRecord<byte[], byte[]>> records,
            BindingEventBlock events,
            SpillCodec.@Nullable Mark mark,
            long oldestMillis) {
        this.records = records;
        this.events = events;
        this.mark = mark;
        this.oldestMillis = oldestMillis;
        left = new AtomicInteger(records.size() + events.count());
    }

    static HandedOver batch(List<ProducerRecord<byte[], byte[]>> records, BindingEventBlock events) {
        long oldestMillis = events.count() == 0 ? Long.MAX_VALUE : events.oldestMillis();
        for (ProducerRecord<byte[], byte[]> record : records) {
            oldestMillis = Math.min(oldestMillis, record.timestamp());
        }
        return new HandedOver(records, events, null, oldestMillis);
    }

    static HandedOver mark(SpillCodec.Mark mark) {
        return new HandedOver(List.of(), BindingEventBlock.EMPTY, mark, Long.MAX_VALUE);
    }

    static long octets(ProducerRecord<byte[], byte[]> record) {
        byte[] key = record.key();
        return (key == null ? 0L : key.length) + record.value().length + OVERHEAD_OCTETS;
    }

    long octets() {
        long octets = events.eventOctets();
        for (ProducerRecord<byte[], byte[]> record : records) {
            octets += octets(record);
        }
        return octets;
    }

    /** The records, but those of events. */
    List<ProducerRecord<byte[], byte[]>> records() {
        return records;
    }

    BindingEventBlock events() {
        return events;
    }

    @Nullable
    CollectorMark message() {
        return mark == null ? null : mark.message();
    }

    SpillCodec.@Nullable Mark mark() {
        return mark;
    }

    /** When the oldest record was received. */
    long oldestMillis() {
        return oldestMillis;
    }

    /** How many events and other records Kafka neither has nor has refused. */
    int left() {
        return left.get();
    }

    /** So many more are done; answers whether they were the last. */
    boolean countDown(int done) {
        return left.addAndGet(-done) == 0;
    }

    Spill.@Nullable Place place() {
        return place;
    }

    void setPlace(Spill.Place at) {
        place = at;
        forgetIfPossible();
    }

    /** Kafka's producer has the records. */
    void setSent() {
        isSent = true;
        forgetIfPossible();
    }

    private void forgetIfPossible() {
        if (isSent && place != null) {
            records = List.of();
            events = BindingEventBlock.EMPTY;
        }
    }
}
