package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages in an IPFIX file (RFC 5655), or in any stream of octets that is messages one after the other. Where
 * the stream is damaged, octets are left out until a message begins again (§7.2), and counted. For one thread.
 *
 * <p>A message begins where version and length can be right, and either its sets fill it exactly or another message, or
 * the end of the stream, follows it: so damage within a message costs that message, and chance hits of the version number
 * in the middle of data do not count.
 */
public final class IpfixFileReader {

    private static final int MAX_MESSAGE = 65_535;
    private static final int WINDOW = 4 * MAX_MESSAGE;

    private final InputStream in;
    private final ByteBuf window = Unpooled.buffer(WINDOW, WINDOW);
    private boolean hasEnded;
    private boolean isLost;
    private long skippedOctets;
    private int damages;

    /** A reader from where {@code in} is; whoever has opened it closes it. */
    public IpfixFileReader(InputStream in) {
        this.in = in;
    }

    /** The next message, valid until the next call, or null at the end. */
    public @Nullable ByteBuf next() throws IOException {
        while (true) {
            if (!hasEnded && window.readableBytes() < 2 * MAX_MESSAGE) {
                fill();
            }
            if (!window.isReadable()) {
                return null;
            }
            int length = messageLength(window.readerIndex());
            if (length > 0) {
                isLost = false;
                return window.readSlice(length);
            }
            if (!isLost) {
                isLost = true;
                damages++;
            }
            window.skipBytes(1);
            skippedOctets++;
        }
    }

    /** How many octets were left out so far, because no message could be found in them. */
    public long skippedOctets() {
        return skippedOctets;
    }

    /** In how many stretches they lay. */
    public int damages() {
        return damages;
    }

    private void fill() throws IOException {
        window.discardReadBytes();
        while (!hasEnded && window.isWritable()) {
            hasEnded = window.writeBytes(in, window.writableBytes()) < 0;
        }
    }

    /** Octets of the message that begins there, or 0 if none does. */
    private int messageLength(int at) {
        if (!isHeader(at)) {
            return 0;
        }
        int length = window.getUnsignedShort(at + 2);
        int end = at + length;
        if (end > window.writerIndex()) {
            return 0;
        }
        boolean isFollowed = end == window.writerIndex() || isHeader(end);
        boolean isFilled = areSets(window, at + MessageHeader.LENGTH, end);
        boolean begins = isLost ? isFilled && (isFollowed || length > MessageHeader.LENGTH) : isFilled || isFollowed;
        return begins ? length : 0;
    }

    private boolean isHeader(int at) {
        return window.writerIndex() - at >= MessageHeader.LENGTH
                && window.getUnsignedShort(at) == MessageHeader.IPFIX_VERSION
                && window.getUnsignedShort(at + 2) >= MessageHeader.LENGTH;
    }

    /** Whether these octets are sets from their beginning to their end, by what their headers say. */
    public static boolean areSets(ByteBuf octets, int from, int end) {
        int at = from;
        while (end - at >= 4) {
            int id = octets.getUnsignedShort(at);
            int length = octets.getUnsignedShort(at + 2);
            if (id < 2 || (id > 3 && id < Template.MIN_ID) || length < 4 || length > end - at) {
                return false;
            }
            at += length;
        }
        return at == end;
    }
}
