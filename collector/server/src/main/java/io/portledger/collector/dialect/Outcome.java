package io.portledger.collector.dialect;

import io.portledger.records.BindingFact;

/** What a dialect makes of a message. */
public sealed interface Outcome {

    /** Somebody began or ceased to hold ports. */
    record Fact(BindingFact fact) implements Outcome {}

    /** The dialect knows the message, and it does not speak of a binding. */
    record Ignored() implements Outcome {}

    /**
     * The message is of the dialect, but cannot be used.
     *
     * @param reason one sentence
     */
    record Unusable(String reason) implements Outcome {}

    /**
     * The exporter may not speak the dialect.
     *
     * @param reason one sentence
     */
    record Refused(String reason) implements Outcome {}
}
