package io.portledger.lwaftr.forwarding;

import io.portledger.packet.MacAddress;
import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.util.List;

/**
 * What the operator decides about forwarding: the part of the lwAFTR's settings that {@code Forwarder} follows.
 *
 * @param brAddresses tunnel end points of this lwAFTR; those that bindings name are its own as well
 * @param ipv4Address source of its ICMPv4 errors; it answers echo requests to it
 * @param hairpinning whether packets from one lwB4 to another are turned round here rather than sent to the IPv4 side
 * @param tunnel what goes into the outer header, and what comes out of it
 * @param ipv4Side towards the Internet
 * @param ipv6Side towards the lwB4s
 */
public record ForwardingSettings(
        List<Ipv6Address> brAddresses,
        Ipv4Address ipv4Address,
        boolean hairpinning,
        Tunnel tunnel,
        Side ipv4Side,
        Side ipv6Side) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public ForwardingSettings {
        brAddresses = List.copyOf(brAddresses);
        requireAtLeast("ipv4-side.mtu", ipv4Side.mtu(), 68);
        requireAtLeast("ipv6-side.mtu", ipv6Side.mtu(), 1280);
    }

    /** The rules by which this record is right for any process that needs no more than a tunnel end point. */
    public static ForwardingSettings standard(Ipv6Address brAddress, Ipv4Address ipv4Address) {
        Side side = new Side(
                1500,
                true,
                true,
                new RateLimit(200, 2),
                new ReassemblyLimits(20, 20_000, 64L << 20, 60),
                "",
                "",
                new Ethernet(MacAddress.parse("12:12:12:12:12:12"), MacAddress.parse("68:68:68:68:68:68"), "", 0));
        return new ForwardingSettings(
                List.of(brAddress), ipv4Address, true, new Tunnel(64, false, DscpMode.PIPE, true), side, side);
    }

    /**
     * The softwire (RFC 2473).
     *
     * @param hopLimit hop limit of the outer header, 1-255
     * @param flowLabel whether the outer flow label is a hash of the inner flow (RFC 6438) rather than 0
     * @param dscpMode which DSCP a packet has after decapsulation (RFC 2983)
     * @param honourDontFragment whether a packet with DF that is too big for the tunnel is answered by ICMPv4 3/4
     *     (RFC 2473 §7.2) rather than fragmented outside
     */
    public record Tunnel(int hopLimit, boolean flowLabel, DscpMode dscpMode, boolean honourDontFragment) {

        /** @throws IllegalArgumentException if the hop limit is none */
        public Tunnel {
            if (hopLimit < 1 || hopLimit > 255) {
                throw new IllegalArgumentException(
                        "Invalid value " + hopLimit + " for key tunnel.hop-limit: out of range (allowed: 1-255)");
            }
        }
    }

    /** Which DSCP a decapsulated packet has (RFC 2983). */
    public enum DscpMode {
        /** The inner one. */
        PIPE,
        /** That of the outer header. */
        UNIFORM
    }

    /**
     * One side of the lwAFTR.
     *
     * @param mtu largest IP packet that is sent there, in octets
     * @param acceptIncomingIcmp whether ICMP packets that come from there are taken: on the IPv4 side those to
     *     subscribers, on the IPv6 side those about the tunnel
     * @param generateIcmpErrors whether errors are sent there
     * @param icmpErrorLimit how many
     * @param reassembly limits for fragments that come from there
     * @param ingressFilter which packets are taken; empty: all
     * @param egressFilter which packets are sent; empty: all
     * @param ethernet for Ethernet only
     */
    public record Side(
            int mtu,
            boolean acceptIncomingIcmp,
            boolean generateIcmpErrors,
            RateLimit icmpErrorLimit,
            ReassemblyLimits reassembly,
            String ingressFilter,
            String egressFilter,
            Ethernet ethernet) {

        /** @throws IllegalArgumentException if a filter is set, because this version has none */
        public Side {
            requireNoFilter("ingress-filter", ingressFilter);
            requireNoFilter("egress-filter", egressFilter);
        }

        private static void requireNoFilter(String key, String filter) {
            if (!filter.isEmpty()) {
                throw new IllegalArgumentException("Invalid value \"" + filter + "\" for key " + key
                        + ": filters do not exist in this version (allowed: \"\")");
            }
        }
    }

    /**
     * A token bucket that holds {@code packets} tokens and is filled at {@code packets} in {@code perSeconds}.
     *
     * @param packets burst and amount, 0 and more
     * @param perSeconds in which time, 1 second and more
     */
    public record RateLimit(int packets, int perSeconds) {

        /** @throws IllegalArgumentException if a number is out of its range */
        public RateLimit {
            requireAtLeast("icmp-error-limit.packets", packets, 0);
            requireAtLeast("icmp-error-limit.per-seconds", perSeconds, 1);
        }
    }

    /**
     * Framing on an Ethernet side.
     *
     * @param mac own address
     * @param nextHopMac where all packets of this side go
     * @param nextHop the next hop's IP address, for reference: it is not resolved; empty: none
     * @param vlan 802.1Q VLAN identifier, 0 for none
     */
    public record Ethernet(MacAddress mac, MacAddress nextHopMac, String nextHop, int vlan) {

        /** @throws IllegalArgumentException if the VLAN is none */
        public Ethernet {
            if (vlan < 0 || vlan > 4094) {
                throw new IllegalArgumentException(
                        "Invalid value " + vlan + " for key ethernet.vlan: out of range (allowed: 0-4094)");
            }
        }
    }

    private static void requireAtLeast(String key, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "Invalid value " + value + " for key " + key + ": too small (allowed: " + least + " and more)");
        }
    }
}
