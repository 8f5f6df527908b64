package io.portledger.packet;

/** Types and fields of ICMP (RFC 792) and ICMPv6 (RFC 4443) messages at an address. */
public final class Icmp {

    /** Octets before the quoted packet of an error, or the data of an echo. */
    public static final int HEADER = 8;

    public static final int CHECKSUM = 2;
    public static final int IDENTIFIER = 4;
    /** In ICMPv4 type 3 code 4. */
    public static final int NEXT_HOP_MTU = 6;
    /** In ICMPv6 type 2, four octets. */
    public static final int MTU = 4;

    public static final int ECHO_REPLY = 0;
    public static final int UNREACHABLE = 3;
    public static final int SOURCE_QUENCH = 4;
    public static final int REDIRECT = 5;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;
    public static final int TIMESTAMP_REQUEST = 13;
    public static final int ADDRESS_MASK_REPLY = 18;

    public static final int HOST_UNREACHABLE = 1;
    public static final int FRAGMENTATION_NEEDED = 4;

    public static final int V6_UNREACHABLE = 1;
    public static final int V6_PACKET_TOO_BIG = 2;
    public static final int V6_TIME_EXCEEDED = 3;
    public static final int V6_PARAMETER_PROBLEM = 4;
    public static final int V6_ECHO_REQUEST = 128;
    public static final int V6_ECHO_REPLY = 129;

    /** ICMPv6 unreachable: source address failed ingress/egress policy. */
    public static final int V6_SOURCE_POLICY = 5;

    private Icmp() {}

    public static int type(long message) {
        return Memory.getByte(message);
    }

    public static int code(long message) {
        return Memory.getByte(message + 1);
    }

    /** Whether an ICMPv4 type is an error, which quotes a packet. */
    public static boolean isError(int type) {
        return type == UNREACHABLE
                || type == SOURCE_QUENCH
                || type == REDIRECT
                || type == TIME_EXCEEDED
                || type == PARAMETER_PROBLEM;
    }

    /** Whether an ICMPv4 type is a question or an answer, which carry an identifier. */
    public static boolean isQuery(int type) {
        return type == ECHO_REPLY || type == ECHO_REQUEST || (type >= TIMESTAMP_REQUEST && type <= ADDRESS_MASK_REPLY);
    }
}
