package io.portledger.collector.capture;

import io.portledger.packet.LinkType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Packets as captures have them, from their octets; checksums are 0. */
public final class Frames {

    private Frames() {}

    /** The IP packet behind the header that captures of this type have. */
    public static byte[] of(LinkType linkType, byte[] ip) {
        boolean isIpv6 = ip[0] >> 4 == 6;
        String type = isIpv6 ? "86dd" : "0800";
        return switch (linkType) {
            case RAW, IPV4, IPV6 -> ip;
            case ETHERNET -> join("020000000001020000000002" + type, ip);
            case NULL -> join(isIpv6 ? "1c000000" : "02000000", ip);
            case LOOP -> join(isIpv6 ? "00000018" : "00000002", ip);
            case LINUX_SLL -> join("0000000100060200000000020000" + type, ip);
            case LINUX_SLL2 -> join(type + "000000000002000100060200000000020000", ip);
        };
    }

    /** A UDP packet. */
    public static byte[] udp(InetSocketAddress from, InetSocketAddress to, byte[] payload) {
        ByteBuffer udp = ByteBuffer.allocate(8 + payload.length)
                .putShort((short) from.getPort())
                .putShort((short) to.getPort())
                .putShort((short) (8 + payload.length))
                .putShort((short) 0)
                .put(payload);
        return ip(17, from.getAddress(), to.getAddress(), udp.array());
    }

    /** A TCP segment; flags as in the header: 1 FIN, 2 SYN, 4 RST. */
    public static byte[] tcp(InetSocketAddress from, InetSocketAddress to, int sequence, int flags, byte[] payload) {
        ByteBuffer tcp = ByteBuffer.allocate(20 + payload.length)
                .putShort((short) from.getPort())
                .putShort((short) to.getPort())
                .putInt(sequence)
                .putInt(0)
                .put((byte) 0x50)
                .put((byte) (flags | 16))
                .putShort((short) 65_535)
                .putInt(0)
                .put(payload);
        return ip(6, from.getAddress(), to.getAddress(), tcp.array());
    }

    /** A packet of SCTP with one DATA chunk; flags 3 is a whole message. */
    public static byte[] sctp(InetSocketAddress from, InetSocketAddress to, int flags, byte[] payload) {
        ByteBuffer sctp = ByteBuffer.allocate(28 + (payload.length + 3 & ~3))
                .putShort((short) from.getPort())
                .putShort((short) to.getPort())
                .putLong(0)
                .put((byte) 0)
                .put((byte) flags)
                .putShort((short) (16 + payload.length))
                .putInt(1)
                .putLong(0)
                .put(payload);
        return ip(132, from.getAddress(), to.getAddress(), sctp.array());
    }

    /** An IP packet of the version of its addresses. */
    public static byte[] ip(int protocol, InetAddress from, InetAddress to, byte[] payload) {
        byte[] source = from.getAddress();
        if (source.length == 4) {
            return ByteBuffer.allocate(20 + payload.length)
                    .putShort((short) 0x4500)
                    .putShort((short) (20 + payload.length))
                    .putInt(0x1234_0000)
                    .put((byte) 64)
                    .put((byte) protocol)
                    .putShort((short) 0)
                    .put(source)
                    .put(to.getAddress())
                    .put(payload)
                    .array();
        }
        return ByteBuffer.allocate(40 + payload.length)
                .putInt(0x6000_0000)
                .putShort((short) payload.length)
                .put((byte) protocol)
                .put((byte) 64)
                .put(source)
                .put(to.getAddress())
                .put(payload)
                .array();
    }

    /** A part of a packet without fragments, from {@code from} of what is behind its header on. */
    public static byte[] fragment(byte[] ip, int from, int to) {
        boolean isIpv6 = ip[0] >> 4 == 6;
        int header = isIpv6 ? 40 : 20;
        boolean hasMore = header + to < ip.length;
        byte[] part = Arrays.copyOfRange(ip, header + from, header + to);
        if (!isIpv6) {
            return ByteBuffer.allocate(header + part.length)
                    .put(ip, 0, header)
                    .put(part)
                    .putShort(2, (short) (header + part.length))
                    .putShort(6, (short) (from / 8 | (hasMore ? 0x2000 : 0)))
                    .array();
        }
        return ByteBuffer.allocate(header + 8 + part.length)
                .put(ip, 0, header)
                .put(ip[6])
                .put((byte) 0)
                .putShort((short) (from | (hasMore ? 1 : 0)))
                .putInt(0x1234)
                .put(part)
                .putShort(4, (short) (8 + part.length))
                .put(6, (byte) 44)
                .array();
    }

    private static byte[] join(String header, byte[] ip) {
        byte[] first = HexFormat.of().parseHex(header);
        byte[] all = Arrays.copyOf(first, first.length + ip.length);
        System.arraycopy(ip, 0, all, first.length, ip.length);
        return all;
    }
}
