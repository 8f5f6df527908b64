package io.portledger.packet;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A network interface of Linux, used by Ethernet frame beside the kernel's own network stack (a packet socket with
 * memory-mapped rings both ways).
 *
 * <p>Frames for this host, broadcast and multicast arrive here and in the kernel's stack both, so the interface should
 * have no addresses that overlap with what is forwarded. Frames that others send through the interface, and frames for
 * other hosts, do not arrive here. Frames are what would be on the wire: the VLAN tag in its place, checksums complete,
 * and what the kernel merged is cut again. Frames sent pass no queueing discipline.
 *
 * <p>Frames arrive in bursts: under light load each waits in the ring for up to a millisecond.
 *
 * <p>One thread may receive while another sends, but no more. Several devices {@linkplain #open(String, int) opened
 * together} share the frames of one interface, so that each can have threads of its own.
 */
public final class EthernetDevice implements PacketInput, PacketOutput, AutoCloseable {

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 0x8_0003;
    private static final int ARPHRD_ETHER = 1;
    private static final int ETH_P_ALL = 3;

    private static final int SIOCGIFMTU = 0x8921;
    private static final int SIOCGIFHWADDR = 0x8927;
    private static final int SIOCGIFINDEX = 0x8933;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_SNDBUF = 7;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_DETACH_FILTER = 27;
    private static final int SO_SNDBUFFORCE = 32;

    private static final int SOL_PACKET = 263;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_TX_RING = 13;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_FANOUT = 18;
    private static final int PACKET_QDISC_BYPASS = 20;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int TPACKET_V3 = 2;

    private static final int FANOUT_HASH = 0;
    private static final int FANOUT_UNIQUE_ID = 0x2000;
    private static final int FANOUT_IGNORE_OUTGOING = 0x4000;

    private static final int RECEIVE_FRAME_OCTETS = 2048;
    private static final int BLOCK_TIMEOUT_MILLIS = 1;

    /** Enough for the kernel to have every slot of the transmit ring under way. */
    private static final int SEND_BUFFER_OCTETS = 8 << 20;

    /** Room for any structure that a call here takes. */
    private static final int SCRATCH_OCTETS = 128;

    private final String name;
    private final InterfaceRequest request;
    private final int fd;
    private final int index;
    private final MacAddress macAddress;
    private final MemoryRegion scratch = MemoryRegion.allocate(SCRATCH_OCTETS);
    private final SystemCalls receiving = new SystemCalls();
    private final SystemCalls sending = new SystemCalls();
    private final TransmitRing transmitRing;
    private final ReceiveRing receiveRing;
    private final long rings;
    private volatile long unsentFrames;
    private volatile boolean isClosed;
    private long lostFrames;

    /** Makes a socket with rings, through which nothing comes yet. */
    private EthernetDevice(String name) throws IOException {
        this.name = name;
        this.request = new InterfaceRequest(name);
        this.fd = receiving.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
        if (fd < 0) {
            freeMemory();
            throw new IOException("Cannot open Ethernet device " + name + ": " + reason(-fd));
        }
        try {
            ask(SIOCGIFINDEX);
            this.index = Memory.getHostInt(request.value());
            ask(SIOCGIFHWADDR);
            if (Memory.getHostShort(request.value()) != ARPHRD_ETHER) {
                throw new IOException("Cannot open " + name + ": it is not an Ethernet interface");
            }
            this.macAddress = new MacAddress(Memory.getLong(request.value() + 2) >>> 16);
            ask(SIOCGIFMTU);
            this.transmitRing = new TransmitRing(Memory.getHostInt(request.value()));
            this.rings = makeRings();
            this.receiveRing = new ReceiveRing(rings);
            transmitRing.attach(fd, rings + ReceiveRing.OCTETS);
        } catch (IOException | RuntimeException e) {
            receiving.close(fd);
            freeMemory();
            throw e;
        }
    }

    /**
     * Opens an interface.
     *
     * @param name the interface's name, 1-15 octets
     * @throws IOException saying what is missing
     */
    public static EthernetDevice open(String name) throws IOException {
        return open(name, 1).getFirst();
    }

