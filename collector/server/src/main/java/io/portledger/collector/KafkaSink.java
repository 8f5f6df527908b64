package io.portledger.collector;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;

/** What an outbox needs of Kafka's producer, and nothing more. Thread-safe. */
interface KafkaSink {

    /** Sends a record; {@code done} hears of success or failure, on any thread. */
    void send(ProducerRecord<byte[], byte[]> record, Callback done);

    /** The partitions of a topic. */
    List<PartitionInfo> partitionsFor(String topic);

    /** Waits for what is under way, for at most {@code timeout}; what is left then fails. */
    void close(Duration timeout);

    /** Kafka's producer itself. */
    static KafkaSink of(Producer<byte[], byte[]> producer) {
        return new KafkaSink() {
            @Override
            public void send(ProducerRecord<byte[], byte[]> record, Callback done) {
                // The future would tell the same again.
                Future<RecordMetadata> _ = producer.send(record, done);
            }

            @Override
            public List<PartitionInfo> partitionsFor(String topic) {
                return producer.partitionsFor(topic);
            }

            @Override
            public void close(Duration timeout) {
                producer.close(timeout);
            }
        };
    }
}
