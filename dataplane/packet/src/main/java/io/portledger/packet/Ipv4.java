package io.portledger.packet;

/** Fields of the IPv4 header (RFC 791) at an address. */
public final class Ipv4 {

    /** Octets of a header without options. */
    public static final int MIN_HEADER = 20;

    /** Octets of the longest packet. */
    public static final int MAX_LENGTH = 65535;

    public static final int TOS = 1;
    public static final int TOTAL_LENGTH = 2;
    public static final int IDENTIFICATION = 4;
    public static final int FLAGS_AND_OFFSET = 6;
    public static final int TTL = 8;
    public static final int PROTOCOL = 9;
    public static final int CHECKSUM = 10;
    public static final int SOURCE = 12;
    public static final int DESTINATION = 16;

    /** Don't fragment, in {@link #flagsAndOffset}. */
    public static final int DF = 0x4000;

    /** More fragments, in {@link #flagsAndOffset}. */
    public static final int MF = 0x2000;

    private Ipv4() {}

    /** The version of the IP packet, whichever it is. */
    public static int version(long packet) {
        return Memory.getByte(packet) >>> 4;
    }

    /** Header length in octets, 0-60. */
    public static int headerLength(long packet) {
        return (Memory.getByte(packet) & 0xf) << 2;
    }

    public static int tos(long packet) {
        return Memory.getByte(packet + TOS);
    }

    public static int totalLength(long packet) {
        return Memory.getShort(packet + TOTAL_LENGTH);
    }

    public static int identification(long packet) {
        return Memory.getShort(packet + IDENTIFICATION);
    }

    public static int flagsAndOffset(long packet) {
        return Memory.getShort(packet + FLAGS_AND_OFFSET);
    }

    /** Whether it is a part of a packet, the first one included. */
    public static boolean isFragment(long packet) {
        return (flagsAndOffset(packet) & 0x3fff) != 0;
    }

    /** Whether it is a part of a packet, but not the first. */
    public static boolean isLaterFragment(long packet) {
        return fragmentOffset(packet) != 0;
    }

    /** Where the fragment belongs, in octets. */
    public static int fragmentOffset(long packet) {
        return (flagsAndOffset(packet) & 0x1fff) << 3;
    }

    public static boolean hasMoreFragments(long packet) {
        return (flagsAndOffset(packet) & MF) != 0;
    }

    public static boolean isDontFragment(long packet) {
        return (flagsAndOffset(packet) & DF) != 0;
    }

    public static int ttl(long packet) {
        return Memory.getByte(packet + TTL);
    }

    public static int protocol(long packet) {
        return Memory.getByte(packet + PROTOCOL);
    }

    public static int source(long packet) {
        return Memory.getInt(packet + SOURCE);
    }

    public static int destination(long packet) {
        return Memory.getInt(packet + DESTINATION);
    }

    /** Computes the header checksum and writes it. */
    public static void writeChecksum(long packet) {
        Memory.putShort(packet + CHECKSUM, 0);
        Memory.putShort(packet + CHECKSUM, InternetChecksum.ofSum(InternetChecksum.sum(packet, headerLength(packet))));
    }

    /**
     * Makes the first fragment's header that of the whole packet of {@code length} octets, which may be sent in pieces
     * again: with DF, as a fragment may have it (RFC 6864), a packet that fits nowhere would be lost for ever.
     */
    public static void makeWhole(long packet, int length) {
        Memory.putShort(packet + TOTAL_LENGTH, length);
        Memory.putShort(packet + FLAGS_AND_OFFSET, 0);
        writeChecksum(packet);
    }

    /** Writes a TTL one lower, and corrects the checksum (RFC 1624). */
    public static void forward(long packet) {
        int octets = Memory.getInt(packet + TTL);
        int ttlAndProtocol = octets >>> 16;
        int lower = ttlAndProtocol - 0x100;
        int checksum = InternetChecksum.update(octets & 0xffff, ttlAndProtocol, lower);
        Memory.putInt(packet + TTL, lower << 16 | checksum);
    }

    /** Writes another TOS and a TTL one lower, and corrects the checksum (RFC 1624). */
    public static void forward(long packet, int tos) {
        forward(packet);
        int firstWord = Memory.getShort(packet);
        int newFirstWord = (firstWord & 0xff00) | tos;
        if (newFirstWord != firstWord) {
            int checksum = Memory.getShort(packet + CHECKSUM);
            Memory.putByte(packet + TOS, tos);
            Memory.putShort(packet + CHECKSUM, InternetChecksum.update(checksum, firstWord, newFirstWord));
        }
    }
}
