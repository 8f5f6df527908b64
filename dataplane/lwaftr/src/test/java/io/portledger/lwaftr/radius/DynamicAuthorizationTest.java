package io.portledger.lwaftr.radius;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.SharedSecret;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes to the socket for CoA and Disconnect, from friends and others. */
class DynamicAuthorizationTest {

    private static final RadiusCodec CODEC = ScriptedServer.CODEC;
    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final RadiusAttribute OF_LOOPBACK =
            RadiusAttribute.ofIpv6(RadiusAttribute.FRAMED_IPV6_ADDRESS, LOOPBACK);

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Lwaftr lwaftr;

    @BeforeEach
    void start() throws IOException {
        lwaftr = lwaftr(Map.of());
    }

    @AfterEach
    void close() {
        lwaftr.close();
    }

    @Test
    void aRepeatedRequestIsAnsweredAsBeforeAndNotCarriedOutAgain() throws Exception {
        obtain();
        byte[] request = disconnect(1, OF_LOOPBACK);
        byte[] first = exchange(request).orElseThrow();
        obtain();
        byte[] second = exchange(request).orElseThrow();

        assertThat(CODEC.decodeResponse(first, request, true).code()).isEqualTo(RadiusPacket.DISCONNECT_ACK);
        assertThat(second).isEqualTo(first);
        assertThat(count(RadiusCounter.COA_REPEATED)).isEqualTo(1);
        assertThat(changes).hasSize(3).last().matches(change -> change.kind() == BindingChange.Kind.CREATED);
    }

    @Test
    void aProxysStateComesBack() throws Exception {
        RadiusAttribute one = RadiusAttribute.ofText(RadiusAttribute.PROXY_STATE, "one");
        RadiusAttribute two = RadiusAttribute.ofText(RadiusAttribute.PROXY_STATE, "two");
        byte[] request = disconnect(1, OF_LOOPBACK, one, two);
        RadiusPacket answer = CODEC.decodeResponse(exchange(request).orElseThrow(), request, true);

        assertThat(answer.all(RadiusAttribute.PROXY_STATE)).containsExactly(one, two);
        assertThat(answer.first(RadiusAttribute.ERROR_CAUSE).orElseThrow().asInteger())
                .hasValue(503);
    }

    @Test
    void aStrangersRequestIsDropped() throws Exception {
        lwaftr.close();
        lwaftr = lwaftr(Map.of(
                "RADIUS_COA_CLIENTS",
                "[{address: '2001:db8::/32', secret-file: " + FreeRadius.secretFile(directory, FreeRadius.SECRET)
                        + "}]"));
        obtain();
        assertThat(exchange(disconnect(1, OF_LOOPBACK))).isEmpty();
        assertThat(count(RadiusCounter.COA_FROM_STRANGERS)).isEqualTo(1);
        assertThat(changes).hasSize(1);
    }

    @Test
    void whatIsNoSuchRequestIsDropped() throws Exception {
        obtain();
        byte[] good = disconnect(1, OF_LOOPBACK);
        assertThat(exchange(Arrays.copyOf(good, good.length - 1))).isEmpty();
        assertThat(exchange(new byte[3])).isEmpty();
        assertThat(exchange(CODEC.encodeRequest(
                        new RadiusPacket(RadiusPacket.ACCOUNTING_REQUEST, 1, List.of(OF_LOOPBACK, now())))))
                .isEmpty();
        assertThat(exchange(new RadiusCodec(new SharedSecret("other".getBytes(StandardCharsets.UTF_8)))
                        .encodeRequest(
                                new RadiusPacket(RadiusPacket.DISCONNECT_REQUEST, 1, List.of(OF_LOOPBACK, now())))))
                .isEmpty();
        assertThat(count(RadiusCounter.COA_MALFORMED)).isEqualTo(3);
        assertThat(count(RadiusCounter.COA_NOT_AUTHENTIC)).isEqualTo(1);
        assertThat(changes).hasSize(1);
    }

