package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several forwarders, among whom packets are spread as the network likes. */
class WorkersTest {

    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";
    private static final int WORKERS = 4;

    private final FragmentExchange exchange = new FragmentExchange(WORKERS);
    private final List<Engine> engines = new ArrayList<>();

    WorkersTest() {
        PathMtus pathMtus = new PathMtus();
        for (int i = 0; i < WORKERS; i++) {
            engines.add(new Engine(Engine.settings(), pathMtus, exchange.desk(i)).withVectors());
        }
    }

    @AfterEach
    void balance() {
        engines.forEach(Engine::assertBalanced);
        engines.forEach(Engine::close);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void fragmentsOfAPacketMeetWhicheverWorkerGetsThem(long seed) {
        Random random = new Random(seed);
        List<byte[]> downstream = new ArrayList<>();
        List<byte[]> upstream = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] down = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 1000));
            Packets.withHeaderChecksum(Packets.putShort(down, 4, i));
            for (int offset = 0; offset < 1008; offset += 400) {
                any(random).fromIpv4Side(Packets.ipv4Fragment(down, offset, Math.min(400, 1008 - offset)));
            }
            downstream.add(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(down, 56)));

            byte[] up = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000));
            Packets.withHeaderChecksum(Packets.putShort(up, 4, i));
            List<byte[]> pieces = new ArrayList<>();
            if (i % 2 == 0) {
                byte[] outer = Packets.fromB4(up);
                for (int offset = 0; offset < 1028; offset += 400) {
                    pieces.add(Packets.ipv6Fragment(outer, offset, Math.min(400, 1028 - offset), i));
                }
            } else {
                for (int offset = 0; offset < 1008; offset += 400) {
                    pieces.add(Packets.fromB4(Packets.ipv4Fragment(up, offset, Math.min(400, 1008 - offset))));
                }
            }
            pieces.forEach(piece -> any(random).fromIpv6Side(piece));
            upstream.add(Packets.setTtl(up, 56));
            engines.forEach(engine -> engine.forwarder.takeOver());
        }

        List<byte[]> toIpv6Side = new ArrayList<>();
        List<byte[]> toIpv4Side = new ArrayList<>();
        long handed = 0;
        long taken = 0;
        for (Engine engine : engines) {
            toIpv6Side.addAll(engine.toIpv6Side);
            toIpv4Side.addAll(engine.toIpv4Side);
            assertThat(engine.forwarder.packetsInReassembly()).isZero();
            handed += engine.packets(Counter.HANDED_OVER_IPV4) + engine.packets(Counter.HANDED_OVER_IPV6);
            taken += engine.packets(Counter.TAKEN_OVER_IPV4) + engine.packets(Counter.TAKEN_OVER_IPV6);
            assertThat(engine.packets(Counter.IN_IPV4_FRAG_REASSEMBLED))
                    .as("everybody has a part of the work")
                    .isPositive();
        }
        assertThat(toIpv6Side).containsExactlyInAnyOrderElementsOf(downstream);
        assertThat(toIpv4Side).containsExactlyInAnyOrderElementsOf(upstream);
        assertThat(handed).isPositive().isEqualTo(taken);
    }

    private Engine any(Random random) {
        return engines.get(random.nextInt(WORKERS));
    }
}
