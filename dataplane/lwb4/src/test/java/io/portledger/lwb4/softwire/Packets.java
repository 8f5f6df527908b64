package io.portledger.lwb4.softwire;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Makes packets for tests, with checksums of its own that share nothing with the code under test. */
final class Packets {

    static final int DF = 0x4000;

    private Packets() {}

    static byte[] hex(String octets) {
        return HexFormat.of().parseHex(octets);
    }

    /** A UDP datagram in IPv4, without UDP checksum. */
    static byte[] udp(
            String source, int sourcePort, String destination, int destinationPort, int flags, int dataLength) {
        ByteBuffer packet = ByteBuffer.allocate(28 + dataLength);
        packet.putShort((short) 0x4500).putShort((short) packet.capacity());
        packet.putShort((short) 0x1234).putShort((short) flags);
        packet.put((byte) 57).put((byte) 17).putShort((short) 0);
        packet.put(Ipv4Address.parse(source).toBytes())
                .put(Ipv4Address.parse(destination).toBytes());
        packet.putShort((short) sourcePort).putShort((short) destinationPort);
        packet.putShort((short) (8 + dataLength)).putShort((short) 0);
        for (int i = 0; i < dataLength; i++) {
            packet.put((byte) (i * 31 + i / 251));
        }
        return withHeaderChecksum(packet.array());
    }

    static byte[] ipv6(Ipv6Address source, Ipv6Address destination, int nextHeader, byte[] payload) {
        return ipv6(source, destination, nextHeader, payload, 60);
    }

    static byte[] ipv6(Ipv6Address source, Ipv6Address destination, int nextHeader, byte[] payload, int hopLimit) {
        return ByteBuffer.allocate(40 + payload.length)
                .putInt(0x6000_0000)
                .putShort((short) payload.length)
                .put((byte) nextHeader)
                .put((byte) hopLimit)
                .put(source.toBytes())
                .put(destination.toBytes())
                .put(payload)
                .array();
    }

    static byte[] icmpv6(Ipv6Address source, Ipv6Address destination, int type, int code, int secondWord, byte[] rest) {
        byte[] message = ByteBuffer.allocate(8 + rest.length)
                .put((byte) type)
                .put((byte) code)
                .putShort((short) 0)
                .putInt(secondWord)
                .put(rest)
                .array();
        byte[] pseudo = ByteBuffer.allocate(40)
                .put(source.toBytes())
                .put(destination.toBytes())
                .putInt(message.length)
                .putInt(58)
                .array();
        putShort(message, 2, checksum(sum(pseudo, 0, pseudo.length) + sum(message, 0, message.length)));
        return ipv6(source, destination, 58, message);
    }

    static byte[] ipv6Fragment(byte[] whole, int offset, int length) {
        boolean hasMore = offset + length < whole.length - 40;
        byte[] payload = ByteBuffer.allocate(8 + length)
                .put(whole[6])
                .put((byte) 0)
                .putShort((short) (offset | (hasMore ? 1 : 0)))
                .putInt(0xcafe_0001)
                .put(whole, 40 + offset, length)
                .array();
        return ipv6(Ipv6Address.fromBytes(whole, 8), Ipv6Address.fromBytes(whole, 24), 44, payload);
    }

    static byte[] ipv4Fragment(byte[] whole, int offset, int length) {
        byte[] part = Arrays.copyOf(whole, 20 + length);
        System.arraycopy(whole, 20 + offset, part, 20, length);
        putShort(part, 2, part.length);
        putShort(part, 6, offset / 8 | (20 + offset + length < whole.length ? 0x2000 : 0));
        return withHeaderChecksum(part);
    }

    static byte[] withHeaderChecksum(byte[] ipv4) {
        putShort(ipv4, 10, 0);
        return putShort(ipv4, 10, checksum(sum(ipv4, 0, 20)));
    }

    static byte[] putShort(byte[] octets, int offset, int value) {
        octets[offset] = (byte) (value >> 8);
        octets[offset + 1] = (byte) value;
        return octets;
    }

    static int getShort(byte[] octets, int offset) {
        return (octets[offset] & 0xff) << 8 | (octets[offset + 1] & 0xff);
    }

    /** Whether octets with a checksum among them add up. */
    static boolean addsUp(byte[] octets, int offset, int length) {
        return checksum(sum(octets, offset, length)) == 0;
    }

    static int checksum(long sum) {
        long folded = sum;
        while (folded >> 16 != 0) {
            folded = (folded & 0xffff) + (folded >> 16);
        }
        return (int) ~folded & 0xffff;
    }

    static long sum(byte[] octets, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (octets[offset + i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        return sum;
    }
}
