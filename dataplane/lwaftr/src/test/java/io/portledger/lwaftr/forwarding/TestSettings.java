package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.ForwardingSettings.DscpMode;
import io.portledger.lwaftr.forwarding.ForwardingSettings.RateLimit;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Side;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Tunnel;
import io.portledger.packet.PacketFilter;
import io.portledger.packet.ReassemblyLimits;

/** The standard settings with single values changed. */
final class TestSettings {

    private TestSettings() {}

    static ForwardingSettings withHairpinning(boolean hairpinning) {
        return Engine.settings().withHairpinning(hairpinning);
    }

    static ForwardingSettings withTunnel(
            int hopLimit, boolean flowLabel, DscpMode dscpMode, boolean honourDontFragment) {
        return Engine.settings()
                .withTunnel(new Tunnel(hopLimit, flowLabel, dscpMode, honourDontFragment, false, false));
    }

    static ForwardingSettings withMtus(int ipv4Mtu, int ipv6Mtu) {
        Side side = Engine.settings().ipv4Side();
        return Engine.settings().withSides(side.withMtu(ipv4Mtu), side.withMtu(ipv6Mtu));
    }

    static ForwardingSettings withReassembly(ReassemblyLimits limits) {
        Side side = Engine.settings().ipv4Side().withReassembly(limits);
        return Engine.settings().withSides(side, side);
    }

    static ForwardingSettings withIcmp(boolean accept4, boolean accept6, boolean generate4, boolean generate6) {
        RateLimit limit = new RateLimit(200, 2);
        Side side = Engine.settings().ipv4Side();
        return Engine.settings()
                .withSides(side.withIcmp(accept4, generate4, limit), side.withIcmp(accept6, generate6, limit));
    }

    static ForwardingSettings withErrorLimit(int packets, int perSeconds) {
        Side side = Engine.settings().ipv4Side().withIcmp(true, true, new RateLimit(packets, perSeconds));
        return Engine.settings().withSides(side, side);
    }

    /** Clamping of the MSS, with an MTU of 1500 on either side. */
    static ForwardingSettings withClampedMss() {
        return Engine.settings().withTunnel(new Tunnel(64, false, DscpMode.PIPE, true, true, false));
    }

    /** Path MTU discovery, with an MTU of 1500 on either side. */
    static ForwardingSettings withPathMtuDiscovery() {
        return Engine.settings().withTunnel(new Tunnel(64, false, DscpMode.PIPE, true, false, true));
    }

    static ForwardingSettings withFilters(String ingress4, String egress4, String ingress6, String egress6) {
        Side side = Engine.settings().ipv4Side();
        return Engine.settings()
                .withSides(
                        side.withFilters(PacketFilter.parse(ingress4), PacketFilter.parse(egress4)),
                        side.withFilters(PacketFilter.parse(ingress6), PacketFilter.parse(egress6)));
    }
}
