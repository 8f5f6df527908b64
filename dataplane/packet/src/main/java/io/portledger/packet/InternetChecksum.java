package io.portledger.packet;

/** The Internet checksum (RFC 1071) and its incremental update (RFC 1624). */
public final class InternetChecksum {

    private InternetChecksum() {}

    /**
     * Adds up octets as 16-bit numbers; an odd last octet counts as if a zero followed.
     *
     * @return a sum that may be added to other sums of this method before {@link #fold}
     */
    public static long sum(long address, int length) {
        long sum = 0;
        long position = address;
        int left = length;
        while (left >= 8) {
            sum += sumOf(Memory.getLong(position));
            position += 8;
            left -= 8;
        }
        if (left >= 4) {
            sum += Memory.getInt(position) & 0xffff_ffffL;
            position += 4;
            left -= 4;
        }
        if (left >= 2) {
            sum += Memory.getShort(position);
            position += 2;
            left -= 2;
        }
        if (left == 1) {
            sum += Memory.getByte(position) << 8;
        }
        return sum;
    }

    /** Eight octets, added up as {@link #sum} does it. */
    public static long sumOf(long octets) {
        return (octets >>> 32) + (octets & 0xffff_ffffL);
    }

    /** The sum as sixteen bits, carries added in. */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        return (int) folded;
    }

    /** The checksum field that belongs to a sum. */
    public static int ofSum(long sum) {
        return ~fold(sum) & 0xffff;
    }

    /** Whether octets that include their checksum field are right. */
    public static boolean isRight(long address, int length) {
        return fold(sum(address, length)) == 0xffff;
    }

    /** The sum of an IPv6 pseudo header (RFC 8200 §8.1) with the addresses of the IPv6 header at {@code ipv6}. */
    public static long pseudoHeaderSum(long ipv6, int nextHeader, int length) {
        return sum(ipv6 + Ipv6.SOURCE, 32) + nextHeader + length;
    }

    /**
     * The checksum field after a 16-bit word under it has changed (RFC 1624, equation 3).
     *
     * @param checksum the field before
     * @param before the word before, 0-65535
     * @param after the word after, 0-65535
     */
    public static int update(int checksum, int before, int after) {
        int sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
        sum = (sum >>> 16) + (sum & 0xffff);
        sum = (sum >>> 16) + (sum & 0xffff);
        return ~sum & 0xffff;
    }
}
