package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;

/** Octets in network order that nobody can change: an identifier, or data that are kept as they came. */
public final class Octets {

    /** None. */
    public static final Octets NONE = new Octets(new byte[0]);

    private final byte[] octets;

    private Octets(byte[] octets) {
        this.octets = octets;
    }

    /** A copy of the octets. */
    public static Octets of(byte... octets) {
        return new Octets(octets.clone());
    }

    /**
     * Reads hexadecimal digits, two for each octet.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static Octets parse(String hex) {
        return new Octets(HexFormat.of().parseHex(hex));
    }

    /** A copy of what can be read from the buffer, whose indices stay. */
    public static Octets of(ByteBuf in) {
        return new Octets(ByteBufUtil.getBytes(in));
    }

    static Octets read(ByteBuf in, int offset, int length) {
        byte[] octets = new byte[length];
        in.getBytes(offset, octets);
        return new Octets(octets);
    }

    /** How many there are. */
    public int length() {
        return octets.length;
    }

    /** The octet at {@code index}, 0-255. */
    public int at(int index) {
        return octets[index] & 0xff;
    }

    /** A copy. */
    public byte[] toBytes() {
        return octets.clone();
    }

    /** A buffer to read them from. */
    public ByteBuf toBuffer() {
        return Unpooled.wrappedBuffer(octets).asReadOnly();
    }

    /** Appends them. */
    public void write(ByteBuf out) {
        out.writeBytes(octets);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Octets other && Arrays.equals(octets, other.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    /** Hexadecimal digits, as {@link #parse} reads them. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(octets);
    }
}
