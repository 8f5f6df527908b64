package io.portledger.lwaftr.dhcp;

import static io.portledger.lwaftr.dhcp.ServedLink.BR;
import static io.portledger.lwaftr.dhcp.ServedLink.CLIENT;
import static io.portledger.lwaftr.dhcp.ServedLink.OTHER_CLIENT;
import static io.portledger.lwaftr.dhcp.ServedLink.OTHER_SOURCE;
import static io.portledger.lwaftr.dhcp.ServedLink.SERVER;
import static io.portledger.lwaftr.dhcp.ServedLink.SOURCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The server for shared addresses, message by message. */
class SharedAddressServerTest {

    private static final PublicPorts FIRST = PublicPorts.parse("192.0.2.0/0/6/1");
    private static final PublicPorts SECOND = PublicPorts.parse("192.0.2.0/0/6/2");
    private static final Ipv6Address SOFTWIRE = Ipv6Address.parse("2001:db8:0:100:0:c000:200:1");
    private static final Ipv6Address MOVED = Ipv6Address.parse("2001:db8:0:100:0:c000:200:2");

    private ServedLink link = new ServedLink(ServedLink.settings(0), 6);

    @AfterEach
    void close() {
        link.close();
    }

    private void serve(int softwirePrefixLength, int psidLength) {
        link.close();
        link = new ServedLink(ServedLink.settings(softwirePrefixLength), psidLength);
    }

    private Optional<Lease> leaseAt(Ipv6Address b4) {
        return link.leases.find(b4, link.now);
    }

