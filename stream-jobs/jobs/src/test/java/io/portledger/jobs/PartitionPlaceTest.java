package io.portledger.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.ledger.Gap;
import io.portledger.records.v1.CollectorMark;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PartitionPlaceTest {

    private static final long CLOCKS = PartitionPlace.CLOCKS_DIFFER_MILLIS;

    private final PartitionPlace place = PartitionPlace.first(3);

    private void read(long offset, long receivedMillis) {
        KafkaRecord kafkaRecord = new KafkaRecord();
        kafkaRecord.partition = 3;
        kafkaRecord.offset = offset;
        kafkaRecord.timestamp = receivedMillis;
        place.onRecord(kafkaRecord);
    }

    private Optional<Gap> readMark(long offset, String collector, long untilMillis) {
        read(offset, untilMillis);
        return place.onMark(CollectorMark.newBuilder()
                .setCollector(collector)
                .setUntilMillis(untilMillis)
                .build());
    }

    private static Gap missed(long from, long to) {
        return new Gap(
                Gap.ANY_EXPORTER, 0, PartitionPlace.NOT_READ, Instant.ofEpochMilli(from), Instant.ofEpochMilli(to), 0);
    }

    @Test
    void nothingIsMissedWhileOffsetsFollowEachOther() {
        read(0, 1_000);
        assertThat(readMark(1, "c1", 2_000)).isEmpty();
        read(2, 2_500);
        assertThat(readMark(3, "c1", 3_000)).isEmpty();
    }

    @Test
    void aJumpIsAGapFromTheLastMarkBeforeItToTheFirstAfterIt() {
        readMark(0, "c1", 2_000);
        read(1, 2_500);
        read(7, 9_000);
        assertThat(readMark(8, "c1", 9_500)).contains(missed(2_001, 9_500 + CLOCKS));
        assertThat(readMark(9, "c1", 9_900)).as("told once").isEmpty();
    }

    @Test
    void whatWasMissedMayBeOfTheCollectorThatIsFurthestBehind() {
        readMark(0, "c1", 2_000);
        readMark(1, "c2", 1_500);
        assertThat(readMark(7, "c1", 9_500)).contains(missed(1_501, 9_500 + CLOCKS));
    }

    @Test
    void whereNothingWasReadBeforeEverythingBeforeTheFirstMarkMayBeMissing() {
        read(5, 7_000);
        assertThat(readMark(6, "c1", 6_500)).contains(missed(0, 7_000 + CLOCKS));
    }

    @Test
    void oneJumpAfterTheOtherIsOneGap() {
        readMark(0, "c1", 2_000);
        read(4, 5_000);
        read(9, 4_000);
        assertThat(readMark(20, "c1", 4_500)).contains(missed(2_001, 5_000 + CLOCKS));
    }

    @Test
    void aTopicThatBeginsAnewIsAJumpToo() {
        readMark(0, "c1", 2_000);
        readMark(1, "c1", 3_000);
        assertThat(readMark(0, "c1", 9_000)).contains(missed(3_001, 9_000 + CLOCKS));
    }
}
