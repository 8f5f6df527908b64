package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the collector needs of Kafka beside sending: topics, how far earlier collectors came, a producer. */
final class KafkaAccess {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaAccess.class);

    private static final long RETRY_MILLIS = 100;
    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final List<String> COLLECTED =
            List.of(Topic.NAT_EVENTS.topicName(), Topic.EXPORTER_HEALTH.topicName());

    private KafkaAccess() {}

    /**
     * Makes the missing topics and finds how far this collector came before: its last mark. One that never set a mark
     * goes by the newest record of the topics that only collectors write. The topic of undecodable input is not among
     * them: the jobs write to it as well, also while no collector runs.
     *
     * @param collector the collector's name
     * @return until when everything is in Kafka, milliseconds since 1970-01-01T00:00Z; empty if there is no record
     * @throws CollectorException if Kafka does not answer in time or refuses
     */
    static OptionalLong prepareTopics(KafkaSettings settings, String collector) {
        return withTopics(settings, (newest, deadline) -> {
            OptionalLong mark = lastMark(settings, collector, deadline);
            return mark.isPresent() ? mark : newest;
        });
    }

    private static void makeTopics(KafkaSettings settings) {
        OptionalLong _ = withTopics(settings, (newest, _) -> newest);
    }

    /** What is done when the topics are there. */
    private interface Preparation {
        OptionalLong apply(OptionalLong newestMillis, long deadline) throws TimeoutException;
    }

    private static OptionalLong withTopics(KafkaSettings settings, Preparation then) {
        Admin admin = null;
        try {
            admin = Admin.create(clientProperties(settings));
            long deadline = System.nanoTime() + settings.startTimeout().toNanos();
            List<String> names = new ArrayList<>();
            for (Topic topic : Topic.values()) {
                names.add(topic.topicName());
                try {
                    admin.createTopics(List.of(newTopic(topic, settings)))
                            .all()
                            .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
            }
            return then.apply(newestTimestamp(admin, names, deadline), deadline);
        } catch (TimeoutException e) {
            throw new CollectorException(
                    "Kafka at " + settings.bootstrapServers() + " did not answer within "
                            + settings.startTimeout().toSeconds()
                            + " s; start it, or set collector.kafka.bootstrap-servers",
                    e);
        } catch (ExecutionException e) {
            throw new CollectorException(
                    "Kafka at " + settings.bootstrapServers() + " refused to make or describe the topics: "
                            + e.getCause(),
                    e);
        } catch (KafkaException e) {
            throw new CollectorException(
                    "Kafka's client cannot use its settings (collector.kafka): " + e.getMessage() + cause(e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CollectorException("waiting for Kafka was interrupted", e);
        } finally {
            if (admin != null) {
                admin.close(Duration.ZERO);
            }
        }
    }

    private static OptionalLong lastMark(KafkaSettings settings, String collector, long deadline)
            throws TimeoutException {
        OptionalLong until = OptionalLong.empty();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                clientProperties(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topic.COLLECTOR_MARKS.topicName()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                if (System.nanoTime() > deadline) {
                    throw new TimeoutException();
                }
                for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(RETRY_MILLIS))) {
                    CollectorMark mark = CollectorMark.parseFrom(found.value());
                    if (mark.getCollector().equals(collector)) {
                        until = OptionalLong.of(mark.getUntilMillis());
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new CollectorException(
                    "Topic " + Topic.COLLECTOR_MARKS.topicName() + " holds what is no mark of a collector: "
                            + e.getMessage(),
                    e);
        }
        return until;
    }

    private static OptionalLong newestTimestamp(Admin admin, List<String> topics, long deadline)
            throws ExecutionException, InterruptedException, TimeoutException {
        while (true) {
            try {
                Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
                admin.describeTopics(topics)
                        .allTopicNames()
                        .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)
                        .forEach((name, topic) -> topic.partitions()
                                .forEach(partition -> partitions.put(
                                        new TopicPartition(name, partition.partition()), OffsetSpec.maxTimestamp())));
                // All partitions are asked, so that each has a leader before anything is sent: a producer that meets
                // one
                // without can lose the order of its first batches, and does not recover.
                return admin
                        .listOffsets(partitions)
                        .all()
                        .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)
                        .entrySet()
                        .stream()
                        .filter(newest -> COLLECTED.contains(newest.getKey().topic()))
                        .mapToLong(newest -> newest.getValue().timestamp())
                        .filter(timestamp -> timestamp >= 0)
                        .max();
            } catch (ExecutionException e) {
                // A topic just made is not known to every broker at once.
                if (!(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
        }
    }

    private static String cause(KafkaException e) {
        return e.getCause() == null ? "" : ": " + e.getCause().getMessage();
    }

    private static NewTopic newTopic(Topic topic, KafkaSettings settings) {
        KafkaSettings.TopicSettings how = switch (topic) {
            case NAT_EVENTS -> settings.natEvents();
            case EXPORTER_HEALTH -> settings.exporterHealth();
            case COLLECTOR_MARKS ->
                new KafkaSettings.TopicSettings(1, settings.exporterHealth().replicationFactor(), null);
            case NAT_CONDITIONS -> settings.natConditions();
            case PORT_USAGE -> settings.portUsage();
            case UNDECODABLE -> settings.undecodable();
        };
        long retentionMillis = how.retention() == null ? -1 : how.retention().toMillis();
        return new NewTopic(topic.topicName(), how.partitions(), (short) how.replicationFactor())
                .configs(Map.of(
                        TopicConfig.RETENTION_MS_CONFIG,
                        Long.toString(retentionMillis),
                        TopicConfig.RETENTION_BYTES_CONFIG,
                        "-1",
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        topic == Topic.COLLECTOR_MARKS
                                ? TopicConfig.CLEANUP_POLICY_COMPACT
                                : TopicConfig.CLEANUP_POLICY_DELETE));
    }

    /** A producer that does not give up: what it took it delivers once and in order, or keeps trying. */
    static KafkaSink producer(KafkaSettings settings) {
        return KafkaSink.of(new KafkaProducer<>(
                producerProperties(settings), new ByteArraySerializer(), new ByteArraySerializer()));
    }

    private static Map<String, Object> producerProperties(KafkaSettings settings) {
        Map<String, Object> properties = clientProperties(settings);
        properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 131_072);
        properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 5);
        properties.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
        // Faster than Kafka's own choice; what events repeat is near, and found at any level.
        properties.putIfAbsent(ProducerConfig.COMPRESSION_ZSTD_LEVEL_CONFIG, 1);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.MAX_VALUE);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, settings.bufferOctets());
        return properties;
    }

    /**
     * Waits for Kafka, makes the missing topics, and answers a producer, however long that takes.
     *
     * @throws InterruptedException if the collector is to stop
     */
    static KafkaSink connect(KafkaSettings settings) throws InterruptedException {
        long lastWarningNanos = 0;
        boolean hasWarned = false;
        while (true) {
            try {
                makeTopics(settings);
                KafkaSink producer = producer(settings);
                if (hasWarned) {
                    LOG.info("Kafka at {} answers", settings.bootstrapServers());
                }
                return producer;
            } catch (CollectorException | KafkaException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                long now = System.nanoTime();
                if (!hasWarned || now - lastWarningNanos > WARNING_INTERVAL_NANOS) {
                    lastWarningNanos = now;
                    hasWarned = true;
                    LOG.warn("{}. What comes is kept in the spill until then", e.getMessage());
                }
                TimeUnit.MILLISECONDS.sleep(10 * RETRY_MILLIS);
            }
        }
    }

    /**
     * Says now what would never work, instead of waiting for Kafka for ever.
     *
     * @throws CollectorException if Kafka's client cannot use its settings
     */
    static void check(KafkaSettings settings) {
        try {
            ProducerConfig _ = new ProducerConfig(withSerializers(producerProperties(settings)));
        } catch (KafkaException e) {
            throw new CollectorException(
                    "Kafka's client cannot use its settings (collector.kafka): " + e.getMessage() + cause(e), e);
        }
    }

    private static Map<String, Object> withSerializers(Map<String, Object> properties) {
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return properties;
    }

    static Map<String, Object> clientProperties(KafkaSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.client());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.putIfAbsent(CommonClientConfigs.CLIENT_ID_CONFIG, "portledger-collector");
        // A broker that comes back is to be seen soon.
        properties.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1000);
        return properties;
    }
}
