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
 * Writes {@link BindingEvent}s of one source octet for octet as {@link BindingFact#toEvent} and Protocol Buffers do, but
 * without an object for each message and builder on the way. For one thread.
 */
public final class BindingEventWriter {

    /** Tags, varints and fixed fields of an event altogether are shorter. */
    private static final int FIXED_OCTETS = 256;

    private final String exporter;
    private final byte[] evidenceHead;
    private final byte[] evidenceTail;
    private byte[] octets = new byte[512];
    private int at;

    /**
     * A writer for a source.
     *
     * @param source what all evidence of the source has in common: nothing but exporter, transport and file
     */
    public BindingEventWriter(Evidence source) {
        exporter = source.getExporter();
        evidenceHead = Evidence.newBuilder()
                .setExporter(exporter)
                .setTransport(source.getTransport())
                .build()
                .toByteArray();
        evidenceTail = Evidence.newBuilder().setFile(source.getFile()).build().toByteArray();
    }

    /** The source's address. */
    public String exporter() {
        return exporter;
    }

    /**
     * The octets of the event that says {@code fact}; the other parameters are those of {@link Evidence}.
     *
     * @param domain the observation domain, unsigned
     * @param sequence unsigned
     * @param raw the record as it came
     */
    public byte[] write(BindingFact fact, int domain, int sequence, long receivedMillis, byte[] raw, int templateId) {
        String name = fact.subscriber();
        byte[] subscriber = name == null ? null : name.getBytes(StandardCharsets.UTF_8);
        NatMapping entry = fact.mapping();
        byte[] mapping = entry == null ? null : entry.toMessage().toByteArray();
        Ipv4Address inside = fact.insideIpv4();
        String ports = BindingFact.keyOf(fact.ports());
        begin(FIXED_OCTETS
                + evidenceHead.length
                + evidenceTail.length
                + raw.length
                + ports.length()
                + lengthOf(subscriber)
                + lengthOf(mapping));
        putUnsigned(BindingEvent.KIND_FIELD_NUMBER, fact.kind().getNumber());
        putUnsigned(BindingEvent.EVENT_TIME_MILLIS_FIELD_NUMBER, fact.eventTimeMillis());
        putFixed32(BindingEvent.IPV4_FIELD_NUMBER, fact.ipv4().bits());
        putLength(BindingEvent.PORTS_FIELD_NUMBER, ports.length());
        // Digits, slashes and hyphens.
        for (int i = 0; i < ports.length(); i++) {
            octets[at++] = (byte) ports.charAt(i);
        }
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
        put(evidenceHead);
        putUnsigned(Evidence.OBSERVATION_DOMAIN_FIELD_NUMBER, Integer.toUnsignedLong(domain));
        putUnsigned(Evidence.SEQUENCE_FIELD_NUMBER, Integer.toUnsignedLong(sequence));
        putUnsigned(Evidence.RECEIVED_MILLIS_FIELD_NUMBER, receivedMillis);
        putOctets(Evidence.RAW_FIELD_NUMBER, raw);
        putUnsigned(Evidence.TEMPLATE_ID_FIELD_NUMBER, Integer.toUnsignedLong(templateId));
        put(evidenceTail);
        close(evidence);
        if (mapping != null) {
            // Present even if it says nothing.
            putLength(BindingEvent.MAPPING_FIELD_NUMBER, mapping.length);
            put(mapping);
        }
        return Arrays.copyOf(octets, at);
    }

    private static int lengthOf(byte @Nullable [] part) {
        return part == null ? 0 : part.length;
    }

    private void begin(int atMost) {
        at = 0;
        if (octets.length < atMost) {
            octets = new byte[atMost];
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
