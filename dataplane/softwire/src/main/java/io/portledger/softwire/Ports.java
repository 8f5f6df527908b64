package io.portledger.softwire;

import java.util.List;

/**
 * Ports of one public IPv4 address that have one holder: a {@link PortSet} of the generalised modulus algorithm, or any
 * other block of ports, as carrier-grade NATs allocate them ({@link PortRange}).
 *
 * <p>The same ports may be written in two ways: 1024-2047 is 0/6/1, and a set with a = 1 is one with a = 0.
 * {@link #of(PortRange)} and {@link PortSet#canonical()} choose one; {@link #key()} always speaks of that one.
 */
public sealed interface Ports permits PortSet, PortRange {

    /** Whether {@code port} belongs to them; false for anything that is no port. */
    boolean contains(int port);

    /** How many ports, 1-65536. */
    int portCount();

    /**
     * The contiguous ranges in ascending order. They do not touch, except those of a port set with k = 0 and a &gt; 1,
     * which the algorithm counts one by one.
     */
    List<PortRange> ranges();

    /** Whether any port of {@code range} is among them. */
    boolean intersects(PortRange range);

    /**
     * {@code a/k/psid} of a port set in canonical form, {@code first-last} of a block that is no port set. Equal keys
     * are equal ports and the other way round.
     */
    String key();

    /** Whether any port is in both. */
    boolean overlaps(Ports other);

    /** The port set that is exactly {@code range}, or, if there is none, the range itself. */
    static Ports of(PortRange range) {
        return PortSet.ofRange(range).<Ports>map(set -> set).orElse(range);
    }

    /**
     * Reads the form of {@link #key()}; the result is the canonical form of its ports.
     *
     * @throws IllegalArgumentException if {@code key} is not of that form
     */
    static Ports parse(String key) {
        if (key.indexOf('/') >= 0) {
            return PortSet.parse(key).canonical();
        }
        int dash = key.indexOf('-');
        if (dash > 0) {
            int first = PortSet.decimal(key, 0, dash);
            int last = PortSet.decimal(key, dash + 1, key.length());
            if (first >= 0 && last >= 0) {
                return of(new PortRange(first, last));
            }
        }
        throw new IllegalArgumentException("\"" + key + "\" is neither a/k/psid nor first-last");
    }
}
