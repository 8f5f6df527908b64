package io.portledger.records;

import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Holder;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@link BindingEvent}s, one behind the other, octet for octet, without an object for each message and builder on
 * the way, into a {@link BindingEventBlock}. For one thread.
 */
public final class BindingEventWriter {

    /** Tags, varints and fixed fields of an event altogether are shorter. */
    private static final int FIXED_OCTETS = 256;

    private static final int FIRST_OCTETS = 1 << 12;

    private byte[] octets;
    private int at;
    private int count;
    private boolean hasSource;
    private long eventOctets;
    private long oldestMillis = Long.MAX_VALUE;
    private long latestMillis = Long.MIN_VALUE;

    /** A writer of nothing yet. */
    public BindingEventWriter() {
        octets = new byte[FIRST_OCTETS];
    }

    /** How many events were written. */
    public int count() {
        return count;
    }

    /** How many octets were written. */
    public int length() {
        return at;
    }

    /**
     * Tells where the events that follow come from.
     *
     * @param source what their evidence has in common: all but sequence, time of reception and octets, which do not count
     * @throws IllegalArgumentException if it names no exporter
     */
    public void source(Evidence source) {
        if (source.getExporter().isEmpty()) {
            throw new IllegalArgumentException("a source without exporter");
        }
        byte[] common = source.toBuilder()
                .clearSequence()
                .clearReceivedMillis()
                .clearRaw()
                .build()
                .toByteArray();
        makeRoom(BindingEventBlock.HEADER_OCTETS + common.length);
        BindingEventBlock.LENGTH.set(octets, at, common.length | BindingEventBlock.IS_SOURCE);
        at += BindingEventBlock.HEADER_OCTETS;
        put(common);
        hasSource = true;
    }

    /**
     * Writes the event that says {@code fact}, of the source that was told last.
     *
     * @param sequence unsigned, as in {@link Evidence}
     * @param receivedMillis as in {@link Evidence}
     * @param raw where the record is as it came, from index 0 on
     * @param rawLength how many octets of it there are
     * @throws IllegalStateException if no source was told since the writer began
     */
    public void write(BindingFact fact, int sequence, long receivedMillis, byte[] raw, int rawLength) {
        if (!hasSource) {
            throw new IllegalStateException("an event without a source");
        }
        String name = fact.subscriber();
        byte[] subscriber = name == null ? null : name.getBytes(StandardCharsets.UTF_8);
        NatMapping entry = fact.mapping();
        byte[] mapping = entry == null ? null : entry.toMessage().toByteArray();
        Ipv4Address inside = fact.insideIpv4();
        String ports = BindingFact.keyOf(fact.ports());
        makeRoom(FIXED_OCTETS + rawLength + ports.length() + lengthOf(subscriber) + lengthOf(mapping));
        int begin = at;
        at += BindingEventBlock.HEADER_OCTETS;
        // First, where whoever has the block finds it.
        putFixed32(BindingEvent.IPV4_FIELD_NUMBER, fact.ipv4().bits());
        putUnsigned(BindingEvent.KIND_FIELD_NUMBER, fact.kind().getNumber());
        putUnsigned(BindingEvent.EVENT_TIME_MILLIS_FIELD_NUMBER, fact.eventTimeMillis());
        putText(BindingEvent.PORTS_FIELD_NUMBER, ports);
        int holder = open(BindingEvent.HOLDER_FIELD_NUMBER);
        putAddress(Holder.IPV6_FIELD_NUMBER, fact.ipv6());
        if (inside != null) {
            putFixed32(Holder.INSIDE_IPV4_FIELD_NUMBER, inside.bits());
        }
        putOctets(Holder.SUBSCRIBER_FIELD_NUMBER, subscriber);
        putUnsigned(Holder.NAT_INSTANCE_FIELD_NUMBER, Integer.toUnsignedLong(fact.natInstance()));
        close(holder);
        putAddress(BindingEvent.BR_FIELD_NUMBER, fact.br());
        int evidence = open(BindingEvent.EVIDENCE_FIELD_NUMBER);
        putUnsigned(Evidence.SEQUENCE_FIELD_NUMBER, Integer.toUnsignedLong(sequence));
        putUnsigned(Evidence.RECEIVED_MILLIS_FIELD_NUMBER, receivedMillis);
        if (rawLength > 0) {
            putLength(Evidence.RAW_FIELD_NUMBER, rawLength);
            System.arraycopy(raw, 0, octets, at, rawLength);
            at += rawLength;
        }
        close(evidence);
        if (mapping != null) {
            // Present even if it says nothing.
            putLength(BindingEvent.MAPPING_FIELD_NUMBER, mapping.length);
            put(mapping);
        }
        int length = at - begin - BindingEventBlock.HEADER_OCTETS;
        BindingEventBlock.LENGTH.set(octets, begin, length);
        count++;
        eventOctets += length;
        oldestMillis = Math.min(oldestMillis, receivedMillis);
        latestMillis = Math.max(latestMillis, receivedMillis);
    }

