package io.portledger.lwb4.dhcp;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import org.jspecify.annotations.Nullable;

/**
 * A DHCPv4 message of a client inside a DHCPV4-QUERY, without what is the same in all of them.
 *
 * @param kind which message
 * @param transactionId xid
 * @param elapsedSeconds since the client began, 0-65535
 * @param clientAddress what it has and renews or releases; null: nothing yet
 * @param requestedAddress option 50; null: not there
 * @param server option 54; null: not there
 * @param ports option 159, which it has or wants; null: any
 * @param softwireAddress option 109; null: not there
 */
public record Dhcp4o6Query(
        Kind kind,
        int transactionId,
        int elapsedSeconds,
        @Nullable Ipv4Address clientAddress,
        @Nullable Ipv4Address requestedAddress,
        @Nullable Ipv4Address server,
        @Nullable PortSet ports,
        @Nullable Ipv6Address softwireAddress) {

    /** The messages, by what a client is about when it sends them (RFC 2131 §4.3.2). */
    public enum Kind {
        /** DHCPDISCOVER. */
        DISCOVER(false),
        /** DHCPREQUEST that takes an offer. */
        SELECT(false),
        /** DHCPREQUEST after a restart, for what it had. */
        REBOOT(false),
        /** DHCPREQUEST to the server that gave the lease. */
        RENEW(true),
        /** DHCPREQUEST to any server. */
        REBIND(false),
        /** DHCPRELEASE. */
        RELEASE(true);

        private final boolean isUnicast;

        Kind(boolean isUnicast) {
            this.isUnicast = isUnicast;
        }

        /** Whether it would have been sent by unicast in IPv4: the flag U of the query (RFC 7341 §6.3). */
        public boolean isUnicast() {
            return isUnicast;
        }
    }
}
