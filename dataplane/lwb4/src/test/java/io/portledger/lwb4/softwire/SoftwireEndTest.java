package io.portledger.lwb4.softwire;

import static io.portledger.lwb4.softwire.Packets.DF;
import static io.portledger.lwb4.softwire.Packets.getShort;
import static io.portledger.lwb4.softwire.Packets.hex;
import static io.portledger.lwb4.softwire.Packets.putShort;
import static io.portledger.lwb4.softwire.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.packet.PacketBatch;
import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lwB4's rules of RFC 7596 §5 and the tunnel's of RFC 2473, octet by octet. */
class SoftwireEndTest {

    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    private static final Ipv6Address LWAFTR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address ROUTER = Ipv6Address.parse("2001:db8:cafe::9");
    private static final String OWN = "192.0.2.1";
    private static final String PEER = "198.51.100.7";
    private static final int OWN_PORT = 35000;
    private static final int FOREIGN_PORT = 36000;

    /** UDP 35000 to 53 as the lwB4 sends it, and an answer as the lwAFTR does. */
    private static final byte[] UPSTREAM =
            hex("600000000021044020010db8000001000000c0000201002220010db8ffff000000000000"
                    + "0000000145000021432140003f110c6fc0000201c633640788b80035000d3ac27175657279");

    private static final byte[] DOWNSTREAM =
            hex("6b8000000021044020010db8ffff0000000000000000000120010db8000001000000c0"
                    + "000201002245b8002112344000381143a4c6336407c0000201003588b8000db3c36c77346f36");

    private final List<byte[]> sent = new ArrayList<>();
    private final PacketBatch batch = PacketBatch.withMemory(256, 65535);
    private final SoftwireCounters counters = new SoftwireCounters();
    private final SoftwireEnd end = new SoftwireEnd(
            new Binding(B4, Ipv4Address.parse(OWN), new PortSet(0, 6, 34), LWAFTR),
            1500,
            new ReassemblyLimits(64, 16, 16, 1 << 20, 60),
            packets -> {
                for (int i = 0; i < packets.size(); i++) {
                    sent.add(packets.toBytes(i));
                }
            },
            this::nanos,
            () -> 0xcafe_0001,
            counters);
    private long seconds = 1000;

    private long nanos() {
        return seconds * 1_000_000_000L;
    }

    @AfterEach
    void everyPacketHasOneEnd() {
        assertThat(counters.packets(SoftwireCounter.Kind.ENDED))
                .as(counters.toString())
                .isEqualTo(counters.packets(SoftwireCounter.Kind.ARRIVED));
        end.close();
        batch.close();
    }

    @Test
    void encapsulatesToTheOctetAndLeavesTheTtlToTheKernel() {
        assertThat(take(inner(UPSTREAM))).containsExactly(UPSTREAM);
        assertThat(count(SoftwireCounter.ENCAPSULATED)).isEqualTo(1);
    }

    @Test
    void decapsulatesToTheOctet() {
        assertThat(take(DOWNSTREAM)).containsExactly(inner(DOWNSTREAM));
        assertThat(count(SoftwireCounter.DECAPSULATED)).isEqualTo(1);
    }

    @Test
    void echoGoesByItsIdentifierAndErrorsByTheirQuote() {
        byte[] request =
                hex("600000000020044020010db8000001000000c0000201002220010db8ffff000000000000000000014500002055"
                        + "5540003f01fa4bc0000201c63364070800907588b8000170696e67");
        byte[] reply =
                hex("600000000020044020010db8ffff0000000000000000000120010db8000001000000c00002010022450000206666"
                        + "00003801303bc6336407c00002010000987588b8000170696e67");
        byte[] error = hex(
                "600000000038044020010db8ffff0000000000000000000120010db8000001000000c00002010022450000380007"
                        + "0000380184b3cb007109c0000201030433c70000057845000021432140003c110f6fc0000201c633640788b80035000d3ac2");
        assertThat(take(inner(request), reply, error)).containsExactly(request, inner(reply), inner(error));
    }

