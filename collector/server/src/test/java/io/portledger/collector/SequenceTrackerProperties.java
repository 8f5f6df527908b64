package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.v1.ExporterGap.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SequenceTrackerProperties {

    private record Message(long sequence, int records) {}

    /** Messages of given record counts, some lost, each at most a few places from its own, within the reorder window. */
    @Property
    void exactlyWhatWasLostIsMissing(
            @ForAll @Size(min = 1, max = 100) List<@IntRange(min = 0, max = 40) Integer> recordCounts,
            @ForAll @IntRange(min = 0, max = 5) int reach,
            @ForAll @IntRange(min = 0, max = 90) int percentLost,
            @ForAll long seed) {
        Random random = new Random(seed);
        long sequence = 0xffff_ff00L;
        List<Message> arriving = new ArrayList<>();
        long lost = 0;
        long lostBehindTheLast = 0;
        for (int records : recordCounts) {
            if (arriving.isEmpty() || random.nextInt(100) >= percentLost) {
                arriving.add(new Message(sequence & 0xffff_ffffL, records));
                lost += lostBehindTheLast;
                lostBehindTheLast = 0;
            } else {
                lostBehindTheLast += records;
            }
            sequence += records;
        }
        for (int i = 1; i < arriving.size(); i++) {
            int other = Math.max(1, i - random.nextInt(reach + 1));
            Message moved = arriving.set(i, arriving.get(other));
            arriving.set(other, moved);
        }

        List<Long> missing = new ArrayList<>();
        List<Cause> causes = new ArrayList<>();
        SequenceTracker tracker = new SequenceTracker(
                2000,
                (cause, from, to, count) -> {
                    causes.add(cause);
                    missing.add(count);
                },
                0xffff_ff00L,
                0,
                0);
        for (int i = 0; i < arriving.size(); i++) {
            tracker.onMessage(arriving.get(i).sequence(), arriving.get(i).records(), 0, i);
        }
        tracker.close();

        assertThat(causes).doesNotContain(Cause.RESTART);
        assertThat(missing.stream().mapToLong(Long::longValue).sum()).isEqualTo(lost);
    }
}
