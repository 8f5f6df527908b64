package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel's own TCP through the lwAFTR: a subscriber's host in one network namespace, the lwAFTR's router and an
 * Internet host in another.
 *
 * <pre>
 *   subscriber (192.0.2.1, ports of PSID 34)          router and Internet host (198.51.100.7)
 *     TUN sub ── test plays the lwB4 ── TUN access ── kernel routes ── TUN, or Ethernet ── Forwarding
 * </pre>
 */
@Timeout(120)
class ForwardingTest {

    private static final Ipv4Address SUBSCRIBER = Ipv4Address.parse("192.0.2.1");
    private static final PortSet PORTS = new PortSet(0, 6, 34);
    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    private final String suffix = Integer.toHexString(new Random().nextInt(0x10000, 0x100000));
    private final String routerNamespace = "pl-r-" + suffix;
    private final String subscriberNamespace = "pl-s-" + suffix;
    private final String lwaftrNamespace = "pl-l-" + suffix;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final BindingTable table = new BindingTable(0, 4);
    private volatile boolean isEnding;

    @BeforeEach
    void makeNamespaces() throws Exception {
        try {
            Namespaces.ip("netns", "add", routerNamespace);
            Namespaces.ip("netns", "add", subscriberNamespace);
            Namespaces.ip("netns", "add", lwaftrNamespace);
        } catch (IOException | AssertionError e) {
            throw new AssertionError(
                    "This test makes network namespaces: run it as root, with the Debian package iproute2", e);
        }
    }

