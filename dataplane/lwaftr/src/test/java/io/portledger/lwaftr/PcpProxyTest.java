package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An lwAFTR that asks another one, which is the central PCP server, over real sockets. */
@Timeout(120)
class PcpProxyTest {

    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address OTHER_B4 = Ipv6Address.parse("2001:db8:0:200::1");
    private static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    private static final Ipv6Address BR_OF_PROXY = Ipv6Address.parse("2001:db8:ffff::9");
    private static final Nonce NONCE = new Nonce(1, 2);
    private static final Nonce OTHER_NONCE = new Nonce(3, 4);

    private volatile Instant now = Instant.parse("2026-11-23T12:00:00Z");
    private final InstantSource clock = () -> now;
    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    @Test
    void aDemandBecomesTheSameLeaseThereAndHere() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1], max-lifetime: 1h}]");
        Lwaftr proxy = proxy(central);

        PcpResponse response = ask(proxy, mapSet(B4, NONCE, 7200, 1));

        assertThat(response.isSuccess()).isTrue();
        assertThat(response.lifetimeSeconds()).isEqualTo(3600);
        assertThat(response.options())
                .containsExactly(new PcpOption.ThirdParty(B4), new PcpOption.PortSet(1024, 1024, false));
        Binding binding = new Binding(B4, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 1), BR_OF_PROXY);
        assertThat(proxy.bindingTable().owner(binding.ipv4(), 1024)).contains(binding);
        assertThat(central.bindingTable()
                        .owner(binding.ipv4(), 1024)
                        .orElseThrow()
                        .b4())
                .isEqualTo(B4);
        // The nonce is the lwB4's own: with another one the central server lets nobody near.
        assertThat(ask(central, mapSet(B4, OTHER_NONCE, 600, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(ask(central, mapSet(B4, NONCE, 3600, 1)).isSuccess()).isTrue();
    }

    @Test
    void aRefreshRenewsBothAndADeleteEndsBoth() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1], max-lifetime: 1h}]");
        Lwaftr proxy = proxy(central);
        ask(proxy, mapSet(B4, NONCE, 3600, 1));
        now = now.plusSeconds(3000);
        assertThat(ask(proxy, mapSet(B4, NONCE, 3600, 1)).lifetimeSeconds()).isEqualTo(3600);
        now = now.plusSeconds(3000);
        assertThat(List.of(central.expireLeases().join(), proxy.expireLeases().join()))
                .containsExactly(0, 0);
        assertThat(central.bindingTable().size()).isOne();

        assertThat(ask(proxy, mapSet(B4, OTHER_NONCE, 0, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        PcpResponse deleted = ask(proxy, mapSet(B4, NONCE, 0, 1));
        assertThat(deleted.isSuccess()).isTrue();
        assertThat(deleted.lifetimeSeconds()).isZero();
        assertThat(central.bindingTable().size()).isZero();
        assertThat(proxy.bindingTable().size()).isZero();
        assertThat(changes)
                .extracting(BindingChange::kind)
                .containsExactly(BindingChange.Kind.CREATED, BindingChange.Kind.DELETED);
        assertThat(ask(proxy, mapSet(B4, NONCE, 0, 1)).isSuccess()).isTrue();
    }

    @Test
    void whatIsNotRenewedEndsThereAndHereAtTheSameTime() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1], max-lifetime: 1h}]");
        Lwaftr proxy = proxy(central);
        ask(proxy, mapSet(B4, NONCE, 7200, 1));
        now = now.plusSeconds(3599);
        assertThat(central.expireLeases().join() + proxy.expireLeases().join()).isZero();
        now = now.plusSeconds(1);
        central.expireLeases().join();
        proxy.expireLeases().join();
        assertThat(central.bindingTable().size() + proxy.bindingTable().size()).isZero();
    }

    @Test
    void anLwb4WithTheProxysOwnAddressIsAskedForWithoutThirdParty() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1]}]");
        Lwaftr proxy = proxy(central);
        PcpRequest request = new PcpRequest(
                600,
                LOOPBACK,
                new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(65535, 1, false)));
        assertThat(ask(proxy, request).isSuccess()).isTrue();
        assertThat(central.bindingTable()
                        .owner(Ipv4Address.parse("192.0.2.1"), 1024)
                        .orElseThrow()
                        .b4())
                .isEqualTo(LOOPBACK);
    }

    @Test
    void whatTheLwb4SuggestsIsSuggestedToTheServer() throws Exception {
        Lwaftr proxy = proxy(central("[{prefixes: [192.0.2.0/30]}]"));
        PcpRequest request = new PcpRequest(
                600,
                LOOPBACK,
                new PcpOperation.Map(NONCE, 0, 1, 34816, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.2"))),
                List.of(new PcpOption.ThirdParty(B4), new PcpOption.PortSet(65535, 1, false)));
        assertThat(ask(proxy, request).operation())
                .isEqualTo(
                        new PcpOperation.Map(NONCE, 0, 1, 34816, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.2"))));
    }

    @Test
    void theRefusalOfTheServerIsToldAsItIs() throws Exception {
        Lwaftr proxy = proxy(central("[{prefixes: [192.0.2.1], psid-length: 0}]"));
        assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).isSuccess()).isTrue();
        PcpResponse refusal = ask(proxy, mapSet(OTHER_B4, OTHER_NONCE, 600, 1));
        assertThat(refusal.result()).isEqualTo(ResultCode.NO_RESOURCES.code());
        assertThat(refusal.lifetimeSeconds()).isEqualTo(30);
        assertThat(proxy.bindingTable().size()).isOne();
    }

    @Test
    void anLwb4LearnsEveryRangeOfAScatteredSetThroughTheProxy() throws Exception {
        String classes = "[{prefixes: [192.0.2.1], psid-offset: 2, psid-length: 6}]";
        Lwaftr central = central(classes);
        Lwaftr proxy = start(Map.of(
                "PCP_MODE",
                "proxy",
                "PCP_CENTRAL_SERVER",
                "[::1]:" + central.pcpAddress().getPort(),
                "SERVICE_CLASSES",
                classes));
        List<PortRange> learnt = new ArrayList<>();
        int next = 1;
        PcpResponse response = ask(proxy, mapSet(B4, NONCE, 600, next));
        while (response.isSuccess()) {
            PcpOption.PortSet set = response.option(PcpOption.PortSet.class).orElseThrow();
            learnt.add(new PortRange(set.firstInternalPort(), set.firstInternalPort() + set.size() - 1));
            next = learnt.getLast().last() + 1;
            response = ask(proxy, mapSet(B4, NONCE, 600, next));
        }
        assertThat(response.result()).isEqualTo(ResultCode.USER_EX_QUOTA.code());
        PortSet held = proxy.bindingTable()
                .owner(Ipv4Address.parse("192.0.2.1"), learnt.getFirst().first())
                .orElseThrow()
                .ports();
        assertThat(learnt).isEqualTo(held.ranges()).hasSize(3);
        assertThat(central.bindingTable().get(Ipv4Address.parse("192.0.2.1"), held))
                .isPresent();
    }

    @Test
    void aServerThatIsSilentIsANetworkFailureWhichEndsNothing() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1]}]");
        Lwaftr proxy = proxy(central);
        ask(proxy, mapSet(B4, NONCE, 600, 1));
        central.close();
        assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).result()).isEqualTo(ResultCode.NETWORK_FAILURE.code());
        assertThat(ask(proxy, mapSet(OTHER_B4, NONCE, 600, 1)).result()).isEqualTo(ResultCode.NETWORK_FAILURE.code());
        assertThat(ask(proxy, mapSet(B4, NONCE, 0, 1)).result()).isEqualTo(ResultCode.NETWORK_FAILURE.code());
        assertThat(proxy.bindingTable().size()).isOne();
    }

    @Test
    void announceIsAnsweredHereWithAnEpochOfItsOwn() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1]}]");
        now = now.plusSeconds(1000);
        Lwaftr proxy = proxy(central);
        now = now.plusSeconds(77);
        assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).epochSeconds()).isEqualTo(77);
        central.close();
        PcpResponse response = ask(proxy, new PcpRequest(0, LOOPBACK, new PcpOperation.Announce(), List.of()));
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.epochSeconds()).isEqualTo(77);
    }

    @Test
    void aServerThatPermitsNoThirdPartyIsANetworkFailure() throws Exception {
        Lwaftr central = start(Map.of("SERVICE_CLASSES", "[{prefixes: [192.0.2.1]}]", "PCP_THIRD_PARTY_FROM", "[]"));
        assertThat(ask(proxy(central), mapSet(B4, NONCE, 600, 1)).result())
                .isEqualTo(ResultCode.NETWORK_FAILURE.code());
    }

    @Test
    void aServerThatLostItsStateIsAskedForTheSameBindingsAgainWithoutTheLwb4s() throws Exception {
        String classes = "[{prefixes: [192.0.2.1]}]";
        Lwaftr central = central(classes);
        int port = central.pcpAddress().getPort();
        Lwaftr proxy = proxy(central);
        for (int i = 0; i < 20; i++) {
            assertThat(ask(proxy, mapSet(client(i), NONCE, 7200, 1)).isSuccess())
                    .isTrue();
        }
        now = now.plusSeconds(600);
        central.close();
        Lwaftr fresh = start(Map.of("SERVICE_CLASSES", classes, "PCP_LISTEN", "[::1]:" + port));
        // The next answer, whomever it is for, tells that the server began anew.
        assertThat(ask(proxy, mapSet(client(7), NONCE, 7200, 1)).isSuccess()).isTrue();
        Awaitility.await().until(() -> fresh.bindingTable().size() == 20);
        Awaitility.await()
                .untilAsserted(() -> assertThat(proxy.bindingTable().size()).isEqualTo(20));
        for (int psid = 1; psid <= 20; psid++) {
            PortSet ports = new PortSet(0, 6, psid);
            assertThat(fresh.bindingTable()
                            .get(Ipv4Address.parse("192.0.2.1"), ports)
                            .map(Binding::b4))
                    .isEqualTo(proxy.bindingTable()
                            .get(Ipv4Address.parse("192.0.2.1"), ports)
                            .map(Binding::b4));
        }
    }

    @Test
    void whoseLeaseTheServerDoesNotGiveAgainLosesIt() throws Exception {
        Lwaftr central = central("[{prefixes: [192.0.2.1]}]");
        int port = central.pcpAddress().getPort();
        Lwaftr proxy = proxy(central);
        ask(proxy, mapSet(B4, NONCE, 7200, 1));
        now = now.plusSeconds(600);
        central.close();
        start(Map.of("SERVICE_CLASSES", "[]", "PCP_LISTEN", "[::1]:" + port));
        assertThat(ask(proxy, mapSet(OTHER_B4, NONCE, 7200, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        Awaitility.await().until(() -> proxy.bindingTable().size() == 0);
    }

    @Test
    void portsThatTheServerGaveToAnotherAreTakenFromWhoHadThem() throws Exception {
        try (Scripted central = new Scripted(request -> answer(request, "192.0.2.1", 2048, 1024, 600))) {
            Lwaftr proxy = proxyOf(central.port());
            assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).isSuccess()).isTrue();
            assertThat(ask(proxy, mapSet(OTHER_B4, NONCE, 600, 1)).isSuccess()).isTrue();
            assertThat(proxy.bindingTable().size()).isOne();
            assertThat(proxy.bindingTable()
                            .owner(Ipv4Address.parse("192.0.2.1"), 2048)
                            .orElseThrow()
                            .b4())
                    .isEqualTo(OTHER_B4);
        }
    }

    @Test
    void otherPortsThanBeforeEndTheLeaseAndBeginAnother() throws Exception {
        List<Integer> ports = new ArrayList<>(List.of(2048, 4096));
        try (Scripted central = new Scripted(request -> answer(request, "192.0.2.1", ports.removeFirst(), 1024, 600))) {
            Lwaftr proxy = proxyOf(central.port());
            ask(proxy, mapSet(B4, NONCE, 600, 1));
            now = now.plusSeconds(1);
            assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).option(PcpOption.PortSet.class))
                    .contains(new PcpOption.PortSet(1024, 4096, false));
            assertThat(changes)
                    .extracting(BindingChange::kind)
                    .containsExactly(
                            BindingChange.Kind.CREATED, BindingChange.Kind.DELETED, BindingChange.Kind.CREATED);
        }
    }

    static List<Arguments> uselessAnswers() {
        return List.of(
                useless("ports of an odd size", request -> answer(request, "192.0.2.1", 2048, 1000, 600)),
                useless("ports that begin anywhere", request -> answer(request, "192.0.2.1", 2049, 1024, 600)),
                useless("ports beyond the last", request -> answer(request, "192.0.2.1", 65000, 1024, 600)),
                useless("other external ports than internal ones", request -> {
                    PcpOperation.Map map = map(request);
                    return PcpResponse.success(
                            new PcpOperation.Map(
                                    map.nonce(), 0, 1, 4096, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))),
                            600,
                            0,
                            List.of(request.options().getFirst(), new PcpOption.PortSet(1024, 2048, false)));
                }),
                useless(
                        "an IPv6 address",
                        request -> PcpResponse.success(
                                new PcpOperation.Map(map(request).nonce(), 0, 1, 2048, B4),
                                600,
                                0,
                                List.of(request.options().getFirst(), new PcpOption.PortSet(1024, 2048, false)))),
                useless(
                        "an answer for another lwB4",
                        request -> PcpResponse.success(
                                new PcpOperation.Map(
                                        map(request).nonce(),
                                        0,
                                        1,
                                        2048,
                                        Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))),
                                600,
                                0,
                                List.of(new PcpOption.ThirdParty(OTHER_B4), new PcpOption.PortSet(1024, 2048, false)))),
                useless(
                        "another nonce",
                        request -> PcpResponse.success(
                                new PcpOperation.Map(
                                        OTHER_NONCE, 0, 1, 2048, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))),
                                600,
                                0,
                                List.of(request.options().getFirst(), new PcpOption.PortSet(1024, 2048, false)))),
                useless(
                        "nothing but a header",
                        request -> new PcpResponse(2, 1, ResultCode.UNSUPP_OPCODE.code(), 1800, 0, null, List.of())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uselessAnswers")
    void anAnswerThatNoLwb4CanUseMakesNoBinding(String what, Function<PcpRequest, PcpResponse> script)
            throws Exception {
        try (Scripted central = new Scripted(script)) {
            Lwaftr proxy = proxyOf(central.port());
            assertThat(ask(proxy, mapSet(B4, NONCE, 600, 1)).result()).isEqualTo(ResultCode.NETWORK_FAILURE.code());
            assertThat(proxy.bindingTable().size()).isZero();
        }
    }

    @Test
    void aProxyWithoutAServerIsRefusedByItsKey() {
        assertThatThrownBy(() -> start(Map.of("PCP_MODE", "proxy")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("central-server")
                .hasMessageContaining("allowed: host:port");
    }

    private static Arguments useless(String what, Function<PcpRequest, PcpResponse> script) {
        return Arguments.of(what, script);
    }

    private static Ipv6Address client(int number) {
        return new Ipv6Address(0x20010db8_0001_0000L + number, 1);
    }

    private Lwaftr central(String classes) {
        return start(Map.of("SERVICE_CLASSES", classes));
    }

    private Lwaftr proxy(Lwaftr central) {
        return proxyOf(central.pcpAddress().getPort());
    }

    private Lwaftr proxyOf(int port) {
        Lwaftr proxy = start(Map.of(
                "PCP_MODE",
                "proxy",
                "PCP_CENTRAL_SERVER",
                "[::1]:" + port,
                "PCP_CENTRAL_TIMEOUT",
                "1s",
                "BR_ADDRESSES",
                "[\"" + BR_OF_PROXY + "\"]"));
        proxy.addListener(changes::add).join();
        return proxy;
    }

    private Lwaftr start(Map<String, String> keys) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0", "PORTLEDGER_LWAFTR_PCP_THIRD_PARTY_FROM", "[\"::1\"]"));
        keys.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        Lwaftr lwaftr = Lwaftr.start(LwaftrSettings.read(null, environment), clock);
        opened.add(lwaftr);
        return lwaftr;
    }

    private static PcpRequest mapSet(Ipv6Address b4, Nonce nonce, long lifetime, int firstPort) {
        return new PcpRequest(
                lifetime,
                LOOPBACK,
                new PcpOperation.Map(nonce, 0, firstPort, 0, ANY_IPV4),
                List.of(new PcpOption.ThirdParty(b4), new PcpOption.PortSet(65535, firstPort, false)));
    }

    private static PcpResponse ask(Lwaftr lwaftr, PcpRequest request) throws IOException, PcpException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.setSoTimeout(20_000);
            ByteBuf out = Unpooled.buffer();
            request.encode(out);
            socket.send(new DatagramPacket(
                    out.array(),
                    out.readableBytes(),
                    InetAddress.ofLiteral("::1"),
                    lwaftr.pcpAddress().getPort()));
            DatagramPacket in = new DatagramPacket(new byte[1200], 1200);
            socket.receive(in);
            return PcpResponse.decode(Unpooled.wrappedBuffer(in.getData(), 0, in.getLength()));
        }
    }

    private static PcpOperation.Map map(PcpRequest request) {
        return (PcpOperation.Map) request.operation();
    }

    private static PcpResponse answer(PcpRequest request, String ipv4, int first, int size, long lifetime) {
        PcpOperation.Map map = map(request);
        return PcpResponse.success(
                new PcpOperation.Map(
                        map.nonce(), 0, map.internalPort(), first, Ipv6Address.mapped(Ipv4Address.parse(ipv4))),
                lifetime,
                0,
                List.of(request.options().getFirst(), new PcpOption.PortSet(size, first, false)));
    }

    /** A central server that says what it is told to say. */
    private static final class Scripted implements AutoCloseable {
        private final DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"));

        Scripted(Function<PcpRequest, PcpResponse> script) throws IOException {
            Thread.ofVirtual().start(() -> serve(script));
        }

        int port() {
            return socket.getLocalPort();
        }

        private void serve(Function<PcpRequest, PcpResponse> script) {
            while (!socket.isClosed()) {
                DatagramPacket packet = new DatagramPacket(new byte[1200], 1200);
                try {
                    socket.receive(packet);
                    ByteBuf out = Unpooled.buffer();
                    script.apply(requestOf(Arrays.copyOf(packet.getData(), packet.getLength())))
                            .encode(out);
                    socket.send(new DatagramPacket(out.array(), out.readableBytes(), packet.getSocketAddress()));
                } catch (IOException e) {
                    if (!socket.isClosed()) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        }

        /** A request has the layout of a response; the header differs in its second octet. */
        private static PcpRequest requestOf(byte[] octets) {
            octets[1] |= (byte) 0x80;
            octets[3] = 0;
            try {
                PcpResponse read = PcpResponse.decode(Unpooled.wrappedBuffer(octets));
                PcpOperation operation = read.operation();
                if (operation == null) {
                    throw new AssertionError("no operation: " + read);
                }
                return new PcpRequest(read.lifetimeSeconds(), LOOPBACK, operation, read.options());
            } catch (PcpException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
