package io.portledger.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Rfc3164MessageTest {

    private static final Instant RECEIVED = Instant.parse("2024-03-01T12:00:00Z");

    private static Rfc3164Message parse(String text) {
        return parse(text, RECEIVED, ZoneOffset.UTC);
    }

    private static Rfc3164Message parse(String text, Instant received, ZoneId zone) {
        return Rfc3164Message.parse(text.getBytes(StandardCharsets.UTF_8), received, zone);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            quoteCharacter = '\0',
            value = {
                "<34>Mar  1 11:14:15 mymachine su: 'su root' failed | 34 | 2024-03-01T11:14:15Z | mymachine | su: 'su root' failed",
                "<34>Mar 1 11:14:15 mymachine su: x | 34 | 2024-03-01T11:14:15Z | mymachine | su: x",
                "<14>Mar 01 11:14:15.123456 10.0.0.1 RT_NAT: x | 14 | 2024-03-01T11:14:15.123456Z | 10.0.0.1 | RT_NAT: x",
                "<14>Mar  1 11:14:15 RT_NAT: no host | 14 | 2024-03-01T11:14:15Z | null | RT_NAT: no host",
                "<14>Mar  1 11:14:15 fp-cgnat[12]: no host | 14 | 2024-03-01T11:14:15Z | null | fp-cgnat[12]: no host",
                "<14>Mar  1 11:14:15  graphite (FPC Slot 2) x | 14 | 2024-03-01T11:14:15Z | graphite | (FPC Slot 2) x",
                "Mar  1 11:14:15 vsr fp-cgnat[4269]: x | -1 | 2024-03-01T11:14:15Z | vsr | fp-cgnat[4269]: x",
                "<14>2024-03-01T11:14:15.62+01:00 host tag: x | 14 | 2024-03-01T10:14:15.620Z | host | tag: x",
                "2024-03-01 11:14:15,5 host tag: x | -1 | 2024-03-01T11:14:15.500Z | host | tag: x",
                "<14>2024-03-01T11:14:15Z 2001:db8::1 tag: x | 14 | 2024-03-01T11:14:15Z | 2001:db8::1 | tag: x",
                "<14>Mar  1 11:14:15 +0200 host tag: x | 14 | 2024-03-01T09:14:15Z | host | tag: x",
                "<14>Mar  1 2023 11:14:15 host tag: x | 14 | 2023-03-01T11:14:15Z | host | tag: x",
                "<189>45: Mar  1 11:14:15.483 UTC: %SYS-5-CONFIG_I: x | 189 | 2024-03-01T11:14:15.483Z | null | %SYS-5-CONFIG_I: x",
                "<189>: 2023 Mar  1 11:14:15.483 UTC: %SYS: x | 189 | 2023-03-01T11:14:15.483Z | null | %SYS: x",
                "<189>45: edge1: Mar  1 11:14:15: %SYS: x | 189 | 2024-03-01T11:14:15Z | edge1 | %SYS: x",
                "<189>45: .Mar  1 11:14:15.483: %SYS: x | 189 | 2024-03-01T11:14:15.483Z | null | %SYS: x",
                "<14>Mar  1 11:14:15 CRON: x | 14 | 2024-03-01T11:14:15Z | null | CRON: x",
                "<14>no time at all | 14 | null | null | no time at all",
                "no header at all | -1 | null | null | no header at all",
                "<192>Mar  1 11:14:15 h t: x | -1 | null | null | <192>Mar  1 11:14:15 h t: x",
            })
    void readsWhatSendersMakeOfIt(String text, int priority, Instant timestamp, String hostname, String content) {
        Rfc3164Message message = parse(text);
        assertThat(message.priority()).isEqualTo(priority);
        assertThat(message.timestamp()).isEqualTo(timestamp);
        assertThat(message.timeFault() == null).isEqualTo(timestamp != null);
        assertThat(message.hostname()).isEqualTo(hostname);
        assertThat(message.content()).isEqualTo(content);
        assertThat(message.body()).endsWith(content);
    }

    @ParameterizedTest
    @CsvSource({
        "2024-01-01T00:00:05Z, Dec 31 23:59:58, 2023-12-31T23:59:58Z",
        "2023-12-31T23:59:58Z, Jan  1 00:00:01, 2024-01-01T00:00:01Z",
        "2024-03-01T12:00:00Z, Feb 29 10:00:00, 2024-02-29T10:00:00Z",
        "2025-06-01T12:00:00Z, Feb 29 10:00:00, 2024-02-29T10:00:00Z",
        "2024-07-01T00:00:00Z, Jan  2 00:00:00, 2024-01-02T00:00:00Z",
        "2024-07-01T00:00:00Z, Dec 30 00:00:00, 2024-12-30T00:00:00Z",
        "2024-07-01T12:00:00Z, Dec 31 12:00:00, 2023-12-31T12:00:00Z",
    })
    void theYearIsTheOneNearestToTheReception(Instant received, String time, Instant expected) {
        assertThat(parse("<14>" + time + " host tag: x", received, ZoneOffset.UTC)
                        .timestamp())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2024-03-31T12:00:00Z | Mar 31 14:00:00 | 2024-03-31T12:00:00Z | summer",
                "2024-03-30T12:00:00Z | Mar 30 14:00:00 | 2024-03-30T13:00:00Z | winter",
                "2024-10-27T00:30:05Z | Oct 27 02:30:00 | 2024-10-27T00:30:00Z | the first half past two",
                "2024-10-27T01:30:05Z | Oct 27 02:30:00 | 2024-10-27T01:30:00Z | the second",
            })
    void aTimeWithoutZoneIsOfTheZoneThatTheSettingsName(
            Instant received, String time, Instant expected, String description) {
        assertThat(parse("<14>" + time + " host tag: x", received, ZoneId.of("Europe/Berlin"))
                        .timestamp())
                .as(description)
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<14>*Mar  1 11:14:15.483: %SYS: x | the TIMESTAMP is marked with *: the sender's clock is not set",
                "<14>45: Mar  1 11:14:15.483 CEST: %SYS: x | the TIMESTAMP is of time zone CEST, which is not known"
                        + " (known: UTC, GMT, Z, offsets such as +01:00)",
                "<14>2023-02-30T00:00:00Z host x | the TIMESTAMP is no date and time: Invalid date 'FEBRUARY 30'",
                "<14>tag: x | the message has no TIMESTAMP, so when it happened is not known",
            })
    void aTimeThatIsInDoubtIsNoTime(String text, String fault) {
        assertThat(parse(text).timestamp()).isNull();
        assertThat(parse(text).timeFault()).isEqualTo(fault);
    }

    @Test
    void aTimeThatTheZonesClocksSkipIsNoTime() {
        Rfc3164Message skipped = parse("<14>2024-03-31 02:30:00 host tag: x", RECEIVED, ZoneId.of("Europe/Berlin"));
        assertThat(skipped.timestamp()).isNull();
        assertThat(skipped.timeFault())
                .isEqualTo("the TIMESTAMP 2024-03-31T02:30 does not exist in time zone Europe/Berlin");
    }

    @Test
    void whatIsNotUtf8IsReadAsIso8859() {
        Rfc3164Message message = Rfc3164Message.parse(
                "<14>Mar  1 11:14:15 host tag: gr\u00fcn".getBytes(StandardCharsets.ISO_8859_1),
                RECEIVED,
                ZoneOffset.UTC);
        assertThat(message.content()).isEqualTo("tag: gr\u00fcn");
    }

    @ParameterizedTest
    @CsvSource({
        "<14>1 2024-03-01T11:14:15Z h a p m -, true",
        "<14>2 - - - - - -, true",
        "<14>Mar  1 11:14:15 h t: x, false",
        "<14>2024 Mar  1 11:14:15 h t: x, false",
        "<14>2024-03-01T11:14:15Z h t: x, false",
        "<189>45: Mar  1 11:14:15: x, false",
        "hello world, false",
        "<14>, false",
        "<>1 - - -, false",
    })
    void aVersionBehindPriIsTheMarkOfRfc5424(String text, boolean isOfRfc5424) {
        assertThat(Rfc3164Message.isOfRfc5424(text.getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(isOfRfc5424);
    }

    @Test
    void whatCarelessSendersAddIsTakenOff() {
        assertThat(Rfc3164Message.trim("\ufeff<14>x\u0000\r\n\u0000".getBytes(StandardCharsets.UTF_8)))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("<14>x");
        assertThat(Rfc3164Message.trim(new byte[] {0, 0})).isEmpty();
        byte[] clean = "<14>x\ny".getBytes(StandardCharsets.US_ASCII);
        assertThat(Rfc3164Message.trim(clean)).isSameAs(clean);
    }
}
