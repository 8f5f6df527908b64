package io.portledger.lwb4.softwire;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;

/** How many packets of each {@link SoftwireCounter} there were; one thread counts, any thread reads. */
public final class SoftwireCounters {

    private final AtomicLongArray values = new AtomicLongArray(SoftwireCounter.values().length);

    void count(SoftwireCounter counter) {
        values.lazySet(index(counter), values.getPlain(index(counter)) + 1);
    }

    /** Packets so far. */
    public long packets(SoftwireCounter counter) {
        return values.get(index(counter));
    }

    /** Packets of all counters of a kind. */
    public long packets(SoftwireCounter.Kind kind) {
        return Arrays.stream(SoftwireCounter.values())
                .filter(counter -> counter.kind() == kind)
                .mapToLong(this::packets)
                .sum();
    }

    /** All that are not zero. */
    @Override
    public String toString() {
        return Arrays.stream(SoftwireCounter.values())
                .filter(counter -> packets(counter) != 0)
                .map(counter -> counter + " " + packets(counter))
                .collect(Collectors.joining(", "));
    }

    @SuppressWarnings("EnumOrdinal") // A place in an array of this process, which is neither stored nor sent.
    private static int index(SoftwireCounter counter) {
        return counter.ordinal();
    }
}
