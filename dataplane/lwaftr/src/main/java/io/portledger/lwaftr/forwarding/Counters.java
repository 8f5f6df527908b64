package io.portledger.lwaftr.forwarding;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The counters of one worker: it alone counts, any thread reads. */
public final class Counters {

    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] values = new long[Counter.values().length * 2];

    /** The sums of several workers' counters, as they are now. */
    public static Counters sum(List<Counters> all) {
        Counters sums = new Counters();
        for (Counters counters : all) {
            for (Counter counter : Counter.values()) {
                sums.add(counter, counters.packets(counter), counters.octets(counter));
            }
        }
        return sums;
    }

    /** Counts one packet. */
    void count(Counter counter, int octets) {
        add(counter, 1, octets);
    }

    void add(Counter counter, long packets, long octets) {
        int index = index(counter);
        ELEMENT.setOpaque(values, index, values[index] + packets);
        ELEMENT.setOpaque(values, index + 1, values[index + 1] + octets);
    }

    /** Packets so far. */
    public long packets(Counter counter) {
        return (long) ELEMENT.getOpaque(values, index(counter));
    }

    /** Their octets. */
    public long octets(Counter counter) {
        return (long) ELEMENT.getOpaque(values, index(counter) + 1);
    }

    /** Packets of all counters of a kind. */
    public long packets(Counter.Kind kind) {
        long sum = 0;
        for (Counter counter : Counter.values()) {
            sum += counter.kind() == kind ? packets(counter) : 0;
        }
        return sum;
    }

    /** Octets of all counters of a kind. */
    public long octets(Counter.Kind kind) {
        long sum = 0;
        for (Counter counter : Counter.values()) {
            sum += counter.kind() == kind ? octets(counter) : 0;
        }
        return sum;
    }

    /** All values by the names that operators know, zeros included: {@code in-ipv4-packets}, {@code in-ipv4-bytes}. */
    public Map<String, Long> byName() {
        Map<String, Long> byName = new LinkedHashMap<>();
        for (Counter counter : Counter.values()) {
            byName.put(counter.label() + "-packets", packets(counter));
            byName.put(counter.label() + "-bytes", octets(counter));
        }
        return byName;
    }

    @SuppressWarnings("EnumOrdinal") // A place in an array of this process, which is neither stored nor sent.
    private static int index(Counter counter) {
        return counter.ordinal() * 2;
    }
}
