package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PortSamplesTest {

    private static final String SHARED = "192.0.2.1";
    private static final String HOST = "198.51.100.7";

    private final Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @Test
    void noneAreTakenUnlessSomebodyWantsThem() {
        engine.fromIpv6Side(upstream(35000));
        assertThat(taken()).isEmpty();
    }

    @Test
    void everyPacketThatComesAloneCanBeOne() {
        engine.forwarder.samplePorts(1);
        engine.fromIpv6Side(upstream(34816));
        engine.fromIpv6Side(upstream(35839));
        assertThat(taken()).containsExactly(SHARED + ":34816", SHARED + ":35839");
        assertThat(taken()).isEmpty();
    }

    @Test
    void whatIsNotForwardedIsNone() {
        engine.forwarder.samplePorts(1);
        engine.fromIpv6Side(upstream(34815));
        engine.fromIpv6Side(new byte[3]);
        byte[] fromStranger = upstream(35000);
        fromStranger[23] ^= 1;
        engine.fromIpv6Side(fromStranger);
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(taken()).isEmpty();
    }

    @Test
    void oneOfSoManyIsTakenHoweverTheyCome() {
        engine.forwarder.samplePorts(10);
        int port = 34816;
        for (int size : new int[] {1, 4, 7, 3, 9, 2, 6, 8}) {
            engine.fromIpv6Side(IntStream.range(port, port + size)
                    .mapToObj(PortSamplesTest::upstream)
                    .toArray(byte[][]::new));
            port += size;
        }
        assertThat(engine.toIpv4Side).hasSize(40);
        assertThat(taken()).containsExactly(SHARED + ":34816", SHARED + ":34826", SHARED + ":34836", SHARED + ":34846");
    }

    @Test
    void aFullRingKeepsWhatItHas() {
        PortSamples samples = new PortSamples();
        for (int i = 0; i < PortSamples.CAPACITY + 5; i++) {
            samples.add(-1, i);
        }
        List<Integer> ports = new ArrayList<>();
        samples.takeAll((ipv4, port) -> {
            assertThat(ipv4).isEqualTo(-1);
            ports.add(port);
        });
        assertThat(ports).hasSize(PortSamples.CAPACITY).startsWith(0, 1).endsWith(PortSamples.CAPACITY - 1);
        samples.add(-1, 0xffff);
        samples.takeAll((ipv4, port) -> ports.add(port));
        assertThat(ports).hasSize(PortSamples.CAPACITY + 1).endsWith(0xffff);
    }

    private static byte[] upstream(int port) {
        return Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(port, 53, 4)));
    }

    private List<String> taken() {
        List<String> taken = new ArrayList<>();
        engine.forwarder.portSamples().takeAll((ipv4, port) -> taken.add(new Ipv4Address(ipv4) + ":" + port));
        return taken;
    }
}
