package io.portledger.lwaftr.radius;

import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusPacket;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import java.util.Optional;

/**
 * Who the lwAFTR is for AAA servers.
 *
 * @param name NAS-Identifier
 * @param address NAS-IPv6-Address, the first tunnel end point
 */
record NasIdentity(String name, Ipv6Address address) {

    List<RadiusAttribute> attributes() {
        return List.of(
                RadiusAttribute.ofText(RadiusAttribute.NAS_IDENTIFIER, name),
                RadiusAttribute.ofIpv6(RadiusAttribute.NAS_IPV6_ADDRESS, address));
    }

    /** Whether a request that names a NAS means this one; one that names none does. */
    boolean isMeantBy(RadiusPacket request) {
        Optional<RadiusAttribute> identifier = request.first(RadiusAttribute.NAS_IDENTIFIER);
        Optional<RadiusAttribute> ipv6 = request.first(RadiusAttribute.NAS_IPV6_ADDRESS);
        return identifier.map(attributes().getFirst()::equals).orElse(true)
                && ipv6.map(attributes().getLast()::equals).orElse(true);
    }
}
