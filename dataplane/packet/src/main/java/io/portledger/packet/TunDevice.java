package io.portledger.packet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A TUN device of Linux: IP packets without link header, exchanged with the kernel's network stack.
 *
 * <p>The device lives as long as this object and the process; its addresses, routes and MTU are the operator's. One
 * thread may receive while another sends, but no more; a device can be opened with {@linkplain #open(String, int) several
 * queues}.
 */
public final class TunDevice implements PacketInput, PacketOutput, AutoCloseable {

    private static final long TUNSETIFF = 0x4004_54caL;
    private static final int IFF_TUN_NO_PI = 0x1001;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int MAX_QUEUES = 256;

    private final String name;
    private final int fd;
    private final SystemCalls receiving = new SystemCalls();
    private final SystemCalls sending = new SystemCalls();
    private final MemoryRegion pollDescriptor;
    private volatile boolean isClosed;
    private volatile long unsentPackets;

    private TunDevice(String name, int fd) {
        this.name = name;
        this.fd = fd;
        this.pollDescriptor = MemoryRegion.allocate(Long.BYTES);
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
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new IllegalArgumentException(queues + " queues (allowed: 1-" + MAX_QUEUES + ")");
        }
        if (!SystemCalls.areThere()) {
            throw new IOException("TUN devices need Linux");
        }
        List<TunDevice> devices = new ArrayList<>();
        try {
            for (int i = 0; i < queues; i++) {
                devices.add(new TunDevice(name, openQueue(name, queues > 1)));
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
        for (int i = 0; i < batch.size(); i++) {
            long outcome;
            do {
                outcome = isClosed ? -1 : sending.write(fd, batch.address(i), batch.length(i));
            } while (outcome == -SystemCalls.EINTR);
            if (outcome < 0) {
                countUnsent();
            }
        }
    }

    /** Gives the device back; must not be called while a thread is in {@link #receive} or {@link #send}. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            receiving.close(fd);
            pollDescriptor.close();
        }
    }

    private int readAvailable(PacketBatch batch) throws IOException {
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
    private void countUnsent() {
        unsentPackets++;
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
