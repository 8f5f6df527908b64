package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Icmp;
import io.portledger.packet.Icmpv4Error;
import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;

/** Makes ICMPv4 errors (RFC 792, RFC 1812 §4.3) and ICMPv6 errors (RFC 4443), as settings and limits allow. */
final class IcmpErrors {

    /** An error was not made. */
    static final long NONE = 0;

    private static final int HOPS = 64;

    private final int ownIpv4;
    private final boolean makesV4;
    private final boolean makesV6;
    private final TokenBucket v4Limit;
    private final TokenBucket v6Limit;
    private final Egress egress;
    private final Counters counters;
    private int identification;

    IcmpErrors(ForwardingSettings settings, Egress egress, Counters counters, long nowNanos) {
        this.ownIpv4 = settings.ipv4Address().bits();
        this.makesV4 = settings.ipv4Side().generateIcmpErrors();
        this.makesV6 = settings.ipv6Side().generateIcmpErrors();
        this.v4Limit = new TokenBucket(settings.ipv4Side().icmpErrorLimit(), nowNanos);
        this.v6Limit = new TokenBucket(settings.ipv6Side().icmpErrorLimit(), nowNanos);
        this.egress = egress;
        this.counters = counters;
    }

    /**
     * An ICMPv4 error about a packet, to its source.
     *
     * @param packet the packet, as it arrived
     * @param length how many octets of it there are
     * @param rest the second word of the error: 0, or the next-hop MTU
     * @return the new packet, or {@link #NONE} if there must not be one
     */
    long v4(long packet, int length, int type, int code, int rest, long nowNanos) {
        if (!Icmpv4Error.mayBeAbout(packet, length)) {
            return NONE;
        }
        int quoted = Icmpv4Error.quotedOctets(length);
        if (!makesV4) {
            counters.count(Counter.DROP_OUT_BY_POLICY_ICMPV4, Icmpv4Error.HEADERS + quoted);
            return NONE;
        }
        if (!v4Limit.take(nowNanos)) {
            counters.count(Counter.DROP_OVER_RATE_LIMIT_ICMPV4, Icmpv4Error.HEADERS + quoted);
            return NONE;
        }
        long error = egress.newPacket(Icmpv4Error.HEADERS + quoted);
        identification = (identification + 1) & 0xffff;
        Icmpv4Error.write(error, ownIpv4, identification, type, code, rest, packet, quoted);
        counters.count(Counter.OUT_ICMPV4_ERROR, Icmpv4Error.HEADERS + quoted);
        return error;
    }

    /**
     * ICMPv6 "source address failed ingress/egress policy" (RFC 7596 §5.2) about a packet, to its source.
     *
     * @param packet an IPv6 packet, as it arrived, that carries IPv4
     * @return the new packet, or {@link #NONE} if there must not be one
     */
    long v6SourcePolicy(long packet, int length, long nowNanos) {
        long peerHigh = Ipv6.sourceHigh(packet);
        long peerLow = Ipv6.sourceLow(packet);
        if (Ipv6.isMulticast(peerHigh) || (peerHigh | peerLow) == 0) {
            return NONE;
        }
        int quoted = Math.min(length, Ipv6.MIN_MTU - Ipv6.HEADER - Icmp.HEADER);
        if (!makesV6) {
            counters.count(Counter.DROP_OUT_BY_POLICY_ICMPV6, Ipv6.HEADER + Icmp.HEADER + quoted);
            return NONE;
        }
        if (!v6Limit.take(nowNanos)) {
            counters.count(Counter.DROP_OVER_RATE_LIMIT_ICMPV6, Ipv6.HEADER + Icmp.HEADER + quoted);
            return NONE;
        }
        int messageLength = Icmp.HEADER + quoted;
        long error = egress.newPacket(Ipv6.HEADER + messageLength);
        Ipv6.write(
                error,
                0,
                0,
                messageLength,
                IpProtocol.ICMPV6,
                HOPS,
                Ipv6.destinationHigh(packet),
                Ipv6.destinationLow(packet),
                peerHigh,
                peerLow);
        long message = error + Ipv6.HEADER;
        Memory.putInt(message, Icmp.V6_UNREACHABLE << 24 | Icmp.V6_SOURCE_POLICY << 16);
        Memory.putInt(message + 4, 0);
        Memory.copy(packet, message + Icmp.HEADER, quoted);
        long sum = InternetChecksum.pseudoHeaderSum(error, IpProtocol.ICMPV6, messageLength)
                + InternetChecksum.sum(message, messageLength);
        Memory.putShort(message + Icmp.CHECKSUM, InternetChecksum.ofSum(sum));
        counters.count(Counter.OUT_ICMPV6_ERROR, Ipv6.HEADER + messageLength);
        return error;
    }
}
