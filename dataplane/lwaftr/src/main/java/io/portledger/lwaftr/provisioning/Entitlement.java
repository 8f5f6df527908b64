package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber may have, as far as somebody knows: the directory of {@link Subscribers}, or the AAA server.
 *
 * @param subscriber the operator's name for the subscriber; null: unknown
 * @param serviceClass name of the {@link ServiceClass}; null: the one that the lwB4's address is of
 * @param ports the very port set, which may be outside all service classes; null: any of the class
 * @param br the tunnel end point of the determined port set; null: the lwAFTR's first
 * @param lifetime after which the lease ends however often it is renewed; null: no such bound
 */
public record Entitlement(
        @Nullable String subscriber,
        @Nullable String serviceClass,
        @Nullable PublicPorts ports,
        @Nullable Ipv6Address br,
        @Nullable Duration lifetime) {

    /** Nothing is known. */
    public static final Entitlement UNKNOWN = new Entitlement(null, null, null, null, null);

    /** This, and what it does not say as {@code other} says. */
    public Entitlement orElse(Entitlement other) {
        return new Entitlement(
                subscriber == null ? other.subscriber : subscriber,
                serviceClass == null ? other.serviceClass : serviceClass,
                ports == null ? other.ports : ports,
                br == null ? other.br : br,
                lifetime == null ? other.lifetime : lifetime);
    }
}
