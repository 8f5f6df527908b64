package io.portledger.packet;

import java.util.Optional;

/** What stands before the IP packets of a capture file. */
public enum LinkType {
    /** Four octets with the address family, in the byte order of the machine that captured. */
    NULL(0),
    /** Ethernet frames. */
    ETHERNET(1),
    /** Nothing: IPv4 and IPv6 packets. */
    RAW(101),
    /** Four octets with the address family, most significant first (OpenBSD). */
    LOOP(108),
    /** 16 octets that Linux makes when it captures on any interface; the type of the packet at their end. */
    LINUX_SLL(113),
    /** Nothing: IPv4 packets. */
    IPV4(228),
    /** Nothing: IPv6 packets. */
    IPV6(229),
    /** 20 octets that newer tools make of the same; the type of the packet at their beginning. */
    LINUX_SLL2(276);

    private final int code;

    LinkType(int code) {
        this.code = code;
    }

    /** The number in capture files. */
    public int code() {
        return code;
    }

    /** The type with a number; 12 and 14, which some systems write for RAW, included. */
    public static Optional<LinkType> of(int code) {
        for (LinkType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return code == 12 || code == 14 ? Optional.of(RAW) : Optional.empty();
    }
}
