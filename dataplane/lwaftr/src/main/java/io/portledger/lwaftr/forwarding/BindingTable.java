package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Memory;
import io.portledger.packet.MemoryRegion;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.table.BindingReader;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.BindingTables;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The lwAFTR's binding table (RFC 7596 §6.1), outside the heap: a public address and a PSID lead to the lwB4.
 *
 * <p>The public methods may be called by any thread; calls wait for one another, and a change is seen by the forwarding
 * workers no later than their next batch of packets. Workers never wait. Memory is about 64 octets for each binding at
 * a load of at most 70 %.
 *
 * <p>All bindings of one address must have the same PSID offset and PSID length (RFC 7597 §5.1); {@link #put} refuses
 * others.
 */
public final class BindingTable implements AutoCloseable {

    /*
     * The line. Each binding is one 64-octet cache line of an open-addressing table with linear probing:
     *
     *     0  the head: address (32 bits), PSID (16), version (14), state (2)
     *     8  lwB4 address, 16 octets in network byte order
     *    24  index of the BR address (32 bits), PSID offset (8), PSID length (8), nothing (16)
     *    32  packets and octets downstream, packets and octets upstream: counted by the workers
     *
     * The protocol. One writer at a time. It fills a line that readers ignore and then publishes the head with release
     * order; it unpublishes the head before it writes anything else of the line again. A reader takes the head with
     * acquire order, then the fields, then the head again; if it changed, the reader starts over at this line. The
     * version makes a line that was replaced in between look different, so that no reader ever combines halves of two
     * bindings. (It would take 16384 changes of one line during the read of that line to deceive it.)
     *
     * Replacement. A binding whose lwB4 changes is published a second time, in the first free line of its probe path,
     * before the old line is unpublished. A reader that was between the two may find neither; therefore the writer counts
     * replacements after the one and before the other, and a reader that finds nothing looks again until the count
     * stays the same.
     *
     * Removal. A line that is left is RESTING, which readers pass, until each worker has ended the batch in which it may
     * have found the line: it may still count there, and who comes next must not inherit that. Then the line is DEAD, which
     * readers pass as well and new bindings take first, or EMPTY, at which readers stop, if the next one is EMPTY.
     *
     * Growth. The writer fills a new region, publishes it as a new view and waits until each worker has begun a batch
     * with it (or is between batches). What the workers counted in the old region meanwhile is then added to the new
     * one, with atomic additions on both sides until that is done; then the old region is freed.
     *
     * Tags. An octet for each line holds a part of the hash of its key, or 0. Eight of them are read at once and tell
     * which line to go to first, so that a look-up seldom loads any other. They are no more than a hint: they are written
     * after the line, and who does not find his binding where they lead searches from the beginning.
     *
     * Shapes. The pair (a, k) of an address must be known before a port can be turned into a PSID. As long as all
     * addresses have the same pair, the view says so and a look-up touches one line and nothing else. Otherwise an index
     * by address is asked, a word each: address (32), a (5), k (5), number of bindings (17), nothing (4), used (1).
     */

    static final int LINE_OCTETS = 64;
    static final int B4_HIGH = 8;
    static final int B4_LOW = 16;
    static final int BR_AND_SHAPE = 24;
    static final int DOWNSTREAM_PACKETS = 32;
    static final int DOWNSTREAM_OCTETS = 40;
    static final int UPSTREAM_PACKETS = 48;
    static final int UPSTREAM_OCTETS = 56;

    /** No address has a binding. */
    static final int NO_SHAPE = -1;

    private static final long STATE = 3;
    private static final long EMPTY = 0;
    private static final long LIVE = 1;
    private static final long DEAD = 2;
    private static final long RESTING = 3;

    /** LIVE and RESTING have it: no other binding may take such a line. */
    private static final long TAKEN = 1;

    private static final long KEY = 0xffff_ffff_ffff_0000L;
    private static final long VERSION = 0xfffc;
    private static final long VERSION_STEP = 4;

    private static final long ADDRESS_USED = 1;

    /** A bit for each possible first half of an address; the count of replacements stands behind them. */
    private static final long PREFIX_OCTETS = (1 << 16) / 8;

    private static final int MIXED = -2;

    private static final int SMALLEST = 64;
    private static final int MOST_BR_ADDRESSES = 1 << 16;
    private static final long BR_OCTETS = 16;
    private static final long BR_ENTRIES = 2L * MOST_BR_ADDRESSES;

    private final boolean hasSeveralWorkers;
    private final List<Reader> readers = new CopyOnWriteArrayList<>();
    private final Map<Long, String> subscribers = new HashMap<>();
    private final int[] addressesPerPrefix = new int[1 << 16];
    private final Map<Integer, Integer> addressesPerShape = new HashMap<>();

    private volatile View view;
    private int size;
    private int brCount;
    private long deadLines;

    /** Lines that were left since the workers were last asked, and those that were left before. */
    private LongList resting = new LongList();

    private LongList awaited = new LongList();
    private final Map<Reader, Long> batchesAwaited = new HashMap<>();
    private long usedAddressEntries;
    private boolean isClosed;

    /** A table for one forwarding worker. */
    public BindingTable() {
        this(0, 1);
    }

    /**
     * A table that holds {@code expectedBindings} without growing; it grows beyond.
     *
     * @param expectedBindings how much room to take at once, 0 or more
     * @param workers how many threads will forward by this table
     */
    public BindingTable(int expectedBindings, int workers) {
        this.hasSeveralWorkers = workers > 1;
        this.view = new View(
                newLines(linesFor(expectedBindings)),
                linesFor(expectedBindings),
                MemoryRegion.allocate(SMALLEST * Long.BYTES),
                SMALLEST,
                MemoryRegion.allocate(PREFIX_OCTETS + Long.BYTES),
                MemoryRegion.allocate(BR_ENTRIES * BR_OCTETS),
                NO_SHAPE,
                hasSeveralWorkers);
    }

    /**
     * A table with the bindings of a file ({@link BindingTables}).
     *
     * @param defaultBr the BR address of bindings that name none
     * @param workers how many threads will forward by this table
     * @throws BindingTableException if the file is not right
     */
    public static BindingTable load(Path file, Ipv6Address defaultBr, int workers) throws IOException {
        BindingTable table = new BindingTable(0, workers);
        try (BindingReader bindings = BindingTables.open(file, defaultBr)) {
            while (bindings.hasNext()) {
                table.put(bindings.next());
            }
            table.trim();
            return table;
        } catch (IOException | RuntimeException e) {
            table.close();
            throw e;
        }
    }

    /**
     * Takes a binding in; one with the same address and port set is replaced and its volume counts from zero, unless
     * lwB4 and BR address are the same.
     *
     * @return the binding that was there before
     * @throws BindingConflictException if the address has bindings with another PSID offset or length
     */
    public synchronized Optional<Binding> put(Binding binding) {
        requireOpen();
        int ipv4 = binding.ipv4().bits();
        PortSet ports = binding.ports();
        int shape = shapeOf(ports);
        int present = view.indexedShape(ipv4);
        if (present != NO_SHAPE && present != shape) {
            throw new BindingConflictException(binding, anyBindingOf(ipv4, present));
        }
        int br = brIndex(binding.br());
        long key = key(ipv4, ports.psid());
        long old = findLine(key);
        Optional<Binding> before = old == 0 ? Optional.empty() : Optional.of(bindingAt(old));
        if (old != 0 && before.orElseThrow().b4().equals(binding.b4()) && brIndexAt(old) == br) {
            nameSubscriber(key, binding.subscriber());
            return before;
        }
        wakeLines();
        makeRoom();
        old = findLine(key);
        if (old == 0) {
            addToAddress(ipv4, shape);
            size++;
        }
        long line = view.home(key);
        while ((Memory.getWord(line) & TAKEN) != 0) {
            line = view.next(line);
        }
        if ((Memory.getWord(line) & STATE) == DEAD) {
            deadLines--;
        }
        write(line, key, binding.b4(), br, shape);
        if (old != 0) {
            Memory.setWordRelease(view.replacements, Memory.getWord(view.replacements) + 1);
            bury(old);
        }
        nameSubscriber(key, binding.subscriber());
        return before;
    }

    /**
     * Takes the binding of exactly this address and port set out.
     *
     * @return the binding that was there
     */
    public synchronized Optional<Binding> remove(Ipv4Address ipv4, PortSet ports) {
        requireOpen();
        long line = findLine(ipv4, ports);
        if (line == 0) {
            return Optional.empty();
        }
        Binding binding = bindingAt(line);
        wakeLines();
        bury(line);
        size--;
        removeFromAddress(ipv4.bits());
        nameSubscriber(key(ipv4.bits(), ports.psid()), null);
        return Optional.of(binding);
    }

    /** The binding of exactly this address and port set. */
    public synchronized Optional<Binding> get(Ipv4Address ipv4, PortSet ports) {
        requireOpen();
        long line = findLine(ipv4, ports);
        return line == 0 ? Optional.empty() : Optional.of(bindingAt(line));
    }

    /** Whether there is a binding of exactly this address and port set. */
    public synchronized boolean contains(Ipv4Address ipv4, PortSet ports) {
        requireOpen();
        return findLine(ipv4, ports) != 0;
    }

    /**
     * How an address is divided, and among how many.
     *
     * @param psidOffset a of all its bindings
     * @param psidLength k of all its bindings
     * @param bindings how many it has, at least one
     */
    public record AddressUse(int psidOffset, int psidLength, int bindings) {}

    /** How an address is divided now; empty if it has no binding. */
    public synchronized Optional<AddressUse> useOf(Ipv4Address ipv4) {
        requireOpen();
        int shape = view.indexedShape(ipv4.bits());
        return shape == NO_SHAPE
                ? Optional.empty()
                : Optional.of(new AddressUse(
                        shape >>> 8, shape & 0xff, bindingsIn(Memory.getWord(view.addressEntry(ipv4.bits())))));
    }

    /** The binding to which a packet for this address and port (0-65535) goes. */
    public synchronized Optional<Binding> owner(Ipv4Address ipv4, int port) {
        requireOpen();
        int shape = view.indexedShape(ipv4.bits());
        if (shape == NO_SHAPE) {
            return Optional.empty();
        }
        return PortSet.owning(shape >>> 8, shape & 0xff, port).flatMap(ports -> get(ipv4, ports));
    }

    /** What passed through the binding of exactly this address and port set. */
    public synchronized Optional<BindingVolume> volume(Ipv4Address ipv4, PortSet ports) {
        requireOpen();
        long line = findLine(ipv4, ports);
        if (line == 0) {
            return Optional.empty();
        }
        return Optional.of(new BindingVolume(
                Memory.getWordOpaque(line + DOWNSTREAM_PACKETS),
                Memory.getWordOpaque(line + DOWNSTREAM_OCTETS),
                Memory.getWordOpaque(line + UPSTREAM_PACKETS),
                Memory.getWordOpaque(line + UPSTREAM_OCTETS)));
    }

    /** How many bindings. */
    public synchronized int size() {
        return size;
    }

    /** Calls {@code action} with each binding, in no order; other calls, changes included, wait for it. */
    public synchronized void forEach(Consumer<Binding> action) {
        requireOpen();
        View current = view;
        for (long i = 0; i < current.lineCount; i++) {
            long line = current.lines + i * LINE_OCTETS;
            if ((Memory.getWord(line) & STATE) == LIVE) {
                action.accept(bindingAt(line));
            }
        }
    }

    /** Makes room for {@code bindings} in total, so that loading that many needs no growth on the way. */
    public synchronized void reserve(int bindings) {
        requireOpen();
        if (linesFor(bindings) > view.lineCount) {
            rebuildLines(linesFor(bindings));
        }
    }

    /** Gives back room that the bindings do not need at their full load; growing later takes it again. */
    public synchronized void trim() {
        requireOpen();
        if (linesFor(size) < view.lineCount) {
            rebuildLines(linesFor(size));
        }
    }

    /** Octets of memory that the table holds outside the heap. */
    public synchronized long memoryOctets() {
        return isClosed ? 0 : view.octets();
    }

    /** Frees the memory; no worker may use the table any more. */
    @Override
    public synchronized void close() {
        if (!isClosed) {
            isClosed = true;
            awaitWorkers();
            view.free();
        }
    }

    /** A worker's access to the table. */
    Reader newReader() {
        Reader reader = new Reader(this);
        readers.add(reader);
        return reader;
    }

    /** The pair (a, k) as one number. */
    static int shapeOf(PortSet ports) {
        return ports.psidOffset() << 8 | ports.psidLength();
    }

    /** An address and a PSID in the form that heads a line. */
    static long key(int ipv4, int psid) {
        return (long) ipv4 << 32 | (long) psid << 16;
    }

    private void requireOpen() {
        if (isClosed) {
            throw new IllegalStateException("The binding table is closed");
        }
    }

    private long findLine(Ipv4Address ipv4, PortSet ports) {
        return view.indexedShape(ipv4.bits()) == shapeOf(ports) ? findLine(key(ipv4.bits(), ports.psid())) : 0;
    }

    private long findLine(long key) {
        View current = view;
        for (long line = current.home(key); ; line = current.next(line)) {
            long head = Memory.getWord(line);
            if ((head & STATE) == EMPTY) {
                return 0;
            }
            if ((head & STATE) == LIVE && (head & KEY) == key) {
                return line;
            }
        }
    }

    private Binding bindingAt(long line) {
        long head = Memory.getWord(line);
        long brAndShape = Memory.getLong(line + BR_AND_SHAPE);
        return new Binding(
                new Ipv6Address(Memory.getLong(line + B4_HIGH), Memory.getLong(line + B4_LOW)),
                new Ipv4Address((int) (head >>> 32)),
                new PortSet(
                        (int) (brAndShape >>> 24) & 0xff,
                        (int) (brAndShape >>> 16) & 0xff,
                        (int) (head >>> 16) & 0xffff),
                brAt(brAndShape),
                subscribers.get(head & KEY));
    }

    private Ipv6Address brAt(long brAndShape) {
        long entry = view.brs + (brAndShape >>> 32) * BR_OCTETS;
        return new Ipv6Address(Memory.getLong(entry), Memory.getLong(entry + Long.BYTES));
    }

    private static int brIndexAt(long line) {
        return Memory.getInt(line + BR_AND_SHAPE);
    }

    private Binding anyBindingOf(int ipv4, int shape) {
        for (int psid = 0; psid < 1 << (shape & 0xff); psid++) {
            long line = findLine(key(ipv4, psid));
            if (line != 0) {
                return bindingAt(line);
            }
        }
        throw new IllegalStateException("The address index counts bindings that are not there");
    }

    private void nameSubscriber(long key, @Nullable String subscriber) {
        if (subscriber == null) {
            subscribers.remove(key);
        } else {
            subscribers.put(key, subscriber);
        }
    }

    private int brIndex(Ipv6Address br) {
        long entry = view.brEntry(br.high(), br.low());
        if (!view.isBrAt(entry)) {
            if (br.equals(Ipv6Address.UNSPECIFIED)) {
                throw new IllegalArgumentException("BR address :: is none (allowed: an address of this lwAFTR)");
            }
            if (brCount == MOST_BR_ADDRESSES) {
                throw new IllegalArgumentException(
                        "BR address " + br + " is one too many (allowed: " + MOST_BR_ADDRESSES + " different ones)");
            }
            brCount++;
            Memory.putLong(entry + Long.BYTES, br.low());
            VarHandle.releaseFence();
            Memory.putLong(entry, br.high());
        }
        return (int) ((entry - view.brs) / BR_OCTETS);
    }

    private void write(long line, long key, Ipv6Address b4, int br, int shape) {
        Memory.putLong(line + B4_HIGH, b4.high());
        Memory.putLong(line + B4_LOW, b4.low());
        Memory.putLong(line + BR_AND_SHAPE, (long) br << 32 | (long) shape << 16);
        for (int counter = DOWNSTREAM_PACKETS; counter <= UPSTREAM_OCTETS; counter += Long.BYTES) {
            Memory.setWord(line + counter, 0);
        }
        Memory.setWordRelease(line, key | nextVersion(line) | LIVE);
        view.setTag(line, View.tagOf(key));
    }

    private void bury(long line) {
        Memory.setWordRelease(line, (Memory.getWord(line) & KEY) | nextVersion(line) | RESTING);
        // What is written into this line later must not be seen before it is left.
        VarHandle.storeStoreFence();
        deadLines++;
        view.setTag(line, View.NO_TAG);
        resting.add(line);
    }

    /** Lets those lines be taken again that no worker can have at hand any more. */
    private void wakeLines() {
        if (awaited.isEmpty() || haveAllMovedOn()) {
            for (int i = 0; i < awaited.size(); i++) {
                wake(awaited.get(i));
            }
            awaited.clear();
            LongList waitingNow = resting;
            resting = awaited;
            awaited = waitingNow;
            batchesAwaited.clear();
            // The lines are left before anybody is asked whether he is in a batch.
            VarHandle.fullFence();
            for (Reader reader : readers) {
                if (reader.inUse != null) {
                    batchesAwaited.put(reader, reader.batches);
                }
            }
        }
    }

    private boolean haveAllMovedOn() {
        batchesAwaited.entrySet().removeIf(awaitedBatch -> {
            Reader reader = awaitedBatch.getKey();
            return reader.inUse == null || reader.batches != awaitedBatch.getValue();
        });
        return batchesAwaited.isEmpty();
    }

    private void wake(long line) {
        Memory.setWordRelease(line, (Memory.getWord(line) & ~STATE) | DEAD);
        View current = view;
        long dead = line;
        while ((Memory.getWord(dead) & STATE) == DEAD && (Memory.getWord(current.next(dead)) & STATE) == EMPTY) {
            Memory.setWordRelease(dead, nextVersion(dead) | EMPTY);
            deadLines--;
            dead = current.previous(dead);
        }
    }

    private static long nextVersion(long line) {
        return Memory.getWord(line) + VERSION_STEP & VERSION;
    }

    private static long linesFor(long bindings) {
        return Math.max(SMALLEST, bindings * 10 / 7 + 1);
    }

    /** Lines, and the tags behind them, on the same huge pages. */
    private static MemoryRegion newLines(long lineCount) {
        return MemoryRegion.allocate(lineCount * (LINE_OCTETS + 1) + Long.BYTES);
    }

    private void makeRoom() {
        long lineCount = view.lineCount;
        if ((size + 1L) * 10 > lineCount * 7) {
            rebuildLines(Math.max(linesFor(size + 1L), lineCount + lineCount / 2));
        } else if ((size + 1 + deadLines) * 20 > lineCount * 17) {
            rebuildLines(lineCount);
        }
    }

    private void rebuildLines(long lineCount) {
        View old = view;
        View grown = old.withLines(newLines(lineCount), lineCount);
        for (long i = 0; i < old.lineCount; i++) {
            long line = old.lines + i * LINE_OCTETS;
            long head = Memory.getWord(line);
            if ((head & STATE) == LIVE) {
                long target = grown.home(head & KEY);
                while ((Memory.getWord(target) & STATE) != EMPTY) {
                    target = grown.next(target);
                }
                Memory.copy(line + B4_HIGH, target + B4_HIGH, DOWNSTREAM_PACKETS - B4_HIGH);
                Memory.setWord(target, (head & KEY) | LIVE);
                grown.setTag(target, View.tagOf(head & KEY));
            }
        }
        publish(grown.withAtomicCounting(true));
        awaitWorkers();
        for (long i = 0; i < old.lineCount; i++) {
            long line = old.lines + i * LINE_OCTETS;
            long head = Memory.getWord(line);
            if ((head & STATE) == LIVE) {
                long target = findLine(head & KEY);
                for (int counter = DOWNSTREAM_PACKETS; counter <= UPSTREAM_OCTETS; counter += Long.BYTES) {
                    Memory.addWordAtomic(target + counter, Memory.getWord(line + counter));
                }
            }
        }
        publish(view.withAtomicCounting(hasSeveralWorkers));
        deadLines = 0;
        resting.clear();
        awaited.clear();
        old.lineRegion.close();
    }

    private void addToAddress(int ipv4, int shape) {
        if ((usedAddressEntries + 1) * 2 > view.addressCount) {
            rebuildAddresses();
        }
        long entry = view.addressEntry(ipv4);
        long word = Memory.getWord(entry);
        int bindings = bindingsIn(word);
        if (bindings == 0) {
            int shapes = addressesPerShape.merge(shape, 1, Integer::sum);
            if (shapes == 1) {
                publish(view.withShape(addressesPerShape.size() == 1 ? shape : MIXED));
            }
            if ((word & ADDRESS_USED) == 0) {
                usedAddressEntries++;
            }
            int prefix = ipv4 >>> 16;
            if (addressesPerPrefix[prefix]++ == 0) {
                view.markPrefix(prefix, true);
            }
        }
        Memory.setWordRelease(entry, addressWord(ipv4, shape, bindings + 1));
    }

    private void removeFromAddress(int ipv4) {
        long entry = view.addressEntry(ipv4);
        long word = Memory.getWord(entry);
        int shape = shapeIn(word);
        int bindings = bindingsIn(word) - 1;
        Memory.setWordRelease(entry, addressWord(ipv4, shape, bindings));
        if (bindings > 0) {
            return;
        }
        int prefix = ipv4 >>> 16;
        if (--addressesPerPrefix[prefix] == 0) {
            view.markPrefix(prefix, false);
        }
        int left = addressesPerShape.merge(shape, -1, Integer::sum);
        if (left == 0) {
            addressesPerShape.remove(shape);
            publish(view.withShape(
                    switch (addressesPerShape.size()) {
                        case 0 -> NO_SHAPE;
                        case 1 -> addressesPerShape.keySet().iterator().next();
                        default -> MIXED;
                    }));
        }
    }

    private void rebuildAddresses() {
        View old = view;
        long live = 0;
        for (long i = 0; i < old.addressCount; i++) {
            if (bindingsIn(Memory.getWord(old.addresses + i * Long.BYTES)) > 0) {
                live++;
            }
        }
        long count = Math.max(SMALLEST, live * 4);
        View grown = old.withAddresses(MemoryRegion.allocate(count * Long.BYTES), count);
        for (long i = 0; i < old.addressCount; i++) {
            long word = Memory.getWord(old.addresses + i * Long.BYTES);
            if (bindingsIn(word) > 0) {
                Memory.setWord(grown.addressEntry((int) (word >>> 32)), word);
            }
        }
        usedAddressEntries = live;
        publish(grown);
        awaitWorkers();
        old.addressRegion.close();
    }

    private static long addressWord(int ipv4, int shape, int bindings) {
        return (long) ipv4 << 32
                | (long) (shape >>> 8) << 27
                | (long) (shape & 0xff) << 22
                | (long) bindings << 5
                | ADDRESS_USED;
    }

    private static int bindingsIn(long addressWord) {
        return (int) (addressWord >>> 5) & 0x1ffff;
    }

    private static int shapeIn(long addressWord) {
        return ((int) (addressWord >>> 27) & 0x1f) << 8 | ((int) (addressWord >>> 22) & 0x1f);
    }

    private void publish(View next) {
        view = next;
    }

    /** Returns when no worker uses any view but the present one. */
    private void awaitWorkers() {
        for (Reader reader : readers) {
            for (int tries = 0; ; tries++) {
                View inUse = reader.inUse;
                if (inUse == null || inUse == view) {
                    break;
                }
                if (tries < 100) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(20_000);
                }
            }
        }
    }

    /** A list that makes no objects of its numbers. */
    private static final class LongList {
        private long[] numbers = new long[64];
        private int size;

        void add(long number) {
            if (size == numbers.length) {
                numbers = Arrays.copyOf(numbers, size * 2);
            }
            numbers[size] = number;
            size++;
        }

        long get(int index) {
            return numbers[index];
        }

        int size() {
            return size;
        }

        boolean isEmpty() {
            return size == 0;
        }

        void clear() {
            size = 0;
        }
    }

    /** What {@link View#find} found: written by it, valid until its next call. */
    static final class Found {
        long b4High;
        long b4Low;
        /** Where the sixteen octets of the BR address are. */
        long br;
    }

    /** One worker's access: {@link #enter} before a batch, {@link #exit} after it. */
    static final class Reader implements AutoCloseable {
        private final BindingTable table;
        private volatile @Nullable View inUse;

        /** How many batches have ended; only the worker writes it. */
        private volatile long batches;

        private Reader(BindingTable table) {
            this.table = table;
        }

        /** The table as it is now; its memory stays until {@link #exit}. */
        View enter() {
            while (true) {
                View current = table.view;
                inUse = current;
                if (table.view == current) {
                    return current;
                }
            }
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // One thread.
        void exit() {
            inUse = null;
            batches++;
        }

        @Override
        public void close() {
            exit();
            table.readers.remove(this);
        }
    }

    /** The memory of the table as the workers see it; immutable but for what the memory holds. */
    static final class View {
        private static final int NO_TAG = 0;
        private static final long EACH_TAG = 0x0101_0101_0101_0101L;
        private static final long LOW_BITS = 0x7f7f_7f7f_7f7f_7f7fL;

        private final MemoryRegion lineRegion;
        private final MemoryRegion addressRegion;
        private final MemoryRegion prefixRegion;
        private final MemoryRegion brRegion;
        private final long lines;
        private final long lineCount;
        private final long linesEnd;
        private final long addresses;
        private final long addressCount;
        private final long prefixes;
        private final long replacements;
        private final long brs;
        private final int shape;
        private final boolean countsAtomically;

        private View(
                MemoryRegion lineRegion,
                long lineCount,
                MemoryRegion addressRegion,
                long addressCount,
                MemoryRegion prefixRegion,
                MemoryRegion brRegion,
                int shape,
                boolean countsAtomically) {
            this.lineRegion = lineRegion;
            this.addressRegion = addressRegion;
            this.prefixRegion = prefixRegion;
            this.brRegion = brRegion;
            this.lines = lineRegion.address();
            this.lineCount = lineCount;
            this.linesEnd = lines + lineCount * LINE_OCTETS;
            this.addresses = addressRegion.address();
            this.addressCount = addressCount;
            this.prefixes = prefixRegion.address();
            this.replacements = prefixes + PREFIX_OCTETS;
            this.brs = brRegion.address();
            this.shape = shape;
            this.countsAtomically = countsAtomically;
        }

        private View withLines(MemoryRegion region, long count) {
            return new View(
                    region, count, addressRegion, addressCount, prefixRegion, brRegion, shape, countsAtomically);
        }

        private View withAddresses(MemoryRegion region, long count) {
            return new View(lineRegion, lineCount, region, count, prefixRegion, brRegion, shape, countsAtomically);
        }

        private View withShape(int newShape) {
            return new View(
                    lineRegion,
                    lineCount,
                    addressRegion,
                    addressCount,
                    prefixRegion,
                    brRegion,
                    newShape,
                    countsAtomically);
        }

        private View withAtomicCounting(boolean atomically) {
            return new View(
                    lineRegion, lineCount, addressRegion, addressCount, prefixRegion, brRegion, shape, atomically);
        }

        private void free() {
            lineRegion.close();
            addressRegion.close();
            prefixRegion.close();
            brRegion.close();
        }

        private long octets() {
            return lineRegion.size() + addressRegion.size() + prefixRegion.size() + brRegion.size();
        }

        /** How the address is divided, as {@link BindingTable#shapeOf}, or {@link #NO_SHAPE} if it has no binding. */
        int shapeOf(int ipv4) {
            return shape != MIXED ? shape : indexedShape(ipv4);
        }

        /** Whether the address has a binding. */
        boolean holds(int ipv4) {
            int prefix = ipv4 >>> 16;
            return (Memory.getWordOpaque(prefixes + (long) (prefix >>> 6) * Long.BYTES) >>> prefix & 1) != 0
                    && indexedShape(ipv4) != NO_SHAPE;
        }

        /** Where the search for a key begins. */
        long home(long key) {
            return lines + Math.unsignedMultiplyHigh(mix(key), lineCount) * LINE_OCTETS;
        }

        /** The tags of the first lines of a search, for {@link #guess}. */
        long tags(long home) {
            return Memory.getLong(tag(home) & Memory.ADDRESS);
        }

        /**
         * Which line probably holds the key: a hint for {@link #find}.
         *
         * @param home {@link #home} of the key
         * @param tags {@link #tags} of the home
         */
        long guess(long home, long key, long tags) {
            // The octets that are the tag become 0, then 0x80 and all others 0.
            long difference = tags ^ (tagOf(key) * EACH_TAG);
            long matches = ~(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS);
            long line = home + (long) (Long.numberOfLeadingZeros(matches) >>> 3) * LINE_OCTETS;
            return line < linesEnd ? line : home;
        }

        /** A part of another hash than that of {@link #home}; never {@link #NO_TAG}. */
        private static long tagOf(long key) {
            return ((key * 0x9e37_79b9_7f4a_7c15L) >>> 56) | 1;
        }

        private void setTag(long line, long tag) {
            Memory.putByte(tag(line), (int) tag);
        }

        /** Where the tag of a line is. */
        private long tag(long line) {
            return linesEnd + ((line - lines) >>> 6);
        }

        /** Loads the line, so that it is near when it is needed. */
        long touch(long line) {
            return Memory.getWordOpaque(line & Memory.ADDRESS);
        }

        /** The line of a binding, or 0 if there is none, without a hint. */
        long find(long home, long key, int expectedShape, Found found) {
            return find(home, home, key, expectedShape, found);
        }

        /**
         * The line of a binding, or 0 if there is none.
         *
         * @param hint {@link #guess}, or {@code home}
         * @param home {@link #home} of the key
         * @param key {@link BindingTable#key}
         * @param expectedShape the shape by which the PSID in the key was made
         * @param found is filled if there is one
         */
        long find(long hint, long home, long key, int expectedShape, Found found) {
            long line = search(hint, key, expectedShape, found);
            return line != 0 ? line : findAmidReplacements(home, key, expectedShape, found);
        }

        private long findAmidReplacements(long home, long key, int expectedShape, Found found) {
            while (true) {
                long count = Memory.getWordAcquire(replacements);
                long line = search(home, key, expectedShape, found);
                VarHandle.loadLoadFence();
                if (line != 0 || Memory.getWordOpaque(replacements) == count) {
                    return line;
                }
            }
        }

        private long search(long home, long key, int expectedShape, Found found) {
            long next = home;
            while (true) {
                long line = next & Memory.ADDRESS;
                long head = Memory.getWordAcquire(line);
                if ((head & STATE) == EMPTY) {
                    return 0;
                }
                if ((head & (KEY | STATE)) == (key | LIVE)) {
                    long b4High = Memory.getLong(line + B4_HIGH);
                    long b4Low = Memory.getLong(line + B4_LOW);
                    long brAndShape = Memory.getLong(line + BR_AND_SHAPE);
                    VarHandle.loadLoadFence();
                    if (Memory.getWordOpaque(line) != head) {
                        continue;
                    }
                    if ((brAndShape >>> 16 & 0xffff) == expectedShape) {
                        found.b4High = b4High;
                        found.b4Low = b4Low;
                        found.br = brs + (brAndShape >>> 32) * BR_OCTETS;
                        return line;
                    }
                }
                next = next(line);
            }
        }

        /** Counts one packet at {@link #DOWNSTREAM_PACKETS} or {@link #UPSTREAM_PACKETS} of a line. */
        void count(long line, int direction, int octets) {
            if (countsAtomically) {
                Memory.addWordAtomic(line + direction, 1);
                Memory.addWordAtomic(line + direction + Long.BYTES, octets);
            } else {
                long packets = (line & Memory.ADDRESS) + direction;
                Memory.setWordOpaque(packets, Memory.getWord(packets) + 1);
                Memory.setWordOpaque(packets + Long.BYTES, Memory.getWord(packets + Long.BYTES) + octets);
            }
        }

        private int indexedShape(int ipv4) {
            long word = Memory.getWordOpaque(addressEntry(ipv4));
            return bindingsIn(word) == 0 ? NO_SHAPE : BindingTable.shapeIn(word);
        }

        /** The entry of the address, or the free one where it would stand. */
        private long addressEntry(int ipv4) {
            long index = Math.unsignedMultiplyHigh(mix((long) ipv4 << 32), addressCount);
            while (true) {
                long entry = addresses + index * Long.BYTES;
                long word = Memory.getWordOpaque(entry);
                if ((word & ADDRESS_USED) == 0 || (int) (word >>> 32) == ipv4) {
                    return entry;
                }
                index = index + 1 == addressCount ? 0 : index + 1;
            }
        }

        /** Whether some binding has, or had, this BR address. */
        boolean isBr(long high, long low) {
            return isBrAt(brEntry(high, low));
        }

        private boolean isBrAt(long entry) {
            return (Memory.getLong(entry) | Memory.getLong(entry + Long.BYTES)) != 0;
        }

        /** The entry of the BR address, or the free one where it would stand. */
        private long brEntry(long high, long low) {
            long index = Math.unsignedMultiplyHigh(mix(high ^ Long.rotateLeft(low, 32) + low), BR_ENTRIES);
            while (true) {
                long entry = brs + index * BR_OCTETS;
                if (!isBrAt(entry) || (Memory.getLong(entry) == high && Memory.getLong(entry + Long.BYTES) == low)) {
                    return entry;
                }
                index = index + 1 == BR_ENTRIES ? 0 : index + 1;
            }
        }

        private void markPrefix(int prefix, boolean isHeld) {
            long word = prefixes + (long) (prefix >>> 6) * Long.BYTES;
            long bit = 1L << prefix;
            Memory.setWordOpaque(word, isHeld ? Memory.getWord(word) | bit : Memory.getWord(word) & ~bit);
        }

        private long next(long line) {
            return line + LINE_OCTETS == linesEnd ? lines : line + LINE_OCTETS;
        }

        private long previous(long line) {
            return line == lines ? linesEnd - LINE_OCTETS : line - LINE_OCTETS;
        }

        private static long mix(long key) {
            long h = key * 0x9e37_79b9_7f4a_7c15L;
            h = (h ^ h >>> 32) * 0xd6e8_feb8_6659_fd93L;
            return h ^ h >>> 32;
        }
    }
}
