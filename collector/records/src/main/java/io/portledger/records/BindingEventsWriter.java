package io.portledger.records;

import com.google.protobuf.CodedOutputStream;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import java.util.Arrays;

/**
 * Puts events of blocks together to a {@link BindingEvents}, octet for octet. For one thread.
 *
 * <p>The source of an event is written as an {@code Evidence} in front of the event's own: Protocol Buffers merge the two.
 */
public final class BindingEventsWriter {

    /** A record has no more events. */
    public static final int MAX_EVENTS = 1024;

    /** A record of more than one event is no longer, well below what Kafka takes. */
    public static final int MAX_OCTETS = 1 << 16;

    private static final int FIRST_OCTETS = 1 << 12;
    private static final byte EVENT_TAG = BindingEvents.EVENTS_FIELD_NUMBER << 3 | 2;
    private static final byte EVIDENCE_TAG = BindingEvent.EVIDENCE_FIELD_NUMBER << 3 | 2;

    /** Tag and length, twice. */
    private static final int FIXED_OCTETS = 12;

    private byte[] octets = new byte[FIRST_OCTETS];
    private int at;
    private int count;

    // The source of the event before.
    private byte[] source = {};
    private int sourceAt;
    private int sourceLength;

    /** A writer of nothing yet. */
    public BindingEventsWriter() {}

    /** How many events there are. */
    public int count() {
        return count;
    }

    /**
     * Adds an event of a block, as a {@link BindingEventBlock.Visitor} hears of it.
     *
     * @return false if there is no room: it is not added then. There always is for a first event
     */
    public boolean add(byte[] block, int source, int sourceLength, int at, int length) {
        boolean isOfSource = count > 0
                && Arrays.equals(
                        block, source, source + sourceLength, this.source, sourceAt, sourceAt + this.sourceLength);
        int ofSource = isOfSource ? 0 : 1 + CodedOutputStream.computeUInt32SizeNoTag(sourceLength) + sourceLength;
        int most = FIXED_OCTETS + ofSource + length;
        if (count > 0 && (count == MAX_EVENTS || this.at + most > MAX_OCTETS)) {
            return false;
        }
        if (octets.length - this.at < most) {
            octets = Arrays.copyOf(octets, Math.max(this.at + most, 2 * octets.length));
        }
        octets[this.at++] = EVENT_TAG;
        putVarint(ofSource + length);
        if (!isOfSource) {
            octets[this.at++] = EVIDENCE_TAG;
            putVarint(sourceLength);
            System.arraycopy(block, source, octets, this.at, sourceLength);
            this.at += sourceLength;
        }
        System.arraycopy(block, at, octets, this.at, length);
        this.at += length;
        this.source = block;
        sourceAt = source;
        this.sourceLength = sourceLength;
        count++;
        return true;
    }

    private void putVarint(int value) {
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            octets[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        octets[at++] = (byte) rest;
    }

    /** The {@link BindingEvents}; the writer begins anew. */
    public byte[] take() {
        byte[] taken = Arrays.copyOf(octets, at);
        at = 0;
        count = 0;
        source = new byte[0];
        sourceAt = 0;
        sourceLength = 0;
        return taken;
    }
}
