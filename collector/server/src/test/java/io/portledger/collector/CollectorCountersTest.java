package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CollectorCountersTest {

    @ParameterizedTest
    @EnumSource
    void everyCounterHasASentence(Counter counter) {
        assertThat(counter.meaning()).matches("[A-Z].{20,}");
    }

    @Test
    void sumsAddUpTheirReasons() {
        Tally tally = new Tally();
        for (Counter counter : Counter.values()) {
            tally.count(counter);
        }
        CollectorCounters counters = tally.read();

        assertThat(counters.undecodable()).isEqualTo(7);
        assertThat(counters.notAboutBindings()).isEqualTo(3);
        assertThat(counters.gaps()).isEqualTo(6);
    }

    @Test
    void theTextLeavesOutZeros() {
        Tally tally = new Tally();
        assertThat(tally.read()).hasToString("nothing counted");
        tally.add(Counter.IPFIX_MESSAGES, 12);
        tally.count(Counter.STORED);
        assertThat(tally.read()).hasToString("IPFIX_MESSAGES 12, STORED 1");
    }

    @Test
    void theKernelsTableIsReadByPort() {
        List<String> table = List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref"
                        + " pointer drops",
                " 1234: 00000000:1283 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4242 2"
                        + " 0000000000000000 17",
                " 1235: 0100007F:1284 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4243 2"
                        + " 0000000000000000 5");

        assertThat(table.stream()
                        .mapToLong(line -> KernelDrops.dropsOf(line, 4739))
                        .sum())
                .isEqualTo(17);
    }
}
