package io.portledger.softwire;

/**
 * Consecutive IPv6 addresses, such as {@code 2001:db8::/32}.
 *
 * @param first the lowest address; its bits behind {@code length} are zero
 * @param length number of leading bits that all addresses share, 0-128
 */
public record Ipv6Prefix(Ipv6Address first, int length) {

    /** @throws IllegalArgumentException if the length is out of range or a bit behind it is set */
    public Ipv6Prefix {
        if (length < 0 || length > 128) {
            throw new IllegalArgumentException("prefix length " + length + " is out of range (allowed: 0-128)");
        }
        Ipv6Address masked = masked(first, length);
        if (!masked.equals(first)) {
            throw new IllegalArgumentException(first + "/" + length
                    + " has bits behind its prefix length (did you mean " + masked + "/" + length + "?)");
        }
    }

    /**
     * Reads {@code address/length}; an address alone is a prefix of 128 bits.
     *
     * @throws IllegalArgumentException if {@code text} is no IPv6 prefix
     */
    public static Ipv6Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return new Ipv6Prefix(Ipv6Address.parse(text), 128);
        }
        return new Ipv6Prefix(Ipv6Address.parse(text.substring(0, slash)), Ipv4Prefix.lengthIn(text, slash));
    }

    /** The prefix of {@code length} bits (0-128) that {@code address} lies in. */
    public static Ipv6Prefix containing(Ipv6Address address, int length) {
        return new Ipv6Prefix(masked(address, length), length);
    }

    /** Whether the address is one of them. */
    public boolean contains(Ipv6Address address) {
        return masked(address, length).equals(first);
    }

    /** Whether any address is in both. */
    public boolean overlaps(Ipv6Prefix other) {
        return length <= other.length ? contains(other.first) : other.contains(first);
    }

    /** The form that {@link #parse} reads, always with a length. */
    @Override
    public String toString() {
        return first + "/" + length;
    }

    private static Ipv6Address masked(Ipv6Address address, int length) {
        long high = length <= 0 ? 0 : length >= 64 ? address.high() : address.high() & -1L << (64 - length);
        long low = length <= 64 ? 0 : length >= 128 ? address.low() : address.low() & -1L << (128 - length);
        return new Ipv6Address(high, low);
    }
}
