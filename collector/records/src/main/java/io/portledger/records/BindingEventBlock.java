package io.portledger.records;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Events as a {@link BindingEventWriter} wrote them, one behind the other, of any addresses and sources: what a collector
 * keeps of them on their way to Kafka. Immutable, as long as nobody writes into its octets.
 *
 * <p>Its form is a sequence of items: four octets with the length, big endian, whose topmost bit is set for a source, and
 * so many octets: an {@code Evidence} without what is each event's own, which is that of all events up to the next
 * source; or a {@code BindingEvent} whose first field is the address, without what its source says.
 */
public final class BindingEventBlock {

    /** No events. */
    public static final BindingEventBlock EMPTY = new BindingEventBlock(new byte[0], 0, 0, 0, 0, 0);

    static final int HEADER_OCTETS = 4;
    static final int IS_SOURCE = 1 << 31;

    /** Tag and value of the address. */
    static final int ADDRESS_OCTETS = 5;

    static final VarHandle LENGTH = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle FIXED32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] octets;
    private final int length;
    private final int count;
    private final long eventOctets;
    private final long oldestMillis;
    private final long latestMillis;

    BindingEventBlock(byte[] octets, int length, int count, long eventOctets, long oldestMillis, long latestMillis) {
        this.octets = octets;
        this.length = length;
        this.count = count;
        this.eventOctets = eventOctets;
        this.oldestMillis = oldestMillis;
        this.latestMillis = latestMillis;
    }

    /**
     * A block that was kept somewhere.
     *
     * @param octets its octets, which are not copied
     * @param oldestMillis as {@link #oldestMillis} told
     * @param latestMillis as {@link #latestMillis} told
     * @throws IllegalArgumentException if they are no block
     */
    public static BindingEventBlock of(byte[] octets, long oldestMillis, long latestMillis) {
        int count = 0;
        long eventOctets = 0;
        boolean hasSource = false;
        int at = 0;
        while (at < octets.length) {
            if (octets.length - at < HEADER_OCTETS) {
                throw new IllegalArgumentException("events that end within a length");
            }
            int header = (int) LENGTH.get(octets, at);
            int itemLength = header & ~IS_SOURCE;
            at += HEADER_OCTETS;
            if (itemLength > octets.length - at) {
                throw new IllegalArgumentException("an event that ends too early");
            }
            if (header < 0) {
                hasSource = true;
            } else if (!hasSource || itemLength < ADDRESS_OCTETS) {
                throw new IllegalArgumentException("an event without source or address");
            } else {
                count++;
                eventOctets += itemLength;
            }
            at += itemLength;
        }
        return new BindingEventBlock(octets, octets.length, count, eventOctets, oldestMillis, latestMillis);
    }

    /** How many events. */
    public int count() {
        return count;
    }

    /** Octets of all events, without those of their sources. */
    public long eventOctets() {
        return eventOctets;
    }

    /** When the oldest record was received, milliseconds since 1970-01-01T00:00Z. */
    public long oldestMillis() {
        return oldestMillis;
    }

    /** When the latest record was received, milliseconds since 1970-01-01T00:00Z. */
    public long latestMillis() {
        return latestMillis;
    }

    /** Where the octets are, from index 0 on. */
    public byte[] octets() {
        return octets;
    }

    /** How many octets. */
    public int length() {
        return length;
    }

    /** Hears of the events of a block, one after the other. */
    @FunctionalInterface
    public interface Visitor {

        /**
         * An event.
         *
         * @param ipv4 its public address, most significant bit first
         * @param source where the octets of its source begin
         * @param at where its own octets begin
         * @param length how many there are
         */
        void onEvent(int ipv4, int source, int sourceLength, int at, int length);
    }

    /** Tells of all events. */
    public void forEach(Visitor visitor) {
        int source = 0;
        int sourceLength = 0;
        int at = 0;
        while (at < length) {
            int header = (int) LENGTH.get(octets, at);
            int itemLength = header & ~IS_SOURCE;
            at += HEADER_OCTETS;
            if (header < 0) {
                source = at;
                sourceLength = itemLength;
            } else {
                visitor.onEvent((int) FIXED32.get(octets, at + 1), source, sourceLength, at, itemLength);
            }
            at += itemLength;
        }
    }
}
