package io.portledger.jobs.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.ledger.Usage.Shares;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SharesTest {

    @Test
    void withoutReportsThereIsNoDistribution() {
        assertThat(ClassUsageFunction.shares(List.of())).isNull();
        assertThat(ClassUsageFunction.shares(Collections.nCopies(101, 0L))).isNull();
    }

    @Property
    void theDistributionIsThatOfTheSortedReports(
            @ForAll @Size(min = 1, max = 400) List<@IntRange(max = 100) Integer> percents) {
        long[] counts = new long[101];
        percents.forEach(percent -> counts[percent]++);
        List<Integer> sorted = percents.stream().sorted().toList();

        assertThat(ClassUsageFunction.shares(Arrays.stream(counts).boxed().toList()))
                .isEqualTo(new Shares(
                        at(sorted, 50),
                        at(sorted, 90),
                        at(sorted, 99),
                        sorted.getLast(),
                        IntStream.range(0, sorted.size())
                                .filter(i -> sorted.get(i) >= Shares.NEAR_EXHAUSTION)
                                .count()));
    }

    private static int at(List<Integer> sorted, int hundredths) {
        return sorted.get((sorted.size() * hundredths + 99) / 100 - 1);
    }
}
