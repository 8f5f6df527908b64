package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PacketFilterTest {

    /** UDP 198.51.100.7:53 to 192.0.2.1:35000, 33 octets. */
    private static final byte[] UDP =
            HexFormat.of().parseHex("45b8002112344000391142a4c6336407c0000201003588b8000db3c36c77346f36");

    /** What libpcap must agree about, packet for packet. */
    private static final List<String> EXPRESSIONS = List.of(
            "ip",
            "ip6",
            "tcp",
            "udp",
            "icmp",
            "icmp6",
            "sctp",
            "ip proto 4",
            "ip6 proto 4",
            "proto 17",
            "ip6 proto 17",
            "host 10.0.0.1",
            "src host 10.0.0.1",
            "dst host 10.0.0.2",
            "src or dst host 10.0.0.2",
            "src and dst host 10.0.0.1",
            "net 10.0.0.0/31",
            "src net 10.0.0.2/31",
            "ip6 host 2001:db8::1",
            "dst net 2001:db8::/127",
            "src net 2001:db8::2/127",
            "port 53",
            "tcp port 53",
            "udp dst port 53",
            "sctp src port 80",
            "portrange 50-90",
            "tcp src portrange 60-80",
            "less 60",
            "greater 60",
            "len < 70",
            "len >= 0x30",
            "len != 48",
            "ip[8] > 64",
            "ip[6:2] & 0x3fff != 0",
            "tcp[13] & 2 != 0",
            "udp[4:2] = 20",
            "icmp[0] == 8",
            "icmp6[0] == 135",
            "ip6[4:2] > 40",
            "ip and tcp or udp and port 53",
            "ip or ip6 and udp",
            "not (tcp or udp)",
            "! tcp && !udp || icmp",
            "not not icmp",
            "ip and not host 10.0.0.1 and not port 80",
            "((ip6 or tcp) and (greater 50 or port 80))");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "udp | true",
                "tcp | false",
                "src host 198.51.100.7 | true",
                "dst host 198.51.100.7 | false",
                "net 192.0.2.0/24 and dst port 35000 | true",
                "portrange 0-52 | false",
                "len < 0 | false",
                "len >= 33 | true",
                "less 33 | true",
                "greater 34 | false",
                "ip[1] = 0xb8 | true",
                "udp[0:2] == 53 | true",
                "ip6 | false",
                "ip[30:4] = 1 | false",
                "ip[29:4] != 1 | true",
            })
    void passesWhatTheExpressionSays(String expression, boolean passes) {
        assertThat(passes(PacketFilter.parse(expression), UDP)).isEqualTo(passes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void anEmptyExpressionPassesEverything(String expression) {
        PacketFilter filter = PacketFilter.parse(expression);

        assertThat(filter.isAll()).isTrue();
        assertThat(passes(filter, new byte[0])).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tcp prt 80 | column 5, at \"prt\": expected and, or, or the end",
                "host | at its end: expected an IPv4 or IPv6 address",
                "ip host 2001:db8::1 | at \"2001:db8::1\": expected an IPv4 address",
                "net 10.0.0.1/8 | 10.0.0.1/8",
                "port 65536 | expected a number up to 65535",
                "port http | expected a number",
                "(tcp | at its end: expected )",
                "tcp) | at \")\": expected and, or, or the end",
                "portrange 5 | expected two ports",
                "tcp[13:3] = 1 | expected 1, 2 or 4 octets",
                "len ~ 5 | at \"~\": expected one of",
                "icmp port 5 | at \"port\"",
                "src | at its end: expected host, net",
                "and tcp | column 1, at \"and\"",
            })
    void saysWhatIsWrongAndWhere(String expression, String message) {
        assertThatThrownBy(() -> PacketFilter.parse(expression))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void refusesToRecurseWithoutEnd() {
        assertThatThrownBy(() -> PacketFilter.parse("(".repeat(10_000) + "ip"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("levels");
    }

    @Test
    void neverReadsBehindThePacket() {
        for (String expression : EXPRESSIONS) {
            PacketFilter filter = PacketFilter.parse(expression);
            for (byte[] packet : packets(new Random(2), 40)) {
                for (int length = 0; length < packet.length; length++) {
                    byte[] cut = new byte[length];
                    System.arraycopy(packet, 0, cut, 0, length);
                    assertThat(passes(filter, cut)).isIn(true, false);
                }
            }
        }
    }

    @Test
    void agreesWithTcpdump(@TempDir Path directory) throws Exception {
        List<byte[]> packets = packets(new Random(1), 600);
        Path all = directory.resolve("all.pcap");
        try (CaptureWriter writer = CaptureWriter.create(all, LinkType.RAW)) {
            for (byte[] packet : packets) {
                writer.write(Instant.EPOCH, packet);
            }
        }
        for (String expression : EXPRESSIONS) {
            PacketFilter filter = PacketFilter.parse(expression);

            List<byte[]> passed =
                    packets.stream().filter(packet -> passes(filter, packet)).toList();

            assertThat(passed).as(expression).containsExactlyElementsOf(byTcpdump(all, expression, directory));
            assertThat(passed.size()).as(expression).isLessThan(packets.size());
        }
    }

    private static List<byte[]> byTcpdump(Path all, String expression, Path directory) throws Exception {
        Path some = directory.resolve("some.pcap");
        Files.deleteIfExists(some);
        Path errors = directory.resolve("errors");
        Process tcpdump = new ProcessBuilder(
                        "tcpdump", "-Z", "root", "-r", all.toString(), "-w", some.toString(), expression)
                .redirectError(errors.toFile())
                .start();
        assertThat(tcpdump.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(tcpdump.exitValue())
                .as("%s: %s", expression, Files.readString(errors))
                .isZero();
        List<byte[]> packets = new ArrayList<>();
        for (CapturedPacket packet : CaptureReader.readAll(some)) {
            packets.add(packet.frame());
        }
        return packets;
    }

    private static boolean passes(PacketFilter filter, byte[] packet) {
        // Whole pages, the packet at their very end: reading on would end the process.
        try (MemoryRegion memory = MemoryRegion.allocate(4096)) {
            long address = memory.address() + memory.size() - packet.length;
            Memory.copy(packet, 0, address, packet.length);
            return filter.passes(address, packet.length);
        }
    }

    /** Sound headers with everything else at random, from few values, so that each expression finds some. */
    private static List<byte[]> packets(Random random, int count) {
        List<byte[]> packets = new ArrayList<>();
        int[] protocols = {6, 17, 132, 1, 58, 4, 47};
        int[] ports = {53, 80, 70, 1024};
        for (int i = 0; i < count; i++) {
            boolean isIpv6 = random.nextInt(3) == 0;
            int payload = 20 + random.nextInt(40);
            int header = isIpv6 ? 40 : 20 + 4 * random.nextInt(3);
            byte[] packet = new byte[header + payload];
            random.nextBytes(packet);
            int protocol = protocols[random.nextInt(protocols.length)];
            if (isIpv6) {
                packet[0] = 0x60;
                packet[4] = 0;
                packet[5] = (byte) payload;
                boolean isFragment = random.nextInt(4) == 0;
                packet[6] = (byte) (isFragment ? 44 : protocol);
                for (int side = 8; side <= 24; side += 16) {
                    byte[] address = HexFormat.of().parseHex("20010db8000000000000000000000000");
                    address[15] = (byte) random.nextInt(4);
                    System.arraycopy(address, 0, packet, side, 16);
                }
                if (isFragment) {
                    packet[40] = (byte) protocol;
                }
            } else {
                packet[0] = (byte) (0x40 | header / 4);
                packet[2] = 0;
                packet[3] = (byte) packet.length;
                packet[6] = 0;
                packet[7] = (byte) (random.nextInt(4) == 0 ? 5 : 0);
                packet[9] = (byte) protocol;
                for (int side = 12; side <= 16; side += 4) {
                    packet[side] = 10;
                    packet[side + 1] = 0;
                    packet[side + 2] = 0;
                    packet[side + 3] = (byte) random.nextInt(4);
                }
            }
            packet[header] = (byte) (protocol == 1 ? 8 * random.nextInt(2) : protocol == 58 ? 135 : 0);
            packet[header + 1] = (byte) ports[random.nextInt(3)];
            packet[header + 2] = 0;
            packet[header + 3] = (byte) ports[random.nextInt(3)];
            packet[header + 4] = 0;
            packet[header + 5] = (byte) (20 + random.nextInt(2));
            packets.add(packet);
        }
        return packets;
    }

    @Test
    void isToldByItsExpression() throws IOException {
        assertThat(PacketFilter.parse("udp port 53"))
                .hasToString("udp port 53")
                .isEqualTo(PacketFilter.parse("udp port 53"));
    }
}
