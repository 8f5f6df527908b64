package io.portledger.collector.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.packet.CapturedPacket;
import io.portledger.packet.LinkType;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CaptureDissectorTest {

    private static final Instant AT = Instant.parse("2026-11-23T14:02:07Z");
    private static final InetSocketAddress NAT = new InetSocketAddress("192.0.2.1", 40_000);
    private static final InetSocketAddress COLLECTOR = new InetSocketAddress("192.0.2.2", 4739);
    private static final InetSocketAddress NAT6 = new InetSocketAddress("2001:db8::1", 40_000);
    private static final InetSocketAddress COLLECTOR6 = new InetSocketAddress("2001:db8::2", 4739);
    private static final byte[] HELLO = "hello, collector".getBytes(UTF_8);
    private static final String HEARD = "UDP 192.0.2.1:40000>4739 hello, collector";
    private static final String HEARD6 = "UDP 2001:db8:0:0:0:0:0:1:40000>4739 hello, collector";

    static Stream<Arguments> linkTypes() {
        return Stream.of(LinkType.values())
                .flatMap(type -> Stream.of(false, true)
                        .filter(isIpv6 -> type != (isIpv6 ? LinkType.IPV4 : LinkType.IPV6))
                        .map(isIpv6 -> Arguments.of(type, isIpv6)));
    }

    @ParameterizedTest
    @MethodSource("linkTypes")
    void findsADatagramBehindEveryLinkHeader(LinkType linkType, boolean isIpv6) {
        byte[] packet = isIpv6 ? Frames.udp(NAT6, COLLECTOR6, HELLO) : Frames.udp(NAT, COLLECTOR, HELLO);
        assertThat(hear(new CapturedPacket(AT, linkType, Frames.of(linkType, packet))))
                .containsExactly(isIpv6 ? HEARD6 : HEARD);
    }

    @ParameterizedTest
    @CsvSource({
        "8100 0064 0800, a VLAN", //
        "88a8 0064 8100 0065 0800, a VLAN in a VLAN",
        "8847 00064 0 40 00065 1 40, two MPLS labels",
        "8864 1100 0001 0026 0021, a PPPoE session"
    })
    void findsADatagramBehindTags(String header, String what) {
        byte[] tags = HexFormat.of().parseHex("020000000001020000000002" + header.replace(" ", ""));
        byte[] packet = Frames.udp(NAT, COLLECTOR, HELLO);
        byte[] frame = Arrays.copyOf(tags, tags.length + packet.length);
        System.arraycopy(packet, 0, frame, tags.length, packet.length);
        assertThat(hear(new CapturedPacket(AT, LinkType.ETHERNET, frame)))
                .as(what)
                .containsExactly(HEARD);
    }

    @ParameterizedTest
    @CsvSource({"false, 0 8 16 24", "false, 16 0 8 24", "true, 8 16 0 24", "true, 0 8 16 24"})
    void putsFragmentsTogetherInWhateverOrder(boolean isIpv6, String order) {
        byte[] packet = isIpv6 ? Frames.udp(NAT6, COLLECTOR6, HELLO) : Frames.udp(NAT, COLLECTOR, HELLO);
        assertThat(packet.length).isEqualTo((isIpv6 ? 40 : 20) + 24);
        CapturedPacket[] fragments = Stream.of(order.split(" "))
                .map(Integer::parseInt)
                .filter(from -> from < 24)
                .map(from -> raw(Frames.fragment(packet, from, Math.min(24, from + 8))))
                .toArray(CapturedPacket[]::new);
        assertThat(hear(fragments)).containsExactly(isIpv6 ? HEARD6 : HEARD);
    }

    @Test
    void tellsOfFragmentsWithoutTheRest() {
        byte[] packet = Frames.udp(NAT, COLLECTOR, HELLO);
        assertThat(hear(raw(Frames.fragment(packet, 0, 8))))
                .containsExactly("skipped packets of which fragments are missing");
    }

    @Test
    void looksIntoTunnelsOfIp() {
        byte[] inner = Frames.udp(NAT, COLLECTOR, HELLO);
        byte[] outer = Frames.ip(4, NAT6.getAddress(), COLLECTOR6.getAddress(), inner);
        assertThat(hear(raw(outer))).containsExactly(HEARD);
    }

    @Test
    void readsMessagesOfSctp() {
        assertThat(hear(raw(Frames.sctp(NAT, COLLECTOR, 3, HELLO)), raw(Frames.sctp(NAT, COLLECTOR, 2, HELLO))))
                .containsExactly(
                        "SCTP 192.0.2.1:40000>4739 hello, collector", "skipped messages of SCTP in several chunks");
    }

    @Test
    void padsOfShortFramesAreNoPayload() {
        byte[] frame = Frames.of(LinkType.ETHERNET, Frames.udp(NAT, COLLECTOR, "hi".getBytes(UTF_8)));
        assertThat(hear(new CapturedPacket(AT, LinkType.ETHERNET, Arrays.copyOf(frame, 60))))
                .containsExactly("UDP 192.0.2.1:40000>4739 hi");
    }

    @Test
    void whatIsCutOrNoIpIsSkippedWithAReason() {
        byte[] packet = Frames.udp(NAT, COLLECTOR, HELLO);
        byte[] arp = HexFormat.of().parseHex("0200000000010200000000020806" + "00".repeat(28));
        assertThat(hear(
                        raw(Arrays.copyOf(packet, 30)),
                        new CapturedPacket(AT, LinkType.ETHERNET, arp),
                        raw(Frames.ip(1, NAT.getAddress(), COLLECTOR.getAddress(), HELLO))))
                .containsExactly(
                        "skipped packets that the capture has cut short; capture them whole (tcpdump -s 0)",
                        "skipped packets that are not IP",
                        "skipped packets that are neither UDP, TCP nor SCTP");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // in order, with the handshake
                "S0: 1:ab 3:cd F5: | TCP 40000 ab, TCP 40000 cd, end 40000",
                // changed places, repeated, overlapping
                "S0: 3:cd 1:ab 1:ab 4:de F6: | TCP 40000 ab, TCP 40000 cd, TCP 40000 e, end 40000",
                // sequence numbers go round
                "S-2: -1:ab 1:cd F3: | TCP 40000 ab, TCP 40000 cd, end 40000",
                // begins in the middle
                "7:ab 9:cd | hole 40000, TCP 40000 ab, TCP 40000 cd, end 40000",
                // a segment is missing until the end
                "S0: 1:ab 5:ef | TCP 40000 ab, hole 40000, TCP 40000 ef, end 40000",
                // another connection of the same ports
                "S0: 1:ab S90: 91:cd | TCP 40000 ab, end 40000, TCP 40000 cd, end 40000",
                // nothing but acknowledgements
                "7: 7: | ''",
                // broken off
                "S0: 1:ab R3: | TCP 40000 ab, end 40000"
            })
    void putsSegmentsIntoTheirOrder(String segments, String heard) {
        CapturedPacket[] packets = Stream.of(segments.split(" "))
                .map(CaptureDissectorTest::segment)
                .toArray(CapturedPacket[]::new);
        assertThat(String.join(", ", hear(packets))).isEqualTo(heard);
    }

    private static CapturedPacket segment(String text) {
        int flags = " FS R".indexOf(text.charAt(0));
        String[] parts = (flags > 0 ? text.substring(1) : text).split(":", 2);
        return raw(
                Frames.tcp(NAT, COLLECTOR, Integer.parseInt(parts[0]), Math.max(0, flags), parts[1].getBytes(UTF_8)));
    }

    @Test
    void segmentsThatWaitForOneThatNeverComesAreBounded() {
        Heard heard = new Heard();
        try (CaptureDissector dissector = new CaptureDissector(heard)) {
            dissector.take(raw(Frames.tcp(NAT, COLLECTOR, 0, 2, new byte[0])));
            byte[] kilobyte = new byte[1024];
            for (int i = 0; i < 5_000; i++) {
                dissector.take(raw(Frames.tcp(NAT, COLLECTOR, 2 + i * 1024, 0, kilobyte)));
                assertThat(dissector.waitingOctets()).isLessThan(2 << 20);
            }
        }
        assertThat(heard.lines).filteredOn(line -> line.startsWith("hole")).hasSize(1);
        assertThat(heard.lines).filteredOn(line -> line.startsWith("TCP")).hasSize(5_000);
    }

    private static CapturedPacket raw(byte[] packet) {
        return new CapturedPacket(AT, LinkType.RAW, packet);
    }

    private static List<String> hear(CapturedPacket... packets) {
        Heard heard = new Heard();
        try (CaptureDissector dissector = new CaptureDissector(heard)) {
            for (CapturedPacket packet : packets) {
                dissector.take(packet);
            }
        }
        return heard.lines;
    }
}
