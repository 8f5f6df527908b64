package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What keeps packets from being too big for the tunnel: path MTU discovery (RFC 2473 §7), and clamping of the MSS. */
class TunnelMtuTest {

    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";
    private static final Ipv6Address TUNNEL_ROUTER = Ipv6Address.parse("2001:db8:cafe::9");

    private Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @Test
    void aNarrowPathIsLearnedForItsSoftwireOnlyAndForgottenAfterTenMinutes() {
        restart(TestSettings.withPathMtuDiscovery());
        byte[] big = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 1392));
        assertThat(piecesOf(big)).as("1460 octets fit 1500").isEqualTo(1);

        engine.fromIpv6Side(tooBig(big, 1400));
        assertThat(engine.packets(Counter.LEARNED_PATH_MTU_ICMPV6)).isEqualTo(1);
        assertThat(piecesOf(big)).isEqualTo(2);
        assertThat(engine.toIpv6Side.getLast().length).isLessThanOrEqualTo(1400);

        byte[] withDf = Packets.withHeaderChecksum(Packets.putShort(big.clone(), 6, Packets.DF));
        engine.fromIpv4Side(withDf.clone());
        DownstreamTest.assertIcmpError(engine.toIpv4Side, 3, 4, 1360, Arrays.copyOf(withDf, 548));

        assertThat(piecesOf(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35900, 1392))))
                .as("the other subscriber's path")
                .isEqualTo(1);

        engine.nanos += 600_000_000_000L;
        assertThat(piecesOf(big)).as("after ten minutes").isEqualTo(1);
    }

    private int piecesOf(byte[] packet) {
        int before = engine.toIpv6Side.size();
        engine.fromIpv4Side(packet.clone());
        return engine.toIpv6Side.size() - before;
    }

    @Test
    void aLargerMtuThanIsKnownIsNotBelieved() {
        restart(TestSettings.withPathMtuDiscovery());
        byte[] big = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 1392));
        engine.fromIpv6Side(tooBig(big, 1300), tooBig(big, 1450));
        engine.fromIpv4Side(big.clone());
        assertThat(engine.toIpv6Side).allMatch(fragment -> fragment.length <= 1300);
    }

    @Test
    void nothingIsLearnedUnlessItIsSwitchedOn() {
        byte[] big = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 1392));
        engine.fromIpv6Side(tooBig(big, 1400));
        engine.fromIpv4Side(big.clone());
        assertThat(engine.toIpv6Side).hasSize(1);
        assertThat(engine.packets(Counter.DROP_TOO_BIG_WITHOUT_DF_ICMPV6)).isEqualTo(1);
    }

    /** MSS in the packet, MSS after it, whether the option is at an odd place. */
    @ParameterizedTest
    @CsvSource({"1460, 1420, false", "1460, 1420, true", "1420, 1420, false", "536, 536, true", "65535, 1420, false"})
    void theMssFitsTheTunnelInBothDirections(int before, int after, boolean isOdd) {
        restart(TestSettings.withClampedMss());
        byte[] down = Packets.ipv4(HOST, SHARED, 6, syn(80, 35000, before, isOdd, 2));
        engine.fromIpv4Side(down.clone());
        byte[] up = Packets.ipv4(SHARED, HOST, 6, syn(35000, 80, before, isOdd, 18));
        engine.fromIpv6Side(Packets.fromB4(up.clone()));

        byte[] encapsulated = engine.toIpv6Side.getFirst();
        byte[] expectedDown = Packets.ipv4(HOST, SHARED, 6, syn(80, 35000, after, isOdd, 2));
        assertThat(encapsulated).isEqualTo(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(expectedDown, 56)));
        byte[] expectedUp = Packets.ipv4(SHARED, HOST, 6, syn(35000, 80, after, isOdd, 18));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(expectedUp, 56));
        assertThat(engine.packets(Counter.CLAMPED_MSS_IPV4)).isEqualTo(before > after ? 2 : 0);
    }

    @Test
    void theMssIsLeftAloneUnlessItIsSwitchedOnAndInSegmentsThatOpenNothing() {
        byte[] opening = Packets.ipv4(HOST, SHARED, 6, syn(80, 35000, 1460, false, 2));
        engine.fromIpv4Side(opening.clone());
        assertThat(engine.toIpv6Side)
                .containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(opening, 56)));
        restart(TestSettings.withClampedMss());
        byte[] data = Packets.ipv4(HOST, SHARED, 6, syn(80, 35000, 1460, false, 16));
        engine.fromIpv4Side(data.clone());
        assertThat(engine.toIpv6Side).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(data, 56)));
    }

    @ParameterizedTest
    @CsvSource({"0200", "020005b4", "02ff05b4", "0101010102", "03", "ff00ff00", "00020405b4"})
    void brokenOptionsAreForwardedAsTheyAre(String options) {
        restart(TestSettings.withClampedMss());
        byte[] segment = new byte[20 + 8];
        byte[] octets = Engine.hex(options);
        System.arraycopy(octets, 0, segment, 20, octets.length);
        Packets.putShort(segment, 2, 35000);
        segment[12] = (byte) 0xf0;
        segment[13] = 2;
        byte[] packet = Packets.ipv4(HOST, SHARED, 6, segment);
        engine.fromIpv4Side(packet.clone());
        assertThat(engine.toIpv6Side)
                .containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(packet, 56)));
    }

    private static byte[] tooBig(byte[] packet, int mtu) {
        return Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 2, 0, mtu, Packets.ipv6(Engine.BR, Engine.B4, 4, packet));
    }

    /** A segment with an MSS option and a right checksum. */
    private static byte[] syn(int source, int destination, int mss, boolean isOdd, int flags) {
        ByteBuffer segment = ByteBuffer.allocate(28);
        segment.putShort((short) source).putShort((short) destination).putInt(1).putInt(0);
        segment.put((byte) 0x70).put((byte) flags).putShort((short) 1000).putInt(0);
        if (isOdd) {
            segment.put((byte) 1);
        }
        segment.put((byte) 2).put((byte) 4).putShort((short) mss);
        byte[] octets = segment.array();
        long sum = 6 + 28;
        // Both addresses are in the sum, in whichever order.
        for (byte[] address : new byte[][] {{(byte) 198, 51, 100, 7}, {(byte) 192, 0, 2, 1}}) {
            sum += Packets.getShort(address, 0) + Packets.getShort(address, 2);
        }
        for (int i = 0; i < octets.length; i += 2) {
            sum += Packets.getShort(octets, i);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return Packets.putShort(octets, 16, (int) ~sum & 0xffff);
    }

    private void restart(ForwardingSettings settings) {
        engine.close();
        engine = Engine.ofVectors(settings);
    }
}
