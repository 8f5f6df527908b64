package io.portledger.lwaftr.export;

import io.portledger.softwire.PortSet;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Which ports of bindings were seen in use since they were last asked for. Bounded; what finds no room is not counted. */
final class PortsSeen {

    private static final long MOST_OCTETS = 64L << 20;

    /** Octets of what stands around a bitmap. */
    private static final long EACH = 128;

    private final Map<Long, BitSet> ports = new HashMap<>();
    private long octets;

    /** @param set the port set that has the port */
    void add(long key, PortSet set, int port) {
        BitSet seen = ports.get(key);
        if (seen == null) {
            seen = new BitSet(set.portCount());
            if (octets + octetsOf(seen) > MOST_OCTETS) {
                return;
            }
            octets += octetsOf(seen);
            ports.put(key, seen);
        }
        int bits = set.contiguousBits();
        // Ports of a scattered set lie apart: their number within the set is that of their range and that within it.
        int range = port >>> (bits + set.psidLength());
        int first = set.psidOffset() == 0 ? 0 : 1;
        seen.set(((range - first) << bits) + (port & (set.rangeSize() - 1)));
    }

    /** How many ports of a binding were seen; they count as not seen from now on. */
    int take(long key) {
        BitSet seen = ports.remove(key);
        if (seen == null) {
            return 0;
        }
        octets -= octetsOf(seen);
        return seen.cardinality();
    }

    private static long octetsOf(BitSet seen) {
        return EACH + seen.size() / 8;
    }
}
