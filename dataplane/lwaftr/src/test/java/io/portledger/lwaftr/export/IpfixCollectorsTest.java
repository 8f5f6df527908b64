package io.portledger.lwaftr.export;

import static io.portledger.lwaftr.export.Changes.BR;
import static io.portledger.lwaftr.export.Changes.CREATED_AT;
import static io.portledger.lwaftr.export.Changes.RANGE;
import static io.portledger.lwaftr.export.Changes.SCATTERED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingChange.Kind;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Collectors that we did not write read what the lwAFTR exports. */
class IpfixCollectorsTest {

    private static final Instant DELETED_AT = CREATED_AT.plusSeconds(60);

    /** One of each form of ports, and of each kind of change. */
    private static final List<BindingChange> CHANGES = List.of(
            Changes.created(RANGE, Ipv6Address.UNSPECIFIED, null),
            Changes.created(RANGE, BR, null),
            Changes.created(RANGE, BR, "subscriber-0001"),
            Changes.created(PortSet.WHOLE_ADDRESS, BR, null),
            Changes.created(SCATTERED, BR, "subscriber-0001"),
            Changes.change(Kind.DELETED, DELETED_AT, RANGE, BR, null),
            Changes.change(Kind.DELETED, DELETED_AT, PortSet.WHOLE_ADDRESS, BR, null),
            Changes.change(Kind.DELETED, DELETED_AT, SCATTERED, BR, null));

    @TempDir
    private Path directory;

    private int port;

    @BeforeEach
    void chooseAPort() throws IOException {
        port = UdpReceiver.freePort();
    }

    @Test
    void nfdumpReadsEventHolderAndTime() throws Exception {
        Path flows = Files.createDirectory(directory.resolve("flows"));
        try (Program nfcapd = Program.start(
                "nfdump",
                "nfcapd",
                "-p",
                Integer.toString(port),
                "-b",
                "127.0.0.1",
                "-w",
                flows.toString(),
                "-t",
                "60")) {
            await().until(() -> Program.isUdpPortOpen(port));
            export();
            await().until(() -> Program.isUdpPortDrained(port));
            nfcapd.stop();
        }
        String json = String.join("\n", Program.run("nfdump", "nfdump", "-R", flows.toString(), "-o", "json"));
        assertThat(values(json, "nat_event_id"))
                .containsExactlyInAnyOrder("16", "16", "16", "14", "16", "17", "15", "17");
        assertThat(values(json, "src6_addr")).hasSize(CHANGES.size()).containsOnly("2001:db8:0:100:0:c000:201:22");
        assertThat(values(json, "src4_xlt_ip")).hasSize(CHANGES.size()).containsOnly("192.0.2.1");
        assertThat(values(json, "t_event"))
                .hasSize(CHANGES.size())
                .allMatch(time -> time.endsWith("13:20.123") || time.endsWith("14:20.123"));
    }

