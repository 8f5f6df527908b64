package io.portledger.softwire;

/**
 * An IPv4 address as one 32-bit value in network bit order: 192.0.2.1 is {@code 0xc0000201}.
 *
 * <p>Immutable; addresses compare as unsigned numbers.
 *
 * @param bits the address, most significant bit first
 */
public record Ipv4Address(int bits) implements Comparable<Ipv4Address> {

    /**
     * Reads the dotted form with four decimal parts; leading zeros are refused because other software reads them as
     * octal.
     *
     * @throws IllegalArgumentException if {@code text} is no IPv4 address
     */
    public static Ipv4Address parse(CharSequence text) {
        int bits = 0;
        int part = -1;
        int parts = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? '.' : text.charAt(i);
            if (c == '.') {
                if (part < 0 || ++parts > 4) {
                    throw notAnAddress(text);
                }
                bits = bits << 8 | part;
                part = -1;
            } else if (c < '0' || c > '9' || part == 0) {
                throw notAnAddress(text);
            } else {
                part = (part < 0 ? 0 : part * 10) + c - '0';
                if (part > 255) {
                    throw notAnAddress(text);
                }
            }
        }
        if (parts != 4) {
            throw notAnAddress(text);
        }
        return new Ipv4Address(bits);
    }

    /** Reads four octets in network byte order that begin at {@code offset}. */
    public static Ipv4Address fromBytes(byte[] octets, int offset) {
        return new Ipv4Address(octets[offset] << 24
                | (octets[offset + 1] & 0xff) << 16
                | (octets[offset + 2] & 0xff) << 8
                | (octets[offset + 3] & 0xff));
    }

    /** The four octets in network byte order. */
    public byte[] toBytes() {
        return new byte[] {(byte) (bits >>> 24), (byte) (bits >>> 16), (byte) (bits >>> 8), (byte) bits};
    }

    /** The address {@code steps} above this one; wraps at the end of the address space. */
    public Ipv4Address plus(int steps) {
        return new Ipv4Address(bits + steps);
    }

    @Override
    public int compareTo(Ipv4Address other) {
        return Integer.compareUnsigned(bits, other.bits);
    }

    @Override
    public String toString() {
        return (bits >>> 24) + "." + (bits >>> 16 & 0xff) + "." + (bits >>> 8 & 0xff) + "." + (bits & 0xff);
    }

    private static IllegalArgumentException notAnAddress(CharSequence text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)");
    }
}
