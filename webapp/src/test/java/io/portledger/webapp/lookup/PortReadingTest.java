package io.portledger.webapp.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PortReadingTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    1232  | 6/8/52  | 0000010011010000 | 1  | 0    | 1232-1235   | 63
                    64723 | 6/8/52  | 1111110011010011 | 63 | 3    | 64720-64723 | 63
                    34816 | 0/6/34  | 1000100000000000 | 0  | 0    | 34816-35839 | 1
                    35839 | 0/6/34  | 1000101111111111 | 0  | 1023 | 34816-35839 | 1
                    9472  | 4/4/5   | 0010010100000000 | 2  | 0    | 9472-9727   | 15
                    2047  | 6/10/1023 | 0000011111111111 | 1 | 0   | 2047-2047   | 63
                    40123 | 0/0/0   | 1001110010111011 | 0  | 40123 | 0-65535    | 1
                    """)
    void aPortOfASetSplitsIntoItsParts(
            int port, String set, String bits, int offset, int index, String range, int rangeCount) {
        PortSet ports = PortSet.parse(set);
        PortReading reading = new PortReading(port, ports);
        assertThat(reading.bits()).isEqualTo(bits);
        assertThat(reading.offsetValue(ports)).isEqualTo(offset);
        assertThat(reading.indexInRange(ports)).isEqualTo(index);
        assertThat(reading.range()).hasToString(range);
        assertThat(reading.rangeCount()).isEqualTo(rangeCount);
    }

    @Test
    void theCalculationGoesBothWays() {
        PortReading reading = new PortReading(1234, new PortSet(6, 8, 52));
        assertThat(reading.toPsid()).isEqualTo("PSID = floor(1234 / 2^2) mod 2^8 = 308 mod 256 = 52");
        assertThat(reading.toPort()).isEqualTo("port = 1 · 2^10 + 52 · 2^2 + 2 = 1234");
    }

    @Test
    void withoutOffsetBitsTheCalculationLeavesThemOut() {
        PortReading reading = new PortReading(40_123, new PortSet(0, 6, 39));
        assertThat(reading.toPsid()).isEqualTo("PSID = floor(40123 / 2^10) mod 2^6 = 39 mod 64 = 39");
        assertThat(reading.toPort()).isEqualTo("port = 39 · 2^10 + 187 = 40123");
    }

    @Test
    void aBlockIsReadAsItsRange() {
        PortReading reading = new PortReading(40_123, new PortRange(40_000, 40_499));
        assertThat(reading.toPsid()).isEqualTo("40000 ≤ 40123 ≤ 40499");
        assertThat(reading.range()).isEqualTo(new PortRange(40_000, 40_499));
        assertThat(reading.lastRange()).isEqualTo(reading.range());
    }

    @Test
    void onlyAsManyRangesAreListedAsWanted() {
        PortReading reading = new PortReading(3, new PortSet(15, 1, 1));
        assertThat(reading.rangeCount()).isEqualTo(32_767);
        assertThat(reading.firstRanges(2)).containsExactly(new PortRange(3, 3), new PortRange(5, 5));
        assertThat(reading.lastRange()).isEqualTo(new PortRange(65_535, 65_535));
    }

    @Test
    void aPortOutsideIsRefused() {
        assertThatThrownBy(() -> new PortReading(1236, new PortSet(6, 8, 52)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1236")
                .hasMessageContaining("6/8/52");
    }
}
