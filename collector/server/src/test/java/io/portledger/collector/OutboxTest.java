package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.portledger.records.BindingEventReader;
import io.portledger.records.BindingEventsWriter;
import io.portledger.records.BindingFact;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OutboxTest {

    private static final Reading.NoBinding SOMETHING =
            new Reading.NoBinding(Counter.OTHER_SYSLOG_MESSAGES, "for the test");

    private static final long BEGIN = 1_700_000_000_000L;

    private static Evidence evidence() {
        return evidence(5000);
    }

    private static Evidence evidence(long receivedMillis) {
        return Outbox.evidence("192.0.2.1", Evidence.Transport.SYSLOG_UDP, receivedMillis, ByteString.EMPTY)
                .build();
    }

    private static BindingFact fact(int ipv4, long atMillis) {
        return new BindingFact(
                BindingEvent.Kind.ALLOCATED,
                atMillis,
                new Ipv4Address(ipv4),
                PortSet.WHOLE_ADDRESS,
                Ipv6Address.parse("2001:db8::1"),
                null,
                null,
                0,
                null);
    }

    /** Two addresses that are not of the same partition of two. */
    private static int[] addressesOfBothPartitions() {
        int[] addresses = {0xcb007100, 0xcb007100};
        while (RecordKey.partition(addresses[0], 2) == RecordKey.partition(addresses[1], 2)) {
            addresses[1]++;
        }
        return addresses;
    }

    @Test
    void eventsGoManyToARecordInOrderAndThoseOfAnAddressToItsPartition() throws Exception {
        int[] addresses = addressesOfBothPartitions();
        try (KafkaInMemory kafka = new KafkaInMemory(false, 10_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            Outbox.Batch other = kafka.outbox.new Batch();
            for (int i = 1; i <= 3000; i++) {
                (i % 3 == 0 ? other : batch).add(fact(addresses[i % 2], i), evidence(5000 + i));
            }
            batch.flush();
            other.flush();
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(5001);
            Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> {
                while (kafka.producer.completeNext()) {}
                return kafka.outbox.isEmpty();
            });

            assertThat(kafka.tally.read().get(Counter.STORED)).isEqualTo(3000);
            assertThat(kafka.tally.read().get(Counter.BINDING_EVENTS)).isEqualTo(3000);
            assertThat(kafka.outbox.backlog().memoryOctets()).isZero();
            assertThat(kafka.producer.history()).hasSizeLessThan(30);
            List<Long> times = new ArrayList<>();
            for (ProducerRecord<byte[], byte[]> record : kafka.producer.history()) {
                List<BindingEvent> events = BindingEventReader.read(BindingEvents.parseFrom(record.value()));
                assertThat(record.value()).hasSizeLessThanOrEqualTo(BindingEventsWriter.MAX_OCTETS);
                assertThat(record.timestamp()).isGreaterThanOrEqualTo(5000 + latest(events));
                assertThat(events)
                        .extracting(event -> RecordKey.partition(event.getIpv4(), 2))
                        .containsOnly(record.partition());
                assertThat(events)
                        .allSatisfy(event ->
                                assertThat(event.getEvidence()).isEqualTo(evidence(5000 + event.getEventTimeMillis())));
                for (BindingEvent event : events) {
                    times.add(event.getEventTimeMillis());
                }
            }
            assertThat(times)
                    .containsExactlyInAnyOrderElementsOf(
                            LongStream.rangeClosed(1, 3000).boxed().toList());
            assertThat(times.stream().filter(time -> time % 2 == 0 && time % 3 == 0))
                    .as("of one listener and one address")
                    .isSorted();
        }
    }

    private static long latest(List<BindingEvent> events) {
        return events.stream().mapToLong(BindingEvent::getEventTimeMillis).max().orElseThrow();
    }

    @Test
    void aMarkLiesBehindTheEventsThatWereHandedOverBeforeIt() throws Exception {
        int[] addresses = addressesOfBothPartitions();
        try (KafkaInMemory kafka = new KafkaInMemory(true, 1_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (int i = 0; i < 20; i++) {
                batch.add(fact(addresses[i % 2], 1 + i), evidence());
                batch.flush();
            }
            kafka.outbox.mark(CollectorMark.getDefaultInstance(), 4000, 0);
            batch.add(fact(addresses[0], 100), evidence());
            batch.flush();

            assertThat(kafka.events()).hasSize(21);
            int before = 0;
            for (ProducerRecord<byte[], byte[]> record : kafka.producer.history()) {
                BindingEvents events = record.topic().equals(Topic.NAT_EVENTS.topicName())
                        ? BindingEvents.parseFrom(record.value())
                        : BindingEvents.getDefaultInstance();
                if (events.hasMark()) {
                    assertThat(before).isEqualTo(20);
                } else {
                    before += events.getEventsCount();
                }
            }
        }
    }

    @Test
    void ofEventsThatKafkaRefusesTogetherOnlyThoseAreLostThatItRefusesAlone() throws Exception {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (int i = 1; i <= 3; i++) {
                batch.add(fact(0xcb007107, BEGIN + 1_000L * i), evidence(BEGIN + 5_000));
            }
            batch.flush();
            kafka.awaitSent(1);
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();
            assertThat(kafka.outbox.isEmpty()).isFalse();
            kafka.awaitSent(4);
            assertThat(kafka.producer.completeNext()).isTrue();
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(BEGIN + 5_000);
            assertThat(kafka.producer.completeNext()).isTrue();

            assertThat(kafka.outbox.isEmpty()).isTrue();
            assertThat(kafka.outbox.backlog().memoryOctets()).isZero();
            assertThat(kafka.tally.read().get(Counter.STORED)).isEqualTo(2);
            assertThat(kafka.tally.read().get(Counter.NOT_STORED)).isEqualTo(1);
            assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
                assertThat(gap.getExporter()).isEqualTo("192.0.2.1");
                assertThat(gap.getFromMillis()).isEqualTo(BEGIN + 2_000);
                assertThat(gap.getToMillis()).isEqualTo(BEGIN + 5_000);
            });
        }
    }

    @Test
    void theOldestRecordThatKafkaHasNotAcknowledgedIsKnown() {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1_000_000)) {
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(Long.MAX_VALUE);
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (long received : new long[] {7000, 5000, 6000}) {
                batch.add(SOMETHING, evidence(received));
                batch.flush();
            }
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(5000);
            kafka.awaitSent(3);
            assertThat(kafka.producer.completeNext()).isTrue();
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(5000);
            assertThat(kafka.producer.completeNext()).isTrue();
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(6000);
            assertThat(kafka.outbox.awaitFinished(Duration.ofMillis(10))).isFalse();
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();
            assertThat(kafka.outbox.oldestUnfinishedMillis()).isEqualTo(Long.MAX_VALUE);
            assertThat(kafka.outbox.awaitFinished(Duration.ZERO)).isTrue();
            assertThat(kafka.gaps()).as("of what was refused").hasSize(1);
        }
    }

    @Test
    void aGapThatKafkaRefusesIsReportedAgain() {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1_000_000)) {
            ExporterGap gap = ExporterGap.newBuilder()
                    .setExporter("192.0.2.1")
                    .setCause(ExporterGap.Cause.SEQUENCE)
                    .setFromMillis(1)
                    .setToMillis(2)
                    .setLostRecords(3)
                    .build();
            Outbox.Batch batch = kafka.outbox.new Batch();
            batch.add(gap, 5000);
            batch.flush();
            kafka.awaitSent(1);
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();

            assertThat(kafka.gaps()).containsExactly(gap);
        }
    }

    @Test
    void aMarkLiesInEveryPartitionBehindWhatItSpeaksOf() throws Exception {
        try (KafkaInMemory kafka = new KafkaInMemory(true, 1_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            batch.add(SOMETHING, evidence());
            batch.flush();
            kafka.outbox.mark(
                    CollectorMark.newBuilder()
                            .setCollector("c1")
                            .setUntilMillis(4000)
                            .build(),
                    4000,
                    0);
            kafka.awaitSent(5);

            CollectorMark mark = CollectorMark.newBuilder()
                    .setCollector("c1")
                    .setUntilMillis(4000)
                    .setPartitions(3)
                    .build();
            var sent = kafka.producer.history();
            assertThat(sent)
                    .extracting(record -> record.topic() + " " + record.partition())
                    .containsExactly(
                            "undecodable-v1 null",
                            "nat-events-v1 0",
                            "nat-events-v1 1",
                            "exporter-health-v1 0",
                            "collector-marks-v1 null");
            assertThat(BindingEvents.parseFrom(sent.get(2).value()).getMark()).isEqualTo(mark);
            assertThat(ExporterGap.parseFrom(sent.get(3).value()).getMark()).isEqualTo(mark);
            assertThat(CollectorMark.parseFrom(sent.get(4).value())).isEqualTo(mark);
            assertThat(kafka.tally.read().get(Counter.STORED))
                    .as("marks are not counted")
                    .isEqualTo(1);
        }
    }

    @Test
    void whatKafkaRefusesIsCountedAndAGapOfItsExporter() {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            batch.add(SOMETHING, evidence());
            batch.flush();
            kafka.awaitSent(1);
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();

            assertThat(kafka.outbox.isEmpty()).isTrue();
            assertThat(kafka.tally.read().get(Counter.NOT_STORED)).isEqualTo(1);
            assertThat(kafka.gaps())
                    .containsExactly(ExporterGap.newBuilder()
                            .setExporter("192.0.2.1")
                            .setCause(ExporterGap.Cause.NOT_COLLECTED)
                            .setFromMillis(5000)
                            .setToMillis(5000)
                            .setLostRecords(1)
                            .build());
        }
    }

    @Test
    void theGapOfAnEventThatKafkaRefusesReachesToItsOwnTime() {
        long received = 1_700_000_000_000L;
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            batch.add(fact(0xcb007107, received - 60_000), evidence(received));
            batch.flush();
            kafka.awaitSent(1);
            assertThat(kafka.producer.errorNext(new RecordTooLargeException("for the test")))
                    .isTrue();

            assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
                assertThat(gap.getFromMillis()).isEqualTo(received - 60_000);
                assertThat(gap.getToMillis()).isEqualTo(received);
            });
        }
    }

    @Test
    void whoWaitsForRoomIsToldOnceWhenHalfOfItIsFree() {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1000)) {
            AtomicInteger told = new AtomicInteger();
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (int i = 0; i < 10; i++) {
                batch.add(SOMETHING, evidence());
            }
            assertThat(kafka.outbox.hasRoom()).isTrue();
            batch.flush();
            assertThat(kafka.outbox.hasRoom()).isFalse();
            kafka.outbox.whenRoom(told::incrementAndGet);
            kafka.awaitSent(10);

            assertThat(kafka.producer.completeNext()).isTrue();
            assertThat(told).hasValue(0);
            while (kafka.producer.completeNext()) {
                assertThat(told).hasValueLessThan(2);
            }
            assertThat(told).hasValue(1);
            assertThat(kafka.outbox.hasRoom()).isTrue();
            kafka.outbox.whenRoom(told::incrementAndGet);
            assertThat(told).hasValue(2);
        }
    }

    @Test
    void whatKafkaFailsToTakeForNoFaultOfItsOwnIsSentAgain() {
        try (KafkaInMemory kafka = new KafkaInMemory(false, 1_000_000)) {
            Outbox.Batch batch = kafka.outbox.new Batch();
            batch.add(SOMETHING, evidence());
            batch.flush();
            kafka.awaitSent(1);
            assertThat(kafka.producer.errorNext(new TopicAuthorizationException("for the test")))
                    .isTrue();
            assertThat(kafka.outbox.isEmpty()).isFalse();
            kafka.awaitSent(2);
            assertThat(kafka.producer.completeNext()).isTrue();

            assertThat(kafka.outbox.isEmpty()).isTrue();
            assertThat(kafka.tally.read().get(Counter.STORED)).isEqualTo(1);
            assertThat(kafka.tally.read().get(Counter.NOT_STORED)).isZero();
            assertThat(kafka.gaps()).isEmpty();
        }
    }

    @Test
    void aStopWaitsForNothingBeyondItsTimeAndCountsWhatIsLeft() {
        KafkaInMemory kafka = new KafkaInMemory(true, 1_000_000);
        kafka.producer.sendException = new IllegalStateException("for the test: the producer is broken");
        Outbox.Batch batch = kafka.outbox.new Batch();
        for (int i = 0; i < 3; i++) {
            batch.add(SOMETHING, evidence());
        }
        batch.flush();
        kafka.outbox.close(Duration.ofSeconds(2));

        assertThat(kafka.tally.read().get(Counter.STORED)).isZero();
        assertThat(kafka.tally.read().get(Counter.NOT_STORED)).isEqualTo(3);
    }
}
