package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.BindingFact;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent.Kind;
import io.portledger.records.v1.NatCondition;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import io.portledger.syslog.NatLogging;
import io.portledger.syslog.SdElement;
import io.portledger.syslog.SyslogMessage;
import io.portledger.syslog.SyslogParseException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogBindingsTest {

    private static final long AT = 1_700_000_000_123L;
    private static final Ipv4Address PUBLIC = Ipv4Address.parse("192.0.2.1");
    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final String NPRNG = "[nprng SSUBIX=\"1\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
            + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" PORTMN=\"34816\""
            + " PORTMX=\"35839\" TRIG=\"ADMIN\"]";

    private final SyslogBindings bindings = new SyslogBindings(32473);

    private @Nullable Reading read(String msgIdAndData) throws SyslogParseException {
        return readWhole("<134>1 2023-11-14T22:13:20.123Z lwaftr1 NAT 4711 " + msgIdAndData);
    }

    private @Nullable Reading readWhole(String text) throws SyslogParseException {
        return bindings.read(SyslogMessage.parse(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static BindingFact fact(
            Kind kind,
            Ports ports,
            @Nullable Ipv6Address b4,
            @Nullable String inside,
            @Nullable String subscriber,
            int instance,
            @Nullable Ipv6Address br) {
        return new BindingFact(
                kind,
                AT,
                PUBLIC,
                ports,
                b4,
                inside == null ? null : Ipv4Address.parse(inside),
                subscriber,
                instance,
                br);
    }

    static List<Arguments> bindings() {
        PortSet set = new PortSet(0, 6, 34);
        return List.of(
                Arguments.of("PTADD " + NPRNG, fact(Kind.ALLOCATED, set, B4, null, null, 0, null)),
                Arguments.of("PTDEL " + NPRNG, fact(Kind.RELEASED, set, B4, null, null, 0, null)),
                Arguments.of(
                        "PTADD " + NPRNG + "[lw4o6@32473 BR=\"2001:db8:ffff::1\" SUBID=\"household-7\"]",
                        fact(Kind.ALLOCATED, set, B4, null, "household-7", 0, BR)),
                Arguments.of(
                        "PTADD " + NPRNG + "[lw4o6@99 BR=\"2001:db8:ffff::1\" SUBID=\"household-7\"]",
                        fact(Kind.ALLOCATED, set, B4, null, null, 0, null)),
                Arguments.of(
                        "PTADD [nprng NATINST=\"9\" SSUBIX=\"0\" IATYP=\"IPv4\" ISADDR=\"10.0.0.7\" XATYP=\"IPv4\""
                                + " XSADDR=\"192.0.2.1\" PORTMN=\"1000\" PORTMX=\"1099\"]",
                        fact(Kind.ALLOCATED, new PortRange(1000, 1099), null, "10.0.0.7", null, 9, null)),
                Arguments.of(
                        "PTADD [nprng SSUBIX=\"0\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv4\""
                                + " ISADDR=\"10.0.0.7\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" PORTMN=\"1024\""
                                + " PORTMX=\"2047\"]",
                        fact(Kind.ALLOCATED, new PortSet(0, 6, 1), B4, "10.0.0.7", null, 0, null)),
                Arguments.of(
                        "AMADD [namap SSUBIX=\"0\" IATYP=\"IPv6\" ISADDR=\"2001:db8:0:100:0:c000:201:22\""
                                + " XATYP=\"IPv4\" XSADDR=\"192.0.2.1\"]",
                        fact(Kind.ALLOCATED, PortSet.WHOLE_ADDRESS, B4, null, null, 0, null)),
                Arguments.of(
                        "PTDEL [lw4o6@32473 B4=\"2001:db8:0:100:0:c000:201:22\" IPV4=\"192.0.2.1\" PSIDOFF=\"6\""
                                + " PSIDLEN=\"4\" PSID=\"3\" BR=\"2001:db8:ffff::1\" SUBID=\"household-7\""
                                + " NATINST=\"4294967295\"]",
                        fact(Kind.RELEASED, new PortSet(6, 4, 3), B4, null, "household-7", -1, BR)));
    }

    @ParameterizedTest
    @MethodSource("bindings")
    void readsBindings(String msgIdAndData, BindingFact expected) throws SyslogParseException {
        assertThat(read(msgIdAndData)).isEqualTo(new Reading.Binding(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "PTADD - | MSGID is PTADD, but there is neither an element nprng nor lw4o6@32473",
                "AMDEL - | MSGID is AMDEL, but there is neither an element namap nor lw4o6@32473",
                "PTADD [nprng ISADDR=\"10.0.0.1\" PORTMN=\"1\" PORTMX=\"2\"] | element nprng has no XSADDR",
                "PTADD [nprng ISADDR=\"10.0.0.1\" XSADDR=\"192.0.2.1\" PORTMN=\"1\"] | element nprng has no PORTMX",
                "PTADD [nprng ISADDR=\"10.0.0.1\" XSADDR=\"192.0.2.1\" PORTMN=\"1\" PORTMX=\"65536\"] | PORTMX is"
                        + " \"65536\", expected a number 0-65535",
                "PTADD [nprng ISADDR=\"10.0.0.1\" XSADDR=\"192.0.2.1\" PORTMN=\"-1\" PORTMX=\"2\"] | PORTMN is \"-1\","
                        + " expected a number 0-65535",
                "PTADD [nprng ISADDR=\"10.0.0.1\" XSADDR=\"192.0.2.1\" PORTMN=\"3\" PORTMX=\"2\"] | port range 3-2 is"
                        + " not within 0-65535 with its lower port first",
                "PTADD [nprng ISADDR=\"10.0.0.300\" XSADDR=\"192.0.2.1\" PORTMN=\"1\" PORTMX=\"2\"] | ISADDR:"
                        + " \"10.0.0.300\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)",
                "PTADD [nprng XATYP=\"IPv6\" ISADDR=\"10.0.0.1\" XSADDR=\"::1\" PORTMN=\"1\" PORTMX=\"2\"] | XATYP is"
                        + " \"IPv6\", expected \"IPv4\"",
                "PTADD [nprng XSADDR=\"192.0.2.1\" PORTMN=\"1\" PORTMX=\"2\"] | neither SV6ENC nor ISADDR says who"
                        + " holds the ports",
                "PTADD [lw4o6@32473 B4=\"::1\" IPV4=\"192.0.2.1\" PSIDOFF=\"6\" PSIDLEN=\"4\" PSID=\"16\"] | PSID 16"
                        + " does not fit PSID length 4 (allowed: 0-15)",
                "PTADD [lw4o6@32473 IPV4=\"192.0.2.1\" PSIDOFF=\"6\" PSIDLEN=\"4\" PSID=\"1\"] | element lw4o6@32473"
                        + " has no B4",
            })
    void saysWhyABindingCannotBeUsed(String msgIdAndData, String reason) throws SyslogParseException {
        assertThat(read(msgIdAndData)).isEqualTo(new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_RECORD, reason));
    }

    @Test
    void aBindingWithoutATimeCannotBeUsed() throws SyslogParseException {
        assertThat(readWhole("<134>1 - lwaftr1 NAT - PTADD " + NPRNG))
                .isEqualTo(new Reading.NoBinding(
                        Counter.UNDECODABLE_SYSLOG_RECORD,
                        "the message has no TIMESTAMP, so when it happened is not known"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<13>1 2023-11-14T22:13:20Z host root - - - hello",
                "<13>1 2023-11-14T22:13:20Z host app - LOGIN - hello",
            })
    void leavesWhatIsNotInTheDraftsWordsToOthers(String text) throws SyslogParseException {
        assertThat(readWhole(text)).isNull();
    }

    @Test
    void namesWhatIsSoundButTellsNothing() throws SyslogParseException {
        assertThat(readWhole("<132>1 2023-11-14T22:13:20Z host NATTHR - OTHER [npool POOLID=\"1\"]"))
                .isEqualTo(new Reading.NoBinding(
                        Counter.OTHER_NAT_EVENTS, "MSGID OTHER is none of NATTHR and NATLIM in the draft"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x\"] [nprng ISADDR=\"10.6.6.6\" XSADDR=\"198.51.100.9\" PORTMN=\"1\" PORTMX=\"65535\"][y z=\"",
                "x\n<134>1 2023-11-14T22:13:20.123Z h NAT - PTDEL [nprng ISADDR=\"10.6.6.6\" XSADDR=\"198.51.100.9\"]",
                "\\\"]",
                "\u0000\u202e SUBID=\"somebody else\"",
            })
    void whateverASubscriberIsCalledItIsNoMoreThanAName(String name) throws SyslogParseException {
        SdElement own =
                SdElement.named("lw4o6@32473").with(NatLogging.SUBSCRIBER, name).build();
        SyslogMessage message = SyslogMessage.parse(
                ("<134>1 2023-11-14T22:13:20.123Z lwaftr1 NAT 4711 PTADD " + NPRNG).getBytes(StandardCharsets.UTF_8));
        byte[] octets = SyslogMessage.ofStructuredData(
                        Instant.ofEpochMilli(AT),
                        "lwaftr1",
                        "NAT",
                        "4711",
                        "PTADD",
                        List.of(own, message.structuredData().getFirst()))
                .toBytes();

        assertThat(bindings.read(SyslogMessage.parse(octets)))
                .isEqualTo(new Reading.Binding(fact(Kind.ALLOCATED, new PortSet(0, 6, 34), B4, null, name, 0, null)));
    }

    static List<Arguments> mappings() {
        return List.of(
                // VPP's: a session of NAT44, a mapping of DS-Lite, a session of NAT64.
                Arguments.of(
                        "SADD [nsess SSUBIX=\"0\" SVLAN=\"0\" IATYP=\"IPv4\" ISADDR=\"172.16.1.2\" ISPORT=\"6303\""
                                + " XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" XSPORT=\"16253\" PROTO=\"6\" XDADDR=\"172.16.2.2\""
                                + " XDPORT=\"80\"]",
                        mapping(
                                Kind.ALLOCATED,
                                16253,
                                null,
                                "172.16.1.2",
                                new NatMapping(6, 6303, Ipv4Address.parse("172.16.2.2"), 80))),
                Arguments.of(
                        "APMDEL [napmap SSUBIX=\"0\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv4\""
                                + " ISADDR=\"192.168.1.1\" ISPORT=\"20000\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\""
                                + " XSPORT=\"16253\" PROTO=\"17\"]",
                        mapping(Kind.RELEASED, 16253, B4, "192.168.1.1", new NatMapping(17, 20000, null, 0))),
                Arguments.of(
                        "SDEL [nsess SSUBIX=\"0\" SVLAN=\"0\" IATYP=\"IPv6\" ISADDR=\"2001:db8:0:100:0:c000:201:22\""
                                + " ISPORT=\"6303\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" XSPORT=\"16253\" PROTO=\"1\""
                                + " XDADDR=\"172.16.2.2\" XDPORT=\"0\"]",
                        mapping(
                                Kind.RELEASED,
                                16253,
                                B4,
                                null,
                                new NatMapping(1, 6303, Ipv4Address.parse("172.16.2.2"), 0))),
                Arguments.of(
                        "SADD [nsess ISADDR=\"10.0.0.7\" ISPORT=\"6303\" IDADDR=\"203.0.113.9\" IDPORT=\"443\""
                                + " XSADDR=\"192.0.2.1\" XSPORT=\"1\"]",
                        mapping(
                                Kind.ALLOCATED,
                                1,
                                null,
                                "10.0.0.7",
                                new NatMapping(0, 6303, Ipv4Address.parse("203.0.113.9"), 443))),
                Arguments.of(
                        "SADD [nsess ISADDR=\"10.0.0.7\" ISPORT=\"6303\" IDADDR=\"203.0.113.9\" IDPORT=\"443\""
                                + " XDADDR=\"203.0.113.10\" XDPORT=\"444\" XSADDR=\"192.0.2.1\" XSPORT=\"1\"]",
                        mapping(
                                Kind.ALLOCATED,
                                1,
                                null,
                                "10.0.0.7",
                                new NatMapping(0, 6303, Ipv4Address.parse("203.0.113.10"), 444))));
    }

    private static BindingFact mapping(
            Kind kind, int port, @Nullable Ipv6Address b4, @Nullable String inside, NatMapping mapping) {
        return new BindingFact(
                kind,
                AT,
                PUBLIC,
                new PortRange(port, port),
                b4,
                inside == null ? null : Ipv4Address.parse(inside),
                null,
                0,
                null,
                mapping);
    }

    @ParameterizedTest
    @MethodSource("mappings")
    void readsMappingsAndSessions(String msgIdAndData, BindingFact expected) throws SyslogParseException {
        assertThat(read(msgIdAndData)).isEqualTo(new Reading.Binding(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "SADD [nsess ISADDR=\"10.0.0.7\" XSADDR=\"192.0.2.1\" XSPORT=\"1\"] | element nsess has no XDADDR",
                "SADD - | MSGID is SADD, but there is no element nsess",
                "SADD [lw4o6@32473 B4=\"::1\" IPV4=\"192.0.2.1\" PSIDOFF=\"6\" PSIDLEN=\"4\" PSID=\"1\"] | MSGID is"
                        + " SADD, but there is no element nsess",
                "APMADD [napmap ISADDR=\"10.0.0.7\" XSADDR=\"192.0.2.1\"] | element napmap has no XSPORT",
                "APMADD [napmap ISADDR=\"10.0.0.7\" XSADDR=\"192.0.2.1\" XSPORT=\"1\" PROTO=\"tcp\"] | PROTO is"
                        + " \"tcp\", expected a number 0-255",
            })
    void saysWhyAMappingCannotBeUsed(String msgIdAndData, String reason) throws SyslogParseException {
        assertThat(read(msgIdAndData)).isEqualTo(new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_RECORD, reason));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "NATTHR - POOLHT [npool NATINST=\"2\" POOLID=\"7\" POOLHW=\"900\"] | THRESHOLD_REACHED | 1 | 900 | 0",
                "NATTHR - POOLLT [npool POOLID=\"7\" POOLLW=\"100\"] | THRESHOLD_REACHED | 2 | 100 | 0",
                "NATTHR - GAPMHT [ngapmht GAPMCNT=\"1000000\"] | THRESHOLD_REACHED | 3 | 0 | 1000000",
                "NATTHR - SAPMHT [nsapmht SAPMCNT=\"1000\" ISADDR=\"10.0.0.7\"] | THRESHOLD_REACHED | 4 | 0 | 1000",
                "NATTHR - GAMHT [ngamht GAMCNT=\"4294967295\"] | THRESHOLD_REACHED | 5 | 0 | 4294967295",
                "NATLIM - GAMLIM [ngaml NATINST=\"2\"] | QUOTA_EXCEEDED | 0 | 0 | 0",
                "NATLIM - GAPMLIM [ngapml NATINST=\"2\"] | QUOTA_EXCEEDED | 2 | 0 | 0",
                "NATLIM - SAPMLIM [nsapml SSUBIX=\"1\" ISADDR=\"10.0.0.7\"] | QUOTA_EXCEEDED | 3 | 0 | 0",
                "NATLIM - GSLIM [ngsl NATINST=\"2\"] | QUOTA_EXCEEDED | 4 | 0 | 0",
                "NATLIM - FRAG [nfpkt NATINST=\"2\"] | QUOTA_EXCEEDED | 5 | 0 | 0",
            })
    void readsWhatTheNatHasLeft(String text, NatCondition.Kind kind, int detail, long limit, long level)
            throws SyslogParseException {
        Reading reading = readWhole("<132>1 2023-11-14T22:13:20.123Z host " + text);
        assertThat(reading).isInstanceOfSatisfying(Reading.Condition.class, read -> {
            NatCondition condition = read.condition();
            assertThat(condition.getKind()).isEqualTo(kind);
            assertThat(condition.getEventTimeMillis()).isEqualTo(AT);
            assertThat(condition.getDetail()).isEqualTo(detail);
            assertThat(condition.getLimit()).isEqualTo(limit);
            assertThat(condition.getLevel()).isEqualTo(level);
            assertThat(condition.getPoolId()).isEqualTo(text.contains("POOLID") ? 7 : 0);
            assertThat(condition.getNatInstance()).isEqualTo(text.contains("NATINST") ? 2 : 0);
            assertThat(condition.hasHolder()).isEqualTo(text.contains("ISADDR"));
        });
    }
}