    /**
     * Opens an interface for several workers: each frame arrives at exactly one of the devices.
     *
     * <p>The kernel chooses it by a hash of addresses, protocol and ports, of the outer header if it is a tunnel. All
     * fragments of a packet arrive at the same device, because for them the hash leaves out the ports; the kernel does not
     * reassemble them.
     *
     * @param name the interface's name, 1-15 octets
     * @param workers how many devices to open, 1 and more
     * @throws IOException saying what is missing
     */
    public static List<EthernetDevice> open(String name, int workers) throws IOException {
        if (workers < 1) {
            throw new IllegalArgumentException(workers + " workers (allowed: 1 and more)");
        }
        if (!SystemCalls.areThere()) {
            throw new IOException("Ethernet devices need Linux");
        }
        List<EthernetDevice> devices = new ArrayList<>();
        try {
            for (int i = 0; i < workers; i++) {
                devices.add(new EthernetDevice(name));
            }
            // Until all share the frames, each would have them all: so they are deaf at first.
            for (EthernetDevice device : devices) {
                device.setDeaf(true);
                device.bind();
            }
            if (workers > 1) {
                int group = devices.getFirst().startGroup();
                for (EthernetDevice device : devices.subList(1, workers)) {
                    device.joinGroup(group);
                }
            }
            for (EthernetDevice device : devices) {
                device.setDeaf(false);
            }
        } catch (IOException | RuntimeException e) {
            devices.forEach(EthernetDevice::close);
            throw e;
        }
        return devices;
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    /** The interface's own address when the device was opened. */
    public MacAddress macAddress() {
        return macAddress;
    }

    /** How many frames the kernel dropped since the device was opened, because nobody received them in time. */
    public synchronized long lostFrames() {
        if (!isClosed) {
            SystemCalls calls = new SystemCalls();
            // The kernel counts from 0 again after each question: struct tpacket_stats_v3.
            try (MemoryRegion statistics = MemoryRegion.allocate(16)) {
                Memory.putHostInt(statistics.address() + 12, 12);
                int outcome = calls.getOption(
                        fd, SOL_PACKET, PACKET_STATISTICS, statistics.address(), statistics.address() + 12);
                if (outcome == 0) {
                    lostFrames += Integer.toUnsignedLong(Memory.getHostInt(statistics.address() + 4));
                }
            }
        }
        return lostFrames;
    }

    /**
     * How many frames were dropped since the device was opened because they were longer than a slot of the batch, or
     * merged in a way that cannot be undone (by the network card itself: its LRO must be off).
     */
    public long oversizedFrames() {
        return receiveRing.oversizedFrames();
    }

    /**
     * How many frames were not sent since the device was opened: longer than the MTU that the interface had then, shorter
     * than an Ethernet header, or refused by the kernel.
     */
    public long unsentFrames() {
        return unsentFrames;
    }

    @Override
    public int receive(PacketBatch batch, int timeoutMillis) throws IOException {
        if (isClosed) {
            throw new IOException("Ethernet device " + name + " is closed");
        }
        int before = batch.size();
        receiveRing.take(batch);
        if (batch.size() == before && timeoutMillis > 0 && hasFrames(timeoutMillis)) {
            receiveRing.take(batch);
        }
        return batch.size() - before;
    }

    @Override
    public void send(PacketBatch batch) {
        int unsent = isClosed ? batch.size() : transmitRing.send(batch, sending);
        if (unsent > 0) {
            countUnsent(unsent);
        }
    }

    /** Gives the interface back; must not be called while a thread is in another method. */
    @Override
    public synchronized void close() {
        if (!isClosed) {
            lostFrames();
            isClosed = true;
            receiving.unmapMemory(rings, ReceiveRing.OCTETS + transmitRing.octets());
            receiving.close(fd);
            freeMemory();
        }
    }

    /**
     * Waits until one of two devices has frames.
     *
     * @param timeoutMillis how long at most
     * @throws IOException if one of the interfaces is gone
     */
    public static void awaitFrames(EthernetDevice first, EthernetDevice second, int timeoutMillis) throws IOException {
        long descriptors = first.scratch.address();
        Memory.putHostInt(descriptors, first.fd);
        Memory.putHostInt(descriptors + 4, SystemCalls.POLLIN);
        Memory.putHostInt(descriptors + 8, second.fd);
        Memory.putHostInt(descriptors + 12, SystemCalls.POLLIN);
        int outcome = first.receiving.poll(descriptors, 2, timeoutMillis);
        if (outcome < 0 && outcome != -SystemCalls.EINTR) {
            throw new IOException(
                    "Cannot wait for Ethernet devices " + first.name + " and " + second.name + ": " + reason(-outcome));
        }
        int events = outcome <= 0 ? 0 : Memory.getHostShort(descriptors + 6) | Memory.getHostShort(descriptors + 14);
        if ((events & SystemCalls.POLLIN) == 0) {
            first.requireInterface();
            second.requireInterface();
        }
    }

    private void freeMemory() {
        request.close();
        scratch.close();
    }

    private boolean hasFrames(int timeoutMillis) throws IOException {
        Memory.putHostInt(scratch.address(), fd);
        Memory.putHostInt(scratch.address() + 4, SystemCalls.POLLIN);
        int outcome = receiving.poll(scratch.address(), 1, timeoutMillis);
        if (outcome < 0 && outcome != -SystemCalls.EINTR) {
            throw new IOException("Cannot wait for Ethernet device " + name + ": " + reason(-outcome));
        }
        boolean hasFrames = outcome > 0 && (Memory.getHostShort(scratch.address() + 6) & SystemCalls.POLLIN) != 0;
        if (!hasFrames) {
            requireInterface();
        }
        return hasFrames;
    }

    /** Clears the error that the kernel reports when the interface goes down, and finds out whether it is gone. */
    private void requireInterface() throws IOException {
        Memory.putHostInt(scratch.address() + 4, Integer.BYTES);
        int ignored = receiving.getOption(fd, SOL_SOCKET, SO_ERROR, scratch.address(), scratch.address() + 4);
        if (receiving.ioctl(fd, SIOCGIFINDEX, request.address()) < 0 || Memory.getHostInt(request.value()) != index) {
            throw new IOException("Ethernet device " + name + " is gone");
        }
    }

    private long makeRings() throws IOException {
        setOption(SOL_PACKET, PACKET_VERSION, TPACKET_V3);
        setOption(SOL_PACKET, PACKET_VNET_HDR, 1);
        setOption(SOL_PACKET, PACKET_QDISC_BYPASS, 1);
        setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
        Memory.putHostInt(scratch.address(), SEND_BUFFER_OCTETS);
        if (receiving.setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, scratch.address(), Integer.BYTES) < 0) {
            setOption(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_OCTETS);
        }
        int framesPerBlock = ReceiveRing.BLOCK_OCTETS / RECEIVE_FRAME_OCTETS;
        setOption(
                SOL_PACKET,
                PACKET_RX_RING,
                ReceiveRing.BLOCK_OCTETS,
                ReceiveRing.BLOCKS,
                RECEIVE_FRAME_OCTETS,
                ReceiveRing.BLOCKS * framesPerBlock,
                BLOCK_TIMEOUT_MILLIS,
                0,
                0);
        setOption(
                SOL_PACKET,
                PACKET_TX_RING,
                transmitRing.blockOctets(),
                transmitRing.blocks(),
                transmitRing.slotOctets(),
                transmitRing.slots(),
                0,
                0,
                0);
        long address = receiving.mapShared(fd, ReceiveRing.OCTETS + transmitRing.octets(), 0);
        if (address < 0) {
            throw new IOException("Cannot share memory with Ethernet device " + name + ": " + reason((int) -address));
        }
        return address;
    }

