package io.portledger.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Dhcpv6MessageTest {

    @Test
    void aReplyOfKeaIsReadAndWritten() throws DhcpException {
        assertThat(Dhcpv6Message.decode(Vectors.octets(Vectors.REPLY))).isEqualTo(Vectors.REPLY_MESSAGE);
        assertThat(Vectors.hex(Vectors.REPLY_MESSAGE)).isEqualTo(Vectors.REPLY);
    }

    @Test
    void aQueryIsReadAndWritten() throws DhcpException {
        assertThat(Dhcpv6Message.decode(Vectors.octets(Vectors.QUERY))).isEqualTo(Vectors.QUERY_MESSAGE);
        assertThat(Vectors.hex(Vectors.QUERY_MESSAGE)).isEqualTo(Vectors.QUERY);
    }

    @Test
    void aResponseOfKeaIsReadAndWritten() throws DhcpException {
        assertThat(Dhcpv6Message.decode(Vectors.octets(Vectors.RESPONSE))).isEqualTo(Vectors.RESPONSE_MESSAGE);
        assertThat(Vectors.hex(Vectors.RESPONSE_MESSAGE)).isEqualTo(Vectors.RESPONSE);
    }

    @Test
    void theContainerOfLw4o6IsReadAndWritten() throws DhcpException {
        String hex =
                "0060002c005a001020010db8ffff00000000000000000001" + "005c0014c00002013820010db8000001005d000400068800";

        assertThat(Vectors.options(hex)).containsExactly(Vectors.CONTAINER);
        assertThat(Vectors.hex(Vectors.CONTAINER)).isEqualTo(hex);
        assertThat(Vectors.CONTAINER.brs()).containsExactly(Vectors.BR);
        assertThat(Vectors.CONTAINER.binding().orElseThrow().ports()).isEqualTo(Vectors.PORTS);
    }

    @Test
    void aBindingWithoutPortParametersIsOfAWholeAddress() throws DhcpException {
        Dhcpv6Option.S46Container container = (Dhcpv6Option.S46Container)
                Vectors.options("00600021005a001020010db8ffff00000000000000000001005c0009c00002012020010db8")
                        .getFirst();

        assertThat(container.binding().orElseThrow().ports()).isEqualTo(PortSet.WHOLE_ADDRESS);
    }

    @Test
    void theUnicastFlagIsTheMostSignificantBit() throws DhcpException {
        assertThat(Vectors.hex(new Dhcpv6Message.Dhcpv4Query(true, List.of()))).isEqualTo("14800000");
        assertThat(Dhcpv6Message.decode(Vectors.octets("14ffffff")))
                .isEqualTo(new Dhcpv6Message.Dhcpv4Query(true, List.of()));
        assertThat(Dhcpv6Message.decode(Vectors.octets("147fffff")))
                .isEqualTo(new Dhcpv6Message.Dhcpv4Query(false, List.of()));
        assertThat(Dhcpv6Message.decode(Vectors.octets("15ffffff")))
                .isEqualTo(new Dhcpv6Message.Dhcpv4Response(List.of()));
    }

    @Test
    void aRelayPassesMessagesOnOctetByOctet() throws DhcpException {
        Dhcpv6Message inner = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                0,
                Ipv6Address.UNSPECIFIED,
                Ipv6Address.parse("fe80::1"),
                List.of(
                        new Dhcpv6Option.InterfaceId(Octets.parse("0102")),
                        new Dhcpv6Option.ClientLinkLayerAddress(1, Vectors.MAC),
                        new Dhcpv6Option.RelayMessage(Octets.parse(Vectors.QUERY))));
        Dhcpv6Message outer = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                1,
                Ipv6Address.parse("2001:db8:1::1"),
                Ipv6Address.parse("2001:db8:2::1"),
                List.of(Dhcpv6Option.RelayMessage.of(inner)));

        Dhcpv6Message read = Dhcpv6Message.decode(Vectors.octets(Vectors.hex(outer)));

        assertThat(read).isEqualTo(outer);
        Dhcpv6Message readInner =
                read.option(Dhcpv6Option.RelayMessage.class).orElseThrow().message();
        assertThat(readInner).isEqualTo(inner);
        assertThat(readInner
                        .option(Dhcpv6Option.RelayMessage.class)
                        .orElseThrow()
                        .message())
                .isEqualTo(Vectors.QUERY_MESSAGE);
    }

    @Test
    void optionsOfAddressAssignmentAreKeptAsTheyCame() throws DhcpException {
        String hex =
                "0b000001000300280000000100000e1000001518" + "0005001820010db80001000000000000000010000000017700000258";

        Dhcpv6Message read = Dhcpv6Message.decode(Vectors.octets(hex));

        assertThat(read.options()).singleElement().isInstanceOf(Dhcpv6Option.Uninterpreted.class);
        assertThat(Vectors.hex(read)).isEqualTo(hex);
    }

    @ParameterizedTest
    @CsvSource({
        "005a000f20010db8ffff000000000000000000, S46 BR: length 15 (expected 16)",
        "005d000400110000, S46 port parameters: PSID length 17 is out of range (allowed: 0-16)",
        "005d000410000000, S46 port parameters: PSID offset 16 is out of range in DHCP (allowed: 0-15)",
        "005d00030006aa, S46 port parameters: length 3 (expected 4)",
        "00600000, S46 container of lw4o6: no S46 BR (expected one or more)",
        "00890002 30 20, 'S46 binding prefix: a prefix of length 48 needs 6 octets, but 1 are left'",
        "00890003 08 20 01, S46 binding prefix: length 3 for a prefix of 8 bits (expected 2)",
        "00890001 81, S46 binding prefix: prefix length 129 (allowed: 0-128)",
        "00890000, S46 binding prefix: no prefix length",
        "0006000100, 'option request: length 1 (allowed: even ones)'",
        "005800020000, DHCP 4o6 servers: length 2 (allowed: multiples of 16)",
        "000d000100, status code: length 1 (expected 2 or more)",
        "00400003046166, 'AFTR-Name: label length 4 (allowed: 1-63, and no more than is there)'",
        "0040000504 61667472, AFTR-Name: the name has no end",
    })
    void aBrokenOptionStaysInItsMessageWithTheFault(String hex, String fault) throws DhcpException {
        String octets = hex.replace(" ", "");
        List<Dhcpv6Option> options = Vectors.options(octets);

        assertThat(options)
                .singleElement()
                .isInstanceOfSatisfying(
                        Dhcpv6Option.Malformed.class,
                        malformed -> assertThat(malformed.fault()).isEqualTo(fault));
        assertThat(Vectors.hex(options.getFirst())).isEqualTo(octets);
    }

    @Test
    void aContainerWithTwoBindingsOrABrokenOptionInItIsDiscardedWhole() throws DhcpException {
        String br = "005a001020010db8ffff00000000000000000001";
        String binding = "005c0005c000020100";

        assertThat(Vectors.options("00600026" + br + binding + binding))
                .singleElement()
                .isInstanceOf(Dhcpv6Option.Malformed.class);
        assertThat(Vectors.options("0060001c" + br + "005d000400110000"))
                .singleElement()
                .isInstanceOf(Dhcpv6Option.Malformed.class);
    }

    @Test
    void optionsThatContainEachOtherEndlesslyAreRefused() throws DhcpException {
        StringBuilder hex = new StringBuilder();
        for (int length = 65528; length >= 0; length -= 4) {
            hex.append(String.format("005e%04x", length));
        }

        assertThat(Vectors.options(hex.toString()))
                .singleElement()
                .isInstanceOfSatisfying(
                        Dhcpv6Option.Malformed.class,
                        malformed -> assertThat(malformed.fault())
                                .isEqualTo("DHCPv6 options: more than 3 are one in another"));
    }

    @Test
    void onlyTheFirstAftrNameOfAnOptionCounts() throws DhcpException {
        assertThat(Vectors.options("0040000a036f6e650003" + "74776f00"))
                .containsExactly(new Dhcpv6Option.AftrName("one"));
    }

    @Test
    void bitsBehindAPrefixAreIgnored() throws DhcpException {
        assertThat(Vectors.options("00890002043f"))
                .containsExactly(new Dhcpv6Option.S46BindingPrefix(Ipv6Prefix.parse("3000::/4")));
    }

    @ParameterizedTest
    @CsvSource({
        "14, DHCPv6 message: 14 ends in the header (expected 4 octets or more)",
        "0c00, 'DHCPv6 message: 0c00 ends in the header (expected 4 octets or more)'",
        "0c000000, DHCPv6 message of a relay: 4 octets end in the header (expected 34 octets or more)",
        "1400000000, 'DHCPv6 options: 1 octets are left, expected code and length'",
        "1400000000570001, DHCPv6 option 87: length 1 but 0 octets are left",
    })
    void aMessageThatEndsTooSoonIsRefused(String hex, String fault) {
        assertThatThrownBy(() -> Dhcpv6Message.decode(Vectors.octets(hex)))
                .isInstanceOf(DhcpException.class)
                .hasMessage(fault);
    }

    @ParameterizedTest
    @CsvSource({"''", "a", "aftr..example", "aftr.example.", ".aftr", "'a b.example'", "grün.example"})
    void whatIsNoDomainNameIsNoAftrName(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Dhcpv6Option.AftrName(name))
                .withMessageContaining("is not an AFTR name");
    }
}
