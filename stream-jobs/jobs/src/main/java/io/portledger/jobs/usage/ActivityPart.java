package io.portledger.jobs.usage;

/**
 * What a reader counted of one exporter or network in one hour since it told last. A mutable class with public fields
 * because Flink then serialises it field by field.
 */
public final class ActivityPart {

    /** EXPORTER or NETWORK, the name, and the hour's first moment: {@code EXPORTER 192.0.2.1 1700000000000}. */
    public String key = "";
    /** {@code ActivityCounts}. */
    public byte[] counts = {};
}
