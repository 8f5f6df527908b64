package io.portledger.lwaftr.radius;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts of one lwAFTR. Thread-safe. */
public final class RadiusCounters {

    private final Map<RadiusCounter, LongAdder> counts = new EnumMap<>(RadiusCounter.class);

    RadiusCounters() {
        for (RadiusCounter counter : RadiusCounter.values()) {
            counts.put(counter, new LongAdder());
        }
    }

    void add(RadiusCounter counter) {
        LongAdder adder = counts.get(counter);
        if (adder != null) {
            adder.increment();
        }
    }

    /** How many there were since the start. */
    public long get(RadiusCounter counter) {
        LongAdder adder = counts.get(counter);
        return adder == null ? 0 : adder.sum();
    }
}
