package io.portledger.lwaftr;

import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.softwire.Binding;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A binding came into the table or left it.
 *
 * @param kind what happened
 * @param at when, to the millisecond; for {@link Kind#SNAPSHOT} when the binding was created
 * @param binding the binding
 * @param origin by which way the binding came
 * @param volume of {@link Kind#DELETED}: what passed through it in all, but for packets under way in its last moment;
 *     null if that is not known
 */
public record BindingChange(
        Kind kind,
        Instant at,
        Binding binding,
        Origin origin,
        @Nullable BindingVolume volume) {

    /** A change of a binding that came by PCP, without its volume. */
    public BindingChange(Kind kind, Instant at, Binding binding) {
        this(kind, at, binding, Origin.PCP, null);
    }

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
