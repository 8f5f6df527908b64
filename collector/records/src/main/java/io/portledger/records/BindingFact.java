package io.portledger.records;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Holder;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link BindingEvent} says, its evidence aside, as checked values: whoever has one of these need not check
 * again. Two facts that are equal say the same, whichever way they came.
 *
 * @param kind ALLOCATED or RELEASED
 * @param eventTimeMillis when, by the exporter's clock, milliseconds since 1970-01-01T00:00Z, from 1 to the end of the
 *     year 9999; a release is exclusive
 * @param ipv4 the public address, not 0.0.0.0
 * @param ports which ports of it, in canonical form
 * @param ipv6 softwire address of the holder, an lwB4 or a DS-Lite B4, or null
 * @param insideIpv4 the holder's address inside a NAT, not 0.0.0.0, or null
 * @param subscriber the operator's name for the subscriber, 1 to {@value #MAX_SUBSCRIBER_LENGTH} characters, or null
 * @param natInstance tells apart equal inside addresses, unsigned; 0 if unknown
 * @param br the lwAFTR's tunnel end point, or null
 * @param mapping null if the holder has all traffic of the ports; else which entry of a NAT's table it is, and {@code
 *     ports} is a single port, or the {@linkplain NatMapping#isOfOneProtocol() one protocol} that the holder has of them
 */
public record BindingFact(
        BindingEvent.Kind kind,
        long eventTimeMillis,
        Ipv4Address ipv4,
        Ports ports,
        @Nullable Ipv6Address ipv6,
        @Nullable Ipv4Address insideIpv4,
        @Nullable String subscriber,
        int natInstance,
        @Nullable Ipv6Address br,
        @Nullable NatMapping mapping) {

    /** Longest name of a subscriber, in UTF-16 characters. */
    public static final int MAX_SUBSCRIBER_LENGTH = 255;

    /** Earliest time that an event may have: 2000-01-01T00:00Z. What is older comes from a clock that was never set. */
    public static final long EARLIEST_EVENT_MILLIS = 946_684_800_000L;

    /** How far ahead of its reception the time of an event may lie, milliseconds. */
    public static final long MAX_AHEAD_MILLIS = 86_400_000L;

    // The same ports come again and again; a slot holds the key of whichever came last. Threads may race for a slot:
    // each sees a whole entry or makes its own.
    private static final @Nullable Key[] KEYS = new Key[8192];

    private record Key(Ports ports, String text) {}

    private static final long END_OF_YEAR_9999 = 253_402_300_799_999L;

    /** @throws InvalidRecordException naming the first component that is not as documented */
    public BindingFact {
        if (kind != BindingEvent.Kind.ALLOCATED && kind != BindingEvent.Kind.RELEASED) {
            throw new InvalidRecordException("kind is " + kind + " (allowed: ALLOCATED, RELEASED)");
        }
        if (eventTimeMillis < 1 || eventTimeMillis > END_OF_YEAR_9999) {
            throw new InvalidRecordException("event_time_millis is " + eventTimeMillis + " (allowed: 1-"
                    + END_OF_YEAR_9999 + ", the years 1970 to 9999)");
        }
        if (ipv4.bits() == 0) {
            throw new InvalidRecordException("ipv4 is 0.0.0.0, which nobody can hold");
        }
        ports = switch (ports) {
            case PortSet set -> set.canonical();
            case PortRange range -> Ports.of(range);
        };
        if (insideIpv4 != null && insideIpv4.bits() == 0) {
            throw new InvalidRecordException("inside_ipv4 is 0.0.0.0, which nobody can have");
        }
        if (subscriber != null && (subscriber.isEmpty() || subscriber.length() > MAX_SUBSCRIBER_LENGTH)) {
            throw new InvalidRecordException(
                    "subscriber has " + subscriber.length() + " characters (allowed: 1-" + MAX_SUBSCRIBER_LENGTH + ")");
        }
        if (ipv6 == null && insideIpv4 == null && subscriber == null) {
            throw new InvalidRecordException(
                    "holder is nobody: it has neither an ipv6 nor an inside_ipv4 nor a subscriber");
        }
        if (mapping != null && ports.portCount() != 1 && !mapping.isOfOneProtocol()) {
            throw new InvalidRecordException("ports " + ports.key() + " are " + ports.portCount()
                    + ", but a mapping has a single one, unless it is no more than a protocol");
        }
    }

    /** A fact about all traffic of the ports. */
    public BindingFact(
            BindingEvent.Kind kind,
            long eventTimeMillis,
            Ipv4Address ipv4,
            Ports ports,
            @Nullable Ipv6Address ipv6,
            @Nullable Ipv4Address insideIpv4,
            @Nullable String subscriber,
            int natInstance,
            @Nullable Ipv6Address br) {
        this(kind, eventTimeMillis, ipv4, ports, ipv6, insideIpv4, subscriber, natInstance, br, null);
    }

    /** Whether an event can have happened then, given when its record was received. */
    public static boolean isPlausible(long eventTimeMillis, long receivedMillis) {
        return eventTimeMillis >= EARLIEST_EVENT_MILLIS && eventTimeMillis - MAX_AHEAD_MILLIS <= receivedMillis;
    }

    /**
     * Refuses what cannot have happened when it says.
     *
     * @param receivedMillis when the record was received, milliseconds since 1970-01-01T00:00Z
     * @throws InvalidRecordException if the time lies before {@link #EARLIEST_EVENT_MILLIS}, or more than {@link
     *     #MAX_AHEAD_MILLIS} after the reception
     */
    public void requirePlausible(long receivedMillis) {
        if (!isPlausible(eventTimeMillis, receivedMillis)) {
            throw new InvalidRecordException("the event's time, " + Instant.ofEpochMilli(eventTimeMillis)
                    + ", cannot be: its record was received at " + Instant.ofEpochMilli(receivedMillis)
                    + " (allowed: from the year 2000 to a day after the reception)");
        }
    }

    /**
     * What a record from Kafka says.
     *
     * @throws InvalidRecordException if it says something that its contract does not allow
     */
    public static BindingFact from(BindingEvent event) {
        Holder holder = event.getHolder();
        return new BindingFact(
                event.getKind(),
                event.getEventTimeMillis(),
                new Ipv4Address(event.getIpv4()),
                ports(event.getPorts()),
                ipv6("holder.ipv6", holder.getIpv6()),
                holder.getInsideIpv4() == 0 ? null : new Ipv4Address(holder.getInsideIpv4()),
                holder.getSubscriber().isEmpty() ? null : holder.getSubscriber(),
                holder.getNatInstance(),
                ipv6("br", event.getBr()),
                event.hasMapping() ? NatMapping.from(event.getMapping()) : null);
    }

    /** The record that says this and how it is known. */
    public BindingEvent toEvent(Evidence evidence) {
        Holder.Builder holder = Holder.newBuilder().setNatInstance(natInstance);
        if (ipv6 != null) {
            holder.setIpv6(octets(ipv6));
        }
        if (insideIpv4 != null) {
            holder.setInsideIpv4(insideIpv4.bits());
        }
        if (subscriber != null) {
            holder.setSubscriber(subscriber);
        }
        BindingEvent.Builder event = BindingEvent.newBuilder()
                .setKind(kind)
                .setEventTimeMillis(eventTimeMillis)
                .setIpv4(ipv4.bits())
                .setPorts(keyOf(ports))
                .setHolder(holder)
                .setEvidence(evidence);
        if (br != null) {
            event.setBr(octets(br));
        }
        if (mapping != null) {
            event.setMapping(mapping.toMessage());
        }
        return event.build();
    }

    /** The ports' key. */
    static String keyOf(Ports ports) {
        int slot = (ports.hashCode() * 0x9e3779b9) >>> 19;
        Key known = KEYS[slot];
        if (known == null || !known.ports().equals(ports)) {
            known = new Key(ports, ports.key());
            KEYS[slot] = known;
        }
        return known.text();
    }

    private static Ports ports(String key) {
        try {
            return Ports.parse(key);
        } catch (IllegalArgumentException e) {
            throw new InvalidRecordException("ports: " + e.getMessage(), e);
        }
    }

    private static @Nullable Ipv6Address ipv6(String field, ByteString octets) {
        return switch (octets.size()) {
            case 0 -> null;
            case 16 -> Ipv6Address.fromBytes(octets.toByteArray(), 0);
            default -> throw new InvalidRecordException(field + " has " + octets.size() + " octets (allowed: 0, 16)");
        };
    }

    private static ByteString octets(Ipv6Address address) {
        return UnsafeByteOperations.unsafeWrap(address.toBytes());
    }
}
