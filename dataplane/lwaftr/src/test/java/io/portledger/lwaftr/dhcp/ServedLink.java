package io.portledger.lwaftr.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** DHCP without sockets: messages in, messages out, and time that stands still unless told to go on. */
final class ServedLink implements AutoCloseable {

    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    static final Ipv6Address SOURCE = Ipv6Address.parse("2001:db8:0:100::1");
    static final Ipv6Address OTHER_SOURCE = Ipv6Address.parse("2001:db8:0:200::1");
    static final Ipv4Address SERVER = Ipv4Address.parse("203.0.113.1");
    static final Dhcpv4Option.ClientIdentifier CLIENT = client(1);

    /** Differs from the other one in more octets than a test changes at random. */
    static final Dhcpv4Option.ClientIdentifier OTHER_CLIENT =
            Dhcpv4Option.ClientIdentifier.of(0x5a69_784b, Octets.parse("0003000106e1d2c3b4a5"));

    record Sent(Dhcpv6Message message, Peer to) {}

    final BindingTable table = new BindingTable();
    final LeaseTable leases;
    final DhcpService service;
    final List<Sent> sent = new ArrayList<>();
    Instant now = Instant.parse("2026-11-25T10:00:00Z");
    final SourceLimit limit =
            new SourceLimit(new SourceLimit.Rate(10, 20, 128), List.of(), () -> now.toEpochMilli() * 1_000_000);
    private int transactions;

    ServedLink(DhcpSettings settings, int psidLength) {
        leases = new LeaseTable(
                List.of(new Pool(new ServiceClass(
                        "shared",
                        List.of(Ipv4Prefix.parse("192.0.2.0/30")),
                        0,
                        psidLength,
                        1024,
                        List.of(),
                        Duration.ofMinutes(2),
                        Duration.ofDays(1),
                        Duration.ofMinutes(2),
                        List.of(80, 95)))),
                table,
                BR);
        Provisioner provisioner = new Provisioner(leases, new Subscribers(), null, () -> now);
        service =
                new DhcpService(provisioner, settings, SERVER, limit, (message, to) -> sent.add(new Sent(message, to)));
    }

    static DhcpSettings settings(int softwirePrefixLength) {
        return new DhcpSettings(
                null,
                List.of(),
                DhcpSettings.Mode.SERVER,
                null,
                Ipv6Address.UNSPECIFIED,
                Duration.ofHours(2),
                softwirePrefixLength,
                "lwaftr.example.com",
                "aftr.example.com",
                List.of(Ipv6Address.parse("2001:db8:1::1")),
                List.of(BR),
                List.of(96, 88, 64),
                null,
                List.of(Ipv6Prefix.parse("2001:db8:9::/64")));
    }

    static Dhcpv4Option.ClientIdentifier client(int number) {
        return Dhcpv4Option.ClientIdentifier.of(1, Octets.parse(String.format("0003000102aabbcc%04x", number)));
    }

    /** What a client that shares addresses and knows of softwires asks for. */
    static Dhcpv4Option.ParameterRequest everything() {
        return new Dhcpv4Option.ParameterRequest(List.of(1, 51, 54, 58, 59, 109, 159));
    }

    Dhcpv4Message message(MessageType type, Dhcpv4Option... options) {
        List<Dhcpv4Option> all = new ArrayList<>(List.of(new Dhcpv4Option.Type(type)));
        all.addAll(List.of(options));
        return Dhcpv4Message.request(++transactions, 0, 1, Octets.parse("02aabbccdd01"), all);
    }

    /** Sends what a client says, and returns what it hears. */
    Optional<Dhcpv4Message> ask(Ipv6Address source, Dhcpv4Message message) {
        return askOuter(source, message)
                .flatMap(outer -> outer.option(Dhcpv6Option.Dhcpv4.class))
                .map(ServedLink::inner);
    }

    Optional<Dhcpv6Message> askOuter(Ipv6Address source, Dhcpv4Message message) {
        return exchange(
                source,
                new Dhcpv6Message.Dhcpv4Query(
                        false,
                        List.of(new Dhcpv6Option.OptionRequest(List.of(90, 137)), Dhcpv6Option.Dhcpv4.of(message))));
    }

    Optional<Dhcpv6Message> exchange(Ipv6Address source, Dhcpv6Message message) {
        ByteBuf datagram = Unpooled.buffer();
        message.encode(datagram);
        return exchange(source, datagram);
    }

    Optional<Dhcpv6Message> exchange(Ipv6Address source, ByteBuf datagram) {
        sent.clear();
        service.serve(datagram, new Peer(source, 546, 0), now);
        if (sent.isEmpty()) {
            return Optional.empty();
        }
        if (sent.size() > 1 || !sent.getFirst().to().equals(new Peer(source, 546, 0))) {
            throw new AssertionError("one answer to " + source + " expected, but: " + sent);
        }
        return Optional.of(sent.getFirst().message());
    }

    /** From DHCPDISCOVER to the lease. */
    PublicPorts lease(Ipv6Address source, Dhcpv4Option.ClientIdentifier client) {
        PublicPorts offered = ports(
                ask(source, message(MessageType.DISCOVER, client, everything())).orElseThrow());
        Dhcpv4Message ack = ask(source, select(client, offered)).orElseThrow();
        if (ack.type().orElseThrow() != MessageType.ACK) {
            throw new AssertionError("refused: " + ack);
        }
        return ports(ack);
    }

    /** DHCPREQUEST after an offer. */
    Dhcpv4Message select(Dhcpv4Option.ClientIdentifier client, PublicPorts offered, Dhcpv4Option... more) {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(
                client,
                everything(),
                new Dhcpv4Option.ServerIdentifier(SERVER),
                new Dhcpv4Option.RequestedAddress(offered.ipv4()),
                new Dhcpv4Option.PortParameters(offered.ports())));
        options.addAll(List.of(more));
        return message(MessageType.REQUEST, options.toArray(Dhcpv4Option[]::new));
    }

    /** DHCPREQUEST of a client that has its lease. */
    Dhcpv4Message renew(Dhcpv4Option.ClientIdentifier client, PublicPorts ports, Dhcpv4Option... more) {
        List<Dhcpv4Option> options =
                new ArrayList<>(List.of(client, everything(), new Dhcpv4Option.PortParameters(ports.ports())));
        options.addAll(List.of(more));
        return message(MessageType.REQUEST, options.toArray(Dhcpv4Option[]::new))
                .withClientAddress(ports.ipv4());
    }

    static PublicPorts ports(Dhcpv4Message message) {
        return new PublicPorts(
                message.yourAddress(),
                message.option(Dhcpv4Option.PortParameters.class).orElseThrow().ports());
    }

    static Dhcpv4Message inner(Dhcpv6Option.Dhcpv4 carried) {
        try {
            return carried.message();
        } catch (DhcpException e) {
            throw new AssertionError(e);
        }
    }

    long count(DhcpCounter counter) {
        return service.counters().get(counter);
    }

    @Override
    public void close() {
        table.close();
    }
}
