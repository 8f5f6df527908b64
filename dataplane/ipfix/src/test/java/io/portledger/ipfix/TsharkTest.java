package io.portledger.ipfix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wireshark's dissector reads the encoder's messages as we mean them. */
class TsharkTest {

    @TempDir
    private Path directory;

    @Test
    void readsATemplateAndItsRecord() throws Exception {
        List<String> lines = dissect(List.of(NatLoggingVectors.octets(NatLoggingVectors.MINI)));
        assertThat(lines)
                .containsSubsequence(
                        "Length: 108",
                        "FlowSequence: 0",
                        "Observation Domain Id: 1",
                        "Observation Time Milliseconds: Nov 14, 2023 22:13:20.123000000 UTC",
                        "Nat Event: Port block allocation (16)",
                        "SrcAddr: 2001:db8:0:100:0:c000:201:22",
                        "Post NAT Source IPv4 Address: 192.0.2.1",
                        "Port Range Start: 34816",
                        "Port Range End: 35839",
                        "Port Range Step Size: 1",
                        "Port Range Num Ports: 1024",
                        "NAT Instance ID: 1",
                        "Padding: 000000");
    }

    @Test
    void readsARecordOfEveryTemplate() throws Exception {
        List<String> lines = dissect(List.of(
                NatLoggingVectors.octets(NatLoggingVectors.TEMPLATES),
                NatLoggingVectors.octets(NatLoggingVectors.RECORDS)));
        assertThat(lines)
                .containsSubsequence(
                        "Nat Event: Port block allocation (16)",
                        "Port Range Num Ports: 1024",
                        "Nat Event: Port block allocation (16)",
                        "Port Range End: 35839",
                        "Observation Time Milliseconds: Nov 14, 2023 22:14:20.123000000 UTC",
                        "Nat Event: Port block de-allocation (17)",
                        "Nat Event: NAT44 session create (4)",
                        "SrcAddr: 192.168.1.10",
                        "Post NAT Source IPv4 Address: 192.0.2.9",
                        "Protocol: TCP (6)",
                        "SrcPort: 40000 (40000)",
                        "Post NAPT Source Transport Port: 2000",
                        "SrcAddr: 2001:db8:0:100:0:c000:201:22",
                        "Observation Time Milliseconds: Nov 14, 2023 22:13:25.123000000 UTC",
                        "Nat Event: NAT44 session delete (5)",
                        "Nat Event: Address binding create (14)",
                        "Nat Event: Address binding delete (15)",
                        "Nat Event: Quota Exceeded (13)",
                        "NAT Quota Exceeded Event: Maximum active hosts or subscribers (4)",
                        "Max Subscribers: 1000",
                        "Nat Event: NAT Addresses exhausted (3)",
                        "Nat Pool Id: 7",
                        "Nat Event: Threshold Reached (18)",
                        "NAT Threshold Event: Address pool high threshold event (1)",
                        "Nat Pool Id: 7",
                        "Addresspool High Threshold: 900",
                        "Nat Event: NAT ports exhausted (12)",
                        "Protocol: UDP (17)",
                        "Nat Event: Port block allocation (16)",
                        "User Name: subscriber-0001",
                        "FlowExporter: 1",
                        "PacketsExp: 10",
                        "FlowsExp: 11",
                        "OctetsExp: 12345");
    }

    @Test
    void readsEnterpriseFieldsAndAContinuedSequence() throws Exception {
        Lw4o6Elements own = Lw4o6Elements.of(Lw4o6Elements.DOCUMENTATION_ENTERPRISE);
        Template template = Template.of(300, own.psidOffset(), own.psidLength(), own.psid(), own.brAddress());
        RecordMapping<Integer> mapping = (psid, fields) ->
                fields.putUnsigned(4).putUnsigned(6).putUnsigned(psid).putIpv6(0x2001_0db8_ffff_0000L, 1);
        IpfixEncoder encoder = new IpfixEncoder(1, 1232);
        ByteBuf first = Unpooled.buffer();
        encoder.begin(first, 1_700_000_000L);
        encoder.addTemplate(template);
        encoder.addRecord(template, 34, mapping);
        encoder.end();
        ByteBuf second = Unpooled.buffer();
        encoder.begin(second, 1_700_000_001L);
        encoder.addRecord(template, 35, mapping);
        encoder.addRecord(template, 36, mapping);
        encoder.end();
        assertThat(dissect(List.of(first, second)))
                .noneMatch(line -> line.contains("Unexpected"))
                .anyMatch(line -> line.contains(
                                "Enterprise Private entry: (Example Enterprise Number for Documentation Use) Type 3")
                        && line.endsWith("Value (hex bytes): 00 22"))
                .anyMatch(line -> line.contains("Type 4")
                        && line.endsWith("Value (hex bytes): 20 01 0d b8 ff ff 00 00 00 00 00 00 00 00 00 01"))
                .anyMatch(line -> line.equals("FlowSequence: 1"))
                .anyMatch(line -> line.endsWith("Value (hex bytes): 00 24"));
    }

    /** What tshark says of these messages in UDP datagrams, line by line. */
    private List<String> dissect(List<ByteBuf> messages) throws IOException, InterruptedException {
        Path capture = directory.resolve("messages.pcap");
        try (OutputStream file = Files.newOutputStream(capture)) {
            // LINKTYPE_RAW: packets begin with the IP header.
            ByteBuf header =
                    Unpooled.buffer().writeInt(0xa1b2c3d4).writeShort(2).writeShort(4);
            header.writeLong(0).writeInt(65535).writeInt(101).readBytes(file, 24);
            for (ByteBuf message : messages) {
                int length = 48 + message.readableBytes();
                ByteBuf packet = Unpooled.buffer();
                packet.writeInt(1_700_000_000).writeInt(0).writeInt(length).writeInt(length);
                packet.writeInt(0x6000_0000)
                        .writeShort(length - 40)
                        .writeByte(17)
                        .writeByte(64);
                packet.writeLong(0x2001_0db8_0000_0000L)
                        .writeLong(1)
                        .writeLong(0x2001_0db8_0000_0000L)
                        .writeLong(2);
                packet.writeShort(40001)
                        .writeShort(4739)
                        .writeShort(length - 40)
                        .writeShort(0);
                packet.writeBytes(message, message.readerIndex(), message.readableBytes());
                packet.readBytes(file, packet.readableBytes());
            }
        }
        Process tshark;
        try {
            tshark = new ProcessBuilder("tshark", "-r", capture.toString(), "-d", "udp.port==4739,cflow", "-O", "cflow")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return fail("tshark cannot be started: install the Debian package tshark", e);
        }
        List<String> lines = tshark.inputReader().lines().map(String::strip).toList();
        assertThat(tshark.waitFor()).isZero();
        assertThat(lines)
                .isNotEmpty()
                .noneMatch(line -> line.contains("Malformed") || line.contains("No template found"));
        return lines;
    }
}
