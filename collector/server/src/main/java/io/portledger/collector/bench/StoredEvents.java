package io.portledger.collector.bench;

import io.portledger.records.BindingEventReader;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.ProtobufDeserializer;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The binding events in Kafka, from the first on, each once. For one thread. */
public final class StoredEvents implements AutoCloseable {

    private static final int SEGMENT_OCTETS = 16 << 20;

    private final KafkaConsumer<byte[], BindingEvents> consumer;

    private StoredEvents(KafkaConsumer<byte[], BindingEvents> consumer) {
        this.consumer = consumer;
    }

    /** The events of a broker on which a collector has made the topics. */
    public static StoredEvents of(String bootstrapServers) {
        KafkaConsumer<byte[], BindingEvents> consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new ByteArrayDeserializer(),
                new ProtobufDeserializer<>(BindingEvents.parser()));
        List<TopicPartition> partitions = consumer.partitionsFor(Topic.NAT_EVENTS.topicName()).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return new StoredEvents(consumer);
    }

    /** Shows what has come since, and waits a moment if nothing has. */
    public void next(Consumer<BindingEvent> taker) {
        for (ConsumerRecord<byte[], BindingEvents> record : consumer.poll(Duration.ofMillis(100))) {
            try {
                BindingEventReader.read(record.value()).forEach(taker);
            } catch (InvalidRecordException e) {
                throw new IllegalStateException("A record that the collector wrote cannot be read", e);
            }
        }
    }

    /**
     * Lets a broker forget what is older in each partition of each topic, so that whoever sends for days need not fill the
     * disk.
     *
     * @param octets how many are kept, and at most 16 MiB and what comes in five minutes more
     */
    public static void keepOnly(String bootstrapServers, long octets) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            List<AlterConfigOp> bounds = new ArrayList<>();
            Map.of(TopicConfig.RETENTION_BYTES_CONFIG, octets, TopicConfig.SEGMENT_BYTES_CONFIG, (long) SEGMENT_OCTETS)
                    .forEach((name, value) -> bounds.add(
                            new AlterConfigOp(new ConfigEntry(name, Long.toString(value)), AlterConfigOp.OpType.SET)));
            Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
            for (Topic topic : Topic.values()) {
                if (topic != Topic.COLLECTOR_MARKS) {
                    changes.put(new ConfigResource(ConfigResource.Type.TOPIC, topic.topicName()), bounds);
                }
            }
            admin.incrementalAlterConfigs(changes).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("Kafka does not take the bounds of its topics: " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
