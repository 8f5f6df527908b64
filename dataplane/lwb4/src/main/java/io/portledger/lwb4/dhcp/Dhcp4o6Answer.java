package io.portledger.lwb4.dhcp;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server's DHCPv4 message in a DHCPV4-RESPONSE, and the DHCPv6 options beside it, as far as an lwB4 needs them.
 *
 * @param kind which message
 * @param transactionId xid
 * @param address yiaddr; 0.0.0.0 in a NAK
 * @param server option 54; null: not there
 * @param ports option 159; null: not there, so that the whole address is meant
 * @param leaseSeconds option 51, 0 to 2^32 - 1; 0 also if it is not there
 * @param renewAfterSeconds option 58; 0: not there
 * @param rebindAfterSeconds option 59; 0: not there
 * @param softwireAddress option 109; null: not there
 * @param brs DHCPv6 option 90 (RFC 8539 §5); may be empty
 * @param bindPrefix DHCPv6 option 137, a hint; null: not there
 */
public record Dhcp4o6Answer(
        Kind kind,
        int transactionId,
        Ipv4Address address,
        @Nullable Ipv4Address server,
        @Nullable PortSet ports,
        long leaseSeconds,
        long renewAfterSeconds,
        long rebindAfterSeconds,
        @Nullable Ipv6Address softwireAddress,
        List<Ipv6Address> brs,
        @Nullable Ipv6Prefix bindPrefix) {

    /** The messages of a server. */
    public enum Kind {
        /** DHCPOFFER. */
        OFFER,
        /** DHCPACK. */
        ACK,
        /** DHCPNAK. */
        NAK
    }

    /** Defensive copy of the list. */
    public Dhcp4o6Answer {
        brs = List.copyOf(brs);
    }
}
