package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.dhcp.DhcpCounter;
import io.portledger.lwaftr.dhcp.DhcpServer;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An lwB4 that obtains its binding by the same way as its packets take: through the lwAFTR's TUN device or its Ethernet
 * interfaces, with the kernel's routes between the two. The test is the lwB4.
 *
 * <pre>
 *   TUN access ── kernel routes ── TUN or Ethernet ── Lwaftr;  the Internet host (198.51.100.7) is the router itself
 * </pre>
 */
@Timeout(120)
class ProvisioningPathTest {

    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address OTHER_B4 = Ipv6Address.parse("2001:db8:0:101::1");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final String AFTR = "192.0.0.1";
    private static final String NEW_B4 = "192.0.0.2";
    private static final Nonce NONCE = new Nonce(1, 2);
    private static final int CLIENT_PORT = 40_000;
    private static final int INTERNET_PORT = 9_000;

    private final String suffix = Integer.toHexString(new Random().nextInt(0x10000, 0x100000));
    private final String namespace = "pl-p-" + suffix;
    private final String lwaftrNamespace = "pl-q-" + suffix;
    private final String device = "lw" + suffix;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final PacketBatch received = PacketBatch.withMemory(64, 2000);
    private TunDevice access;
    private DatagramSocket internet;

    @SuppressWarnings("NullAway.Init") // Each test starts it with settings of its own.
    private Lwaftr lwaftr;

    @BeforeEach
    void makeNamespace() throws Exception {
        opened.add(received);
        Namespaces.ip("netns", "add", namespace);
        Namespaces.in(
                namespace,
                "sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0"
                        + " net.ipv4.conf.default.rp_filter=0");
        Namespaces.in(namespace, "ip link set lo up && ip address add 198.51.100.7/32 dev lo");
        access = TunDevice.open("ac" + suffix);
        opened.add(access);
        Namespaces.ip("link", "set", access.name(), "netns", namespace);
        Namespaces.in(namespace, "ip link set " + access.name() + " up");
        Namespaces.in(namespace, "ip -6 route add 2001:db8:0:100::/56 dev " + access.name());
        internet = Namespaces.inNamespace(
                namespace, () -> new DatagramSocket(new InetSocketAddress("198.51.100.7", INTERNET_PORT)));
        internet.setSoTimeout(30_000);
        opened.add(internet);
    }

