package io.portledger.softwire;

import java.util.List;

/**
 * Ports {@code first} to {@code last}, both included.
 *
 * @param first lowest port, 0-65535
 * @param last highest port, {@code first}-65535
 */
public record PortRange(int first, int last) implements Ports {

    /** @throws IllegalArgumentException if the bounds are no ports or stand the wrong way round */
    public PortRange {
        if (first < 0 || last > 0xffff || first > last) {
            throw new IllegalArgumentException(
                    "port range " + first + "-" + last + " is not within 0-65535 with its lower port first");
        }
    }

    /**
     * {@code size} ports from {@code first}, as PCP PORT_SET writes them (RFC 7753).
     *
     * @throws IllegalArgumentException if there are not that many ports, or {@code size} is 0
     */
    public static PortRange ofSize(int first, int size) {
        if (first < 0 || first > 0xffff || size < 1 || size > 0x10000 - first) {
            throw new IllegalArgumentException(size + " ports from " + first + " are not within 0-65535");
        }
        return new PortRange(first, first + size - 1);
    }

    /** How many ports, 1-65536. */
    public int size() {
        return last - first + 1;
    }

    @Override
    public boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public int portCount() {
        return size();
    }

    @Override
    public List<PortRange> ranges() {
        return List.of(this);
    }

    @Override
    public boolean intersects(PortRange range) {
        return first <= range.last && range.first <= last;
    }

    @Override
    public boolean overlaps(Ports other) {
        return other.intersects(this);
    }

    @Override
    public String key() {
        return PortSet.ofRange(this).map(PortSet::key).orElseGet(this::toString);
    }

    /** The range as {@code first-last}. */
    @Override
    public String toString() {
        return first + "-" + last;
    }
}
