package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import io.portledger.pcp.PcpRequest;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wireshark's dissector reads the server's answers as we mean them. */
class PcpTsharkTest {

    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Ipv6Address SERVER = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address CLIENT = Ipv6Address.parse("2001:db8:0:100::1");
    private static final int UDP = 17;

    @TempDir
    private Path directory;

    private final BindingTable table = new BindingTable();
    private final PcpService service = new PcpService(
            new Provisioner(
                    new LeaseTable(List.of(new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.1"))), table, SERVER),
                    new Subscribers(),
                    null,
                    () -> NOW),
            null,
            List.of(),
            NOW.minusSeconds(12345));

    @AfterEach
    void freeTheTable() {
        table.close();
    }

    @Test
    void readsWhatIsMappedAndForHowLong() throws Exception {
        assertThat(dissect(
                        "020000000000000020010db8000001000000000000000001",
                        "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000"
                                + "000000000000ffff0000000082000005ffff000100000000"))
                .containsSubsequence(
                        "Version: 2",
                        ".000 0000 = Opcode: Announce (0)",
                        "Result Code: Success (0)",
                        "Epoch Time: 12345",
                        "Version: 2",
                        ".000 0001 = Opcode: Map (1)",
                        "Result Code: Success (0)",
                        "Lifetime: 3600",
                        "Epoch Time: 12345",
                        "Mapping Nonce: a1b2c3d4e5f60718293a4b5c",
                        "Internal Port: 1",
                        "Assigned External Port: 1024",
                        "Assigned External IP Address: ::ffff:192.0.2.1",
                        "Option: Port Set (130)",
                        "Option Length: 5",
                        "Port Set Size: 1024",
                        "Assigned First Port: 1024",
                        "Padding: 000000");
    }

    @Test
    void readsWhyARequestIsRefused() throws Exception {
        assertThat(dissect(
                        // No port is mapped alone without a binding.
                        "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c1100000013c4000000000000"
                                + "000000000000ffff00000000",
                        "0202000000000e1020010db8000001000000000000000002a1b2c3d4e5f60718293a4b5c1100000013c4000000000000"
                                + "000000000000ffff00000000"
                                + "01bb000000000000000000000000ffffcb007107"))
                .containsSubsequence(
                        ".000 0001 = Opcode: Map (1)",
                        "Result Code: No resources (8)",
                        "Lifetime: 30",
                        ".000 0010 = Opcode: Peer (2)",
                        "Result Code: Address mismatch (12)",
                        "Lifetime: 1800");
    }

    private List<String> dissect(String... requests) throws IOException, InterruptedException {
        List<ByteBuf> answers = new ArrayList<>();
        for (String request : requests) {
            service.serve(
                    Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(request)),
                    CLIENT,
                    CLIENT,
                    40000,
                    NOW,
                    answers::add);
        }
        assertThat(answers).hasSameSizeAs(requests);
        Path capture = directory.resolve("answers.pcap");
        try (CaptureWriter writer = CaptureWriter.create(capture, LinkType.RAW)) {
            for (ByteBuf answer : answers) {
                int length = 8 + answer.readableBytes();
                ByteBuffer packet = ByteBuffer.allocate(40 + length)
                        .putInt(0x6000_0000)
                        .putShort((short) length)
                        .put((byte) UDP)
                        .put((byte) 64)
                        .put(SERVER.toBytes())
                        .put(CLIENT.toBytes())
                        .putShort((short) PcpRequest.SERVER_PORT)
                        .putShort((short) 40000)
                        .putShort((short) length)
                        .putShort((short) 0);
                packet.put(ByteBufUtil.getBytes(answer));
                writer.write(NOW, packet.array());
                answer.release();
            }
        }
        Process tshark;
        try {
            tshark = new ProcessBuilder("tshark", "-r", capture.toString(), "-O", "portcontrol")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return fail("tshark cannot be started: install the Debian package tshark", e);
        }
        List<String> lines = tshark.inputReader().lines().map(String::strip).toList();
        assertThat(tshark.waitFor()).isZero();
        assertThat(lines).isNotEmpty().noneMatch(line -> line.contains("Malformed"));
        return lines;
    }
}
