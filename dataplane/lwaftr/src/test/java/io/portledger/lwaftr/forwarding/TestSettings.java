package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.ForwardingSettings.DscpMode;
import io.portledger.lwaftr.forwarding.ForwardingSettings.RateLimit;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Side;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Tunnel;
import io.portledger.packet.ReassemblyLimits;

/** The standard settings with single values changed. */
final class TestSettings {

    private TestSettings() {}

    static ForwardingSettings withHairpinning(boolean hairpinning) {
        ForwardingSettings s = Engine.settings();
        return new ForwardingSettings(
                s.brAddresses(), s.ipv4Address(), hairpinning, s.tunnel(), s.ipv4Side(), s.ipv6Side());
    }

    static ForwardingSettings withTunnel(
            int hopLimit, boolean flowLabel, DscpMode dscpMode, boolean honourDontFragment) {
        ForwardingSettings s = Engine.settings();
        Tunnel tunnel = new Tunnel(hopLimit, flowLabel, dscpMode, honourDontFragment);
        return new ForwardingSettings(
                s.brAddresses(), s.ipv4Address(), s.hairpinning(), tunnel, s.ipv4Side(), s.ipv6Side());
    }

    static ForwardingSettings withSides(Side ipv4Side, Side ipv6Side) {
        ForwardingSettings s = Engine.settings();
        return new ForwardingSettings(
                s.brAddresses(), s.ipv4Address(), s.hairpinning(), s.tunnel(), ipv4Side, ipv6Side);
    }

    static ForwardingSettings withMtus(int ipv4Mtu, int ipv6Mtu) {
        return withSides(
                side(ipv4Mtu, true, true, new RateLimit(200, 2)), side(ipv6Mtu, true, true, new RateLimit(200, 2)));
    }

    static ForwardingSettings withReassembly(ReassemblyLimits limits) {
        Side s = Engine.settings().ipv4Side();
        Side side = new Side(
                s.mtu(),
                s.acceptIncomingIcmp(),
                s.generateIcmpErrors(),
                s.icmpErrorLimit(),
                limits,
                "",
                "",
                s.ethernet());
        return withSides(side, side);
    }

    static ForwardingSettings withIcmp(boolean accept4, boolean accept6, boolean generate4, boolean generate6) {
        RateLimit limit = new RateLimit(200, 2);
        return withSides(side(1500, accept4, generate4, limit), side(1500, accept6, generate6, limit));
    }

    static ForwardingSettings withErrorLimit(int packets, int perSeconds) {
        RateLimit limit = new RateLimit(packets, perSeconds);
        return withSides(side(1500, true, true, limit), side(1500, true, true, limit));
    }

    private static Side side(int mtu, boolean accepts, boolean generates, RateLimit limit) {
        Side s = Engine.settings().ipv4Side();
        return new Side(mtu, accepts, generates, limit, s.reassembly(), "", "", s.ethernet());
    }
}