    @AfterEach
    void removeEverything() throws Exception {
        isEnding = true;
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
        table.close();
        Namespaces.run("ip", "netns", "del", routerNamespace);
        Namespaces.run("ip", "netns", "del", subscriberNamespace);
        Namespaces.run("ip", "netns", "del", lwaftrNamespace);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void tcpGoesThroughATunDeviceBothWaysAndForeignPortsDoNot(int workers) throws Exception {
        TunDevice access = openIn(routerNamespace, "ac" + suffix);
        String device = "lw" + suffix;
        Forwarding forwarding = Namespaces.inNamespace(
                routerNamespace,
                () -> Forwarding.byTun(device, workers, table, Engine.settings(), ControlPlane.SILENT));
        opened.add(forwarding);
        configureRouter(access.name());
        inRouter("ip link set " + device + " up");
        inRouter("ip route add 192.0.2.0/24 dev " + device + " src 198.51.100.7");
        inRouter("ip route add 203.0.113.1/32 dev " + device);
        inRouter("ip -6 route add 2001:db8:ffff::1/128 dev " + device);
        assertThatTcpGoesThrough(forwarding, access);
    }

    @Test
    void whatTheLwaftrSaysUnaskedComesFromItsBrAddress() throws Exception {
        TunDevice access = openIn(routerNamespace, "ac" + suffix);
        String device = "lw" + suffix;
        Forwarding forwarding = Namespaces.inNamespace(
                routerNamespace, () -> Forwarding.byTun(device, 2, table, Engine.settings(), ControlPlane.SILENT));
        opened.add(forwarding);
        configureRouter(access.name());
        inRouter("ip link set " + device + " up");
        byte[] message = {1, 2, 3};
        assertThat(forwarding.send(BR, 5351, B4, 40_000, Unpooled.wrappedBuffer(message)))
                .isTrue();

        byte[] expected = Packets.udpIpv6(BR, B4, 5351, 40_000, message);
        try (PacketBatch in = PacketBatch.withMemory(64, 2000)) {
            await().atMost(Duration.ofMinutes(1)).until(() -> {
                in.clear();
                access.receive(in, 50);
                for (int i = 0; i < in.size(); i++) {
                    byte[] packet = Memory.toBytes(in.address(i), in.length(i));
                    // The router took a hop.
                    packet[7]++;
                    if (Arrays.equals(packet, expected)) {
                        return true;
                    }
                }
                return false;
            });
        }
    }

    /** The next hops and the lwAFTR find one another by ARP and neighbour discovery. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void tcpGoesThroughEthernetBothWaysAndForeignPortsDoNot(int workers) throws Exception {
        TunDevice access = openIn(routerNamespace, "ac" + suffix);
        configureRouter(access.name());
        for (String side : List.of("4", "6")) {
            inRouter("ip link add e" + side + suffix + " type veth peer name l" + side + suffix + " netns "
                    + lwaftrNamespace);
            inRouter("ip link set e" + side + suffix + " up");
            Namespaces.in(lwaftrNamespace, "ip link set l" + side + suffix + " up");
        }
        inRouter("ip address add 203.0.113.2/24 dev e4" + suffix);
        inRouter("ip route add 192.0.2.0/24 via 203.0.113.1 src 198.51.100.7");
        inRouter("ip address add 2001:db8:cafe::99/64 dev e6" + suffix + " nodad");
        inRouter("ip -6 route add 2001:db8:ffff::1/128 dev e6" + suffix);
        ForwardingSettings settings = Engine.settings()
                .withSides(onDevice("l4" + suffix, "203.0.113.2"), onDevice("l6" + suffix, "2001:db8:cafe::99"));
        Forwarding forwarding = Namespaces.inNamespace(
                lwaftrNamespace, () -> Forwarding.byEthernet(workers, table, settings, ControlPlane.SILENT));
        opened.add(forwarding);
        assertThatTcpGoesThrough(forwarding, access);
        assertThat(forwarding.counters().packets(Counter.NEIGHBOUR_IPV4)).isPositive();
        assertThat(forwarding.counters().packets(Counter.NEIGHBOUR_IPV6)).isPositive();
        assertThat(forwarding.failure()).isNotDone();
        inRouter("ip link del e4" + suffix);
        assertThat(forwarding.failure().get(1, TimeUnit.MINUTES)).contains("l4" + suffix);
    }

    private static ForwardingSettings.Side onDevice(String device, String nextHop) {
        ForwardingSettings.Side side = Engine.settings().ipv4Side();
        return new ForwardingSettings.Side(
                1500,
                true,
                true,
                side.icmpErrorLimit(),
                side.reassembly(),
                side.ingressFilter(),
                side.egressFilter(),
                device,
                new ForwardingSettings.Ethernet(null, null, nextHop, 0));
    }

    private void assertThatTcpGoesThrough(Forwarding forwarding, TunDevice access) throws Exception {
        table.put(new Binding(B4, SUBSCRIBER, PORTS, BR));
        TunDevice subscriber = openIn(subscriberNamespace, "su" + suffix);
        configureSubscriber(subscriber.name());
        startLwB4(subscriber, access);

        ServerSocketChannel server = Namespaces.inNamespace(routerNamespace, () -> {
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.INET);
            return channel.bind(new InetSocketAddress("198.51.100.7", 0));
        });
        opened.add(server);
        int serverPort = ((InetSocketAddress) server.getLocalAddress()).getPort();
        Thread echo = Thread.ofVirtual().start(() -> echoOne(server));

        byte[] sent = new byte[300_000];
        new Random(1).nextBytes(sent);
        byte[] received = Namespaces.inNamespace(subscriberNamespace, () -> {
            try (SocketChannel socket = connected(35000, serverPort)) {
                Thread writer = Thread.ofVirtual().start(() -> writeAll(socket, sent));
                byte[] back = readAll(socket, sent.length);
                writer.join();
                return back;
            }
        });
        echo.join();
        assertThat(received).isEqualTo(sent);
        Counters counters = forwarding.counters();
        assertThat(counters.octets(Counter.OUT_IPV4)).isGreaterThan(sent.length);
        assertThat(counters.octets(Counter.ENCAPSULATED_IPV4)).isGreaterThan(sent.length);
        assertThat(table.volume(SUBSCRIBER, PORTS).orElseThrow().upstreamOctets())
                .isGreaterThan(sent.length);
        assertThat(counters.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isZero();

        startConnecting(40000, serverPort);
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(forwarding.counters().packets(Counter.OUT_ICMPV6))
                        .isPositive());
        assertThat(forwarding.counters().packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6))
                .isPositive();
    }

    @Test
    void aDeviceThatIsTakenOrHasABadNameIsRefusedWithAReason() throws Exception {
        TunDevice device = TunDevice.open("tk" + suffix);
        opened.add(device);
        assertThatThrownBy(() -> TunDevice.open(device.name()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(device.name())
                .hasMessageContaining("another process has it");
        assertThatThrownBy(() -> TunDevice.open("a-name-of-16-let"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid interface name \"a-name-of-16-let\" (allowed: 1-15 letters and digits)");
    }

    private void configureRouter(String access) throws Exception {
        inRouter("sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0"
                + " net.ipv4.conf.default.rp_filter=0");
        inRouter("ip link set lo up && ip address add 198.51.100.7/32 dev lo");
        inRouter("ip link set " + access + " up");
        inRouter("ip -6 route add 2001:db8:0:100::/56 dev " + access);
    }

    private void configureSubscriber(String device) throws Exception {
        Namespaces.in(
                subscriberNamespace,
                "ip link set " + device + " mtu 1460 up && ip address add 192.0.2.1/32 dev " + device);
        Namespaces.in(subscriberNamespace, "ip route add default dev " + device + " src 192.0.2.1");
    }

    /** The other end of the softwire, without NAPT: the subscriber's host keeps to its ports by itself. */
    private void startLwB4(TunDevice subscriber, TunDevice access) {
        startPump(
                subscriber,
                packet -> {
                    boolean isIpv4 = packet[0] >>> 4 == 4;
                    return isIpv4 ? Packets.ipv6(B4, BR, 4, packet) : new byte[0];
                },
                access);
        startPump(
                access,
                packet -> {
                    boolean isTunnel = packet.length > 40 && packet[0] >>> 4 == 6 && packet[6] == 4;
                    return isTunnel ? Arrays.copyOfRange(packet, 40, packet.length) : new byte[0];
                },
                subscriber);
    }

    private interface Change {
        byte[] of(byte[] packet);
    }

    private void startPump(TunDevice from, Change change, TunDevice to) {
        PacketBatch in = PacketBatch.withMemory(64, 2000);
        PacketBatch out = PacketBatch.withMemory(64, 2000);
        Thread thread = Thread.ofPlatform().name("lwb4-" + from.name()).start(() -> {
            try {
                while (!isEnding) {
                    in.clear();
                    out.clear();
                    from.receive(in, 50);
                    for (int i = 0; i < in.size(); i++) {
                        byte[] changed = change.of(Memory.toBytes(in.address(i), in.length(i)));
                        if (changed.length > 0) {
                            out.add(changed);
                        }
                    }
                    to.send(out);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        opened.add(() -> {
            thread.join();
            in.close();
            out.close();
        });
    }

    private static void echoOne(ServerSocketChannel server) {
        try (SocketChannel socket = server.accept()) {
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            while (socket.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    socket.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SocketChannel connected(int localPort, int serverPort) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.INET);
        socket.bind(new InetSocketAddress("192.0.2.1", localPort));
        socket.connect(new InetSocketAddress("198.51.100.7", serverPort));
        return socket;
    }

    private void startConnecting(int localPort, int serverPort) throws Exception {
        opened.add(Namespaces.inNamespace(subscriberNamespace, () -> {
            SocketChannel socket = SocketChannel.open(StandardProtocolFamily.INET);
            socket.configureBlocking(false);
            socket.bind(new InetSocketAddress("192.0.2.1", localPort));
            socket.connect(new InetSocketAddress("198.51.100.7", serverPort));
            return socket;
        }));
    }

    private static void writeAll(SocketChannel socket, byte[] octets) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(octets);
            while (buffer.hasRemaining()) {
                socket.write(buffer);
            }
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] readAll(SocketChannel socket, int length) throws IOException {
        byte[] octets = new byte[length];
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        while (buffer.hasRemaining() && socket.read(buffer) >= 0) {
            // Until the other side has said everything.
        }
        return octets;
    }

    private TunDevice openIn(String namespace, String name) throws Exception {
        TunDevice device = TunDevice.open(name);
        opened.add(device);
        Namespaces.ip("link", "set", name, "netns", namespace);
        return device;
    }

    private void inRouter(String command) throws Exception {
        Namespaces.in(routerNamespace, command);
    }
}
