package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Ipv6Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fragments of IPv6 packets, of IPv4 packets from the Internet, and of IPv4 packets inside softwires. */
class ReassemblyTest {

    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";

    private Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3, 4, 5})
    void reassemblesIpv6InAnyOrder(long seed) {
        byte[] inner = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1400));
        List<byte[]> fragments = ipv6Fragments(Packets.fromB4(inner), 400, 7);
        Collections.shuffle(fragments, new Random(seed));
        fragments.forEach(fragment -> engine.fromIpv6Side(fragment));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(inner, 56));
        assertThat(engine.packets(Counter.IN_IPV6_FRAG_NEEDS_REASSEMBLY)).isEqualTo(fragments.size());
        assertThat(engine.packets(Counter.IN_IPV6_FRAG_REASSEMBLED)).isEqualTo(1);
        assertThat(engine.forwarder.packetsInReassembly()).isZero();
    }

    @Test
    void reassemblesWithExtensionHeadersBeforeTheFragmentHeader() {
        byte[] inner = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 100));
        byte[] whole = Packets.fromB4(inner);
        byte[] limit = Engine.hex("2c00040104010100");
        List<byte[]> fragments = new ArrayList<>();
        for (byte[] fragment : ipv6Fragments(whole, 64, 9)) {
            byte[] payload = Packets.concat(limit, Arrays.copyOfRange(fragment, 40, fragment.length));
            fragments.add(Packets.ipv6(Engine.B4, Engine.BR, 60, payload));
        }
        fragments.forEach(fragment -> engine.fromIpv6Side(fragment));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(inner, 56));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3})
    void reassemblesIpv4FromTheInternet(long seed) {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 1200));
        List<byte[]> fragments = ipv4Fragments(packet, 400);
        Collections.shuffle(fragments, new Random(seed));
        fragments.forEach(fragment -> engine.fromIpv4Side(fragment));
        assertThat(engine.toIpv6Side)
                .containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(packet, 56)));
        assertThat(engine.packets(Counter.IN_IPV4_FRAG_REASSEMBLED)).isEqualTo(1);
    }

    @Test
    void reassemblesIpv4InsideASoftwireToKnowItsPort() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1200));
        ipv4Fragments(packet, 400).forEach(fragment -> engine.fromIpv6Side(Packets.fromB4(fragment)));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(packet, 56));
    }

    @Test
    void fragmentsOfTwoSubscribersWithTheSameIdentificationStayApart() {
        byte[] first = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 792));
        byte[] second = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35900, 54, 792));
        List<byte[]> ofFirst = ipv4Fragments(first, 400);
        List<byte[]> ofSecond = ipv4Fragments(second, 400);
        engine.fromIpv6Side(Packets.fromB4(ofFirst.get(0)));
        engine.fromIpv6Side(Packets.ipv6(Engine.OTHER_B4, Engine.BR, 4, ofSecond.get(0)));
        engine.fromIpv6Side(Packets.fromB4(ofFirst.get(1)));
        engine.fromIpv6Side(Packets.ipv6(Engine.OTHER_B4, Engine.BR, 4, ofSecond.get(1)));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(first, 56), Packets.setTtl(second, 56));
    }

    @Test
    void aReassembledPacketOfAForeignPortIsRefused() {
        byte[] packet = Packets.ipv4(SHARED, HOST, 17, Packets.udp(80, 53, 792));
        ipv4Fragments(packet, 400).forEach(fragment -> engine.fromIpv6Side(Packets.fromB4(fragment)));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
    }

    @Test
    void keepsNoFragmentsForAddressesWithoutBindings() {
        byte[] packet = Packets.ipv4(HOST, "192.0.2.200", 17, Packets.udp(53, 35000, 792));
        ipv4Fragments(packet, 400).forEach(fragment -> engine.fromIpv4Side(fragment));
        assertThat(engine.forwarder.packetsInReassembly()).isZero();
        assertThat(engine.packets(Counter.DROP_NO_DEST_SOFTWIRE_IPV4)).isEqualTo(2);
        assertThat(engine.toIpv4Side)
                .as("an answer about the first fragment only")
                .hasSize(1);
    }

    @Test
    void keepsNoFragmentsOfSourcesWithoutBindings() {
        byte[] packet = Packets.ipv4("192.0.2.200", HOST, 17, Packets.udp(35000, 53, 792));
        ipv4Fragments(packet, 400).forEach(fragment -> engine.fromIpv6Side(Packets.fromB4(fragment)));
        assertThat(engine.forwarder.packetsInReassembly()).isZero();
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(2);
    }

    /** RFC 6864 allows DF in fragments; what its source sent in pieces may go on in pieces. */
    @Test
    void fragmentsWithDontFragmentAreNoPacketThatMayNotBeFragmented() {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 2992));
        for (byte[] fragment : ipv4Fragments(packet, 1400)) {
            Packets.putShort(fragment, 6, Packets.getShort(fragment, 6) | Packets.DF);
            engine.fromIpv4Side(Packets.withHeaderChecksum(fragment));
        }
        assertThat(engine.toIpv4Side).as("no error").isEmpty();
        assertThat(engine.toIpv6Side).as("three pieces of one packet").hasSize(3);
        assertThat(engine.packets(Counter.ENCAPSULATED_IPV4)).isEqualTo(1);
    }

    @Test
    void aSourceHasOnlyItsShare() {
        restart(new ReassemblyLimits(20, 100, 2, 1 << 20, 60));
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 792));
        for (int i = 0; i < 3; i++) {
            engine.fromIpv4Side(Packets.withHeaderChecksum(
                    Packets.putShort(ipv4Fragments(packet, 400).getFirst(), 4, i)));
        }
        byte[] others = Packets.ipv4("198.51.100.8", SHARED, 17, Packets.udp(53, 35000, 792));
        ipv4Fragments(others, 400).forEach(fragment -> engine.fromIpv4Side(fragment));
        assertThat(engine.packets(Counter.DROP_IPV4_FRAG_OVER_SHARE)).isEqualTo(1);
        assertThat(engine.toIpv6Side).as("the packet of another source").hasSize(1);

        byte[] inner = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 792)));
        for (int i = 0; i < 3; i++) {
            engine.fromIpv6Side(ipv6Fragments(inner, 400, i).getFirst());
        }
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_OVER_SHARE)).isEqualTo(1);

        engine.nanos += 61_000_000_000L;
        engine.fromIpv6Side(ipv6Fragments(inner, 400, 9).getFirst());
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_OVER_SHARE))
                .as("the share is free again when its packets have timed out")
                .isEqualTo(1);
    }

    @Test
    void saysWhenRoomIsAboutToEndUntilHalfOfItIsFree() {
        restart(new ReassemblyLimits(20, 10, 10, 1 << 20, 60));
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 792));
        for (int i = 0; i < 8; i++) {
            engine.fromIpv4Side(Packets.withHeaderChecksum(
                    Packets.putShort(ipv4Fragments(packet, 400).getFirst(), 4, i)));
        }
        assertThat(engine.forwarder.isReassemblyNearlyFull()).isFalse();
        engine.fromIpv4Side(Packets.withHeaderChecksum(
                Packets.putShort(ipv4Fragments(packet, 400).getFirst(), 4, 8)));
        assertThat(engine.forwarder.isReassemblyNearlyFull()).isTrue();
        for (int i = 0; i < 4; i++) {
            assertThat(engine.forwarder.isReassemblyNearlyFull()).isTrue();
            engine.fromIpv4Side(Packets.withHeaderChecksum(
                    Packets.putShort(ipv4Fragments(packet, 400).getLast(), 4, i)));
        }
        assertThat(engine.forwarder.isReassemblyNearlyFull()).isFalse();
    }

    /** RFC 3168 §5.3: marks of the two fragments, and of the packet; -1 if it must not go on. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "2, 2, 2", "1, 1, 1", "2, 3, 3", "3, 2, 3", "1, 3, 3", "3, 3, 3", "0, 3, -1", "3, 0, -1"})
    void aPacketIsMarkedIfAFragmentIs(int first, int second, int whole) {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 792));
        List<byte[]> fragments = ipv4Fragments(packet, 400);
        engine.fromIpv4Side(Packets.setTos(fragments.get(0), first), Packets.setTos(fragments.get(1), second));
        assertThat(engine.toIpv6Side).hasSize(whole < 0 ? 0 : 1);
        assertThat(engine.packets(Counter.DROP_ECN_IPV6)).isEqualTo(whole < 0 ? 1 : 0);
        if (whole >= 0) {
            assertThat(engine.toIpv6Side.getFirst()[41] & 3).isEqualTo(whole);
        }
    }

    @Test
    void outerMarksOfFragmentsReachThePacket() {
        byte[] inner = Packets.setTos(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 792)), 2);
        List<byte[]> fragments = ipv6Fragments(Packets.fromB4(inner), 400, 7);
        Packets.setTrafficClass(fragments.get(0), 2);
        Packets.setTrafficClass(fragments.get(1), 3);
        Packets.setTrafficClass(fragments.get(2), 2);
        fragments.forEach(fragment -> engine.fromIpv6Side(fragment));
        List<byte[]> innerFragments = ipv4Fragments(inner, 400);
        engine.fromIpv6Side(Packets.setTrafficClass(Packets.fromB4(innerFragments.get(0)), 3));
        engine.fromIpv6Side(Packets.setTrafficClass(Packets.fromB4(innerFragments.get(1)), 2));
        assertThat(engine.toIpv4Side).hasSize(2).allMatch(packet -> (packet[1] & 3) == 3);
    }

    @Test
    void aRepeatedFragmentChangesNothing() {
        byte[] inner = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000));
        List<byte[]> fragments = ipv6Fragments(Packets.fromB4(inner), 400, 7);
        engine.fromIpv6Side(
                fragments.get(0).clone(),
                fragments.get(0).clone(),
                fragments.get(1).clone());
        engine.fromIpv6Side(fragments.get(1).clone(), fragments.get(2).clone());
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(inner, 56));
    }

    /** RFC 5722: the packet is lost with all its fragments, those that come later included. */
    @Test
    void overlappingFragmentsLoseTheirPacket() {
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        engine.fromIpv6Side(
                Packets.ipv6Fragment(whole, 0, 400, 7),
                Packets.ipv6Fragment(whole, 392, 400, 7),
                Packets.ipv6Fragment(whole, 400, 400, 7),
                Packets.ipv6Fragment(whole, 800, whole.length - 840, 7));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_INVALID_REASSEMBLY)).isEqualTo(3);
    }

    @Test
    void aRepeatedFragmentWithOtherContentIsAnOverlap() {
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 792));
        List<byte[]> fragments = ipv4Fragments(packet, 400);
        byte[] changed = fragments.get(0).clone();
        changed[40] ^= 1;
        engine.fromIpv4Side(fragments.get(0), changed, fragments.get(1));
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_IPV4_FRAG_INVALID_REASSEMBLY)).isEqualTo(2);
    }

    @Test
    void refusesFragmentsThatCannotBe() {
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        byte[] oddLength = Packets.ipv6Fragment(whole, 0, 399, 1);
        byte[] empty = Packets.ipv6Fragment(whole, 0, 0, 2);
        byte[] beyondTheEnd = Packets.putShort(Packets.ipv6Fragment(whole, 0, 400, 3), 42, 0xfff8);
        engine.fromIpv6Side(oddLength, empty, beyondTheEnd);
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_INVALID_REASSEMBLY)).isEqualTo(3);
    }

    @Test
    void moreFragmentsThanAllowedLoseTheirPacket() {
        restart(new ReassemblyLimits(2, 10, 1000, 1 << 20, 60));
        byte[] inner = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000));
        ipv6Fragments(Packets.fromB4(inner), 400, 7).forEach(fragment -> engine.fromIpv6Side(fragment));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_INVALID_REASSEMBLY)).isEqualTo(1);
    }

    @Test
    void theOldestPacketMakesRoom() {
        restart(new ReassemblyLimits(20, 2, 1000, 1 << 20, 60));
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        for (int identification = 1; identification <= 3; identification++) {
            engine.fromIpv6Side(Packets.ipv6Fragment(whole, 0, 400, identification));
        }
        assertThat(engine.forwarder.packetsInReassembly()).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_EVICTED)).isEqualTo(1);
        for (int identification = 3; identification >= 2; identification--) {
            engine.fromIpv6Side(Packets.ipv6Fragment(whole, 400, whole.length - 440, identification));
        }
        assertThat(engine.toIpv4Side).as("all but the first").hasSize(2);
    }

    @Test
    void heldOctetsAreBounded() {
        restart(new ReassemblyLimits(20, 1000, 1000, 1000, 60));
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        for (int identification = 1; identification <= 10; identification++) {
            engine.fromIpv6Side(Packets.ipv6Fragment(whole, 0, 400, identification));
        }
        assertThat(engine.forwarder.packetsInReassembly()).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_EVICTED)).isEqualTo(8);
    }

    @Test
    void fragmentsAreKeptForAMinute() {
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 0, 400, 7));
        engine.nanos += 59_999_999_999L;
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 400, 400, 7));
        engine.nanos += 1;
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 800, whole.length - 840, 7));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_TIMEOUT)).isEqualTo(1);
    }

    @Test
    void reassemblyCanBeSwitchedOff() {
        restart(new ReassemblyLimits(20, 0, 1000, 1 << 20, 60));
        byte[] whole = Packets.fromB4(Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 0, 400, 7));
        assertThat(engine.packets(Counter.DROP_IPV6_FRAG_INVALID_REASSEMBLY)).isEqualTo(1);
        assertThat(engine.forwarder.packetsInReassembly()).isZero();
    }

    @Test
    void theLargestPacketGoesThrough() {
        restart(new ReassemblyLimits(60, 10, 1000, 1 << 20, 60));
        byte[] packet = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 65_535 - 28));
        ipv4Fragments(packet, 1480).forEach(fragment -> engine.fromIpv4Side(fragment));
        assertThat(engine.packets(Counter.ENCAPSULATED_IPV4)).isEqualTo(1);
        assertThat(engine.toIpv6Side.stream().mapToInt(part -> part.length - 48).sum())
                .isEqualTo(65_535);
    }

    @Test
    void fragmentsForForeignBrAddressesAreNotKept() {
        byte[] whole = Packets.ipv6(
                Engine.B4,
                Ipv6Address.parse("2001:db8:1::1"),
                4,
                Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 1000)));
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 0, 400, 7));
        assertThat(engine.forwarder.packetsInReassembly()).isZero();
    }

    private static List<byte[]> ipv6Fragments(byte[] whole, int size, int identification) {
        List<byte[]> fragments = new ArrayList<>();
        int dataLength = whole.length - 40;
        for (int offset = 0; offset < dataLength; offset += size) {
            fragments.add(Packets.ipv6Fragment(whole, offset, Math.min(size, dataLength - offset), identification));
        }
        return fragments;
    }

    private static List<byte[]> ipv4Fragments(byte[] whole, int size) {
        List<byte[]> fragments = new ArrayList<>();
        int dataLength = whole.length - 20;
        for (int offset = 0; offset < dataLength; offset += size) {
            fragments.add(Packets.ipv4Fragment(whole, offset, Math.min(size, dataLength - offset)));
        }
        return fragments;
    }

    private void restart(ReassemblyLimits limits) {
        engine.close();
        engine = Engine.ofVectors(TestSettings.withReassembly(limits));
    }
}
