package io.portledger.lwaftr.forwarding;

/**
 * Everything that can happen to a packet, each with a number of packets and octets.
 *
 * <p>Two balances always hold. Every packet has one end: what {@link Kind#ARRIVED} and what was {@link Kind#MADE} here
 * is the sum of all {@link Kind#ENDED}. Everything that leaves is counted: what went out is the sum of all
 * {@link Kind#SENT} without what was {@link Kind#WITHHELD}. The octets of an end are those of the packet as it arrived.
 */
public enum Counter {
    IN_IPV4("in-ipv4", Kind.ARRIVED, "came from the IPv4 side"),
    IN_IPV6("in-ipv6", Kind.ARRIVED, "came from the IPv6 side"),

    IN_IPV4_FRAG_REASSEMBLED(
            "in-ipv4-frag-reassembled", Kind.MADE, "was put together from IPv4 fragments, of either side"),
    IN_IPV6_FRAG_REASSEMBLED("in-ipv6-frag-reassembled", Kind.MADE, "was put together from IPv6 fragments"),

    TAKEN_OVER_IPV4("taken-over-ipv4", Kind.MADE, "was a fragment from the IPv4 side, taken over from another worker"),
    TAKEN_OVER_IPV6("taken-over-ipv6", Kind.MADE, "was a fragment from the IPv6 side, taken over from another worker"),

    ENCAPSULATED_IPV4("encapsulated-ipv4", Kind.ENDED, "went from the IPv4 side into a softwire"),
    DECAPSULATED_IPV6("decapsulated-ipv6", Kind.ENDED, "went from a softwire to the IPv4 side"),
    HAIRPIN_IPV4("hairpin-ipv4", Kind.ENDED, "went from one softwire into another"),
    ANSWERED_ECHO_ICMPV4("answered-echo-icmpv4", Kind.ENDED, "was an echo request to the lwAFTR's IPv4 address"),
    ANSWERED_ECHO_ICMPV6("answered-echo-icmpv6", Kind.ENDED, "was an echo request to a BR address"),
    PROVISIONING_IPV4(
            "provisioning-ipv4", Kind.ENDED, "was a provisioning request inside a softwire, for the control thread"),
    PROVISIONING_IPV6(
            "provisioning-ipv6", Kind.ENDED, "was a provisioning request to a BR address, for the control thread"),
    RELAYED_ICMPV6(
            "relayed-icmpv6", Kind.ENDED, "was an error about a tunnel packet, told to the IPv4 source as ICMPv4"),
    LEARNED_PATH_MTU_ICMPV6(
            "learned-path-mtu-icmpv6",
            Kind.ENDED,
            "was a packet-too-big error about a packet without DF, by which a softwire's MTU was lowered"),
    NEIGHBOUR_IPV4("neighbour-ipv4", Kind.ENDED, "was ARP about an address of ours or of the next hop"),
    NEIGHBOUR_IPV6("neighbour-ipv6", Kind.ENDED, "was neighbour discovery about an address of ours or of the next hop"),
    HANDED_OVER_IPV4("handed-over-ipv4", Kind.ENDED, "was a fragment from the IPv4 side, left to another worker"),
    HANDED_OVER_IPV6("handed-over-ipv6", Kind.ENDED, "was a fragment from the IPv6 side, left to another worker"),
    IN_IPV4_FRAG_NEEDS_REASSEMBLY(
            "in-ipv4-frag-needs-reassembly", Kind.ENDED, "was an IPv4 fragment, taken for reassembly"),
    IN_IPV6_FRAG_NEEDS_REASSEMBLY(
            "in-ipv6-frag-needs-reassembly", Kind.ENDED, "was an IPv6 fragment, taken for reassembly"),

