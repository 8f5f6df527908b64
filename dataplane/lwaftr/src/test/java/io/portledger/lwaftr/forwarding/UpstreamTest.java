package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.ForwardingSettings.DscpMode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From the lwB4s to the Internet (RFC 7596 §6.2), and from one lwB4 to another. */
class UpstreamTest {

    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";
    private static final Ipv6Address OTHER_BR = Ipv6Address.parse("2001:db8:ffff::99");
    private static final Ipv6Address STRANGER = Ipv6Address.parse("2001:db8:0:100:0:c000:201:23");

    private Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @Test
    void forwardsUnchangedButForTtlAndChecksum() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 6, Packets.udp(35000, 443, 300));
        engine.fromIpv6Side(Packets.fromB4(packet));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(packet, 56));
    }

    @ParameterizedTest
    @CsvSource({"34815, false", "34816, true", "35839, true", "35840, false"})
    void letsOutOnlySourcePortsOfTheBinding(int port, boolean isBound) {
        engine.fromIpv6Side(Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(port, 53, 4))));
        assertThat(engine.toIpv4Side).hasSize(isBound ? 1 : 0);
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(isBound ? 0 : 1);
        assertThat(engine.toIpv6Side).hasSize(isBound ? 0 : 1);
    }

    @Test
    void comparesAll128BitsOfTheSource() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        engine.fromIpv6Side(Packets.ipv6(STRANGER, Engine.BR, 4, packet));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
        assertThat(Ipv6Address.fromBytes(engine.toIpv6Side.getFirst(), 24)).isEqualTo(STRANGER);
    }

    @Test
    void comparesTheBrAddressWithThatOfTheBinding() {
        engine.table.put(new Binding(Engine.B4, Ipv4Address.parse("192.0.2.3"), new PortSet(0, 6, 34), OTHER_BR));
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        byte[] ofOtherBr = Packets.ipv4("192.0.2.3", HOST, 17, Packets.udp(35000, 53, 4));
        engine.fromIpv6Side(
                Packets.ipv6(Engine.B4, OTHER_BR, 4, packet), Packets.ipv6(Engine.B4, OTHER_BR, 4, ofOtherBr));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(ofOtherBr, 56));
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
        assertThat(Ipv6Address.fromBytes(engine.toIpv6Side.getFirst(), 8)).isEqualTo(OTHER_BR);
    }

    @Test
    void takesNothingForForeignAddresses() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        engine.fromIpv6Side(Packets.ipv6(Engine.B4, OTHER_BR, 4, packet));
        assertThat(engine.packets(Counter.DROP_FOREIGN_DESTINATION_IPV6)).isEqualTo(1);
        assertThat(engine.toIpv6Side).isEmpty();
    }

    @Test
    void theSourcePolicyErrorHasAtMost1280Octets() {
        byte[] packet = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(80, 53, 1400)));
        engine.fromIpv6Side(packet.clone());
        byte[] error = engine.toIpv6Side.getFirst();
        assertThat(error).isEqualTo(Packets.icmpv6(Engine.BR, Engine.B4, 1, 5, 0, Arrays.copyOf(packet, 1280 - 48)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ff02::1", "::"})
    void answersNobodyWhoIsNoHost(String source) {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        engine.fromIpv6Side(Packets.ipv6(Ipv6Address.parse(source), Engine.BR, 4, packet));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
    }

    @Test
    void sourcePolicyErrorsAreLimitedAndCanBeForbidden() {
        restart(TestSettings.withErrorLimit(1, 1));
        byte[] bad = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(80, 53, 4)));
        engine.fromIpv6Side(bad.clone(), bad.clone());
        assertThat(engine.toIpv6Side).hasSize(1);
        assertThat(engine.packets(Counter.DROP_OVER_RATE_LIMIT_ICMPV6)).isEqualTo(1);
        restart(TestSettings.withIcmp(true, true, true, false));
        engine.fromIpv6Side(bad.clone());
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_OUT_BY_POLICY_ICMPV6)).isEqualTo(1);
    }

    /** TEL is what Linux tunnels insert by default; the others are what a standard receiver skips. */
    static byte[][] skippedHeaders() {
        return new byte[][] {
            Engine.hex("3c0400040104010100"),
            Engine.hex("3c0400010400000000"),
            Engine.hex("000400010400000000"),
            Engine.hex("2b0400040000000000"),
            Engine.hex("3c3c000104000000000400010400000000"),
            Engine.hex("3c04011e0c000000000000000000000000"),
            Engine.hex("2c0400000012345678")
        };
    }

    /** The first octet of the row is the next header of the IPv6 header itself. */
    @ParameterizedTest
    @MethodSource("skippedHeaders")
    void skipsExtensionHeaders(byte[] row) {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        byte[] payload = Packets.concat(Arrays.copyOfRange(row, 1, row.length), packet);
        engine.fromIpv6Side(Packets.ipv6(Engine.B4, Engine.BR, row[0], payload));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(packet, 56));
    }

    static byte[][] refusedHeaders() {
        return new byte[][] {
            Engine.hex("3c04ff040104010100"),
            Engine.hex("3c0400410400000000"),
            Engine.hex("3c04000107000000000000"),
            Engine.hex("2b0400000100000000"),
            Engine.hex("3c0000010400000000" + "0400010400000000"),
            Engine.hex("2b04"),
        };
    }

    @ParameterizedTest
    @MethodSource("refusedHeaders")
    void dropsBrokenAndForbiddenExtensionHeaders(byte[] row) {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        byte[] payload =
                row.length == 2 ? new byte[] {row[1]} : Packets.concat(Arrays.copyOfRange(row, 1, row.length), packet);
        engine.fromIpv6Side(Packets.ipv6(Engine.B4, Engine.BR, row[0], payload));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_BAD_EXTENSION_HEADER_IPV6)).isEqualTo(1);
    }

    @Test
    void dropsWhatIsNeitherIpv4NorIcmpv6() {
        engine.fromIpv6Side(
                Packets.ipv6(Engine.B4, Engine.BR, 17, Packets.udp(1, 2, 3)),
                Packets.ipv6(Engine.B4, Engine.BR, 59, new byte[0]),
                Packets.ipv6(Engine.B4, Engine.BR, 41, new byte[40]));
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_IPV6)).isEqualTo(3);
    }

    @Test
    void dropsWhatIsNoSoundPacketInsideOrOutside() {
        byte[] inner = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        byte[] badChecksum = inner.clone();
        badChecksum[10] ^= 1;
        byte[] tooLong = Packets.withHeaderChecksum(Packets.putShort(inner.clone(), 2, inner.length + 1));
        byte[] cut = Arrays.copyOf(Packets.fromB4(inner), 60);
        engine.fromIpv6Side(
                Packets.fromB4(badChecksum),
                Packets.fromB4(tooLong),
                Packets.fromB4(new byte[0]),
                cut,
                Arrays.copyOf(cut, 39),
                inner);
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_BAD_CHECKSUM_IPV4)).isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_MALFORMED_IPV4)).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_MALFORMED_IPV6)).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_MISPLACED_NOT_IPV6)).isEqualTo(1);
    }

    @Test
    void stripsPaddingInsideAndOutside() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
        byte[] padded = Packets.fromB4(Arrays.copyOf(packet, packet.length + 3));
        engine.fromIpv6Side(Arrays.copyOf(padded, padded.length + 9));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(packet, 56));
    }

    @Test
    void answersTimeExceededThroughTheSoftwire() {
        byte[] packet = Packets.setTtl(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4)), 1);
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertThat(engine.toIpv4Side).isEmpty();
        assertIcmpErrorInSoftwire(11, 0, 0, packet);
        assertThat(engine.packets(Counter.DROP_TTL_ZERO_IPV4)).isEqualTo(1);
    }

    @Test
    void honoursDontFragmentOnTheWayOut() {
        restart(TestSettings.withMtus(1400, 9000));
        byte[] packet =
                Packets.ipv4(SHARED, HOST, 17, 57, 1, Packets.DF, new byte[0], Packets.udp(35000, 53, 1401 - 28));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertThat(engine.toIpv4Side).isEmpty();
        assertIcmpErrorInSoftwire(3, 4, 1400, Arrays.copyOf(packet, 548));
    }

    @ParameterizedTest
    @ValueSource(ints = {68, 576, 1400})
    void fragmentsIpv4OnTheWayOut(int mtu) {
        restart(TestSettings.withMtus(mtu, 9000));
        byte[] packet =
                Packets.ipv4(SHARED, HOST, 17, 57, 1, 0, Engine.hex("0703040194040000"), Packets.udp(35000, 53, 3000));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        byte[] data = new byte[0];
        for (int i = 0; i < engine.toIpv4Side.size(); i++) {
            byte[] fragment = engine.toIpv4Side.get(i);
            int headerLength = (fragment[0] & 0xf) * 4;
            assertThat(fragment.length).isLessThanOrEqualTo(mtu).isEqualTo(Packets.getShort(fragment, 2));
            assertThat(Packets.hasRightHeaderChecksum(fragment)).isTrue();
            assertThat(headerLength)
                    .as("router alert is copied, record route is not")
                    .isEqualTo(i == 0 ? 28 : 24);
            boolean isLast = i == engine.toIpv4Side.size() - 1;
            assertThat(Packets.getShort(fragment, 6)).isEqualTo(data.length / 8 | (isLast ? 0 : Packets.MF));
            data = Packets.concat(data, Arrays.copyOfRange(fragment, headerLength, fragment.length));
        }
        assertThat(data).isEqualTo(Packets.udp(35000, 53, 3000));
    }

    /** RFC 6040 §4.2, the whole table; -1 is a drop. Columns: inner, outer, result, whether it is an odd pair. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, false", "0, 2, 0, true", "0, 1, 0, true", "0, 3, -1, true",
        "2, 0, 2, false", "2, 2, 2, false", "2, 1, 1, false", "2, 3, 3, false",
        "1, 0, 1, false", "1, 2, 1, true", "1, 1, 1, false", "1, 3, 3, false",
        "3, 0, 3, false", "3, 2, 3, false", "3, 1, 3, true", "3, 3, 3, false"
    })
    void combinesEcn(int inner, int outer, int result, boolean isOdd) {
        byte[] packet = Packets.setTos(Packets.ipv4(SHARED, HOST, 6, Packets.udp(35000, 53, 20)), 0x28 | inner);
        engine.fromIpv6Side(Packets.setTrafficClass(Packets.fromB4(packet.clone()), 0xb8 | outer));
        if (result < 0) {
            assertThat(engine.toIpv4Side).isEmpty();
            assertThat(engine.packets(Counter.DROP_ECN_IPV6)).isEqualTo(1);
        } else {
            assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(Packets.setTos(packet, 0x28 | result), 56));
        }
        assertThat(engine.packets(Counter.ODD_ECN_IPV6)).isEqualTo(isOdd ? 1 : 0);
    }

    @ParameterizedTest
    @CsvSource({"PIPE, 0x28", "UNIFORM, 0xb8"})
    void takesTheDscpThatTheModeSays(DscpMode mode, String dscp) {
        restart(TestSettings.withTunnel(64, false, mode, true));
        byte[] packet = Packets.setTos(Packets.ipv4(SHARED, HOST, 6, Packets.udp(35000, 53, 20)), 0x28);
        engine.fromIpv6Side(Packets.setTrafficClass(Packets.fromB4(packet.clone()), 0xb8));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(Packets.setTos(packet, Integer.decode(dscp)), 56));
    }

    @Test
    void answersEchoToItsIpv4AddressThroughTheSoftwire() {
        byte[] request = Packets.ipv4(SHARED, "203.0.113.1", 1, Packets.icmp(8, 0, 35000 << 16 | 1, new byte[9]));
        engine.fromIpv6Side(Packets.fromB4(request));
        byte[] reply = Packets.ipv4(
                "203.0.113.1", SHARED, 1, 64, 0x1234, 0, new byte[0], Packets.icmp(0, 0, 35000 << 16 | 1, new byte[9]));
        assertThat(engine.toIpv6Side).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, reply));
    }

    @Test
    void hairpinningCanBeSwitchedOff() {
        restart(TestSettings.withHairpinning(false));
        byte[] packet = Packets.ipv4(SHARED, SHARED, 17, Packets.udp(35000, 35900, 4));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(packet, 56));
    }

    @Test
    void hairpinningToAPortOfNobodyIsAnsweredThroughTheSoftwire() {
        byte[] packet = Packets.ipv4(SHARED, SHARED, 17, Packets.udp(35000, 80, 4));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertThat(engine.toIpv4Side).isEmpty();
        assertIcmpErrorInSoftwire(3, 1, 0, packet);
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(1);
    }

    @Test
    void hairpinningHonoursDontFragment() {
        byte[] packet =
                Packets.ipv4(SHARED, SHARED, 17, 57, 1, Packets.DF, new byte[0], Packets.udp(35000, 35900, 1461 - 28));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertIcmpErrorInSoftwire(3, 4, 1460, Arrays.copyOf(packet, 548));
    }

    @Test
    void hairpinningCountsTheVolumeOfBoth() {
        byte[] packet = Packets.ipv4(SHARED, SHARED, 17, Packets.udp(35000, 35900, 4));
        engine.fromIpv6Side(Packets.fromB4(packet.clone()));
        assertThat(engine.table.volume(Engine.SHARED, new PortSet(0, 6, 34)))
                .contains(new BindingVolume(0, 0, 1, packet.length));
        assertThat(engine.table.volume(Engine.SHARED, new PortSet(0, 6, 35)))
                .contains(new BindingVolume(1, packet.length, 0, 0));
    }

    @Test
    void hairpinsPings() {
        byte[] request = Packets.ipv4(SHARED, SHARED, 1, Packets.icmp(8, 0, 35000 << 16, new byte[4]));
        engine.fromIpv6Side(Packets.fromB4(request.clone()));
        assertThat(engine.packets(Counter.HAIRPIN_IPV4))
                .as("the identifier is the sender's, so the packet comes back to the sender")
                .isEqualTo(1);
        assertThat(Ipv6Address.fromBytes(engine.toIpv6Side.getFirst(), 24)).isEqualTo(Engine.B4);
    }

    private void assertIcmpErrorInSoftwire(int type, int code, int secondWord, byte[] quote) {
        byte[] error = Packets.setTos(
                Packets.ipv4(
                        "203.0.113.1", SHARED, 1, 64, 1, 0, new byte[0], Packets.icmp(type, code, secondWord, quote)),
                0xc0);
        assertThat(engine.toIpv6Side)
                .containsExactly(Packets.setTrafficClass(Packets.ipv6(Engine.BR, Engine.B4, 4, error), 0xc0));
    }

    private void restart(ForwardingSettings settings) {
        engine.close();
        engine = Engine.ofVectors(settings);
    }
}
