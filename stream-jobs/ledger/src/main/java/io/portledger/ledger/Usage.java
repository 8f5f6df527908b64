package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ports;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What happened within a stretch of time, summed up. */
public sealed interface Usage {

    /** The first moment of the stretch, in UTC a whole hour or day. */
    Instant from();

    /** How long the stretch is. */
    Span span();

    /** How long a stretch is. */
    enum Span {
        /** From one whole hour to the next. */
        HOUR(3_600_000),
        /** From midnight to midnight, UTC. */
        DAY(86_400_000);

        private final long millis;

        Span(long millis) {
            this.millis = millis;
        }

        /** Its length, milliseconds. */
        public long millis() {
            return millis;
        }
    }

    /**
     * What was carried, without encapsulation.
     *
     * @param packetsUp from holders to the Internet
     * @param octetsUp from holders to the Internet
     * @param packetsDown from the Internet to holders
     * @param octetsDown from the Internet to holders
     */
    record Traffic(long packetsUp, long octetsUp, long packetsDown, long octetsDown) {

        /** None. */
        public static final Traffic NONE = new Traffic(0, 0, 0, 0);

        /** Both together. */
        public Traffic plus(Traffic more) {
            return new Traffic(
                    packetsUp + more.packetsUp,
                    octetsUp + more.octetsUp,
                    packetsDown + more.packetsDown,
                    octetsDown + more.octetsDown);
        }
    }

    /**
     * Of one binding: the account of a subscriber.
     *
     * @param ipv4 the public address
     * @param ports its ports
     * @param holder who had them
     * @param serviceClass the holder's service class, or null if the exporter did not tell
     * @param traffic what was carried
     * @param portsInUse the most ports that a report told to be in use, or null if none told
     * @param reports how many reports this is summed up from
     */
    record OfBinding(
            Instant from,
            Span span,
            Ipv4Address ipv4,
            Ports ports,
            Holder holder,
            @Nullable String serviceClass,
            Traffic traffic,
            @Nullable Integer portsInUse,
            long reports)
            implements Usage {}

    /**
     * Of all bindings of a service class.
     *
     * @param serviceClass the class, or null for bindings of which the exporter told none
     * @param bindings how many bindings there were reports of
     * @param traffic what was carried
     * @param reports how many reports this is summed up from
     * @param shares how many ports were in use, of those that the binding has, over all reports that told it; null if
     *     none did
     */
    record OfClass(
            Instant from,
            Span span,
            @Nullable String serviceClass,
            long bindings,
            Traffic traffic,
            long reports,
            @Nullable Shares shares)
            implements Usage {}

    /**
     * A distribution of ports in use, in per cent of the binding's ports; exact to one per cent.
     *
     * @param median half of the reports are not above
     * @param p90 nine tenths are not above
     * @param p99 99 of a hundred are not above
     * @param most the highest
     * @param nearExhaustion how many reports are at {@value #NEAR_EXHAUSTION} per cent or above
     */
    record Shares(int median, int p90, int p99, int most, long nearExhaustion) {

        /** From here on a binding is near exhaustion, per cent of its ports. */
        public static final int NEAR_EXHAUSTION = 80;
    }

    /**
     * What an exporter told, or what was told of a network: how alive it is, and how much it changes.
     *
     * @param of whose
     * @param name the exporter's address, or the network as {@code 203.0.113.0/24}
     * @param allocated records of allocations, repeated ones included
     * @param released records of releases, repeated ones included
     * @param delay how long after the event its record was received, milliseconds: half of the records not more. Exact
     *     to an eighth
     * @param delayP99 99 of a hundred not more
     */
    record Activity(
            Instant from, Span span, Of of, String name, long allocated, long released, long delay, long delayP99)
            implements Usage {

        /** Whose activity it is. */
        public enum Of {
            /** An exporter. */
            EXPORTER,
            /** A network of 256 public addresses. */
            NETWORK
        }
    }
}
