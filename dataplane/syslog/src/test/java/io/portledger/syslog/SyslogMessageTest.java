package io.portledger.syslog;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogMessageTest {

    private static final String PORT_RANGE = "<134>1 2023-11-14T22:13:20.123Z lwaftr1.example.net NAT 4711 PTADD [nprng"
            + " SSUBIX=\"1\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
            + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" PORTMN=\"34816\""
            + " PORTMX=\"35839\" TRIG=\"ADMIN\"]";

    private static final String SESSION = "<134>1 2019-01-20T23:43:41.087236Z 172.16.3.1 NAT 15634 SADD [nsess"
            + " SSUBIX=\"0\" SVLAN=\"0\" IATYP=\"IPv4\" ISADDR=\"172.16.1.2\" ISPORT=\"6303\" XATYP=\"IPv4\""
            + " XSADDR=\"10.0.0.3\" XSPORT=\"16253\" PROTO=\"6\" XDADDR=\"172.16.2.2\" XDPORT=\"80\"]";

    private static SyslogMessage parse(String text) throws SyslogParseException {
        return SyslogMessage.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void writesThePortRangeAllocationOfTheNatLoggingDraftOctetByOctet() {
        SdElement element = SdElement.named(NatLogging.NPRNG)
                .with(NatLogging.SSUBIX, 1)
                .with(NatLogging.SV6ENC, "2001:db8:0:100:0:c000:201:22")
                .with(NatLogging.IATYP, NatLogging.IPV6_TYPE)
                .with(NatLogging.ISADDR, "2001:db8:0:100:0:c000:201:22")
                .with(NatLogging.XATYP, NatLogging.IPV4_TYPE)
                .with(NatLogging.XSADDR, "192.0.2.1")
                .with(NatLogging.PORTMN, 34816)
                .with(NatLogging.PORTMX, 35839)
                .with(NatLogging.TRIG, NatLogging.TRIG_ADMIN)
                .withIfKnown(NatLogging.NATINST, null)
                .build();
        SyslogMessage message = SyslogMessage.ofStructuredData(
                Instant.parse("2023-11-14T22:13:20.123Z"),
                "lwaftr1.example.net",
                NatLogging.NAT,
                "4711",
                NatLogging.PTADD,
                List.of(element));

        assertThat(message.toBytes()).asString(StandardCharsets.UTF_8).isEqualTo(PORT_RANGE);
        assertThat(message.toBytes()).hasSize(249);
    }

    @Test
    void readsThePortRangeAllocationOfTheNatLoggingDraft() throws SyslogParseException {
        SyslogMessage message = parse(PORT_RANGE);

        assertThat(message.facility()).isEqualTo(SyslogMessage.LOCAL0);
        assertThat(message.severity()).isEqualTo(SyslogMessage.INFORMATIONAL);
        assertThat(message.timestamp()).isEqualTo(Instant.ofEpochMilli(1700000000123L));
        assertThat(message.hostname()).isEqualTo("lwaftr1.example.net");
        assertThat(message.appName()).isEqualTo(NatLogging.NAT);
        assertThat(message.procId()).isEqualTo("4711");
        assertThat(message.msgId()).isEqualTo(NatLogging.PTADD);
        assertThat(message.message()).isEmpty();
        SdElement element = requireNonNull(message.element(NatLogging.NPRNG));
        assertThat(element.params()).hasSize(9);
        assertThat(element.value(NatLogging.PORTMX)).isEqualTo("35839");
        assertThat(element.value("PORTXX")).isNull();
        assertThat(message.element("nsess")).isNull();
    }

    @Test
    void readsASessionThatVppLogged() throws SyslogParseException {
        SyslogMessage message = parse(SESSION);

        assertThat(message.timestamp()).isEqualTo(Instant.parse("2019-01-20T23:43:41.087236Z"));
        assertThat(message.structuredData()).singleElement().satisfies(element -> {
            assertThat(element.id()).isEqualTo(NatLogging.NSESS);
            assertThat(element.params()).hasSize(11);
        });
        assertThat(message.toBytes()).asString(StandardCharsets.UTF_8).isEqualTo(SESSION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // The examples of RFC 5424 §6.5, the second with the offset it is written with.
                "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick",
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\""
                        + " eventSource=\"Application\" eventID=\"1011\"] \ufeffAn application event log entry...",
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\""
                        + " eventSource=\"Application\" eventID=\"1011\"][examplePriority@32473 class=\"high\"]",
                "<0>1 - - - - - -",
                "<191>1 - - - - - - free text",
                "<13>1 - - - - - [empty] ",
            })
    void readsAndWritesTheSameOctets(String text) throws SyslogParseException {
        assertThat(parse(text).toBytes())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(text.endsWith("] ") ? text.strip() : text);
    }

    @ParameterizedTest
    @CsvSource({
        "1985-04-12T23:20:50.52Z,       1985-04-12T23:20:50.520Z",
        "1985-04-12T19:20:50.52-04:00,  1985-04-12T23:20:50.520Z",
        "2003-10-11T22:14:15.003Z,      2003-10-11T22:14:15.003Z",
        "2003-08-24T05:14:15.000003-07:00, 2003-08-24T12:14:15.000003Z",
        "2024-02-29T00:00:00+23:59,     2024-02-28T00:01:00Z",
        "0000-01-01T00:00:00Z,          0000-01-01T00:00:00Z",
    })
    void readsTimestampsAsInstants(String timestamp, Instant expected) throws SyslogParseException {
        assertThat(parse("<34>1 " + timestamp + " h a p m -").timestamp()).isEqualTo(expected);
    }

    @Test
    void aByteOrderMarkIsKeptAsAFactAndNotAsText() throws SyslogParseException {
        SyslogMessage message = parse("<34>1 - - - - - - \ufeff\u00fc");

        assertThat(message.hasByteOrderMark()).isTrue();
        assertThat(message.message()).isEqualTo("\u00fc");
    }

    @Test
    void textOfUndeclaredEncodingThatIsNotUtf8IsReadAsIso8859() throws SyslogParseException {
        SyslogMessage message =
                SyslogMessage.parse("<34>1 - - - - - - gr\u00fcn".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(message.message()).isEqualTo("gr\u00fcn");
        assertThat(message.hasByteOrderMark()).isFalse();
    }

    @Test
    void escapesAreTakenOffAndPutOnAgain() throws SyslogParseException {
        String text = "<34>1 - - - - - [x p=\"quote \\\" slash \\\\ bracket \\] \u20ac\"]";
        SyslogMessage message = parse(text);

        assertThat(requireNonNull(message.element("x")).value("p")).isEqualTo("quote \" slash \\ bracket ] \u20ac");
        assertThat(message.toString()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"C:\\nat | C:\\nat", "a]b | a]b", "end\\\\ | end\\"})
    void readsParameterValuesThatSendersEscapeCarelessly(String onTheWire, String meant) throws SyslogParseException {
        SdElement element = requireNonNull(
                parse("<34>1 - - - - - [x p=\"" + onTheWire + "\"]").element("x"));

        assertThat(element.value("p")).isEqualTo(meant);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "hello | PRI: found \"h\", expected \"<\"",
                "<> | PRI: found \">\", expected a digit",
                "<192>1 - - - - - - | PRI: found \"192\", expected 0-191 without leading zeros",
                "<034>1 - - - - - - | PRI: found \"034\", expected 0-191 without leading zeros",
                "<34 | the message ends where \">\" was expected at the end of PRI",
                "<34>Oct 11 22:14:15 mymachine su: 'su root' failed | VERSION: found \"O\", expected \"1\": the message is"
                        + " not of RFC 5424 (of RFC 3164?)",
                "<34>2 - - - - - - | VERSION: found \"2 \", expected \"1\" and a space",
                "<34>1 2003-10-11t22:14:15Z h a p m - | found \"t\" in TIMESTAMP, expected \"T\"",
                "<34>1 2003-13-11T22:14:15Z h a p m - | TIMESTAMP: \"2003-13-11T22:14:15Z\" is no date and time of RFC 3339"
                        + " (seconds 00-59)",
                "<34>1 2003-10-11T22:14:15.1234567Z h a p m - | TIMESTAMP: found \"7\", expected \"Z\" or a time offset such"
                        + " as \"+01:00\"",
                "<34>1 2003-10-11T22:14:15 h a p m - | TIMESTAMP: found \" \", expected \"Z\" or a time offset such as"
                        + " \"+01:00\"",
                "<34>1 -  a p m - | HOSTNAME: found 0 characters, expected 1-255 or \"-\"",
                "<34>1 - h a | the message ends within APP-NAME",
                "<34>1 - h a p 123456789012345678901234567890123 - | MSGID: found 33 characters, expected 1-32 or \"-\"",
                "<34>1 - h a p m x | STRUCTURED-DATA: found \"x\", expected \"[\" or \"-\"",
                "<34>1 - h a p m -x | found \"x\" between STRUCTURED-DATA and MSG, expected a space",
                "<34>1 - h a p m [ x=\"1\"] | SD-ID: found \" \", expected a name of 1-32 characters",
                "<34>1 - h a p m [x y] | found \"]\" behind PARAM-NAME y, expected \"=\"",
                "<34>1 - h a p m [x y=1] | found \"1\" before the PARAM-VALUE of y, expected \"\"\"",
                "<34>1 - h a p m [x y=\"1] | the message ends within the PARAM-VALUE of y",
                "<34>1 - h a p m [x y=\"1\" | the message ends within SD-ELEMENT x",
                "<34>1 - h a p m [x][x] | STRUCTURED-DATA: SD-ID x occurs twice",
            })
    void saysWhatIsWrong(String text, String reason) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOf(SyslogParseException.class)
                .hasMessage(reason);
    }

    @Test
    void refusesToBuildWhatItCouldNotWrite() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SyslogMessage.ofStructuredData(Instant.EPOCH, "a b", null, null, null, List.of()))
                .withMessageContaining("HOSTNAME \"a b\" holds character 32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SdElement.named("a=b").build())
                .withMessageContaining("SD-ID \"a=b\" holds \"=\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SdElement.named("a").with("p", "\ud800"))
                .withMessageContaining("half a surrogate pair");
    }

    @Test
    void ourOwnElementIsNamedByItsEnterprise() {
        assertThat(NatLogging.lw4o6Id(NatLogging.DOCUMENTATION_ENTERPRISE)).isEqualTo("lw4o6@32473");
    }
}
