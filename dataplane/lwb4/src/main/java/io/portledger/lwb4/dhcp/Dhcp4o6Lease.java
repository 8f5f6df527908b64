package io.portledger.lwb4.dhcp;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a DHCPv4 server gave an lwB4.
 *
 * @param ipv4 the public address
 * @param ports its ports
 * @param softwireAddress this end of the softwire
 * @param br the other end, as the server said it; null: it did not
 * @param server who gave it
 * @param renewAt when to ask that server for more time, T1
 * @param rebindAt when to ask any server, T2
 * @param expiresAt when it must no longer be used
 */
public record Dhcp4o6Lease(
        Ipv4Address ipv4,
        PortSet ports,
        Ipv6Address softwireAddress,
        @Nullable Ipv6Address br,
        Ipv4Address server,
        Instant renewAt,
        Instant rebindAt,
        Instant expiresAt) {

    /** Whether the binding of another lease is the same. */
    boolean isSameBinding(Dhcp4o6Lease other) {
        return ipv4.equals(other.ipv4)
                && ports.equals(other.ports)
                && softwireAddress.equals(other.softwireAddress)
                && Objects.equals(br, other.br);
    }
}
