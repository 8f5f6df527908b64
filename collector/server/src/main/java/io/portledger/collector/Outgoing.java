package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingEventReader;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A record on its way to Kafka, and whose it is.
 *
 * @param parts what it is made of, in its order
 */
record Outgoing(ProducerRecord<byte[], byte[]> record, List<Part> parts) {

    /**
     * What it has of one batch.
     *
     * @param count how many events, or 1 for any other record
     * @param octets what the {@link Backlog} was told of them
     */
    record Part(HandedOver handed, int count, long octets) {}

    /** A record that is no record of events. */
    static Outgoing of(HandedOver handed, ProducerRecord<byte[], byte[]> record) {
        return new Outgoing(record, List.of(new Part(handed, 1, HandedOver.octets(record))));
    }

    /** How many events, or 1 for any other record. */
    int count() {
        int count = 0;
        for (Part part : parts) {
            count += part.count();
        }
        return count;
    }

    /** Each event in a record of its own. */
    List<Outgoing> split() {
        List<Outgoing> all = new ArrayList<>();
        try {
            int next = 0;
            List<BindingEvent> events = BindingEventReader.read(BindingEvents.parseFrom(record.value()));
            for (Part part : parts) {
                for (int i = 0; i < part.count(); i++) {
                    BindingEvents one = BindingEvents.newBuilder()
                            .addEvents(events.get(next++))
                            .build();
                    all.add(new Outgoing(
                            new ProducerRecord<>(
                                    record.topic(),
                                    record.partition(),
                                    record.timestamp(),
                                    record.key(),
                                    one.toByteArray()),
                            List.of(new Part(part.handed(), 1, i == 0 ? part.octets() : 0))));
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a record of our own cannot be read", e);
        }
        return all;
    }
}
