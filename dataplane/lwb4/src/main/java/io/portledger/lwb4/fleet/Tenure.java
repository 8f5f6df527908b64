package io.portledger.lwb4.fleet;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;

/**
 * An lwB4 held ports of a public address, as far as the lwB4 can know: from an instant between {@code startNotBefore} and
 * {@code startNotAfter} to one between {@code endNotBefore} and {@code endNotAfter}, all in whole milliseconds, the end
 * itself not included.
 *
 * @param b4 the softwire address
 * @param ipv4 the public address
 * @param ports the ports
 * @param startNotBefore when it asked
 * @param startNotAfter when it was told
 * @param endNotBefore earliest possible end
 * @param endNotAfter latest possible end
 */
public record Tenure(
        Ipv6Address b4,
        Ipv4Address ipv4,
        PortSet ports,
        Instant startNotBefore,
        Instant startNotAfter,
        Instant endNotBefore,
        Instant endNotAfter) {

    /** @throws IllegalArgumentException if a bound is on the wrong side of its other one */
    public Tenure {
        if (startNotAfter.isBefore(startNotBefore) || endNotAfter.isBefore(endNotBefore)) {
            throw new IllegalArgumentException("bounds of a tenure of " + b4 + ": start " + startNotBefore + " to "
                    + startNotAfter + ", end " + endNotBefore + " to " + endNotAfter);
        }
    }

    /** Whether the lwB4 may have held the ports at that instant. */
    public boolean couldHoldAt(Instant time) {
        return !time.isBefore(startNotBefore) && time.isBefore(endNotAfter);
    }

    /** Whether the lwB4 held the ports at that instant. */
    public boolean mustHoldAt(Instant time) {
        return !time.isBefore(startNotAfter) && time.isBefore(endNotBefore);
    }

    /** As a line of a CSV file: the components in their order. */
    public String toCsv() {
        return b4 + "," + ipv4 + "," + ports + "," + startNotBefore + "," + startNotAfter + "," + endNotBefore + ","
                + endNotAfter;
    }
}
