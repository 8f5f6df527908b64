package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * The 96-bit mapping nonce (RFC 6887 §11.1): who knows it may change the mapping.
 *
 * @param high the first eight octets
 * @param low the last four octets
 */
public record Nonce(long high, int low) {

    /** A nonce that the generator chose; a real client must use an unpredictable generator (RFC 6887 §12.2). */
    public static Nonce random(RandomGenerator random) {
        return new Nonce(random.nextLong(), random.nextInt());
    }

    static Nonce read(ByteBuf in, int offset) {
        return new Nonce(in.getLong(offset), in.getInt(offset + 8));
    }

    void write(ByteBuf out) {
        out.writeLong(high).writeInt(low);
    }

    /** 24 hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
