package io.portledger.lwaftr.forwarding;

import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;

/** Writes the IPv6 header of a softwire (RFC 2473 §3.1) before an IPv4 packet. */
final class OuterHeader {

    private final int hopLimit;
    private final boolean hasFlowLabel;

    OuterHeader(ForwardingSettings.Tunnel tunnel) {
        this.hopLimit = tunnel.hopLimit();
        this.hasFlowLabel = tunnel.flowLabel();
    }

    /** Writes the {@value Ipv6#HEADER} octets before {@code packet}; the traffic class is the packet's TOS. */
    void prepend(long packet, int length, long brHigh, long brLow, long b4High, long b4Low) {
        Ipv6.write(
                packet - Ipv6.HEADER,
                Ipv4.tos(packet),
                hasFlowLabel ? flowLabel(packet, length) : 0,
                length,
                IpProtocol.IPV4,
                hopLimit,
                brHigh,
                brLow,
                b4High,
                b4Low);
    }

    /** The same for all packets of a flow, never 0 (RFC 6438). */
    private static int flowLabel(long packet, int length) {
        int headerLength = Ipv4.headerLength(packet);
        int protocol = Ipv4.protocol(packet);
        boolean hasPorts = IpProtocol.hasPorts(protocol) && !Ipv4.isFragment(packet) && length >= headerLength + 4;
        long hash = Memory.getLong(packet + Ipv4.SOURCE) * 0x9e37_79b9_7f4a_7c15L + protocol;
        hash ^= hash >>> 32;
        hash = (hash + (hasPorts ? Memory.getInt(packet + headerLength) : 0)) * 0xd6e8_feb8_6659_fd93L;
        int label = (int) (hash >>> 44);
        return label == 0 ? 1 : label;
    }
}