    @Test
    void aFloodIsCutOffAndCounted() throws Exception {
        lwaftr.close();
        lwaftr = lwaftr(Map.of("RADIUS_COA_REQUESTS_PER_SECOND", "1"));
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            for (int i = 0; i < 200; i++) {
                send(socket, disconnect(i, OF_LOOPBACK));
            }
        }
        await().until(() -> count(RadiusCounter.COA_FLOODED) > 0);
        await().until(() -> count(RadiusCounter.COA_FLOODED) + count(RadiusCounter.COA_REQUESTS) == 200);
    }

    @Test
    void noOctetsCostAnybodyABinding() throws Exception {
        lwaftr.close();
        lwaftr = lwaftr(Map.of("RADIUS_COA_REQUESTS_PER_SECOND", "1000000"));
        obtain();
        Random random = new Random(4711);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            for (int i = 0; i < 2000; i++) {
                byte[] wild = i % 2 == 0 ? disconnect(1, OF_LOOPBACK) : new byte[random.nextInt(80)];
                if (i % 2 == 0) {
                    wild[1 + random.nextInt(wild.length - 1)] ^= (byte) (1 + random.nextInt(255));
                } else {
                    random.nextBytes(wild);
                }
                send(socket, wild);
            }
        }
        assertThat(changes).hasSize(1);
        assertDisconnectIsDone();
    }

    @Test
    void anAuthenticRequestWithAnyAttributesIsAnsweredOrDropped() throws Exception {
        lwaftr.close();
        lwaftr = lwaftr(Map.of("RADIUS_COA_REQUESTS_PER_SECOND", "1000000"));
        obtain();
        Random random = new Random(4711);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            for (int i = 0; i < 2000; i++) {
                List<RadiusAttribute> attributes = new ArrayList<>(List.of(now()));
                for (int n = random.nextInt(5); n > 0; n--) {
                    byte[] value = new byte[random.nextInt(40)];
                    random.nextBytes(value);
                    int type = 1 + random.nextInt(254);
                    boolean isOther =
                            type != RadiusAttribute.USER_PASSWORD && type != RadiusAttribute.MESSAGE_AUTHENTICATOR;
                    attributes.add(RadiusAttribute.ofOctets(isOther ? type : 1, value));
                }
                attributes.add(RadiusAttribute.ofExtended(241, 9, new byte[] {3, (byte) random.nextInt(9), 6, 4}));
                int code = i % 2 == 0 ? RadiusPacket.COA_REQUEST : RadiusPacket.DISCONNECT_REQUEST;
                send(socket, CODEC.encodeRequest(new RadiusPacket(code, i & 0xff, attributes)));
            }
        }
        assertDisconnectIsDone();
    }

    @Test
    void aBindingOfTheSupportingSystemIsNotTheAaaServersToEnd() throws Exception {
        lwaftr.close();
        Path bindings = Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:7::1,192.0.2.1,0,6,1,
                """);
        lwaftr = lwaftr(Map.of("BINDING_TABLE", bindings.toString()));
        byte[] request = disconnect(
                1, RadiusAttribute.ofIpv6(RadiusAttribute.FRAMED_IPV6_ADDRESS, Ipv6Address.parse("2001:db8:7::1")));
        RadiusPacket answer = CODEC.decodeResponse(exchange(request).orElseThrow(), request, true);

        assertThat(answer.first(RadiusAttribute.ERROR_CAUSE).orElseThrow().asInteger())
                .hasValue(501);
    }

    @Test
    void aRequestThatMeansSeveralSessionsIsRefused() throws Exception {
        lwaftr.close();
        Path bindings = Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:7::1,192.0.2.1,0,6,1,
                """);
        lwaftr = lwaftr(Map.of("BINDING_TABLE", bindings.toString(), "RADIUS_USER_NAME", "{prefix0}"));
        obtain();
        byte[] request = disconnect(1, RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "::/0"));
        RadiusPacket answer = CODEC.decodeResponse(exchange(request).orElseThrow(), request, true);

        assertThat(answer.first(RadiusAttribute.ERROR_CAUSE).orElseThrow().asInteger())
                .hasValue(508);
    }

    /** Sent again and again, since whoever flooded us may have filled the socket. */
    private void assertDisconnectIsDone() throws IOException {
        byte[] request = disconnect(2, OF_LOOPBACK);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            socket.setSoTimeout(100);
            DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                send(socket, request);
                try {
                    socket.receive(answer);
                    return true;
                } catch (SocketTimeoutException e) {
                    return false;
                }
            });
            byte[] octets = Arrays.copyOf(answer.getData(), answer.getLength());
            assertThat(codeOf(octets, request)).isEqualTo(RadiusPacket.DISCONNECT_ACK);
        }
    }

    private static int codeOf(byte[] answer, byte[] request) {
        try {
            return CODEC.decodeResponse(answer, request, true).code();
        } catch (RadiusException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] disconnect(int identifier, RadiusAttribute... attributes) {
        List<RadiusAttribute> all = new ArrayList<>(List.of(attributes));
        all.add(now());
        return CODEC.encodeRequest(new RadiusPacket(RadiusPacket.DISCONNECT_REQUEST, identifier & 0xff, all));
    }

    private static RadiusAttribute now() {
        return RadiusAttribute.ofTime(RadiusAttribute.EVENT_TIMESTAMP, Instant.now());
    }

    private long count(RadiusCounter counter) {
        return lwaftr.radius().counters().get(counter);
    }

    private void send(DatagramSocket socket, byte[] octets) throws IOException {
        socket.send(new DatagramPacket(
                octets, octets.length, lwaftr.radius().coaAddress().orElseThrow()));
    }

    /** The answer, or empty if the server has dropped the request. */
    private Optional<byte[]> exchange(byte[] octets) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            long droppedBefore = dropped();
            send(socket, octets);
            socket.setSoTimeout(50);
            for (int i = 0; i < 400; i++) {
                DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
                try {
                    socket.receive(answer);
                    return Optional.of(Arrays.copyOf(answer.getData(), answer.getLength()));
                } catch (SocketTimeoutException e) {
                    if (dropped() > droppedBefore) {
                        return Optional.empty();
                    }
                }
            }
            throw new AssertionError("neither an answer nor a count");
        }
    }

    private long dropped() {
        return count(RadiusCounter.COA_FROM_STRANGERS)
                + count(RadiusCounter.COA_MALFORMED)
                + count(RadiusCounter.COA_NOT_AUTHENTIC)
                + count(RadiusCounter.COA_STALE);
    }

    private Lwaftr lwaftr(Map<String, String> variables) throws IOException {
        Path secret = FreeRadius.secretFile(directory, FreeRadius.SECRET);
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.1]}]");
        environment.put("PORTLEDGER_LWAFTR_RADIUS_COA_LISTEN", "127.0.0.1:0");
        environment.put(
                "PORTLEDGER_LWAFTR_RADIUS_COA_CLIENTS",
                "[{address: '::ffff:127.0.0.0/104', secret-file: " + secret + "}]");
        variables.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        changes.clear();
        return Lwaftr.start(LwaftrSettings.read(null, environment), Instant::now, changes::add);
    }

    private void obtain() throws IOException {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        7200,
                        LOOPBACK,
                        new PcpOperation.Map(new Nonce(1, 2), 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        int before = changes.size();
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.send(new DatagramPacket(request, request.length, lwaftr.pcpAddress()));
            await().until(() -> changes.size() > before);
        }
    }
}
