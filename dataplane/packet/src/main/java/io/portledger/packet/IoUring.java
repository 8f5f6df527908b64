package io.portledger.packet;

import java.io.IOException;

/**
 * An io_uring of Linux for one kind of operation on one file: many reads, or many writes, by a single system call.
 *
 * <p>The operations never wait: one that would have to fails with {@link SystemCalls#EAGAIN}. So all are done in the
 * order in which they were added, while the system call lasts, and no memory of theirs is in use after it. Nothing of
 * what makes io_uring difficult (requests that outlive their buffers, threads of the kernel) can happen.
 *
 * <p>Every request of the ring is written once, when it is opened; later only address and length change.
 */
final class IoUring implements AutoCloseable {

    /** Opens rings; a test has one that cannot. */
    interface Opener {
        IoUring open(int fd, int operation, int capacity) throws IOException;
    }

    static final int READ = 22;
    static final int WRITE = 23;

    private static final int PARAMETERS_OCTETS = 120;
    private static final long OFFSET_RINGS = 0;
    private static final long OFFSET_REQUESTS = 0x1000_0000L;
    private static final int ENTER_GETEVENTS = 1;

    /** In Linux 5.6, which brought the operations used here; older kernels have other features only. */
    private static final int FEATURE_RW_CUR_POS = 1 << 3;

    // struct io_uring_params
    private static final int SUBMISSION_ENTRIES = 0;
    private static final int COMPLETION_ENTRIES = 4;
    private static final int FEATURES = 20;
    private static final int SUBMISSION_TAIL = 44;
    private static final int SUBMISSION_ARRAY = 64;
    private static final int COMPLETION_HEAD = 80;
    private static final int COMPLETION_TAIL = 84;
    private static final int COMPLETIONS = 100;

    // struct io_uring_sqe
    private static final int REQUEST_OCTETS = 64;
    private static final int REQUEST_OPERATION = 0;
    private static final int REQUEST_FD = 4;
    private static final int REQUEST_ADDRESS = 16;
    private static final int REQUEST_LENGTH = 24;
    private static final int REQUEST_FLAGS = 28;
    private static final int REQUEST_TAG = 32;
    private static final int RWF_NOWAIT = 8;

    // struct io_uring_cqe
    private static final int COMPLETION_OCTETS = 16;
    private static final int COMPLETION_RESULT = 8;

    private final SystemCalls calls = new SystemCalls();
    private final int ring;
    private final int mask;
    private final int completionMask;
    private final long rings;
    private final long ringsOctets;
    private final long requests;
    private final long requestsOctets;
    private final long submissionTail;
    private final long completionHead;
    private final long completionTail;
    private final long completions;
    private final int[] results;

    /** The number of the next request, which only grows; its place is the number modulo the capacity. */
    private int next;

    private int added;

    private IoUring(int fd, int operation, int capacity) throws IOException {
        try (MemoryRegion parameters = MemoryRegion.allocate(PARAMETERS_OCTETS)) {
            long setup = parameters.address();
            this.ring = calls.ioUringSetup(capacity, setup);
            if (ring < 0) {
                throw new IOException(reason(-ring));
            }
            int entries = Memory.getHostInt(setup + SUBMISSION_ENTRIES);
            int completionEntries = Memory.getHostInt(setup + COMPLETION_ENTRIES);
            this.mask = entries - 1;
            this.completionMask = completionEntries - 1;
            this.results = new int[entries];
            long array = Memory.getHostInt(setup + SUBMISSION_ARRAY);
            long firstCompletion = Memory.getHostInt(setup + COMPLETIONS);
            this.ringsOctets = Math.max(
                    array + (long) entries * Integer.BYTES,
                    firstCompletion + (long) completionEntries * COMPLETION_OCTETS);
            this.requestsOctets = (long) entries * REQUEST_OCTETS;
            boolean isRecent = (Memory.getHostInt(setup + FEATURES) & FEATURE_RW_CUR_POS) != 0;
            this.rings = isRecent ? calls.mapShared(ring, ringsOctets, OFFSET_RINGS) : -SystemCalls.ENOSYS;
            this.requests = rings < 0 ? rings : calls.mapShared(ring, requestsOctets, OFFSET_REQUESTS);
            if (requests < 0) {
                close();
                throw new IOException(reason((int) -requests));
            }
            this.submissionTail = rings + Memory.getHostInt(setup + SUBMISSION_TAIL);
            this.completionHead = rings + Memory.getHostInt(setup + COMPLETION_HEAD);
            this.completionTail = rings + Memory.getHostInt(setup + COMPLETION_TAIL);
            this.completions = rings + firstCompletion;
            for (int i = 0; i < entries; i++) {
                Memory.putHostInt(rings + array + (long) i * Integer.BYTES, i);
                long request = requests + (long) i * REQUEST_OCTETS;
                Memory.putByte(request + REQUEST_OPERATION, operation);
                Memory.putHostInt(request + REQUEST_FD, fd);
                Memory.putHostInt(request + REQUEST_FLAGS, RWF_NOWAIT);
                Memory.setWord(request + REQUEST_TAG, i);
            }
        }
    }