    @Test
    void nfacctdReadsEveryFieldOfFixedLength() throws Exception {
        Path primitives = Files.writeString(directory.resolve("primitives.lst"), """
                name=obsTime field_type=323 len=8 semantics=u_int
                name=prStart field_type=361 len=2 semantics=u_int
                name=prEnd field_type=362 len=2 semantics=u_int
                name=prStep field_type=363 len=2 semantics=u_int
                name=prNum field_type=364 len=2 semantics=u_int
                name=natInst field_type=463 len=4 semantics=u_int
                """);
        Path configuration = Files.writeString(
                directory.resolve("nfacctd.conf"), """
                daemonize: false
                nfacctd_ip: 127.0.0.1
                nfacctd_port: %d
                aggregate_primitives: %s
                plugins: print[a]
                aggregate[a]: src_host, post_nat_src_host, nat_event, obsTime, prStart, prEnd, prStep, prNum, natInst
                print_output: json
                print_refresh_time: 1
                print_output_file[a]: %s
                print_output_file_append[a]: true
                """.formatted(port, primitives, directory.resolve("records.json")));
        Path records = directory.resolve("records.json");
        try (Program nfacctd = Program.start("pmacct", "nfacctd", "-f", configuration.toString())) {
            // The port is open before the plugin listens to whoever reads it.
            await().until(() -> nfacctd.lines().stream().anyMatch(line -> line.contains("waiting for NetFlow/IPFIX"))
                    && nfacctd.lines().stream().anyMatch(line -> line.contains("a/print ): JSON")));
            export();
            // Records that differ in nothing that is asked for are one line, or two if they were written down apart.
            Set<String> expected = Set.of(
                    record(16, "1700000000123", 34816, 35839, 1, 1024),
                    record(14, "1700000000123", 0, 0, 0, 0),
                    record(16, "1700000000123", 0, 0, 0, 0),
                    record(17, "1700000060123", 34816, 35839, 1, 1024),
                    record(15, "1700000060123", 0, 0, 0, 0),
                    record(17, "1700000060123", 0, 0, 0, 0));
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(records)
                            .as(() -> String.join("\n", nfacctd.lines()))
                            .exists()
                            .content()
                            .satisfies(text -> assertThat(text.lines()).containsOnly(expected.toArray(String[]::new))));
            nfacctd.stop();
        }
    }

    /** How nfacctd writes a record; an element that a template does not have is 0. */
    private static String record(int natEvent, String time, int first, int last, int step, int count) {
        return """
                {"event_type": "purge", "ip_src": "2001:db8:0:100:0:c000:201:22", "post_nat_ip_src": "192.0.2.1", \
                "nat_event": %d, "obstime": "%s", "prstart": "%d", "prend": "%d", "prstep": "%d", "prnum": "%d", \
                "natinst": "1"}""".formatted(natEvent, time, first, last, step, count);
    }

    @Test
    void tsharkReadsEveryField() throws Exception {
        List<byte[]> datagrams;
        try (UdpReceiver receiver = UdpReceiver.open(port)) {
            export();
            await().until(() -> receiver.datagrams().size() == IpfixExporter.TEMPLATE_COPIES + 1);
            datagrams = receiver.datagrams();
        }
        Path capture = directory.resolve("export.pcap");
        try (CaptureWriter writer = CaptureWriter.create(capture, LinkType.RAW)) {
            for (byte[] datagram : datagrams) {
                writer.write(CREATED_AT, udpOverIpv6(datagram));
            }
        }
        List<String> lines =
                Program.run("tshark", "tshark", "-r", capture.toString(), "-d", "udp.port==4739,cflow", "-O", "cflow")
                        .stream()
                        .map(String::strip)
                        .toList();
        assertThat(lines)
                .noneMatch(line ->
                        line.contains("Malformed") || line.contains("Unexpected") || line.contains("No template"));
        String br = "20 01 0d b8 ff ff 00 00 00 00 00 00 00 00 00 01";
        assertThat(lines.subList(lines.lastIndexOf("FlowSequence: 0"), lines.size()).stream()
                        .filter(
                                line -> line.matches(
                                        "(Observation Time|Nat Event|SrcAddr|Post NAT|Port Range|NAT Instance|User Name).*|Enterprise.*Value.*"))
                        .map(line -> line.replaceAll(
                                "Enterprise Private entry: .*Type (\\d+): Value \\(hex bytes\\)", "own $1")))
                .containsSubsequence(
                        "Observation Time Milliseconds: Nov 14, 2023 22:13:20.123000000 UTC",
                        "Nat Event: Port block allocation (16)",
                        "SrcAddr: 2001:db8:0:100:0:c000:201:22",
                        "Post NAT Source IPv4 Address: 192.0.2.1",
                        "Port Range Start: 34816",
                        "Port Range End: 35839",
                        "Port Range Step Size: 1",
                        "Port Range Num Ports: 1024",
                        "NAT Instance ID: 1",
                        "Port Range Num Ports: 1024",
                        "NAT Instance ID: 1",
                        "own 4: " + br,
                        "Port Range Num Ports: 1024",
                        "NAT Instance ID: 1",
                        "own 4: " + br,
                        "User Name: subscriber-0001",
                        "Nat Event: Address binding create (14)",
                        "NAT Instance ID: 1",
                        "own 4: " + br,
                        "Nat Event: Port block allocation (16)",
                        "own 1: 04",
                        "own 2: 06",
                        "own 3: 00 22",
                        "NAT Instance ID: 1",
                        "own 4: " + br,
                        "User Name: subscriber-0001",
                        "Observation Time Milliseconds: Nov 14, 2023 22:14:20.123000000 UTC",
                        "Nat Event: Port block de-allocation (17)",
                        "Port Range Start: 34816",
                        "Port Range End: 35839",
                        "Nat Event: Address binding delete (15)",
                        "Nat Event: Port block de-allocation (17)",
                        "own 3: 00 22");
    }

    @Test
    void tsharkReadsWhatBindingsCarriedAndWhatHappensToServiceClasses() throws Exception {
        List<byte[]> datagrams;
        try (UdpReceiver receiver = UdpReceiver.open(port)) {
            try (BindingExport export = BindingExport.start(settings(Duration.ofMinutes(5)), () -> CREATED_AT)) {
                export.onPoolEvent(Changes.HIGH);
                export.onPoolEvent(Changes.LOW);
                export.onPoolEvent(Changes.EXHAUSTED);
                for (PortSet ports : List.of(RANGE, PortSet.WHOLE_ADDRESS, SCATTERED)) {
                    export.onUsage(Changes.usage(ports, null), false);
                    export.onUsage(Changes.usage(ports, "subscriber-0001"), false);
                }
                await().until(() -> export.exporters().getFirst().recordCount() == 9);
            }
            await().until(() -> receiver.datagrams().size() == 2 * IpfixExporter.TEMPLATE_COPIES + 2);
            datagrams = receiver.datagrams();
        }
        Path capture = directory.resolve("export.pcap");
        try (CaptureWriter writer = CaptureWriter.create(capture, LinkType.RAW)) {
            for (byte[] datagram : datagrams) {
                writer.write(CREATED_AT, udpOverIpv6(datagram));
            }
        }
        List<String> lines =
                Program.run("tshark", "tshark", "-r", capture.toString(), "-d", "udp.port==4739,cflow", "-O", "cflow")
                        .stream()
                        .map(String::strip)
                        .toList();
        assertThat(lines)
                .noneMatch(line ->
                        line.contains("Malformed") || line.contains("Unexpected") || line.contains("No template"));
        // Of the templates there are lines too, but without values.
        assertThat(lines)
                .containsSubsequence(
                        "Nat Event: Threshold Reached (18)",
                        "NAT Threshold Event: Address pool high threshold event (1)",
                        "Nat Pool Id: 2",
                        "Addresspool High Threshold: 205",
                        "Nat Pool Name: default",
                        "NAT Threshold Event: Address pool low threshold event (2)",
                        "Addresspool Low Threshold: 192",
                        "Nat Event: NAT Addresses exhausted (3)",
                        "StartTime: Nov 14, 2023 22:13:20.123000000 UTC",
                        "EndTime: Nov 14, 2023 22:14:20.123000000 UTC",
                        "Port Range Start: 34816");
        assertThat(lines.stream().filter("User Name: subscriber-0001"::equals)).hasSize(3);
        assertThat(lines.stream().filter("Packets: 11"::equals)).hasSize(6);
        assertThat(lines.stream().filter("Octets: 12"::equals)).hasSize(6);
        assertThat(lines.stream().filter("Packets: 13 (Reverse Type 2 PKTS)"::equals))
                .hasSize(6);
        assertThat(lines.stream().filter("Octets: 14 (Reverse Type 1 BYTES)"::equals))
                .hasSize(6);
    }

    /** Exports {@link #CHANGES} to the port; when it returns, everything was sent. */
    private void export() {
        try (BindingExport export = BindingExport.start(settings(Duration.ZERO), () -> CREATED_AT)) {
            CHANGES.forEach(export::onChange);
            await().until(() -> export.exporters().getFirst().recordCount() == CHANGES.size());
            assertThat(export.exporters().getFirst().socketErrorCount()).isZero();
        }
    }

    private ExportSettings settings(Duration usageInterval) {
        return new ExportSettings(
                32473,
                1,
                new ExportSettings.Ipfix(
                        List.of(new HostPort("127.0.0.1", port)),
                        1,
                        Duration.ofMinutes(5),
                        1232,
                        Duration.ofMillis(20),
                        100,
                        usageInterval,
                        64),
                new ExportSettings.Syslog(List.of(), null, 1));
    }

    private static byte[] udpOverIpv6(byte[] payload) {
        int length = 8 + payload.length;
        return ByteBuffer.allocate(40 + length)
                .putInt(0x6000_0000)
                .putShort((short) length)
                .put((byte) 17)
                .put((byte) 64)
                .put(Ipv6Address.parse("2001:db8::1").toBytes())
                .put(Ipv6Address.parse("2001:db8::2").toBytes())
                .putShort((short) 40001)
                .putShort((short) 4739)
                .putShort((short) length)
                .putShort((short) 0)
                .put(payload)
                .array();
    }

    private static List<String> values(String json, String key) {
        return Pattern.compile("\"" + key + "\"\\s*:\\s*\"?([^\",}\\s]+)")
                .matcher(json)
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
