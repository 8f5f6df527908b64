package io.portledger.collector;

import io.portledger.records.BindingEventBlock;
import io.portledger.records.BindingEventsWriter;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Puts the events of what is to be sent together to records of many: one record is open for each partition that has
 * events. For one thread.
 */
final class EventRecords {

    private final List<Open> open = new ArrayList<>();
    private int count;

    /** A record that may get more events. */
    private static final class Open {
        private final int partition;
        private final BindingEventsWriter writer = new BindingEventsWriter();
        private List<Outgoing.Part> parts = new ArrayList<>();
        private long latestMillis = Long.MIN_VALUE;

        // The part of the batch at hand.
        private int added;
        private long addedOctets;

        Open(int partition) {
            this.partition = partition;
        }

        void endPart(HandedOver handed) {
            if (added > 0) {
                parts.add(new Outgoing.Part(handed, added, addedOctets));
                added = 0;
                addedOctets = 0;
            }
        }

        Outgoing take() {
            // Kafka keeps a record for so long after its time, and the jobs take it for a bound of the receptions.
            Outgoing whole = new Outgoing(
                    new ProducerRecord<>(Topic.NAT_EVENTS.topicName(), partition, latestMillis, null, writer.take()),
                    parts);
            parts = new ArrayList<>();
            latestMillis = Long.MIN_VALUE;
            return whole;
        }
    }

    /** Whether no record is open. */
    boolean isEmpty() {
        return count == 0;
    }

    /**
     * Adds the events of a batch.
     *
     * @param partitions how many partitions their topic has, 1 or more; if it has become another number, nothing may be
     *     open
     * @return the records that are full now
     */
    List<Outgoing> add(HandedOver handed, int partitions) {
        if (open.size() != partitions) {
            open.clear();
            for (int i = 0; i < partitions; i++) {
                open.add(new Open(i));
            }
        }
        List<Outgoing> full = new ArrayList<>();
        BindingEventBlock events = handed.events();
        byte[] octets = events.octets();
        events.forEach((ipv4, source, sourceLength, at, length) -> {
            Open its = open.get(RecordKey.partition(ipv4, partitions));
            if (!its.writer.add(octets, source, sourceLength, at, length)) {
                count -= its.writer.count();
                its.endPart(handed);
                full.add(its.take());
                boolean _ = its.writer.add(octets, source, sourceLength, at, length);
            }
            its.latestMillis = Math.max(its.latestMillis, events.latestMillis());
            its.added++;
            its.addedOctets += length;
            count++;
        });
        for (Open its : open) {
            its.endPart(handed);
        }
        return full;
    }

    /** All records that are open; none is any more. */
    List<Outgoing> takeAll() {
        List<Outgoing> all = new ArrayList<>();
        for (Open its : open) {
            if (its.writer.count() > 0) {
                all.add(its.take());
            }
        }
        count = 0;
        return all;
    }
}
