package io.portledger.lwaftr.forwarding;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Makes packets for tests, with checksums of its own that share nothing with the code under test. */
final class Packets {

    static final int DF = 0x4000;
    static final int MF = 0x2000;

    private Packets() {}

    /** An IPv4 packet with a right header checksum. */
    static byte[] ipv4(String source, String destination, int protocol, byte[] payload) {
        return ipv4(source, destination, protocol, 57, 0x1234, 0, new byte[0], payload);
    }

    static byte[] ipv4(
            String source,
            String destination,
            int protocol,
            int ttl,
            int identification,
            int flagsAndOffset,
            byte[] options,
            byte[] payload) {
        int headerLength = 20 + options.length;
        ByteBuffer packet = ByteBuffer.allocate(headerLength + payload.length);
        packet.put((byte) (0x40 | headerLength / 4)).put((byte) 0).putShort((short) packet.capacity());
        packet.putShort((short) identification).putShort((short) flagsAndOffset);
        packet.put((byte) ttl).put((byte) protocol).putShort((short) 0);
        packet.put(Ipv4Address.parse(source).toBytes())
                .put(Ipv4Address.parse(destination).toBytes());
        packet.put(options).put(payload);
        return withHeaderChecksum(packet.array());
    }

    static byte[] udp(int sourcePort, int destinationPort, int dataLength) {
        ByteBuffer datagram = ByteBuffer.allocate(8 + dataLength);
        datagram.putShort((short) sourcePort).putShort((short) destinationPort);
        datagram.putShort((short) (8 + dataLength)).putShort((short) 0);
        for (int i = 0; i < dataLength; i++) {
            datagram.put((byte) (i * 31 + i / 251));
        }
        return datagram.array();
    }

    /** A UDP datagram with right checksum in an IPv6 packet. */
    static byte[] udpIpv6(
            Ipv6Address source, Ipv6Address destination, int sourcePort, int destinationPort, byte[] data) {
        byte[] pseudo = ByteBuffer.allocate(40)
                .put(source.toBytes())
                .put(destination.toBytes())
                .putInt(8 + data.length)
                .putInt(17)
                .array();
        return ipv6(source, destination, 17, udp(sourcePort, destinationPort, data, pseudo));
    }

    /** A UDP datagram with right checksum in an IPv4 packet. */
    static byte[] udpIpv4(String source, String destination, int sourcePort, int destinationPort, byte[] data) {
        byte[] pseudo = ByteBuffer.allocate(12)
                .put(Ipv4Address.parse(source).toBytes())
                .put(Ipv4Address.parse(destination).toBytes())
                .putShort((short) 17)
                .putShort((short) (8 + data.length))
                .array();
        return ipv4(source, destination, 17, udp(sourcePort, destinationPort, data, pseudo));
    }

    /** Puts the UDP checksum of an IPv6 packet right that has at least 48 octets. */
    static byte[] withUdpChecksum(byte[] ipv6) {
        int length = Math.min(getShort(ipv6, 44), ipv6.length - 40);
        byte[] pseudo = ByteBuffer.allocate(40)
                .put(ipv6, 8, 32)
                .putInt(getShort(ipv6, 44))
                .putInt(17)
                .array();
        putShort(ipv6, 46, 0);
        return putShort(ipv6, 46, checksum(ipv6, 40, length, sum(pseudo, 0, pseudo.length)));
    }

