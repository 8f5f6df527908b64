package io.portledger.lwaftr.forwarding;

import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Memory;

/** The MSS option of TCP (RFC 9293 §3.7.1), by which an end of a connection says what it takes. */
final class MaximumSegmentSize {

    private static final int MIN_HEADER = 20;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int CHECKSUM = 16;
    private static final int SYN = 2;
    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int MSS = 2;
    private static final int MSS_LENGTH = 4;

    private MaximumSegmentSize() {}

    /** Whether a TCP segment of at least 14 octets opens a connection. */
    static boolean isSyn(long segment) {
        return (Memory.getByte(segment + FLAGS) & SYN) != 0;
    }

    /**
     * Lowers the MSS of a packet that opens a TCP connection.
     *
     * @param packet a whole IPv4 packet of {@code length} octets, of any protocol
     * @param most the largest segment that may be asked for
     * @return whether it was larger
     */
    static boolean clamp(long packet, int length, int most) {
        int headerLength = Ipv4.headerLength(packet);
        long segment = packet + headerLength;
        if (Ipv4.protocol(packet) != IpProtocol.TCP || length < headerLength + MIN_HEADER || !isSyn(segment)) {
            return false;
        }
        int end = Math.min((Memory.getByte(segment + DATA_OFFSET) >>> 4) << 2, length - headerLength);
        int option = MIN_HEADER;
        while (option + 1 < end) {
            int kind = Memory.getByte(segment + option);
            if (kind == NO_OPERATION) {
                option++;
                continue;
            }
            int optionLength = Memory.getByte(segment + option + 1);
            if (kind == END_OF_OPTIONS || optionLength < 2 || option + optionLength > end) {
                return false;
            }
            if (kind == MSS && optionLength == MSS_LENGTH) {
                return lower(segment, option + 2, most);
            }
            option += optionLength;
        }
        return false;
    }

    private static boolean lower(long segment, int position, int most) {
        int before = Memory.getShort(segment + position);
        if (before <= most) {
            return false;
        }
        Memory.putShort(segment + position, most);
        // At an odd position the octets are in the sum the other way round.
        boolean isOdd = (position & 1) != 0;
        int checksum = InternetChecksum.update(
                Memory.getShort(segment + CHECKSUM), isOdd ? swapped(before) : before, isOdd ? swapped(most) : most);
        Memory.putShort(segment + CHECKSUM, checksum);
        return true;
    }

    private static int swapped(int word) {
        return (word & 0xff) << 8 | word >>> 8;
    }
}
