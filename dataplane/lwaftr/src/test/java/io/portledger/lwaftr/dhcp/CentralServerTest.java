package io.portledger.lwaftr.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** What the relay does with answers of a central server that knows more than Kea does, or is not what it says it is. */
class CentralServerTest {

    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Peer SERVER = new Peer(Ipv6Address.parse("2001:db8:1::1"), 547, 0);
    private static final Peer CLIENT = new Peer(Ipv6Address.parse("2001:db8:2::1"), 546, 0);
    private static final Peer OTHER = new Peer(Ipv6Address.parse("2001:db8:2::2"), 546, 0);
    private static final Peer RELAY = new Peer(Ipv6Address.parse("2001:db8:9::9"), 547, 0);
    private static final Ipv6Address LINK = Ipv6Address.parse("2001:db8:2::100");
    private static final Ipv6Address SOFTWIRE = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    private static final PublicPorts PORTS = PublicPorts.parse("192.0.2.1/0/6/34");
    private static final PublicPorts OTHER_PORTS = PublicPorts.parse("192.0.2.1/0/6/35");
    private static final Dhcpv4Option.ClientIdentifier IDENTIFIER =
            Dhcpv4Option.ClientIdentifier.of(1, Octets.parse("0003000102aabbccdd01"));
    private static final Dhcpv4Option.ClientIdentifier OTHER_IDENTIFIER =
            Dhcpv4Option.ClientIdentifier.of(1, Octets.parse("0003000102aabbccdd02"));

    private record Sent(Dhcpv6Message message, Peer to) {}

    private final LeaseTable leases = new LeaseTable(List.of(), new BindingTable(), BR);
    private final List<Sent> sent = new ArrayList<>();
    private final Instant now = Instant.parse("2026-11-25T10:00:00Z");
    private final DhcpService service = new DhcpService(
            new Provisioner(leases, new Subscribers(), null, () -> now),
            new DhcpSettings(
                    null,
                    List.of(),
                    DhcpSettings.Mode.RELAY,
                    new HostPort("2001:db8:1::1", 547),
                    LINK,
                    Duration.ofHours(2),
                    0,
                    null,
                    null,
                    List.of(),
                    List.of(),
                    List.of(),
                    null,
                    List.of(Ipv6Prefix.parse("2001:db8:9::/64"))),
            Ipv4Address.parse("203.0.113.1"),
            new SourceLimit(new SourceLimit.Rate(0, 1, 128), List.of(), () -> 0),
            (message, to) -> sent.add(new Sent(message, to)));
    private int transactions = 1;

    @Test
    void aQueryGoesToTheServerOctetByOctetWithWhereItCameFrom() {
        ByteBuf query = encoded(query(request(IDENTIFIER)));
        Dhcpv6Message.Relay relayed = (Dhcpv6Message.Relay) only(serve(query, CLIENT), SERVER);

        assertThat(relayed.type()).isEqualTo(Dhcpv6Message.RELAY_FORWARD);
        assertThat(relayed.hopCount()).isZero();
        assertThat(relayed.link()).isEqualTo(LINK);
        assertThat(relayed.peer()).isEqualTo(CLIENT.address());
        assertThat(relayed.option(Dhcpv6Option.RelayMessage.class))
                .contains(new Dhcpv6Option.RelayMessage(Octets.of(query)));
    }