    private static byte[] udp(int sourcePort, int destinationPort, byte[] data, byte[] pseudo) {
        byte[] datagram = ByteBuffer.allocate(8 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putShort((short) (8 + data.length))
                .putShort((short) 0)
                .put(data)
                .array();
        return putShort(datagram, 6, checksum(datagram, 0, datagram.length, sum(pseudo, 0, pseudo.length)));
    }

    static byte[] icmp(int type, int code, int secondWord, byte[] rest) {
        byte[] message = ByteBuffer.allocate(8 + rest.length)
                .put((byte) type)
                .put((byte) code)
                .putShort((short) 0)
                .putInt(secondWord)
                .put(rest)
                .array();
        return putShort(message, 2, checksum(message, 0, message.length, 0));
    }

    /** An ICMPv6 message with its IPv6 header. */
    static byte[] icmpv6(Ipv6Address source, Ipv6Address destination, int type, int code, int secondWord, byte[] rest) {
        byte[] message = icmp(type, code, secondWord, rest);
        putShort(message, 2, 0);
        byte[] pseudo = ByteBuffer.allocate(40)
                .put(source.toBytes())
                .put(destination.toBytes())
                .putInt(message.length)
                .putInt(58)
                .array();
        putShort(message, 2, checksum(message, 0, message.length, sum(pseudo, 0, pseudo.length)));
        return ipv6(source, destination, 58, message);
    }

    static byte[] ipv6(Ipv6Address source, Ipv6Address destination, int nextHeader, byte[] payload) {
        return ByteBuffer.allocate(40 + payload.length)
                .putInt(0x6000_0000)
                .putShort((short) payload.length)
                .put((byte) nextHeader)
                .put((byte) 64)
                .put(source.toBytes())
                .put(destination.toBytes())
                .put(payload)
                .array();
    }

    /** A packet of the first test subscriber in its softwire. */
    static byte[] fromB4(byte[] ipv4) {
        return ipv6(Engine.B4, Engine.BR, 4, ipv4);
    }

    static byte[] ipv6Fragment(byte[] whole, int offset, int length, int identification) {
        int dataLength = whole.length - 40;
        boolean hasMore = offset + length < dataLength;
        byte[] payload = ByteBuffer.allocate(8 + length)
                .put(whole[6])
                .put((byte) 0)
                .putShort((short) (offset | (hasMore ? 1 : 0)))
                .putInt(identification)
                .put(whole, 40 + offset, length)
                .array();
        return ipv6(Ipv6Address.fromBytes(whole, 8), Ipv6Address.fromBytes(whole, 24), 44, payload);
    }

    /** A part of an IPv4 packet without options. */
    static byte[] ipv4Fragment(byte[] whole, int offset, int length) {
        byte[] part = Arrays.copyOf(whole, 20 + length);
        System.arraycopy(whole, 20 + offset, part, 20, length);
        putShort(part, 2, part.length);
        putShort(part, 6, offset / 8 | (20 + offset + length < whole.length ? MF : 0));
        return withHeaderChecksum(part);
    }

    static byte[] setTtl(byte[] ipv4, int ttl) {
        ipv4[8] = (byte) ttl;
        return withHeaderChecksum(ipv4);
    }

    static byte[] setTos(byte[] ipv4, int tos) {
        ipv4[1] = (byte) tos;
        return withHeaderChecksum(ipv4);
    }

    static byte[] setTrafficClass(byte[] ipv6, int trafficClass) {
        ipv6[0] = (byte) (0x60 | trafficClass >> 4);
        ipv6[1] = (byte) (trafficClass << 4);
        return ipv6;
    }

    static byte[] concat(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    static byte[] withHeaderChecksum(byte[] ipv4) {
        putShort(ipv4, 10, 0);
        return putShort(ipv4, 10, checksum(ipv4, 0, (ipv4[0] & 0xf) * 4, 0));
    }

    static byte[] putShort(byte[] octets, int offset, int value) {
        octets[offset] = (byte) (value >> 8);
        octets[offset + 1] = (byte) value;
        return octets;
    }

    static int getShort(byte[] octets, int offset) {
        return (octets[offset] & 0xff) << 8 | (octets[offset + 1] & 0xff);
    }

    static boolean hasRightHeaderChecksum(byte[] ipv4) {
        return checksum(ipv4, 0, (ipv4[0] & 0xf) * 4, 0) == 0;
    }

    private static int checksum(byte[] octets, int offset, int length, long initial) {
        long sum = initial + sum(octets, offset, length);
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (int) ~sum & 0xffff;
    }

    private static long sum(byte[] octets, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (octets[offset + i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        return sum;
    }
}
