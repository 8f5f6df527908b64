package io.portledger.collector;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * The counters at one moment. Each is exact; that they are of the same moment is not promised.
 *
 * @param values every {@link Counter} with its value
 */
public record CollectorCounters(Map<Counter, Long> values) {

    /** Keeps a copy. */
    public CollectorCounters {
        values = Collections.unmodifiableMap(new EnumMap<>(values));
    }

    /** The value of one counter. */
    public long get(Counter counter) {
        return values.getOrDefault(counter, 0L);
    }

    /** Everything that went to the topic {@code undecodable} because it could not be used. */
    public long undecodable() {
        return get(Counter.UNDECODABLE_IPFIX_MESSAGE)
                + get(Counter.UNDECODABLE_NO_TEMPLATE)
                + get(Counter.UNDECODABLE_IPFIX_RECORD)
                + get(Counter.UNDECODABLE_SYSLOG_FRAME)
                + get(Counter.UNDECODABLE_SYSLOG_MESSAGE)
                + get(Counter.UNDECODABLE_SYSLOG_RECORD)
                + get(Counter.UNDECODABLE_BY_FAULT);
    }

    /** Everything that went to the topic {@code undecodable} because it is sound but does not speak of bindings. */
    public long notAboutBindings() {
        return get(Counter.OTHER_IPFIX_RECORDS) + get(Counter.OTHER_NAT_EVENTS) + get(Counter.OTHER_SYSLOG_MESSAGES);
    }

    /** All gaps. */
    public long gaps() {
        return get(Counter.GAPS_SEQUENCE)
                + get(Counter.GAPS_RESTART)
                + get(Counter.GAPS_UNDECODABLE)
                + get(Counter.GAPS_NOT_COLLECTED)
                + get(Counter.GAPS_SILENT)
                + get(Counter.GAPS_SKEW);
    }

    /** The counters that are not zero: {@code IPFIX_MESSAGES 12, BINDING_EVENTS 10}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        values.forEach((counter, value) -> {
            if (value != 0) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(counter)
                        .append(' ')
                        .append(value);
            }
        });
        return text.isEmpty() ? "nothing counted" : text.toString();
    }
}
