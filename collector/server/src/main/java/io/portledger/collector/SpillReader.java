package io.portledger.collector;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Reads entries of a {@link Spill} from their files, one after the other; for one thread. */
final class SpillReader implements AutoCloseable {

    private static final int READ_OCTETS = 1 << 20;

    private final SpillCodec codec = new SpillCodec();
    private ByteBuffer buffer = ByteBuffer.allocate(READ_OCTETS).flip();
    private @Nullable Path file;
    private @Nullable FileChannel in;
    private long bufferOffset;
    private long nextOffset;

    /**
     * @throws EOFException if the entry ends behind {@code end}
     * @throws IllegalArgumentException if it is damaged
     */
    SpillCodec.Content read(Path wanted, long offset, long end) throws IOException {
        if (!wanted.equals(file) || offset != nextOffset) {
            close();
            in = FileChannel.open(wanted, StandardOpenOption.READ);
            file = wanted;
            nextOffset = offset;
            bufferOffset = offset;
            buffer.clear().flip();
        }
        buffer.position((int) (offset - bufferOffset));
        fill(SpillCodec.HEADER_OCTETS, offset, end);
        int body = buffer.getInt(buffer.position());
        if (body <= 0 || body > SpillCodec.LONGEST_BODY) {
            throw new IllegalArgumentException("an entry's length is " + body);
        }
        fill(SpillCodec.HEADER_OCTETS + body, offset, end);
        if (!codec.isSound(buffer, body)) {
            throw new IllegalArgumentException("an entry does not fit its checksum");
        }
        SpillCodec.Content content =
                SpillCodec.decode(buffer.slice(buffer.position() + SpillCodec.HEADER_OCTETS, body));
        nextOffset = offset + SpillCodec.HEADER_OCTETS + body;
        return content;
    }

    long nextOffset() {
        return nextOffset;
    }

    private void fill(int octets, long offset, long end) throws IOException {
        if (buffer.remaining() >= octets) {
            return;
        }
        if (offset + octets > end) {
            throw new EOFException("an entry is cut off");
        }
        if (buffer.capacity() < octets) {
            buffer = ByteBuffer.allocate(Math.max(octets, 2 * buffer.capacity()))
                    .put(buffer)
                    .flip();
        } else {
            buffer.compact().flip();
        }
        bufferOffset = offset;
        FileChannel from = in;
        buffer.position(buffer.limit()).limit((int) Math.min(buffer.capacity(), end - offset));
        while (from != null && buffer.hasRemaining()) {
            if (from.read(buffer, offset + buffer.position()) < 0) {
                break;
            }
        }
        buffer.flip();
        if (buffer.remaining() < octets) {
            throw new EOFException("an entry is cut off");
        }
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
            in = null;
            file = null;
        }
    }
}
