package io.portledger.packet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureTest {

    private static final byte[] FIRST = {1, 2, 3};
    private static final byte[] SECOND = {4, 5, 6, 7, 8};

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(LinkType.class)
    void readsWhatItWrote(LinkType linkType) throws IOException {
        Path file = directory.resolve("a.pcap");
        Instant at = Instant.parse("2026-11-23T14:02:07.123456Z");
        try (CaptureWriter writer = CaptureWriter.create(file, linkType)) {
            writer.write(at, FIRST);
            writer.write(at.plusSeconds(1), SECOND);
        }
        List<CapturedPacket> packets = CaptureReader.readAll(file);
        assertThat(packets).extracting(CapturedPacket::linkType).containsExactly(linkType, linkType);
        assertThat(packets).extracting(CapturedPacket::at).containsExactly(at, at.plusSeconds(1));
        assertThat(packets).extracting(CapturedPacket::frame).containsExactly(FIRST, SECOND);
    }

    @ParameterizedTest
    @CsvSource({
        "a1b2c3d4, true, .000123000", "a1b2c3d4, false, .000123000",
        "a1b23c4d, true, .000000123", "a1b23c4d, false, .000000123"
    })
    void readsBothByteOrdersAndBothResolutions(String magic, boolean isBigEndian, String fraction) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(43)
                .order(isBigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
                .putInt(Integer.parseUnsignedInt(magic, 16))
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65535)
                .putInt(101)
                .putInt(1_000_000_000)
                .putInt(123)
                .putInt(3)
                .putInt(60)
                .put(FIRST);
        List<CapturedPacket> packets = read(file.array());
        assertThat(packets).hasSize(1);
        assertThat(packets.getFirst().at()).isEqualTo(Instant.parse("2001-09-09T01:46:40" + fraction + "Z"));
        assertThat(packets.getFirst().frame()).isEqualTo(FIRST);
    }

    @Test
    void anEmptyCaptureHasALinkTypeAndNoPackets() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new CaptureWriter(out, LinkType.IPV6).close();
        try (CaptureReader reader = reader(out.toByteArray())) {
            assertThat(reader.linkType()).contains(LinkType.IPV6);
            assertThat(reader.next()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsPcapngWithSeveralInterfacesAndBlocksItDoesNotKnow(boolean isBigEndian) throws IOException {
        BlockFile file = new BlockFile(isBigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        file.section();
        file.block(1, file.buffer(8).putShort((short) 1).putShort((short) 0).putInt(0));
        // The second interface counts nanoseconds (option 9) from a second after the epoch (option 14).
        file.block(
                1,
                file.buffer(32)
                        .putShort((short) 101)
                        .putShort((short) 0)
                        .putInt(96)
                        .putShort((short) 9)
                        .putShort((short) 1)
                        .put((byte) 9)
                        .put(new byte[3])
                        .putShort((short) 14)
                        .putShort((short) 8)
                        .putLong(1)
                        .putInt(0));
        file.block(4, file.buffer(12));
        file.block(6, packet(file, 0, 1_500_000, FIRST));
        file.block(6, packet(file, 1, 2_000_000_007L, SECOND));
        file.block(3, file.buffer(8).putInt(3).put(FIRST));
        List<CapturedPacket> packets = read(file.toBytes());
        assertThat(packets)
                .extracting(CapturedPacket::linkType)
                .containsExactly(LinkType.ETHERNET, LinkType.RAW, LinkType.ETHERNET);
        assertThat(packets)
                .extracting(CapturedPacket::at)
                .containsExactly(Instant.ofEpochMilli(1500), Instant.ofEpochSecond(3, 7), Instant.EPOCH);
        assertThat(packets).extracting(CapturedPacket::frame).containsExactly(FIRST, SECOND, FIRST);
    }

    @Test
    void readsWhatToolsWroteAsPcapng() throws Exception {
        Path classic = directory.resolve("a.pcap");
        Path blocks = directory.resolve("a.pcapng");
        try (CaptureWriter writer = CaptureWriter.create(classic, LinkType.RAW)) {
            writer.write(Instant.ofEpochSecond(5, 6000), FIRST);
            writer.write(Instant.ofEpochSecond(7), SECOND);
        }
        try {
            Process editcap = new ProcessBuilder("editcap", "-F", "pcapng", classic.toString(), blocks.toString())
                    .redirectErrorStream(true)
                    .start();
            assertThat(editcap.waitFor())
                    .as(new String(editcap.getInputStream().readAllBytes(), UTF_8))
                    .isZero();
        } catch (IOException e) {
            throw new AssertionError("This test needs editcap: install the Debian package wireshark-common", e);
        }
        assertThat(Files.readAllBytes(blocks)[0]).isEqualTo((byte) 0x0a);
        List<CapturedPacket> packets = CaptureReader.readAll(blocks);
        assertThat(packets).extracting(CapturedPacket::frame).containsExactly(FIRST, SECOND);
        assertThat(packets.getFirst().at()).isEqualTo(Instant.ofEpochSecond(5, 6000));
    }

    @Test
    void saysWhatIsWrongWithAFile() {
        assertThatThrownBy(() -> read(new byte[3])).hasMessage("test.pcap is no capture file: it has 3 octets");
        assertThatThrownBy(() -> read("not a capture file at all".getBytes(UTF_8)))
                .hasMessage("test.pcap is no capture file: it begins with neither the mark of pcap nor of pcapng");
        assertThatThrownBy(() -> read(classic(127, 3, FIRST)))
                .isInstanceOf(CaptureFormatException.class)
                .hasMessage(
                        "test.pcap has link type 127 (allowed: 0 NULL, 1 ETHERNET, 101 RAW, 108 LOOP, 113 LINUX_SLL,"
                                + " 228 IPV4, 229 IPV6, 276 LINUX_SLL2)");
        assertThatThrownBy(() -> read(classic(101, 4, FIRST)))
                .hasMessage("test.pcap is cut off in the middle of a packet or a header");
        assertThatThrownBy(() -> read(classic(101, -1, FIRST)))
                .hasMessage("test.pcap is broken: a length of 4294967295 octets");
        assertThatThrownBy(() -> read(Arrays.copyOf(classic(101, 3, FIRST), 30)))
                .hasMessage("test.pcap is cut off in the middle of a packet or a header");
    }

    static List<CapturedPacket> read(byte[] file) throws IOException {
        List<CapturedPacket> packets = new ArrayList<>();
        try (CaptureReader reader = reader(file)) {
            for (Optional<CapturedPacket> next = reader.next(); next.isPresent(); next = reader.next()) {
                packets.add(next.get());
            }
        }
        return packets;
    }

    private static CaptureReader reader(byte[] file) throws IOException {
        return new CaptureReader(new ByteArrayInputStream(file), "test.pcap");
    }

    static byte[] classic(int linkType, int length, byte[] frame) {
        return ByteBuffer.allocate(40 + frame.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65535)
                .putInt(linkType)
                .putLong(0)
                .putInt(length)
                .putInt(length)
                .put(frame)
                .array();
    }

    private static ByteBuffer packet(BlockFile file, int interfaceId, long time, byte[] frame) {
        return file.buffer(20 + (frame.length + 3) / 4 * 4)
                .putInt(interfaceId)
                .putInt((int) (time >>> 32))
                .putInt((int) time)
                .putInt(frame.length)
                .putInt(frame.length)
                .put(frame);
    }

    /** Builds a pcapng file block by block. */
    static final class BlockFile {
        private final ByteOrder order;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        BlockFile(ByteOrder order) {
            this.order = order;
        }

        ByteBuffer buffer(int octets) {
            return ByteBuffer.allocate(octets).order(order);
        }

        void section() {
            block(
                    0x0a0d0d0a,
                    buffer(16)
                            .putInt(0x1a2b3c4d)
                            .putShort((short) 1)
                            .putShort((short) 0)
                            .putLong(-1));
        }

        void block(int type, ByteBuffer body) {
            int length = 12 + body.capacity();
            out.writeBytes(buffer(8).putInt(type).putInt(length).array());
            for (int i = 0; i < body.capacity(); i++) {
                out.write(body.get(i));
            }
            out.writeBytes(buffer(4).putInt(length).array());
        }

        byte[] toBytes() {
            return out.toByteArray();
        }
    }
}
