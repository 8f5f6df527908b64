package io.portledger.syslog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts a TCP stream into {@link SyslogFrame}s, taking both framings of RFC 6587, even mixed: octet counting (§3.4.1,
 * also RFC 5425), where a frame begins with its length, a space and {@code <}; and lines that end in LF or CRLF
 * (§3.4.2), which is everything else. Empty lines are skipped.
 *
 * <p>Nothing disappears: a frame beyond the limit comes out cut and with a fault, as do octets that the closing
 * connection left without an end. After a fault, decoding goes on with the next frame. At most the limit and one read
 * are held in memory.
 */
public final class SyslogFrameDecoder extends ByteToMessageDecoder {

    private static final int MAX_LENGTH_DIGITS = 9;

    private final int maxOctets;
    private int scanned;
    private int octetsToSkip;
    private boolean isSkippingLine;

    /** @param maxOctets longest message that is passed on whole, without its framing */
    public SyslogFrameDecoder(int maxOctets) {
        if (maxOctets < 1) {
            throw new IllegalArgumentException("the longest message must have at least 1 octet, not " + maxOctets);
        }
        this.maxOctets = maxOctets;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (octetsToSkip > 0) {
            int now = Math.min(octetsToSkip, in.readableBytes());
            in.skipBytes(now);
            octetsToSkip -= now;
        } else if (isSkippingLine) {
            int length = in.bytesBefore((byte) '\n');
            isSkippingLine = length < 0;
            in.skipBytes(length < 0 ? in.readableBytes() : length + 1);
        } else {
            byte first = in.getByte(in.readerIndex());
            if (first == '\n') {
                in.skipBytes(1);
            } else if (first < '1' || first > '9' || !decodeCounted(in, out)) {
                decodeLine(in, out);
            }
        }
    }

    /** Answers false if the frame does not begin with its length. */
    private boolean decodeCounted(ByteBuf in, List<Object> out) {
        int start = in.readerIndex();
        int readable = in.readableBytes();
        int digits = 0;
        int length = 0;
        while (digits < readable && digits < MAX_LENGTH_DIGITS) {
            byte b = in.getByte(start + digits);
            if (b < '0' || b > '9') {
                break;
            }
            length = length * 10 + b - '0';
            digits++;
        }
        boolean mayBeCounted = (digits == readable || in.getByte(start + digits) == ' ')
                && (digits + 1 >= readable || in.getByte(start + digits + 1) == '<');
        if (!mayBeCounted) {
            return false;
        }
        int kept = Math.min(length, maxOctets);
        if (kept < readable - digits && digits + 1 < readable) {
            in.skipBytes(digits + 1);
            byte[] octets = read(in, kept);
            octetsToSkip = length - kept;
            out.add(new SyslogFrame(octets, kept == length ? null : tooLong("a frame of " + length + " octets")));
        }
        return true;
    }

    private void decodeLine(ByteBuf in, List<Object> out) {
        int start = in.readerIndex();
        int lineFeed = in.indexOf(start + scanned, in.writerIndex(), (byte) '\n');
        int length = lineFeed < 0 ? in.readableBytes() : lineFeed - start;
        if (lineFeed >= 0 && length > 0 && in.getByte(lineFeed - 1) == '\r') {
            length--;
        }
        if (lineFeed < 0 && length <= maxOctets) {
            scanned = length;
            return;
        }
        scanned = 0;
        if (length > maxOctets) {
            out.add(new SyslogFrame(read(in, maxOctets), tooLong("a line")));
            isSkippingLine = true;
        } else {
            if (length > 0) {
                out.add(new SyslogFrame(read(in, length), null));
            }
            in.readerIndex(lineFeed + 1);
        }
    }

    @Override
    protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        int before = -1;
        while (in.isReadable() && in.readableBytes() != before) {
            before = in.readableBytes();
            decode(context, in, out);
        }
        if (in.isReadable()) {
            byte[] octets = read(in, Math.min(in.readableBytes(), maxOctets));
            in.skipBytes(in.readableBytes());
            out.add(new SyslogFrame(octets, "the connection was closed before the frame's end"));
        }
    }

    private String tooLong(String what) {
        return what + " exceeds the limit of " + maxOctets + " octets; the octets behind the limit are not kept";
    }

    private static byte[] read(ByteBuf in, int length) {
        byte[] octets = ByteBufUtil.getBytes(in, in.readerIndex(), length, true);
        in.skipBytes(length);
        return octets;
    }
}
