package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class CpuTimeTest {

    @Test
    void endedChildrenCountAndOddNamesDoNotMatter() {
        assertThat(CpuTime.seconds(
                        "4711 (a (strange) name) S 1 4711 4711 0 -1 4194560 1 2 3 4 150 50 25 75 20 0 8 0 100 1 2"))
                .isEqualTo(3.0);
    }

    @Test
    void aProcessThatWorksUsesTime() throws Exception {
        Process busy =
                new ProcessBuilder("sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 60").start();
        try {
            Awaitility.await()
                    .failFast("it has ended", () -> !busy.isAlive())
                    .until(() -> CpuTime.seconds(busy.toHandle()) > 0);
        } finally {
            busy.destroy();
        }
        assertThat(busy.waitFor()).isNotZero();
    }
}
