package io.portledger.jobs;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.ledger.Gap;
import io.portledger.records.BindingFact;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Undecodable;
import java.io.Serial;
import java.time.Instant;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.util.OutputTag;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Records that the jobs cannot use: kept whole, with the reason, in the topic {@link Topic#UNDECODABLE}. */
public final class Refused {

    /** Side output of {@code Undecodable} messages. */
    public static final OutputTag<byte[]> TAG =
            new OutputTag<>("refused", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    static final int MAX_EXPORTER_LENGTH = 100;

    private static final String UNDECODABLE = ExporterGap.Cause.UNDECODABLE.name();

    private Refused() {}

    /** A record of a topic that is not what the topic's records are. */
    public static byte[] unreadable(Topic topic, KafkaRecord kafkaRecord, String reason) {
        return Undecodable.newBuilder()
                .setSource(Evidence.newBuilder().setRaw(ByteString.copyFrom(kafkaRecord.value)))
                .setReason("Record " + kafkaRecord.offset + " of partition " + kafkaRecord.partition + " of "
                        + topic.topicName() + " cannot be used: " + reason)
                .build()
                .toByteArray();
    }

    /** An event of a record of events that says what it must not. */
    static byte[] unusable(BindingEvent event, int place, KafkaRecord kafkaRecord, String reason) {
        return Undecodable.newBuilder()
                .setSource(Evidence.newBuilder().setRaw(event.toByteString()))
                .setReason("Event " + place + " of record " + kafkaRecord.offset + " of partition "
                        + kafkaRecord.partition + " of " + Topic.NAT_EVENTS.topicName() + " cannot be used: " + reason)
                .build()
                .toByteArray();
    }

    /**
     * What an event that cannot be used leaves open: the stretch between its time and its reception, or, where it does
     * not tell both its exporter and a time that can be, everything before its reception.
     *
     * @param event the event as far as it can be read; null if it cannot be
     */
    static Gap gap(@Nullable BindingEvent event, KafkaRecord kafkaRecord) {
        long stored = stored(kafkaRecord);
        if (event == null || exporter(event.getEvidence().getExporter()).equals(Gap.ANY_EXPORTER)) {
            return gapOfAll(stored);
        }
        Evidence evidence = event.getEvidence();
        long received = evidence.getReceivedMillis() > 0 ? Math.min(evidence.getReceivedMillis(), stored) : stored;
        boolean isTimeKnown = BindingFact.isPlausible(event.getEventTimeMillis(), received);
        return new Gap(
                evidence.getExporter(),
                Integer.toUnsignedLong(evidence.getObservationDomain()),
                UNDECODABLE,
                Instant.ofEpochMilli(isTimeKnown ? Math.min(event.getEventTimeMillis(), received) : 0),
                Instant.ofEpochMilli(isTimeKnown ? Math.max(event.getEventTimeMillis(), received) : received),
                1);
    }

    /** The exporter as gaps name it: what cannot be one is anybody. The ids of documents have no room for more. */
    static String exporter(String named) {
        return named.isEmpty() || named.length() > MAX_EXPORTER_LENGTH ? Gap.ANY_EXPORTER : named;
    }

    /** The gap of a record of which not even the exporter is known. */
    static Gap gapOfAll(long receivedMillis) {
        return new Gap(Gap.ANY_EXPORTER, 0, UNDECODABLE, Instant.EPOCH, Instant.ofEpochMilli(receivedMillis), 0);
    }

    /** When a record was received; the end of time if Kafka does not tell. */
    static long stored(KafkaRecord kafkaRecord) {
        return kafkaRecord.timestamp < 0 || kafkaRecord.timestamp > Gap.LAST_MILLIS
                ? Gap.LAST_MILLIS
                : kafkaRecord.timestamp;
    }

    /** A record that came after what it tells of was closed. */
    public static byte[] late(Evidence source, String reason) {
        return Undecodable.newBuilder()
                .setSource(source)
                .setReason(reason)
                .build()
                .toByteArray();
    }

    /** Writes {@link #TAG}'s output to its topic. */
    static final class Schema implements KafkaRecordSerializationSchema<byte[]> {

        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public ProducerRecord<byte[], byte[]> serialize(
                byte[] undecodable, KafkaSinkContext context, @Nullable Long timestamp) {
            try {
                return new ProducerRecord<>(
                        Topic.UNDECODABLE.topicName(), RecordKey.of(Undecodable.parseFrom(undecodable)), undecodable);
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
