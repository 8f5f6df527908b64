package io.portledger.lwb4;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What an lwB4 was told that it has.
 *
 * @param ipv4 the public address
 * @param ranges its ports, ascending, at least one range
 * @param lifetimeSeconds as the server said
 * @param expiresAt when the lwB4 must no longer use it unless it is renewed: counted from when it asked, since it cannot
 *     know how long the answer was on its way; at most a day ahead
 */
public record Holding(Ipv4Address ipv4, List<PortRange> ranges, long lifetimeSeconds, Instant expiresAt) {

    /** Defensive copy of the ranges. */
    public Holding {
        ranges = List.copyOf(ranges);
        if (ranges.isEmpty()) {
            throw new IllegalArgumentException("a holding has at least one range of ports");
        }
    }

    /**
     * The ports as a set of the generalised modulus algorithm, if they are one. PCP cannot name port 0, so a range from
     * port 1 on counts as one from port 0 on.
     */
    public Optional<PortSet> portSet() {
        PortRange first = ranges.getFirst();
        if (ranges.size() == 1) {
            return PortSet.ofRange(first.first() == 1 ? new PortRange(0, first.last()) : first);
        }
        return algorithm(ranges).filter(set -> set.ranges().equals(ranges));
    }

    /** The set whose two lowest ranges are the two lowest of {@code ranges}, if there is one. */
    static Optional<PortSet> algorithm(List<PortRange> ranges) {
        if (ranges.size() < 2) {
            return Optional.empty();
        }
        PortRange first = ranges.getFirst();
        int size = first.size();
        int spacing = ranges.get(1).first() - first.first();
        if (Integer.bitCount(size) != 1 || Integer.bitCount(spacing) != 1 || spacing < size) {
            return Optional.empty();
        }
        int offset = 16 - Integer.numberOfTrailingZeros(spacing);
        int length = 16 - offset - Integer.numberOfTrailingZeros(size);
        return PortSet.owning(offset, length, first.first())
                .filter(set -> set.range(0).equals(first));
    }

    Holding until(long newLifetimeSeconds, Instant newExpiry) {
        return new Holding(ipv4, ranges, newLifetimeSeconds, newExpiry);
    }

    /** For people: address, ports and, if there is one, the port set. */
    @Override
    public String toString() {
        String ports = ranges.stream().map(PortRange::toString).collect(Collectors.joining(", "));
        return ipv4 + " ports " + ports
                + portSet().map(set -> " (port set " + set + ")").orElse("");
    }
}
