package io.portledger.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class DhcpCodecProperties {

    @Property
    void aDhcpv6MessageIsReadAsItWasWritten(@ForAll("dhcpv6Messages") Dhcpv6Message message) throws DhcpException {
        assertThat(Dhcpv6Message.decode(Vectors.octets(Vectors.hex(message)))).isEqualTo(message);
    }

    @Property
    void aDhcpv4MessageIsReadAsItWasWritten(@ForAll("dhcpv4Messages") Dhcpv4Message message) throws DhcpException {
        assertThat(Dhcpv4Message.decode(Vectors.octets(Vectors.hex(message)))).isEqualTo(message);
    }

    @Property
    void everyPortSetThatDhcpCanCarryIsTheSameInBothProtocols(@ForAll("portSets") PortSet ports) throws DhcpException {
        String hex = String.format("%08x", ports.toPortParams());

        assertThat(Vectors.options("005d0004" + hex)).containsExactly(new Dhcpv6Option.S46PortParameters(ports));
        assertThat(Dhcpv4Option.read(Dhcpv4Option.PORT_PARAMETERS, Octets.parse(hex)))
                .isEqualTo(new Dhcpv4Option.PortParameters(ports));
    }

    @Property(tries = 5_000)
    void noOctetsAreTooWild(@ForAll byte[] octets, @ForAll("wounds") List<Wound> wounds) {
        survive(Unpooled.wrappedBuffer(octets));
        survive(wounded(wounds, Vectors.QUERY));
        survive(wounded(wounds, Vectors.RESPONSE));
        survive(wounded(wounds, Vectors.REPLY));
    }

    /** Reads whatever it is as far as it goes, and writes again what was read. */
    static void survive(ByteBuf octets) {
        try {
            surviveInside(Dhcpv6Message.decode(octets), 0);
        } catch (DhcpException e) {
            assertThat(e).hasMessageContaining("DHCPv6");
        }
        try {
            Vectors.hex(Dhcpv4Message.decode(octets));
        } catch (DhcpException e) {
            assertThat(e).hasMessageContaining("DHCPv4");
        }
    }

    private static void surviveInside(Dhcpv6Message message, int depth) throws DhcpException {
        Vectors.hex(message);
        var relayed = message.option(Dhcpv6Option.RelayMessage.class);
        if (relayed.isPresent() && depth < 8) {
            surviveInside(relayed.get().message(), depth + 1);
        }
        var carried = message.option(Dhcpv6Option.Dhcpv4.class);
        if (carried.isPresent()) {
            try {
                Vectors.hex(carried.get().message());
            } catch (DhcpException e) {
                assertThat(e).hasMessageContaining("DHCPv4");
            }
        }
    }

    record Wound(int at, byte octet, int cut) {}

    private static ByteBuf wounded(List<Wound> wounds, String hex) {
        ByteBuf octets = Unpooled.copiedBuffer(Vectors.octets(hex));
        for (Wound wound : wounds) {
            if (wound.at() < octets.writerIndex()) {
                octets.setByte(wound.at(), wound.octet());
            }
            if (wound.cut() > 0 && wound.cut() < octets.writerIndex()) {
                octets.writerIndex(octets.writerIndex() - wound.cut() / 16);
            }
        }
        return octets;
    }

    @Provide
    Arbitrary<List<Wound>> wounds() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 293),
                        Arbitraries.bytes(),
                        Arbitraries.integers().between(0, 293))
                .as(Wound::new)
                .list()
                .ofMaxSize(4);
    }

    @Provide
    Arbitrary<Dhcpv6Message> dhcpv6Messages() {
        Arbitrary<List<Dhcpv6Option>> options = dhcpv6Options().list().ofMaxSize(5);
        Arbitrary<Integer> types = Arbitraries.integers()
                .between(0, 255)
                .filter(type -> type != 12 && type != 13 && type != 20 && type != 21);
        return Arbitraries.oneOf(
                Combinators.combine(types, Arbitraries.integers().between(0, 0xff_ffff), options)
                        .as(Dhcpv6Message.Exchange::new),
                Combinators.combine(
                                Arbitraries.of(12, 13), Arbitraries.integers().between(0, 255), ipv6(), ipv6(), options)
                        .as(Dhcpv6Message.Relay::new),
                Combinators.combine(Arbitraries.of(true, false), options).as(Dhcpv6Message.Dhcpv4Query::new),
                options.map(Dhcpv6Message.Dhcpv4Response::new));
    }

    private static Arbitrary<Dhcpv6Option> dhcpv6Options() {
        Arbitrary<Dhcpv6Option> inner = Arbitraries.oneOf(
                portSets().map(Dhcpv6Option.S46PortParameters::new),
                octets(0, 9).map(data -> new Dhcpv6Option.Uninterpreted(1000, data)));
        Arbitrary<List<Dhcpv6Option>> inners = inner.list().ofMaxSize(2);
        Arbitrary<Dhcpv6Option> bindings =
                Combinators.combine(ipv4(), ipv6Prefixes(), inners).as(Dhcpv6Option.S46V4v6Binding::new);
        Arbitrary<Dhcpv6Option> rules = Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(0, 48),
                        ipv4Prefixes(),
                        ipv6Prefixes(),
                        inners)
                .as(Dhcpv6Option.S46Rule::new);
        Arbitrary<Dhcpv6Option> brs = ipv6().map(Dhcpv6Option.S46Br::new);
        Arbitrary<Dhcpv6Option> containers = Arbitraries.oneOf(
                Combinators.combine(brs, bindings)
                        .as((br, binding) -> new Dhcpv6Option.S46Container(96, List.of(br, binding))),
                Combinators.combine(Arbitraries.of(94, 95), rules.list().ofMaxSize(3))
                        .as(Dhcpv6Option.S46Container::new));
        Arbitrary<List<Integer>> codes =
                Arbitraries.integers().between(0, 0xffff).list().ofMaxSize(6);
        return Arbitraries.oneOf(List.of(
                octets(0, 20).map(Dhcpv6Option.ClientId::new),
                octets(0, 20).map(Dhcpv6Option.ServerId::new),
                codes.map(Dhcpv6Option.OptionRequest::new),
                octets(0, 40).map(Dhcpv6Option.RelayMessage::new),
                Combinators.combine(
                                Arbitraries.integers().between(0, 0xffff),
                                Arbitraries.strings().ascii().ofMaxLength(9))
                        .as(Dhcpv6Option.StatusCode::new),
                octets(0, 20).map(Dhcpv6Option.InterfaceId::new),
                names().map(Dhcpv6Option.AftrName::new),
                Combinators.combine(Arbitraries.integers().between(0, 0xffff), octets(0, 8))
                        .as(Dhcpv6Option.ClientLinkLayerAddress::new),
                ipv6().list().ofMaxSize(3).map(Dhcpv6Option.PcpServers::new),
                octets(0, 40).map(Dhcpv6Option.Dhcpv4::new),
                ipv6().list().ofMaxSize(3).map(Dhcpv6Option.Dhcp4o6Servers::new),
                rules,
                brs,
                ipv6Prefixes().map(Dhcpv6Option.S46Dmr::new),
                bindings,
                portSets().map(Dhcpv6Option.S46PortParameters::new),
                containers,
                codes.map(Dhcpv6Option.S46Priority::new),
                ipv6Prefixes().map(Dhcpv6Option.S46BindingPrefix::new),
                Combinators.combine(Arbitraries.integers().between(150, 0xffff), octets(0, 40))
                        .as(Dhcpv6Option.Uninterpreted::new)));
    }

    @Provide
    Arbitrary<Dhcpv4Message> dhcpv4Messages() {
        Arbitrary<Integer> small = Arbitraries.integers().between(0, 255);
        Arbitrary<Integer> words = Arbitraries.integers().between(0, 0xffff);
        Arbitrary<List<Dhcpv4Option>> options =
                dhcpv4Options().list().uniqueElements(Dhcpv4Option::code).ofMaxSize(8);
        Arbitrary<List<Ipv4Address>> addresses = ipv4().list().ofSize(4);
        Arbitrary<List<Octets>> names = Combinators.combine(octets(0, 16), nameField(64), nameField(128))
                .as((hardware, serverName, file) -> List.of(hardware, serverName, file));
        return Combinators.combine(small, small, Arbitraries.integers(), words, words, addresses, names, options)
                .as((hardwareType, hops, xid, secs, flags, ips, octets, some) -> new Dhcpv4Message(
                        1 + (hops & 1),
                        hardwareType,
                        hops,
                        xid,
                        secs,
                        flags,
                        ips.get(0),
                        ips.get(1),
                        ips.get(2),
                        ips.get(3),
                        octets.get(0),
                        octets.get(1),
                        octets.get(2),
                        some));
    }

    private static Arbitrary<Dhcpv4Option> dhcpv4Options() {
        Arbitrary<Long> seconds = Arbitraries.longs().between(0, 0xffff_ffffL);
        return Arbitraries.oneOf(List.of(
                ipv4().map(Dhcpv4Option.SubnetMask::new),
                ipv4().map(Dhcpv4Option.RequestedAddress::new),
                seconds.map(Dhcpv4Option.LeaseTime::new),
                Arbitraries.of(MessageType.class).map(Dhcpv4Option.Type::new),
                ipv4().map(Dhcpv4Option.ServerIdentifier::new),
                Arbitraries.integers().between(0, 255).list().ofMaxSize(300).map(Dhcpv4Option.ParameterRequest::new),
                Arbitraries.strings().ascii().ofMaxLength(9).map(Dhcpv4Option.Message::new),
                seconds.map(Dhcpv4Option.RenewalTime::new),
                seconds.map(Dhcpv4Option.RebindingTime::new),
                octets(2, 300).map(Dhcpv4Option.ClientIdentifier::new),
                octets(0, 30).map(Dhcpv4Option.RelayAgentInformation::new),
                ipv6().map(Dhcpv4Option.SoftwireSource::new),
                ipv4().list().ofMinSize(1).ofMaxSize(3).list().ofMaxSize(3).map(Dhcpv4Option.PcpServers::new),
                portSets().map(Dhcpv4Option.PortParameters::new),
                Combinators.combine(Arbitraries.integers().between(200, 254), octets(0, 600))
                        .as(Dhcpv4Option.Uninterpreted::new)));
    }

    private static Arbitrary<Octets> nameField(int length) {
        return octets(0, length - 1)
                .map(octets -> octets.length() > 0 && octets.at(octets.length() - 1) == 0 ? Octets.NONE : octets);
    }

    private static Arbitrary<Octets> octets(int from, int to) {
        return Arbitraries.bytes()
                .array(byte[].class)
                .ofMinSize(from)
                .ofMaxSize(to)
                .map(Octets::of);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .withChars("abzAZ09-_")
                .ofMinLength(2)
                .ofMaxLength(63)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(labels -> String.join(".", labels));
    }

    private static Arbitrary<Ipv4Address> ipv4() {
        return Arbitraries.integers().map(Ipv4Address::new);
    }

    private static Arbitrary<Ipv6Address> ipv6() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    private static Arbitrary<Ipv6Prefix> ipv6Prefixes() {
        return Combinators.combine(ipv6(), Arbitraries.integers().between(0, 128))
                .as(Ipv6Prefix::containing);
    }

    private static Arbitrary<Ipv4Prefix> ipv4Prefixes() {
        return Combinators.combine(
                        Arbitraries.integers(), Arbitraries.integers().between(1, 32))
                .as((bits, length) -> new Ipv4Prefix(new Ipv4Address(bits & -1 << (32 - length)), length));
    }

    @Provide
    static Arbitrary<PortSet> portSets() {
        return Arbitraries.integers()
                .between(0, 15)
                .flatMap(offset -> Arbitraries.integers()
                        .between(0, 16 - offset)
                        .flatMap(length -> Arbitraries.integers()
                                .between(0, (1 << length) - 1)
                                .map(psid -> new PortSet(offset, length, psid))));
    }
}
