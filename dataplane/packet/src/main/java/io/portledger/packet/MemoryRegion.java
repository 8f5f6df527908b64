package io.portledger.packet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A region of zeroed memory outside the heap, used by address through {@link Memory}.
 *
 * <p>On Linux it takes physical memory only for the parts that were written, and huge pages where the kernel has them.
 * It begins at a page. Whoever uses an address of it after {@link #close()} ends the process.
 */
public final class MemoryRegion implements AutoCloseable {

    private static final long PAGE = 4096;

    /** Where the system calls are not there, regions live as long as this map holds them. */
    private static final Map<Long, MemorySegment> HELD_BY_ADDRESS = new ConcurrentHashMap<>();

    /** No memory at all. */
    static final MemoryRegion NONE = new MemoryRegion(0, 0, () -> {});

    private final long address;
    private final long size;
    private final Runnable release;
    private boolean isClosed;

    private MemoryRegion(long address, long size, Runnable release) {
        this.address = address;
        this.size = size;
        this.release = release;
    }

    /**
     * Takes a region of at least {@code size} octets.
     *
     * @throws IllegalArgumentException if {@code size} is not positive
     * @throws OutOfMemoryError if the system has no such region
     */
    public static MemoryRegion allocate(long size) {
        if (size <= 0) {
            throw new IllegalArgumentException("a memory region of " + size + " octets (allowed: 1 and more)");
        }
        long whole = (size + PAGE - 1) & -PAGE;
        if (!SystemCalls.areThere()) {
            MemorySegment segment = Arena.ofAuto().allocate(whole, PAGE);
            HELD_BY_ADDRESS.put(segment.address(), segment);
            return new MemoryRegion(segment.address(), whole, () -> HELD_BY_ADDRESS.remove(segment.address()));
        }
        SystemCalls calls = new SystemCalls();
        long address = calls.mapMemory(whole);
        if (address < 0) {
            throw new OutOfMemoryError(
                    "The system refused " + whole + " octets of memory outside the heap (error " + -address + ")");
        }
        return new MemoryRegion(address, whole, () -> calls.unmapMemory(address, whole));
    }

    /** Where it begins. */
    public long address() {
        return address;
    }

    /** Its size in octets, whole pages. */
    public long size() {
        return size;
    }

    /** Gives the memory back; again is harmless. */
    @Override
    public void close() {
        synchronized (release) {
            if (!isClosed) {
                isClosed = true;
                release.run();
            }
        }
    }
}