    private Dhcpv4Message discover(Dhcpv4Option.ClientIdentifier client, Dhcpv4Option... more) {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(client, ServedLink.everything()));
        options.addAll(List.of(more));
        return link.message(MessageType.DISCOVER, options.toArray(Dhcpv4Option[]::new));
    }

    private static void assertType(MessageType type, Optional<Dhcpv4Message> message) {
        assertThat(message.flatMap(Dhcpv4Message::type)).contains(type);
    }

    @Test
    void anOfferHasAddressAndPortSetAndTakesNothing() {
        Dhcpv4Message offer = link.ask(SOURCE, discover(CLIENT)).orElseThrow();

        assertThat(offer.type()).contains(MessageType.OFFER);
        assertThat(ServedLink.ports(offer)).as("ports below 1024 are reserved").isEqualTo(FIRST);
        assertThat(offer.option(Dhcpv4Option.ServerIdentifier.class))
                .contains(new Dhcpv4Option.ServerIdentifier(SERVER));
        assertThat(offer.option(Dhcpv4Option.ClientIdentifier.class)).contains(CLIENT);
        assertThat(link.leases.size()).isZero();
    }

    @Test
    void aRequestMakesTheLeaseAndTheBinding() {
        PublicPorts ports = link.lease(SOURCE, CLIENT);

        assertThat(ports).isEqualTo(FIRST);
        assertThat(leaseAt(SOURCE).orElseThrow().binding())
                .isEqualTo(new Binding(SOURCE, FIRST.ipv4(), FIRST.ports(), BR));
        assertThat(leaseAt(SOURCE).orElseThrow().origin()).isEqualTo(Origin.DHCP);
        assertThat(link.table.size()).isOne();
    }

    @Test
    void timesAreThoseOfTheLease() {
        Dhcpv4Message ack = link.ask(SOURCE, link.select(CLIENT, FIRST, new Dhcpv4Option.LeaseTime(8000)))
                .orElseThrow();
        assertThat(ack.options())
                .contains(
                        new Dhcpv4Option.LeaseTime(8000),
                        new Dhcpv4Option.RenewalTime(4000),
                        new Dhcpv4Option.RebindingTime(7000));

        Dhcpv4Message bounded = link.ask(SOURCE, link.renew(CLIENT, FIRST, new Dhcpv4Option.LeaseTime(0xffff_ffffL)))
                .orElseThrow();
        assertThat(bounded.option(Dhcpv4Option.LeaseTime.class))
                .as("the class's longest lifetime")
                .contains(new Dhcpv4Option.LeaseTime(86_400));
    }

    @Test
    void severalWhoDiscoverAtOnceAreOfferedDifferentSets() {
        assertThat(ServedLink.ports(link.ask(SOURCE, discover(CLIENT)).orElseThrow()))
                .isEqualTo(FIRST);
        assertThat(ServedLink.ports(
                        link.ask(OTHER_SOURCE, discover(OTHER_CLIENT)).orElseThrow()))
                .isEqualTo(SECOND);
    }

    @Test
    void whoComesSecondForASetIsRefused() {
        link.lease(SOURCE, CLIENT);

        Optional<Dhcpv4Message> answer = link.ask(OTHER_SOURCE, link.select(OTHER_CLIENT, FIRST));

        assertType(MessageType.NAK, answer);
        assertThat(answer.orElseThrow().yourAddress()).isEqualTo(Dhcpv4Message.NO_ADDRESS);
        assertThat(leaseAt(OTHER_SOURCE)).isEmpty();
        assertThat(link.count(DhcpCounter.REFUSED)).isOne();
    }

    @Test
    void aSetOfAnotherSizeThanTheClassHasIsRefused() {
        assertType(MessageType.NAK, link.ask(SOURCE, link.select(CLIENT, PublicPorts.parse("192.0.2.0/0/5/1"))));
        assertThat(link.leases.size()).isZero();
    }

    @Test
    void whoDoesNotListPortParametersIsDiscarded() {
        Dhcpv4Option.ParameterRequest old = new Dhcpv4Option.ParameterRequest(List.of(1, 51));

        assertThat(link.ask(SOURCE, link.message(MessageType.DISCOVER, CLIENT, old)))
                .isEmpty();
        assertThat(link.ask(
                        SOURCE,
                        link.message(
                                MessageType.REQUEST,
                                CLIENT,
                                old,
                                new Dhcpv4Option.ServerIdentifier(SERVER),
                                new Dhcpv4Option.RequestedAddress(FIRST.ipv4()))))
                .isEmpty();
        assertThat(link.leases.size()).isZero();
        assertThat(link.count(DhcpCounter.DROPPED_NOT_SHARING)).isEqualTo(2);
    }

    @Test
    void aWholeAddressIsLeasedWithoutPortParameters() {
        serve(0, 0);
        Dhcpv4Option.ParameterRequest old = new Dhcpv4Option.ParameterRequest(List.of(1, 51));
        Dhcpv4Message offer = link.ask(SOURCE, link.message(MessageType.DISCOVER, CLIENT, old))
                .orElseThrow();
        Dhcpv4Message ack = link.ask(
                        SOURCE,
                        link.message(
                                MessageType.REQUEST,
                                CLIENT,
                                old,
                                new Dhcpv4Option.ServerIdentifier(SERVER),
                                new Dhcpv4Option.RequestedAddress(offer.yourAddress())))
                .orElseThrow();

        assertThat(ack.type()).contains(MessageType.ACK);
        assertThat(ack.option(Dhcpv4Option.PortParameters.class))
                .as("not asked for")
                .isEmpty();
        assertThat(ack.option(Dhcpv4Option.SubnetMask.class))
                .contains(new Dhcpv4Option.SubnetMask(Ipv4Address.parse("255.255.255.255")));
        assertThat(leaseAt(SOURCE).orElseThrow().publicPorts().ports()).isEqualTo(PortSet.WHOLE_ADDRESS);
    }

    @Test
    void aMessageWithoutClientIdentifierIsDiscarded() {
        assertThat(link.ask(SOURCE, link.message(MessageType.DISCOVER, ServedLink.everything())))
                .isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_MALFORMED)).isOne();
    }

    @Test
    void aQueryCarriesExactlyOneMessage() {
        Dhcpv6Option one = Dhcpv6Option.Dhcpv4.of(discover(CLIENT));

        assertThat(link.exchange(SOURCE, new Dhcpv6Message.Dhcpv4Query(false, List.of())))
                .isEmpty();
        assertThat(link.exchange(SOURCE, new Dhcpv6Message.Dhcpv4Query(false, List.of(one, one))))
                .isEmpty();
        assertThat(link.exchange(SOURCE, new Dhcpv6Message.Dhcpv4Response(List.of(one))))
                .isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_MALFORMED)).isEqualTo(2);
    }

    @Test
    void brokenPortParametersAreNotTakenForNone() {
        Dhcpv4Message message = discover(CLIENT, Dhcpv4Option.read(Dhcpv4Option.PORT_PARAMETERS, Octets.parse("0011")));

        assertThat(link.ask(SOURCE, message)).isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_MALFORMED)).isOne();
    }

    @Test
    void aRequestToAnotherServerIsLeftToIt() {
        Dhcpv4Message request = link.message(
                MessageType.REQUEST,
                CLIENT,
                ServedLink.everything(),
                new Dhcpv4Option.ServerIdentifier(Ipv4Address.parse("198.51.100.1")),
                new Dhcpv4Option.RequestedAddress(FIRST.ipv4()),
                new Dhcpv4Option.PortParameters(FIRST.ports()));

        assertThat(link.ask(SOURCE, request)).isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_NOT_FOR_US)).isOne();
    }

    @Test
    void whatAClientWouldLikeToHaveIsOfferedIfItIsFree() {
        PublicPorts wish = PublicPorts.parse("192.0.2.2/0/6/34");
        Dhcpv4Option address = new Dhcpv4Option.RequestedAddress(wish.ipv4());
        Dhcpv4Option ports = new Dhcpv4Option.PortParameters(wish.ports());

        assertThat(ServedLink.ports(
                        link.ask(SOURCE, discover(CLIENT, address, ports)).orElseThrow()))
                .isEqualTo(wish);
        link.ask(SOURCE, link.select(CLIENT, wish));
        assertThat(ServedLink.ports(link.ask(OTHER_SOURCE, discover(OTHER_CLIENT, address, ports))
                        .orElseThrow()))
                .isNotEqualTo(wish);
    }

    @Test
    void aClientThatDiscoversAnewIsOfferedWhatItHasOrHadLast() {
        link.lease(OTHER_SOURCE, OTHER_CLIENT);
        PublicPorts ports = link.lease(SOURCE, CLIENT);
        assertThat(ServedLink.ports(link.ask(SOURCE, discover(CLIENT)).orElseThrow()))
                .isEqualTo(ports);

        link.now = link.now.plus(Duration.ofDays(2));
        assertThat(leaseAt(SOURCE)).isEmpty();
        assertThat(ServedLink.ports(link.ask(SOURCE, discover(CLIENT)).orElseThrow()))
                .isEqualTo(ports);
    }

    @Test
    void renewingExtendsTheLease() {
        link.lease(SOURCE, CLIENT);
        link.now = link.now.plus(Duration.ofHours(1));

        assertType(MessageType.ACK, link.ask(SOURCE, link.renew(CLIENT, FIRST)));

        assertThat(leaseAt(SOURCE).orElseThrow().expiresAt()).isEqualTo(link.now.plus(Duration.ofHours(2)));
        assertThat(link.leases.size()).isOne();
    }

    @Test
    void aLeaseThatIsUnknownIsMadeAnewByItsRenewalIfItIsFree() {
        assertType(MessageType.ACK, link.ask(SOURCE, link.renew(CLIENT, FIRST)));
        assertType(MessageType.NAK, link.ask(OTHER_SOURCE, link.renew(OTHER_CLIENT, FIRST)));
        assertThat(leaseAt(SOURCE)).isPresent();
        assertThat(leaseAt(OTHER_SOURCE)).isEmpty();
    }

    @Test
    void aClientThatRebootedIsToldWhetherItsLeaseHolds() {
        link.lease(SOURCE, CLIENT);
        Dhcpv4Option address = new Dhcpv4Option.RequestedAddress(FIRST.ipv4());
        Dhcpv4Option ports = new Dhcpv4Option.PortParameters(FIRST.ports());
        Dhcpv4Option others = new Dhcpv4Option.PortParameters(SECOND.ports());

        assertType(
                MessageType.ACK,
                link.ask(SOURCE, link.message(MessageType.REQUEST, CLIENT, ServedLink.everything(), address, ports)));
        assertType(
                MessageType.NAK,
                link.ask(SOURCE, link.message(MessageType.REQUEST, CLIENT, ServedLink.everything(), address, others)));
        assertType(
                MessageType.NAK,
                link.ask(
                        OTHER_SOURCE,
                        link.message(MessageType.REQUEST, CLIENT, ServedLink.everything(), address, ports)));
        assertThat(link.ask(
                        OTHER_SOURCE,
                        link.message(MessageType.REQUEST, OTHER_CLIENT, ServedLink.everything(), address, others)))
                .as("a client that the server does not know, RFC 2131 section 4.3.2")
                .isEmpty();
        assertType(
                MessageType.NAK,
                link.ask(
                        OTHER_SOURCE,
                        link.message(
                                MessageType.REQUEST,
                                OTHER_CLIENT,
                                ServedLink.everything(),
                                new Dhcpv4Option.RequestedAddress(Ipv4Address.parse("198.51.100.7")),
                                ports)));
    }

    @Test
    void aClientWhoseSourceChangedDiscoversAndTakesItsSetAlong() {
        link.lease(SOURCE, CLIENT);
        link.now = link.now.plus(Duration.ofMinutes(5));
        assertType(MessageType.NAK, link.ask(OTHER_SOURCE, link.renew(CLIENT, FIRST)));

        assertThat(link.lease(OTHER_SOURCE, CLIENT)).isEqualTo(FIRST);

        assertThat(leaseAt(SOURCE)).isEmpty();
        assertThat(leaseAt(OTHER_SOURCE).orElseThrow().publicPorts()).isEqualTo(FIRST);
    }

    @Test
    void aReleaseEndsTheLeaseOfWhoKnowsTheIdentifier() {
        link.lease(SOURCE, CLIENT);
        Dhcpv4Option server = new Dhcpv4Option.ServerIdentifier(SERVER);
        Dhcpv4Option ports = new Dhcpv4Option.PortParameters(FIRST.ports());

        link.ask(
                SOURCE,
                link.message(MessageType.RELEASE, OTHER_CLIENT, server, ports).withClientAddress(FIRST.ipv4()));
        assertThat(leaseAt(SOURCE)).isPresent();

        assertThat(link.ask(
                        SOURCE,
                        link.message(MessageType.RELEASE, CLIENT, server, ports).withClientAddress(FIRST.ipv4())))
                .isEmpty();
        assertThat(leaseAt(SOURCE)).isEmpty();
        assertThat(link.table.size()).isZero();
        assertThat(link.count(DhcpCounter.RELEASED)).isOne();
    }

    @Test
    void aDeclineEndsTheLease() {
        link.lease(SOURCE, CLIENT);

        link.ask(
                SOURCE,
                link.message(
                        MessageType.DECLINE,
                        CLIENT,
                        new Dhcpv4Option.ServerIdentifier(SERVER),
                        new Dhcpv4Option.RequestedAddress(FIRST.ipv4()),
                        new Dhcpv4Option.PortParameters(FIRST.ports())));

        assertThat(leaseAt(SOURCE)).isEmpty();
        assertThat(link.count(DhcpCounter.DECLINED)).isOne();
    }

    @Test
    void anInformIsAnsweredWithoutALease() {
        Dhcpv4Message ack = link.ask(
                        SOURCE,
                        link.message(MessageType.INFORM, CLIENT, ServedLink.everything())
                                .withClientAddress(FIRST.ipv4()))
                .orElseThrow();

        assertThat(ack.type()).contains(MessageType.ACK);
        assertThat(ack.yourAddress()).isEqualTo(Dhcpv4Message.NO_ADDRESS);
        assertThat(ack.clientAddress()).isEqualTo(FIRST.ipv4());
        assertThat(ack.option(Dhcpv4Option.LeaseTime.class)).isEmpty();
        assertThat(link.leases.size()).isZero();
    }

    @Test
    void aResponseTellsTheTunnelEndPointAndAPrefixForTheSoftwire() {
        serve(56, 6);

        Dhcpv6Message response = link.askOuter(SOURCE, discover(CLIENT)).orElseThrow();

        assertThat(response).isInstanceOf(Dhcpv6Message.Dhcpv4Response.class);
        assertThat(response.options())
                .contains(
                        new Dhcpv6Option.S46Br(BR),
                        new Dhcpv6Option.S46BindingPrefix(Ipv6Prefix.parse("2001:db8:0:100::/56")));
        Dhcpv6Message plain = link.exchange(
                        SOURCE, new Dhcpv6Message.Dhcpv4Query(false, List.of(Dhcpv6Option.Dhcpv4.of(discover(CLIENT)))))
                .orElseThrow();
        assertThat(plain.options()).as("nobody asked for more").hasSize(1);
    }

    @Test
    void theSoftwireIsWhereTheClientSaysAndEveryAcknowledgementSaysSo() {
        Dhcpv4Option softwire = new Dhcpv4Option.SoftwireSource(SOFTWIRE);

        Dhcpv4Message ack =
                link.ask(SOURCE, link.select(CLIENT, FIRST, softwire)).orElseThrow();
        Dhcpv4Message again =
                link.ask(SOURCE, link.renew(CLIENT, FIRST, softwire)).orElseThrow();

        assertThat(ack.option(Dhcpv4Option.SoftwireSource.class)).contains(new Dhcpv4Option.SoftwireSource(SOFTWIRE));
        assertThat(again.option(Dhcpv4Option.SoftwireSource.class)).contains(new Dhcpv4Option.SoftwireSource(SOFTWIRE));
        assertThat(leaseAt(SOFTWIRE)).isPresent();
        assertThat(leaseAt(SOURCE)).isEmpty();
    }

    @Test
    void aSoftwireMovesWithItsPortsButNotTwiceAMinute() {
        link.ask(SOURCE, link.select(CLIENT, FIRST, new Dhcpv4Option.SoftwireSource(SOFTWIRE)));
        Dhcpv4Option moved = new Dhcpv4Option.SoftwireSource(MOVED);

        link.now = link.now.plusSeconds(59);
        assertThat(link.ask(SOURCE, link.renew(CLIENT, FIRST, moved))
                        .orElseThrow()
                        .option(Dhcpv4Option.SoftwireSource.class))
                .as("the old one")
                .contains(new Dhcpv4Option.SoftwireSource(SOFTWIRE));
        assertThat(leaseAt(SOFTWIRE)).isPresent();

        link.now = link.now.plusSeconds(1);
        assertThat(link.ask(SOURCE, link.renew(CLIENT, FIRST, moved))
                        .orElseThrow()
                        .option(Dhcpv4Option.SoftwireSource.class))
                .contains(new Dhcpv4Option.SoftwireSource(MOVED));
        assertThat(leaseAt(SOFTWIRE)).isEmpty();
        assertThat(leaseAt(MOVED).orElseThrow().publicPorts()).isEqualTo(FIRST);
        assertThat(leaseAt(MOVED).orElseThrow().expiresAt()).isEqualTo(link.now.plus(Duration.ofHours(2)));
        assertThat(link.table.size()).isOne();
    }

    @Test
    void aSoftwireOfAnotherClientIsNotGiven() {
        link.ask(SOURCE, link.select(CLIENT, FIRST, new Dhcpv4Option.SoftwireSource(SOFTWIRE)));

        assertType(
                MessageType.NAK,
                link.ask(OTHER_SOURCE, link.select(OTHER_CLIENT, SECOND, new Dhcpv4Option.SoftwireSource(SOFTWIRE))));
        link.ask(OTHER_SOURCE, link.select(OTHER_CLIENT, SECOND, new Dhcpv4Option.SoftwireSource(MOVED)));
        link.now = link.now.plus(Duration.ofMinutes(5));
        assertThat(link.ask(OTHER_SOURCE, link.renew(OTHER_CLIENT, SECOND, new Dhcpv4Option.SoftwireSource(SOFTWIRE)))
                        .orElseThrow()
                        .option(Dhcpv4Option.SoftwireSource.class))
                .as("who has a lease keeps its own")
                .contains(new Dhcpv4Option.SoftwireSource(MOVED));
        assertThat(leaseAt(SOFTWIRE).orElseThrow().publicPorts()).isEqualTo(FIRST);
    }

    @Test
    void aSoftwireThatTheSenderCannotHaveIsDropped() {
        serve(56, 6);

        for (String softwire : List.of("2001:db8:0:200::1", "fe80::1", "ff02::1", "::", "::ffff:192.0.2.1")) {
            assertThat(link.ask(
                            SOURCE,
                            link.select(CLIENT, FIRST, new Dhcpv4Option.SoftwireSource(Ipv6Address.parse(softwire)))))
                    .isEmpty();
        }
        assertThat(link.ask(Ipv6Address.parse("fe80::1"), link.select(CLIENT, FIRST)))
                .as("nothing can be sent to a link-local address from afar")
                .isEmpty();

        assertThat(link.count(DhcpCounter.DROPPED_SPOOFED)).isEqualTo(6);
        assertThat(link.leases.size()).isZero();
    }

    @Test
    void whatIsAssignedIsOfferedAndCannotBeReleased() {
        PublicPorts ports = PublicPorts.parse("198.51.100.9/0/4/7");
        Binding binding = new Binding(SOURCE, ports.ipv4(), ports.ports(), BR, "anna");
        assertThat(link.leases.edit(List.of(new Assignment(binding, Origin.RESTCONF)), List.of(), link.now))
                .isEmpty();

        assertThat(link.lease(SOURCE, CLIENT)).isEqualTo(ports);
        assertType(MessageType.NAK, link.ask(SOURCE, link.select(CLIENT, FIRST)));
        link.ask(
                SOURCE,
                link.message(MessageType.RELEASE, CLIENT, new Dhcpv4Option.PortParameters(ports.ports()))
                        .withClientAddress(ports.ipv4()));

        assertThat(link.leases.assigned(SOURCE)).hasSize(1);
        assertThat(link.leases.size()).isZero();
    }

    @Test
    void anExhaustedPoolOffersNothing() {
        serve(0, 1);
        for (int i = 0; i < 4; i++) {
            link.lease(Ipv6Address.parse("2001:db8:" + i + "::1"), ServedLink.client(i));
        }

        assertThat(link.ask(OTHER_SOURCE, discover(ServedLink.client(99)))).isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_UNSERVED)).isOne();
    }

    @Test
    void theAnswerGoesBackThroughTheRelaysByWhichTheQueryCame() throws DhcpException {
        Ipv6Address relayAddress = Ipv6Address.parse("2001:db8:9::9");
        Dhcpv6Option.InterfaceId interfaceId = new Dhcpv6Option.InterfaceId(Octets.parse("0a0b"));
        Dhcpv6Message first = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                0,
                Ipv6Address.parse("2001:db8:0:100::ff"),
                SOURCE,
                List.of(
                        interfaceId,
                        Dhcpv6Option.RelayMessage.of(new Dhcpv6Message.Dhcpv4Query(
                                false, List.of(Dhcpv6Option.Dhcpv4.of(link.select(CLIENT, FIRST)))))));
        Dhcpv6Message second = new Dhcpv6Message.Relay(
                Dhcpv6Message.RELAY_FORWARD,
                1,
                Ipv6Address.UNSPECIFIED,
                Ipv6Address.parse("2001:db8:8::8"),
                List.of(Dhcpv6Option.RelayMessage.of(first)));

        assertThat(link.exchange(Ipv6Address.parse("2001:db8:99::9"), second))
                .as("a relay that is not listed could speak for anybody")
                .isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_SPOOFED)).isOne();
        Dhcpv6Message.Relay outer =
                (Dhcpv6Message.Relay) link.exchange(relayAddress, second).orElseThrow();

        assertThat(outer.type()).isEqualTo(Dhcpv6Message.RELAY_REPLY);
        assertThat(outer.peer()).isEqualTo(Ipv6Address.parse("2001:db8:8::8"));
        assertThat(outer.hopCount()).isOne();
        Dhcpv6Message.Relay inner = (Dhcpv6Message.Relay)
                outer.option(Dhcpv6Option.RelayMessage.class).orElseThrow().message();
        assertThat(inner.peer()).isEqualTo(SOURCE);
        assertThat(inner.option(Dhcpv6Option.InterfaceId.class)).contains(interfaceId);
        assertThat(inner.option(Dhcpv6Option.RelayMessage.class).orElseThrow().message())
                .isInstanceOf(Dhcpv6Message.Dhcpv4Response.class);
        assertThat(leaseAt(SOURCE))
                .as("the client's own address, not the relay's")
                .isPresent();
    }

    @Test
    void whoHasAskedTooMuchByAnotherProtocolIsNotHeardEither() {
        while (link.limit.admits(SOURCE)) {
            // As a PCP server on the same control thread would ask.
        }
        assertThat(link.ask(SOURCE, discover(CLIENT))).isEmpty();
        assertThat(link.ask(OTHER_SOURCE, discover(OTHER_CLIENT))).isPresent();
    }

    @Test
    void whoSendsTooMuchIsNotHeardForAWhile() {
        for (int i = 0; i < 30; i++) {
            link.ask(SOURCE, discover(CLIENT));
        }
        assertThat(link.count(DhcpCounter.DROPPED_FLOOD)).isEqualTo(10);
        assertThat(link.ask(OTHER_SOURCE, discover(OTHER_CLIENT))).isPresent();

        link.now = link.now.plusSeconds(2);
        assertThat(link.ask(SOURCE, discover(CLIENT))).isPresent();
    }

    @Test
    void leasesThatAreThereAtTheStartAreKnownByTheirClients() {
        link.lease(SOURCE, CLIENT);
        ServedLink before = link;
        SharedAddressServer restarted = new SharedAddressServer(
                new Provisioner(before.leases, new Subscribers(), null, () -> before.now),
                ServedLink.settings(0),
                SERVER,
                before.service.counters(),
                (message, to) -> before.sent.add(new ServedLink.Sent(message, to)));
        before.sent.clear();
        Dhcpv4Message discover = discover(CLIENT);

        restarted.serve(
                new Query(
                        new Dhcpv6Message.Dhcpv4Query(false, List.of()),
                        discover,
                        CLIENT,
                        Query.token(CLIENT),
                        new Route(new Peer(OTHER_SOURCE, 546, 0), List.of())),
                MessageType.DISCOVER,
                before.now);

        Dhcpv4Message offer = ServedLink.inner(before.sent
                .getFirst()
                .message()
                .option(Dhcpv6Option.Dhcpv4.class)
                .orElseThrow());
        assertThat(ServedLink.ports(offer)).isEqualTo(FIRST);
    }
}
