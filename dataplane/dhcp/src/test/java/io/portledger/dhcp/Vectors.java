package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.util.List;

/** The messages every test speaks of; Kea 2.2 sent the reply and the offer and understood the query. */
final class Vectors {

    static final Octets DUID = Octets.parse("0003000102aabbccdd01");
    static final Octets MAC = Octets.parse("02aabbccdd01");
    static final Ipv4Address SHARED = Ipv4Address.parse("192.0.2.1");
    static final Ipv4Address SERVER = Ipv4Address.parse("192.0.2.254");
    static final PortSet PORTS = new PortSet(0, 6, 34);
    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    static final String REPLY =
            "074455660001000a0003000102aabbccdd010002000e0001000132966391829dc42c812f004000120461667472076578"
                    + "616d706c6503636f6d000058001020010db80001000000000000000000010060002c005a001020010db8ffff00000000"
                    + "000000000001005c0014c00002013820010db8000001005d000400068800006f0006006000580040";
    static final String QUERY =
            "1400000000060004005a0089005701160101060012345678000080000000000000000000000000000000000002aabbcc"
                    + "dd0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000638253633501013d0fff000000010003000102aabbccdd01370901030633363a3b6d9f9f"
                    + "0400060000ff";
    static final String RESPONSE =
            "150000000057011d02010600123456780000800000000000c0000201000000000000000002aabbccdd01000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                    + "00000000638253633501020104ffffff00330400000fa03604c00002fe3d0fff000000010003000102aabbccdd019f04"
                    + "00068800ff";

    static final Dhcpv6Option.S46Container CONTAINER = new Dhcpv6Option.S46Container(
            Dhcpv6Option.S46_CONTAINER_LW,
            List.of(
                    new Dhcpv6Option.S46Br(BR),
                    new Dhcpv6Option.S46V4v6Binding(
                            SHARED,
                            Ipv6Prefix.parse("2001:db8:0:100::/56"),
                            List.of(new Dhcpv6Option.S46PortParameters(PORTS)))));

    static final Dhcpv6Message REPLY_MESSAGE = new Dhcpv6Message.Exchange(
            Dhcpv6Message.REPLY,
            0x445566,
            List.of(
                    new Dhcpv6Option.ClientId(DUID),
                    new Dhcpv6Option.ServerId(Octets.parse("0001000132966391829dc42c812f")),
                    new Dhcpv6Option.AftrName("aftr.example.com"),
                    new Dhcpv6Option.Dhcp4o6Servers(List.of(Ipv6Address.parse("2001:db8:1::1"))),
                    CONTAINER,
                    new Dhcpv6Option.S46Priority(List.of(96, 88, 64))));

    static final Dhcpv4Message DISCOVER = new Dhcpv4Message(
            Dhcpv4Message.BOOT_REQUEST,
            1,
            0,
            0x12345678,
            0,
            Dhcpv4Message.BROADCAST,
            Dhcpv4Message.NO_ADDRESS,
            Dhcpv4Message.NO_ADDRESS,
            Dhcpv4Message.NO_ADDRESS,
            Dhcpv4Message.NO_ADDRESS,
            MAC,
            Octets.NONE,
            Octets.NONE,
            List.of(
                    new Dhcpv4Option.Type(MessageType.DISCOVER),
                    Dhcpv4Option.ClientIdentifier.of(1, DUID),
                    new Dhcpv4Option.ParameterRequest(List.of(1, 3, 6, 51, 54, 58, 59, 109, 159)),
                    new Dhcpv4Option.PortParameters(new PortSet(0, 6, 0))));

    static final Dhcpv6Message QUERY_MESSAGE = new Dhcpv6Message.Dhcpv4Query(
            false, List.of(new Dhcpv6Option.OptionRequest(List.of(90, 137)), Dhcpv6Option.Dhcpv4.of(DISCOVER)));

    static final Dhcpv4Message OFFER = DISCOVER.reply(
            SHARED,
            List.of(
                    new Dhcpv4Option.Type(MessageType.OFFER),
                    new Dhcpv4Option.SubnetMask(Ipv4Address.parse("255.255.255.0")),
                    new Dhcpv4Option.LeaseTime(4000),
                    new Dhcpv4Option.ServerIdentifier(SERVER),
                    Dhcpv4Option.ClientIdentifier.of(1, DUID),
                    new Dhcpv4Option.PortParameters(PORTS)));

    static final Dhcpv6Message RESPONSE_MESSAGE =
            new Dhcpv6Message.Dhcpv4Response(List.of(Dhcpv6Option.Dhcpv4.of(OFFER)));

    private Vectors() {}

    static ByteBuf octets(String hex) {
        return Octets.parse(hex).toBuffer();
    }

    static String hex(Dhcpv6Message message) {
        ByteBuf out = Unpooled.buffer();
        message.encode(out);
        return ByteBufUtil.hexDump(out);
    }

    static String hex(Dhcpv6Option... options) {
        ByteBuf out = Unpooled.buffer();
        Dhcpv6Option.writeAll(List.of(options), out);
        return ByteBufUtil.hexDump(out);
    }

    static String hex(Dhcpv4Message message) {
        ByteBuf out = Unpooled.buffer();
        message.encode(out);
        return ByteBufUtil.hexDump(out);
    }

    static List<Dhcpv6Option> options(String hex) throws DhcpException {
        ByteBuf in = octets(hex);
        return Dhcpv6Option.readAll(in, 0, in.writerIndex());
    }
}
