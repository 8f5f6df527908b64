package io.portledger.collector.dialect;

import io.portledger.records.BindingFact;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message and what it must come to: a dialect's test.
 *
 * @param message the whole message, with its header
 * @param received when it is received; null: the first second of the year 2024, UTC
 * @param result what it comes to, if it is no record
 * @param record the record it comes to; null if {@code result} is given
 */
record Sample(
        String message,
        @Nullable Instant received,
        @Nullable Result result,
        @Nullable Expected record) {

    private static final Instant DEFAULT_RECEPTION = Instant.parse("2024-01-01T00:00:00Z");

    /** What else a message may come to. */
    enum Result {
        /** Known, and not about bindings. */
        IGNORED,
        /** Of the dialect, but of no use. */
        UNUSABLE,
        /** Not of the dialect. */
        UNRECOGNISED
    }

    Sample {
        if (message == null || (result == null) == (record == null)) {
            throw new IllegalArgumentException("a sample needs message, and either record or result"
                    + " (allowed: ignored, unusable, unrecognised)");
        }
    }

    Instant receivedOrDefault() {
        return received == null ? DEFAULT_RECEPTION : received;
    }

    /**
     * A record; what is not there is not expected to be there.
     *
     * @param kind allocated or released
     * @param time when
     * @param publicAddress the public address
     * @param ports {@code first-last}, a port, or {@code all}
     * @param protocol protocol number; null: any
     * @param insideAddress address inside the NAT
     * @param insidePort port inside the NAT
     * @param softwireAddress address of the B4
     * @param subscriber name of the subscriber
     * @param destination address of the far end
     * @param destinationPort port of the far end
     * @param instance the NAT's instance
     */
    record Expected(
            BindingEvent.@Nullable Kind kind,
            @Nullable Instant time,
            @Nullable Ipv4Address publicAddress,
            @Nullable String ports,
            @Nullable Integer protocol,
            @Nullable Ipv4Address insideAddress,
            @Nullable Integer insidePort,
            @Nullable Ipv6Address softwireAddress,
            @Nullable String subscriber,
            @Nullable Ipv4Address destination,
            @Nullable Integer destinationPort,
            @Nullable Long instance) {

        /** The record. Whatever is wrong with it is said as an {@link IllegalArgumentException}. */
        BindingFact fact() {
            if (kind == null || time == null || publicAddress == null || ports == null) {
                throw new IllegalArgumentException("a record needs kind, time, public-address and ports");
            }
            boolean isMapping = protocol != null || insidePort != null || destination != null || !isBlock(ports);
            return new BindingFact(
                    kind,
                    time.toEpochMilli(),
                    publicAddress,
                    portsOf(ports),
                    softwireAddress,
                    insideAddress,
                    subscriber,
                    instance == null ? 0 : (int) (long) instance,
                    null,
                    isMapping
                            ? new NatMapping(orZero(protocol), orZero(insidePort), destination, orZero(destinationPort))
                            : null);
        }

        private static boolean isBlock(String ports) {
            return ports.equals("all") || ports.indexOf('-') >= 0;
        }

        private static Ports portsOf(String text) {
            if (text.equals("all")) {
                return PortSet.WHOLE_ADDRESS;
            }
            if (isBlock(text)) {
                return Ports.parse(text);
            }
            int port = Dialect.number("ports", text, 0xffff);
            return Ports.of(new PortRange(port, port));
        }

        private static int orZero(@Nullable Integer value) {
            return value == null ? 0 : value;
        }
    }
}
