package io.portledger.packet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A TUN device of Linux: IP packets without link header, exchanged with the kernel's network stack.
 *
 * <p>The device lives as long as this object and the process; its addresses, routes and MTU are the operator's. One
 * thread may receive while another sends, but no more; a device can be opened with {@linkplain #open(String, int) several
 * queues}.
 *
 * <p>Where the kernel permits io_uring, a whole batch takes about one system call; elsewhere each packet takes one.
 */
public final class TunDevice implements PacketInput, PacketOutput, AutoCloseable {

    private static final long TUNSETIFF = 0x4004_54caL;
    private static final int IFF_TUN_NO_PI = 0x1001;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int MAX_QUEUES = 256;
    private static final int RING_CAPACITY = 256;
    private static final int FEWEST_READS = 8;

    private final String name;
    private final int fd;
    private final SystemCalls receiving = new SystemCalls();
    private final SystemCalls sending = new SystemCalls();
    private final MemoryRegion pollDescriptor;
    private final @Nullable IoUring reads;
    private final @Nullable IoUring writes;

    /** Why there are no rings; empty if there are. */
    private final String obstacle;

    private int nextReads = FEWEST_READS;
    private volatile boolean isClosed;
    private volatile long unsentPackets;

    private TunDevice(String name, int fd, IoUring.Opener rings) {
        this.name = name;
        this.fd = fd;
        this.pollDescriptor = MemoryRegion.allocate(Long.BYTES);
        IoUring readRing = null;
        IoUring writeRing = null;
        String whyNot = "";
        try {
            readRing = rings.open(fd, IoUring.READ, RING_CAPACITY);
            writeRing = rings.open(fd, IoUring.WRITE, RING_CAPACITY);
        } catch (IOException e) {
            whyNot = String.valueOf(e.getMessage());
            if (readRing != null) {
                readRing.close();
                readRing = null;
            }
        }
        this.reads = readRing;
        this.writes = writeRing;
        this.obstacle = whyNot;
    }

    /**
     * Opens the device, which is created unless it is there already.
     *
     * @param name the interface's name, 1-15 octets
     * @throws IOException saying what is missing
     */
    public static TunDevice open(String name) throws IOException {
        return open(name, 1).getFirst();
    }

    /**
     * Opens the device with several queues, for one worker each. The kernel keeps the packets of a flow in one queue.
     *
     * @param name the interface's name, 1-15 octets
     * @param queues how many, 1-256
     * @return one object for each queue; the device lives as long as one of them
     * @throws IOException saying what is missing
     */
    public static List<TunDevice> open(String name, int queues) throws IOException {
        return open(name, queues, IoUring::open);
    }

