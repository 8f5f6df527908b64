package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.ForwardingSettings.DscpMode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From the Internet to the lwB4s (RFC 7596 §6.2). */
class DownstreamTest {

    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";
    private static final String WHOLE = "192.0.2.9";
    private static final String SCATTERED = "192.0.2.10";
    private static final Ipv6Address WHOLE_B4 = Ipv6Address.parse("2001:db8:0:900::1");
    private static final Ipv6Address SCATTERED_B4 = Ipv6Address.parse("2001:db8:0:a00::1");
    private static final Ipv6Address OTHER_BR = Ipv6Address.parse("2001:db8:ffff::99");

    private Engine engine = withMoreBindings(Engine.ofVectors());

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 17, 33, 132, 136})
    void takesTheDestinationPortOfEveryProtocolThatHasPorts(int protocol) {
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, protocol, Packets.udp(53, 35000, 20)));
        assertThat(engine.toIpv6Side).hasSize(1);
        assertThat(destinationOf(engine.toIpv6Side.getFirst())).isEqualTo(Engine.B4);
    }

    @ParameterizedTest
    @CsvSource({"34815, false", "34816, true", "35839, true", "36864, false", "0, false", "65535, false"})
    void knowsTheEndsOfAPortSet(int port, boolean isBound) {
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, port, 4)));
        assertThat(engine.toIpv6Side).hasSize(isBound ? 1 : 0);
    }

    /** a = 6, k = 8, PSID 52: 1232-1235, 2256-2259 and so on; ports below 1024 are nobody's. */
    @ParameterizedTest
    @CsvSource({"208, false", "211, false", "1023, false", "1232, true", "1235, true", "1236, false", "64720, true"})
    void knowsThatPortsBelowTheOffsetBelongToNobody(int port, boolean isBound) {
        engine.fromIpv4Side(Packets.ipv4(HOST, SCATTERED, 6, Packets.udp(53, port, 20)));
        assertThat(engine.toIpv6Side).hasSize(isBound ? 1 : 0);
        if (isBound) {
            assertThat(destinationOf(engine.toIpv6Side.getFirst())).isEqualTo(SCATTERED_B4);
        }
    }

    @Test
    void sendsFromTheBrAddressOfTheBinding() {
        engine.fromIpv4Side(Packets.ipv4(HOST, SCATTERED, 17, Packets.udp(53, 1232, 4)));
        assertThat(Ipv6Address.fromBytes(engine.toIpv6Side.getFirst(), 8)).isEqualTo(OTHER_BR);
    }

    @Test
    void carriesProtocolsWithoutPortsToAnUnsharedAddressOnly() {
        byte[] gre = new byte[24];
        engine.fromIpv4Side(Packets.ipv4(HOST, WHOLE, 47, gre), Packets.ipv4(HOST, SHARED, 47, gre));
        assertThat(engine.toIpv6Side).hasSize(1);
        assertThat(destinationOf(engine.toIpv6Side.getFirst())).isEqualTo(WHOLE_B4);
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_IPV4)).isEqualTo(1);
        assertThat(engine.toIpv4Side).isEmpty();
    }

    @Test
    void stripsWhatThePacketIsPaddedWith() {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5));
        engine.fromIpv4Side(Arrays.copyOf(packet, 46));
        assertThat(engine.toIpv6Side.getFirst()).hasSize(40 + packet.length);
        assertThat(Packets.getShort(engine.toIpv6Side.getFirst(), 4)).isEqualTo(packet.length);
    }

    @Test
    void carriesIpv4OptionsAlong() {
        byte[] options = {(byte) 0x94, 4, 0, 0};
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, 57, 1, 0, options, Packets.udp(53, 35000, 5));
        engine.fromIpv4Side(packet.clone());
        assertThat(innerOf(engine.toIpv6Side.getFirst())).isEqualTo(Packets.setTtl(packet, 56));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void answersTimeExceededWhenNoHopIsLeft(int ttl) {
        byte[] packet = Packets.setTtl(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5)), ttl);
        engine.fromIpv4Side(packet.clone());
        assertIcmpError(engine.toIpv4Side, 11, 0, 0, packet);
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_TTL_ZERO_IPV4)).isEqualTo(1);
    }

    @Test
    void forwardsTheLastHopButOne() {
        engine.fromIpv4Side(Packets.setTtl(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5)), 2));
        assertThat(innerOf(engine.toIpv6Side.getFirst())[8]).isEqualTo((byte) 1);
    }

    @Test
    void answersHostUnreachableForAnAddressWithoutAnyBinding() {
        byte[] packet = Packets.ipv4(HOST, "192.0.2.77", 6, Packets.udp(53, 80, 20));
        engine.fromIpv4Side(packet.clone());
        assertIcmpError(engine.toIpv4Side, 3, 1, 0, packet);
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"})
    void answersNobodyWhoIsNoHost(String source) {
        engine.fromIpv4Side(Packets.ipv4(source, SHARED, 17, Packets.udp(53, 80, 20)));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"224.0.0.5", "255.255.255.255"})
    void doesNotAnswerMulticastAndBroadcast(String destination) {
        engine.fromIpv4Side(Packets.ipv4(HOST, destination, 17, Packets.udp(53, 80, 20)));
        assertThat(engine.toIpv4Side).isEmpty();
    }

    @Test
    void quotesAsMuchAsFitsIn576Octets() {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 80, 1000));
        engine.fromIpv4Side(packet.clone());
        byte[] error = engine.toIpv4Side.getFirst();
        assertThat(error).hasSize(576);
        assertThat(Arrays.copyOfRange(error, 28, 576)).isEqualTo(Arrays.copyOf(packet, 548));
    }

    @ParameterizedTest
    @CsvSource({"1460, 0, 1", "1461, 0, 2", "1460, 1, 1"})
    void sendsWholeWhatFits(int length, int dontFragment, int packets) {
        engine.fromIpv4Side(Packets.ipv4(
                HOST, SHARED, 17, 57, 1, dontFragment * Packets.DF, new byte[0], Packets.udp(53, 35000, length - 28)));
        assertThat(engine.toIpv6Side).hasSize(packets);
    }

    @Test
    void answersFragmentationNeededWithTheMtuOfTheTunnel() {
        byte[] packet =
                Packets.ipv4(HOST, SHARED, 17, 57, 1, Packets.DF, new byte[0], Packets.udp(53, 35000, 1461 - 28));
        engine.fromIpv4Side(packet.clone());
        assertIcmpError(engine.toIpv4Side, 3, 4, 1460, Arrays.copyOf(packet, 548));
        assertThat(engine.packets(Counter.DROP_OVER_MTU_BUT_DONT_FRAGMENT_IPV4)).isEqualTo(1);
    }

    @Test
    void fragmentsInSpiteOfDontFragmentIfToldSo() {
        restart(TestSettings.withTunnel(64, false, DscpMode.PIPE, false));
        byte[] packet =
                Packets.ipv4(HOST, SHARED, 17, 57, 1, Packets.DF, new byte[0], Packets.udp(53, 35000, 1461 - 28));
        engine.fromIpv4Side(packet.clone());
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.toIpv6Side).hasSize(2);
        byte[] inner = Packets.concat(
                Arrays.copyOfRange(engine.toIpv6Side.get(0), 48, engine.toIpv6Side.get(0).length),
                Arrays.copyOfRange(engine.toIpv6Side.get(1), 48, engine.toIpv6Side.get(1).length));
        assertThat(inner).isEqualTo(Packets.setTtl(packet, 56));
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 1281, 1400, 1500, 9000})
    void everyFragmentFitsTheMtuAndTogetherTheyAreThePacket(int mtu) {
        restart(TestSettings.withMtus(1500, mtu));
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 40_000));
        engine.fromIpv4Side(packet.clone());
        byte[] inner = new byte[0];
        for (int i = 0; i < engine.toIpv6Side.size(); i++) {
            byte[] fragment = engine.toIpv6Side.get(i);
            boolean isLast = i == engine.toIpv6Side.size() - 1;
            assertThat(fragment.length).isLessThanOrEqualTo(mtu);
            assertThat(fragment[6]).isEqualTo((byte) 44);
            assertThat(Packets.getShort(fragment, 4)).isEqualTo(fragment.length - 40);
            assertThat(Packets.getShort(fragment, 42)).isEqualTo(inner.length | (isLast ? 0 : 1));
            inner = Packets.concat(inner, Arrays.copyOfRange(fragment, 48, fragment.length));
        }
        assertThat(inner).isEqualTo(Packets.setTtl(packet, 56));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x89, 0xb8, 0xff})
    void carriesTheTosInTheTrafficClass(int tos) {
        engine.fromIpv4Side(Packets.setTos(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5)), tos));
        byte[] outer = engine.toIpv6Side.getFirst();
        assertThat(Packets.getShort(outer, 0) >> 4 & 0xff).isEqualTo(tos);
        assertThat(innerOf(outer)[1]).isEqualTo((byte) tos);
    }

    @Test
    void hopLimitAndFlowLabelAreAsSet() {
        restart(TestSettings.withTunnel(255, true, DscpMode.PIPE, true));
        byte[] flow = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5));
        byte[] sameFlow = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 50));
        byte[] otherFlow = Packets.ipv4(HOST, SHARED, 17, Packets.udp(54, 35000, 5));
        engine.fromIpv4Side(flow, sameFlow, otherFlow);
        List<Integer> labels = engine.toIpv6Side.stream()
                .map(packet -> (packet[1] & 0xf) << 16 | Packets.getShort(packet, 2))
                .toList();
        assertThat(labels.get(0)).isNotZero().isEqualTo(labels.get(1)).isNotEqualTo(labels.get(2));
        assertThat(engine.toIpv6Side).allMatch(packet -> packet[7] == (byte) 255);
    }

    @Test
    void answersEchoToItsOwnAddressWhateverTheTtl() {
        byte[] request = Packets.ipv4(
                HOST, "203.0.113.1", 1, 1, 7, 0, new byte[0], Packets.icmp(8, 0, 0x12340001, new byte[] {1, 2, 3}));
        engine.fromIpv4Side(request);
        byte[] reply = engine.toIpv4Side.getFirst();
        assertThat(reply)
                .isEqualTo(Packets.ipv4(
                        "203.0.113.1", HOST, 1, 64, 7, 0, new byte[0], Packets.icmp(0, 0, 0x12340001, new byte[] {
                            1, 2, 3
                        })));
        assertThat(engine.packets(Counter.ANSWERED_ECHO_ICMPV4)).isEqualTo(1);
    }

    @Test
    void takesNothingElseForItself() {
        engine.fromIpv4Side(
                Packets.ipv4(HOST, "203.0.113.1", 6, Packets.udp(53, 80, 20)),
                Packets.ipv4(HOST, "203.0.113.1", 1, Packets.icmp(0, 0, 1, new byte[0])),
                Packets.ipv4("224.0.0.1", "203.0.113.1", 1, Packets.icmp(8, 0, 1, new byte[0])));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_LOCAL_IPV4)).isEqualTo(3);
    }

    @Test
    void dropsWhatIsNoSoundIpv4() {
        byte[] good = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 5));
        byte[] badChecksum = good.clone();
        badChecksum[10] ^= 1;
        byte[] tooLong = Packets.withHeaderChecksum(Packets.putShort(good.clone(), 2, good.length + 1));
        byte[] headerTooShort = good.clone();
        headerTooShort[0] = 0x44;
        byte[] headerTooLong = Packets.ipv4(HOST, SHARED, 17, new byte[0]);
        headerTooLong[0] = 0x46;
        byte[] noPorts = Packets.ipv4(HOST, SHARED, 17, new byte[] {1, 2, 3});
        engine.fromIpv4Side(
                badChecksum,
                tooLong,
                headerTooShort,
                headerTooLong,
                noPorts,
                new byte[0],
                new byte[] {0x45},
                Packets.fromB4(good));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_BAD_CHECKSUM_IPV4)).isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_MALFORMED_IPV4)).isEqualTo(5);
        assertThat(engine.packets(Counter.DROP_MISPLACED_NOT_IPV4)).isEqualTo(2);
    }

    @Test
    void countsTheVolumeOfABinding() {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 100));
        engine.fromIpv4Side(packet.clone(), packet.clone());
        assertThat(engine.table.volume(Ipv4Address.parse(SHARED), new PortSet(0, 6, 34)))
                .contains(new BindingVolume(2, 2L * packet.length, 0, 0));
    }

    @Test
    void errorsAreLimited() {
        restart(TestSettings.withErrorLimit(3, 2));
        byte[][] unbound = new byte[10][];
        Arrays.setAll(unbound, i -> Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 80, 20)));
        engine.fromIpv4Side(unbound);
        assertThat(engine.toIpv4Side).hasSize(3);
        assertThat(engine.packets(Counter.DROP_OVER_RATE_LIMIT_ICMPV4)).isEqualTo(7);
        engine.nanos += 700_000_000L;
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 80, 20)));
        assertThat(engine.toIpv4Side)
                .as("two thirds of a second give one token")
                .hasSize(4);
    }

    @Test
    void errorsCanBeForbidden() {
        restart(TestSettings.withIcmp(true, true, false, true));
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 80, 20)));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_OUT_BY_POLICY_ICMPV4)).isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(1);
    }

    static void assertIcmpError(List<byte[]> sent, int type, int code, int secondWord, byte[] quote) {
        assertThat(sent).hasSize(1);
        byte[] error = sent.getFirst();
        String source = "203.0.113.1";
        String destination = Ipv4Address.fromBytes(quote, 12).toString();
        byte[] expected = Packets.setTos(
                Packets.ipv4(
                        source, destination, 1, 64, 1, 0, new byte[0], Packets.icmp(type, code, secondWord, quote)),
                0xc0);
        assertThat(error).isEqualTo(expected);
    }

    private static Engine withMoreBindings(Engine engine) {
        engine.table.put(new Binding(WHOLE_B4, Ipv4Address.parse(WHOLE), PortSet.WHOLE_ADDRESS, Engine.BR));
        engine.table.put(new Binding(SCATTERED_B4, Ipv4Address.parse(SCATTERED), new PortSet(6, 8, 52), OTHER_BR));
        return engine;
    }

    private void restart(ForwardingSettings settings) {
        engine.close();
        engine = withMoreBindings(Engine.ofVectors(settings));
    }

    private static Ipv6Address destinationOf(byte[] ipv6) {
        return Ipv6Address.fromBytes(ipv6, 24);
    }

    private static byte[] innerOf(byte[] ipv6) {
        return Arrays.copyOfRange(ipv6, 40, ipv6.length);
    }
}
