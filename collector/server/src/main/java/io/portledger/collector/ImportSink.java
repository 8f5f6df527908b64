package io.portledger.collector;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.jspecify.annotations.Nullable;

/**
 * Where an import sends its records: each is shown to a census first, and goes to Kafka or nowhere.
 *
 * @param kafka takes the records; null: nobody does
 */
record ImportSink(@Nullable KafkaSink kafka, Consumer<ProducerRecord<byte[], byte[]>> census, InstantSource clock)
        implements KafkaSink {

    @Override
    public void send(ProducerRecord<byte[], byte[]> record, Callback done) {
        census.accept(record);
        if (kafka == null) {
            done.onCompletion(null, null);
            return;
        }
        // Kafka keeps a record for so long after its time: it is to count from now, however old the file is.
        kafka.send(
                new ProducerRecord<>(record.topic(), record.partition(), clock.millis(), record.key(), record.value()),
                done);
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        return kafka == null ? List.of() : kafka.partitionsFor(topic);
    }

    @Override
    public void close(Duration timeout) {
        if (kafka != null) {
            kafka.close(timeout);
        }
    }
}