    @AfterEach
    void removeEverything() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
        Namespaces.run("ip", "netns", "del", namespace);
        Namespaces.run("ip", "netns", "del", lwaftrNamespace);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aBindingObtainedInPlainIpv6CarriesPacketsAtOnce(int workers) throws Exception {
        start(Map.of("WORKERS", Integer.toString(workers)));

        PcpResponse response = askInPlainIpv6(B4, NONCE, 7200);

        assertThat(response.isSuccess()).isTrue();
        assertThatPacketsGoThrough(B4, response);
        assertThat(counted(Counter.PROVISIONING_IPV6)).isOne();
        assertThat(counted(Counter.OUT_PROVISIONING_IPV6)).isOne();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aBindingObtainedInTheSoftwireCarriesPacketsAtOnce(int workers) throws Exception {
        start(Map.of("WORKERS", Integer.toString(workers)));

        PcpResponse response = askInTheSoftwire(B4, NEW_B4, CLIENT_PORT, NONCE, 7200);

        assertThat(response.isSuccess()).isTrue();
        Binding binding = assertThatPacketsGoThrough(B4, response);

        // With its binding it renews and releases from a port of its own.
        int ownPort = binding.ports().firstPort() + 7;
        String own = binding.ipv4().toString();
        assertThat(askInTheSoftwire(B4, own, ownPort, NONCE, 3600).lifetimeSeconds())
                .isEqualTo(3600);
        assertThat(askInTheSoftwire(B4, own, ownPort, NONCE, 0).isSuccess()).isTrue();
        assertThat(lwaftr.bindingTable().size()).isZero();
        assertThat(counted(Counter.PROVISIONING_IPV4)).isEqualTo(3);
    }

    @Test
    void theConfigurationOfTheManualAnswersAtTheBrAddress(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("lwaftr.yaml");
        Files.writeString(file, """
                lwaftr:
                  br-addresses: ["2001:db8:ffff::1"]
                  ipv4-address: 203.0.113.1
                  tun-device: lw0
                  service-classes:
                    - name: residential
                      prefixes: [192.0.2.0/24]
                  request-limit: { per-second: 5, burst: 70 }
                """);
        startIn(namespace, file, Map.of());
        routeInto("lw0");

        assertThatPacketsGoThrough(B4, askInPlainIpv6(B4, NONCE, 7200));
    }

    @Test
    void anAnswerThatWaitsForTheCentralServerIsSentWhenItComes() throws Exception {
        Map<String, String> centrals = environment(Map.of());
        centrals.put("PORTLEDGER_LWAFTR_PCP_THIRD_PARTY_FROM", "[\"::1\"]");
        Lwaftr central = Namespaces.inNamespace(
                namespace, () -> Lwaftr.start(LwaftrSettings.read(null, centrals), InstantSource.system()));
        opened.add(central);
        start(Map.of(
                "PCP_MODE",
                "proxy",
                "PCP_CENTRAL_SERVER",
                "[::1]:" + central.pcpAddress().getPort(),
                "SERVICE_CLASSES",
                "[]"));

        assertThatPacketsGoThrough(B4, askInTheSoftwire(B4, NEW_B4, CLIENT_PORT, NONCE, 7200));
        assertThatPacketsGoThrough(OTHER_B4, askInPlainIpv6(OTHER_B4, NONCE, 7200));
        assertThat(central.bindingTable().size()).isEqualTo(2);
    }

    @Test
    void whatAnLwb4HearsUnaskedComesFromTheAddressThatItAsked(@TempDir Path directory) throws Exception {
        // A device that is there before the process, so that no message comes before its routes.
        Namespaces.in(namespace, "ip tuntap add " + device + " mode tun");
        routeInto(device);
        Map<String, String> environment =
                environment(Map.of("TUN_DEVICE", device, "STATE_DIRECTORY", directory.toString()));
        startIn(namespace, null, environment);
        assertThat(askInPlainIpv6(B4, NONCE, 7200).isSuccess()).isTrue();
        lwaftr.close();

        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.9.0/24]}]");
        startIn(namespace, null, environment);

        byte[] message = receive(packet -> packet[6] == 17 && Packets.getShort(packet, 42) == CLIENT_PORT);
        assertThat(Ipv6Address.fromBytes(message, 8)).isEqualTo(BR);
        assertThat(Ipv6Address.fromBytes(message, 24)).isEqualTo(B4);
        assertThat(Packets.getShort(message, 40)).isEqualTo(ControlPlane.PCP);
        PcpResponse response = PcpResponse.decode(Unpooled.wrappedBuffer(message, 48, message.length - 48));
        assertThat(response.operation()).isEqualTo(new PcpOperation.Announce());
    }

    @Test
    void dhcpIsServedAmongThePacketsTooButNotToRelays() throws Exception {
        start(Map.of("DHCP_LISTEN", "[::1]:0", "DHCP_AFTR_NAME", "lwaftr.example.com", "DHCP_RELAYS", "[\"::/0\"]"));
        Dhcpv6Message.Exchange question = new Dhcpv6Message.Exchange(
                Dhcpv6Message.INFORMATION_REQUEST, 9, List.of(new Dhcpv6Option.OptionRequest(List.of(64, 96))));

        Dhcpv6Message answer = askByDhcp(question);

        assertThat(answer.option(Dhcpv6Option.AftrName.class))
                .contains(new Dhcpv6Option.AftrName("lwaftr.example.com"));
        send(Packets.udpIpv6(B4, BR, 546, ControlPlane.DHCP, new byte[] {Dhcpv6Message.RELAY_FORWARD}));
        send(Packets.udpIpv6(B4, BR, 546, ControlPlane.DHCP, new byte[0]));
        assertThat(askByDhcp(question).type()).isEqualTo(Dhcpv6Message.REPLY);
        DhcpServer dhcp = lwaftr.dhcp().orElseThrow();
        assertThat(dhcp.counters().get(DhcpCounter.DROPPED_SPOOFED)).isOne();
    }

    private Dhcpv6Message askByDhcp(Dhcpv6Message question) throws Exception {
        ByteBuf out = Unpooled.buffer();
        question.encode(out);
        send(Packets.udpIpv6(B4, BR, 546, ControlPlane.DHCP, ByteBufUtil.getBytes(out)));
        byte[] packet = receive(candidate -> candidate[6] == 17 && Packets.getShort(candidate, 42) == 546);
        assertThat(Ipv6Address.fromBytes(packet, 8)).isEqualTo(BR);
        assertThat(Packets.getShort(packet, 40)).isEqualTo(ControlPlane.DHCP);
        return Dhcpv6Message.decode(Unpooled.wrappedBuffer(packet, 48, packet.length - 48));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aBindingIsObtainedThroughEthernetToo(int workers) throws Exception {
        startOnEthernet(Map.of("WORKERS", Integer.toString(workers)));

        PcpResponse response = askInTheSoftwire(B4, NEW_B4, CLIENT_PORT, NONCE, 7200);

        assertThat(response.isSuccess()).isTrue();
        assertThatPacketsGoThrough(B4, response);
        assertThat(askInPlainIpv6(B4, NONCE, 3600).lifetimeSeconds()).isEqualTo(3600);
    }

    @Test
    void eachSoftwireHasABindingOfItsOwnThoughAllAskFromTheSameAddress() throws Exception {
        start(Map.of());
        PcpResponse one = askInTheSoftwire(B4, NEW_B4, CLIENT_PORT, NONCE, 7200);
        PcpResponse other = askInTheSoftwire(OTHER_B4, NEW_B4, CLIENT_PORT, NONCE, 7200);

        assertThat(bindingOf(one).b4()).isEqualTo(B4);
        assertThat(bindingOf(other).b4()).isEqualTo(OTHER_B4);
        // The same lwB4 by the other way finds what it has.
        assertThat(bindingOf(askInPlainIpv6(B4, NONCE, 7200))).isEqualTo(bindingOf(one));
    }

    @Test
    void theAddressInTheMessageMustBeTheOneItCameFrom() throws Exception {
        start(Map.of());
        byte[] request = Packets.udpIpv4(NEW_B4, AFTR, CLIENT_PORT, ControlPlane.PCP, request(B4, NONCE, 7200));

        PcpResponse response = ask(Packets.ipv6(B4, BR, 4, request), ProvisioningPathTest::isSoftwireUdp, 68);

        assertThat(response.result()).isEqualTo(ResultCode.ADDRESS_MISMATCH.code());
        assertThat(lwaftr.bindingTable().size()).isZero();
    }

    @Test
    void whoAsksTooOftenIsCountedAndOthersAreServed() throws Exception {
        start(Map.of("REQUEST_LIMIT_PER_SECOND", "1", "REQUEST_LIMIT_BURST", "3"));
        byte[] request = Packets.udpIpv6(B4, BR, CLIENT_PORT, ControlPlane.PCP, request(B4, NONCE, 7200));
        for (int i = 0; i < 200; i++) {
            send(request);
        }

        PcpResponse other = askInPlainIpv6(OTHER_B4, NONCE, 7200);

        assertThat(other.isSuccess()).isTrue();
        assertThat(counted(Counter.DROP_OVER_RATE_LIMIT_PROVISIONING)).isPositive();
        assertThat(counted(Counter.PROVISIONING_IPV6) + counted(Counter.DROP_OVER_RATE_LIMIT_PROVISIONING))
                .isEqualTo(201);
    }

    private void startOnEthernet(Map<String, String> variables) throws Exception {
        Namespaces.ip("netns", "add", lwaftrNamespace);
        for (String side : List.of("4", "6")) {
            Namespaces.in(
                    namespace,
                    "ip link add e" + side + suffix + " type veth peer name l" + side + suffix + " netns "
                            + lwaftrNamespace);
            Namespaces.in(namespace, "ip link set e" + side + suffix + " up");
            Namespaces.in(lwaftrNamespace, "ip link set l" + side + suffix + " up");
        }
        Namespaces.in(lwaftrNamespace, "ip link set lo up");
        Namespaces.in(namespace, "ip address add 203.0.113.2/24 dev e4" + suffix);
        Namespaces.in(namespace, "ip route add 192.0.2.0/24 via 203.0.113.1 src 198.51.100.7");
        Namespaces.in(namespace, "ip address add 2001:db8:cafe::99/64 dev e6" + suffix + " nodad");
        Namespaces.in(namespace, "ip -6 route add 2001:db8:ffff::1/128 dev e6" + suffix);
        Map<String, String> environment = environment(variables);
        environment.put("PORTLEDGER_LWAFTR_IPV4_SIDE_DEVICE", "l4" + suffix);
        environment.put("PORTLEDGER_LWAFTR_IPV4_SIDE_ETHERNET_NEXT_HOP", "203.0.113.2");
        environment.put("PORTLEDGER_LWAFTR_IPV6_SIDE_DEVICE", "l6" + suffix);
        environment.put("PORTLEDGER_LWAFTR_IPV6_SIDE_ETHERNET_NEXT_HOP", "2001:db8:cafe::99");
        startIn(lwaftrNamespace, null, environment);
    }

    private void start(Map<String, String> variables) throws Exception {
        Map<String, String> environment = environment(variables);
        environment.put("PORTLEDGER_LWAFTR_TUN_DEVICE", device);
        startIn(namespace, null, environment);
        routeInto(device);
    }

    private void routeInto(String tun) throws Exception {
        Namespaces.in(namespace, "ip link set " + tun + " up");
        Namespaces.in(namespace, "ip route add 192.0.2.0/24 dev " + tun + " src 198.51.100.7");
        Namespaces.in(namespace, "ip -6 route add 2001:db8:ffff::1/128 dev " + tun);
    }

    private static Map<String, String> environment(Map<String, String> variables) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.0/24]}]");
        variables.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        return environment;
    }

    private void startIn(String where, @Nullable Path file, Map<String, String> environment) throws Exception {
        lwaftr = Namespaces.inNamespace(
                where, () -> Lwaftr.start(LwaftrSettings.read(file, environment), InstantSource.system()));
        opened.add(lwaftr);
    }

    /** From the lwB4's first port to the Internet host and back. */
    private Binding assertThatPacketsGoThrough(Ipv6Address b4, PcpResponse response) throws Exception {
        Binding binding = bindingOf(response);
        assertThat(binding.b4()).isEqualTo(b4);
        int port = binding.ports().firstPort();
        String ipv4 = binding.ipv4().toString();
        byte[] hello = {1, 2, 3, 4};
        send(Packets.ipv6(b4, BR, 4, Packets.udpIpv4(ipv4, "198.51.100.7", port, INTERNET_PORT, hello)));

        DatagramPacket there = new DatagramPacket(new byte[100], 100);
        internet.receive(there);
        assertThat(there.getSocketAddress()).isEqualTo(new InetSocketAddress(ipv4, port));
        assertThat(Arrays.copyOf(there.getData(), there.getLength())).isEqualTo(hello);
        byte[] answer = {4, 3, 2, 1, 0};
        internet.send(new DatagramPacket(answer, answer.length, there.getSocketAddress()));

        byte[] back = receive(ProvisioningPathTest::isSoftwireUdp);
        assertThat(Ipv6Address.fromBytes(back, 24)).isEqualTo(b4);
        assertThat(Arrays.copyOfRange(back, 68, back.length)).isEqualTo(answer);
        return binding;
    }

    private Binding bindingOf(PcpResponse response) {
        PcpOperation.Map map = (PcpOperation.Map) Objects.requireNonNull(response.operation());
        return lwaftr.bindingTable()
                .owner(map.externalAddress().embeddedIpv4(), map.externalPort())
                .orElseThrow();
    }

    private PcpResponse askInPlainIpv6(Ipv6Address b4, Nonce nonce, long lifetime) throws Exception {
        return ask(
                Packets.udpIpv6(b4, BR, CLIENT_PORT, ControlPlane.PCP, request(b4, nonce, lifetime)),
                packet -> packet[6] == 17 && Ipv6Address.fromBytes(packet, 24).equals(b4),
                48);
    }

    private PcpResponse askInTheSoftwire(Ipv6Address b4, String source, int port, Nonce nonce, long lifetime)
            throws Exception {
        byte[] message = request(Ipv6Address.mapped(Ipv4Address.parse(source)), nonce, lifetime);
        return ask(
                Packets.ipv6(b4, BR, 4, Packets.udpIpv4(source, AFTR, port, ControlPlane.PCP, message)),
                ProvisioningPathTest::isSoftwireUdp,
                68);
    }

    private PcpResponse ask(byte[] packet, Predicate<byte[]> isAnswer, int messageAt) throws Exception {
        send(packet);
        byte[] answer = receive(isAnswer);
        assertThat(Ipv6Address.fromBytes(answer, 8)).isEqualTo(BR);
        return PcpResponse.decode(Unpooled.wrappedBuffer(answer, messageAt, answer.length - messageAt));
    }

    private void send(byte[] packet) {
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            batch.add(packet);
            access.send(batch);
        }
    }

    /** The next packet to the lwB4 that fits; the kernel's own, such as router solicitations, are passed over. */
    private byte[] receive(Predicate<byte[]> isWanted) throws Exception {
        for (int i = 0; i < 600; i++) {
            received.clear();
            access.receive(received, 50);
            for (int j = 0; j < received.size(); j++) {
                byte[] packet = Memory.toBytes(received.address(j), received.length(j));
                if (packet.length > 48 && isWanted.test(packet)) {
                    return packet;
                }
            }
        }
        throw new AssertionError("No such packet came; counters: "
                + lwaftr.forwardingCounters().orElseThrow().byName());
    }

    private static boolean isSoftwireUdp(byte[] packet) {
        return packet.length > 68 && packet[6] == 4 && packet[49] == 17;
    }

    private long counted(Counter counter) {
        return lwaftr.forwardingCounters().orElseThrow().packets(counter);
    }

    private static byte[] request(Ipv6Address client, Nonce nonce, long lifetime) {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        lifetime,
                        client,
                        new PcpOperation.Map(nonce, 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(new PcpOption.PortSet(PcpOption.PortSet.AS_MANY_AS_POSSIBLE, 1, false)))
                .encode(out);
        return ByteBufUtil.getBytes(out);
    }
}
