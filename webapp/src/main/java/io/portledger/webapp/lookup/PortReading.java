package io.portledger.webapp.lookup;

import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How one port belongs to a holder's ports: for a {@link PortSet} the 16 bits of the port read as
 * {@code A (a bits) | PSID (k bits) | j (m bits)} (RFC 7597 §5.1), for any other block the range that contains it.
 *
 * @param port the port
 * @param ports the holder's ports
 */
public record PortReading(int port, Ports ports) {

    /** @throws IllegalArgumentException if the port is not among them */
    public PortReading {
        if (!ports.contains(port)) {
            throw new IllegalArgumentException("port " + port + " is not in " + ports.key());
        }
    }

    /** The port's 16 bits, most significant first, as ones and zeros. */
    public String bits() {
        return Integer.toBinaryString(port | 1 << 16).substring(1);
    }

    /** The contiguous range of the holder's ports that has the port. */
    public PortRange range() {
        if (ports instanceof PortSet set) {
            return set.range(set.psidOffset() == 0 ? 0 : offsetValue(set) - 1);
        }
        return ports.ranges().stream()
                .filter(range -> range.contains(port))
                .findFirst()
                .orElseThrow();
    }

    /** How many contiguous ranges the holder's ports have. */
    public int rangeCount() {
        return ports instanceof PortSet set ? set.rangeCount() : ports.ranges().size();
    }

    /** The first of these ranges, at most {@code limit}. */
    public List<PortRange> firstRanges(int limit) {
        return ports instanceof PortSet set
                ? IntStream.range(0, Math.min(limit, set.rangeCount()))
                        .mapToObj(set::range)
                        .toList()
                : ports.ranges().stream().limit(limit).toList();
    }

    /** The highest of these ranges. */
    public PortRange lastRange() {
        return ports instanceof PortSet set
                ? set.range(set.rangeCount() - 1)
                : ports.ranges().getLast();
    }

    /** A: the value of the first a bits. */
    public int offsetValue(PortSet set) {
        return port >>> (16 - set.psidOffset());
    }

    /** j: the value of the last m bits. */
    public int indexInRange(PortSet set) {
        return port & set.rangeSize() - 1;
    }

    /** The calculation from the port to the PSID, or to the block. */
    public String toPsid() {
        if (ports instanceof PortSet set) {
            int m = set.contiguousBits();
            int mask = (1 << set.psidLength()) - 1;
            return "PSID = floor(" + port + " / 2^" + m + ") mod 2^" + set.psidLength() + " = " + (port >>> m) + " mod "
                    + (mask + 1) + " = " + set.psid();
        }
        return range().first() + " ≤ " + port + " ≤ " + range().last();
    }

    /** The calculation back from A, PSID and j to the port; for a block the same as {@link #toPsid()}. */
    public String toPort() {
        if (ports instanceof PortSet set) {
            String psidPart = set.psid() + " · 2^" + set.contiguousBits();
            String offsetPart =
                    set.psidOffset() == 0 ? "" : offsetValue(set) + " · 2^" + (16 - set.psidOffset()) + " + ";
            return "port = " + offsetPart + psidPart + " + " + indexInRange(set) + " = " + port;
        }
        return toPsid();
    }
}
