package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingEventReader;
import io.portledger.records.BindingFact;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Undecodable;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The outbox with its spill, and a producer that acknowledges when it is told to. */
class OutboxSpillTest {

    private static final Reading.NoBinding SOMETHING =
            new Reading.NoBinding(Counter.OTHER_SYSLOG_MESSAGES, "for the test");
    private static final long MEMORY_OCTETS = 1 << 18;
    private static final SpillSettings LIMITS = new SpillSettings(16 << 20, 50, null);

    private @TempDir Path directory;

    private static KafkaInMemory start(Path directory) throws Exception {
        return new KafkaInMemory(
                Spill.open(directory, 1 << 16, false, InstantSource.system(), OptionalLong.of(1)),
                MEMORY_OCTETS,
                LIMITS);
    }

    /** Whether the records are events, which go many to a record of Kafka, or others. */
    private boolean isOfEvents;

    private void put(Outbox.Batch batch, int number, int octets) {
        byte[] raw = new byte[octets];
        raw[0] = (byte) (number >> 16);
        raw[1] = (byte) (number >> 8);
        raw[2] = (byte) number;
        Evidence evidence = Outbox.evidence(
                        "192.0.2.1", Evidence.Transport.SYSLOG_TCP, 10_000L + number, ByteString.copyFrom(raw))
                .build();
        if (isOfEvents) {
            batch.add(
                    new BindingFact(
                            BindingEvent.Kind.ALLOCATED,
                            10_000L + number,
                            new Ipv4Address(0xcb007107),
                            PortSet.WHOLE_ADDRESS,
                            null,
                            null,
                            "someone",
                            0,
                            null),
                    evidence);
        } else {
            batch.add(SOMETHING, evidence);
        }
    }

    /** The numbers of the records that the producer was given. */
    private static List<Integer> sent(KafkaInMemory kafka) throws InvalidProtocolBufferException {
        return numbers(kafka.producer.history());
    }

