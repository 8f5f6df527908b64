package io.portledger.collector;

import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;

/** What a decoded record turned out to say. */
sealed interface Reading {

    /** A NAT tells of its resources; the evidence is not set. */
    record Condition(NatCondition condition) implements Reading {}

    /** What a binding carried; the evidence is not set. */
    record Usage(PortUsage usage) implements Reading {}

    /** Somebody began or ceased to hold ports, or a mapping of a NAT. */
    record Binding(BindingFact fact) implements Reading {

        /** This, or why it cannot be used if it was received then. */
        Reading receivedAt(long receivedMillis, Counter otherwise) {
            try {
                fact.requirePlausible(receivedMillis);
                return this;
            } catch (InvalidRecordException e) {
                return new NoBinding(otherwise, String.valueOf(e.getMessage()));
            }
        }
    }

    /**
     * Something else, or nothing that could be used.
     *
     * @param counter counts it, and tells which of the two it is
     * @param reason one sentence: which field, what was found, what was expected
     */
    record NoBinding(Counter counter, String reason) implements Reading {

        boolean isSound() {
            return switch (counter) {
                case OTHER_IPFIX_RECORDS, OTHER_NAT_EVENTS, OTHER_SYSLOG_MESSAGES -> true;
                default -> false;
            };
        }
    }
}