    @Test
    void theBindingIsInTheTableWithTheSoftwireOfOption109BeforeTheClientHearsOfIt() {
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER, new Dhcpv4Option.SoftwireSource(SOFTWIRE)));
        Dhcpv6Message.Dhcpv4Response ack = response(ack(relayed, PORTS, new Dhcpv4Option.SoftwireSource(SOFTWIRE)));

        assertThat(only(serve(encoded(reply(relayed, ack)), SERVER), CLIENT)).isEqualTo(ack);
        Lease lease = leases.find(SOFTWIRE, now).orElseThrow();
        assertThat(lease.binding()).isEqualTo(new Binding(SOFTWIRE, PORTS.ipv4(), PORTS.ports(), BR));
        assertThat(lease.origin()).isEqualTo(Origin.DHCP);
        assertThat(lease.expiresAt()).isEqualTo(now.plusSeconds(4000));
        assertThat(leases.find(CLIENT.address(), now)).isEmpty();
    }

    @Test
    void aReleaseNamesNoSoftwireAndEndsTheLeaseAllTheSame() {
        lease(IDENTIFIER, PORTS, new Dhcpv4Option.SoftwireSource(SOFTWIRE));
        assertThat(leases.find(SOFTWIRE, now)).isPresent();
        ask(release(OTHER_IDENTIFIER));
        assertThat(leases.find(SOFTWIRE, now)).isPresent();
        ask(release(IDENTIFIER));

        assertThat(leases.find(SOFTWIRE, now)).isEmpty();
        assertThat(count(DhcpCounter.RELEASED)).isOne();
    }

    @Test
    void aClientThatChangesItsSoftwireTakesItsPortsAlong() {
        lease(IDENTIFIER, PORTS);
        lease(IDENTIFIER, PORTS, new Dhcpv4Option.SoftwireSource(SOFTWIRE));

        assertThat(leases.find(CLIENT.address(), now)).isEmpty();
        assertThat(leases.find(SOFTWIRE, now).orElseThrow().publicPorts()).isEqualTo(PORTS);
    }

    @Test
    void aClientToWhichTheServerGivesOtherPortsLosesThoseItHad() {
        lease(IDENTIFIER, PORTS);
        lease(IDENTIFIER, OTHER_PORTS);

        assertThat(leases.find(CLIENT.address(), now).orElseThrow().publicPorts())
                .isEqualTo(OTHER_PORTS);
        assertThat(leases.holderOf(PORTS, now)).isEmpty();
    }

    @Test
    void anAnswerWithPortsThatAnotherHasIsHeldBack() {
        lease(IDENTIFIER, PORTS);
        Dhcpv6Message.Relay relayed =
                (Dhcpv6Message.Relay) only(serve(encoded(query(request(OTHER_IDENTIFIER))), OTHER), SERVER);

        assertThat(serve(encoded(reply(relayed, response(ack(relayed, PORTS)))), SERVER))
                .isEmpty();
        assertThat(leases.holderOf(PORTS, now).orElseThrow().b4()).isEqualTo(CLIENT.address());
        assertThat(count(DhcpCounter.DROPPED_CONFLICT)).isOne();
    }

    @Test
    void anAnswerWithOtherPortsThanAreAssignedIsHeldBackAndOneWithTheSameIsPassedOn() {
        leases.edit(
                List.of(new Assignment(new Binding(CLIENT.address(), PORTS.ipv4(), PORTS.ports(), BR), Origin.KAFKA)),
                List.of(),
                now);
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER));
        assertThat(serve(encoded(reply(relayed, response(ack(relayed, OTHER_PORTS)))), SERVER))
                .isEmpty();
        Dhcpv6Message.Relay again = ask(request(IDENTIFIER));
        assertThat(serve(encoded(reply(again, response(ack(again, PORTS)))), SERVER))
                .hasSize(1);
        assertThat(count(DhcpCounter.DROPPED_CONFLICT)).isOne();
    }

    @Test
    void anAnswerWithABrokenPortSetOrWithoutALeaseTimeIsHeldBack() {
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER));
        Dhcpv4Message broken = inner(relayed)
                .reply(
                        PORTS.ipv4(),
                        List.of(
                                new Dhcpv4Option.Type(MessageType.ACK),
                                new Dhcpv4Option.LeaseTime(4000),
                                new Dhcpv4Option.Malformed(159, Octets.parse("0006"), "too short")));
        assertThat(serve(encoded(reply(relayed, response(broken))), SERVER)).isEmpty();
        Dhcpv6Message.Relay again = ask(request(IDENTIFIER));
        Dhcpv4Message timeless = inner(again)
                .reply(
                        PORTS.ipv4(),
                        List.of(
                                new Dhcpv4Option.Type(MessageType.ACK),
                                new Dhcpv4Option.PortParameters(PORTS.ports())));
        assertThat(serve(encoded(reply(again, response(timeless))), SERVER)).isEmpty();
        assertThat(leases.size()).isZero();
        assertThat(count(DhcpCounter.DROPPED_CONFLICT)).isEqualTo(2);
    }

    @Test
    void anAnswerIsTakenOnceAndFromTheServerOnly() {
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER));
        ByteBuf reply = encoded(reply(relayed, response(ack(relayed, PORTS))));
        assertThat(serve(reply, OTHER)).isEmpty();
        assertThat(serve(reply, new Peer(SERVER.address(), 4711, 0))).isEmpty();
        assertThat(leases.size()).isZero();
        assertThat(serve(reply, SERVER)).hasSize(1);
        assertThat(serve(reply, SERVER)).as("replayed").isEmpty();
        assertThat(count(DhcpCounter.DROPPED_SPOOFED)).isEqualTo(3);
    }

    @Test
    void anAnswerForAnotherClientIsNotTaken() {
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER));
        Dhcpv4Message ack = ack(relayed, PORTS, OTHER_IDENTIFIER);

        assertThat(serve(encoded(reply(relayed, response(ack))), SERVER)).isEmpty();
        assertThat(leases.size()).isZero();
    }

    @Test
    void noSoftwireEndsAtALinkLocalAddress() {
        Peer local = new Peer(Ipv6Address.parse("fe80::1"), 546, 3);
        Dhcpv6Message.Relay relayed =
                (Dhcpv6Message.Relay) only(serve(encoded(query(request(IDENTIFIER))), local), SERVER);
        assertThat(serve(encoded(reply(relayed, response(ack(relayed, PORTS)))), SERVER))
                .isEmpty();
        Dhcpv6Message.Relay again =
                (Dhcpv6Message.Relay) only(serve(encoded(query(request(IDENTIFIER))), local), SERVER);
        Dhcpv6Message.Dhcpv4Response ack = response(ack(again, PORTS, new Dhcpv4Option.SoftwireSource(SOFTWIRE)));
        assertThat(only(serve(encoded(reply(again, ack)), SERVER), local)).isEqualTo(ack);
        assertThat(leases.find(SOFTWIRE, now)).isPresent();
    }

    @Test
    void whatAnotherRelayPassesOnGoesThroughBothAndBack() throws DhcpException {
        Dhcpv6Message.Relay first = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                0,
                Ipv6Address.parse("2001:db8:2::ff"),
                CLIENT.address(),
                List.of(
                        new Dhcpv6Option.InterfaceId(Octets.parse("0a0b")),
                        Dhcpv6Option.RelayMessage.of(query(request(IDENTIFIER)))));
        Dhcpv6Message.Relay second = (Dhcpv6Message.Relay) only(serve(encoded(first), RELAY), SERVER);
        assertThat(second.hopCount()).isOne();
        assertThat(second.link()).isEqualTo(Ipv6Address.UNSPECIFIED);
        assertThat(second.peer()).isEqualTo(RELAY.address());
        Dhcpv6Message.Relay back = reply(first, response(ack(first, PORTS)));

        assertThat(only(serve(encoded(reply(second, back)), SERVER), RELAY)).isEqualTo(back);
        assertThat(leases.find(CLIENT.address(), now).orElseThrow().publicPorts())
                .isEqualTo(PORTS);
    }

    @Test
    void nobodyButARelayPassesOnWhatOthersSay() {
        Dhcpv6Message.Relay forged = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                0,
                LINK,
                CLIENT.address(),
                List.of(Dhcpv6Option.RelayMessage.of(query(request(IDENTIFIER)))));

        assertThat(serve(encoded(forged), OTHER)).isEmpty();
        assertThat(count(DhcpCounter.DROPPED_SPOOFED)).isOne();
    }

    @Test
    void aMessageThatPassedTooManyRelaysGoesNoFarther() {
        Dhcpv6Message.Relay far = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                8,
                LINK,
                CLIENT.address(),
                List.of(Dhcpv6Option.RelayMessage.of(query(request(IDENTIFIER)))));

        assertThat(serve(encoded(far), RELAY)).isEmpty();
    }

    @Property(tries = 2_000)
    void noOctetsAreTooWildFromTheServer(
            @ForAll byte[] octets,
            @ForAll @Size(max = 4) List<@IntRange(max = 400) Integer> places,
            @ForAll @Size(4) List<Byte> values) {
        Dhcpv6Message.Relay relayed = ask(request(IDENTIFIER));
        ByteBuf reply = encoded(reply(relayed, response(ack(relayed, PORTS))));
        for (int i = 0; i < places.size(); i++) {
            if (places.get(i) < reply.writerIndex()) {
                reply.setByte(places.get(i), values.get(i));
            }
        }
        // They may be an Information-request, which anybody may send.
        assertThat(serve(Unpooled.wrappedBuffer(octets), SERVER)).hasSizeLessThan(2);
        assertThat(serve(reply, SERVER)).hasSizeLessThan(2);
    }

    private long count(DhcpCounter counter) {
        return service.counters().get(counter);
    }

    private List<Sent> serve(ByteBuf datagram, Peer from) {
        sent.clear();
        service.serve(datagram, from, now);
        return List.copyOf(sent);
    }

    private static Dhcpv6Message only(List<Sent> sent, Peer to) {
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().to()).isEqualTo(to);
        return sent.getFirst().message();
    }

    /** What the relay makes of a client's message. */
    private Dhcpv6Message.Relay ask(Dhcpv4Message message) {
        return (Dhcpv6Message.Relay) only(serve(encoded(query(message)), CLIENT), SERVER);
    }

    private void lease(Dhcpv4Option.ClientIdentifier identifier, PublicPorts ports, Dhcpv4Option... more) {
        Dhcpv6Message.Relay relayed = ask(request(identifier, more));
        assertThat(serve(encoded(reply(relayed, response(ack(relayed, ports, more)))), SERVER))
                .hasSize(1);
    }

    private Dhcpv4Message request(Dhcpv4Option.ClientIdentifier identifier, Dhcpv4Option... more) {
        return message(MessageType.REQUEST, identifier, more);
    }

    private Dhcpv4Message release(Dhcpv4Option.ClientIdentifier identifier) {
        return message(MessageType.RELEASE, identifier, new Dhcpv4Option.PortParameters(PORTS.ports()))
                .withClientAddress(PORTS.ipv4());
    }

    private Dhcpv4Message message(MessageType type, Dhcpv4Option.ClientIdentifier identifier, Dhcpv4Option... more) {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(new Dhcpv4Option.Type(type), identifier));
        options.addAll(List.of(more));
        return Dhcpv4Message.request(transactions++, 0, 1, Octets.parse("02aabbccdd01"), options);
    }

    private static Dhcpv6Message.Dhcpv4Query query(Dhcpv4Message message) {
        return new Dhcpv6Message.Dhcpv4Query(false, List.of(Dhcpv6Option.Dhcpv4.of(message)));
    }

    private static Dhcpv4Message ack(Dhcpv6Message.Relay relayed, PublicPorts ports, Dhcpv4Option... more) {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(
                new Dhcpv4Option.Type(MessageType.ACK),
                new Dhcpv4Option.LeaseTime(4000),
                new Dhcpv4Option.PortParameters(ports.ports())));
        options.addAll(List.of(more));
        return inner(relayed).reply(ports.ipv4(), options);
    }

    private static Dhcpv4Message inner(Dhcpv6Message.Relay relayed) {
        try {
            Dhcpv6Message message = relayed.option(Dhcpv6Option.RelayMessage.class)
                    .orElseThrow()
                    .message();
            return message.option(Dhcpv6Option.Dhcpv4.class).orElseThrow().message();
        } catch (DhcpException e) {
            throw new AssertionError(e);
        }
    }

    private static Dhcpv6Message.Dhcpv4Response response(Dhcpv4Message message) {
        return new Dhcpv6Message.Dhcpv4Response(List.of(Dhcpv6Option.Dhcpv4.of(message)));
    }

    /** As a server answers: with the relay's own options. */
    private static Dhcpv6Message.Relay reply(Dhcpv6Message.Relay relayed, Dhcpv6Message message) {
        List<Dhcpv6Option> options = new ArrayList<>();
        relayed.option(Dhcpv6Option.InterfaceId.class).ifPresent(options::add);
        options.add(Dhcpv6Option.RelayMessage.of(message));
        return new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_REPLY, relayed.hopCount(), relayed.link(), relayed.peer(), options);
    }

    private static ByteBuf encoded(Dhcpv6Message message) {
        ByteBuf out = Unpooled.buffer();
        message.encode(out);
        return out;
    }
}
