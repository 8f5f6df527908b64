package io.portledger.softwire;

import org.jspecify.annotations.Nullable;

/**
 * One entry of the lwAFTR's binding table (RFC 7596 §6.1): the port set of a public IPv4 address that an lwB4 may use.
 *
 * @param b4 the lwB4's softwire address, the full 128 bits
 * @param ipv4 the public address
 * @param ports the lwB4's ports of that address
 * @param br the lwAFTR's tunnel end point, to which the lwB4 sends
 * @param subscriber the operator's name for the subscriber, if the provisioning system told it
 */
public record Binding(
        Ipv6Address b4,
        Ipv4Address ipv4,
        PortSet ports,
        Ipv6Address br,
        @Nullable String subscriber) {

    /** An empty subscriber is none: files and messages know no difference. */
    public Binding {
        subscriber = subscriber == null || subscriber.isEmpty() ? null : subscriber;
    }

    /** A binding whose subscriber is known by nothing but the softwire address. */
    public Binding(Ipv6Address b4, Ipv4Address ipv4, PortSet ports, Ipv6Address br) {
        this(b4, ipv4, ports, br, null);
    }
}
