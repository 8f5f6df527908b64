package io.portledger.packet;

/**
 * Which field of an IPv4 packet tells the subscriber among those that share an address (RFC 7596 §8, RFC 5508).
 *
 * <p>Ports, where the protocol has them; the identifier of an ICMP question or answer; for an ICMP error the same field
 * of the packet that it quotes, which travelled the other way.
 *
 * <p>A negative answer says why there is none.
 */
public final class PortField {

    /** The protocol has no ports. */
    public static final int NONE = -1;

    /** The packet ends before the field. */
    public static final int TRUNCATED = -2;

    /** Of an ICMP message. */
    public static final int BAD_ICMP_CHECKSUM = -3;

    /** The quoted packet is broken, or cannot have come from this subscriber. */
    public static final int BAD_QUOTE = -4;

    /** An ICMP type that is neither a question, an answer nor an error. */
    public static final int UNKNOWN_ICMP_TYPE = -5;

    private static final int SOURCE_PORT = 0;
    private static final int DESTINATION_PORT = 2;

    private PortField() {}

    /** The subscriber's port of a packet that the subscriber sent; not of a later fragment. */
    public static int upstream(long packet, int length) {
        return of(packet, length, true);
    }

    /** The subscriber's port of a packet for the subscriber; not of a later fragment. */
    public static int downstream(long packet, int length) {
        return of(packet, length, false);
    }

    /** Source or destination port of a packet as an ICMP error quotes it, {@code length} octets of it. */
    public static int ofQuote(long packet, int length, boolean isSource) {
        if (length < Ipv4.MIN_HEADER || Ipv4.version(packet) != 4) {
            return BAD_QUOTE;
        }
        int headerLength = Ipv4.headerLength(packet);
        if (headerLength < Ipv4.MIN_HEADER
                || length < headerLength + 8
                || !InternetChecksum.isRight(packet, headerLength)
                || Ipv4.isLaterFragment(packet)) {
            return BAD_QUOTE;
        }
        int protocol = Ipv4.protocol(packet);
        long transport = packet + headerLength;
        if (IpProtocol.hasPorts(protocol)) {
            return Memory.getShort(transport + (isSource ? SOURCE_PORT : DESTINATION_PORT));
        }
        if (protocol == IpProtocol.ICMP) {
            return Icmp.isQuery(Icmp.type(transport)) ? Memory.getShort(transport + Icmp.IDENTIFIER) : BAD_QUOTE;
        }
        return NONE;
    }

    private static int of(long packet, int length, boolean isUpstream) {
        int headerLength = Ipv4.headerLength(packet);
        int protocol = Ipv4.protocol(packet);
        long transport = packet + headerLength;
        int transportLength = length - headerLength;
        if (IpProtocol.hasPorts(protocol)) {
            return transportLength < 4
                    ? TRUNCATED
                    : Memory.getShort(transport + (isUpstream ? SOURCE_PORT : DESTINATION_PORT));
        }
        if (protocol != IpProtocol.ICMP) {
            return NONE;
        }
        if (transportLength < Icmp.HEADER) {
            return TRUNCATED;
        }
        if (!InternetChecksum.isRight(transport, transportLength)) {
            return BAD_ICMP_CHECKSUM;
        }
        int type = Icmp.type(transport);
        if (Icmp.isQuery(type)) {
            return Memory.getShort(transport + Icmp.IDENTIFIER);
        }
        if (!Icmp.isError(type)) {
            return UNKNOWN_ICMP_TYPE;
        }
        long quote = transport + Icmp.HEADER;
        int quoteLength = transportLength - Icmp.HEADER;
        int port = ofQuote(quote, quoteLength, !isUpstream);
        if (port == BAD_QUOTE) {
            return BAD_QUOTE;
        }
        boolean isOfSubscriber = isUpstream
                ? Ipv4.destination(quote) == Ipv4.source(packet)
                : Ipv4.source(quote) == Ipv4.destination(packet);
        return isOfSubscriber ? port : BAD_QUOTE;
    }
}
