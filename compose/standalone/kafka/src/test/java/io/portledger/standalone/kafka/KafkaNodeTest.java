package io.portledger.standalone.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.standalone.child.Child;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaNodeTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String TOPIC = "numbers";
    private static final int RECORDS = 30_000;

    @TempDir
    Path data;

    private int port;
    private int controllerPort;
    private Process node;

    @BeforeEach
    void startNode() throws IOException {
        port = freePort();
        controllerPort = freePort();
        node = node();
    }

    @AfterEach
    void stopNode() {
        node.destroyForcibly().onExit().join();
    }

    @Test
    void everyAcknowledgedRecordOutlivesKills() throws Exception {
        createTopic();
        Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        "127.0.0.1:" + port,
                        "acks",
                        "all",
                        "enable.idempotence",
                        true,
                        "delivery.timeout.ms",
                        (int) PATIENCE.toMillis(),
                        "reconnect.backoff.max.ms",
                        200),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int kill = 1; kill <= 2; kill++) {
                int first = (kill - 1) * RECORDS / 2;
                for (int i = first; i < first + RECORDS / 2; i++) {
                    int number = i;
                    byte[] bytes = ByteBuffer.allocate(4).putInt(number).array();
                    var _ = producer.send(new ProducerRecord<>(TOPIC, bytes, bytes), (metadata, failure) -> {
                        if (failure == null) {
                            acknowledged.add(number);
                        }
                    });
                }
                // In the middle of the stream: some records are acknowledged, others under way.
                int half = first + RECORDS / 4;
                await().atMost(PATIENCE).until(() -> acknowledged.size() > half);
                node.destroyForcibly().onExit().join();
                node = node();
            }
            producer.flush();
        }
        assertThat(acknowledged).hasSize(RECORDS);
        assertThat(readAll())
                .as("each number once")
                .hasSize(RECORDS)
                .doesNotHaveDuplicates()
                .containsAll(acknowledged);
    }

    private Process node() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        KafkaNode.class.getName(),
                        data.toString(),
                        Integer.toString(port),
                        Integer.toString(controllerPort))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void createTopic() throws Exception {
        try (Admin admin = Admin.create(Map.of(
                "bootstrap.servers", "127.0.0.1:" + port, "default.api.timeout.ms", (int) PATIENCE.toMillis()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
            // Only a leader answers this; to produce before there is one confuses the broker's count of the records.
            admin.listOffsets(Map.of(
                            new TopicPartition(TOPIC, 0), OffsetSpec.latest(),
                            new TopicPartition(TOPIC, 1), OffsetSpec.latest()))
                    .all()
                    .get();
        }
    }

    private List<Integer> readAll() {
        List<Integer> read = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", "127.0.0.1:" + port, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            Set<TopicPartition> partitions = Set.of(new TopicPartition(TOPIC, 0), new TopicPartition(TOPIC, 1));
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
            await().pollInSameThread().atMost(PATIENCE).until(() -> {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(record ->
                                read.add(ByteBuffer.wrap(record.value()).getInt()));
                return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            });
        }
        return read;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
