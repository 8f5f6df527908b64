package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.forwarding.ForwardingSettings.Ethernet;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Side;
import io.portledger.packet.MacAddress;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ARP (RFC 826) and neighbour discovery (RFC 4861) of an lwAFTR on an Ethernet. */
class EthernetSideTest {

    private static final String OWN_MAC = "02000000000a";
    private static final String PEER_MAC = "02000000000b";
    private static final Ipv6Address PEER = Ipv6Address.parse("2001:db8:cafe::99");
    private static final Ipv6Address SOLICITED_NODE = Ipv6Address.parse("ff02::1:ff00:1");
    private static final Ipv6Address UNSPECIFIED = Ipv6Address.UNSPECIFIED;
    private static final String PEER_IPV4 = "cb007102";
    private static final String OWN_IPV4 = "cb007101";

    private final List<String> frames = new ArrayList<>();
    private @Nullable Engine engine;
    private @Nullable EthernetSide side;

    @AfterEach
    void balance() {
        if (engine != null && side != null) {
            side.close();
            engine.assertBalanced();
            engine.close();
        }
    }

    @Test
    void answersArpForItsOwnAddress() {
        start(false, null, "", 0);
        assertThat(take("ffffffffffff" + PEER_MAC + "0806" + arp(1, PEER_MAC, PEER_IPV4, "000000000000", OWN_IPV4)))
                .isEqualTo(-1);
        assertThat(frames)
                .containsExactly(PEER_MAC + OWN_MAC + "0806" + arp(2, OWN_MAC, OWN_IPV4, PEER_MAC, PEER_IPV4));
        assertThat(packets(Counter.NEIGHBOUR_IPV4)).isEqualTo(1);
        assertThat(packets(Counter.OUT_NEIGHBOUR_IPV4)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        // For another address; no request; another hardware, protocol, length; a sender that is no host; too short.
        "0001080006040001, 02000000000b, cb007103",
        "0001080006040003, 02000000000b, cb007101",
        "0002080006040001, 02000000000b, cb007101",
        "0001080106040001, 02000000000b, cb007101",
        "0001080008040001, 02000000000b, cb007101",
        "0001080006040001, 03000000000b, cb007101",
        "0001080006040001, 000000000000, cb007101",
        "0001080006040001, 02000000000b, cb0071",
    })
    void doesNotAnswerOtherArp(String head, String senderMac, String target) {
        start(false, null, "", 0);
        take("ffffffffffff" + PEER_MAC + "0806" + head + senderMac + PEER_IPV4 + "000000000000" + target);
        assertThat(frames).isEmpty();
        assertThat(packets(Counter.DROP_MISPLACED_NOT_IPV4)).isEqualTo(1);
    }

    @Test
    void speaksArpInItsVlanOnly() {
        start(false, null, "", 164);
        String request = arp(1, PEER_MAC, PEER_IPV4, "000000000000", OWN_IPV4);
        take("ffffffffffff" + PEER_MAC + "0806" + request);
        take("ffffffffffff" + PEER_MAC + "810000a50806" + request);
        assertThat(frames).isEmpty();
        take("ffffffffffff" + PEER_MAC + "810000a40806" + request);
        assertThat(frames)
                .containsExactly(PEER_MAC + OWN_MAC + "810000a40806" + arp(2, OWN_MAC, OWN_IPV4, PEER_MAC, PEER_IPV4));
    }

    @Test
    void findsTheNextHopByArpAndSendsNothingToItBefore() {
        start(false, null, "203.0.113.2", 0);
        side().tick(0);
        assertThat(frames)
                .containsExactly(
                        "ffffffffffff" + OWN_MAC + "0806" + arp(1, OWN_MAC, OWN_IPV4, "000000000000", PEER_IPV4));
        assertThat(header()).isEmpty();
        assertThat(packets(Counter.DROP_NO_NEIGHBOUR_IPV4)).isEqualTo(1);

        take(OWN_MAC + "02000000000f" + "0806" + arp(2, "02000000000f", "cb007103", OWN_MAC, OWN_IPV4));
        assertThat(header()).as("somebody else's answer").isEmpty();
        take(OWN_MAC + PEER_MAC + "0806" + arp(2, PEER_MAC, PEER_IPV4, OWN_MAC, OWN_IPV4));
        assertThat(header()).isEqualTo(PEER_MAC + OWN_MAC + "0800");
    }

