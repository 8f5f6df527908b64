package io.portledger.lwaftr.radius;

import static io.portledger.lwaftr.radius.ScriptedServer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusPacket;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RadiusClientTest {

    private static final Duration PATIENT = Duration.ofSeconds(60);
    private static final Duration HASTY = Duration.ofMillis(100);

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final RadiusCounters counters = new RadiusCounters();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void moreRequestsThanIdentifiersAreOutstandingFromSeveralPorts() {
        // Nobody is answered before all have asked; a burst may overflow the server's socket and is then sent again.
        Set<String> seen = new HashSet<>();
        ScriptedServer server = serve((it, arrival) -> {
            boolean isNew = seen.add(placeOf(arrival));
            if (seen.size() == 600) {
                for (ScriptedServer.Arrival waiting : isNew ? it.arrivals : List.of(arrival)) {
                    it.send(reply(RadiusPacket.ACCESS_ACCEPT, waiting, name(waiting)), waiting);
                }
            }
        });
        RadiusClient client = client(Duration.ofSeconds(1), 10, 600, server);

        List<CompletableFuture<Optional<RadiusPacket>>> replies = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            replies.add(send(client, "user" + i));
        }

        for (int i = 0; i < 600; i++) {
            RadiusPacket packet = replies.get(i).join().orElseThrow();
            assertThat(packet.first(RadiusAttribute.USER_NAME).orElseThrow().asText())
                    .contains("user" + i);
        }
        assertThat(server.arrivals.stream().map(ScriptedServer.Arrival::sender).distinct())
                .hasSize(3);
        assertThat(server.arrivals.stream()
                        .map(arrival ->
                                arrival.sender() + "/" + arrival.packet().identifier())
                        .distinct())
                .hasSize(600);
    }

    @Test
    void thereIsRoomForNoMoreThanAllowed() {
        RadiusClient client = client(PATIENT, 1, 2, serve((it, arrival) -> {}));
        var _ = send(client, "a");
        assertThat(hasRoom(client)).isTrue();
        var _ = send(client, "b");
        assertThat(hasRoom(client)).isFalse();
    }

    @Test
    void whatIsNoAuthenticReplyIsDroppedAndTheRealOneTaken() {
        ScriptedServer server = serve((it, arrival) -> {
            it.send(new byte[0], arrival);
            it.send(new byte[19], arrival);
            byte[] good = reply(RadiusPacket.ACCESS_ACCEPT, arrival);
            byte[] truncated = Arrays.copyOf(good, good.length - 1);
            it.send(truncated, arrival);
            byte[] forged = good.clone();
            forged[0] = RadiusPacket.ACCESS_REJECT;
            it.send(forged, arrival);
            byte[] foreign = good.clone();
            foreign[1]++;
            it.send(foreign, arrival);
            it.send(reply(RadiusPacket.ACCOUNTING_RESPONSE, arrival), arrival);
            it.send(
                    ScriptedServer.CODEC.encodeResponse(
                            new RadiusPacket(
                                    RadiusPacket.ACCESS_ACCEPT, arrival.packet().identifier(), List.of()),
                            arrival.octets().array()),
                    arrival);
            try (DatagramSocket stranger = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
                stranger.send(new DatagramPacket(good, good.length, arrival.sender()));
            }
            it.send(good, arrival);
            it.send(good, arrival);
        });

        assertThat(send(client(PATIENT, 1, 10, server), "a")
                        .join()
                        .orElseThrow()
                        .code())
                .isEqualTo(RadiusPacket.ACCESS_ACCEPT);

        await().untilAsserted(() ->
                assertThat(counters.get(RadiusCounter.REPLIES_UNEXPECTED)).isEqualTo(3));
        assertThat(counters.get(RadiusCounter.REPLIES_MALFORMED)).isEqualTo(3);
        assertThat(counters.get(RadiusCounter.REPLIES_NOT_AUTHENTIC)).isEqualTo(1);
        assertThat(counters.get(RadiusCounter.REPLIES_WITHOUT_MESSAGE_AUTHENTICATOR))
                .isEqualTo(1);
        assertThat(counters.get(RadiusCounter.REPLIES_FROM_STRANGERS)).isEqualTo(1);
    }

    @Test
    void anyOctetsAtAllAreDroppedAndCounted() {
        Random random = new Random(4711);
        ScriptedServer server = serve((it, arrival) -> {
            byte[] good = reply(RadiusPacket.ACCESS_ACCEPT, arrival, name(arrival));
            for (int i = 0; i < 2000; i++) {
                byte[] wild = i % 2 == 0 ? good.clone() : new byte[random.nextInt(60)];
                if (i % 2 == 0) {
                    wild[random.nextInt(wild.length)] ^= (byte) (1 + random.nextInt(255));
                } else {
                    random.nextBytes(wild);
                }
                it.send(wild, arrival);
            }
            it.send(good, arrival);
        });

        assertThat(send(client(HASTY, 10, 10, server), "a").join()).isPresent();
    }

    @Test
    void aRetransmissionIsTheSamePacket() {
        ScriptedServer server = serve((it, arrival) -> {
            if (it.arrivals.size() == 3) {
                ScriptedServer.accept(it, arrival);
            }
        });

        assertThat(send(client(HASTY, 5, 10, server), "a").join()).isPresent();

        assertThat(server.arrivals.stream()
                        .limit(3)
                        .map(ScriptedServer.Arrival::octets)
                        .distinct())
                .hasSize(1);
        assertThat(counters.get(RadiusCounter.RETRANSMISSIONS)).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aServerThatDoesNotAnswerIsPassedOverAndTheNextIsAsked() {
        ScriptedServer silent = serve((it, arrival) -> {});
        ScriptedServer good = serve(ScriptedServer::accept);
        RadiusClient client = client(HASTY, 2, 10, silent, good);

        assertThat(send(client, "a").join()).isPresent();
        assertThat(send(client, "b").join()).isPresent();

        assertThat(silent.arrivals).hasSize(2);
        assertThat(good.arrivals).hasSize(2);
        assertThat(counters.get(RadiusCounter.FAILOVERS)).isEqualTo(1);
    }

    @Test
    void ifNoServerAnswersTheSenderIsTold() {
        ScriptedServer one = serve((it, arrival) -> {});
        ScriptedServer other = serve((it, arrival) -> {});
        RadiusClient client = client(HASTY, 1, 1, one, other);

        assertThat(send(client, "a").join()).isEmpty();
        assertThat(hasRoom(client)).isTrue();
        assertThat(Stream.of(one, other).map(server -> server.arrivals.size())).containsExactly(1, 1);
        // All are passed over now: one is tried nevertheless.
        assertThat(send(client, "b").join()).isEmpty();
        assertThat(one.arrivals.size() + other.arrivals.size()).isEqualTo(3);
    }

    private ScriptedServer serve(ScriptedServer.Script script) {
        ScriptedServer server = new ScriptedServer(script);
        opened.add(server);
        return server;
    }

    private RadiusClient client(Duration timeout, int tries, int maxOutstanding, ScriptedServer... servers) {
        RadiusClient client = new RadiusClient(
                loop,
                Stream.of(servers)
                        .map(server -> new RadiusClient.Server(server.address(), ScriptedServer.SECRET))
                        .toList(),
                new RadiusClient.Patience(timeout, tries, Duration.ofHours(1)),
                maxOutstanding,
                true,
                counters);
        opened.addFirst(client);
        return client;
    }

    private boolean hasRoom(RadiusClient client) {
        return CompletableFuture.supplyAsync(client::hasRoom, loop).join();
    }

    private CompletableFuture<Optional<RadiusPacket>> send(RadiusClient client, String user) {
        CompletableFuture<Optional<RadiusPacket>> answer = new CompletableFuture<>();
        loop.execute(() -> client.send(
                RadiusPacket.ACCESS_REQUEST,
                () -> List.of(
                        RadiusCodec.messageAuthenticator(), RadiusAttribute.ofText(RadiusAttribute.USER_NAME, user)),
                reply -> answer.complete(Optional.ofNullable(reply))));
        return answer;
    }

    private static String placeOf(ScriptedServer.Arrival arrival) {
        return arrival.sender() + "/" + arrival.packet().identifier();
    }

    private static RadiusAttribute name(ScriptedServer.Arrival arrival) {
        return arrival.packet().first(RadiusAttribute.USER_NAME).orElseThrow();
    }
}
