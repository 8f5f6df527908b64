package io.portledger.softwire;

/** The tunnel between an lwB4 and its lwAFTR (RFC 7596): how its address at the lwB4 is made. */
public final class Softwire {

    private Softwire() {}

    /**
     * The lwB4's softwire address by RFC 7596 §5.1: the prefix filled with zeros to 64 bits, 16 zero bits, the IPv4
     * address, and the PSID as a plain number in the last 16 bits (zero if k = 0).
     *
     * @throws IllegalArgumentException if the prefix is longer than 64 bits
     */
    public static Ipv6Address address(Ipv6Prefix prefix, Ipv4Address ipv4, PortSet ports) {
        if (prefix.length() > 64) {
            throw new IllegalArgumentException("prefix " + prefix
                    + " leaves no room for an interface identifier (allowed: a prefix length of 0-64)");
        }
        return new Ipv6Address(prefix.first().high(), (ipv4.bits() & 0xffff_ffffL) << 16 | ports.psid());
    }
}
