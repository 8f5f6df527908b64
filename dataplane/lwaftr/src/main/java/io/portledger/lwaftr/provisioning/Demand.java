package io.portledger.lwaftr.provisioning;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an lwB4 asks for, by whichever protocol.
 *
 * @param b4 whose binding it is to be
 * @param origin by which protocol
 * @param nonce who shows it may renew and release the lease
 * @param lifetime asked for; the service class bounds it
 * @param suggestion what it would like to have; null: nothing special
 * @param window ports of which the set must have at least one
 * @param replyPort the UDP port from which it asked, 0 if it cannot be reached there
 */
public record Demand(
        Ipv6Address b4,
        Origin origin,
        Nonce nonce,
        Duration lifetime,
        Pool.@Nullable Suggestion suggestion,
        PortRange window,
        int replyPort) {

    /** All ports. */
    public static final PortRange ANY_PORTS = new PortRange(0, 0xffff);

    /** The same for another time. */
    Demand lasting(Duration other) {
        return new Demand(b4, origin, nonce, other, suggestion, window, replyPort);
    }
}
