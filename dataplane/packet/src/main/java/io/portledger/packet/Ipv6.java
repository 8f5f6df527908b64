package io.portledger.packet;

/** Fields of the IPv6 header and the fragment header (RFC 8200) at an address. */
public final class Ipv6 {

    /** Octets of the header. */
    public static final int HEADER = 40;

    /** Octets of the fragment header. */
    public static final int FRAGMENT_HEADER = 8;

    /** The MTU that every link has. */
    public static final int MIN_MTU = 1280;

    public static final int PAYLOAD_LENGTH = 4;
    public static final int NEXT_HEADER = 6;
    public static final int HOP_LIMIT = 7;
    public static final int SOURCE = 8;
    public static final int DESTINATION = 24;

    private Ipv6() {}

    public static int trafficClass(long packet) {
        return Memory.getShort(packet) >>> 4 & 0xff;
    }

    /** Writes the traffic class, 0-255. */
    public static void setTrafficClass(long packet, int trafficClass) {
        Memory.putShort(packet, (Memory.getShort(packet) & 0xf00f) | trafficClass << 4);
    }

    public static int payloadLength(long packet) {
        return Memory.getShort(packet + PAYLOAD_LENGTH);
    }

    public static int nextHeader(long packet) {
        return Memory.getByte(packet + NEXT_HEADER);
    }

    public static long sourceHigh(long packet) {
        return Memory.getLong(packet + SOURCE);
    }

    public static long sourceLow(long packet) {
        return Memory.getLong(packet + SOURCE + 8);
    }

    public static long destinationHigh(long packet) {
        return Memory.getLong(packet + DESTINATION);
    }

    public static long destinationLow(long packet) {
        return Memory.getLong(packet + DESTINATION + 8);
    }

    /** Whether the address given by its first eight octets is a multicast one. */
    public static boolean isMulticast(long high) {
        return high >>> 56 == 0xff;
    }

    /**
     * Writes a whole header.
     *
     * @param trafficClass 0-255
     * @param flowLabel 0 to 2^20 - 1
     * @param payloadLength octets behind the header
     */
    public static void write(
            long packet,
            int trafficClass,
            int flowLabel,
            int payloadLength,
            int nextHeader,
            int hopLimit,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        long first = 6L << 60 | (long) trafficClass << 52 | (long) flowLabel << 32;
        Memory.putLong(packet, first | (long) payloadLength << 16 | (long) nextHeader << 8 | hopLimit);
        Memory.putLong(packet + SOURCE, sourceHigh);
        Memory.putLong(packet + SOURCE + 8, sourceLow);
        Memory.putLong(packet + DESTINATION, destinationHigh);
        Memory.putLong(packet + DESTINATION + 8, destinationLow);
    }

    /**
     * Writes a fragment header.
     *
     * @param offset where the fragment belongs, a multiple of 8
     */
    public static void writeFragmentHeader(
            long header, int nextHeader, int offset, boolean hasMoreFragments, int identification) {
        Memory.putShort(header, nextHeader << 8);
        Memory.putShort(header + 2, offset | (hasMoreFragments ? 1 : 0));
        Memory.putInt(header + 4, identification);
    }

    /** How many octets behind the fragment header fit in an MTU, if more fragments follow. */
    public static int longestFragmentData(int mtu) {
        return (mtu - HEADER - FRAGMENT_HEADER) & ~7;
    }

    /**
     * Writes a fragment of a packet that has no extension headers (RFC 8200 §4.5).
     *
     * @param fragment where; needs {@code length} octets and two headers
     * @param offset where in the packet's data, a multiple of 8
     */
    public static void writeFragment(long fragment, long packet, int offset, int length, int identification) {
        Memory.copy(packet, fragment, HEADER);
        Memory.putShort(fragment + PAYLOAD_LENGTH, FRAGMENT_HEADER + length);
        Memory.putByte(fragment + NEXT_HEADER, IpProtocol.FRAGMENT);
        long header = fragment + HEADER;
        boolean hasMore = offset + length < payloadLength(packet);
        writeFragmentHeader(header, nextHeader(packet), offset, hasMore, identification);
        Memory.copy(packet + HEADER + offset, header + FRAGMENT_HEADER, length);
    }

    /** Where the fragment belongs, in octets; {@code header} is the fragment header. */
    public static int fragmentOffset(long header) {
        return Memory.getShort(header + 2) & 0xfff8;
    }

    public static boolean hasMoreFragments(long header) {
        return (Memory.getShort(header + 2) & 1) != 0;
    }

    public static int fragmentIdentification(long header) {
        return Memory.getInt(header + 4);
    }
}
