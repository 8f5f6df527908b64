package io.portledger.jobs;

import java.io.IOException;
import java.io.Serial;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record as it lies in Kafka, undecoded, so that one that cannot be decoded is not lost. A mutable class with public
 * fields because Flink then serialises it field by field.
 */
public final class KafkaRecord {

    public int partition;
    public long offset;
    /** When a collector received what it tells, milliseconds since 1970-01-01T00:00Z. */
    public long timestamp;

    public byte[] value = {};

    /** Reads nothing but the bytes, which cannot fail. */
    static final class Schema implements KafkaRecordDeserializationSchema<KafkaRecord> {

        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> consumed, Collector<KafkaRecord> out)
                throws IOException {
            KafkaRecord kafkaRecord = new KafkaRecord();
            kafkaRecord.partition = consumed.partition();
            kafkaRecord.offset = consumed.offset();
            kafkaRecord.timestamp = consumed.timestamp();
            // A null value is a deletion of a compacted topic, which these are not: an empty record, refused later.
            if (consumed.value() != null) {
                kafkaRecord.value = consumed.value();
            }
            out.collect(kafkaRecord);
        }

        @Override
        public TypeInformation<KafkaRecord> getProducedType() {
            return Types.POJO(KafkaRecord.class);
        }
    }
}
