package io.portledger.lwb4.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.Octets;
import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Octets that were exchanged with the servers of ISC, and octets that nobody should send. */
class DhcpMessagesTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");
    private static final PortSet PORTS = new PortSet(0, 6, 34);
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address SOFTWIRE = Ipv6Address.parse("2001:db8:1::c000:201:22");

    private static final String REPLY =
            "074455660001000a0003000102aabbccdd010002000e0001000132966391829dc42c812f0040001204"
                    + "61667472076578616d706c6503636f6d000058001020010db80001000000000000000000010060002c005a001020010db8ffff"
                    + "00000000000000000001005c0014c00002013820010db8000001005d000400068800006f0006006000580040";
    private static final String DISCOVER =
            "1400000000060004005a0089005701160101060012345678000080000000000000000000000000000000000002aabbccdd01"
                    + "00".repeat(202)
                    + "638253633501013d0fff000000010003000102aabbccdd01370901030633363a3b6d9f9f0400060000ff";
    private static final String BOOTP_REPLY = "0201060012345678" + "00008000" + "00000000" + "c0000201"
            + "0000000000000000" + "02aabbccdd01" + "00".repeat(202) + "63825363";
    private static final String OFFER_OPTIONS =
            "3501020104ffffff00330400000fa03604c00002fe3d0fff000000010003000102aabbccdd019f0400068800ff";

    private final DhcpMessages messages = new DhcpMessages(Octets.parse("02aabbccdd01"));

    @Test
    void aDiscoverIsTheOneOfTheFactSheet() {
        ByteBuf query = messages.query(new Dhcp4o6Query(
                Dhcp4o6Query.Kind.DISCOVER, 0x12345678, 0, null, null, null, new PortSet(0, 6, 0), null));
        assertThat(ByteBufUtil.hexDump(query)).isEqualTo(DISCOVER);
    }

    @Test
    void aRequestNamesAddressServerPortsAndSoftwire() {
        String query = hex(new Dhcp4o6Query(
                Dhcp4o6Query.Kind.SELECT,
                0x12345678,
                0,
                null,
                ADDRESS,
                Ipv4Address.parse("192.0.2.254"),
                PORTS,
                SOFTWIRE));
        assertThat(query)
                .startsWith("140000000006")
                .contains("350103")
                .contains("3204c0000201" + "3604c00002fe" + "9f0400068800" + "6d1020010db8000100000000c00002010022");
    }

    @Test
    void aRenewalSaysThatItWouldBeUnicastAndWhoHasTheAddress() {
        String renewal =
                hex(new Dhcp4o6Query(Dhcp4o6Query.Kind.RENEW, 0x12345678, 7, ADDRESS, null, null, PORTS, SOFTWIRE));
        assertThat(renewal)
                .startsWith("14800000")
                .contains("010106001234567800070000c0000201")
                .contains("9f0400068800")
                .contains("6d10")
                .doesNotContain("3204c0000201");
        String release = hex(new Dhcp4o6Query(
                Dhcp4o6Query.Kind.RELEASE, 1, 0, ADDRESS, null, Ipv4Address.parse("192.0.2.254"), PORTS, null));
        assertThat(release).startsWith("14800000").contains("350107").doesNotContain("6d10");
    }

    @Test
    void anInformationRequestAsksForAllThatLeadsToAnLwaftr() {
        assertThat(ByteBufUtil.hexDump(messages.informationRequest(0x445566, Duration.ofMillis(1230))))
                .isEqualTo("0b445566" + "0001000a0003000102aabbccdd01" + "0006000e" + "004000560058006000"
                        + "6f00200053" + "00080002007b");
    }

    @Test
    void theReplyOfTheFactSheetIsRead() {
        assertThat(messages.read(buffer(REPLY)))
                .isEqualTo(new DhcpMessages.Reply(
                        0x445566,
                        new NetworkInformation(
                                new LwaftrName("aftr.example.com"),
                                List.of(),
                                new NetworkInformation.Dhcp4o6Servers(List.of(Ipv6Address.parse("2001:db8:1::1"))),
                                new NetworkInformation.Container(
                                        List.of(BR),
                                        new NetworkInformation.Bind(
                                                ADDRESS, Ipv6Prefix.parse("2001:db8:0:100::/56"), PORTS)),
                                List.of(96, 88, 64),
                                Duration.ofDays(1),
                                null)));
    }

    @Test
    void aReplyToAnotherClientOrWithoutAServerIsOfNoUse() {
        assertThat(messages.read(buffer(REPLY.replace("02aabbccdd01", "02aabbccdd02"))))
                .isInstanceOf(DhcpMessages.Useless.class);
        assertThat(messages.read(buffer("07445566"))).isInstanceOf(DhcpMessages.Useless.class);
    }

    @Test
    void refreshTimeAndLongestRetransmissionAreRead() {
        String reply = "07445566" + "00020004000300010020000400000e10" + "0053000400000078";
        assertThat(((DhcpMessages.Reply) messages.read(buffer(reply))).information())
                .isEqualTo(new NetworkInformation(
                        null, List.of(), null, null, List.of(), Duration.ofHours(1), Duration.ofMinutes(2)));
    }

    @Test
    void aContainerWithoutBrIsDiscarded() {
        String reply =
                "07445566" + "0002000400030001" + "00600018" + "005c0014c00002013820010db8000001005d000400068800";
        assertThat(((DhcpMessages.Reply) messages.read(buffer(reply)))
                        .information()
                        .container())
                .isNull();
    }

    @Test
    void theOfferOfTheFactSheetIsRead() {
        assertThat(messages.read(response("", OFFER_OPTIONS)))
                .isEqualTo(new DhcpMessages.Response(new Dhcp4o6Answer(
                        Dhcp4o6Answer.Kind.OFFER,
                        0x12345678,
                        ADDRESS,
                        Ipv4Address.parse("192.0.2.254"),
                        PORTS,
                        4000,
                        0,
                        0,
                        null,
                        List.of(),
                        null)));
    }

    @Test
    void theSoftwireOptionsOfAResponseAreRead() {
        Dhcp4o6Answer answer = ((DhcpMessages.Response) messages.read(response(
                        "005a001020010db8ffff00000000000000000001" + "008900083820010db8000001",
                        "3501053604c00002fe3a04000000643b04000000c8" + "6d1020010db8000100000000c00002010022"
                                + "9f0400068800ff")))
                .answer();
        assertThat(answer.kind()).isEqualTo(Dhcp4o6Answer.Kind.ACK);
        assertThat(answer.brs()).containsExactly(BR);
        assertThat(answer.bindPrefix()).isEqualTo(Ipv6Prefix.parse("2001:db8:0:100::/56"));
        assertThat(answer.softwireAddress()).isEqualTo(SOFTWIRE);
        assertThat(answer.renewAfterSeconds()).isEqualTo(100);
        assertThat(answer.rebindAfterSeconds()).isEqualTo(200);
    }

    @Test
    void aShareWhosePortsCannotBeReadIsNotTakenForAWholeAddress() {
        assertThat(messages.read(response("", OFFER_OPTIONS.replace("9f0400068800", "9f03000688"))))
                .isInstanceOf(DhcpMessages.Useless.class);
    }

    @Test
    void aMulticastBrIsNone() {
        Dhcp4o6Answer answer = ((DhcpMessages.Response)
                        messages.read(response("005a0010ff020000000000000000000000000001", OFFER_OPTIONS)))
                .answer();
        assertThat(answer.brs()).isEmpty();
    }

    @Test
    void whatAServerDoesNotSayIsOfNoUse() {
        assertThat(messages.read(buffer(DISCOVER))).isInstanceOf(DhcpMessages.Useless.class);
        assertThat(messages.read(buffer("15000000"))).isInstanceOf(DhcpMessages.Useless.class);
        assertThat(messages.read(response("", OFFER_OPTIONS.replace("350102", "350101"))))
                .isInstanceOf(DhcpMessages.Useless.class);
    }

    @Property
    void anyOctetsAreReadWithoutHarm(@ForAll @Size(max = 400) byte[] octets) {
        assertThat(messages.read(Unpooled.wrappedBuffer(octets))).isNotNull();
    }

    @Property
    void anyReplyAndAnyResponseAreReadWithoutHarm(@ForAll @Size(max = 200) byte[] octets) {
        String tail = ByteBufUtil.hexDump(octets);
        assertThat(messages.read(buffer("07445566" + tail))).isNotNull();
        assertThat(messages.read(response("", tail))).isNotNull();
        assertThat(messages.read(buffer(REPLY + tail))).isNotNull();
    }

    private String hex(Dhcp4o6Query query) {
        return ByteBufUtil.hexDump(messages.query(query));
    }

    private static ByteBuf response(String options, String dhcpv4Options) {
        String inner = BOOTP_REPLY + dhcpv4Options;
        return buffer("15000000" + options + "0057" + String.format("%04x", inner.length() / 2) + inner);
    }

    private static ByteBuf buffer(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }
}
