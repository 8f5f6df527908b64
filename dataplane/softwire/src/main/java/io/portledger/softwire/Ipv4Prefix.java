package io.portledger.softwire;

/**
 * Consecutive IPv4 addresses, such as {@code 203.0.113.0/24}.
 *
 * @param first the lowest address; its bits behind {@code length} are zero
 * @param length number of leading bits that all addresses share, 0-32
 */
public record Ipv4Prefix(Ipv4Address first, int length) {

    /** @throws IllegalArgumentException if the length is out of range or a bit behind it is set */
    public Ipv4Prefix {
        if (length < 0 || length > 32) {
            throw new IllegalArgumentException("prefix length " + length + " is out of range (allowed: 0-32)");
        }
        if ((first.bits() & ~mask(length)) != 0) {
            throw new IllegalArgumentException(
                    first + "/" + length + " has bits behind its prefix length (did you mean "
                            + new Ipv4Address(first.bits() & mask(length)) + "/" + length + "?)");
        }
    }

    /**
     * Reads {@code address/length}; an address alone is a prefix of 32 bits.
     *
     * @throws IllegalArgumentException if {@code text} is no IPv4 prefix
     */
    public static Ipv4Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return new Ipv4Prefix(Ipv4Address.parse(text), 32);
        }
        return new Ipv4Prefix(Ipv4Address.parse(text.substring(0, slash)), lengthIn(text, slash));
    }

    /** How many addresses, 1 to {@code 2^32}. */
    public long size() {
        return 1L << (32 - length);
    }

    /** Whether the address is one of them. */
    public boolean contains(Ipv4Address address) {
        return (address.bits() & mask(length)) == first.bits();
    }

    /** Whether any address is in both. */
    public boolean overlaps(Ipv4Prefix other) {
        return length <= other.length ? contains(other.first) : other.contains(first);
    }

    /** The form that {@link #parse} reads, always with a length. */
    @Override
    public String toString() {
        return first + "/" + length;
    }

    static int lengthIn(String text, int slash) {
        int length = PortSet.decimal(text, slash + 1, text.length());
        if (length < 0) {
            throw new IllegalArgumentException("\"" + text + "\" is not a prefix (expected address/length)");
        }
        return length;
    }

    private static int mask(int length) {
        return length == 0 ? 0 : -1 << (32 - length);
    }
}