    /** What was written; the writer begins anew, without a source. */
    public BindingEventBlock take() {
        BindingEventBlock block = count == 0
                ? BindingEventBlock.EMPTY
                : new BindingEventBlock(Arrays.copyOf(octets, at), at, count, eventOctets, oldestMillis, latestMillis);
        at = 0;
        count = 0;
        hasSource = false;
        eventOctets = 0;
        oldestMillis = Long.MAX_VALUE;
        latestMillis = Long.MIN_VALUE;
        return block;
    }

    private static int lengthOf(byte @Nullable [] part) {
        return part == null ? 0 : part.length;
    }

    private void makeRoom(int more) {
        if (octets.length - at < more) {
            octets = Arrays.copyOf(octets, Math.max(at + more, 2 * octets.length));
        }
    }

    /** Begins a message within the message; answers what {@link #close} needs. */
    private int open(int field) {
        octets[at++] = (byte) (field << 3 | 2);
        // Most are shorter than 128 octets, whose length takes one.
        at++;
        return at;
    }

    private void close(int start) {
        int length = at - start;
        int more = lengthOfVarint(length) - 1;
        if (more > 0) {
            System.arraycopy(octets, start, octets, start + more, length);
        }
        at = start - 1;
        putVarint(length);
        at += length;
    }

    private static int lengthOfVarint(int value) {
        return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
    }

    /** Like all fields of proto3, none if it is 0. */
    private void putUnsigned(int field, long value) {
        if (value != 0) {
            octets[at++] = (byte) (field << 3);
            putVarint(value);
        }
    }

    private void putFixed32(int field, int value) {
        octets[at++] = (byte) (field << 3 | 5);
        octets[at++] = (byte) value;
        octets[at++] = (byte) (value >>> 8);
        octets[at++] = (byte) (value >>> 16);
        octets[at++] = (byte) (value >>> 24);
    }

    /** Digits, slashes and hyphens. */
    private void putText(int field, String ascii) {
        int length = ascii.length();
        putLength(field, length);
        for (int i = 0; i < length; i++) {
            octets[at++] = (byte) ascii.charAt(i);
        }
    }

    private void putAddress(int field, @Nullable Ipv6Address address) {
        if (address != null) {
            putLength(field, 16);
            ByteBuffer.wrap(octets, at, 16).putLong(address.high()).putLong(address.low());
            at += 16;
        }
    }

    private void putOctets(int field, byte @Nullable [] value) {
        if (value != null && value.length > 0) {
            putLength(field, value.length);
            put(value);
        }
    }

    private void putLength(int field, int length) {
        octets[at++] = (byte) (field << 3 | 2);
        putVarint(length);
    }

    private void put(byte[] value) {
        System.arraycopy(value, 0, octets, at, value.length);
        at += value.length;
    }

    private void putVarint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            octets[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        octets[at++] = (byte) rest;
    }
}
