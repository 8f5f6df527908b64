package io.portledger.jobs;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Undecodable;
import java.io.Serial;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.util.OutputTag;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Records that the jobs cannot use: kept whole, with the reason, in the topic {@link Topic#UNDECODABLE}. */
final class Refused {

    /** Side output of {@code Undecodable} messages. */
    static final OutputTag<byte[]> TAG =
            new OutputTag<>("refused", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);

    private Refused() {}

    /** A record of a topic that is not what the topic's records are. */
    static byte[] unreadable(Topic topic, KafkaRecord kafkaRecord, String reason) {
        return Undecodable.newBuilder()
                .setSource(Evidence.newBuilder().setRaw(ByteString.copyFrom(kafkaRecord.value)))
                .setReason("Record " + kafkaRecord.offset + " of partition " + kafkaRecord.partition + " of "
                        + topic.topicName() + " cannot be used: " + reason)
                .build()
                .toByteArray();
    }

    /** An event that came after the history of its time was closed. */
    static byte[] late(Testimony event, String reason) {
        return Undecodable.newBuilder()
                .setSource(event.evidence())
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
