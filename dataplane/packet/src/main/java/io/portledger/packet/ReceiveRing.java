package io.portledger.packet;

/**
 * The receiving half of a packet socket's memory, shared with the kernel (TPACKET_V3 of {@code packet_mmap}).
 *
 * <p>The kernel fills blocks with frames and hands each over when it is full, or one millisecond after its first frame;
 * this side hands it back when all its frames are taken. Each frame is preceded by a virtio header, by which the kernel
 * tells what it left to do: a checksum to be completed, or a {@linkplain SegmentTrain train of segments} to be cut.
 */
final class ReceiveRing {

    static final int BLOCK_OCTETS = 1 << 18;
    static final int BLOCKS = 64;
    static final long OCTETS = (long) BLOCK_OCTETS * BLOCKS;

    /** Octets of the virtio header. */
    static final int VIRTIO_HEADER = 10;

    // struct tpacket_block_desc
    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_PACKETS = 12;
    private static final int BLOCK_FIRST_PACKET = 16;
    private static final int OURS = 1;
    private static final int KERNELS = 0;

    // struct tpacket3_hdr, followed by struct sockaddr_ll
    private static final int NEXT_OFFSET = 0;
    private static final int CAPTURED_LENGTH = 12;
    private static final int LENGTH = 16;
    private static final int STATUS = 20;
    private static final int FRAME_OFFSET = 24;
    private static final int VLAN_TCI = 32;
    private static final int VLAN_TPID = 36;
    private static final int PACKET_TYPE = 48 + 10;
    private static final int STATUS_VLAN = 0x10;
    private static final int STATUS_VLAN_TPID = 0x40;

    /** The last of the packet types for us: to this host, broadcast, multicast. */
    private static final int PACKET_MULTICAST = 2;

    // struct virtio_net_hdr
    private static final int VIRTIO_FLAGS = 0;
    private static final int VIRTIO_TRAIN = 1;
    private static final int VIRTIO_SEGMENT_PAYLOAD = 4;
    private static final int VIRTIO_CHECKSUM_START = 6;
    private static final int VIRTIO_CHECKSUM_OFFSET = 8;
    private static final int FLAG_NEEDS_CHECKSUM = 1;
    private static final int TRAIN_TCP_IPV4 = 1;
    private static final int TRAIN_TCP_IPV6 = 4;
    private static final int TRAIN_UDP = 5;
    private static final int TRAIN_ECN = 0x80;

    private final long memory;
    private final SegmentTrain train = new SegmentTrain();
    private int block;
    private int framesLeft;
    private long nextFrame;
    private volatile long oversizedFrames;

    /** The ring at {@code memory}, {@link #OCTETS} long. */
    ReceiveRing(long memory) {
        this.memory = memory;
    }

    /** How many frames were dropped because they were longer than a slot, or of a train that cannot be cut. */
    long oversizedFrames() {
        return oversizedFrames;
    }

    /** Copies frames that have arrived into the batch until it is full. */
    void take(PacketBatch batch) {
        while (!batch.isFull()) {
            if (train.hasNext()) {
                takeSegment(batch);
            } else if (framesLeft > 0) {
                long header = nextFrame;
                nextFrame += Memory.getHostInt(header + NEXT_OFFSET);
                framesLeft--;
                takeFrame(header, batch);
            } else if (!nextBlock()) {
                return;
            }
            if (framesLeft == 0 && !train.hasNext()) {
                giveBack();
            }
        }
    }

    private boolean nextBlock() {
        long descriptor = memory + (long) block * BLOCK_OCTETS;
        if ((Memory.getHostIntAcquire(descriptor + BLOCK_STATUS) & OURS) == 0) {
            return false;
        }
        framesLeft = Memory.getHostInt(descriptor + BLOCK_PACKETS);
        nextFrame = descriptor + Memory.getHostInt(descriptor + BLOCK_FIRST_PACKET);
        return true;
    }

    private void giveBack() {
        Memory.setHostIntRelease(memory + (long) block * BLOCK_OCTETS + BLOCK_STATUS, KERNELS);
        block = (block + 1) % BLOCKS;
    }

    private void takeFrame(long header, PacketBatch batch) {
        if (Memory.getByte(header + PACKET_TYPE) > PACKET_MULTICAST) {
            return;
        }
        int status = Memory.getHostInt(header + STATUS);
        long frame = header + Memory.getHostShort(header + FRAME_OFFSET);
        int length = Memory.getHostInt(header + LENGTH);
        if (Memory.getHostInt(header + CAPTURED_LENGTH) != length) {
            countOversized();
            return;
        }
        long virtio = frame - VIRTIO_HEADER;
        boolean needsChecksum = (Memory.getByte(virtio + VIRTIO_FLAGS) & FLAG_NEEDS_CHECKSUM) != 0;
        int trainType = Memory.getByte(virtio + VIRTIO_TRAIN) & ~TRAIN_ECN;
        int segmentPayload = Memory.getHostShort(virtio + VIRTIO_SEGMENT_PAYLOAD);
        int start = Memory.getHostShort(virtio + VIRTIO_CHECKSUM_START);
        int field = start + Memory.getHostShort(virtio + VIRTIO_CHECKSUM_OFFSET);
        if ((status & STATUS_VLAN) != 0) {
            // The virtio header has been read, so that the addresses may move onto it to make room for the tag.
            frame -= Ethernet.TAG;
            restoreTag(header, status, frame);
            length += Ethernet.TAG;
            start += Ethernet.TAG;
            field += Ethernet.TAG;
        }
        if (trainType != 0) {
            boolean isTcp = trainType == TRAIN_TCP_IPV4 || trainType == TRAIN_TCP_IPV6;
            boolean isKnown = isTcp || trainType == TRAIN_UDP;
            if (!isKnown || !needsChecksum || !train.begin(frame, length, start, field, segmentPayload, isTcp)) {
                countOversized();
            }
            return;
        }
        if (length > batch.maxLength()) {
            countOversized();
            return;
        }
        long slot = batch.freeSlot();
        Memory.copy(frame, slot, length);
        if (needsChecksum && field + 2 <= length) {
            SegmentTrain.completeChecksum(slot, length, start, field);
        }
        batch.add(length);
    }

    private void takeSegment(PacketBatch batch) {
        int length = train.nextLength();
        if (length > batch.maxLength()) {
            train.skipNext();
            countOversized();
        } else {
            train.writeNext(batch.freeSlot());
            batch.add(length);
        }
    }

    private static void restoreTag(long header, int status, long frame) {
        Memory.copy(frame + Ethernet.TAG, frame, 12);
        boolean isTypeKnown = (status & STATUS_VLAN_TPID) != 0;
        Memory.putShort(frame + 12, isTypeKnown ? Memory.getHostShort(header + VLAN_TPID) : Ethernet.TYPE_VLAN);
        Memory.putShort(frame + 14, Memory.getHostInt(header + VLAN_TCI));
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // Only the receiving thread writes it.
    private void countOversized() {
        oversizedFrames++;
    }
}