    @Test
    void asksAgainEverySecondUntilTheNextHopIsFoundAndNowAndThenAfterwards() {
        start(false, null, "203.0.113.2", 0);
        for (long millis = 0; millis < 3_000; millis += 100) {
            side().tick(millis * 1_000_000);
        }
        assertThat(frames).hasSize(3);
        take(OWN_MAC + PEER_MAC + "0806" + arp(2, PEER_MAC, PEER_IPV4, OWN_MAC, OWN_IPV4));
        for (long seconds = 3; seconds < 63; seconds++) {
            side().tick(seconds * 1_000_000_000);
        }
        assertThat(frames).hasSize(5);
        take(OWN_MAC + "02000000000f" + "0806" + arp(2, "02000000000f", PEER_IPV4, OWN_MAC, OWN_IPV4));
        assertThat(header()).as("the next hop was replaced").isEqualTo("02000000000f" + OWN_MAC + "0800");
    }

    @Test
    void aNextHopWithAKnownAddressIsNotAskedFor() {
        start(false, MacAddress.parse("02:00:00:00:00:0d"), "203.0.113.2", 0);
        side().tick(0);
        assertThat(frames).isEmpty();
        assertThat(header()).isEqualTo("02000000000d" + OWN_MAC + "0800");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2001:db8:ffff::1", "2001:db8:ffff::77"})
    void answersSolicitationsForBrAddresses(String address) {
        start(true, null, "", 0);
        Ipv6Address br = Ipv6Address.parse(address);
        assertThat(take(solicitation(PEER, SOLICITED_NODE, br, "0101" + PEER_MAC)))
                .isEqualTo(-1);
        byte[] advertisement = discovery(br, PEER, 136, 0xc000_0000, br, "0201" + OWN_MAC);
        assertThat(frames).containsExactly(PEER_MAC + OWN_MAC + "86dd" + hex(advertisement));
        assertThat(packets(Counter.NEIGHBOUR_IPV6)).isEqualTo(1);
    }

    @Test
    void answersTheFrameIfTheSolicitationNamesNoLinkAddress() {
        start(true, null, "", 0);
        take(solicitation(PEER, Engine.BR, Engine.BR, ""));
        assertThat(frames).singleElement().satisfies(frame -> assertThat(frame).startsWith(PEER_MAC + OWN_MAC));
    }

    /** RFC 4862 §5.4: somebody asks whether the address is free. */
    @Test
    void tellsAllNodesThatAnAddressIsTaken() {
        start(true, null, "", 0);
        take(solicitation(UNSPECIFIED, SOLICITED_NODE, Engine.BR, ""));
        Ipv6Address allNodes = Ipv6Address.parse("ff02::1");
        byte[] advertisement = discovery(Engine.BR, allNodes, 136, 0x8000_0000, Engine.BR, "0201" + OWN_MAC);
        assertThat(frames).containsExactly("333300000001" + OWN_MAC + "86dd" + hex(advertisement));
    }

    @Test
    void doesNotAnswerForOthers() {
        start(true, null, "", 0);
        take(solicitation(PEER, SOLICITED_NODE, Ipv6Address.parse("2001:db8:ffff::2"), "0101" + PEER_MAC));
        assertThat(frames).isEmpty();
    }

    /** RFC 4861 §7.1.1. */
    @Test
    void doesNotAnswerWhatIsNoSoundSolicitation() {
        start(true, null, "", 0);
        String sound = solicitation(PEER, SOLICITED_NODE, Engine.BR, "0101" + PEER_MAC);
        take(changed(sound, 14 + 7, 254));
        take(changed(sound, 14 + 42, 0x12));
        take(changed(sound, 14 + 41, 1));
        take(solicitation(PEER, SOLICITED_NODE, Engine.BR, "0100" + PEER_MAC));
        take(solicitation(PEER, SOLICITED_NODE, Engine.BR, "0102" + PEER_MAC));
        take(solicitation(UNSPECIFIED, SOLICITED_NODE, Engine.BR, "0101" + PEER_MAC));
        take(solicitation(UNSPECIFIED, Engine.BR, Engine.BR, ""));
        take(solicitation(SOLICITED_NODE, Engine.BR, Engine.BR, "0101" + PEER_MAC));
        take(sound.substring(0, 2 * (14 + 40 + 23)));
        assertThat(frames).isEmpty();
        take(sound);
        assertThat(frames).hasSize(1);
    }

    @Test
    void findsTheNextHopByNeighbourDiscovery() {
        start(true, null, "2001:db8:cafe::99", 0);
        side().tick(0);
        Ipv6Address node = Ipv6Address.parse("ff02::1:ff00:99");
        byte[] solicitation = discovery(Engine.BR, node, 135, 0, PEER, "0101" + OWN_MAC);
        assertThat(frames).containsExactly("3333ff000099" + OWN_MAC + "86dd" + hex(solicitation));
        assertThat(header()).isEmpty();
        take(OWN_MAC + PEER_MAC + "86dd"
                + hex(discovery(PEER, Engine.BR, 136, 0x6000_0000, Engine.BR, "0201" + PEER_MAC)));
        assertThat(header()).as("about another address").isEmpty();
        take(OWN_MAC + PEER_MAC + "86dd" + hex(discovery(PEER, Engine.BR, 136, 0x6000_0000, PEER, "0201" + PEER_MAC)));
        assertThat(header()).isEqualTo(PEER_MAC + OWN_MAC + "86dd");
    }

    @Test
    void takesFramesWithAPriorityAndWithoutVlan() {
        start(false, null, "", 0);
        assertThat(take(OWN_MAC + PEER_MAC + "8100e0000800" + Vectors.A1)).isEqualTo(18);
        assertThat(take(OWN_MAC + PEER_MAC + "0800" + Vectors.A1)).isEqualTo(14);
        engine().fromIpv4Side(Engine.hex(Vectors.A1), Engine.hex(Vectors.A1));
    }

    private void start(boolean isIpv6, @Nullable MacAddress nextHopMac, String nextHop, int vlan) {
        Side standard = Engine.settings().ipv4Side();
        Side own = new Side(
                1500,
                true,
                true,
                standard.icmpErrorLimit(),
                standard.reassembly(),
                standard.ingressFilter(),
                standard.egressFilter(),
                "",
                new Ethernet(MacAddress.parse("02:00:00:00:00:0a"), nextHopMac, nextHop, vlan));
        ForwardingSettings settings = Engine.settings().withSides(isIpv6 ? standard : own, isIpv6 ? own : standard);
        Engine started = Engine.ofVectors(settings);
        started.table.put(new Binding(
                Engine.B4,
                Ipv4Address.parse("192.0.2.9"),
                new PortSet(0, 6, 1),
                Ipv6Address.parse("2001:db8:ffff::77")));
        engine = started;
        side = new EthernetSide(
                isIpv6,
                settings,
                MacAddress.parse("02:00:00:00:00:0a"),
                new AtomicReference<>(),
                started.forwarder,
                (frame, length) -> frames.add(hex(Memory.toBytes(frame, length))));
    }

    private EthernetSide side() {
        assertThat(side).isNotNull();
        return Objects.requireNonNull(side);
    }

    private Engine engine() {
        return Objects.requireNonNull(engine);
    }

    private long packets(Counter counter) {
        return engine().packets(counter);
    }

    private int take(String frame) {
        try (PacketBatch batch = PacketBatch.withMemory(1, 200)) {
            batch.add(Engine.hex(frame));
            int header = side().take(batch.address(0), batch.length(0));
            if (header >= 0 && frame.contains("86dd6")) {
                engine().forwarder.fromIpv6Side(stripped(batch, header));
            }
            return header;
        }
    }

    private static PacketBatch stripped(PacketBatch batch, int header) {
        PacketBatch packet = PacketBatch.ofViews(1);
        packet.add(batch.address(0) + header, batch.length(0) - header);
        return packet;
    }

    /** The header of a frame that leaves; empty if it cannot. */
    private String header() {
        try (PacketBatch batch = PacketBatch.withMemory(1, 200)) {
            batch.add(new byte[40]);
            int length = side().prepend(batch.address(0), 40);
            if (length < 0) {
                // The engine's balance does not know of this packet.
                engine().forwarder.counters().add(Counter.OUT_IPV4, 1, 40);
                return "";
            }
            return hex(Memory.toBytes(batch.address(0) - length, length));
        }
    }

    private static String arp(int operation, String senderMac, String sender, String targetMac, String target) {
        return "000108000604000" + operation + senderMac + sender + targetMac + target;
    }

    private static String solicitation(Ipv6Address source, Ipv6Address destination, Ipv6Address target, String option) {
        return "3333ff000001" + PEER_MAC + "86dd" + hex(discovery(source, destination, 135, 0, target, option));
    }

    private static byte[] discovery(
            Ipv6Address source, Ipv6Address destination, int type, int flags, Ipv6Address target, String option) {
        byte[] packet = Packets.icmpv6(
                source, destination, type, 0, flags, Packets.concat(target.toBytes(), Engine.hex(option)));
        packet[7] = (byte) 255;
        return packet;
    }

    private static String changed(String frame, int position, int octet) {
        byte[] octets = Engine.hex(frame);
        octets[position] = (byte) octet;
        return hex(octets);
    }

    private static String hex(byte[] octets) {
        return HexFormat.of().formatHex(octets);
    }
}
