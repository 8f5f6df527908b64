package io.portledger.lwaftr.forwarding;

import io.portledger.packet.MacAddress;
import io.portledger.packet.PacketFilter;
import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
        if (!ipv4Side.ethernet().nextHop().isEmpty()) {
            var _ = Ipv4Address.parse(ipv4Side.ethernet().nextHop());
        }
        if (!ipv6Side.ethernet().nextHop().isEmpty()) {
            var _ = Ipv6Address.parse(ipv6Side.ethernet().nextHop());
        }
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
                new ReassemblyLimits(20, 20_000, 1_000, 64L << 20, 60),
                PacketFilter.ALL,
                PacketFilter.ALL,
                "",
                new Ethernet(null, null, "", 0));
        return new ForwardingSettings(List.of(brAddress), ipv4Address, true, Tunnel.STANDARD, side, side);
    }

    /** The settings of one of several workers: limits of all together are shared out evenly. */
    ForwardingSettings shareOf(int workers) {
        return workers == 1 ? this : withSides(ipv4Side.shareOf(workers), ipv6Side.shareOf(workers));
    }

    /** These settings with another one for {@link #hairpinning}. */
    public ForwardingSettings withHairpinning(boolean whether) {
        return new ForwardingSettings(brAddresses, ipv4Address, whether, tunnel, ipv4Side, ipv6Side);
    }

    /** These settings with another tunnel. */
    public ForwardingSettings withTunnel(Tunnel other) {
        return new ForwardingSettings(brAddresses, ipv4Address, hairpinning, other, ipv4Side, ipv6Side);
    }

    /** These settings with other sides. */
    public ForwardingSettings withSides(Side ipv4, Side ipv6) {
        return new ForwardingSettings(brAddresses, ipv4Address, hairpinning, tunnel, ipv4, ipv6);
    }

    /**
     * The softwire (RFC 2473).
     *
     * @param hopLimit hop limit of the outer header, 1-255
     * @param flowLabel whether the outer flow label is a hash of the inner flow (RFC 6438) rather than 0
     * @param dscpMode which DSCP a packet has after decapsulation (RFC 2983)
     * @param honourDontFragment whether a packet with DF that is too big for the tunnel is answered by ICMPv4 3/4
     *     (RFC 2473 §7.2) rather than fragmented outside
     * @param clampMss whether TCP connections are kept from sending segments that are too big for the tunnel
     * @param pathMtuDiscovery whether packet-too-big errors from inside the tunnel lower the MTU of that softwire for a
     *     time (RFC 2473 §7); must be off if a BR address is anycast
     */
    public record Tunnel(
            int hopLimit,
            boolean flowLabel,
            DscpMode dscpMode,
            boolean honourDontFragment,
            boolean clampMss,
            boolean pathMtuDiscovery) {

        /** The defaults. */
        public static final Tunnel STANDARD = new Tunnel(64, false, DscpMode.PIPE, true, false, false);

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
     * @param ingressFilter which packets are taken
     * @param egressFilter which packets are sent
     * @param device the Ethernet interface of this side; empty: packets do not come by Ethernet
     * @param ethernet for Ethernet only
     */
    public record Side(
            int mtu,
            boolean acceptIncomingIcmp,
            boolean generateIcmpErrors,
            RateLimit icmpErrorLimit,
            ReassemblyLimits reassembly,
            PacketFilter ingressFilter,
            PacketFilter egressFilter,
            String device,
            Ethernet ethernet) {

        private Side shareOf(int workers) {
            int packets = (icmpErrorLimit.packets() + workers - 1) / workers;
            return withIcmp(acceptIncomingIcmp, generateIcmpErrors, new RateLimit(packets, icmpErrorLimit.perSeconds()))
                    .withReassembly(new ReassemblyLimits(
                            reassembly.maxFragmentsPerPacket(),
                            (reassembly.maxPackets() + workers - 1) / workers,
                            reassembly.maxPacketsPerSource(),
                            reassembly.maxOctets() / workers,
                            reassembly.timeoutSeconds()));
        }

        /** This side with another MTU. */
        public Side withMtu(int octets) {
            return new Side(
                    octets,
                    acceptIncomingIcmp,
                    generateIcmpErrors,
                    icmpErrorLimit,
                    reassembly,
                    ingressFilter,
                    egressFilter,
                    device,
                    ethernet);
        }

        /** This side with other rules for ICMP. */
        public Side withIcmp(boolean accepts, boolean generates, RateLimit limit) {
            return new Side(mtu, accepts, generates, limit, reassembly, ingressFilter, egressFilter, device, ethernet);
        }

        /** This side with other limits of reassembly. */
        public Side withReassembly(ReassemblyLimits limits) {
            return new Side(
                    mtu,
                    acceptIncomingIcmp,
                    generateIcmpErrors,
                    icmpErrorLimit,
                    limits,
                    ingressFilter,
                    egressFilter,
                    device,
                    ethernet);
        }

        /** This side with other filters. */
        public Side withFilters(PacketFilter ingress, PacketFilter egress) {
            return new Side(
                    mtu,
                    acceptIncomingIcmp,
                    generateIcmpErrors,
                    icmpErrorLimit,
                    reassembly,
                    ingress,
                    egress,
                    device,
                    ethernet);
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
     * @param mac own address; null: the interface's
     * @param nextHopMac where all packets of this side go; null: to the address that {@code nextHop} is found to have
     * @param nextHop the next hop's IP address, to be found by ARP or neighbour discovery; empty: none
     * @param vlan 802.1Q VLAN identifier, 0 for none
     */
    public record Ethernet(
            @Nullable MacAddress mac, @Nullable MacAddress nextHopMac, String nextHop, int vlan) {

        private static final MacAddress OWN = MacAddress.parse("12:12:12:12:12:12");
        private static final MacAddress NEXT_HOP = MacAddress.parse("68:68:68:68:68:68");

        /** The own address where there is no interface that has one, as in captures. */
        public MacAddress ownWithoutInterface() {
            return mac == null ? OWN : mac;
        }

        /** Where all packets go, unless {@link #isResolved}. */
        public MacAddress staticNextHop() {
            return nextHopMac == null ? NEXT_HOP : nextHopMac;
        }

        /** Whether the next hop's Ethernet address has to be found. */
        public boolean isResolved() {
            return nextHopMac == null && !nextHop.isEmpty();
        }

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