    /**
     * Opens a ring.
     *
     * @param fd the file, which must be open as long as the ring is used
     * @param operation {@link #READ} or {@link #WRITE}
     * @param capacity how many operations it can do at once, a power of two
     * @throws IOException whose message says why there is none
     */
    static IoUring open(int fd, int operation, int capacity) throws IOException {
        IoUring ring = new IoUring(fd, operation, capacity);
        if (operation == READ) {
            // Nothing is read into no room; but whether the file knows operations that do not wait is found out.
            ring.add(ring.rings, 0);
            ring.submit();
            int outcome = ring.result(0);
            if (outcome < 0) {
                ring.close();
                throw new IOException(reason(-outcome));
            }
        }
        return ring;
    }

    /** Adds an operation; at most as many as the capacity before each {@link #submit}. */
    void add(long address, int length) {
        long request = requests + (long) (next + added & mask) * REQUEST_OCTETS;
        Memory.setWord(request + REQUEST_ADDRESS, address);
        Memory.putHostInt(request + REQUEST_LENGTH, length);
        added++;
    }

    /** Does the operations that were added. */
    void submit() {
        int toSubmit = added;
        int toComplete = added;
        Memory.setHostIntRelease(submissionTail, next + added);
        while (toComplete > 0) {
            int outcome = calls.ioUringEnter(ring, toSubmit, toComplete, ENTER_GETEVENTS);
            if (outcome >= 0) {
                toSubmit -= outcome;
            } else if (outcome != -SystemCalls.EINTR
                    && outcome != -SystemCalls.EAGAIN
                    && outcome != -SystemCalls.EBUSY) {
                throw new IllegalStateException("An io_uring has failed: " + reason(-outcome));
            }
            toComplete -= collect();
        }
        next += added;
        added = 0;
    }

    /** What the operation that was added as number {@code index} answered: octets, or a negated error number. */
    int result(int index) {
        return results[index];
    }

    @Override
    public void close() {
        if (requests > 0) {
            calls.unmapMemory(requests, requestsOctets);
        }
        if (rings > 0) {
            calls.unmapMemory(rings, ringsOctets);
        }
        calls.close(ring);
    }

    private int collect() {
        int head = Memory.getHostInt(completionHead);
        int tail = Memory.getHostIntAcquire(completionTail);
        for (int i = head; i != tail; i++) {
            long completion = completions + (long) (i & completionMask) * COMPLETION_OCTETS;
            int index = (int) Memory.getWord(completion) - next & mask;
            results[index] = Memory.getHostInt(completion + COMPLETION_RESULT);
        }
        Memory.setHostIntRelease(completionHead, tail);
        return tail - head;
    }

    private static String reason(int error) {
        return switch (error) {
            case SystemCalls.EPERM, SystemCalls.EACCES -> "io_uring is not permitted";
            case SystemCalls.ENOSYS -> "the kernel has no io_uring, or an old one";
            case SystemCalls.ENOMEM -> "io_uring may lock too little memory";
            case SystemCalls.EOPNOTSUPP -> "io_uring cannot use this device without waiting";
            default -> "io_uring answers error " + error;
        };
    }
}
