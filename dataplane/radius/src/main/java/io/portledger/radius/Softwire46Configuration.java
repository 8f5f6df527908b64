package io.portledger.radius;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attribute 241.9 with its part for lw4o6, Softwire46-Lightweight-4over6 (RFC 8658 §3.1.1.3). Parts for MAP-E and MAP-T
 * are passed over when read and not written.
 *
 * @param brAddresses Softwire46-BR, the lwAFTR's tunnel end points in the order of preference, one or more
 * @param ipv4 IPv4-Address of Softwire46-V4V6Bind, the lwB4's public address
 * @param bindPrefix Bind-IPv6-Prefix, in which the lwB4's softwire address lies
 * @param ports Softwire46-PORTPARAMS; null: the address is not shared
 */
public record Softwire46Configuration(
        List<Ipv6Address> brAddresses,
        Ipv4Address ipv4,
        Ipv6Prefix bindPrefix,
        @Nullable PortSet ports) {

    /** The second number of 241.9. */
    public static final int EXTENDED_TYPE = 9;

    private static final String NAME = "Softwire46-Configuration";
    private static final int LIGHTWEIGHT_4OVER6 = 3;
    private static final int BR = 6;
    private static final int V4V6_BIND = 8;
    private static final int PORT_PARAMS = 9;
    private static final int IPV4_ADDRESS = 13;
    private static final int BIND_IPV6_PREFIX = 14;
    private static final int PSID_OFFSET = 15;
    private static final int PSID_LENGTH = 16;
    private static final int PSID = 17;

    /** @throws IllegalArgumentException if there is no BR address */
    public Softwire46Configuration {
        brAddresses = List.copyOf(brAddresses);
        if (brAddresses.isEmpty()) {
            throw new IllegalArgumentException("a softwire needs a BR address (allowed: one or more)");
        }
    }

    /**
     * What a packet says about lw4o6.
     *
     * @return empty if there is no such attribute, or none for lw4o6 in it
     * @throws RadiusException if it breaks the rules of RFC 8658 §3.1
     */
    public static Optional<Softwire46Configuration> of(RadiusPacket packet) throws RadiusException {
        Optional<RadiusAttribute> attribute = packet.only(RadiusAttribute.EXTENDED_1, EXTENDED_TYPE);
        if (attribute.isEmpty()) {
            return Optional.empty();
        }
        Optional<Tlvs> container = Tlvs.read(NAME, attribute.get().octets()).within(LIGHTWEIGHT_4OVER6, NAME);
        return container.isPresent() ? Optional.of(read(container.get())) : Optional.empty();
    }

    private static Softwire46Configuration read(Tlvs container) throws RadiusException {
        List<Ipv6Address> brs = new ArrayList<>(1);
        for (byte[] br : container.all(BR)) {
            brs.add(container.ipv6(br, "Softwire46-BR"));
        }
        Tlvs bind = container
                .within(V4V6_BIND, NAME)
                .orElseThrow(() -> RadiusException.malformed(NAME + ": Softwire46-V4V6Bind is missing"));
        byte[] ipv4 = bind.atMostOne(IPV4_ADDRESS)
                .orElseThrow(() -> RadiusException.malformed(NAME + ": IPv4-Address is missing"));
        byte[] prefix = bind.atMostOne(BIND_IPV6_PREFIX)
                .orElseThrow(() -> RadiusException.malformed(NAME + ": Bind-IPv6-Prefix is missing"));
        Optional<Tlvs> parameters = container.within(PORT_PARAMS, NAME);
        try {
            return new Softwire46Configuration(
                    brs,
                    bind.ipv4(ipv4, "IPv4-Address"),
                    bind.ipv6Prefix(prefix, "Bind-IPv6-Prefix"),
                    parameters.isPresent() ? ports(parameters.get()) : null);
        } catch (IllegalArgumentException e) {
            throw RadiusException.malformed(NAME + ": " + e.getMessage());
        }
    }

    private static PortSet ports(Tlvs parameters) throws RadiusException {
        return PortSet.ofRadius(
                parameters.integer(PSID_OFFSET, "PSID-Offset"),
                parameters.integer(PSID_LENGTH, "PSID-Len"),
                parameters.integer(PSID, "PSID"));
    }

    /**
     * The attribute.
     *
     * @throws IllegalArgumentException if there are more BR addresses than an attribute has room for
     */
    public RadiusAttribute toAttribute() {
        Tlvs.Writer container = new Tlvs.Writer();
        brAddresses.forEach(br -> container.add(BR, br.toBytes()));
        container.add(
                V4V6_BIND,
                new Tlvs.Writer()
                        .add(IPV4_ADDRESS, ipv4.toBytes())
                        .add(BIND_IPV6_PREFIX, bindPrefix)
                        .octets());
        if (ports != null) {
            container.add(
                    PORT_PARAMS,
                    new Tlvs.Writer()
                            .add(PSID_OFFSET, ports.psidOffset())
                            .add(PSID_LENGTH, ports.psidLength())
                            .add(PSID, ports.leftAlignedPsid())
                            .octets());
        }
        return RadiusAttribute.ofExtended(
                RadiusAttribute.EXTENDED_1,
                EXTENDED_TYPE,
                new Tlvs.Writer().add(LIGHTWEIGHT_4OVER6, container.octets()).octets());
    }
}
