package io.portledger.jobs;

/**
 * A decoded and checked {@code BindingEvent} on its way to the operator of its address. A mutable class with public
 * fields because Flink then serialises it field by field.
 */
public final class NatEvent {

    /** The public address, most significant bit first. */
    public int ipv4;
    /** Where the event lies among those of its partition of the topic: it grows from each to the next. */
    public long position;
    /** The {@code BindingEvent}. */
    public byte[] event = {};
}
