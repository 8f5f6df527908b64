package io.portledger.lwaftr.provisioning;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Iterator;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a {@link LeaseTable} knows, on disk: it survives the end of the process, however it comes.
 *
 * <p>A directory with a log, to which every change is appended, and now and then a snapshot, after which the log begins
 * anew. Changes gather in memory until {@link #commit}, which writes them in one piece; who answers the network commits
 * first. A log that could not be written (a full disk) keeps what it has to write, and goes on where it stopped.
 *
 * <h2>Form</h2>
 *
 * Each record is its length (four octets), the CRC-32C of its body (four octets), and the body: a type and its fields,
 * big endian. A snapshot is taken while changes go on: it has each port set as it was at some moment after its log
 * began, and reading the log over it gives the present state, since every record says how things are and not how they
 * differ. A record that is cut off at the end of the last log was never committed, and is left out; any other fault
 * stops the start, because leases would be forgotten whose ports could then be given to others.
 */
public final class LeaseJournal implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LeaseJournal.class);

    private static final Pattern NAME = Pattern.compile("leases-(\\d{8})\\.(log|snapshot)");
    private static final int MAGIC = 0x504c4a31;
    private static final int RECORD_HEADER = 8;
    private static final int LONGEST_BODY = 1024;
    private static final int BUFFER_OCTETS = 1 << 20;
    private static final long SMALLEST_LOG_TO_REPLACE = 16L << 20;
    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final byte BEGIN = 1;
    private static final byte HOLD = 2;
    private static final byte RENEW = 3;
    private static final byte END = 4;
    private static final byte COMPLETE = 5;

    /** Who is told what the journal knows, oldest first; what is told later of a port set replaces what was told before. */
    interface Replay {
        /** An lwB4 has a port set. {@code state} is HELD or ASSIGNED. */
        void hold(
                Binding binding,
                Lease.State state,
                Origin origin,
                boolean isDetermined,
                Nonce nonce,
                int replyPort,
                long createdMillis,
                long endMillis,
                long limitMillis);

        /** It has it for longer. */
        void renew(PublicPorts ports, Ipv6Address b4, long endMillis);

        /** It had it until then. */
        void end(PublicPorts ports, Ipv6Address b4, long untilMillis);
    }

    private final Path directory;
    private final boolean isSynced;
    private final long smallestLogToReplace;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final CRC32C crc = new CRC32C();
    private int recordStart;
    private ByteBuffer unwritten = ByteBuffer.allocateDirect(1 << 16);
    private FileChannel channel;
    private int generation;
    private long epochStartMillis;
    private long logOctets;
    private long lastGoodOctets;
    private long snapshotOctets;
    private @Nullable SnapshotWriter snapshot;
    private boolean isHealthy = true;
    private boolean isUnsynced;
    private boolean isNew;
    private long lastWarningNanos = System.nanoTime() - WARNING_INTERVAL_NANOS;

    @SuppressWarnings("NullAway.Init") // the log is opened by recover or begin
    private LeaseJournal(
            Path directory, boolean isSynced, long smallestLogToReplace, FileChannel lockChannel, FileLock lock) {
        this.directory = directory;
        this.smallestLogToReplace = smallestLogToReplace;
        this.isSynced = isSynced;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /**
     * Opens the journal of a directory, which is made unless it is there. It must be handed to a {@link LeaseTable} next.
     *
     * @param isSynced whether every commit waits for the disk, so that changes survive a failure of the machine, not only
     *     of the process
     * @param now when the state begins if there is none yet
     * @throws IOException if it cannot be read or written, belongs to another process, or is damaged
     */
    public static LeaseJournal open(Path directory, boolean isSynced, Instant now) throws IOException {
        return open(directory, isSynced, SMALLEST_LOG_TO_REPLACE, now);
    }

    /** @param smallestLogToReplace octets that a log must have before a snapshot is written */
    static LeaseJournal open(Path directory, boolean isSynced, long smallestLogToReplace, Instant now)
            throws IOException {
        Files.createDirectories(directory);
        FileChannel lockChannel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = tryLock(lockChannel);
            if (lock == null) {
                throw new IOException("another lwAFTR uses the state directory " + directory
                        + ". Stop it, or set another lwaftr.state-directory");
            }
            LeaseJournal journal = new LeaseJournal(directory, isSynced, smallestLogToReplace, lockChannel, lock);
            journal.findGeneration(now);
            return journal;
        } catch (IOException | RuntimeException e) {
            lockChannel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel lockChannel) throws IOException {
        try {
            return lockChannel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private void findGeneration(Instant now) throws IOException {
        TreeSet<Integer> snapshots = new TreeSet<>();
        TreeSet<Integer> logs = new TreeSet<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.forEach(file -> {
                Matcher matcher = NAME.matcher(file.getFileName().toString());
                if (matcher.matches()) {
                    (matcher.group(2).equals("log") ? logs : snapshots).add(Integer.parseInt(matcher.group(1)));
                }
            });
        }
        isNew = logs.isEmpty() && snapshots.isEmpty();
        epochStartMillis = now.toEpochMilli();
        if (isNew) {
            beginLog(0);
        } else {
            generation = snapshots.isEmpty() ? logs.first() : snapshots.last();
            if (!logs.contains(generation)) {
                throw new IOException("the state directory " + directory + " lacks " + logName(generation)
                        + ": leases would be forgotten. Restore the file, or begin anew with an empty directory");
            }
        }
    }

    /** Whether there was no state when it was opened. */
    public boolean isNew() {
        return isNew;
    }

    /** When the state began: since then nothing was lost (RFC 6887 §8.5). */
    public Instant epochStart() {
        return Instant.ofEpochMilli(epochStartMillis);
    }

    /** Tells everything that is known, once, before anything is appended. */
    void recover(Replay replay) throws IOException {
        if (isNew) {
            return;
        }
        Path snapshotFile = directory.resolve(snapshotName(generation));
        if (Files.exists(snapshotFile)) {
            snapshotOctets = read(snapshotFile, false, replay);
        }
        int last = generation;
        while (Files.exists(directory.resolve(logName(last + 1)))) {
            last++;
        }
        for (int i = generation; i <= last; i++) {
            logOctets += read(directory.resolve(logName(i)), i == last, replay);
        }
        int oldest = generation;
        generation = last;
        channel = FileChannel.open(directory.resolve(logName(last)), StandardOpenOption.WRITE);
        channel.truncate(lastGoodOctets);
        channel.position(lastGoodOctets);
        deleteOthers(oldest);
    }

    /** @return how many octets are good */
    private long read(Path file, boolean isLastLog, Replay replay) throws IOException {
        boolean isSnapshot = file.toString().endsWith(".snapshot");
        boolean isComplete = !isSnapshot;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            long fileOctets = in.size();
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_OCTETS).flip();
            long good = 0;
            while (true) {
                int body = nextBody(in, buffer, RECORD_HEADER) ? buffer.getInt(buffer.position()) : -1;
                long left = fileOctets - good;
                if (body == -1 && left == 0) {
                    break;
                }
                boolean isCut = body == -1 || (body > 0 && body <= LONGEST_BODY && RECORD_HEADER + body > left);
                if (isCut && isLastLog) {
                    log.warn(
                            "{}: the last {} octets are a record that was cut off; it was never committed", file, left);
                    break;
                }
                if (isCut || body <= 0 || body > LONGEST_BODY || !nextBody(in, buffer, RECORD_HEADER + body)) {
                    if (isLastLog && body == 0 && isAllZero(in, good)) {
                        log.warn("{}: the last {} octets were never written", file, left);
                        break;
                    }
                    throw damaged(file, good, left);
                }
                int start = buffer.position() + RECORD_HEADER;
                crc.reset();
                crc.update(buffer.slice(start, body));
                if ((int) crc.getValue() != buffer.getInt(buffer.position() + 4)) {
                    throw damaged(file, good, left);
                }
                isComplete |= tell(buffer.slice(start, body), replay);
                buffer.position(start + body);
                good += RECORD_HEADER + body;
            }
            if (!isComplete) {
                throw damaged(file, good, 0);
            }
            lastGoodOctets = good;
            return good;
        }
    }

    private static boolean isAllZero(FileChannel in, long from) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        for (long at = from; in.read(buffer.clear(), at) > 0; at += buffer.position()) {
            for (int i = 0; i < buffer.position(); i++) {
                if (buffer.get(i) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static IOException damaged(Path file, long at, long left) {
        return new IOException(file + " is damaged at octet " + at + ", with " + left
                + " octets to come: leases would be forgotten, and their ports could be given to others. Restore the file"
                + " from a copy; or move the state directory away, and keep all lwB4s from new leases for as long as the"
                + " longest lifetime");
    }

    /** Fills the buffer until {@code octets} can be read from its position on. */
    private static boolean nextBody(FileChannel in, ByteBuffer buffer, int octets) throws IOException {
        if (buffer.remaining() >= octets) {
            return true;
        }
        buffer.compact();
        while (buffer.position() < octets) {
            if (in.read(buffer) < 0) {
                break;
            }
        }
        buffer.flip();
        return buffer.remaining() >= octets;
    }

    /** @return whether it was the record with which a snapshot ends */
    private boolean tell(ByteBuffer body, Replay replay) throws IOException {
        switch (body.get()) {
            case BEGIN -> {
                if (body.getInt() != MAGIC) {
                    throw new EOFException("no journal of leases, or one of another version");
                }
                epochStartMillis = body.getLong();
            }
            case HOLD -> {
                Lease.State state = body.get() == 0 ? Lease.State.HELD : Lease.State.ASSIGNED;
                Origin origin = Origin.of(body.get());
                boolean isDetermined = body.get() != 0;
                PublicPorts ports = readPorts(body);
                Ipv6Address b4 = new Ipv6Address(body.getLong(), body.getLong());
                Ipv6Address br = new Ipv6Address(body.getLong(), body.getLong());
                Nonce nonce = new Nonce(body.getLong(), body.getInt());
                int replyPort = body.getChar();
                long created = body.getLong();
                long end = body.getLong();
                long limit = body.getLong();
                byte[] subscriber = new byte[body.getShort()];
                body.get(subscriber);
                Binding binding = new Binding(
                        b4, ports.ipv4(), ports.ports(), br, new String(subscriber, StandardCharsets.UTF_8));
                replay.hold(binding, state, origin, isDetermined, nonce, replyPort, created, end, limit);
            }
            case RENEW -> {
                PublicPorts ports = readPorts(body);
                replay.renew(ports, new Ipv6Address(body.getLong(), body.getLong()), body.getLong());
            }
            case END -> {
                PublicPorts ports = readPorts(body);
                replay.end(ports, new Ipv6Address(body.getLong(), body.getLong()), body.getLong());
            }
            case COMPLETE -> {
                return true;
            }
            default -> throw new IOException("a record of a later version of Portledger is in the state directory");
        }
        return false;
    }

    private static PublicPorts readPorts(ByteBuffer body) {
        Ipv4Address ipv4 = new Ipv4Address(body.getInt());
        int psidOffset = body.get();
        int psidLength = body.get();
        return new PublicPorts(ipv4, new PortSet(psidOffset, psidLength, body.getChar()));
    }

    /** An lwB4 has a port set from now on. */
    void hold(Lease lease) {
        putHold(room(), lease, lease.state, lease.endMillis, lease.limitMillis);
    }

    /** It has it for longer. */
    void renew(Lease lease) {
        ByteBuffer out = begin(room(), RENEW);
        putPorts(out, lease);
        finish(out.putLong(lease.endMillis));
    }

    /** It has it no longer. */
    void end(Lease lease) {
        putEnd(room(), lease);
    }

    private void putEnd(ByteBuffer buffer, Lease lease) {
        ByteBuffer out = begin(buffer, END);
        putPorts(out, lease);
        finish(out.putLong(lease.endMillis));
    }

    private void putHold(ByteBuffer buffer, Lease lease, Lease.State state, long endMillis, long limitMillis) {
        Binding binding = lease.binding();
        ByteBuffer out = begin(buffer, HOLD)
                .put((byte) (state == Lease.State.ASSIGNED ? 1 : 0))
                .put((byte) lease.origin().code())
                .put((byte) (lease.isDetermined ? 1 : 0));
        putPorts(out, lease);
        Nonce nonce = lease.nonce();
        out.putLong(binding.br().high())
                .putLong(binding.br().low())
                .putLong(nonce.high())
                .putInt(nonce.low())
                .putChar((char) lease.replyPort())
                .putLong(lease.createdMillis)
                .putLong(endMillis)
                .putLong(limitMillis);
        byte[] subscriber = binding.subscriber() == null
                ? new byte[0]
                : binding.subscriber().getBytes(StandardCharsets.UTF_8);
        int octets = Math.min(subscriber.length, LeaseTable.LONGEST_SUBSCRIBER);
        finish(out.putShort((short) octets).put(subscriber, 0, octets));
    }

    private static void putPorts(ByteBuffer out, Lease lease) {
        PublicPorts ports = lease.publicPorts();
        out.putInt(ports.ipv4().bits())
                .put((byte) ports.ports().psidOffset())
                .put((byte) ports.ports().psidLength())
                .putChar((char) ports.ports().psid())
                .putLong(lease.b4High)
                .putLong(lease.b4Low);
    }

    private ByteBuffer room() {
        if (unwritten.remaining() < RECORD_HEADER + LONGEST_BODY) {
            unwritten = ByteBuffer.allocateDirect(unwritten.capacity() * 2).put(unwritten.flip());
        }
        return unwritten;
    }

    private ByteBuffer begin(ByteBuffer out, byte type) {
        recordStart = out.position();
        return out.position(recordStart + RECORD_HEADER).put(type);
    }

    private void finish(ByteBuffer out) {
        int body = out.position() - recordStart - RECORD_HEADER;
        crc.reset();
        crc.update(out.slice(recordStart + RECORD_HEADER, body));
        out.putInt(recordStart, body).putInt(recordStart + 4, (int) crc.getValue());
    }

    /**
     * Writes what was appended.
     *
     * @return whether everything is written; if not, it is tried again with the next call
     */
    boolean commit() {
        if (unwritten.position() == 0 && !isUnsynced) {
            return isHealthy;
        }
        try {
            unwritten.flip();
            try {
                while (unwritten.hasRemaining()) {
                    logOctets += channel.write(unwritten);
                    isUnsynced = true;
                }
            } finally {
                unwritten.compact();
            }
            if (isSynced) {
                channel.force(false);
            }
            isUnsynced = false;
            if (!isHealthy) {
                log.info("Leases can be written to {} again", directory);
            }
            isHealthy = true;
        } catch (IOException e) {
            isHealthy = false;
            long now = System.nanoTime();
            if (now - lastWarningNanos >= WARNING_INTERVAL_NANOS) {
                lastWarningNanos = now;
                log.error(
                        "Leases cannot be written to {}: {}. No new lease is given and none is renewed until they can;"
                                + " make room on the disk",
                        directory,
                        e.toString());
            }
        }
        return isHealthy;
    }

    /** Whether the last commit wrote everything. */
    boolean isHealthy() {
        return isHealthy;
    }

    /** Whether the log has grown so long that a snapshot would pay. */
    boolean wantsSnapshot() {
        return snapshot == null && isHealthy && logOctets > Math.max(smallestLogToReplace, 2 * snapshotOctets);
    }

    /** Begins a snapshot, which {@link #goOnWithSnapshot} writes. Everything appended must be committed. */
    void beginSnapshot(Iterator<Lease> leases) {
        try {
            FileChannel old = channel;
            beginLog(generation + 1);
            old.close();
            snapshot = new SnapshotWriter(leases);
        } catch (IOException e) {
            log.error("No snapshot of the leases can be written to {}: {}", directory, e.toString());
        }
    }

    /**
     * Writes more of the snapshot that was begun.
     *
     * @param leases how many at most
     * @return whether there is more to come
     */
    boolean goOnWithSnapshot(int leases) {
        SnapshotWriter writer = snapshot;
        if (writer == null) {
            return false;
        }
        try {
            if (writer.write(leases)) {
                return true;
            }
            snapshotOctets = writer.octets;
            snapshot = null;
            deleteOthers(generation);
        } catch (IOException e) {
            snapshot = null;
            // The logs so far are kept and are enough; the next try is when the log has grown as much again.
            log.error("The snapshot of the leases cannot be written to {}: {}", directory, e.toString());
        }
        return false;
    }

    private void beginLog(int newGeneration) throws IOException {
        channel = FileChannel.open(
                directory.resolve(logName(newGeneration)),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        generation = newGeneration;
        makeNamesLast();
        logOctets = 0;
        finish(begin(room(), BEGIN).putInt(MAGIC).putLong(epochStartMillis));
        if (!commit()) {
            throw new IOException("cannot write to " + directory + "; is the disk full?");
        }
    }

    /** So that files that were made or renamed are there after a loss of power too, and not only what is in them. */
    private void makeNamesLast() throws IOException {
        if (isSynced) {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
    }

    /** Deletes what no start needs any more: everything of generations before {@code oldest}. */
    private void deleteOthers(int oldest) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Matcher matcher = NAME.matcher(file.getFileName().toString());
                boolean isOld = matcher.matches() && Integer.parseInt(matcher.group(1)) < oldest;
                if (isOld || file.toString().endsWith(".tmp")) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String logName(int generation) {
        return String.format("leases-%08d.log", generation);
    }

    private static String snapshotName(int generation) {
        return String.format("leases-%08d.snapshot", generation);
    }

    /** Commits and closes. Idempotent. */
    @Override
    public void close() {
        if (!lockChannel.isOpen()) {
            return;
        }
        try {
            commit();
            if (channel != null) {
                channel.force(false);
                channel.close();
            }
            if (snapshot != null) {
                snapshot.out.close();
            }
            lock.release();
            lockChannel.close();
        } catch (IOException e) {
            log.error("The journal of leases in {} could not be closed: {}", directory, e.toString());
        }
    }

    /** A snapshot that is being written. */
    private final class SnapshotWriter {
        private final Iterator<Lease> leases;
        private final Path unfinished = directory.resolve(snapshotName(generation) + ".tmp");
        private final FileChannel out;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
        private long octets;

        SnapshotWriter(Iterator<Lease> leases) throws IOException {
            this.leases = leases;
            out = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
            finish(begin(buffer, BEGIN).putInt(MAGIC).putLong(epochStartMillis));
        }

        /** @return whether there is more to come */
        boolean write(int count) throws IOException {
            for (int i = 0; i < count && leases.hasNext(); i++) {
                Lease lease = leases.next();
                if (buffer.remaining() < 2 * (RECORD_HEADER + LONGEST_BODY)) {
                    drain();
                }
                if (lease.isInForce()) {
                    putHold(buffer, lease, lease.state, lease.endMillis, lease.limitMillis);
                } else if (lease.state == Lease.State.RESTING) {
                    putHold(buffer, lease, Lease.State.HELD, lease.endMillis, Lease.NEVER);
                    putEnd(buffer, lease);
                }
            }
            if (leases.hasNext()) {
                return true;
            }
            drain();
            finish(begin(buffer, COMPLETE));
            drain();
            out.force(false);
            out.close();
            Files.move(unfinished, directory.resolve(snapshotName(generation)), StandardCopyOption.ATOMIC_MOVE);
            makeNamesLast();
            return false;
        }

        private void drain() throws IOException {
            buffer.flip();
            while (buffer.hasRemaining()) {
                octets += out.write(buffer);
            }
            buffer.clear();
        }
    }
}
