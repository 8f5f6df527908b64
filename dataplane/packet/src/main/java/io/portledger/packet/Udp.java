package io.portledger.packet;

/** Fields of the UDP header (RFC 768) at an address. */
public final class Udp {

    /** Octets of the header. */
    public static final int HEADER = 8;

    private static final int DESTINATION_PORT = 2;
    private static final int LENGTH = 4;
    private static final int CHECKSUM = 6;

    private Udp() {}

    public static int sourcePort(long datagram) {
        return Memory.getShort(datagram);
    }

    public static int destinationPort(long datagram) {
        return Memory.getShort(datagram + DESTINATION_PORT);
    }

    /** Octets of header and data. */
    public static int length(long datagram) {
        return Memory.getShort(datagram + LENGTH);
    }

    /** 0 if there is none. */
    public static int checksum(long datagram) {
        return Memory.getShort(datagram + CHECKSUM);
    }

    /**
     * Writes a header without checksum.
     *
     * @param length octets of header and data
     */
    public static void write(long datagram, int sourcePort, int destinationPort, int length) {
        Memory.putShort(datagram, sourcePort);
        Memory.putShort(datagram + DESTINATION_PORT, destinationPort);
        Memory.putShort(datagram + LENGTH, length);
        Memory.putShort(datagram + CHECKSUM, 0);
    }

    /**
     * Computes the checksum of a datagram that has none, and writes it.
     *
     * @param length octets of header and data
     * @param pseudoHeaderSum the sum of the pseudo header
     */
    public static void writeChecksum(long datagram, int length, long pseudoHeaderSum) {
        int checksum = InternetChecksum.ofSum(pseudoHeaderSum + InternetChecksum.sum(datagram, length));
        Memory.putShort(datagram + CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }
}
