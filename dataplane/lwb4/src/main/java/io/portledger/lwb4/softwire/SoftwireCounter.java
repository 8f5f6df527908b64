package io.portledger.lwb4.softwire;

/** Everything that can happen to a packet at the lwB4. What arrived and what was put together is the sum of all ends. */
public enum SoftwireCounter {
    /** Came out of the device. */
    IN(Kind.ARRIVED),
    /** Was put together from IPv6 fragments. */
    REASSEMBLED_IPV6(Kind.ARRIVED),
    /** Was put together from IPv4 fragments that came through the softwire. */
    REASSEMBLED_IPV4(Kind.ARRIVED),

    /** Went into the softwire. */
    ENCAPSULATED(Kind.ENDED),
    /** Came out of the softwire. */
    DECAPSULATED(Kind.ENDED),
    /** Was an IPv6 fragment of a tunnel packet, taken for reassembly. */
    FRAGMENT_IPV6(Kind.ENDED),
    /** Was an IPv4 fragment inside the softwire, taken for reassembly. */
    FRAGMENT_IPV4(Kind.ENDED),
    /** Was an ICMPv6 error about a tunnel packet, told to the host that sent what is in it. */
    RELAYED_ICMPV6(Kind.ENDED),
    /** Was the lwAFTR's word that the source of a packet is not in its binding (ICMPv6 type 1 code 5). */
    REFUSED_BY_LWAFTR(Kind.ENDED),

    /** Was an answer to the lwB4 itself, such as one of the PCP server. */
    CONTROL(Kind.ENDED),

    /** Came while there was no binding. */
    DROP_NO_BINDING(Kind.ENDED),
    /** Had headers that do not fit its length, or a wrong IPv4 checksum. */
    DROP_MALFORMED(Kind.ENDED),
    /** Was from a host, but its source is not the own address with a port of the set: translation does not work. */
    DROP_UNTRANSLATED(Kind.ENDED),
    /** Was from a host, with DF set, and too big for the tunnel; answered by ICMPv4 3/4. */
    DROP_TOO_BIG(Kind.ENDED),
    /** Was IPv6, but not to the softwire's address. */
    DROP_NOT_FOR_SOFTWIRE(Kind.ENDED),
    /** Came to the softwire's address, but not from the lwAFTR. */
    DROP_NOT_FROM_LWAFTR(Kind.ENDED),
    /** Had a broken or forbidden IPv6 extension header. */
    DROP_BAD_EXTENSION_HEADER(Kind.ENDED),
    /** Came from the lwAFTR, but carried neither IPv4 nor ICMPv6. */
    DROP_UNKNOWN_PROTOCOL(Kind.ENDED),
    /** Was a fragment that overlaps others, or one too many. */
    DROP_BAD_FRAGMENT(Kind.ENDED),
    /** Came out of the softwire, but not to the own address and a port of the set. */
    DROP_FOREIGN_DESTINATION(Kind.ENDED),
    /** Had a congestion mark that its transport does not know (RFC 6040). */
    DROP_ECN(Kind.ENDED),
    /** Was ICMPv6 with a wrong checksum, about no packet of ours, or of a type that is not relayed. */
    DROP_ICMPV6(Kind.ENDED),

    /** A packet was given up because fragments of it did not come. */
    INCOMPLETE(Kind.NOTED),
    /** A tunnel packet was sent as an IPv6 fragment. */
    OUT_FRAGMENT(Kind.NOTED),
    /** An ICMPv4 error was sent to a host. */
    OUT_ICMPV4(Kind.NOTED),
    /** A message of the lwB4 itself was sent from the softwire's address. */
    OUT_CONTROL(Kind.NOTED);

    /** What a counter counts. */
    public enum Kind {
        /** Packets to be ended. */
        ARRIVED,
        /** The end of a packet. */
        ENDED,
        /** Something else. */
        NOTED
    }

    private final Kind kind;

    SoftwireCounter(Kind kind) {
        this.kind = kind;
    }

    /** What it counts. */
    public Kind kind() {
        return kind;
    }
}
