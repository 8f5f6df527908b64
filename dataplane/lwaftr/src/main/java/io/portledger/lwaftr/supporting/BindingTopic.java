package io.portledger.lwaftr.supporting;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.table.BindingEntry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The compacted topic of bindings, for those who look at it or publish on it. */
public final class BindingTopic {

    private static final Duration ASK = Duration.ofSeconds(10);

    private BindingTopic() {}

    /**
     * Every binding that is on the topic.
     *
     * @param br the BR address of entries that name none
     * @param faulty is told what is wrong with each key whose last record is no statement
     * @throws IllegalStateException if Kafka does not answer or has no such topic; the message is for the operator
     */
    public static List<Binding> read(
            SupportingSettings.Kafka settings, Ipv6Address br, java.util.function.Consumer<String> faulty) {
        try (Consumer<byte[], byte[]> reader = open(settings)) {
            List<TopicPartition> partitions = partitions(reader, settings.topic());
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            Map<TopicPartition, Long> left = new HashMap<>(reader.endOffsets(partitions, ASK));
            Map<String, Binding> held = new LinkedHashMap<>();
            Map<String, String> faults = new LinkedHashMap<>();
            while (true) {
                left.entrySet().removeIf(end -> reader.position(end.getKey()) >= end.getValue());
                if (left.isEmpty()) {
                    break;
                }
                for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(200))) {
                    byte[] octets = record.key();
                    String key = octets == null ? "" : new String(octets, StandardCharsets.UTF_8);
                    faults.remove(key);
                    try {
                        TopicStatement statement = TopicStatement.parse(octets, record.value(), br);
                        held.remove(key);
                        if (statement instanceof TopicStatement.Held(Binding binding)) {
                            held.put(key, binding);
                        }
                    } catch (IllegalArgumentException e) {
                        if (record.value() != null) {
                            faults.put(key, "the record of key \"" + key + "\" is faulty: " + e.getMessage());
                        }
                    }
                }
            }
            faults.values().forEach(faulty);
            return List.copyOf(held.values());
        } catch (KafkaException e) {
            throw unavailable(settings, e);
        }
    }

    /**
     * Makes the topic unless it is there: compacted, with one partition.
     *
     * @return whether it was made
     * @throws IllegalStateException if Kafka does not answer or refuses
     */
    public static boolean create(SupportingSettings.Kafka settings) {
        try (Admin admin = Admin.create(properties(settings))) {
            NewTopic topic = new NewTopic(settings.topic(), Optional.of(1), Optional.empty())
                    .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
            admin.createTopics(List.of(topic)).all().get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw unavailable(settings, e);
        } catch (KafkaException e) {
            throw unavailable(settings, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(settings, e);
        }
    }

    /**
     * Publishes statements about port sets, in their order; returns when Kafka has all of them.
     *
     * @throws IllegalArgumentException if RFC 8676 cannot say one of them; then none is published
     * @throws IllegalStateException if Kafka did not take one; those before it are published
     */
    public static void publish(SupportingSettings.Kafka settings, Collection<TopicStatement> statements) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(statements.size());
        for (TopicStatement statement : statements) {
            byte[] key = statement.key().getBytes(StandardCharsets.UTF_8);
            records.add(
                    switch (statement) {
                        case TopicStatement.Held(Binding binding) ->
                            new ProducerRecord<>(settings.topic(), key, BindingEntry.toJson(binding));
                        case TopicStatement.Withdrawn _, TopicStatement.Forgotten _ ->
                            new ProducerRecord<>(settings.topic(), key, null);
                        case TopicStatement.Known known ->
                            throw new IllegalArgumentException("only port sets are published, not " + known.key());
                    });
        }
        Map<String, Object> properties = properties(settings);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, "20");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<?>> sent = new ArrayList<>(records.size());
            records.forEach(record -> sent.add(producer.send(record)));
            producer.flush();
            for (Future<?> each : sent) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw unavailable(settings, e);
        } catch (KafkaException e) {
            throw unavailable(settings, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(settings, e);
        }
    }

    /**
     * A consumer of no group.
     *
     * @throws IllegalArgumentException if it cannot use its settings
     */
    static Consumer<byte[], byte[]> open(SupportingSettings.Kafka settings) {
        Map<String, Object> properties = properties(settings);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "5000");
        try {
            return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            String reason = e.getCause() == null ? "" : ": " + e.getCause().getMessage();
            throw new IllegalArgumentException(
                    "Kafka's client cannot use its settings (lwaftr.supporting.kafka): " + e.getMessage() + reason, e);
        }
    }

    /** The partitions of a topic, of which there is one at least. */
    static List<TopicPartition> partitions(Consumer<byte[], byte[]> reader, String topic) {
        List<PartitionInfo> found = reader.partitionsFor(topic, ASK);
        if (found == null || found.isEmpty()) {
            throw new KafkaException("there is no topic " + topic
                    + "; make it with cleanup.policy=compact, as \"portledger bindings import FILE --kafka\" does");
        }
        return found.stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
    }

    private static Map<String, Object> properties(SupportingSettings.Kafka settings) {
        Map<String, Object> properties = new HashMap<>(settings.client());
        properties.put("bootstrap.servers", settings.bootstrapServers());
        return properties;
    }

    private static IllegalStateException unavailable(SupportingSettings.Kafka settings, Exception cause) {
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        return new IllegalStateException(
                "Kafka at " + settings.bootstrapServers() + ", topic " + settings.topic() + ": " + root.getMessage(),
                cause);
    }
}