    DROP_IN_BY_FILTER_IPV4("drop-in-by-filter-ipv4", Kind.ENDED, "did not pass the ingress filter of the IPv4 side"),
    DROP_IN_BY_FILTER_IPV6("drop-in-by-filter-ipv6", Kind.ENDED, "did not pass the ingress filter of the IPv6 side"),
    DROP_MISPLACED_NOT_IPV4("drop-misplaced-not-ipv4", Kind.ENDED, "was on the IPv4 side but no IPv4 packet"),
    DROP_MISPLACED_NOT_IPV6("drop-misplaced-not-ipv6", Kind.ENDED, "was on the IPv6 side but no IPv6 packet"),
    DROP_MALFORMED_IPV4(
            "drop-malformed-ipv4", Kind.ENDED, "had an IPv4 or transport header that does not fit its length"),
    DROP_MALFORMED_IPV6("drop-malformed-ipv6", Kind.ENDED, "had an IPv6 header that does not fit its length"),
    DROP_BAD_EXTENSION_HEADER_IPV6(
            "drop-bad-extension-header-ipv6", Kind.ENDED, "had a broken or forbidden IPv6 extension header"),
    DROP_BAD_CHECKSUM_IPV4("drop-bad-checksum-ipv4", Kind.ENDED, "had a wrong IPv4 header checksum"),
    DROP_BAD_CHECKSUM_ICMPV4("drop-bad-checksum-icmpv4", Kind.ENDED, "had a wrong ICMPv4 checksum"),
    DROP_BAD_CHECKSUM_ICMPV6("drop-bad-checksum-icmpv6", Kind.ENDED, "had a wrong ICMPv6 checksum"),
    DROP_BAD_CHECKSUM_UDP(
            "drop-bad-checksum-udp", Kind.ENDED, "was a provisioning request with a wrong UDP checksum, or none"),
    DROP_OVER_RATE_LIMIT_PROVISIONING(
            "drop-over-rate-limit-provisioning",
            Kind.ENDED,
            "was a provisioning request of an lwB4 that sends too many"),
    DROP_OVER_QUEUED_PROVISIONING(
            "drop-over-queued-provisioning",
            Kind.ENDED,
            "was a provisioning request, of which too many wait for the control thread"),
    DROP_NO_DEST_SOFTWIRE_IPV4(
            "drop-no-dest-softwire-ipv4", Kind.ENDED, "was for an address and port that no binding has"),
    DROP_NO_SOURCE_SOFTWIRE_IPV6(
            "drop-no-source-softwire-ipv6",
            Kind.ENDED,
            "came through a softwire whose binding has other addresses or ports, or none"),
    DROP_FOREIGN_DESTINATION_IPV6(
            "drop-foreign-destination-ipv6", Kind.ENDED, "was for an IPv6 address that is no BR address of ours"),
    DROP_LOCAL_IPV4("drop-local-ipv4", Kind.ENDED, "was for the lwAFTR's own IPv4 address and no echo request"),
    DROP_TTL_ZERO_IPV4("drop-ttl-zero-ipv4", Kind.ENDED, "had no hops left"),
    DROP_OVER_MTU_BUT_DONT_FRAGMENT_IPV4(
            "drop-over-mtu-but-dont-fragment-ipv4", Kind.ENDED, "was too big for the way on, with DF set"),
    DROP_UNKNOWN_PROTOCOL_IPV4(
            "drop-unknown-protocol-ipv4", Kind.ENDED, "had no ports, and was for an address that is shared by ports"),
    DROP_UNKNOWN_PROTOCOL_IPV6(
            "drop-unknown-protocol-ipv6", Kind.ENDED, "carried neither IPv4 nor ICMPv6 to a BR address"),
    DROP_UNKNOWN_PROTOCOL_ICMPV4("drop-unknown-protocol-icmpv4", Kind.ENDED, "had an ICMPv4 type that is not carried"),
    DROP_UNKNOWN_PROTOCOL_ICMPV6("drop-unknown-protocol-icmpv6", Kind.ENDED, "had an ICMPv6 type that is not relayed"),
    DROP_BAD_QUOTE_ICMPV4(
            "drop-bad-quote-icmpv4", Kind.ENDED, "was an ICMPv4 error that quotes no packet of this subscriber"),
    DROP_BAD_QUOTE_ICMPV6(
            "drop-bad-quote-icmpv6", Kind.ENDED, "was an ICMPv6 error that quotes no tunnel packet of ours"),
    DROP_TOO_BIG_TYPE_BUT_NOT_CODE_ICMPV6(
            "drop-too-big-type-but-not-code-icmpv6", Kind.ENDED, "was a packet-too-big error with a code"),
    DROP_TOO_BIG_WITHOUT_DF_ICMPV6(
            "drop-too-big-without-df-icmpv6",
            Kind.ENDED,
            "was a packet-too-big error about a packet without DF, whose source need not know"),
    DROP_OVER_TIME_BUT_NOT_HOP_LIMIT_ICMPV6(
            "drop-over-time-but-not-hop-limit-icmpv6", Kind.ENDED, "told that somebody's reassembly timed out"),
    DROP_IN_BY_RFC7596_ICMPV4(
            "drop-in-by-rfc7596-icmpv4", Kind.ENDED, "was ICMPv4 for no binding (RFC 7596 section 8.1: no answer)"),
    DROP_IN_BY_POLICY_ICMPV4("drop-in-by-policy-icmpv4", Kind.ENDED, "was ICMPv4, which the settings do not accept"),
    DROP_IN_BY_POLICY_ICMPV6("drop-in-by-policy-icmpv6", Kind.ENDED, "was ICMPv6, which the settings do not accept"),
    DROP_ECN_IPV6("drop-ecn-ipv6", Kind.ENDED, "was marked congested outside, but cannot be inside (RFC 6040)"),
    DROP_IPV4_FRAG_INVALID_REASSEMBLY(
            "drop-ipv4-frag-invalid-reassembly", Kind.ENDED, "was an IPv4 fragment that overlaps, or is one too many"),
    DROP_IPV6_FRAG_INVALID_REASSEMBLY(
            "drop-ipv6-frag-invalid-reassembly", Kind.ENDED, "was an IPv6 fragment that overlaps, or is one too many"),
    DROP_IPV4_FRAG_OVER_SHARE(
            "drop-ipv4-frag-over-share", Kind.ENDED, "was an IPv4 fragment of a source with too many packets waiting"),
    DROP_IPV6_FRAG_OVER_SHARE(
            "drop-ipv6-frag-over-share", Kind.ENDED, "was an IPv6 fragment of an lwB4 with too many packets waiting"),
    DROP_OVER_HANDED_IPV4(
            "drop-over-handed-ipv4", Kind.ENDED, "was a fragment for another worker, which has too many waiting"),
    DROP_OVER_HANDED_IPV6(
            "drop-over-handed-ipv6", Kind.ENDED, "was a fragment for another worker, which has too many waiting"),

