package io.portledger.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads and writes memory outside the heap by its address.
 *
 * <p>Nothing here checks an address: one that was not handed out by {@link MemoryRegion}, or was freed, ends the
 * process. Unless a method says otherwise, numbers are in network byte order and need no alignment. The methods named
 * after memory orders work on aligned 64-bit words in the byte order of the machine, for memory that two threads share.
 */
public final class Memory {

    /**
     * An address {@code &} this is the same address, since no process has more memory; but the compiler then knows that
     * it is no negative number, and leaves out the checks of the segment. For the hottest loops.
     */
    public static final long ADDRESS = (1L << 56) - 1;

    private static final MemorySegment ALL = everything();

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort HOST_U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt HOST_U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final VarHandle HOST_U32_ALIGNED = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private Memory() {}

    /** An octet, 0-255. */
    public static int getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    /** Writes the low eight bits of {@code value}. */
    public static void putByte(long address, int value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
    }

    /** Two octets, 0-65535. */
    public static int getShort(long address) {
        return ALL.get(U16, address) & 0xffff;
    }

    /** Writes the low sixteen bits of {@code value}. */
    public static void putShort(long address, int value) {
        ALL.set(U16, address, (short) value);
    }

    /** Four octets. */
    public static int getInt(long address) {
        return ALL.get(U32, address);
    }

    /** Writes four octets. */
    public static void putInt(long address, int value) {
        ALL.set(U32, address, value);
    }

    /** Eight octets. */
    public static long getLong(long address) {
        return ALL.get(U64, address);
    }

    /** Writes eight octets. */
    public static void putLong(long address, long value) {
        ALL.set(U64, address, value);
    }

    /** Copies {@code length} octets; source and target may overlap. */
    public static void copy(long source, long target, long length) {
        MemorySegment.copy(ALL, source, ALL, target, length);
    }

    /** Copies octets of an array to an address. */
    public static void copy(byte[] source, int offset, long target, int length) {
        MemorySegment.copy(source, offset, ALL, ValueLayout.JAVA_BYTE, target, length);
    }

    /** Copies octets at an address to an array. */
    public static void copy(long source, byte[] target, int offset, int length) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, source, target, offset, length);
    }

    /** The {@code length} octets at an address, in a new array. */
    public static byte[] toBytes(long source, int length) {
        byte[] octets = new byte[length];
        copy(source, octets, 0, length);
        return octets;
    }

    /** Sets {@code length} octets to zero. */
    public static void clear(long address, long length) {
        ALL.asSlice(address, length).fill((byte) 0);
    }

    /** A word, with plain memory order. */
    public static long getWord(long address) {
        return (long) WORD.get(ALL, address);
    }

    /** Writes a word, with plain memory order. */
    public static void setWord(long address, long value) {
        WORD.set(ALL, address, value);
    }

    /** A word; what its writer wrote before it is visible to what follows. */
    public static long getWordAcquire(long address) {
        return (long) WORD.getAcquire(ALL, address);
    }

    /** Writes a word after everything that was written before. */
    public static void setWordRelease(long address, long value) {
        WORD.setRelease(ALL, address, value);
    }

    /** A word, whole and read anew, but in no order with other memory. */
    public static long getWordOpaque(long address) {
        return (long) WORD.getOpaque(ALL, address);
    }

    /** Writes a word, whole, but in no order with other memory. */
    public static void setWordOpaque(long address, long value) {
        WORD.setOpaque(ALL, address, value);
    }

    /** Adds to a word that other threads add to as well. */
    public static void addWordAtomic(long address, long delta) {
        long ignored = (long) WORD.getAndAdd(ALL, address, delta);
    }

    // The kernel's structures are in the byte order of the machine.

    /** Two octets in the byte order of the machine, 0-65535. */
    static int getHostShort(long address) {
        return ALL.get(HOST_U16, address) & 0xffff;
    }

    /** Writes two octets in the byte order of the machine. */
    static void putHostShort(long address, int value) {
        ALL.set(HOST_U16, address, (short) value);
    }

    /** Four octets in the byte order of the machine. */
    static int getHostInt(long address) {
        return ALL.get(HOST_U32, address);
    }

    /** Writes four octets in the byte order of the machine. */
    static void putHostInt(long address, int value) {
        ALL.set(HOST_U32, address, value);
    }

    /** Four aligned octets that the kernel wrote after all that they announce. */
    static int getHostIntAcquire(long address) {
        return (int) HOST_U32_ALIGNED.getAcquire(ALL, address);
    }

    /** Writes four aligned octets that announce to the kernel all that was written before them. */
    static void setHostIntRelease(long address, int value) {
        HOST_U32_ALIGNED.setRelease(ALL, address, value);
    }

    @SuppressWarnings("restricted") // One segment over all memory is what lets a packet be an address and a length.
    private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}
