package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.portledger.records.BindingEventReader;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** An outbox whose records stay in this JVM; acknowledged at once, or when the test says so. */
final class KafkaInMemory implements AutoCloseable {

    private static final Node NODE = new Node(1, "127.0.0.1", 9092);
    private static final Cluster CLUSTER = new Cluster(
            "in-memory",
            List.of(NODE),
            Stream.of(Topic.values())
                    .flatMap(topic -> IntStream.range(0, topic == Topic.NAT_EVENTS ? 2 : 1)
                            .mapToObj(partition -> new PartitionInfo(
                                    topic.topicName(), partition, NODE, new Node[] {NODE}, new Node[] {NODE})))
                    .toList(),
            Set.of(),
            Set.of());

    final Tally tally = new Tally();
    final GapBoard gapBoard = new GapBoard();
    final MockProducer<byte[], byte[]> producer;
    final Outbox outbox;

    KafkaInMemory(boolean acknowledgesAtOnce, long limitOctets) {
        producer = new MockProducer<>(
                CLUSTER,
                acknowledgesAtOnce,
                new RoundRobinPartitioner(),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        outbox = new Outbox(KafkaSink.of(producer), limitOctets, tally, gapBoard);
    }

    /** With a spill; what is sent is acknowledged when the test says so. */
    KafkaInMemory(Spill spill, long memoryLimitOctets, SpillSettings limits) {
        producer = new MockProducer<>(
                CLUSTER, false, new RoundRobinPartitioner(), new ByteArraySerializer(), new ByteArraySerializer());
        outbox = new Outbox(
                () -> KafkaSink.of(producer),
                memoryLimitOctets,
                spill,
                limits,
                tally,
                gapBoard,
                new HeardExporters(10));
    }

    /** What reached the producer, after the outbox has handed over everything. */
    List<BindingEvent> events() throws InvalidProtocolBufferException {
        List<BindingEvent> events = new ArrayList<>();
        for (BindingEvents batch : read(Topic.NAT_EVENTS, BindingEvents.parser())) {
            events.addAll(BindingEventReader.read(batch));
        }
        return events;
    }

    List<NatCondition> conditions() throws InvalidProtocolBufferException {
        return read(Topic.NAT_CONDITIONS, NatCondition.parser());
    }

    List<PortUsage> usages() throws InvalidProtocolBufferException {
        return read(Topic.PORT_USAGE, PortUsage.parser());
    }

    List<Undecodable> undecodable() throws InvalidProtocolBufferException {
        return read(Topic.UNDECODABLE, Undecodable.parser());
    }

    /** The gaps on the board, which this takes off. */
    List<ExporterGap> gaps() {
        return gapBoard.flush();
    }

    void awaitSent(int records) {
        Awaitility.await()
                .atMost(10, TimeUnit.SECONDS)
                .until(() -> producer.history().size() >= records);
    }

    private <T extends MessageLite> List<T> read(Topic topic, Parser<T> parser) throws InvalidProtocolBufferException {
        Awaitility.await().atMost(10, TimeUnit.SECONDS).until(outbox::isEmpty);
        List<T> messages = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : producer.history()) {
            if (record.topic().equals(topic.topicName())) {
                messages.add(parser.parseFrom(record.value()));
            }
        }
        return messages;
    }

    @Override
    public void close() {
        outbox.close();
    }
}
