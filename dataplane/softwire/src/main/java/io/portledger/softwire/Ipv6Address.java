package io.portledger.softwire;

import java.nio.ByteBuffer;

/**
 * An IPv6 address as two 64-bit halves in network bit order.
 *
 * <p>Immutable; addresses compare as unsigned 128-bit numbers. The text form is the canonical one of RFC 5952.
 *
 * @param high the first eight octets, most significant bit first
 * @param low the last eight octets, most significant bit first
 */
public record Ipv6Address(long high, long low) implements Comparable<Ipv6Address> {

    /** {@code ::}, the unspecified address. */
    public static final Ipv6Address UNSPECIFIED = new Ipv6Address(0, 0);

    /**
     * Reads any text form of RFC 4291 §2.2, the one with a dotted IPv4 tail included. Zone identifiers are refused.
     *
     * @throws IllegalArgumentException if {@code text} is no IPv6 address
     */
    public static Ipv6Address parse(CharSequence text) {
        int length = text.length();
        long high = 0;
        long low = 0;
        int words = 0;
        long headHigh = 0;
        long headLow = 0;
        int headWords = -1;
        int i = 0;
        if (length >= 2 && text.charAt(0) == ':' && text.charAt(1) == ':') {
            headWords = 0;
            i = 2;
        }
        while (i < length) {
            int start = i;
            int word = 0;
            int digit;
            while (i < length && (digit = hexDigit(text.charAt(i))) >= 0) {
                word = word << 4 | digit;
                if (++i - start > 4) {
                    throw notAnAddress(text);
                }
            }
            if (i > start && i < length && text.charAt(i) == '.') {
                long ipv4 = embeddedIpv4(text, start) & 0xffff_ffffL;
                high = high << 32 | low >>> 32;
                low = low << 32 | ipv4;
                words += 2;
                break;
            }
            if (i == start || words == 8) {
                throw notAnAddress(text);
            }
            high = high << 16 | low >>> 48;
            low = low << 16 | word;
            words++;
            if (i == length) {
                break;
            }
            if (text.charAt(i) != ':' || ++i == length) {
                throw notAnAddress(text);
            }
            if (text.charAt(i) == ':') {
                if (headWords >= 0) {
                    throw notAnAddress(text);
                }
                headWords = words;
                headHigh = high;
                headLow = low;
                high = 0;
                low = 0;
                i++;
            }
        }
        if (headWords < 0 ? words != 8 : words > 7) {
            throw notAnAddress(text);
        }
        if (headWords > 0) {
            int shift = 16 * (8 - headWords);
            high |= shift >= 64 ? headLow << (shift - 64) : headHigh << shift | headLow >>> (64 - shift);
            low |= shift >= 64 ? 0 : headLow << shift;
        }
        return new Ipv6Address(high, low);
    }

    /** Reads sixteen octets in network byte order that begin at {@code offset}. */
    public static Ipv6Address fromBytes(byte[] octets, int offset) {
        ByteBuffer buffer = ByteBuffer.wrap(octets, offset, 16);
        return new Ipv6Address(buffer.getLong(), buffer.getLong());
    }

    /** The IPv4-mapped form {@code ::ffff:a.b.c.d} (RFC 4291 §2.5.5.2), as PCP writes IPv4 addresses. */
    public static Ipv6Address mapped(Ipv4Address ipv4) {
        return new Ipv6Address(0, 0xffff_0000_0000L | (ipv4.bits() & 0xffff_ffffL));
    }

    /** Whether this is an IPv4-mapped address, {@code ::ffff:0:0/96}. */
    public boolean isMapped() {
        return high == 0 && low >>> 32 == 0xffff;
    }

    /** The IPv4 address in the last 32 bits; meaningful if {@link #isMapped()}. */
    public Ipv4Address embeddedIpv4() {
        return new Ipv4Address((int) low);
    }

    /** The sixteen octets in network byte order. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    @Override
    public int compareTo(Ipv6Address other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        if (isMapped()) {
            return "::ffff:" + embeddedIpv4();
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int start = i;
            while (i < 8 && word(i) == 0) {
                i++;
            }
            if (i - start > bestLength) {
                bestStart = start;
                bestLength = i - start;
            }
        }
        StringBuilder out = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                out.append("::");
                i += bestLength - 1;
            } else {
                if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
                    out.append(':');
                }
                out.append(Integer.toHexString(word(i)));
            }
        }
        return out.toString();
    }

    private int word(int index) {
        long half = index < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
    }

    private static int embeddedIpv4(CharSequence text, int start) {
        try {
            return Ipv4Address.parse(text.subSequence(start, text.length())).bits();
        } catch (IllegalArgumentException e) {
            throw notAnAddress(text);
        }
    }

    private static int hexDigit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int letter = c | 0x20;
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    }

    private static IllegalArgumentException notAnAddress(CharSequence text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not an IPv6 address (expected a form such as 2001:db8::1)");
    }
}