    OUT_IPV4("out-ipv4", Kind.SENT, "went to the IPv4 side, ICMP of our own not counted"),
    OUT_IPV6("out-ipv6", Kind.SENT, "went to the IPv6 side, ICMP and answers of our own not counted"),
    OUT_ICMPV4("out-icmpv4", Kind.SENT, "was an ICMPv4 error or echo reply of our own, to either side"),
    OUT_ICMPV6("out-icmpv6", Kind.SENT, "was an ICMPv6 error or echo reply of our own"),
    OUT_PROVISIONING_IPV6(
            "out-provisioning-ipv6", Kind.SENT, "was an answer to a provisioning request, plain or in its softwire"),

    DROP_OUT_BY_FILTER_IPV4(
            "drop-out-by-filter-ipv4", Kind.WITHHELD, "did not pass the egress filter of the IPv4 side"),
    DROP_OUT_BY_FILTER_IPV6(
            "drop-out-by-filter-ipv6", Kind.WITHHELD, "did not pass the egress filter of the IPv6 side"),
    DROP_NO_NEIGHBOUR_IPV4(
            "drop-no-neighbour-ipv4", Kind.WITHHELD, "was for the IPv4 side, whose next hop has not been found"),
    DROP_NO_NEIGHBOUR_IPV6(
            "drop-no-neighbour-ipv6", Kind.WITHHELD, "was for the IPv6 side, whose next hop has not been found"),

