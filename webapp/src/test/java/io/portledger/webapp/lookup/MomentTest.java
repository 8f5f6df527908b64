package io.portledger.webapp.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MomentTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    2026-11-23T14:02:07Z                          | 2026-11-23T14:02:07.000Z
                    2026-11-23T14:02:07.9876Z                     | 2026-11-23T14:02:07.987Z
                    2026-11-23 14:02:07,5 UTC                     | 2026-11-23T14:02:07.500Z
                    2026-11-23T15:02:07+01:00                     | 2026-11-23T14:02:07.000Z
                    2026-11-23T15:02:07 +0100                     | 2026-11-23T14:02:07.000Z
                    2026-11-23T15:02:07+01                        | 2026-11-23T14:02:07.000Z
                    2026-11-23T04:32:07-09:30                     | 2026-11-23T14:02:07.000Z
                    2026-11-23T15:02:07 UTC+1:00                  |
                    2026-11-23T15:02:07 GMT+01:00                 | 2026-11-23T14:02:07.000Z
                    2026-11-23T15:02:07+01:00[Europe/Berlin]      | 2026-11-23T14:02:07.000Z
                    2026-11-23T14:02Z                             | 2026-11-23T14:02:00.000Z
                    23/Nov/2026:14:02:07 +0000                    | 2026-11-23T14:02:07.000Z
                    [14/Nov/2023:22:13:20 +0000]                  | 2023-11-14T22:13:20.000Z
                    Mon, 23 Nov 2026 09:02:07 -0500               | 2026-11-23T14:02:07.000Z
                    2024-02-29T23:59:59Z                          | 2024-02-29T23:59:59.000Z
                    """)
    void timesWithAnOffsetAreReadExactly(String text, String expected) {
        if (expected == null) {
            assertThatThrownBy(() -> Moment.read(text)).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        Moment moment = Moment.read(text);
        assertThat(Moment.write(moment.instant())).isEqualTo(expected);
        assertThat(moment.remark()).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    2026-11-23T14:02:07               | 2026-11-23T14:02:07Z     | no zone: read as UTC
                    2026-11-23 14:02                  | 2026-11-23T14:02:00Z     | no zone: read as UTC
                    23/Nov/2026:14:02:07              | 2026-11-23T14:02:07Z     | no zone: read as UTC
                    1795442527                        | 2026-11-23T14:02:07Z     | seconds since 1970
                    1795442527.25                     | 2026-11-23T14:02:07.250Z | seconds since 1970
                    1795442527123                     | 2026-11-23T14:02:07.123Z | milliseconds since 1970
                    2026-11-23 15:02:07 Europe/Berlin | 2026-11-23T14:02:07Z     | Local time of Europe/Berlin (UTC+01:00)
                    """)
    void whatMayBeMeantOtherwiseIsRemarkedUpon(String text, Instant expected, String remark) {
        Moment moment = Moment.read(text);
        assertThat(moment.instant()).isEqualTo(expected);
        assertThat(moment.remark()).contains(remark);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''                                | missing
                    yesterday                         | not understood
                    2026-11-23                        | not understood
                    14:02:07                          | not understood
                    2026-02-29T14:02:07Z              | is no date and time
                    2026-11-23T25:02:07Z              | is no date and time
                    2026-11-23T14:02:07 CET           | "CET" is not understood as a zone
                    2026-11-23T14:02:07 EST           | "EST" is not understood as a zone
                    2026-11-23T14:02:07 Europe/Utopia | is no date and time
                    2026-11-23T14:02:07+01:00 noise   | not understood as a zone
                    2026-10-25 02:30:00 Europe/Berlin | happened twice in Europe/Berlin
                    2026-03-29 02:30:00 Europe/Berlin | never happened in Europe/Berlin
                    17954425271                       | neither seconds
                    """)
    void whatCannotBeReadExactlyIsRefused(String text, String why) {
        assertThatThrownBy(() -> Moment.read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-23T14:02:07.123Z", "1970-01-01T00:00:00.000Z", "2038-01-19T03:14:08.001Z"})
    void theCanonicalFormReadsBackAsItself(String text) {
        assertThat(Moment.write(Moment.read(text).instant())).isEqualTo(text);
    }
}
