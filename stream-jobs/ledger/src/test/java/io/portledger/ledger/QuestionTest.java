package io.portledger.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv4Address;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuestionTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -1    | 2026-11-23T14:02:07Z   | PT0S        | port -1 is out of range (allowed: 0-65535)
            65536 | 2026-11-23T14:02:07Z   | PT0S        | port 65536 is out of range (allowed: 0-65535)
            80    | 2026-11-23T14:02:07Z   | PT-0.001S   | tolerance PT-0.001S is negative (allowed: PT0S to PT744H)
            80    | 2026-11-23T14:02:07Z   | PT744H0.001S | tolerance PT744H0.001S is too large (allowed: PT0S to PT744H)
            80    | 1969-12-31T23:59:59Z   | PT0S        | time 1969-12-31T23:59:59Z is out of range (allowed: the years 1970 to 9999)
            80    | +10000-01-01T00:00:00Z | PT0S        | time +10000-01-01T00:00:00Z is out of range (allowed: the years 1970 to 9999)
            """)
    void saysWhatIsWrong(int port, Instant at, Duration tolerance, String message) {
        assertThatThrownBy(() -> new Question(Ipv4Address.parse("203.0.113.7"), port, at, tolerance))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
