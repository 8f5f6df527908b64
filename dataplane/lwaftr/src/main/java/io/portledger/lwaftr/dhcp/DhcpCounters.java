package io.portledger.lwaftr.dhcp;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts of one lwAFTR. Thread-safe. */
public final class DhcpCounters {

    private final Map<DhcpCounter, LongAdder> counts = new EnumMap<>(DhcpCounter.class);

    DhcpCounters() {
        for (DhcpCounter counter : DhcpCounter.values()) {
            counts.put(counter, new LongAdder());
        }
    }

    void add(DhcpCounter counter) {
        LongAdder adder = counts.get(counter);
        if (adder != null) {
            adder.increment();
        }
    }

    /** How many there were since the start. */
    public long get(DhcpCounter counter) {
        LongAdder adder = counts.get(counter);
        return adder == null ? 0 : adder.sum();
    }
}
