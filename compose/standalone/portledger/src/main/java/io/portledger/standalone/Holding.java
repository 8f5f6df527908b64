package io.portledger.standalone;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who truly held a port set, and from when to when.
 *
 * @param ipv4 the public address
 * @param ports the port set
 * @param b4 the holder's softwire address
 * @param subscriber the holder's name
 * @param start the first millisecond
 * @param end the first millisecond no more; null while it lasts
 * @param isDisplaced whether it ended because somebody else got the ports, without a record of a release
 * @param isSure whether its records reach the collector whatever happens
 */
record Holding(
        Ipv4Address ipv4,
        PortSet ports,
        Ipv6Address b4,
        String subscriber,
        Instant start,
        @Nullable Instant end,
        boolean isDisplaced,
        boolean isSure) {

    /** The same, ended. */
    Holding until(Instant end, boolean isDisplaced) {
        return new Holding(ipv4, ports, b4, subscriber, start, end, isDisplaced, isSure);
    }

    /** The ledger's name for the address and the port set. */
    String slot() {
        return "%08x-%s".formatted(ipv4.bits(), ports.key());
    }

    /** Whether it lasted at that moment. */
    boolean isAt(Instant moment) {
        return !start.isAfter(moment) && (end == null || end.isAfter(moment));
    }
}
