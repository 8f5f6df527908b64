package io.portledger.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Dhcpv4MessageTest {

    /** 236 octets of fields and the cookie. */
    private static final String HEAD = "01010600123456780000800000000000000000000000000000000000" + "02aabbccdd01"
            + "00".repeat(10 + 64 + 128) + "63825363";

    @Test
    void aRequestCarriesWhatWasOfferedAndTheSoftwireSource() throws DhcpException {
        String hex = HEAD + "350103" + "3204c0000201" + "3604c00002fe" + "9f0400068800"
                + "6d1020010db8000001000000c00002010022" + "ff";
        Dhcpv4Message request = with(List.of(
                new Dhcpv4Option.Type(MessageType.REQUEST),
                new Dhcpv4Option.RequestedAddress(Vectors.SHARED),
                new Dhcpv4Option.ServerIdentifier(Vectors.SERVER),
                new Dhcpv4Option.PortParameters(Vectors.PORTS),
                new Dhcpv4Option.SoftwireSource(Ipv6Address.parse("2001:db8:0:100:0:c000:201:22"))));

        assertThat(Dhcpv4Message.decode(Vectors.octets(hex))).isEqualTo(request);
        assertThat(Vectors.hex(request)).isEqualTo(hex);
    }

    @Test
    void portParametersAreLeftAligned() throws DhcpException {
        assertThat(Dhcpv4Message.decode(Vectors.octets(HEAD + "9f0400068800ff"))
                        .option(Dhcpv4Option.PortParameters.class))
                .contains(new Dhcpv4Option.PortParameters(new PortSet(0, 6, 34)));
        assertThat(Dhcpv4Message.decode(Vectors.octets(HEAD + "9f040006ffffff"))
                        .option(Dhcpv4Option.PortParameters.class))
                .as("bits behind the PSID are ignored")
                .contains(new Dhcpv4Option.PortParameters(new PortSet(0, 6, 63)));
    }

    @Test
    void timesAndPcpServersAreReadAndWritten() throws DhcpException {
        Dhcpv4Message ack = Vectors.DISCOVER.reply(
                Vectors.SHARED,
                List.of(
                        new Dhcpv4Option.Type(MessageType.ACK),
                        new Dhcpv4Option.LeaseTime(0xffff_ffffL),
                        new Dhcpv4Option.RenewalTime(1800),
                        new Dhcpv4Option.RebindingTime(3150),
                        new Dhcpv4Option.RelayAgentInformation(Octets.parse("0102abcd")),
                        new Dhcpv4Option.Message("as you wish"),
                        new Dhcpv4Option.PcpServers(List.of(
                                List.of(Vectors.SHARED, Vectors.SERVER), List.of(Ipv4Address.parse("198.51.100.1"))))));

        assertThat(Vectors.hex(ack))
                .contains("3304ffffffff", "3a0400000708", "3b0400000c4e", "9e0e08c0000201c00002fe04c6336401");
        assertThat(Dhcpv4Message.decode(Vectors.octets(Vectors.hex(ack)))).isEqualTo(ack);
    }

    @Test
    void aLongOptionIsWrittenInPartsAndPutTogetherAgain() throws DhcpException {
        Octets data = Octets.parse("ab".repeat(600));
        Dhcpv4Message message = with(List.of(new Dhcpv4Option.Uninterpreted(125, data)));

        String hex = Vectors.hex(message);

        assertThat(hex.substring(HEAD.length()))
                .isEqualTo("7dff" + "ab".repeat(255) + "7dff" + "ab".repeat(255) + "7d5a" + "ab".repeat(90) + "ff");
        assertThat(Dhcpv4Message.decode(Vectors.octets(hex))).isEqualTo(message);
    }

    @Test
    void optionsAreReadFromTheFieldsOfFileAndServerName() throws DhcpException {
        ByteBuf octets = Unpooled.copiedBuffer(Vectors.octets(HEAD + "350101340103" + "3d02ffaa" + "ff"));
        octets.setBytes(108, Octets.parse("3d02bbccff").toBytes());
        octets.setBytes(44, Octets.parse("003d01dd9f0400068800ff").toBytes());

        Dhcpv4Message message = Dhcpv4Message.decode(octets);

        assertThat(message.options())
                .containsExactly(
                        new Dhcpv4Option.Type(MessageType.DISCOVER),
                        new Dhcpv4Option.ClientIdentifier(Octets.parse("ffaabbccdd")),
                        new Dhcpv4Option.PortParameters(Vectors.PORTS));
        assertThat(message.file()).isEqualTo(Octets.NONE);
        assertThat(message.serverName()).isEqualTo(Octets.NONE);
    }

    @Test
    void withoutOverloadTheFieldsAreNames() throws DhcpException {
        ByteBuf octets = Unpooled.copiedBuffer(Vectors.octets(HEAD + "350101ff"));
        octets.setBytes(44, new byte[] {'a', 'b'});
        octets.setBytes(108, new byte[] {'c', 0, 'd'});

        Dhcpv4Message message = Dhcpv4Message.decode(octets);

        assertThat(message.serverName()).isEqualTo(Octets.of((byte) 'a', (byte) 'b'));
        assertThat(message.file()).isEqualTo(Octets.of((byte) 'c', (byte) 0, (byte) 'd'));
        assertThat(Dhcpv4Message.decode(Vectors.octets(Vectors.hex(message)))).isEqualTo(message);
    }

    @Test
    void paddingAndWhatFollowsTheEndIsPassedOver() throws DhcpException {
        assertThat(Dhcpv4Message.decode(Vectors.octets(HEAD + "000035010100ff3501ff3502"))
                        .options())
                .containsExactly(new Dhcpv4Option.Type(MessageType.DISCOVER));
        assertThat(Dhcpv4Message.decode(Vectors.octets(HEAD + "350101")).options())
                .as("the end is missing")
                .containsExactly(new Dhcpv4Option.Type(MessageType.DISCOVER));
    }

    @ParameterizedTest
    @CsvSource({
        "350100, message type: 0 (allowed: 1-8)",
        "35020101, 'message type: length 2, expected 1'",
        "3203c00002, 'requested address: length 3, expected 4'",
        "3d01ff, client identifier: length 1 (expected 2 or more)",
        "6d0420010db8, 'softwire source address: length 4, expected 16'",
        "9f0400110000, port parameters: PSID length 17 is out of range (allowed: 0-16)",
        "9f0401100000, port parameters: PSID offset 1 and PSID length 16 together exceed the 16 bits of a port",
        "9f03000600, 'port parameters: length 3, expected 4'",
        "9e0103, PCP servers: list length 3 with 0 octets left (allowed: multiples of 4 from 4 to what is left)",
    })
    void aBrokenOptionStaysInItsMessageWithTheFault(String hex, String fault) throws DhcpException {
        List<Dhcpv4Option> options =
                Dhcpv4Message.decode(Vectors.octets(HEAD + hex + "ff")).options();

        assertThat(options)
                .singleElement()
                .isInstanceOfSatisfying(
                        Dhcpv4Option.Malformed.class,
                        malformed -> assertThat(malformed.fault()).isEqualTo(fault));
    }

    @Test
    void whatIsNoDhcpMessageIsRefused() {
        assertRefused(HEAD.substring(0, 478), "DHCPv4 message: 239 octets (expected 240 or more)");
        assertRefused(HEAD.substring(0, 472) + "63825364" + "ff", "DHCPv4 magic cookie: 63825364, expected 63825363");
        assertRefused("010111" + HEAD.substring(6) + "ff", "DHCPv4 hardware address length: 17 (allowed: 0-16)");
        assertRefused(HEAD + "3502" + "01", "DHCPv4 option 53: length 2 but 1 octets are left");
        assertRefused(HEAD + "35", "DHCPv4 option 53: length 0 but 0 octets are left");
        assertRefused(HEAD + "340104ff", "DHCPv4 option overload: 4 (allowed: 1-3)");
        assertRefused(HEAD + "3400ff", "DHCPv4 option overload: 0 (allowed: 1-3)");
    }

    @Test
    void aMessageHasEachOptionOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> with(List.of(new Dhcpv4Option.LeaseTime(1), new Dhcpv4Option.LeaseTime(2))))
                .withMessage("option 51 stands twice (allowed: once)");
    }

    @Test
    void aClientIdentifierOfANodeHasIaidAndDuid() {
        Dhcpv4Option.ClientIdentifier identifier = Dhcpv4Option.ClientIdentifier.of(1, Vectors.DUID);

        assertThat(identifier.identifier()).hasToString("ff000000010003000102aabbccdd01");
        assertThat(identifier.isNodeSpecific()).isTrue();
        assertThat(new Dhcpv4Option.ClientIdentifier(Octets.parse("0102aabbccdd01")).isNodeSpecific())
                .isFalse();
    }

    private static Dhcpv4Message with(List<Dhcpv4Option> options) {
        return new Dhcpv4Message(
                1,
                1,
                0,
                0x12345678,
                0,
                Dhcpv4Message.BROADCAST,
                Dhcpv4Message.NO_ADDRESS,
                Dhcpv4Message.NO_ADDRESS,
                Dhcpv4Message.NO_ADDRESS,
                Dhcpv4Message.NO_ADDRESS,
                Vectors.MAC,
                Octets.NONE,
                Octets.NONE,
                options);
    }

    private static void assertRefused(String hex, String fault) {
        assertThatThrownBy(() -> Dhcpv4Message.decode(Vectors.octets(hex)))
                .isInstanceOf(DhcpException.class)
                .hasMessage(fault);
    }
}
