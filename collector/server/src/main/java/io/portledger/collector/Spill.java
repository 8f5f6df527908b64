package io.portledger.collector;

import io.portledger.records.BindingEventBlock;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of what was accepted and Kafka may not have: it survives the end of the process, however it comes.
 *
 * <p>A directory of segments, to which entries are appended ({@link SpillCodec}), each with a number one higher than the
 * last. One cursor reads them; what stays in memory while it is written need not be read again. A segment is deleted when
 * it is read, all its batches are finished, and none before it is left.
 *
 * <h2>Names</h2>
 *
 * A segment's name tells the number of its first entry, until when everything was collected when it was begun, and when
 * that was. So whatever a damaged segment held was received between the second of these and the third of the next
 * segment: that is its gap, even if nothing of it can be read.
 *
 * <h2>The end</h2>
 *
 * A start cuts off what is no whole entry at the end of the last segment, and begins a new one. It needs no gap of its
 * own: the last mark that can be read says how far collectors came, and whatever is behind it and cannot be read was
 * received later. All other damage is found when it is read. What can be read before it is used, and the segment is kept
 * beside the others under another name.
 */
final class Spill implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Spill.class);

    private static final Pattern NAME = Pattern.compile("spill-(\\d{19})-(\\d{1,19})-(\\d{1,19})\\.v1");
    private static final String DAMAGED_SUFFIX = ".damaged";

    private final Path directory;
    private final long segmentOctets;
    private final boolean isSynced;
    private final InstantSource clock;
    private final SpillCodec encoder = new SpillCodec();
    private final SpillReader reader = new SpillReader();

    // Guarded by this; the octets of the active segment grow only after they are written.
    private final Deque<Segment> segments = new ArrayDeque<>();
    private Segment active;
    private FileChannel channel;
    private boolean hasTorn;
    private boolean wasDamaged;
    private long nextNumber;
    private long collectedUntilMillis;
    private final AtomicLong usedOctets = new AtomicLong();

    // The cursor, guarded by this.
    private Segment readSegment;
    private long readOffset;
    private long readNumber;
    private long skipBefore;

    /** One file. */
    static final class Segment {
        private final Path file;
        private final long firstNumber;
        private final long collectedUntilMillis;
        private final long createdMillis;
        private final boolean isOfEarlierRun;
        private long octets;
        private long oldestMillis;
        private int inMemory;
        private boolean isDamaged;

        Segment(
                Path file,
                long firstNumber,
                long collectedUntilMillis,
                long createdMillis,
                boolean isOfEarlierRun,
                long octets) {
            this.file = file;
            this.firstNumber = firstNumber;
            this.collectedUntilMillis = collectedUntilMillis;
            this.createdMillis = createdMillis;
            this.isOfEarlierRun = isOfEarlierRun;
            this.octets = octets;
            // Nothing in it was received before, so that it need not be read to know.
            this.oldestMillis = isOfEarlierRun ? collectedUntilMillis : Long.MAX_VALUE;
        }
    }

    /** Where an entry stands. */
    record Place(Segment segment, long number) {}

    /**
     * An entry that was read.
     *
     * @param mark null for a batch, and for a mark of an earlier run, which tells Kafka nothing any more
     */
    record Entry(
            Place place,
            List<ProducerRecord<byte[], byte[]>> records,
            BindingEventBlock events,
            SpillCodec.@Nullable Mark mark,
            long nextOffset) {}

    /** A segment that cannot be read to its end: what it held was received between these. */
    static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final long fromMillis;
        private final long toMillis;

        DamagedException(String message, long fromMillis, long toMillis) {
            super(message);
            this.fromMillis = fromMillis;
            this.toMillis = toMillis;
        }

        long fromMillis() {
            return fromMillis;
        }

        long toMillis() {
            return toMillis;
        }
    }

    private Spill(
            Path directory,
            long segmentOctets,
            List<Segment> found,
            boolean isSynced,
            InstantSource clock,
            OptionalLong collected)
            throws IOException {
        this.directory = directory;
        this.segmentOctets = segmentOctets;
        this.isSynced = isSynced;
        this.clock = clock;
        segments.addAll(found);
        collectedUntilMillis = collected.orElse(clock.millis());
        if (!found.isEmpty()) {
            recoverLast(found.getLast());
        }
        active = newSegment();
        channel = create(active);
        if (!found.isEmpty() && found.getLast().octets == 0) {
            Segment empty = segments.removeLast();
            if (!empty.file.equals(active.file)) {
                Files.delete(empty.file);
            }
        }
        segments.add(active);
        for (Segment segment : segments) {
            usedOctets.addAndGet(segment.octets);
        }
        readSegment = segments.getFirst();
        readNumber = readSegment.firstNumber;
        // Whole segments before the last known unfinished entry need not be read.
        while (readSegment != active && following(readSegment).firstNumber <= skipBefore) {
            moveTo(following(readSegment));
        }
        deleteFinished();
    }

    /** Whether a directory holds a spill, which then knows how far collectors came. */
    static boolean exists(Path directory) throws IOException {
        return !find(directory).isEmpty();
    }

    /**
     * Opens the spill of a directory, which is made unless it is there.
     *
     * @param segmentOctets how long a segment becomes
     * @param isSynced whether each append waits for the disk
     * @param collectedUntilMillis how far collectors came if there is no spill that knows
     */
    static Spill open(
            Path directory,
            long segmentOctets,
            boolean isSynced,
            InstantSource clock,
            OptionalLong collectedUntilMillis)
            throws IOException {
        Files.createDirectories(directory);
        return new Spill(directory, segmentOctets, find(directory), isSynced, clock, collectedUntilMillis);
    }

    private static List<Segment> find(Path directory) throws IOException {
        List<Segment> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Matcher name = NAME.matcher(file.getFileName().toString());
                    if (name.matches()) {
                        found.add(new Segment(
                                file,
                                Long.parseLong(name.group(1)),
                                Long.parseLong(name.group(2)),
                                Long.parseLong(name.group(3)),
                                true,
                                Files.size(file)));
                    }
                }
            }
        }
        found.sort(Comparator.<Segment>comparingLong(segment -> segment.firstNumber)
                .thenComparingLong(segment -> segment.createdMillis));
        return found;
    }

    /** Finds the last mark and the end of the last segment, and cuts off what is behind it. */
    private void recoverLast(Segment last) throws IOException {
        collectedUntilMillis = last.collectedUntilMillis;
        nextNumber = last.firstNumber;
        long end = 0;
        try (SpillReader in = new SpillReader()) {
            while (end < last.octets) {
                SpillCodec.Content content = in.read(last.file, end, last.octets);
                end = in.nextOffset();
                nextNumber++;
                SpillCodec.Mark mark = content.mark();
                if (mark != null) {
                    collectedUntilMillis = mark.collectedUntilMillis();
                    skipBefore = mark.doneBefore();
                }
            }
        } catch (EOFException e) {
            LOG.warn(
                    "{}: the last {} octets are an entry that was cut off; it was not accepted",
                    last.file,
                    last.octets - end);
        } catch (IllegalArgumentException e) {
            LOG.error(
                    "{} is damaged at octet {}: {}. The last {} octets are lost and kept aside; the time from the last"
                            + " mark on becomes a gap",
                    last.file,
                    end,
                    e.getMessage(),
                    last.octets - end);
            wasDamaged = true;
            Files.copy(last.file, aside(last.file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (end < last.octets) {
            try (FileChannel out = FileChannel.open(last.file, StandardOpenOption.WRITE)) {
                out.truncate(end);
            }
            last.octets = end;
        }
    }

    private static Path aside(Path file) {
        return file.resolveSibling(file.getFileName() + DAMAGED_SUFFIX);
    }

    /** Until when everything that was received is in the spill or in Kafka. */
    synchronized long collectedUntilMillis() {
        return collectedUntilMillis;
    }

    /** Whether the opening found the end of the last segment damaged. */
    synchronized boolean wasDamaged() {
        return wasDamaged;
    }

    private Segment newSegment() {
        long created = Math.max(0, clock.millis());
        long collected = Math.max(0, collectedUntilMillis);
        Path file = directory.resolve(String.format("spill-%019d-%d-%d.v1", nextNumber, collected, created));
        return new Segment(file, nextNumber, collected, created, false, 0);
    }

    private static FileChannel create(Segment segment) throws IOException {
        return FileChannel.open(
                segment.file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
    }

    private void roll() throws IOException {
        if (isSynced) {
            channel.force(false);
        }
        cutTorn();
        Segment next = newSegment();
        FileChannel opened = create(next);
        FileChannel old = channel;
        channel = opened;
        active = next;
        segments.add(next);
        old.close();
    }

    /** Takes away what an append that failed has left behind. */
    private void cutTorn() throws IOException {
        if (hasTorn) {
            channel.truncate(active.octets);
            hasTorn = false;
        }
    }

    /**
     * Appends a batch.
     *
     * @param staysInMemory whether the caller keeps it until it is finished; if not, or if others wait to be read, it
     *     has to be read from here
     * @throws IOException if it cannot be written; then it is not there
     */
    synchronized Place append(
            List<ProducerRecord<byte[], byte[]>> records,
            BindingEventBlock events,
            long oldestMillis,
            boolean staysInMemory)
            throws IOException {
        Place place = append(encoder.encode(records, events), staysInMemory);
        place.segment().oldestMillis = Math.min(place.segment().oldestMillis, oldestMillis);
        if (staysInMemory) {
            place.segment().inMemory++;
        }
        return place;
    }

    /** Appends a mark, as {@link #append}. */
    synchronized void append(SpillCodec.Mark mark, boolean staysInMemory) throws IOException {
        append(encoder.encode(mark), staysInMemory);
        collectedUntilMillis = mark.collectedUntilMillis();
    }

    private Place append(ByteBuffer entry, boolean isRead) throws IOException {
        if (isRead && hasUnread()) {
            throw new IllegalStateException("what waits to be read comes first");
        }
        if (active.octets >= segmentOctets) {
            roll();
        }
        int octets = entry.remaining();
        long at = active.octets;
        try {
            while (entry.hasRemaining()) {
                at += channel.write(entry, at);
            }
        } catch (IOException e) {
            hasTorn |= at > active.octets;
            try {
                cutTorn();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
        if (isSynced) {
            channel.force(false);
        }
        Place place = new Place(active, nextNumber++);
        active.octets += octets;
        usedOctets.addAndGet(octets);
        if (isRead) {
            readSegment = active;
            readOffset = active.octets;
            readNumber = nextNumber;
        }
        return place;
    }

    /** Forces what was written to the disk. */
    void sync() throws IOException {
        FileChannel current;
        synchronized (this) {
            current = channel;
        }
        current.force(false);
    }

    /** Whether entries wait to be read. */
    synchronized boolean hasUnread() {
        return readSegment != active || readOffset < active.octets;
    }

    /** The number of the first entry that was not read. */
    synchronized long unreadNumber() {
        return Math.max(readNumber, skipBefore);
    }

    /** Before when nothing that waits to be read was received; {@link Long#MAX_VALUE} if nothing waits. */
    synchronized long oldestUnreadMillis() {
        long oldest = Long.MAX_VALUE;
        if (hasUnread()) {
            for (Segment segment : segments) {
                if (segment.firstNumber >= readSegment.firstNumber) {
                    oldest = Math.min(oldest, segment.oldestMillis);
                }
            }
        }
        return oldest;
    }

    /**
     * Reads the first entry that was not read; {@link #advance} then moves on. For one thread.
     *
     * @return null if there is none
     * @throws DamagedException if it cannot be read; what comes next is that of the next segment
     */
    @Nullable
    Entry read() throws DamagedException {
        while (true) {
            Segment segment;
            long offset;
            long number;
            long end;
            synchronized (this) {
                while (readSegment != active && readOffset >= readSegment.octets) {
                    Segment next = following(readSegment);
                    Segment ended = readSegment;
                    boolean isWhole = readNumber == next.firstNumber;
                    moveTo(next);
                    if (!isWhole) {
                        throw damaged(ended, "entries before number " + next.firstNumber + " are missing", next);
                    }
                }
                segment = readSegment;
                offset = readOffset;
                number = readNumber;
                end = segment.octets;
                if (offset >= end) {
                    return null;
                }
            }
            try {
                SpillCodec.Content content = reader.read(segment.file, offset, end);
                Entry entry = new Entry(
                        new Place(segment, number),
                        content.records(),
                        content.events(),
                        segment.isOfEarlierRun ? null : content.mark(),
                        reader.nextOffset());
                if (number >= skipBefore
                        && (entry.mark() != null
                                || !entry.records().isEmpty()
                                || entry.events().count() > 0)) {
                    return entry;
                }
                synchronized (this) {
                    readOffset = entry.nextOffset();
                    readNumber++;
                }
            } catch (IOException | IllegalArgumentException e) {
                throw skipDamaged(segment, offset, e);
            }
        }
    }

    private synchronized DamagedException skipDamaged(Segment segment, long offset, Exception cause) {
        Segment next = segment;
        if (segment == active) {
            try {
                roll();
            } catch (IOException e) {
                LOG.error("No new segment can be begun in {}: {}", directory, e.toString());
            }
        }
        if (segment == active) {
            readOffset = active.octets;
            readNumber = nextNumber;
        } else {
            next = following(segment);
            moveTo(next);
        }
        return damaged(
                segment,
                (segment.octets - offset) + " octets from octet " + offset + " on cannot be read: "
                        + cause.getMessage(),
                next == segment ? null : next);
    }

    private static DamagedException damaged(Segment segment, String why, @Nullable Segment next) {
        segment.isDamaged = true;
        return new DamagedException(
                segment.file + ": " + why,
                segment.collectedUntilMillis,
                next == null ? Long.MAX_VALUE : next.createdMillis);
    }

    private void moveTo(Segment segment) {
        readSegment = segment;
        readOffset = 0;
        readNumber = segment.firstNumber;
    }

    private Segment following(Segment segment) {
        boolean isBehind = false;
        for (Segment other : segments) {
            if (isBehind) {
                return other;
            }
            isBehind = other == segment;
        }
        return active;
    }

    /** Moves behind an entry that was read; {@code staysInMemory} if it is a batch that has to be finished. */
    synchronized void advance(Entry entry, boolean staysInMemory) {
        readOffset = entry.nextOffset();
        readNumber = entry.place().number() + 1;
        if (staysInMemory) {
            entry.place().segment().inMemory++;
        }
    }

    /** Kafka has a batch that stayed in memory, or a gap tells of it. */
    synchronized void finish(Place place) {
        place.segment().inMemory--;
    }

    /** Deletes the segments that nobody needs any more. */
    synchronized void deleteFinished() {
        while (true) {
            Segment first = segments.getFirst();
            if (first == active || first == readSegment || first.inMemory > 0) {
                return;
            }
            try {
                if (first.isDamaged) {
                    Files.move(first.file, aside(first.file), StandardCopyOption.REPLACE_EXISTING);
                } else {
                    Files.deleteIfExists(first.file);
                }
            } catch (IOException e) {
                LOG.error("{} cannot be deleted: {}", first.file, e.toString());
                return;
            }
            segments.removeFirst();
            usedOctets.addAndGet(-first.octets);
        }
    }

    /** How much disk it has. */
    long usedOctets() {
        return usedOctets.get();
    }

    /**
     * Closes it.
     *
     * @param isFinished whether Kafka has everything, so that only how far the collector came need be kept
     */
    synchronized void close(boolean isFinished) throws IOException {
        reader.close();
        if (isFinished && !hasUnread() && active.octets > 0) {
            roll();
            moveTo(active);
            deleteFinished();
        }
        channel.force(false);
        channel.close();
    }

    @Override
    public void close() throws IOException {
        close(false);
    }
}
