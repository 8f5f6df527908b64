package io.portledger.jobs.usage;

/**
 * What one report adds to its service class. A mutable class with public fields because Flink then serialises it field by
 * field.
 */
public final class ClassShare {

    /** The service class, or empty. */
    public String serviceClass = "";
    /** When the report begins, milliseconds since 1970-01-01T00:00Z. */
    public long fromMillis;
    /** Whether it is the first of its binding within the hour, and within the day. */
    public boolean isFirstInHour;

    public boolean isFirstInDay;
    /** Ports in use, per cent of the binding's; -1 if the report does not tell. */
    public int percentInUse = -1;

    public long packetsUp;
    public long octetsUp;
    public long packetsDown;
    public long octetsDown;
}
