package io.portledger.jobs;

import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Undecodable;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/** A real Kafka broker in the test's JVM, on free ports of the loopback interface, with the topics of the chain. */
final class KafkaBroker implements AutoCloseable {

    private static final int PARTITIONS = 3;

    private final KafkaRaftServer server;
    private final KafkaProducer<byte[], byte[]> producer;
    final String bootstrapServers;

    private KafkaBroker(KafkaRaftServer server, String bootstrapServers) {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    static KafkaBroker start(Path directory) throws Exception {
        int port = freePort();
        int controllerPort = freePort();
        Path logs = directory.resolve("kafka");
        Formatter formatter = new Formatter();
        formatter.setClusterId(Uuid.randomUuid().toString());
        formatter.setNodeId(1);
        formatter.setDirectories(List.of(logs.toString()));
        formatter.setMetadataLogDirectory(logs.toString());
        formatter.setControllerListenerName("CONTROLLER");
        formatter.setUnstableFeatureVersionsEnabled(false);
        formatter.setIgnoreFormatted(true);
        formatter.setHasDynamicQuorum(false);
        formatter.setPrintStream(System.out);
        formatter.run();
        Properties p = new Properties();
        p.putAll(Map.of(
                "process.roles", "broker,controller",
                "node.id", "1",
                "controller.quorum.voters", "1@127.0.0.1:" + controllerPort,
                "controller.listener.names", "CONTROLLER",
                "inter.broker.listener.name", "PLAINTEXT",
                "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners", "PLAINTEXT://127.0.0.1:" + port,
                "log.dirs", logs.toString()));
        p.putAll(Map.of(
                "offsets.topic.replication.factor", "1",
                "offsets.topic.num.partitions", "1",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1",
                "group.initial.rebalance.delay.ms", "0",
                "log.cleaner.dedupe.buffer.size", "16777216",
                "auto.create.topics.enable", "false"));
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(p), Time.SYSTEM);
        server.startup();
        KafkaBroker broker = new KafkaBroker(server, "127.0.0.1:" + port);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers))) {
            admin.createTopics(Arrays.stream(Topic.values())
                            .map(topic -> new NewTopic(topic.topicName(), PARTITIONS, (short) 1))
                            .toList())
                    .all()
                    .get();
            // Only a leader answers this. Whoever produces before there is one confuses the broker's count of his
            // records.
            for (Topic topic : Topic.values()) {
                admin.listOffsets(latest(topic)).all().get();
            }
        }
        return broker;
    }

    void send(BindingEvent event) {
        send(Topic.NAT_EVENTS, RecordKey.of(event), event.toByteArray());
    }

    void send(Topic topic, byte[] key, byte @Nullable [] value) {
        send(topic, key, value, null);
    }

    /** @param atMillis when a collector received what it tells; null is now */
    void send(Topic topic, byte[] key, byte @Nullable [] value, @Nullable Long atMillis) {
        var unused = producer.send(new ProducerRecord<>(topic.topicName(), null, atMillis, key, value));
    }

    /** Tells in every partition, as a collector does, that everything up to then was sent. */
    void sendMark(long untilMillis) {
        CollectorMark mark = CollectorMark.newBuilder()
                .setCollector("c1")
                .setUntilMillis(untilMillis)
                .setPartitions(2 * PARTITIONS)
                .build();
        byte[] inEvents = BindingEvent.newBuilder().setMark(mark).build().toByteArray();
        byte[] inGaps = ExporterGap.newBuilder().setMark(mark).build().toByteArray();
        for (int i = 0; i < PARTITIONS; i++) {
            var unused =
                    producer.send(new ProducerRecord<>(Topic.NAT_EVENTS.topicName(), i, untilMillis, null, inEvents));
            var unusedToo = producer.send(
                    new ProducerRecord<>(Topic.EXPORTER_HEALTH.topicName(), i, untilMillis, null, inGaps));
        }
        producer.flush();
    }

    /** Waits until everything sent is stored. */
    void flush() {
        producer.flush();
    }

    /** What the topic for refused records holds now. */
    List<Undecodable> refused() throws Exception {
        List<Undecodable> refused = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                partitions.add(new TopicPartition(Topic.UNDECODABLE.topicName(), i));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                for (ConsumerRecord<byte[], byte[]> consumed : consumer.poll(Duration.ofMillis(100))) {
                    refused.add(Undecodable.parseFrom(consumed.value()));
                }
            }
        }
        return refused;
    }

    /** Deletes all that is in a topic now, as its retention does. */
    void deleteAll(Topic topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            admin.listOffsets(latest(topic))
                    .all()
                    .get()
                    .forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end.offset())));
            admin.deleteRecords(all).all().get();
        }
    }

    /** Deletes the progress that a consumer group has reported, if it has reported any. */
    void forgetWhatWasRead(String group) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            admin.deleteConsumerGroups(List.of(group)).all().get();
        } catch (ExecutionException e) {
            // Flink reports its progress now and then, and a job that ends soon may not have come to it.
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw e;
            }
        }
    }

    /** Whether a consumer group has reported that it read all that is in a topic now. */
    boolean isReadToTheEnd(String group, Topic topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            Map<TopicPartition, ListOffsetsResultInfo> ends =
                    admin.listOffsets(latest(topic)).all().get();
            Map<TopicPartition, OffsetAndMetadata> read = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            return ends.entrySet().stream().allMatch(end -> {
                OffsetAndMetadata reached = read.get(end.getKey());
                return end.getValue().offset() == 0
                        || (reached != null
                                && reached.offset() == end.getValue().offset());
            });
        }
    }

    private static Map<TopicPartition, OffsetSpec> latest(Topic topic) {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            latest.put(new TopicPartition(topic.topicName(), i), OffsetSpec.latest());
        }
        return latest;
    }

    @Override
    public void close() {
        producer.close();
        server.shutdown();
        server.awaitShutdown();
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
