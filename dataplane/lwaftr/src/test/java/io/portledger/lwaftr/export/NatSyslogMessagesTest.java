package io.portledger.lwaftr.export;

import static io.portledger.lwaftr.export.Changes.BR;
import static io.portledger.lwaftr.export.Changes.RANGE;
import static io.portledger.lwaftr.export.Changes.SCATTERED;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NatSyslogMessagesTest {

    private static final String HEADER = "<134>1 2023-11-14T22:13:20.123Z lwaftr1.example.net NAT 4711 ";
    private static final String ADDRESSES = "SSUBIX=\"0\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
            + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\"";
    private static final String NPRNG = "[nprng " + ADDRESSES + " PORTMN=\"34816\" PORTMX=\"35839\" TRIG=\"ADMIN\"]";

    private final NatSyslogMessages messages = new NatSyslogMessages("lwaftr1.example.net", "4711", 32473, 0);

    @ParameterizedTest
    @MethodSource("lines")
    void writesTheLine(BindingChange change, String line) {
        assertThat(messages.of(change)).hasToString(line);
    }

    static Stream<Arguments> lines() {
        Ipv6Address noBr = Ipv6Address.UNSPECIFIED;
        String own = "[lw4o6@32473 B4=\"2001:db8:0:100:0:c000:201:22\" IPV4=\"192.0.2.1\" PSIDOFF=\"4\" PSIDLEN=\"6\""
                + " PSID=\"34\" BR=\"2001:db8:ffff::1\"";
        return Stream.of(
                Arguments.of(Changes.created(RANGE, noBr, null), HEADER + "PTADD " + NPRNG),
                Arguments.of(
                        Changes.created(RANGE, BR, null),
                        HEADER + "PTADD " + NPRNG + "[lw4o6@32473 BR=\"2001:db8:ffff::1\"]"),
                Arguments.of(
                        Changes.created(RANGE, BR, "a \"b\" \\ [c]"),
                        HEADER + "PTADD " + NPRNG
                                + "[lw4o6@32473 BR=\"2001:db8:ffff::1\" SUBID=\"a \\\"b\\\" \\\\ [c\\]\"]"),
                Arguments.of(change(BindingChange.Kind.DELETED, RANGE), HEADER + "PTDEL " + NPRNG),
                Arguments.of(change(BindingChange.Kind.SNAPSHOT, RANGE), HEADER + "PTADD " + NPRNG),
                Arguments.of(
                        Changes.created(PortSet.WHOLE_ADDRESS, noBr, null),
                        HEADER + "AMADD [namap " + ADDRESSES + " TRIG=\"ADMIN\"]"),
                Arguments.of(
                        change(BindingChange.Kind.DELETED, PortSet.WHOLE_ADDRESS),
                        HEADER + "AMDEL [namap " + ADDRESSES + " TRIG=\"ADMIN\"]"),
                Arguments.of(Changes.created(SCATTERED, BR, null), HEADER + "PTADD " + own + "]"),
                Arguments.of(
                        Changes.created(SCATTERED, BR, "subscriber-0001"),
                        HEADER + "PTADD " + own + " SUBID=\"subscriber-0001\"]"));
    }

    @Test
    void tellsOfServiceClassesInTheWordsOfTheDraft() {
        String time = "1 2023-11-14T22:13:20.123Z lwaftr1.example.net ";
        assertThat(messages.of(Changes.HIGH))
                .hasToString("<132>" + time + "NATTHR 4711 POOLHT [npool POOLID=\"2\" POOLHW=\"205\"]");
        assertThat(messages.of(Changes.LOW))
                .hasToString("<134>" + time + "NATTHR 4711 POOLLT [npool POOLID=\"2\" POOLLW=\"192\"]");
        assertThat(messages.of(Changes.EXHAUSTED))
                .hasToString("<131>" + time + "NATLIM 4711 GAPMLIM [ngapml POOLID=\"2\"]");
    }

    @Test
    void namesTheNatInstanceIfThereIsOne() {
        NatSyslogMessages ofInstance = new NatSyslogMessages("lwaftr1.example.net", "4711", 32473, 0xffff_ffffL);
        assertThat(ofInstance.of(Changes.created(RANGE, BR, null)).toString())
                .contains("[nprng NATINST=\"4294967295\" SSUBIX=\"0\"");
        assertThat(ofInstance.of(Changes.created(SCATTERED, BR, null)).toString())
                .contains("[lw4o6@32473 NATINST=\"4294967295\" B4=");
    }

    @Test
    void cutsTimesToTheMillisecondAsIpfixDoes() {
        Instant fine = Instant.parse("2023-11-14T22:13:20.123999Z");
        assertThat(messages.of(Changes.change(BindingChange.Kind.CREATED, fine, RANGE, Ipv6Address.UNSPECIFIED, null))
                        .toString())
                .startsWith(HEADER);
    }

    private static BindingChange change(BindingChange.Kind kind, PortSet ports) {
        return Changes.change(kind, Changes.CREATED_AT, ports, Ipv6Address.UNSPECIFIED, null);
    }
}
