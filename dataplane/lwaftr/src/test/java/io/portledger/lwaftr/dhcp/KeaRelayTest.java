package io.portledger.lwaftr.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.testing.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The lwAFTR as the relay between clients and Kea.
 *
 * <pre>
 *   clients 2001:db8:1::2xx, lwAFTR 2001:db8:1::100 ── veth ── Kea 2001:db8:1::1
 * </pre>
 */
@Timeout(300)
class KeaRelayTest {

    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address CLIENT = Ipv6Address.parse("2001:db8:1::201");
    private static final Ipv6Address OTHER = Ipv6Address.parse("2001:db8:1::202");
    private static final PortSet PORTS = new PortSet(0, 6, 34);
    private static final Ipv4Address FIRST = Ipv4Address.parse("192.0.2.1");
    private static final Ipv4Address SECOND = Ipv4Address.parse("192.0.2.2");

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();
    private volatile Duration ahead = Duration.ZERO;
    private final InstantSource clock = () -> Instant.now().plus(ahead);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private int transactions = 0x1234;

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private NetworkNamespace access;

    @SuppressWarnings("NullAway.Init")
    private Kea kea;

    @SuppressWarnings("NullAway.Init")
    private Lwaftr lwaftr;

    @BeforeEach
    void start() throws Exception {
        NetworkNamespace central =
                NetworkNamespace.make("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
        opened.add(central);
        access = NetworkNamespace.make("net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
        opened.add(access);
        access.connect("vc", central, "vs");
        for (String address : List.of("100", "201", "202")) {
            access.run("ip address add 2001:db8:1::" + address + "/64 dev vc nodad");
        }
        central.run("ip address add 2001:db8:1::1/64 dev vs nodad");
        central.run("ip address add 192.0.2.254/24 dev vs");
        kea = Kea.start(central, "vs", directory);
        opened.add(kea);
        Path table = Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber
                2001:db8:0:900::1,192.0.2.2,0,6,34,2001:db8:ffff::1,permanent
                """);
        Map<String, String> environment = Map.of(
                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                "PORTLEDGER_LWAFTR_BR_ADDRESSES", "['2001:db8:ffff::1']",
                "PORTLEDGER_LWAFTR_BINDING_TABLE", table.toString(),
                "PORTLEDGER_LWAFTR_DHCP_LISTEN", "[2001:db8:1::100]:547",
                "PORTLEDGER_LWAFTR_DHCP_MODE", "relay",
                "PORTLEDGER_LWAFTR_DHCP_SERVER", "[2001:db8:1::1]:547",
                "PORTLEDGER_LWAFTR_DHCP_LINK_ADDRESS", "2001:db8:1::100");
        lwaftr = access.call(() -> Lwaftr.start(LwaftrSettings.read(null, environment), clock, changes::add));
        changes.clear();
    }

    @AfterEach
    void close() throws Exception {
        if (lwaftr != null) {
            lwaftr.close();
        }
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    @Test
    void aClientGetsItsLeaseFromKeaAndTheTableHasItWithTheSourceAsSoftwire() throws Exception {
        Client client = new Client(CLIENT, 1);
        Dhcpv4Message offer = client.ask(client.discover()).orElseThrow(this::silence);
        assertThat(offer.type()).contains(MessageType.OFFER);
        assertThat(changes).isEmpty();

        Dhcpv4Message ack = client.ask(client.request(offer)).orElseThrow(this::silence);

        assertThat(ack.type()).contains(MessageType.ACK);
        assertThat(ack.yourAddress()).isEqualTo(FIRST);
        assertThat(ack.option(Dhcpv4Option.PortParameters.class)).contains(new Dhcpv4Option.PortParameters(PORTS));
        assertThat(changes).hasSize(1);
        assertThat(changes.getFirst().kind()).isEqualTo(BindingChange.Kind.CREATED);
        assertThat(changes.getFirst().binding()).isEqualTo(new Binding(CLIENT, FIRST, PORTS, BR));
        assertThat(changes.getFirst().origin()).isEqualTo(Origin.DHCP);
        assertThat(count(DhcpCounter.RELAYED)).isEqualTo(2);
        assertThat(count(DhcpCounter.RELAYED_BACK)).isEqualTo(2);
    }

    @Test
    void aLeaseThatIsRenewedAtKeaGoesOnAndOneThatIsNotEndsWithKeasLeaseTime() throws Exception {
        Client client = new Client(CLIENT, 1);
        Dhcpv4Message ack = client.lease();
        ahead = Duration.ofMinutes(50);
        assertThat(client.ask(client.renew(ack)).orElseThrow(this::silence).type())
                .contains(MessageType.ACK);
        ahead = Duration.ofMinutes(115);
        assertThat(lwaftr.expireLeases().get()).isZero();
        ahead = Duration.ofSeconds(7101);
        lwaftr.expireLeases().get();

        assertThat(changes)
                .extracting(BindingChange::kind)
                .containsExactly(BindingChange.Kind.CREATED, BindingChange.Kind.DELETED);
    }

    @Test
    void aLeaseThatTheClientGivesBackEndsHereAndAtKea() throws Exception {
        Client client = new Client(CLIENT, 1);
        Dhcpv4Message ack = client.lease();
        client.send(client.release(ack));

        await().atMost(Duration.ofSeconds(60)).until(() -> changes.size() == 2);
        assertThat(changes.getLast().kind()).isEqualTo(BindingChange.Kind.DELETED);
        await().atMost(Duration.ofSeconds(60)).until(() -> kea.said().contains("DHCP4_RELEASE "));
        assertThat(count(DhcpCounter.RELEASED)).isOne();
    }

    @Test
    void aLeaseThatKeaRefusesEnds() throws Exception {
        Client client = new Client(CLIENT, 1);
        client.lease();
        Dhcpv4Message nak =
                client.ask(client.reboot(Ipv4Address.parse("192.0.2.77"))).orElseThrow(this::silence);

        assertThat(nak.type()).contains(MessageType.NAK);
        assertThat(changes)
                .extracting(BindingChange::kind)
                .containsExactly(BindingChange.Kind.CREATED, BindingChange.Kind.DELETED);
    }

    @Test
    void aClientDoesNotHearOfALeaseWhosePortsSomebodyHasHere() throws Exception {
        new Client(CLIENT, 1).lease();
        Client other = new Client(OTHER, 2);
        Dhcpv4Message offer = other.ask(other.discover()).orElseThrow(this::silence);
        assertThat(offer.yourAddress()).isEqualTo(SECOND);
        other.send(other.request(offer));

        await().atMost(Duration.ofSeconds(60)).until(() -> count(DhcpCounter.DROPPED_CONFLICT) == 1);
        assertThat(other.receive(Duration.ofMillis(300))).isEmpty();
        assertThat(changes).extracting(change -> change.binding().b4()).containsExactly(CLIENT);
    }

    @Test
    void somebodyElseCannotGiveALeaseBack() throws Exception {
        Client client = new Client(CLIENT, 1);
        Dhcpv4Message ack = client.lease();
        Client other = new Client(OTHER, 2);
        other.send(other.release(ack));

        await().atMost(Duration.ofSeconds(60)).until(() -> count(DhcpCounter.RELAYED) == 3);
        assertThat(count(DhcpCounter.RELEASED)).isZero();
        assertThat(changes).hasSize(1);
    }

    @Test
    void whatLooksLikeAnAnswerButIsNotFromTheCentralServerIsDropped() throws Exception {
        Client client = new Client(CLIENT, 1);
        Dhcpv4Message offer = client.ask(client.discover()).orElseThrow(this::silence);
        Dhcpv4Message forged = client.request(offer)
                .reply(
                        SECOND,
                        List.of(
                                new Dhcpv4Option.Type(MessageType.ACK),
                                new Dhcpv4Option.LeaseTime(4000),
                                new Dhcpv4Option.PortParameters(PORTS)));
        ByteBuf out = Unpooled.buffer();
        new Dhcpv6Message.Relay(
                        Dhcpv6Message.RELAY_REPLY,
                        0,
                        CLIENT,
                        CLIENT,
                        List.of(
                                new Dhcpv6Option.InterfaceId(Octets.parse("022200000000")),
                                Dhcpv6Option.RelayMessage.of(
                                        new Dhcpv6Message.Dhcpv4Response(List.of(Dhcpv6Option.Dhcpv4.of(forged))))))
                .encode(out);
        client.sendOctets(out);

        await().atMost(Duration.ofSeconds(60)).until(() -> count(DhcpCounter.DROPPED_SPOOFED) == 1);
        assertThat(changes).isEmpty();
    }

    private long count(DhcpCounter counter) {
        return lwaftr.dhcp().orElseThrow().counters().get(counter);
    }

    private AssertionError silence() {
        try {
            return new AssertionError("No answer. Kea said: " + kea.said());
        } catch (IOException e) {
            return new AssertionError("No answer", e);
        }
    }

    /** A client that lists option 159; its socket is in the namespace of the access side. */
    private final class Client {
        private final DatagramSocket socket;
        private final Octets hardware;
        private final Dhcpv4Option.ClientIdentifier identifier;

        Client(Ipv6Address address, int number) throws Exception {
            hardware = Octets.parse("02aabbccdd0" + number);
            identifier = Dhcpv4Option.ClientIdentifier.of(1, Octets.parse("00030001" + hardware));
            socket = access.call(
                    () -> new DatagramSocket(new InetSocketAddress(InetAddress.getByAddress(address.toBytes()), 546)));
            opened.add(socket);
        }

        Dhcpv4Message discover() {
            return message(MessageType.DISCOVER, List.of());
        }

        Dhcpv4Message request(Dhcpv4Message offer) {
            List<Dhcpv4Option> options = new ArrayList<>();
            options.add(new Dhcpv4Option.RequestedAddress(offer.yourAddress()));
            offer.option(Dhcpv4Option.ServerIdentifier.class).ifPresent(options::add);
            offer.option(Dhcpv4Option.PortParameters.class).ifPresent(options::add);
            return message(MessageType.REQUEST, options);
        }

        Dhcpv4Message renew(Dhcpv4Message ack) {
            return message(MessageType.REQUEST, ports(ack)).withClientAddress(ack.yourAddress());
        }

        Dhcpv4Message reboot(Ipv4Address address) {
            return message(MessageType.REQUEST, List.of(new Dhcpv4Option.RequestedAddress(address)));
        }

        Dhcpv4Message release(Dhcpv4Message ack) {
            List<Dhcpv4Option> options = new ArrayList<>(ports(ack));
            ack.option(Dhcpv4Option.ServerIdentifier.class).ifPresent(options::add);
            return message(MessageType.RELEASE, options).withClientAddress(ack.yourAddress());
        }

        private List<Dhcpv4Option> ports(Dhcpv4Message ack) {
            return ack.option(Dhcpv4Option.PortParameters.class)
                    .<List<Dhcpv4Option>>map(List::of)
                    .orElse(List.of());
        }

        private Dhcpv4Message message(MessageType type, List<Dhcpv4Option> more) {
            List<Dhcpv4Option> options = new ArrayList<>();
            options.add(new Dhcpv4Option.Type(type));
            options.add(identifier);
            options.add(new Dhcpv4Option.ParameterRequest(List.of(1, 51, 54, 58, 59, 109, 159)));
            options.addAll(more);
            return Dhcpv4Message.request(transactions++, 0, 1, hardware, options);
        }

        Dhcpv4Message lease() throws IOException, DhcpException {
            Dhcpv4Message offer = ask(discover()).orElseThrow(KeaRelayTest.this::silence);
            Dhcpv4Message ack = ask(request(offer)).orElseThrow(KeaRelayTest.this::silence);
            assertThat(ack.type()).contains(MessageType.ACK);
            return ack;
        }

        Optional<Dhcpv4Message> ask(Dhcpv4Message message) throws IOException, DhcpException {
            send(message);
            return receive(Duration.ofSeconds(30));
        }

        void send(Dhcpv4Message message) throws IOException {
            ByteBuf out = Unpooled.buffer();
            new Dhcpv6Message.Dhcpv4Query(
                            false,
                            List.of(new Dhcpv6Option.OptionRequest(List.of(90, 137)), Dhcpv6Option.Dhcpv4.of(message)))
                    .encode(out);
            sendOctets(out);
        }

        void sendOctets(ByteBuf out) throws IOException {
            byte[] octets = ByteBufUtil.getBytes(out);
            socket.send(new DatagramPacket(
                    octets, octets.length, new InetSocketAddress(InetAddress.getByName("2001:db8:1::100"), 547)));
        }

        Optional<Dhcpv4Message> receive(Duration patience) throws IOException, DhcpException {
            socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
            DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                return Optional.empty();
            }
            Dhcpv6Message message =
                    Dhcpv6Message.decode(Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength()));
            assertThat(message.type()).isEqualTo(Dhcpv6Message.DHCPV4_RESPONSE);
            return Optional.of(
                    message.option(Dhcpv6Option.Dhcpv4.class).orElseThrow().message());
        }
    }
}
