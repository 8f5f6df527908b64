package io.portledger.webapp.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.webapp.lookup.Draft.Checked;
import io.portledger.webapp.lookup.Draft.Field;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DraftTest {

    private static final Duration HOUR = Duration.ofHours(1);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.7:40123 2026-11-23T14:02:07Z",
                "203.0.113.7 40123 2026-11-23T14:02:07Z",
                "  203.0.113.7:40123   @   2026-11-23 15:02:07 +01:00 ",
                "203.0.113.7, 40123, 2026-11-23T14:02:07Z",
                "203.0.113.7;40123;2026-11-23T14:02:07Z",
                "203.0.113.7 port 40123 at 2026-11-23T14:02:07Z",
                "203.0.113.7#40123 2026-11-23T14:02:07Z",
                "203.0.113.7:40123 1795442527",
                "203.0.113.7 40123 1795442527000",
                "http://203.0.113.7:40123/ 2026-11-23T14:02:07Z",
                "https://203.0.113.7:40123/login?x=1 2026-11-23T14:02:07Z",
                "2026-11-23T14:02:07Z 203.0.113.7:40123",
                "[23/Nov/2026:14:02:07 +0000] 203.0.113.7:40123",
                "203.0.113.7:40123 2026-11-23T14:02:07"
            })
    void aPastedLineFillsAddressPortAndTime(String line) {
        Checked checked = Draft.ofLine(line).withCase("C-1").check(HOUR);
        assertThat(checked.problems()).isEmpty();
        Inquiry inquiry = Objects.requireNonNull(checked.inquiry());
        assertThat(inquiry.question().ipv4()).hasToString("203.0.113.7");
        assertThat(inquiry.question().port()).isEqualTo(40_123);
        assertThat(inquiry.question().at()).isEqualTo(Instant.parse("2026-11-23T14:02:07Z"));
        assertThat(inquiry.question().tolerance()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"±2s,PT2S", "+/- 500 ms,PT0.5S", "+-5min,PT5M", "± 1,PT1S"})
    void aToleranceMayStandInTheLine(String tolerance, Duration expected) {
        Checked checked = Draft.ofLine("203.0.113.7:40123 2026-11-23T14:02:07Z " + tolerance)
                .withCase("C-1")
                .check(HOUR);
        assertThat(Objects.requireNonNull(checked.inquiry()).question().tolerance())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    203.0.113.7 2026-11-23T14:02:07Z        | PORT
                    203.0.113.7 1795442527                  | PORT
                    203.0.113.7:70000 2026-11-23T14:02:07Z  | PORT
                    203.0.113.700:4 2026-11-23T14:02:07Z    | IP
                    203.0.113.07:4 2026-11-23T14:02:07Z     | IP
                    40123 2026-11-23T14:02:07Z              | IP
                    203.0.113.7:40123                       | TIME
                    203.0.113.7:40123 2026-11-23T14:02:07 tcp | TIME
                    203.0.113.7:40123 tcp 2026-11-23T14:02:07Z | TIME
                    """)
    void whatIsMissingOrLeftOverIsAProblemOfItsField(String line, Field field) {
        Checked checked = Draft.ofLine(line).withCase("C-1").check(HOUR);
        assertThat(checked.inquiry()).isNull();
        assertThat(checked.problems()).containsKey(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            40123      |                  | 0   |              | 0
            40123/tcp  | 198.51.100.1:443 | 6   | 198.51.100.1 | 443
            40123/UDP  | 198.51.100.1     | 17  | 198.51.100.1 | 0
            40123/ 47  |                  | 47  |              | 0
            """)
    void protocolAndFarEndMayBeToldAndReadBack(
            String port, @Nullable String to, int protocol, @Nullable String address, int farPort) {
        Draft draft = new Draft("203.0.113.7", port, "2026-11-23T14:02:07Z", "0s", "C-1", to == null ? "" : to);

        Inquiry inquiry = Objects.requireNonNull(draft.check(HOUR).inquiry());

        assertThat(inquiry.question().protocol()).isEqualTo(protocol);
        assertThat(Objects.toString(inquiry.question().destination(), null)).isEqualTo(address);
        assertThat(inquiry.question().destinationPort()).isEqualTo(farPort);
        assertThat(inquiry.draft().check(HOUR).inquiry()).isEqualTo(inquiry);
        assertThat(Draft.ofLine(inquiry.draft().line()).port())
                .isEqualTo(protocol == 47 ? "40123" : inquiry.draft().port());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            40123/http |                   | PORT | "http" is no protocol
            40123/256  |                   | PORT | "256" is no protocol
            40123      | 198.51.100.1:77777 | TO  | "77777" is no port of a far end
            40123      | example.net       | TO   | example.net
            """)
    void aWrongProtocolOrFarEndIsNamed(String port, @Nullable String to, Field field, String message) {
        Checked checked =
                new Draft("203.0.113.7", port, "2026-11-23T14:02:07Z", "0s", "C-1", to == null ? "" : to).check(HOUR);

        assertThat(checked.inquiry()).isNull();
        assertThat(checked.problems()).containsOnlyKeys(field);
        assertThat(checked.problems().get(field)).contains(message);
    }

    @Test
    void anEmptyDraftNamesEveryFieldThatIsNeeded() {
        Checked checked = Draft.EMPTY.check(HOUR);
        assertThat(checked.problems()).containsOnlyKeys(Field.IP, Field.PORT, Field.TIME, Field.CASE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    61min | 0s to 1h
                    -2s   | 0s to 1h
                    PT-2S | 0s to 1h
                    soon  | number with a unit
                    2 d   | number with a unit
                    """)
    void aToleranceOutOfRangeOrUnreadableIsRefused(String tolerance, String why) {
        Draft draft = new Draft("203.0.113.7", "1", "2026-11-23T14:02:07Z", tolerance, "C-1");
        Checked checked = draft.check(HOUR);
        assertThat(checked.inquiry()).isNull();
        assertThat(checked.problems()).containsOnlyKeys(Field.TOLERANCE);
        if (!tolerance.startsWith("-")) {
            assertThat(checked.problems().get(Field.TOLERANCE)).contains(why);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "line one\nline two", "bell\u0007"})
    void aReferenceMustBeOneLineOfText(String reference) {
        Draft draft = new Draft("203.0.113.7", "1", "2026-11-23T14:02:07Z", "0s", reference);
        assertThat(draft.check(HOUR).problems()).containsOnlyKeys(Field.CASE);
    }

    @Test
    void aReferenceMustBeShort() {
        Draft draft = new Draft("203.0.113.7", "1", "2026-11-23T14:02:07Z", "0s", "x".repeat(201));
        assertThat(draft.check(HOUR).problems().get(Field.CASE)).contains("201", "100");
    }

    @Test
    void anIpv6AddressGetsItsOwnExplanation() {
        Draft draft = new Draft("2001:db8::1", "1", "2026-11-23T14:02:07Z", "0s", "C-1");
        assertThat(draft.check(HOUR).problems().get(Field.IP)).contains("IPv6", "not shared");
    }

    @Test
    void theCanonicalDraftOfAnInquiryReadsBackAsTheSameInquiry() {
        Draft draft = new Draft("203.0.113.7", "040123".substring(1), "1795442527123", "1500ms", " C-1 ");
        Inquiry inquiry = Objects.requireNonNull(draft.check(HOUR).inquiry());
        assertThat(inquiry.draft())
                .isEqualTo(new Draft("203.0.113.7", "40123", "2026-11-23T14:02:07.123Z", "1500ms", "C-1"));
        assertThat(inquiry.draft().check(HOUR).inquiry()).isEqualTo(inquiry);
        assertThat(Draft.ofLine(inquiry.draft().line()).time()).isEqualTo("2026-11-23T14:02:07.123Z");
    }
}
