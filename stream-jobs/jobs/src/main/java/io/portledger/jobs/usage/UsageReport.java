package io.portledger.jobs.usage;

/**
 * A checked {@code PortUsage} on its way to the operator of its address. A mutable class with public fields because
 * Flink then serialises it field by field.
 */
public final class UsageReport {

    /** The public address, most significant bit first. */
    public int ipv4;
    /** The {@code PortUsage}. */
    public byte[] usage = {};
}
