package io.portledger.lwaftr.forwarding;

import static io.portledger.lwaftr.forwarding.Engine.hex;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwarderVectorsTest {

    private final Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @ParameterizedTest
    @CsvSource({"A1, A2", "E2, E3", "F1, F2"})
    void encapsulatesToTheOctet(String in, String out) {
        engine.fromIpv4Side(vector(in));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(hexOf(engine.toIpv6Side)).containsExactly(hexOf(vector(out)));
        assertThat(engine.packets(Counter.ENCAPSULATED_IPV4)).isEqualTo(1);
    }

    @Test
    void decapsulatesToTheOctet() {
        engine.fromIpv6Side(vector("B1"));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(hexOf(engine.toIpv4Side)).containsExactly(hexOf(vector("B2")));
        assertThat(engine.packets(Counter.DECAPSULATED_IPV6)).isEqualTo(1);
    }

    @Test
    void letsAnEchoRequestOutByItsIdentifier() {
        engine.fromIpv6Side(vector("E1"));
        String inner = hexOf(vector("E1")).substring(80);
        // TTL 63 becomes 62, and the checksum one step of TTL more.
        String expected = inner.substring(0, 16) + "3e01fb4b" + inner.substring(24);
        assertThat(hexOf(engine.toIpv4Side)).containsExactly(expected);
    }

    @Test
    void answersAForeignPortByIcmpv6SourcePolicy() {
        engine.fromIpv6Side(vector("C1"));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(hexOf(engine.toIpv6Side)).containsExactly(hexOf(vector("C2")));
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
    }

    @Test
    void hairpinsToTheOctet() {
        engine.fromIpv6Side(vector("G1"));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(hexOf(engine.toIpv6Side)).containsExactly(hexOf(vector("G2")));
        assertThat(engine.packets(Counter.HAIRPIN_IPV4)).isEqualTo(1);
    }

    /** Both errors in one test: the second one has identification 2. */
    @Test
    void tellsTheIpv4SourceWhatWentWrong() {
        engine.fromIpv4Side(vector("D1"));
        engine.fromIpv6Side(vector("I1"));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(hexOf(engine.toIpv4Side)).containsExactly(hexOf(vector("D2")), hexOf(vector("I2")));
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(1);
        assertThat(engine.packets(Counter.RELAYED_ICMPV6)).isEqualTo(1);
    }

    @Test
    void fragmentsOutsideWhatIsTooBigForTheTunnel() {
        byte[] packet =
                Packets.ipv4("198.51.100.7", "192.0.2.1", 17, 57, 0x1234, 0, new byte[0], Packets.udp(80, 35000, 1472));
        engine.fromIpv4Side(packet.clone());
        byte[] inner = Packets.setTtl(packet, 56);
        assertThat(hexOf(engine.toIpv6Side))
                .containsExactly(
                        Vectors.H1 + hexOf(inner).substring(16, 1448 * 2),
                        Vectors.H2.substring(0, 96) + hexOf(inner).substring(1448 * 2));
        assertThat(engine.toIpv6Side).extracting(fragment -> fragment.length).containsExactly(1496, 100);
        assertThat(engine.packets(Counter.OUT_IPV6_FRAG)).isEqualTo(2);
    }

    @Test
    void bothDirectionsInOneBatchKeepTheirOrder() {
        engine.fromIpv4Side(vector("A1"), vector("E2"), vector("D1"), vector("F1"), vector("A1"));
        assertThat(hexOf(engine.toIpv6Side))
                .containsExactly(hexOf(vector("A2")), hexOf(vector("E3")), hexOf(vector("F2")), hexOf(vector("A2")));
        assertThat(hexOf(engine.toIpv4Side)).containsExactly(hexOf(vector("D2")));
    }

    static byte[] vector(String name) {
        return hex(
                switch (name) {
                    case "A1" -> Vectors.A1;
                    case "A2" -> Vectors.A2;
                    case "B1" -> Vectors.B1;
                    case "B2" -> Vectors.B2;
                    case "C1" -> Vectors.C1;
                    case "C2" -> Vectors.C2;
                    case "D1" -> Vectors.D1;
                    case "D2" -> Vectors.D2;
                    case "E1" -> Vectors.E1;
                    case "E2" -> Vectors.E2;
                    case "E3" -> Vectors.E3;
                    case "F1" -> Vectors.F1;
                    case "F2" -> Vectors.F2;
                    case "G1" -> Vectors.G1;
                    case "G2" -> Vectors.G2;
                    case "I1" -> Vectors.I1;
                    case "I2" -> Vectors.I2;
                    default -> throw new IllegalArgumentException(name);
                });
    }

    private static String hexOf(byte[] packet) {
        return HexFormat.of().formatHex(packet);
    }

    private static List<String> hexOf(List<byte[]> packets) {
        return packets.stream().map(ForwarderVectorsTest::hexOf).toList();
    }
}