    private void bind() throws IOException {
        // struct sockaddr_ll
        Memory.clear(scratch.address(), 20);
        Memory.putHostShort(scratch.address(), AF_PACKET);
        Memory.putShort(scratch.address() + 2, ETH_P_ALL);
        Memory.putHostInt(scratch.address() + 4, index);
        check(receiving.bind(fd, scratch.address(), 20));
    }

    /** Sets or removes a filter program of one instruction, which takes no octet of any frame. */
    private void setDeaf(boolean isDeaf) throws IOException {
        if (isDeaf) {
            long program = scratch.address();
            long instruction = program + 16;
            Memory.clear(program, 24);
            Memory.putHostShort(program, 1);
            Memory.setWord(program + 8, instruction);
            Memory.putHostShort(instruction, 0x06);
            check(receiving.setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, 16));
        } else {
            setOption(SOL_SOCKET, SO_DETACH_FILTER, 0);
        }
    }

    /** Begins a group that shares the interface's frames; its number. */
    private int startGroup() throws IOException {
        setOption(SOL_PACKET, PACKET_FANOUT, (FANOUT_HASH | FANOUT_UNIQUE_ID | FANOUT_IGNORE_OUTGOING) << Short.SIZE);
        Memory.putHostInt(scratch.address() + 4, Integer.BYTES);
        check(receiving.getOption(fd, SOL_PACKET, PACKET_FANOUT, scratch.address(), scratch.address() + 4));
        return Memory.getHostInt(scratch.address()) & 0xffff;
    }

    private void joinGroup(int group) throws IOException {
        setOption(SOL_PACKET, PACKET_FANOUT, (FANOUT_HASH | FANOUT_IGNORE_OUTGOING) << Short.SIZE | group);
    }

    private void ask(int what) throws IOException {
        check(receiving.ioctl(fd, what, request.address()));
    }

    private void setOption(int level, int option, int... values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            Memory.putHostInt(scratch.address() + (long) i * Integer.BYTES, values[i]);
        }
        int outcome = receiving.setOption(fd, level, option, scratch.address(), values.length * Integer.BYTES);
        if (outcome < 0) {
            throw new IOException("Cannot open Ethernet device " + name + ": socket option " + option + " of level "
                    + level + " is refused: " + reason(-outcome));
        }
    }

    private void check(int outcome) throws IOException {
        if (outcome < 0) {
            throw new IOException("Cannot open Ethernet device " + name + ": " + reason(-outcome));
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Only the sending thread writes it.
    private void countUnsent(int frames) {
        unsentFrames += frames;
    }

    private static String reason(int error) {
        return switch (error) {
            case SystemCalls.EPERM, SystemCalls.EACCES -> "not permitted; it needs root or CAP_NET_RAW";
            case SystemCalls.ENODEV -> "there is no such interface";
            case SystemCalls.ENOMEM -> "the kernel has no memory for the rings";
            case SystemCalls.EAFNOSUPPORT -> "the kernel has no packet sockets";
            default -> "error " + error;
        };
    }
}
