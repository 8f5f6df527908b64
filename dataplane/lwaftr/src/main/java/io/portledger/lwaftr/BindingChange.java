package io.portledger.lwaftr;

import io.portledger.softwire.Binding;
import java.time.Instant;

/**
 * A binding came into the table or left it.
 *
 * @param kind what happened
 * @param at when, to the millisecond; for {@link Kind#SNAPSHOT} when the binding was created
 * @param binding the binding
 */
public record BindingChange(Kind kind, Instant at, Binding binding) {

    /** What happened to the binding. */
    public enum Kind {
        /** It is in the table from {@code at} on. */
        CREATED,
        /** It was in the table until {@code at}, not included; always later than its creation. */
        DELETED,
        /** It is in the table, unchanged since {@code at}: a repetition for those who may have missed the creation. */
        SNAPSHOT
    }
}
