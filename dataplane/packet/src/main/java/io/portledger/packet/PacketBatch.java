package io.portledger.packet;

/**
 * Packets that are handled together: for each one where it begins and how long it is.
 *
 * <p>A batch {@linkplain #withMemory with memory} has a slot for each packet, with {@link #HEAD_ROOM} octets in front
 * of it, so that an outer header can be put there without moving the packet. A batch {@linkplain #ofViews of views}
 * points into memory of others. Not safe for use by several threads.
 */
public final class PacketBatch implements AutoCloseable {

    /** Octets free before each packet of a batch with memory. */
    public static final int HEAD_ROOM = 128;

    private static final int CACHE_LINE = 64;

    private final long[] addresses;
    private final int[] lengths;
    private final MemoryRegion memory;
    private final int maxLength;
    private final long slotOctets;
    private int size;

    private PacketBatch(int capacity, int maxLength, MemoryRegion memory, long slotOctets) {
        this.addresses = new long[capacity];
        this.lengths = new int[capacity];
        this.maxLength = maxLength;
        this.memory = memory;
        this.slotOctets = slotOctets;
    }

    /**
     * An empty batch with room for {@code capacity} packets.
     *
     * @param maxLength octets of the longest packet it can hold
     */
    public static PacketBatch withMemory(int capacity, int maxLength) {
        int lines = (HEAD_ROOM + maxLength + CACHE_LINE - 1) / CACHE_LINE;
        // An odd number of lines spreads the heads of packets over all sets of the cache.
        long slotOctets = (long) (lines | 1) * CACHE_LINE;
        return new PacketBatch(capacity, maxLength, MemoryRegion.allocate(capacity * slotOctets), slotOctets);
    }

    /** An empty batch without memory of its own, for at most {@code capacity} packets. */
    public static PacketBatch ofViews(int capacity) {
        return new PacketBatch(capacity, 0, MemoryRegion.NONE, 0);
    }

    /** How many packets it can hold. */
    public int capacity() {
        return addresses.length;
    }

    /** How many packets it holds. */
    public int size() {
        return size;
    }

    /** Whether there is no room for another packet. */
    public boolean isFull() {
        return size == addresses.length;
    }

    /** Octets of the longest packet that a slot can hold; 0 if the batch has no memory. */
    public int maxLength() {
        return maxLength;
    }

    /** Forgets all packets. */
    public void clear() {
        size = 0;
    }

    /** Where packet {@code index} begins. */
    public long address(int index) {
        return addresses[index] & Memory.ADDRESS;
    }

    /** The length of packet {@code index} in octets. */
    public int length(int index) {
        return lengths[index];
    }

    /** Where the octets of the next packet go; {@link #add(int)} then takes it in. For batches with memory. */
    public long freeSlot() {
        if (size == addresses.length || slotOctets == 0) {
            throw new IllegalStateException("The batch has no free slot (" + size + " packets of " + addresses.length
                    + (slotOctets == 0 ? ", and no memory)" : ")"));
        }
        return slot(size);
    }

    /** Where the octets of packet {@code index} go, once it is the next one. For batches with memory. */
    long slot(int index) {
        return memory.address() + index * slotOctets + HEAD_ROOM;
    }

    /** Takes in the packet of {@code length} octets that was written into the {@link #freeSlot}. */
    public void add(int length) {
        add(freeSlot(), length);
    }

    /** Copies a packet into the {@link #freeSlot} and takes it in. */
    public void add(byte[] packet) {
        if (packet.length > maxLength) {
            throw new IllegalArgumentException(
                    "a packet of " + packet.length + " octets (allowed: at most " + maxLength + ")");
        }
        Memory.copy(packet, 0, freeSlot(), packet.length);
        add(packet.length);
    }

    /** Takes in a packet that lies anywhere. */
    public void add(long address, int length) {
        addresses[size] = address;
        lengths[size] = length;
        size++;
    }

    /** A copy of packet {@code index}. */
    public byte[] toBytes(int index) {
        return Memory.toBytes(addresses[index], lengths[index]);
    }

    /** Frees the memory, if it has any. */
    @Override
    public void close() {
        size = 0;
        memory.close();
    }
}
