package io.portledger.lwaftr.forwarding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.LwaftrCommand;
import io.portledger.packet.CaptureReader;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.CapturedPacket;
import io.portledger.packet.LinkType;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CheckCommandTest {

    private static final Instant T0 = Instant.parse("2026-11-23T14:00:00Z");

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeConfiguration() throws IOException {
        Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:0:100:0:c000:201:22,192.0.2.1,0,6,34,2001:db8:ffff::1
                2001:db8:0:200:0:c000:201:23,192.0.2.1,0,6,35,2001:db8:ffff::1
                """);
        Files.writeString(file("lwaftr.yaml"), """
                lwaftr:
                  br-addresses: ["2001:db8:ffff::1"]
                  ipv4-address: 203.0.113.1
                  binding-table: bindings.csv
                """);
    }

    @Test
    void forwardsRawCapturesOfBothSidesInTurn() throws IOException {
        write("in4.pcap", LinkType.RAW, Vectors.A1, Vectors.D1);
        write("in6.pcap", LinkType.RAW, Vectors.B1, Vectors.I1, Vectors.G1);
        assertThat(check("--in4", "in4.pcap", "--in6", "in6.pcap", "--out4", "out4.pcap", "--out6", "out6.pcap"))
                .as(err.toString())
                .isZero();
        assertThat(read("out4.pcap")).containsExactly(Vectors.B2, Vectors.D2, Vectors.I2);
        assertThat(read("out6.pcap")).containsExactly(Vectors.A2, Vectors.G2);
        assertThat(out).hasToString("5 packets in, 5 packets out\n");
    }

    @ParameterizedTest
    @CsvSource({"RAW, RAW", "IPV4, IPV6", "NULL, NULL", "ETHERNET, ETHERNET"})
    void outputsHaveTheLinkTypeOfTheirInputAndItsTime(LinkType ipv4Type, LinkType ipv6Type) throws IOException {
        write("in4.pcap", ipv4Type, frame(ipv4Type, false, Vectors.A1));
        write("in6.pcap", ipv6Type, frame(ipv6Type, true, Vectors.B1));
        check("--in4", "in4.pcap", "--in6", "in6.pcap", "--out4", "out4.pcap", "--out6", "out6.pcap");
        CapturedPacket ipv4 = CaptureReader.readAll(file("out4.pcap")).getFirst();
        CapturedPacket ipv6 = CaptureReader.readAll(file("out6.pcap")).getFirst();
        assertThat(ipv4.linkType()).isEqualTo(ipv4Type);
        assertThat(ipv6.linkType()).isEqualTo(ipv6Type);
        assertThat(ipv4.at()).isEqualTo(T0);
        assertThat(HexFormat.of().formatHex(ipv4.frame())).isEqualTo(frame(ipv4Type, false, Vectors.B2));
        assertThat(HexFormat.of().formatHex(ipv6.frame())).isEqualTo(frame(ipv6Type, true, Vectors.A2));
    }

    @Test
    void aMissingInputLeavesItsOutputWithTheTypeOfTheOther() throws IOException {
        write("in4.pcap", LinkType.IPV4, Vectors.A1);
        check("--in4", "in4.pcap", "--out4", "out4.pcap", "--out6", "out6.pcap");
        assertThat(read("out4.pcap")).isEmpty();
        assertThat(read("out6.pcap")).containsExactly(Vectors.A2);
        assertThat(CaptureReader.readAll(file("out6.pcap")).getFirst().linkType())
                .isEqualTo(LinkType.IPV6);
    }

    @Test
    void speaksVlanAndIgnoresFramesOfOthersAndPadding() throws IOException {
        Files.writeString(file("lwaftr.yaml"), """
                lwaftr:
                  binding-table: bindings.csv
                  ipv4-side: { ethernet: { mac: "02:00:00:00:00:0a", next-hop-mac: "02:00:00:00:00:0b", vlan: 164 } }
                  ipv6-side: { ethernet: { mac: "02:00:00:00:00:0c", next-hop-mac: "02:00:00:00:00:0d", vlan: 125 } }
                """);
        String arrival = "0200000000ff0200000000fe";
        write(
                "in4.pcap",
                LinkType.ETHERNET,
                arrival + "810000a40800" + Vectors.A1 + "000000000000000000",
                arrival + "810000a50800" + Vectors.A1,
                arrival + "0800" + Vectors.A1,
                arrival + "810000a40806" + "0001080006040001");
        check("--in4", "in4.pcap", "--out4", "out4.pcap", "--out6", "out6.pcap", "--counters", "counters.json");
        assertThat(read("out6.pcap")).containsExactly("02000000000d02000000000c8100007d86dd" + Vectors.A2);
        assertThat(counters()).contains("\"in-ipv4-packets\": 4,", "\"drop-misplaced-not-ipv4-packets\": 3,");
    }

    /** The next hop of the IPv6 side answers in the capture itself, between two packets. */
    @Test
    void asksForNextHopsAtOnceAndSendsToThemWhenTheyHaveAnswered() throws IOException {
        Files.writeString(file("lwaftr.yaml"), """
                lwaftr:
                  binding-table: bindings.csv
                  ipv4-side: { ethernet: { mac: "02:00:00:00:00:0a", next-hop: 203.0.113.2 } }
                  ipv6-side: { ethernet: { mac: "02:00:00:00:00:0c", next-hop: "2001:db8:cafe::99" } }
                """);
        String peer = "02000000000d";
        byte[] answer = Packets.icmpv6(
                Ipv6Address.parse("2001:db8:cafe::99"),
                Engine.BR,
                136,
                0,
                0x6000_0000,
                Engine.hex("20010db8cafe00000000000000000099" + "0201" + peer));
        answer[7] = (byte) 255;
        write(
                "in4.pcap",
                LinkType.ETHERNET,
                "68686868686802000000000b0800" + Vectors.A1,
                "0800".repeat(4) + Vectors.A1,
                "68686868686802000000000b0800" + Vectors.A1);
        write(
                "in6.pcap",
                LinkType.ETHERNET,
                "02000000000c" + peer + "86dd" + HexFormat.of().formatHex(answer));
        check(
                "--in4",
                "in4.pcap",
                "--in6",
                "in6.pcap",
                "--out4",
                "out4.pcap",
                "--out6",
                "out6.pcap",
                "--counters",
                "counters.json");
        assertThat(read("out4.pcap"))
                .singleElement()
                .satisfies(arp -> assertThat(arp)
                        .startsWith("ffffffffffff02000000000a0806")
                        .endsWith("000000000000cb007102"));
        assertThat(read("out6.pcap"))
                .satisfiesExactly(
                        solicitation -> assertThat(solicitation).startsWith("3333ff00009902000000000c86dd6"),
                        packet -> assertThat(packet).isEqualTo(peer + "02000000000c86dd" + Vectors.A2));
        assertThat(counters()).contains("\"drop-no-neighbour-ipv6-packets\": 1,", "\"neighbour-ipv6-packets\": 1,");
    }

    @Test
    void writesEveryCounterByTheNameThatOperatorsKnow() throws IOException {
        write("in4.pcap", LinkType.RAW, Vectors.A1, Vectors.D1);
        write("in6.pcap", LinkType.RAW, Vectors.B1, Vectors.C1, Vectors.G1);
        check("--in4", "in4.pcap", "--in6", "in6.pcap", "--counters", "counters.json");
        assertThat(counters())
                .startsWith("{\n")
                .endsWith("\n}\n")
                .contains(
                        "\"in-ipv4-packets\": 2,",
                        "\"in-ipv4-bytes\": 66,",
                        "\"out-ipv4-packets\": 1,",
                        "\"out-icmpv4-packets\": 1,",
                        "\"out-icmpv6-packets\": 1,",
                        "\"hairpin-ipv4-packets\": 1,",
                        "\"drop-no-source-softwire-ipv6-packets\": 1,",
                        "\"drop-no-source-softwire-ipv6-bytes\": 73,",
                        "\"drop-no-dest-softwire-ipv4-packets\": 1,");
        for (Counter counter : Counter.values()) {
            assertThat(counters()).contains("\"" + counter.label() + "-packets\": ");
        }
    }

    @Test
    void provisioningRequestsAreCountedAndGetNoAnswer() throws IOException {
        byte[] plain = Packets.udpIpv6(Engine.OTHER_B4, Engine.BR, 5000, 5351, new byte[60]);
        byte[] inside = Packets.fromB4(Packets.udpIpv4("192.0.0.2", "192.0.0.1", 5000, 5351, new byte[60]));
        HexFormat hex = HexFormat.of();
        write("in6.pcap", LinkType.RAW, hex.formatHex(plain), hex.formatHex(inside));
        check("--in6", "in6.pcap", "--out6", "out6.pcap", "--counters", "counters.json");

        assertThat(read("out6.pcap")).isEmpty();
        assertThat(Files.readString(file("counters.json")))
                .contains("\"provisioning-ipv6-packets\": 1", "\"provisioning-ipv4-packets\": 1");
    }

    @Test
    void givesTheSameFilesEachTime() throws IOException {
        write(
                "in4.pcap",
                LinkType.RAW,
                HexFormat.of().formatHex(Packets.ipv4("198.51.100.7", "192.0.2.1", 17, Packets.udp(53, 35000, 3000))));
        check("--in4", "in4.pcap", "--out6", "first.pcap");
        check("--in4", "in4.pcap", "--out6", "second.pcap");
        assertThat(file("first.pcap")).hasSameBinaryContentAs(file("second.pcap"));
        assertThat(read("first.pcap")).hasSize(3);
    }

    @Test
    void readsBindingsInJsonAndPsidLengthSixteenInCsv() throws IOException {
        Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:0:100:0:c000:201:22,192.0.2.1,0,16,35000,2001:db8:ffff::1
                2001:db8:0:100:0:c000:201:22,192.0.2.1,0,16,35001,2001:db8:ffff::1
                """);
        write("in4.pcap", LinkType.RAW, Vectors.A1);
        check("--in4", "in4.pcap", "--out6", "out6.pcap");
        assertThat(read("out6.pcap")).containsExactly(Vectors.A2);

        Files.writeString(directory.resolve("bindings.json"), """
                {"ietf-softwire-br:br-instances": {"binding": {"bind-instance": [{
                  "name": "one", "softwire-num-max": 10, "softwire-payload-mtu": 1460, "softwire-path-mru": 1500,
                  "binding-table": {"binding-entry": [{
                    "binding-ipv6info": "2001:db8:0:100:0:c000:201:22", "binding-ipv4-addr": "192.0.2.1",
                    "port-set": {"psid-offset": 0, "psid-len": 6, "psid": 34},
                    "br-ipv6-addr": "2001:db8:ffff::1"}]}}]}}}
                """);
        Files.writeString(file("lwaftr.yaml"), "lwaftr: { binding-table: bindings.json }\n");
        check("--in4", "in4.pcap", "--out6", "out6.pcap");
        assertThat(err.toString()).isEmpty();
        assertThat(read("out6.pcap")).containsExactly(Vectors.A2);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        assertThat(check("--in4", "missing.pcap")).isEqualTo(2);
        Files.writeString(file("broken.pcap"), "no capture");
        assertThat(check("--in4", "broken.pcap")).isEqualTo(2);
        Files.writeString(file("lwaftr.yaml"), "lwaftr: { ipv6-side: { mtu: 1279 } }\n");
        assertThat(check()).isEqualTo(2);
        Files.writeString(file("lwaftr.yaml"), "lwaftr: { ipv4-side: { ingress-filter: \"icmp or tpc\" } }\n");
        assertThat(check()).isEqualTo(2);
        assertThat(err.toString().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("lwaftr check: ").contains("missing.pcap"),
                        line -> assertThat(line).contains("broken.pcap is no capture file"),
                        line -> assertThat(line).contains("mtu").contains("1280 and more"),
                        line -> assertThat(line).contains("ingress-filter").contains("at \"tpc\""));
    }

    /** Everything that leaves is sound to an independent dissector. */
    @Test
    void tsharkFindsNoFaultInWhatComesOut() throws Exception {
        List<String> in4 = new ArrayList<>(List.of(Vectors.A1, Vectors.D1, Vectors.E2, Vectors.F1));
        in4.add(HexFormat.of().formatHex(Packets.ipv4("198.51.100.7", "192.0.2.1", 17, Packets.udp(53, 35000, 3000))));
        in4.add(HexFormat.of()
                .formatHex(Packets.ipv4("198.51.100.7", "203.0.113.1", 1, Packets.icmp(8, 0, 1, new byte[33]))));
        write("in4.pcap", LinkType.RAW, in4.toArray(String[]::new));
        write("in6.pcap", LinkType.RAW, Vectors.B1, Vectors.C1, Vectors.E1, Vectors.G1, Vectors.I1);
        check("--in4", "in4.pcap", "--in6", "in6.pcap", "--out4", "out4.pcap", "--out6", "out6.pcap");
        assertThat(tshark("out4.pcap", "ip")).isEqualTo(5);
        assertThat(tshark("out6.pcap", "ipv6")).isEqualTo(8);
        String faulty =
                "_ws.malformed or ip.checksum.status==0 or icmp.checksum.status==0" + " or icmpv6.checksum.status==0";
        assertThat(tshark("out4.pcap", faulty)).isZero();
        assertThat(tshark("out6.pcap", faulty)).isZero();
    }

    private long tshark(String name, String filter) throws Exception {
        // The payload of the test packets is no DNS, whatever their ports are.
        List<String> command = List.of(
                "tshark",
                "-n",
                "--disable-protocol",
                "dns",
                "-o",
                "ip.check_checksum:TRUE",
                "-r",
                file(name).toString(),
                "-Y",
                filter);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor()).as("tshark's exit status").isZero();
            return printed.lines().count();
        } catch (IOException e) {
            throw new AssertionError("This test needs tshark: install the Debian package tshark", e);
        }
    }

    private int check(String... arguments) {
        List<String> all = new ArrayList<>(List.of("check", file("lwaftr.yaml").toString()));
        for (String argument : arguments) {
            all.add(argument.startsWith("--") ? argument : file(argument).toString());
        }
        return new CommandLine(new LwaftrCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(all.toArray(String[]::new));
    }

    private String counters() throws IOException {
        return Files.readString(file("counters.json"));
    }

    private static String frame(LinkType linkType, boolean isIpv6, String packet) {
        return switch (linkType) {
            case ETHERNET -> "686868686868121212121212" + (isIpv6 ? "86dd" : "0800") + packet;
            case NULL -> (isIpv6 ? "1e000000" : "02000000") + packet;
            case RAW, IPV4, IPV6 -> packet;
            case LOOP -> (isIpv6 ? "0000001c" : "00000002") + packet;
            case LINUX_SLL -> "0000000100060000000000000000" + (isIpv6 ? "86dd" : "0800") + packet;
            case LINUX_SLL2 -> (isIpv6 ? "86dd" : "0800") + "000000000002000100060000000000000000" + packet;
        };
    }

    private void write(String name, LinkType linkType, String... frames) throws IOException {
        try (CaptureWriter writer = CaptureWriter.create(file(name), linkType)) {
            for (int i = 0; i < frames.length; i++) {
                writer.write(T0.plusMillis(i), Engine.hex(frames[i]));
            }
        }
    }

    private List<String> read(String name) throws IOException {
        return CaptureReader.readAll(file(name)).stream()
                .map(packet -> HexFormat.of().formatHex(packet.frame()))
                .toList();
    }

    private Path file(String name) {
        return directory.resolve(name);
    }
}
