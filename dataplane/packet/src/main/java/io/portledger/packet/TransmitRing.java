package io.portledger.packet;

/**
 * The sending half of a packet socket's memory, shared with the kernel: slots that this side fills in turn and the kernel
 * sends in the same order when it is told to.
 */
final class TransmitRing {

    /** As many as fill whole pages, whatever number of cache lines a slot has. */
    private static final int SLOTS_PER_BLOCK = 64;

    private static final int BLOCKS = 8;
    private static final int SLOTS = SLOTS_PER_BLOCK * BLOCKS;
    private static final int CACHE_LINE = 64;

    // struct tpacket3_hdr, followed by a virtio header and the frame
    private static final int LENGTH = 16;
    private static final int STATUS = 20;
    private static final int VIRTIO = 48;
    private static final int VIRTIO_LINEAR_OCTETS = VIRTIO + 2;
    private static final int FRAME = VIRTIO + ReceiveRing.VIRTIO_HEADER;

    private static final int AVAILABLE = 0;
    private static final int TO_BE_SENT = 1;
    private static final int BEING_SENT = 2;

    /**
     * Frames of at most this length are copied by the kernel. Longer ones it refers to by page, which saves a copy on
     * some cards; but where the pages must be copied in the end (veth), a frame costs a third more.
     */
    private static final int COPIED_WHOLE = 16384;

    private static final int MSG_DONTWAIT = 0x40;

    private final int longestUntagged;
    private final int slotOctets;
    private int fd = -1;
    private long memory;

    /** The slot to fill next, and how many before it the kernel was not yet told to send. */
    private int next;

    private int filled;

    /** A ring, still without memory, for frames that carry packets of at most {@code mtu} octets. */
    TransmitRing(int mtu) {
        this.longestUntagged = Ethernet.HEADER + mtu;
        int lines = (FRAME + longestUntagged + Ethernet.TAG + CACHE_LINE - 1) / CACHE_LINE;
        // An odd number of lines spreads the heads of frames over all sets of the cache.
        this.slotOctets = (lines | 1) * CACHE_LINE;
    }

    int slotOctets() {
        return slotOctets;
    }

    int slots() {
        return SLOTS;
    }

    int blockOctets() {
        return slotOctets * SLOTS_PER_BLOCK;
    }

    int blocks() {
        return BLOCKS;
    }

    long octets() {
        return (long) slotOctets * SLOTS;
    }

    /** Gives it the socket whose ring it is, and where that lies. */
    void attach(int fd, long memory) {
        this.fd = fd;
        this.memory = memory;
    }

    /** Sends the frames of a batch; how many were not sent. */
    int send(PacketBatch batch, SystemCalls calls) {
        int unsent = 0;
        for (int i = 0; i < batch.size(); i++) {
            long frame = batch.address(i);
            int length = batch.length(i);
            if (!isSendable(frame, length)) {
                unsent++;
                continue;
            }
            if (status(next) != AVAILABLE) {
                unsent += flush(calls);
            }
            if (status(next) != AVAILABLE) {
                // The card still reads the slot: it is slower than we are, and its queue is full.
                unsent++;
                continue;
            }
            long slot = slot(next);
            Memory.copy(frame, slot + FRAME, length);
            Memory.putHostShort(slot + VIRTIO_LINEAR_OCTETS, length <= COPIED_WHOLE ? length : 0);
            Memory.putHostInt(slot + LENGTH, ReceiveRing.VIRTIO_HEADER + length);
            Memory.setHostIntRelease(slot + STATUS, TO_BE_SENT);
            next = (next + 1) % SLOTS;
            filled++;
        }
        return unsent + flush(calls);
    }

    /** The kernel does not check lengths of frames with a virtio header. */
    private boolean isSendable(long frame, int length) {
        return length >= Ethernet.HEADER
                && (length <= longestUntagged
                        || (length <= longestUntagged + Ethernet.TAG
                                && Memory.getShort(frame + 12) == Ethernet.TYPE_VLAN));
    }

    /** Has the kernel send what is waiting; how many frames it did not take in the end. */
    private int flush(SystemCalls calls) {
        boolean isSecondTry = false;
        while (filled > 0) {
            long ignored = calls.send(fd, 0, 0, MSG_DONTWAIT);
            int waiting = waiting();
            if (waiting == filled && isSecondTry) {
                break;
            }
            // The first call after the interface came up again only reports that it was down.
            isSecondTry = waiting == filled;
            filled = waiting;
        }
        // The interface is down, or its queue is full. What is old is not worth keeping.
        int unsent = filled;
        for (; filled > 0; filled--) {
            next = before(next);
            Memory.setHostIntRelease(slot(next) + STATUS, AVAILABLE);
        }
        return unsent;
    }

    /** How many of the filled slots the kernel has not begun to send; it takes them in order. */
    private int waiting() {
        int count = 0;
        for (int slot = before(next); count < filled && isWaiting(slot); slot = before(slot)) {
            count++;
        }
        return count;
    }

    private static int before(int slot) {
        return (slot + SLOTS - 1) % SLOTS;
    }

    private boolean isWaiting(int index) {
        int status = status(index);
        return status != AVAILABLE && status != BEING_SENT;
    }

    private int status(int index) {
        return Memory.getHostIntAcquire(slot(index) + STATUS);
    }

    private long slot(int index) {
        return memory + (long) index * slotOctets;
    }
}
