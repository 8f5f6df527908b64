package io.portledger.packet;

/** ICMPv4 errors of a router (RFC 792, RFC 1812 §4.3). */
public final class Icmpv4Error {

    /** Octets before the quoted packet. */
    public static final int HEADERS = Ipv4.MIN_HEADER + Icmp.HEADER;

    private static final int MAX_LENGTH = 576;
    private static final int INTERNETWORK_CONTROL = 0xc0;
    private static final int HOPS = 64;

    private Icmpv4Error() {}

    /** How many octets an error quotes of a packet of which there are {@code length}. */
    public static int quotedOctets(int length) {
        return Math.min(length, MAX_LENGTH - HEADERS);
    }

    /**
     * Writes an error to the source of a packet.
     *
     * @param error where; needs {@link #HEADERS} octets and the quoted ones
     * @param source who says so
     * @param rest the second word of the error: 0, or the next-hop MTU
     * @param packet the packet, as it arrived
     * @param quoted how many octets of it to quote
     */
    public static void write(
            long error, int source, int identification, int type, int code, int rest, long packet, int quoted) {
        Memory.putInt(error, 0x4500_0000 | INTERNETWORK_CONTROL << 16 | (HEADERS + quoted));
        Memory.putInt(error + Ipv4.IDENTIFICATION, identification << 16);
        Memory.putInt(error + Ipv4.TTL, HOPS << 24 | IpProtocol.ICMP << 16);
        Memory.putInt(error + Ipv4.SOURCE, source);
        Memory.putInt(error + Ipv4.DESTINATION, Ipv4.source(packet));
        Ipv4.writeChecksum(error);
        long message = error + Ipv4.MIN_HEADER;
        Memory.putInt(message, type << 24 | code << 16);
        Memory.putInt(message + 4, rest);
        Memory.copy(packet, message + Icmp.HEADER, quoted);
        Memory.putShort(
                message + Icmp.CHECKSUM, InternetChecksum.ofSum(InternetChecksum.sum(message, Icmp.HEADER + quoted)));
    }

    /** Whether RFC 1812 §4.3.2.7 lets a router answer a packet: not ICMP errors, later fragments, and packets not from and to one host. */
    public static boolean mayBeAbout(long packet, int length) {
        if (Ipv4.isLaterFragment(packet)
                || !isUnicast(Ipv4.source(packet))
                || Ipv4.destination(packet) >>> 28 == 0xe
                || Ipv4.destination(packet) == -1) {
            return false;
        }
        int headerLength = Ipv4.headerLength(packet);
        return Ipv4.protocol(packet) != IpProtocol.ICMP
                || (length > headerLength && Icmp.isQuery(Icmp.type(packet + headerLength)));
    }

    /** Whether an address may be that of one host: not of network 0 or 127, multicast, or class E. */
    public static boolean isUnicast(int ipv4) {
        int first = ipv4 >>> 24;
        return first != 0 && first != 127 && first < 0xe0;
    }
}