    static List<TunDevice> open(String name, int queues, IoUring.Opener rings) throws IOException {
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new IllegalArgumentException(queues + " queues (allowed: 1-" + MAX_QUEUES + ")");
        }
        if (!SystemCalls.areThere()) {
            throw new IOException("TUN devices need Linux");
        }
        List<TunDevice> devices = new ArrayList<>();
        try {
            for (int i = 0; i < queues; i++) {
                devices.add(new TunDevice(name, openQueue(name, queues > 1), rings));
            }
        } catch (IOException e) {
            devices.forEach(TunDevice::close);
            throw e;
        }
        return devices;
    }

    private static int openQueue(String name, boolean isOneOfMany) throws IOException {
        try (InterfaceRequest request = new InterfaceRequest(name)) {
            SystemCalls calls = new SystemCalls();
            int fd = calls.open("/dev/net/tun", SystemCalls.O_RDWR_NONBLOCK);
            if (fd < 0) {
                throw new IOException("Cannot open /dev/net/tun: "
                        + (-fd == SystemCalls.ENOENT ? "the kernel has no TUN devices" : reason(-fd)));
            }
            Memory.putHostShort(request.value(), isOneOfMany ? IFF_TUN_NO_PI | IFF_MULTI_QUEUE : IFF_TUN_NO_PI);
            int outcome = calls.ioctl(fd, TUNSETIFF, request.address());
            if (outcome < 0) {
                calls.close(fd);
                throw new IOException("Cannot take TUN device " + name + ": " + reason(-outcome));
            }
            return fd;
        }
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    /** Its name and how it exchanges packets, for the log. */
    public String describe() {
        return name
                + (obstacle.isEmpty()
                        ? " (batches by io_uring)"
                        : " (one system call for each packet: " + obstacle + ")");
    }

    /** How many packets the kernel did not take since the device was opened. */
    public long unsentPackets() {
        return unsentPackets;
    }

    @Override
    public int receive(PacketBatch batch, int timeoutMillis) throws IOException {
        requireOpen();
        int before = batch.size();
        if (readAvailable(batch) == 0 && timeoutMillis > 0 && isReadable(timeoutMillis)) {
            readAvailable(batch);
        }
        return batch.size() - before;
    }

    @Override
    public void send(PacketBatch batch) {
        int unsent;
        if (isClosed) {
            unsent = batch.size();
        } else {
            unsent = writes == null ? writeOneByOne(batch) : writeTogether(batch, writes);
        }
        if (unsent > 0) {
            countUnsent(unsent);
        }
    }

    /** Gives the device back; must not be called while a thread is in {@link #receive} or {@link #send}. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            if (reads != null && writes != null) {
                reads.close();
                writes.close();
            }
            receiving.close(fd);
            pollDescriptor.close();
        }
    }

    private int readAvailable(PacketBatch batch) throws IOException {
        return reads == null ? readOneByOne(batch) : readTogether(batch, reads);
    }

    private int readTogether(PacketBatch batch, IoUring ring) throws IOException {
        int packets = 0;
        int wanted;
        int got;
        do {
            wanted = Math.min(nextReads, batch.capacity() - batch.size());
            got = readUpTo(wanted, batch, ring);
            packets += got;
            // A read in vain is cheap, but not free: guess from how many there were this time.
            nextReads = Math.clamp(2L * got, FEWEST_READS, RING_CAPACITY);
        } while (got == wanted && !batch.isFull());
        return packets;
    }

    private int readUpTo(int wanted, PacketBatch batch, IoUring ring) throws IOException {
        int first = batch.size();
        for (int i = 0; i < wanted; i++) {
            ring.add(batch.slot(first + i), batch.maxLength());
        }
        ring.submit();
        for (int i = 0; i < wanted; i++) {
            int length = ring.result(i);
            if (length > 0) {
                if (batch.size() < first + i) {
                    // It came just after a read before this one had found nothing.
                    Memory.copy(batch.slot(first + i), batch.freeSlot(), length);
                }
                batch.add(length);
            } else if (length != -SystemCalls.EAGAIN && length != -SystemCalls.EINTR) {
                throw new IOException("Cannot read from TUN device " + name + ": " + reason(-length));
            }
        }
        return batch.size() - first;
    }

    private int readOneByOne(PacketBatch batch) throws IOException {
        int packets = 0;
        while (!batch.isFull()) {
            long length = receiving.read(fd, batch.freeSlot(), batch.maxLength());
            if (length == -SystemCalls.EAGAIN) {
                break;
            } else if (length > 0) {
                batch.add((int) length);
                packets++;
            } else if (length != -SystemCalls.EINTR) {
                throw new IOException("Cannot read from TUN device " + name + ": " + reason((int) -length));
            }
        }
        return packets;
    }

    private static int writeTogether(PacketBatch batch, IoUring ring) {
        int unsent = 0;
        for (int first = 0; first < batch.size(); first += RING_CAPACITY) {
            int count = Math.min(RING_CAPACITY, batch.size() - first);
            for (int i = 0; i < count; i++) {
                ring.add(batch.address(first + i), batch.length(first + i));
            }
            ring.submit();
            for (int i = 0; i < count; i++) {
                if (ring.result(i) < 0) {
                    unsent++;
                }
            }
        }
        return unsent;
    }

    private int writeOneByOne(PacketBatch batch) {
        int unsent = 0;
        for (int i = 0; i < batch.size(); i++) {
            long outcome;
            do {
                outcome = sending.write(fd, batch.address(i), batch.length(i));
            } while (outcome == -SystemCalls.EINTR);
            if (outcome < 0) {
                unsent++;
            }
        }
        return unsent;
    }

    private boolean isReadable(int timeoutMillis) throws IOException {
        long descriptor = pollDescriptor.address();
        Memory.putHostInt(descriptor, fd);
        Memory.putHostInt(descriptor + 4, SystemCalls.POLLIN);
        int outcome = receiving.poll(descriptor, 1, timeoutMillis);
        if (outcome < 0 && outcome != -SystemCalls.EINTR) {
            throw new IOException("Cannot wait for TUN device " + name + ": " + reason(-outcome));
        }
        return outcome > 0;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Only the sending thread writes it.
    private void countUnsent(int packets) {
        unsentPackets += packets;
    }

    private void requireOpen() throws IOException {
        if (isClosed) {
            throw new IOException("TUN device " + name + " is closed");
        }
    }

    private static String reason(int error) {
        return switch (error) {
            case SystemCalls.EPERM, SystemCalls.EACCES -> "not permitted; it needs root or CAP_NET_ADMIN";
            case SystemCalls.EBUSY -> "another process has it";
            case SystemCalls.EINVAL -> "it is there, but of another kind (no TUN device, or multi_queue differs)";
            default -> "error " + error;
        };
    }
}
