package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SegmentTrainTest {

    private static final String ADDRESSES = "ffffffffffff020000000001";
    private static final int TCP_HEADER = 32;

    private final MemoryRegion memory = MemoryRegion.allocate(1 << 20);
    private final SegmentTrain train = new SegmentTrain();
    private final byte[] payload = new byte[3500];

    SegmentTrainTest() {
        new Random(1).nextBytes(payload);
    }

    @AfterEach
    void free() {
        memory.close();
    }

    @Test
    void tcpInsideASoftwireIsCutByItsInnerSegments() {
        int outer = Ethernet.HEADER + Ethernet.TAG;
        int inner = outer + Ipv6.HEADER;
        int transport = inner + Ipv4.MIN_HEADER;
        byte[] headers = HexFormat.of()
                .parseHex(ADDRESSES + "8100" + "0064" + "86dd"
                        + "60012345" + "0000" + "04" + "40" + "20010db8".repeat(8)
                        + "45000000" + "fffe4000" + "40060000" + "c0000201" + "c6336407"
                        + "9c4b01bb" + "fffffc00" + "00000001" + "8099" + "ffff" + "00000000" + "0101080a" + "00000001"
                        + "00000002");
        assertThat(headers).hasSize(transport + TCP_HEADER);
        begin(headers, inner, transport, transport + 16, IpProtocol.TCP);
        assertThat(train.begin(
                        memory.address(), headers.length + payload.length, transport, transport + 16, 1000, true))
                .isTrue();

        List<byte[]> frames = cut();
        assertThat(frames).hasSize(4);
        ByteBuffer joined = ByteBuffer.allocate(payload.length);
        for (int i = 0; i < frames.size(); i++) {
            ByteBuffer frame = ByteBuffer.wrap(frames.get(i));
            int segment = i == 3 ? 500 : 1000;
            assertThat(frame.capacity()).isEqualTo(headers.length + segment);
            assertThat(frame.slice(0, outer)).isEqualTo(ByteBuffer.wrap(headers, 0, outer));
            assertThat(frame.getShort(outer + Ipv6.PAYLOAD_LENGTH)).isEqualTo((short) (20 + TCP_HEADER + segment));
            assertThat(frame.getShort(inner + Ipv4.TOTAL_LENGTH)).isEqualTo((short) (20 + TCP_HEADER + segment));
            assertThat(frame.getShort(inner + Ipv4.IDENTIFICATION)).isEqualTo((short) (0xfffe + i));
            assertThat(frame.getInt(transport + 4)).isEqualTo(0xffff_fc00 + 1000 * i);
            int flags = i == 0 ? 0x90 : i == 3 ? 0x19 : 0x10;
            assertThat(frame.get(transport + 13) & 0xff).isEqualTo(flags);
            assertChecksums(frames.get(i), inner, transport, IpProtocol.TCP);
            joined.put(frame.position(headers.length));
        }
        assertThat(joined.array()).isEqualTo(payload);
    }

    @Test
    void udpIsCutIntoDatagrams() {
        int ip = Ethernet.HEADER;
        int transport = ip + Ipv4.MIN_HEADER;
        byte[] headers = HexFormat.of()
                .parseHex(ADDRESSES + "0800" + "45000000" + "00010000" + "40110000" + "c0000201" + "c6336407"
                        + "9c4b0035" + "00000000");
        begin(headers, ip, transport, transport + 6, IpProtocol.UDP);
        assertThat(train.begin(
                        memory.address(), headers.length + payload.length, transport, transport + 6, 1750, false))
                .isTrue();

        List<byte[]> frames = cut();
        assertThat(frames).hasSize(2);
        for (byte[] frame : frames) {
            assertThat(ByteBuffer.wrap(frame).getShort(transport + 4)).isEqualTo((short) (8 + 1750));
            assertChecksums(frame, ip, transport, IpProtocol.UDP);
        }
    }

    @Test
    void aSegmentCanBeLeftOut() {
        int transport = Ethernet.HEADER + Ipv4.MIN_HEADER;
        byte[] headers = HexFormat.of()
                .parseHex(ADDRESSES + "0800" + "45000000" + "00010000" + "40110000" + "c0000201" + "c6336407"
                        + "9c4b0035" + "00000000");
        begin(headers, Ethernet.HEADER, transport, transport + 6, IpProtocol.UDP);
        train.begin(memory.address(), headers.length + payload.length, transport, transport + 6, 3000, false);
        train.skipNext();
        assertThat(train.nextLength()).isEqualTo(headers.length + 500);
        assertThat(cut()).hasSize(1);
    }

    @Test
    void whatItDoesNotKnowIsNotCut() {
        int transport = Ethernet.HEADER + Ipv4.MIN_HEADER;
        byte[] headers = HexFormat.of()
                .parseHex(ADDRESSES + "0800" + "45000000" + "00010000" + "402f0000" + "c0000201" + "c6336407"
                        + "9c4b0035" + "00000000");
        begin(headers, Ethernet.HEADER, transport, transport + 6, IpProtocol.UDP);
        int length = headers.length + payload.length;
        assertThat(train.begin(memory.address(), length, transport, transport + 6, 3000, false))
                .isFalse();
        assertThat(train.hasNext()).isFalse();
        assertThat(train.begin(memory.address(), length, length, length, 3000, false))
                .isFalse();
        assertThat(train.begin(memory.address(), 1 << 17, transport, transport + 6, 3000, false))
                .isFalse();
        assertThat(train.begin(memory.address(), length, transport, transport + 6, 0, false))
                .isFalse();
    }

    /** Writes the frame as the kernel hands it over: the checksum field holds the pseudo header's sum. */
    private void begin(byte[] headers, int ip, int transport, int checksum, int protocol) {
        long frame = memory.address();
        Memory.copy(headers, 0, frame, headers.length);
        Memory.copy(payload, 0, frame + headers.length, payload.length);
        int octets = headers.length + payload.length - transport;
        long pseudo = InternetChecksum.sum(frame + ip + Ipv4.SOURCE, 8) + protocol + octets;
        Memory.putShort(frame + checksum, InternetChecksum.fold(pseudo));
    }

    private List<byte[]> cut() {
        List<byte[]> frames = new ArrayList<>();
        long target = memory.address() + (1 << 19);
        while (train.hasNext()) {
            int length = train.nextLength();
            train.writeNext(target);
            frames.add(Memory.toBytes(target, length));
        }
        return frames;
    }

    private void assertChecksums(byte[] frame, int ip, int transport, int protocol) {
        long copy = memory.address() + (1 << 19);
        Memory.copy(frame, 0, copy, frame.length);
        assertThat(InternetChecksum.isRight(copy + ip, Ipv4.MIN_HEADER)).isTrue();
        int octets = frame.length - transport;
        long pseudo = InternetChecksum.sum(copy + ip + Ipv4.SOURCE, 8) + protocol + octets;
        assertThat(InternetChecksum.fold(pseudo + InternetChecksum.sum(copy + transport, octets)))
                .isEqualTo(0xffff);
    }
}
