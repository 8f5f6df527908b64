package io.portledger.lwaftr.provisioning;

/**
 * By which way a binding came into the table.
 */
public enum Origin {
    /** A binding table in a file. */
    FILE(0),
    /** The lwB4 asked by PCP (RFC 6887, RFC 7753). */
    PCP(1),
    /** The lwB4 asked by DHCPv4-over-DHCPv6 (RFC 7341, RFC 7618). */
    DHCP(2),
    /** The AAA server changed it while it was there (RFC 5176, RFC 8658). */
    RADIUS(3),
    /** The supporting system wrote it by RESTCONF (RFC 8040, RFC 8676). */
    RESTCONF(4),
    /** The supporting system published it on Kafka. */
    KAFKA(5);

    private final int code;

    Origin(int code) {
        this.code = code;
    }

    /** The number under which the journal knows it; never changes. */
    int code() {
        return code;
    }

    /** @throws IllegalArgumentException if no origin has that number */
    static Origin of(int code) {
        for (Origin origin : values()) {
            if (origin.code == code) {
                return origin;
            }
        }
        throw new IllegalArgumentException("no origin has number " + code);
    }
}
