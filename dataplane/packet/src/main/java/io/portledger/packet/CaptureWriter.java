package io.portledger.packet;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Writes classic capture files, little endian with microseconds. Not safe for use by several threads. */
public final class CaptureWriter implements AutoCloseable {

    private static final int MAGIC = 0xa1b2c3d4;
    private static final int SNAP_LENGTH = 262_144;

    private final OutputStream out;

    /** Writes to a stream, which is closed with the writer. */
    public CaptureWriter(OutputStream out, LinkType linkType) throws IOException {
        this.out = out;
        out.write(littleEndian(24)
                .putInt(MAGIC)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(SNAP_LENGTH)
                .putInt(linkType.code())
                .array());
    }

    /** Creates a file, or empties one that is there. */
    public static CaptureWriter create(Path file, LinkType linkType) throws IOException {
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        try {
            return new CaptureWriter(out, linkType);
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    /** Appends a packet with its link header. */
    public void write(Instant at, byte[] frame) throws IOException {
        out.write(littleEndian(16)
                .putInt((int) at.getEpochSecond())
                .putInt(at.getNano() / 1000)
                .putInt(frame.length)
                .putInt(frame.length)
                .array());
        out.write(frame);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private static ByteBuffer littleEndian(int octets) {
        return ByteBuffer.allocate(octets).order(ByteOrder.LITTLE_ENDIAN);
    }
}
