package io.portledger.pcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EpochCheckTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

    @Test
    void theFirstResponseIsAlwaysValid() {
        assertThat(new EpochCheck().accept(0, START)).isTrue();
        assertThat(new EpochCheck().accept(4_000_000_000L, START)).isTrue();
    }

    @ParameterizedTest(name = "server {0} s and client {1} s on: {2}")
    @CsvSource({
        "100, 100, true",
        "-1, 0, true",
        "-2, 0, false",
        "0, 2, true",
        "0, 3, false",
        "2, 0, true",
        "3, 0, false",
        "160, 148, true",
        "160, 147, false",
        "148, 160, true",
        "147, 160, false",
        "-1000, 500, false"
    })
    void theServersTimeMustRunLikeOurs(long serverSeconds, long clientSeconds, boolean isValid) {
        EpochCheck check = new EpochCheck();
        check.accept(1000, START);
        assertThat(check.accept(1000 + serverSeconds, START.plusSeconds(clientSeconds)))
                .isEqualTo(isValid);
    }

    @Test
    void afterARestartTheNewTimeCounts() {
        EpochCheck check = new EpochCheck();
        check.accept(1000, START);
        assertThat(check.accept(0, START.plusSeconds(10))).isFalse();
        assertThat(check.accept(10, START.plusSeconds(20))).isTrue();
    }
}
