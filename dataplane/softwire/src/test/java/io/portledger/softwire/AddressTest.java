package io.portledger.softwire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

    /** RFC 5952 §4 and §5. */
    @ParameterizedTest
    @CsvSource({
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8::1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8::ABCD, 2001:db8::abcd",
        "0:0:0:0:0:0:0:0, ::",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "0:1::, 0:1::",
        "1:0:0:0:0:0:0:0, 1::",
        "0:0:1:0:0:0:0:0, 0:0:1::",
        "::ffff:192.0.2.1, ::ffff:192.0.2.1",
        "::ffff:c000:201, ::ffff:192.0.2.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "1:2:3:4:5:6:192.0.2.1, 1:2:3:4:5:6:c000:201",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
        "1:2:3::6:7:8, 1:2:3::6:7:8",
    })
    void ipv6IsReadInAnyFormAndWrittenCanonically(String written, String canonical) {
        assertThat(Ipv6Address.parse(written)).hasToString(canonical);
        assertThat(Ipv6Address.parse(canonical)).isEqualTo(Ipv6Address.parse(written));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":::",
                "1",
                "1:",
                ":1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:",
                ":1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7:8:",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "1:::2",
                "::1::",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "12345::",
                "00001::",
                "g::",
                "::1%eth0",
                "[::1]",
                " ::1",
                "::1 ",
                "::1/64",
                "1.2.3.4",
                "::1.2.3",
                "::1.2.3.4.5",
                "::1.2.3.256",
                "::01.2.3.4",
                "1.2.3.4::",
                "::1.2.3.4:1",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::.2.3.4",
                "１::",
                "1::2:3:4:5:6:7:1.2.3.4"
            })
    void whatIsNoIpv6AddressIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ipv6Address.parse(text))
                .withMessage("\"" + text + "\" is not an IPv6 address (expected a form such as 2001:db8::1)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "1",
                "1.2.3",
                "1.2.3.",
                ".1.2.3",
                "1..2.3",
                "1.2.3.4.",
                "1.2.3.4.5",
                "1.2.3.256",
                "1.2.3.-1",
                "1.2.3.+4",
                "01.2.3.4",
                "1.2.3.00",
                "0x1.2.3.4",
                "1.2.3.4 ",
                " 1.2.3.4",
                "1.2.3.4/32",
                "999999999999.2.3.4",
                "1.2.3.४",
                "::1"
            })
    void whatIsNoIpv4AddressIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ipv4Address.parse(text))
                .withMessage("\"" + text + "\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)");
    }

    @Test
    void addressesCompareAsUnsignedNumbers() {
        assertThat(Ipv4Address.parse("128.0.0.0")).isGreaterThan(Ipv4Address.parse("127.255.255.255"));
        assertThat(Ipv6Address.parse("8000::")).isGreaterThan(Ipv6Address.parse("7fff::ffff"));
        assertThat(Ipv6Address.parse("1::8000:0:0:0")).isGreaterThan(Ipv6Address.parse("1::7fff:0:0:0"));
    }

    @Test
    void octetsAreInNetworkOrder() {
        byte[] octets = HexFormat.of().parseHex("ff20010db8000001000000c00002010022ff");

        assertThat(Ipv6Address.fromBytes(octets, 1)).hasToString("2001:db8:0:100:0:c000:201:22");
        assertThat(Ipv6Address.parse("2001:db8:0:100:0:c000:201:22").toBytes())
                .isEqualTo(HexFormat.of().parseHex("20010db8000001000000c00002010022"));
        assertThat(Ipv4Address.fromBytes(octets, 11)).hasToString("192.0.2.1");
        assertThat(Ipv4Address.parse("192.0.2.1").toBytes()).containsExactly(192, 0, 2, 1);
    }

    @Test
    void mappedAddressesCarryIpv4() {
        Ipv4Address ipv4 = Ipv4Address.parse("203.0.113.255");

        assertThat(Ipv6Address.mapped(ipv4)).hasToString("::ffff:203.0.113.255");
        assertThat(Ipv6Address.mapped(ipv4).isMapped()).isTrue();
        assertThat(Ipv6Address.mapped(ipv4).embeddedIpv4()).isEqualTo(ipv4);
        assertThat(Ipv6Address.parse("::fffe:203.0.113.255").isMapped()).isFalse();
        assertThat(Ipv6Address.parse("1::ffff:203.0.113.255").isMapped()).isFalse();
    }

    @Test
    void stepsWrapAtTheEndOfTheSpace() {
        assertThat(Ipv4Address.parse("203.0.113.255").plus(1)).hasToString("203.0.114.0");
        assertThat(Ipv4Address.parse("255.255.255.255").plus(1)).hasToString("0.0.0.0");
    }

    /** RFC 7596 §5.1. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8:0:100::/56, 192.0.2.1, 0/6/34, 2001:db8:0:100:0:c000:201:22",
        "2001:db8:0:200::/64, 192.0.2.2, 0/0/0, 2001:db8:0:200:0:c000:202:0",
        "2001:db8::/32, 255.255.255.255, 0/16/65535, 2001:db8::ffff:ffff:ffff",
        "::/0, 203.0.113.7, 6/8/52, ::cb00:7107:34",
    })
    void softwireAddressIsMadeOfPrefixIpv4AndPsid(String prefix, String ipv4, String ports, String expected) {
        assertThat(Softwire.address(Ipv6Prefix.parse(prefix), Ipv4Address.parse(ipv4), PortSet.parse(ports)))
                .isEqualTo(Ipv6Address.parse(expected));
    }

    @Test
    void softwirePrefixMustLeaveRoomForTheInterfaceIdentifier() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Softwire.address(
                        Ipv6Prefix.parse("2001:db8::/65"), Ipv4Address.parse("192.0.2.1"), PortSet.WHOLE_ADDRESS))
                .withMessage("prefix 2001:db8::/65 leaves no room for an interface identifier (allowed: a prefix length"
                        + " of 0-64)");
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8::/129, prefix length 129 is out of range (allowed: 0-128)",
        "2001:db8::1/64, 2001:db8::1/64 has bits behind its prefix length (did you mean 2001:db8::/64?)",
        "8000::/0, 8000::/0 has bits behind its prefix length (did you mean ::/0?)",
        "2001:db8::/, \"2001:db8::/\" is not a prefix (expected address/length)",
        "2001:db8::/-1, \"2001:db8::/-1\" is not a prefix (expected address/length)",
        "2001:db8::/6/4, \"2001:db8::/6/4\" is not a prefix (expected address/length)",
        "x/64, \"x\" is not an IPv6 address (expected a form such as 2001:db8::1)",
    })
    void whatIsNoIpv6PrefixIsRefused(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ipv6Prefix.parse(text))
                .withMessage(message);
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.0/33, prefix length 33 is out of range (allowed: 0-32)",
        "203.0.113.7/24, 203.0.113.7/24 has bits behind its prefix length (did you mean 203.0.113.0/24?)",
        "203.0.113.0/024, \"203.0.113.0/024\" is not a prefix (expected address/length)",
        "203.0.113/24, \"203.0.113\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)",
    })
    void whatIsNoIpv4PrefixIsRefused(String text, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ipv4Prefix.parse(text))
                .withMessage(message);
    }

    @Test
    void anEmptySubscriberIsNone() {
        Ipv6Address b4 = Ipv6Address.parse("2001:db8::1");
        Ipv4Address ipv4 = Ipv4Address.parse("192.0.2.1");

        assertThat(new Binding(b4, ipv4, PortSet.WHOLE_ADDRESS, b4, ""))
                .isEqualTo(new Binding(b4, ipv4, PortSet.WHOLE_ADDRESS, b4));
    }
}
