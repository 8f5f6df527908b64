package io.portledger.packet;

/** IPv6 extension headers (RFC 8200 §4) on the way to what a softwire packet carries. */
public final class ExtensionHeaders {

    /** More than this in one packet are not looked through. */
    public static final int MAX_COUNT = 8;

    private static final int PAD_1 = 0;
    private static final int PAD_N = 1;
    private static final int TUNNEL_ENCAPSULATION_LIMIT = 4;

    private ExtensionHeaders() {}

    /**
     * The length of an extension header, or -1 if the packet must be dropped for it.
     *
     * @param position where it begins
     * @param kind the next-header value that led to it: hop-by-hop, routing or destination options
     */
    public static int length(long packet, int length, int position, int kind) {
        if (position + 8 > length || (kind == IpProtocol.HOP_BY_HOP && position != Ipv6.HEADER)) {
            return -1;
        }
        long header = packet + position;
        int headerLength = (Memory.getByte(header + 1) + 1) << 3;
        if (position + headerLength > length) {
            return -1;
        }
        if (kind == IpProtocol.ROUTING) {
            int segmentsLeft = Memory.getByte(header + 3);
            return segmentsLeft == 0 ? headerLength : -1;
        }
        int option = 2;
        while (option < headerLength) {
            int type = Memory.getByte(header + option);
            if (type == PAD_1) {
                option++;
                continue;
            }
            if (option + 2 > headerLength) {
                return -1;
            }
            int optionLength = 2 + Memory.getByte(header + option + 1);
            boolean isKnown = type == PAD_N || type == TUNNEL_ENCAPSULATION_LIMIT;
            boolean mayBeSkipped = type >>> 6 == 0;
            if (option + optionLength > headerLength || (!isKnown && !mayBeSkipped)) {
                return -1;
            }
            option += optionLength;
        }
        return headerLength;
    }

    /** Where the IPv4 packet begins in a quoted tunnel packet; -1 if there is none, or no first part of one. */
    public static int quotedIpv4(long quote, int length) {
        if (length < Ipv6.HEADER || Ipv4.version(quote) != 6) {
            return -1;
        }
        int nextHeader = Ipv6.nextHeader(quote);
        int position = Ipv6.HEADER;
        for (int headers = 0; headers <= MAX_COUNT; headers++) {
            if (nextHeader == IpProtocol.IPV4) {
                return position;
            }
            boolean isFragment = nextHeader == IpProtocol.FRAGMENT;
            boolean isOptions = nextHeader == IpProtocol.DESTINATION_OPTIONS || nextHeader == IpProtocol.HOP_BY_HOP;
            if (position + 8 > length
                    || (!isFragment && !isOptions)
                    || (isFragment && Ipv6.fragmentOffset(quote + position) != 0)) {
                return -1;
            }
            nextHeader = Memory.getByte(quote + position);
            position += isFragment ? Ipv6.FRAGMENT_HEADER : (Memory.getByte(quote + position + 1) + 1) << 3;
        }
        return -1;
    }
}
