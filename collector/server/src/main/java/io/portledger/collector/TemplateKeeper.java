package io.portledger.collector;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the templates of datagram sessions in a file, so that a collector that starts again can read what exporters send
 * before they send their templates again. For the thread of the sessions, which never waits for the file: it is written by
 * a thread of its own, whole or not at all.
 */
final class TemplateKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(TemplateKeeper.class);

    private static final long MAGIC = 0x504c_5450_4c54_0001L;
    private static final int LONGEST_ADDRESS = 16;

    /** Octets of sessions that are kept; those heard last come first. */
    static final int MAX_OCTETS = 8 << 20;

    private final Path file;
    private final Map<Key, byte[]> unclaimed = new LinkedHashMap<>();
    private CompletableFuture<?> writing = CompletableFuture.completedFuture(null);

    /** A session: who sends, by which protocol. */
    record Key(InetSocketAddress sender, int version) {}

    /** @param file need not be there; one that is damaged is set aside */
    TemplateKeeper(Path file) {
        this.file = file;
        try {
            read(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            LOG.debug("No templates are kept yet: {} is not there", file);
        } catch (IOException e) {
            unclaimed.clear();
            Path aside = file.resolveSibling(file.getFileName() + ".damaged");
            LOG.warn(
                    "The templates kept in {} cannot be used ({}); the file becomes {}, and data wait for their templates",
                    file,
                    e.getMessage(),
                    aside);
            try {
                Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException notMoved) {
                LOG.warn("{} cannot be set aside: {}", file, notMoved.toString());
            }
        }
    }

    private void read(byte[] octets) throws IOException {
        int length = octets.length - Long.BYTES;
        if (length < 0 || checksum(octets, length) != ByteBuffer.wrap(octets).getLong(length)) {
            throw new IOException("its checksum is wrong");
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(octets, 0, length));
        if (in.readLong() != MAGIC) {
            throw new IOException("it was written by another version");
        }
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            byte[] address = new byte[Math.min(in.readUnsignedByte(), LONGEST_ADDRESS)];
            in.readFully(address);
            InetSocketAddress sender = new InetSocketAddress(InetAddress.getByAddress(address), in.readUnsignedShort());
            int version = in.readUnsignedByte();
            unclaimed.put(new Key(sender, version), in.readNBytes(in.readInt()));
        }
    }

    /** What was kept of a session, by {@link ExporterSession#write}; null if nothing was, or if it was asked for before. */
    byte @Nullable [] take(InetSocketAddress sender, int version) {
        return unclaimed.isEmpty() ? null : unclaimed.remove(new Key(sender, version));
    }

    /**
     * Keeps sessions, and those that did not come again yet, unless the last time is still being written.
     *
     * @param sessions those heard last first
     */
    void keep(Map<Key, ExporterSession> sessions) {
        if (!writing.isDone()) {
            return;
        }
        byte[] octets = octets(sessions);
        CompletableFuture<?> written = new CompletableFuture<>();
        writing = written;
        Thread.ofPlatform().daemon().name("portledger-templates").start(() -> {
            try {
                write(octets);
            } finally {
                written.complete(null);
            }
        });
    }

    /** As {@link #keep}, and waits until it is written. */
    void keepNow(Map<Key, ExporterSession> sessions) {
        writing.join();
        write(octets(sessions));
    }

    private byte[] octets(Map<Key, ExporterSession> sessions) {
        try {
            ByteArrayOutputStream entries = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(entries);
            int count = 0;
            for (Map.Entry<Key, ExporterSession> session : sessions.entrySet()) {
                if (session.getValue().hasTemplates() && out.size() < MAX_OCTETS) {
                    ByteArrayOutputStream content = new ByteArrayOutputStream();
                    session.getValue().write(new DataOutputStream(content));
                    writeEntry(session.getKey(), content.toByteArray(), out);
                    count++;
                }
            }
            for (Map.Entry<Key, byte[]> session : unclaimed.entrySet()) {
                if (!sessions.containsKey(session.getKey()) && out.size() < MAX_OCTETS) {
                    writeEntry(session.getKey(), session.getValue(), out);
                    count++;
                }
            }
            ByteBuffer whole = ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES + entries.size());
            whole.putLong(MAGIC).putInt(count).put(entries.toByteArray());
            whole.putLong(checksum(whole.array(), whole.position()));
            return whole.array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeEntry(Key key, byte[] content, DataOutputStream out) throws IOException {
        byte[] address = key.sender().getAddress().getAddress();
        out.writeByte(address.length);
        out.write(address);
        out.writeShort(key.sender().getPort());
        out.writeByte(key.version());
        out.writeInt(content.length);
        out.write(content);
    }

    private void write(byte[] octets) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(octets);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("Templates cannot be kept in {}: {}; after a restart data wait for them", file, e.toString());
        }
    }

    private static long checksum(byte[] octets, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(octets, 0, length);
        return checksum.getValue();
    }
}