    private static List<Integer> numbers(List<ProducerRecord<byte[], byte[]>> records)
            throws InvalidProtocolBufferException {
        List<Integer> numbers = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : records) {
            if (record.topic().equals(Topic.UNDECODABLE.topicName())) {
                numbers.add(number(Undecodable.parseFrom(record.value()).getSource()));
            } else if (record.topic().equals(Topic.NAT_EVENTS.topicName())) {
                for (BindingEvent event : BindingEventReader.read(BindingEvents.parseFrom(record.value()))) {
                    numbers.add(number(event.getEvidence()));
                }
            }
        }
        return numbers;
    }

    private static int number(Evidence evidence) {
        ByteString raw = evidence.getRaw();
        return ((raw.byteAt(0) & 0xff) << 16) | ((raw.byteAt(1) & 0xff) << 8) | (raw.byteAt(2) & 0xff);
    }

    private static void acknowledgeAll(KafkaInMemory kafka) {
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    boolean isMore = true;
                    while (isMore) {
                        isMore = kafka.producer.completeNext();
                    }
                    return kafka.outbox.isEmpty();
                });
    }

    private long segments() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void memoryStaysFlatWhileKafkaIsAwayAndTheRestIsReadFromDisk(boolean ofEvents) throws Exception {
        isOfEvents = ofEvents;
        int records = 20_000;
        try (KafkaInMemory kafka = start(directory)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (int i = 0; i < records; i++) {
                put(batch, i, 100);
                if (i % 7 == 6) {
                    batch.flush();
                }
            }
            batch.flush();
            assertThat(kafka.tally.read().get(Counter.ACCEPTED)).isEqualTo(records);
            assertThat(kafka.outbox.backlog().memoryOctets()).isLessThanOrEqualTo(2 * MEMORY_OCTETS);
            assertThat(kafka.outbox.backlog().spillOctets()).isGreaterThan(100L * records);
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isLessThanOrEqualTo(10_000);

            acknowledgeAll(kafka);
            assertThat(sent(kafka))
                    .containsExactlyElementsOf(
                            IntStream.range(0, records).boxed().toList());
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(Long.MAX_VALUE);
            Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> segments() <= 2);
        }
        assertThat(segments()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAKilledProcessHeldIsSentByTheNextOne(boolean ofEvents) throws Exception {
        isOfEvents = ofEvents;
        int records = 3_000;
        KafkaInMemory killed = start(directory);
        Outbox.Batch batch = killed.outbox.new Batch();
        for (int i = 0; i < records; i++) {
            put(batch, i, 100);
            batch.flush();
        }
        killed.awaitSent(2);
        assertThat(killed.producer.completeNext()).isTrue();
        assertThat(killed.producer.completeNext()).isTrue();
        List<Integer> acknowledged = numbers(killed.producer.history().subList(0, 2));
        List<Integer> others =
                new ArrayList<>(IntStream.range(0, records).boxed().toList());
        others.removeAll(acknowledged);
        assertThat(others).isNotEmpty();
        // A copy is what a process that is killed now leaves behind; the first goes on living in this one.
        Path left = directory.resolveSibling(directory.getFileName() + "-left");
        Files.createDirectories(left);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.copy(file, left.resolve(file.getFileName()));
            }
        }
        try (KafkaInMemory next = start(left)) {
            acknowledgeAll(next);
            assertThat(sent(next)).isSorted().containsAll(others);
        }
        killed.outbox.close(Duration.ZERO);
        try (KafkaInMemory next = start(directory)) {
            acknowledgeAll(next);
            assertThat(sent(next)).as("an orderly stop forgets nothing either").containsAll(others);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFullSpillTakesNoMoreUntilThereIsRoomAndForgetsNothing(boolean ofEvents) throws Exception {
        isOfEvents = ofEvents;
        try (KafkaInMemory kafka = start(directory)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            int records = 0;
            while (kafka.outbox.hasRoom()) {
                put(batch, records++, 10_000);
                batch.flush();
            }
            assertThat(kafka.outbox.backlog().spillOctets()).isBetween(LIMITS.maxOctets(), LIMITS.maxOctets() + 20_000);
            Awaitility.await().atMost(10, TimeUnit.SECONDS).until(kafka.outbox.backlog()::isAlarming);
            AtomicInteger told = new AtomicInteger();
            kafka.outbox.whenRoom(told::incrementAndGet);
            assertThat(told).hasValue(0);

            acknowledgeAll(kafka);
            Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> told.get() == 1);
            assertThat(kafka.outbox.hasRoom()).isTrue();
            assertThat(sent(kafka))
                    .containsExactlyElementsOf(
                            IntStream.range(0, records).boxed().toList());
        }
    }

    @Test
    void aDiskThatRefusesLeavesWhatMemoryHoldsAndIsWrittenWhenItCanBe() throws Exception {
        Path small = Files.createTempDirectory("portledger-small");
        assertThat(new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString())
                        .start()
                        .waitFor())
                .as("a small file system is mounted, for which tests need root as for namespaces")
                .isZero();
        try (KafkaInMemory kafka = start(small)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            int records = 0;
            while (kafka.outbox.hasRoom()) {
                put(batch, records++, 10_000);
                batch.flush();
            }
            assertThat(kafka.outbox.backlog().isAlarming()).isTrue();
            long accepted = kafka.tally.read().get(Counter.ACCEPTED);
            assertThat(accepted).isBetween(80L, (long) records - 1);

            acknowledgeAll(kafka);
            assertThat(sent(kafka))
                    .containsExactlyElementsOf(
                            IntStream.range(0, records).boxed().toList());
            Awaitility.await()
                    .atMost(10, TimeUnit.SECONDS)
                    .until(() -> !kafka.outbox.backlog().isAlarming());
            put(batch, records, 10);
            batch.flush();
            assertThat(kafka.tally.read().get(Counter.ACCEPTED)).isGreaterThan(accepted);
            acknowledgeAll(kafka);
        } finally {
            new ProcessBuilder("umount", small.toString()).start().waitFor();
            Files.delete(small);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damageIsCountedAndBecomesAGapOfAllExporters(boolean ofEvents) throws Exception {
        isOfEvents = ofEvents;
        KafkaInMemory killed = start(directory);
        Outbox.Batch batch = killed.outbox.new Batch();
        int records = 2_000;
        for (int i = 0; i < records; i++) {
            put(batch, i, 1000);
            batch.flush();
        }
        killed.outbox.close(Duration.ZERO);
        Path segment;
        try (Stream<Path> files = Files.list(directory)) {
            segment = files.sorted().toList().get(5);
        }
        byte[] octets = Files.readAllBytes(segment);
        octets[octets.length / 2] ^= 0x10;
        Files.write(segment, octets);

        try (KafkaInMemory next = start(directory)) {
            acknowledgeAll(next);
            assertThat(next.tally.read().get(Counter.DAMAGED_SPILL)).isEqualTo(1);
            assertThat(new LinkedHashSet<>(sent(next))).hasSizeBetween(records - 70, records - 10);
            List<ExporterGap> gaps = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : next.producer.history()) {
                if (record.topic().equals(Topic.EXPORTER_HEALTH.topicName())) {
                    gaps.add(ExporterGap.parseFrom(record.value()));
                }
            }
            assertThat(gaps).singleElement().satisfies(gap -> {
                assertThat(gap.getExporter()).isEqualTo("*");
                assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
                assertThat(gap.getFromMillis()).isEqualTo(1);
                assertThat(gap.getToMillis()).isPositive();
            });
        }
        assertThat(Path.of(segment + ".damaged")).exists();
    }
}
