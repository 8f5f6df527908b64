package io.portledger.webapp.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.ledger.Answer;
import io.portledger.ledger.Evidence;
import io.portledger.softwire.PortSet;
import io.portledger.webapp.Samples;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class WordingTest {

    static Stream<Arguments> answers() {
        String moment = "203.0.113.7:40123 at 2026-11-23T14:02:07.000Z";
        String window = "203.0.113.7:40123 from 2026-11-23T14:02:05.000Z to 2026-11-23T14:02:09.000Z";
        String household = "Subscriber S-1022 (2001:db8:1::22)";
        return Stream.of(
                Arguments.of(Samples.held(40_123, new PortSet(0, 6, 39)), household + " held " + moment + "."),
                Arguments.of(Samples.block(), "Inside address 100.64.3.9 of NAT instance 4 held " + moment + "."),
                Arguments.of(Samples.notHeld(), "Nobody held " + moment + ", as far as the records tell."),
                Arguments.of(
                        Samples.ambiguous(),
                        "2 households held " + window + ". A more exact time may tell them apart."),
                Arguments.of(
                        Samples.startNeverLogged(),
                        household + " probably held " + moment + ", but no record tells when that began."),
                Arguments.of(
                        Samples.partOnly(),
                        household + " held 203.0.113.7:40123 for a part of the time only, from 2026-11-23T14:02:05.000Z"
                                + " to 2026-11-23T14:02:09.000Z."));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void theVerdictClaimsNoMoreThanIsKnown(Answer answer, String sentence) {
        assertThat(Wording.verdict(answer)).isEqualTo(sentence);
    }

    @Test
    void anIncompleteNobodyIsCalledUnproven() {
        assertThat(Wording.completeness(Samples.notHeldAndIncomplete())).contains("\"nobody\" is not proven");
        assertThat(Wording.completeness(Samples.notHeld())).contains("complete");
    }

    @Test
    void aStartThatNoRecordTellsIsNoTime() {
        assertThat(Wording.start(Samples.startNeverLogged().holders().getFirst()))
                .isNull();
        assertThat(Wording.start(Samples.ambiguous().holders().getFirst())).isEqualTo("2026-11-23T09:12:44.318Z");
    }

    @Test
    void syslogIsShownAsTextWithItsControlCharactersVisible() {
        assertThat(Wording.text(Samples.SYSLOG)).startsWith("<134>1 2026").endsWith("\"]\\x0a");
        assertThat(Wording.text(Samples.IPFIX)).isNull();
    }

    @Test
    void aRecordCannotTurnTheReadingDirection() {
        Evidence forged = new Evidence(
                "192.0.2.12",
                "SYSLOG_UDP",
                0,
                0,
                0,
                "x",
                "",
                "",
                Samples.AT,
                HexFormat.of().formatHex("a\u202eb\u001b[31m".getBytes(StandardCharsets.UTF_8)));
        assertThat(Wording.text(forged)).isEqualTo("a\\x202eb\\x1b[31m");
    }

    @ParameterizedTest
    @CsvSource({"PT0.025S,0.025 s", "PT59.9S,59.900 s", "PT61S,1 min 1 s", "PT3H5M,3 h 5 min", "PT100H,4 d 4 h"})
    void lengthsHaveTwoUnits(Duration length, String text) {
        assertThat(Wording.length(length)).isEqualTo(text);
    }
}
