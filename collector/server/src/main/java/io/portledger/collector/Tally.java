package io.portledger.collector;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The running counters; any thread may count. */
final class Tally {

    private final Map<Counter, LongAdder> adders = new EnumMap<>(Counter.class);

    Tally() {
        for (Counter counter : Counter.values()) {
            adders.put(counter, new LongAdder());
        }
    }

    void count(Counter counter) {
        add(counter, 1);
    }

    void add(Counter counter, long more) {
        LongAdder adder = adders.get(counter);
        if (adder != null) {
            adder.add(more);
        }
    }

    CollectorCounters read() {
        Map<Counter, Long> values = new EnumMap<>(Counter.class);
        adders.forEach((counter, adder) -> values.put(counter, adder.sum()));
        return new CollectorCounters(values);
    }
}
