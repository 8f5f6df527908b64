package io.portledger.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import org.junit.jupiter.api.Test;

class PassedMarksTest {

    private static final long VISIBLE = PassedMarks.VISIBLE_AFTER.toNanos();

    private final PassedMarks marks = new PassedMarks(Topic.NAT_EVENTS);

    private void read(int partition, long offset, long untilMillis) {
        KafkaRecord kafkaRecord = new KafkaRecord();
        kafkaRecord.partition = partition;
        kafkaRecord.offset = offset;
        marks.onMark(
                CollectorMark.newBuilder()
                        .setCollector("c1")
                        .setUntilMillis(untilMillis)
                        .setPartitions(3)
                        .build(),
                kafkaRecord);
    }

    @Test
    void aMarkIsReadyWhenACheckpointBegunAfterItIsCompleteAndVisible() {
        marks.onCheckpoint(1);
        read(0, 10, 5_000);
        marks.onComplete(1, 0);
        assertThat(marks.ready(Long.MAX_VALUE))
                .as("the checkpoint was begun before")
                .isEmpty();

        marks.onCheckpoint(2);
        read(0, 20, 6_000);
        marks.onComplete(2, 1_000);
        assertThat(marks.ready(1_000 + VISIBLE - 1)).isEmpty();
        assertThat(marks.ready(1_000 + VISIBLE)).singleElement().satisfies(write -> {
            assertThat(write.index()).isEqualTo("marks-v1");
            assertThat(write.id()).isEqualTo("c1/nat-events-v1/0");
            assertThat(write.version()).isEqualTo(11);
            assertThat(write.json()).contains("\"until\":5000", "\"partitions\":3");
        });
        assertThat(marks.ready(Long.MAX_VALUE)).as("told once").isEmpty();
    }

    @Test
    void aCheckpointThatFailedIsMadeUpForByTheNext() {
        read(0, 10, 5_000);
        marks.onCheckpoint(1);
        read(1, 7, 5_000);
        marks.onCheckpoint(2);
        marks.onComplete(2, 0);

        assertThat(marks.ready(VISIBLE))
                .extracting(LedgerWrite::id)
                .containsExactly("c1/nat-events-v1/0", "c1/nat-events-v1/1");
        marks.onComplete(1, VISIBLE);
        assertThat(marks.ready(Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void ofSeveralCompleteCheckpointsTheNewestMarkIsTold() {
        for (int i = 1; i <= 3; i++) {
            read(0, i, i * 1_000L);
            marks.onCheckpoint(i);
            marks.onComplete(i, i);
        }

        assertThat(marks.ready(2 + VISIBLE))
                .singleElement()
                .satisfies(write -> assertThat(write.json()).contains("\"until\":2000"));
    }
}
