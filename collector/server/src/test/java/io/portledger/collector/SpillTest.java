package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.portledger.records.BindingEventBlock;
import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillTest {

    private static final long SEGMENT_OCTETS = 200;

    private final TestClock clock = new TestClock(1_000_000);
    private @TempDir Path directory;

    private Spill open() throws IOException {
        return Spill.open(directory, SEGMENT_OCTETS, false, clock, OptionalLong.empty());
    }

    static List<ProducerRecord<byte[], byte[]>> batch(int... values) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int value : values) {
            records.add(new ProducerRecord<>(
                    Topic.NAT_EVENTS.topicName(),
                    null,
                    1000L + value,
                    new byte[] {1, 2, 3, 4},
                    ("record " + value).getBytes(StandardCharsets.US_ASCII)));
        }
        return records;
    }

    static List<String> values(List<ProducerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.US_ASCII))
                .toList();
    }

    private static SpillCodec.Mark mark(long collectedUntilMillis, long doneBefore) {
        return new SpillCodec.Mark(
                CollectorMark.newBuilder().setCollector("c1").build(), collectedUntilMillis, doneBefore);
    }

    /** Reads and finishes everything that is left. */
    private static List<String> drain(Spill spill) throws Spill.DamagedException {
        List<String> values = new ArrayList<>();
        for (Spill.Entry entry = spill.read(); entry != null; entry = spill.read()) {
            values.addAll(values(entry.records()));
            spill.advance(entry, true);
            spill.finish(entry.place());
        }
        return values;
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".v1"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void whatWasNotFinishedIsThereForTheNextStartInOrder() throws Exception {
        Spill first = open();
        for (int i = 0; i < 30; i++) {
            first.append(batch(i, 100 + i), BindingEventBlock.EMPTY, 1000 + i, false);
        }
        assertThat(segments()).hasSizeGreaterThan(5);
        // Not closed: that is what a killed process leaves.
        try (Spill second = open()) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                expected.addAll(List.of("record " + i, "record " + (100 + i)));
            }
            assertThat(drain(second)).containsExactlyElementsOf(expected);
            second.deleteFinished();
            assertThat(segments()).hasSize(1);
            assertThat(second.usedOctets()).isZero();
        }
    }

    @Test
    void aRecordIsReadAsItWasWritten() throws Exception {
        Spill first = open();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(Topic.UNDECODABLE.topicName(), null, 77L, new byte[0], new byte[2_000_000]);
        record.value()[1_999_999] = 1;
        first.append(List.of(record), BindingEventBlock.EMPTY, 77, false);
        try (Spill second = open()) {
            Spill.Entry entry = Objects.requireNonNull(second.read());
            assertThat(entry.records()).singleElement().satisfies(read -> {
                assertThat(read.topic()).isEqualTo(record.topic());
                assertThat(read.timestamp()).isEqualTo(77);
                assertThat(read.key()).isEmpty();
                assertThat(read.value()).isEqualTo(record.value());
            });
        }
    }

    @Test
    void theLastMarkTellsHowFarTheCollectorCameAndWhatNeedNotBeSentAgain() throws Exception {
        Spill first = open();
        Spill.Place done = first.append(batch(1), BindingEventBlock.EMPTY, 1, true);
        Spill.Place open = first.append(batch(2), BindingEventBlock.EMPTY, 2, true);
        first.finish(done);
        first.append(mark(5000, open.number()), true);
        first.append(batch(3), BindingEventBlock.EMPTY, 3, true);

        try (Spill second = open()) {
            assertThat(second.collectedUntilMillis()).isEqualTo(5000);
            assertThat(drain(second)).containsExactly("record 2", "record 3");
        }
    }

    @Test
    void howFarTheCollectorCameOutlivesItsSegments() throws Exception {
        Spill first = open();
        first.append(mark(5000, 0), true);
        for (int i = 0; i < 20; i++) {
            first.finish(first.append(batch(i), BindingEventBlock.EMPTY, i, true));
        }
        first.deleteFinished();
        assertThat(segments()).hasSizeLessThanOrEqualTo(2);
        first.close(true);
        try (Spill second = open()) {
            assertThat(second.collectedUntilMillis()).isEqualTo(5000);
            assertThat(drain(second)).isEmpty();
        }
        try (Spill third = open()) {
            assertThat(third.collectedUntilMillis()).isEqualTo(5000);
        }
    }

    @Test
    void aFirstStartKnowsWhatItIsTold() throws Exception {
        assertThat(Spill.exists(directory.resolve("none"))).isFalse();
        assertThat(Spill.exists(directory)).isFalse();
        Spill.open(directory, SEGMENT_OCTETS, false, clock, OptionalLong.of(4000))
                .close();
        assertThat(Spill.exists(directory)).isTrue();
        try (Spill second = open()) {
            assertThat(second.collectedUntilMillis()).isEqualTo(4000);
        }
    }

    @Test
    void anEntryThatWasCutOffIsLeftOut() throws Exception {
        Spill first = Spill.open(directory, 1_000_000, false, clock, OptionalLong.empty());
        first.append(mark(5000, 0), false);
        first.append(batch(1), BindingEventBlock.EMPTY, 1, false);
        first.append(batch(2), BindingEventBlock.EMPTY, 2, false);
        Path segment = segments().getLast();
        Files.write(segment, Arrays.copyOf(Files.readAllBytes(segment), (int) Files.size(segment) - 3));

        clock.advance(1000);
        try (Spill second = open()) {
            assertThat(second.collectedUntilMillis()).isEqualTo(5000);
            assertThat(second.wasDamaged()).isFalse();
            assertThat(drain(second)).containsExactly("record 1");
            second.append(batch(3), BindingEventBlock.EMPTY, 3, false);
            assertThat(drain(second)).containsExactly("record 3");
        }
        try (Spill third = open()) {
            assertThat(drain(third)).as("what was cut off stays so").containsExactly("record 1", "record 3");
        }
    }

    @Test
    void aDamagedSegmentIsKeptAsideAndItsTimeIsKnown() throws Exception {
        Spill first = open();
        first.append(mark(5000, 0), false);
        for (int i = 0; i < 12; i++) {
            clock.advance(1000);
            first.append(batch(i), BindingEventBlock.EMPTY, i, false);
        }
        Path second = segments().get(1);
        byte[] octets = Files.readAllBytes(second);
        octets[octets.length - 3] ^= 1;
        Files.write(second, octets);

        clock.advance(100_000);
        try (Spill later = open()) {
            List<String> read = new ArrayList<>();
            Spill.DamagedException damage = null;
            while (damage == null) {
                Spill.Entry entry;
                try {
                    entry = Objects.requireNonNull(later.read());
                } catch (Spill.DamagedException e) {
                    damage = e;
                    break;
                }
                read.addAll(values(entry.records()));
                later.advance(entry, false);
            }
            List<String> before = List.copyOf(read);
            read.addAll(drain(later));
            assertThat(read).hasSize(11).startsWith("record 0").endsWith("record 11");
            assertThat(damage.fromMillis()).isEqualTo(5000);
            long lostAt = 1_000_000 + 1000L * (before.size() + 1);
            assertThat(damage.toMillis()).isBetween(lostAt, lostAt + 2000);
            later.deleteFinished();
            assertThat(directory.resolve(second.getFileName() + ".damaged")).exists();
        }
    }

    @Test
    void aMissingSegmentIsNoticed() throws Exception {
        Spill first = open();
        for (int i = 0; i < 12; i++) {
            clock.advance(1000);
            first.append(batch(i), BindingEventBlock.EMPTY, i, false);
        }
        Files.delete(segments().get(1));
        try (Spill later = open()) {
            Spill.DamagedException damage = catchThrowableOfType(Spill.DamagedException.class, () -> drain(later));
            assertThat(damage).hasMessageContaining("are missing");
            assertThat(drain(later)).endsWith("record 11");
        }
    }

    @Test
    void damageAtTheEndOfTheLastSegmentIsToldAndKeptAside() throws Exception {
        Spill first = Spill.open(directory, 1_000_000, false, clock, OptionalLong.empty());
        first.append(mark(5000, 0), false);
        for (int i = 0; i < 3; i++) {
            first.append(batch(i), BindingEventBlock.EMPTY, i, false);
        }
        Path segment = segments().getLast();
        byte[] octets = Files.readAllBytes(segment);
        octets[octets.length / 2] ^= 1;
        Files.write(segment, octets);

        clock.advance(1000);
        try (Spill second = open()) {
            assertThat(second.wasDamaged()).isTrue();
            assertThat(second.collectedUntilMillis()).isEqualTo(5000);
            assertThat(drain(second)).hasSizeLessThan(3);
            assertThat(Path.of(segment + ".damaged")).hasBinaryContent(octets);
        }
    }

    @Test
    void whatWasWrittenBehindTheLastEntryWhileTheDiskWasFullDoesNotStay() throws Exception {
        Spill first = Spill.open(directory, 1_000_000, false, clock, OptionalLong.empty());
        first.append(batch(1), BindingEventBlock.EMPTY, 1, false);
        Files.write(segments().getLast(), new byte[] {0, 0, 0}, StandardOpenOption.APPEND);
        first.append(batch(2), BindingEventBlock.EMPTY, 2, false);
        assertThat(drain(first)).containsExactly("record 1", "record 2");
    }
}