    OUT_ICMPV4_ERROR("out-icmpv4-error", Kind.NOTE, "was an ICMPv4 error of our own; out-icmpv4 counts it as well"),
    OUT_ICMPV6_ERROR("out-icmpv6-error", Kind.NOTE, "was an ICMPv6 error of our own; out-icmpv6 counts it as well"),
    OUT_NEIGHBOUR_IPV4("out-neighbour-ipv4", Kind.NOTE, "was ARP of our own"),
    OUT_NEIGHBOUR_IPV6("out-neighbour-ipv6", Kind.NOTE, "was neighbour discovery of our own"),
    CLAMPED_MSS_IPV4("clamped-mss-ipv4", Kind.NOTE, "opened a TCP connection whose segments would not fit the tunnel"),
    OUT_IPV4_FRAG("out-ipv4-frag", Kind.NOTE, "was an IPv4 fragment made here"),
    OUT_IPV6_FRAG("out-ipv6-frag", Kind.NOTE, "was an IPv6 fragment made here"),
    DROP_OUT_BY_POLICY_ICMPV4(
            "drop-out-by-policy-icmpv4", Kind.NOTE, "would have been an ICMPv4 error, which the settings forbid"),
    DROP_OUT_BY_POLICY_ICMPV6(
            "drop-out-by-policy-icmpv6", Kind.NOTE, "would have been an ICMPv6 error, which the settings forbid"),
    DROP_OVER_RATE_LIMIT_ICMPV4(
            "drop-over-rate-limit-icmpv4", Kind.NOTE, "would have been an ICMPv4 error over the limit"),
    DROP_OVER_RATE_LIMIT_ICMPV6(
            "drop-over-rate-limit-icmpv6", Kind.NOTE, "would have been an ICMPv6 error over the limit"),
    DROP_IPV4_FRAG_TIMEOUT("drop-ipv4-frag-timeout", Kind.NOTE, "was an IPv4 packet whose fragments did not all come"),
    DROP_IPV6_FRAG_TIMEOUT("drop-ipv6-frag-timeout", Kind.NOTE, "was an IPv6 packet whose fragments did not all come"),
    DROP_IPV4_FRAG_EVICTED(
            "drop-ipv4-frag-evicted", Kind.NOTE, "was an IPv4 packet in reassembly that made room for another"),
    DROP_IPV6_FRAG_EVICTED(
            "drop-ipv6-frag-evicted", Kind.NOTE, "was an IPv6 packet in reassembly that made room for another"),
    ODD_ECN_IPV6("odd-ecn-ipv6", Kind.NOTE, "had a pair of inner and outer ECN that RFC 6040 calls dangerous");

    /** What a counter counts. */
    public enum Kind {
        /** Packets that came in. */
        ARRIVED,
        /** Packets that reassembly made out of fragments, or that came from another worker. */
        MADE,
        /** How a packet that arrived or was made ended. */
        ENDED,
        /** Packets that were on their way out. */
        SENT,
        /** Those of them that were kept back after all. */
        WITHHELD,
        /** Events beside the balances. */
        NOTE
    }

    private final String label;
    private final Kind kind;
    private final String sentence;

    Counter(String label, Kind kind, String sentence) {
        this.label = label;
        this.kind = kind;
        this.sentence = sentence;
    }

    /** Its name for operators: {@code -packets} and {@code -bytes} are appended to it. */
    public String label() {
        return label;
    }

    /** Its place in the balances. */
    public Kind kind() {
        return kind;
    }

    /** What is true of a packet that it counts: "The packet ...". */
    public String sentence() {
        return sentence;
    }
}