    @Test
    void skipsExtensionHeadersOnArrival() {
        byte[] options = hex("0400040104010100");
        byte[] packet = Packets.ipv6(LWAFTR, B4, 60, concat(options, inner(DOWNSTREAM)));
        assertThat(take(packet)).containsExactly(inner(DOWNSTREAM));
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 15, 16, 23})
    void takesTunnelPacketsFromTheLwaftrOnly(int octetOfTheSource) {
        byte[] packet = DOWNSTREAM.clone();
        packet[octetOfTheSource] ^= 1;
        assertThat(take(packet)).isEmpty();
        assertThat(count(SoftwireCounter.DROP_NOT_FROM_LWAFTR)).isEqualTo(1);
    }

    @Test
    void dropsWhatIsForAnotherIpv6Address() {
        byte[] packet = DOWNSTREAM.clone();
        packet[39] ^= 1;
        assertThat(take(packet)).isEmpty();
        assertThat(count(SoftwireCounter.DROP_NOT_FOR_SOFTWIRE)).isEqualTo(1);
    }

    @Test
    void dropsWhatIsForAnotherAddressOrPort() {
        byte[] otherPort = udp(PEER, 53, OWN, FOREIGN_PORT, 0, 5);
        byte[] otherAddress = udp(PEER, 53, "192.0.2.2", OWN_PORT, 0, 5);
        byte[] withoutPorts = udp(PEER, 53, OWN, OWN_PORT, 0, 5);
        withoutPorts[9] = 47;
        Packets.withHeaderChecksum(withoutPorts);
        assertThat(take(down(otherPort), down(otherAddress), down(withoutPorts)))
                .isEmpty();
        assertThat(count(SoftwireCounter.DROP_FOREIGN_DESTINATION)).isEqualTo(3);
    }

    @Test
    void letsNothingOutThatWasNotTranslatedIntoThePortSet() {
        assertThat(take(
                        udp(OWN, FOREIGN_PORT, PEER, 53, 0, 5),
                        udp("192.168.1.2", OWN_PORT, PEER, 53, 0, 5),
                        udp(PEER, 53, OWN, OWN_PORT, 0, 5)))
                .isEmpty();
        assertThat(count(SoftwireCounter.DROP_UNTRANSLATED)).isEqualTo(3);
    }

    @Test
    void answersFragmentationNeededIfItMayNotFragment() {
        byte[] packet = udp(OWN, OWN_PORT, PEER, 53, DF, 1433);
        byte[] error = take(packet).getFirst();
        assertThat(error).hasSize(576);
        assertThat(Arrays.copyOfRange(error, 12, 20)).isEqualTo(hex("c0000002c0000201"));
        assertThat(Arrays.copyOfRange(error, 20, 22)).isEqualTo(hex("0304"));
        assertThat(getShort(error, 26)).isEqualTo(1460);
        assertThat(Arrays.copyOfRange(error, 28, 576)).isEqualTo(Arrays.copyOf(packet, 548));
        assertThat(Packets.addsUp(error, 0, 20) && Packets.addsUp(error, 20, 556))
                .isTrue();
        assertThat(count(SoftwireCounter.DROP_TOO_BIG)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1432, 1433, 4000, 65507})
    void fragmentsOutsideWhatIsTooBig(int dataLength) {
        byte[] packet = udp(OWN, OWN_PORT, PEER, 53, 0, dataLength);
        List<byte[]> fragments = take(packet);
        if (dataLength == 1432) {
            assertThat(fragments).singleElement().isEqualTo(Packets.ipv6(B4, LWAFTR, 4, packet, 64));
            return;
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (byte[] fragment : fragments) {
            boolean isLast = data.size() + fragment.length - 48 == packet.length;
            assertThat(fragment.length).isLessThanOrEqualTo(1500);
            assertThat(fragment[6]).isEqualTo((byte) 44);
            assertThat(getShort(fragment, 42)).isEqualTo(data.size() | (isLast ? 0 : 1));
            assertThat(isLast || (fragment.length - 48) % 8 == 0).isTrue();
            data.write(fragment, 48, fragment.length - 48);
        }
        assertThat(data.toByteArray()).isEqualTo(packet);
        assertThat(count(SoftwireCounter.OUT_FRAGMENT)).isEqualTo(fragments.size());
    }

    @Test
    void putsTunnelPacketsTogetherBeforeItLooksIntoThem() {
        byte[] packet = udp(PEER, 53, OWN, OWN_PORT, 0, 4000);
        byte[] outer = down(packet);
        assertThat(take(Packets.ipv6Fragment(outer, 2880, 1148))).isEmpty();
        assertThat(take(Packets.ipv6Fragment(outer, 0, 1440), Packets.ipv6Fragment(outer, 1440, 1440)))
                .containsExactly(packet);
        assertThat(count(SoftwireCounter.REASSEMBLED_IPV6)).isEqualTo(1);
    }

    @Test
    void putsInnerFragmentsTogetherToSeeTheirPort() {
        byte[] own = udp(PEER, 53, OWN, OWN_PORT, 0, 2000);
        assertThat(take(down(Packets.ipv4Fragment(own, 1400, 608)), down(Packets.ipv4Fragment(own, 0, 1400))))
                .containsExactly(own);
        byte[] foreign = udp(PEER, 53, OWN, FOREIGN_PORT, 0, 2000);
        assertThat(take(down(Packets.ipv4Fragment(foreign, 1400, 608)), down(Packets.ipv4Fragment(foreign, 0, 1400))))
                .isEmpty();
        assertThat(count(SoftwireCounter.DROP_FOREIGN_DESTINATION)).isEqualTo(1);
    }

    @Test
    void fragmentsOfTheHostsGoIntoTheSoftwireOneByOne() {
        byte[] packet = udp(OWN, OWN_PORT, PEER, 53, 0, 2000);
        byte[] first = Packets.ipv4Fragment(packet, 0, 1400);
        byte[] last = Packets.ipv4Fragment(packet, 1400, 608);
        assertThat(take(first, last))
                .containsExactly(Packets.ipv6(B4, LWAFTR, 4, first, 64), Packets.ipv6(B4, LWAFTR, 4, last, 64));
    }

    @Test
    void aFragmentThatNeverBecomesAPacketIsGivenUp() {
        take(Packets.ipv6Fragment(down(udp(PEER, 53, OWN, OWN_PORT, 0, 2000)), 0, 1440));
        seconds += 61;
        assertThat(take()).isEmpty();
        assertThat(count(SoftwireCounter.INCOMPLETE)).isEqualTo(1);
    }

    @Test
    void learnsTheMtuOfTheTunnelForTenMinutes() {
        byte[] packet = udp(OWN, OWN_PORT, PEER, 53, DF, 1400);
        byte[] outer = take(packet).getFirst();
        byte[] told = take(tooBig(1400, outer)).getFirst();
        assertThat(Arrays.copyOfRange(told, 20, 22)).isEqualTo(hex("0304"));
        assertThat(getShort(told, 26)).isEqualTo(1360);
        assertThat(getShort(take(packet).getFirst(), 26)).isEqualTo(1360);
        List<byte[]> fragments = take(udp(OWN, OWN_PORT, PEER, 53, 0, 1400));
        assertThat(fragments).hasSize(2).allMatch(fragment -> fragment.length <= 1400);
        seconds += 601;
        assertThat(take(packet)).containsExactly(outer);
    }

    @Test
    void aPacketWithoutDfTeachesTheMtuAndIsNotAnswered() {
        byte[] outer = take(udp(OWN, OWN_PORT, PEER, 53, 0, 1400)).getFirst();
        assertThat(take(tooBig(1400, outer))).isEmpty();
        assertThat(count(SoftwireCounter.RELAYED_ICMPV6)).isEqualTo(1);
        assertThat(take(udp(OWN, OWN_PORT, PEER, 53, 0, 1400))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1279, 1500, 9000})
    void believesNoImpossibleMtu(int mtu) {
        byte[] outer = take(udp(OWN, OWN_PORT, PEER, 53, DF, 1400)).getFirst();
        assertThat(take(tooBig(mtu, outer))).isEmpty();
        assertThat(count(SoftwireCounter.DROP_ICMPV6)).isEqualTo(1);
    }

    @Test
    void believesNoErrorAboutPacketsThatItCannotHaveSent() {
        byte[] outer = take(udp(OWN, OWN_PORT, PEER, 53, DF, 1400)).getFirst();
        byte[] ofAnother = outer.clone();
        ofAnother[23] ^= 1;
        byte[] toAnother = outer.clone();
        toAnother[39] ^= 1;
        byte[] fromAnotherIpv4 = putShort(outer.clone(), 40 + 14, 0x0202);
        byte[] wrongChecksum = tooBig(1400, outer);
        wrongChecksum[42] ^= 1;
        assertThat(take(tooBig(1400, ofAnother), tooBig(1400, toAnother), tooBig(1400, fromAnotherIpv4), wrongChecksum))
                .isEmpty();
        assertThat(count(SoftwireCounter.DROP_ICMPV6)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0100, 0x0103, 0x0300, 0x0402})
    void tellsTheHostThatTheLwaftrCannotBeReached(int typeAndCode) {
        byte[] packet = udp(OWN, OWN_PORT, PEER, 53, DF, 100);
        byte[] outer = take(packet).getFirst();
        byte[] told = take(Packets.icmpv6(ROUTER, B4, typeAndCode >> 8, typeAndCode & 0xff, 0, outer))
                .getFirst();
        assertThat(Arrays.copyOfRange(told, 20, 22)).isEqualTo(hex("0301"));
        assertThat(Arrays.copyOfRange(told, 28, told.length)).isEqualTo(packet);
    }

    @Test
    void onlyTheLwaftrCanSayThatTheSourceIsNotInItsBinding() {
        byte[] outer = take(inner(UPSTREAM)).getFirst();
        assertThat(take(Packets.icmpv6(LWAFTR, B4, 1, 5, 0, outer), Packets.icmpv6(ROUTER, B4, 1, 5, 0, outer)))
                .isEmpty();
        assertThat(count(SoftwireCounter.REFUSED_BY_LWAFTR)).isEqualTo(1);
        assertThat(count(SoftwireCounter.DROP_ICMPV6)).isEqualTo(1);
    }

    @Test
    void aCongestionMarkOfTheTunnelReachesTheHost() {
        byte[] capable = udp(PEER, 53, OWN, OWN_PORT, 0, 5);
        capable[1] = 2;
        byte[] outer = down(Packets.withHeaderChecksum(capable));
        outer[1] = 0x30;
        byte[] marked = take(outer).getFirst();
        assertThat(marked[1]).isEqualTo((byte) 3);
        assertThat(Packets.addsUp(marked, 0, 20)).isTrue();

        byte[] notCapable = down(udp(PEER, 53, OWN, OWN_PORT, 0, 5));
        notCapable[1] = 0x30;
        assertThat(take(notCapable)).isEmpty();
        assertThat(count(SoftwireCounter.DROP_ECN)).isEqualTo(1);
    }

    @Test
    void anyOctetsAtAllHaveOneEnd() {
        Random random = new Random(7596);
        byte[] large = udp(OWN, OWN_PORT, PEER, 53, 0, 3000);
        List<byte[]> seeds = List.of(
                UPSTREAM,
                DOWNSTREAM,
                inner(UPSTREAM),
                large,
                Packets.ipv6Fragment(down(large), 0, 1440),
                tooBig(1400, UPSTREAM),
                Packets.ipv6(LWAFTR, B4, 60, concat(hex("0400040104010100"), inner(DOWNSTREAM))));
        for (int round = 0; round < 20_000; round++) {
            byte[] packet = seeds.get(random.nextInt(seeds.size())).clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                packet[random.nextInt(Math.min(packet.length, 100))] = (byte) random.nextInt(256);
            }
            take(random.nextInt(3) == 0 ? Arrays.copyOf(packet, random.nextInt(packet.length)) : packet);
            sent.clear();
        }
        assertThat(count(SoftwireCounter.IN)).isEqualTo(20_000);
    }

    private List<byte[]> take(byte[]... packets) {
        sent.clear();
        batch.clear();
        for (byte[] packet : packets) {
            batch.add(packet);
        }
        end.take(batch);
        return List.copyOf(sent);
    }

    private long count(SoftwireCounter counter) {
        return counters.packets(counter);
    }

    private static byte[] down(byte[] ipv4) {
        return Packets.ipv6(LWAFTR, B4, 4, ipv4);
    }

    private static byte[] tooBig(int mtu, byte[] outer) {
        return Packets.icmpv6(ROUTER, B4, 2, 0, mtu, Arrays.copyOf(outer, Math.min(outer.length, 1232)));
    }

    private static byte[] inner(byte[] ipv6) {
        return Arrays.copyOfRange(ipv6, 40, ipv6.length);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
