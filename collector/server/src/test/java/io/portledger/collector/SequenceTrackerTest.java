package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.v1.ExporterGap.Cause;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequenceTrackerTest {

    private static final long REORDER_MILLIS = 2000;

    /** Receive time 0 of the tests; the exporter's clock is the same to the second. */
    private static final long T0 = 1_700_000_000_000L;

    private record Gap(Cause cause, long from, long to, long lost) {}

    private final List<Gap> gaps = new ArrayList<>();

    private SequenceTracker begun(long sequence) {
        return new SequenceTracker(
                REORDER_MILLIS,
                (cause, from, to, lost) -> gaps.add(new Gap(cause, from - T0, to - T0, lost)),
                sequence,
                T0,
                T0);
    }

    private static boolean message(SequenceTracker tracker, long sequence, int records, long atMillis) {
        return tracker.onMessage(sequence, records, (T0 + atMillis) / 1000 * 1000, T0 + atMillis);
    }

    @Test
    void anUnbrokenSequenceHasNoGap() {
        SequenceTracker tracker = begun(0);
        long sequence = 0;
        for (int i = 0; i < 100; i++) {
            assertThat(message(tracker, sequence, i % 3, 100L * i)).isTrue();
            sequence += i % 3;
        }
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void aMissingMessageIsAGapFromTheLastMessageBeforeToTheFirstBehindIt() {
        SequenceTracker tracker = begun(100);
        message(tracker, 100, 10, 1000);
        message(tracker, 115, 10, 5300);
        tracker.expire(T0 + 5300 + REORDER_MILLIS - 1);
        assertThat(gaps).isEmpty();

        tracker.expire(T0 + 5300 + REORDER_MILLIS);

        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, 1000, 5999, 5));
    }

    @Test
    void theIntervalCoversBothClocks() {
        SequenceTracker tracker = begun(0);
        tracker.onMessage(0, 1, T0 - 60_000, T0);
        tracker.onMessage(5, 1, T0 - 50_000, T0 + 10_000);
        tracker.close();
        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, -60_000, 10_000, 4));

        gaps.clear();
        tracker = begun(0);
        tracker.onMessage(0, 1, T0 + 60_000, T0);
        tracker.onMessage(5, 1, T0 + 70_000, T0 + 10_000);
        tracker.close();
        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, 0, 70_999, 4));
    }

    @Test
    void aLateMessageClosesItsHole() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 10, 0);
        message(tracker, 20, 10, 100);
        assertThat(message(tracker, 10, 10, 150)).isFalse();
        message(tracker, 30, 10, 200);
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void lateMessagesCloseTheirPartOfAHole() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 10, 0);
        message(tracker, 50, 1, 100);
        message(tracker, 20, 10, 150);
        message(tracker, 40, 10, 160);
        tracker.close();

        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, 0, 999, 10), new Gap(Cause.SEQUENCE, 0, 999, 10));
    }

    @Test
    void aDoubledMessageIsNoRestart() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 3, 0);
        message(tracker, 3, 3, 10);
        assertThat(message(tracker, 0, 3, 20)).isFalse();
        assertThat(message(tracker, 3, 3, 30)).isFalse();
        message(tracker, 6, 3, 40);
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void aMessageThatTheNetworkHeldBackForLongIsNoRestart() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 3, 0);
        message(tracker, 3, 3, 10_000);
        message(tracker, 6, 3, 20_000);
        assertThat(tracker.onMessage(3, 3, T0 + 10_000, T0 + 20_010)).isFalse();
        message(tracker, 9, 3, 21_000);
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void templatesAloneDoNotLookLikeARestartWhenTheyComeLate() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 3, 0);
        assertThat(message(tracker, 0, 0, 5)).isFalse();
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void aSequenceThatFallsBackToZeroIsARestart() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 500, 0);
        message(tracker, 500, 500, 10_000);
        assertThat(message(tracker, 0, 4, 60_000)).isTrue();
        message(tracker, 4, 4, 61_000);
        tracker.close();

        assertThat(gaps).containsExactly(new Gap(Cause.RESTART, 10_000, 60_999, 0));
    }

    @Test
    void aRestartWhoseFirstMessageWasLostAlsoLacksItsRecords() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 500, 0);
        message(tracker, 500, 500, 10_000);
        message(tracker, 7, 4, 60_000);
        tracker.close();

        assertThat(gaps)
                .containsExactly(new Gap(Cause.RESTART, 10_000, 60_999, 0), new Gap(Cause.SEQUENCE, 10_000, 60_999, 7));
    }

    @Test
    void theSequenceGoesOnAtZeroBehindItsHighestNumber() {
        SequenceTracker tracker = begun(0xffff_fff0L);
        message(tracker, 0xffff_fff0L, 0x20, 0);
        message(tracker, 0x10, 1, 100);
        message(tracker, 0x15, 1, 200);
        tracker.close();

        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, 0, 999, 4));
    }

    @Test
    void whatASessionSentBeforeItsFirstMessageArrivedIsMissing() {
        SequenceTracker tracker = begun(12);
        tracker.expectFromZero(T0 - 5000);
        message(tracker, 12, 1, 0);
        message(tracker, 10, 2, 10);
        tracker.close();

        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, -5000, 0, 10));
    }

    @Test
    void manyHolesAreBoundedInMemoryAndStillPublished() {
        SequenceTracker tracker = begun(0);
        for (int i = 0; i < 1000; i++) {
            message(tracker, 2L * i, 1, i);
        }
        tracker.close();

        assertThat(gaps).hasSize(999);
        assertThat(gaps.stream().mapToLong(Gap::lost).sum()).isEqualTo(999);
    }

    @Test
    void recordsThatWaitedForTheirTemplateAreNotMissing() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 0, 0);
        message(tracker, 8, 2, 100);
        tracker.onDecodedLater(0, 8);
        tracker.close();

        assertThat(gaps).isEmpty();
    }

    @Test
    void theSequenceGoesOnBehindRecordsThatWaitedForTheirTemplate() {
        SequenceTracker tracker = begun(0);
        message(tracker, 0, 0, 0);
        tracker.onDecodedLater(0, 8);
        message(tracker, 8, 2, 100);
        message(tracker, 11, 2, 200);
        tracker.close();

        assertThat(gaps).containsExactly(new Gap(Cause.SEQUENCE, 0, 999, 1));
    }
}
