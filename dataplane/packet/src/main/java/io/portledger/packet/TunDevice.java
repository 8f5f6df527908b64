package io.portledger.packet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A TUN device of Linux: IP packets without link header, exchanged with the kernel's network stack.
 *
 * <p>The device lives as long as this object and the process; its addresses, routes and MTU are the operator's. One
 * thread may receive while another sends, but no more.
 */
public final class TunDevice implements PacketInput, PacketOutput, AutoCloseable {

    private static final long TUNSETIFF = 0x4004_54caL;
    private static final int IFF_TUN_NO_PI = 0x1001;
    private static final int NAME_OCTETS = 16;
    private static final int REQUEST_OCTETS = 40;
    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int EBUSY = 16;

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
        byte[] nameOctets = name.getBytes(StandardCharsets.US_ASCII);
        if (nameOctets.length == 0 || nameOctets.length >= NAME_OCTETS || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "Invalid interface name \"" + name + "\" (allowed: 1-15 letters and digits)");
        }
        if (!SystemCalls.areThere()) {
            throw new IOException("TUN devices need Linux");
        }
        SystemCalls calls = new SystemCalls();
        int fd = calls.open("/dev/net/tun", SystemCalls.O_RDWR_NONBLOCK);
        if (fd < 0) {
            throw new IOException(
                    "Cannot open /dev/net/tun: " + (-fd == ENOENT ? "the kernel has no TUN devices" : reason(-fd)));
        }
        try (MemoryRegion request = MemoryRegion.allocate(REQUEST_OCTETS)) {
            Memory.copy(nameOctets, 0, request.address(), nameOctets.length);
            Memory.putShort(request.address() + NAME_OCTETS, Short.reverseBytes((short) IFF_TUN_NO_PI));
            int outcome = calls.ioctl(fd, TUNSETIFF, request.address());
            if (outcome < 0) {
                calls.close(fd);
                throw new IOException("Cannot take TUN device " + name + ": " + reason(-outcome));
            }
        }
        return new TunDevice(name, fd);
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
        Memory.putInt(descriptor, Integer.reverseBytes(fd));
        Memory.putInt(descriptor + 4, Integer.reverseBytes(SystemCalls.POLLIN));
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
            case EPERM, 13 -> "not permitted; it needs root or CAP_NET_ADMIN";
            case EBUSY -> "another process has it";
            default -> "error " + error;
        };
    }
}
