package io.portledger.lwaftr;

import java.time.Instant;

/**
 * The port sets of a service class are used to a level, or used up.
 *
 * @param kind what happened
 * @param at when, to the millisecond
 * @param poolId number of the service class in the settings, from 1 on
 * @param poolName name of the service class
 * @param percent of {@link Kind#HIGH} and {@link Kind#LOW}: the level; of {@link Kind#EXHAUSTED} 100
 * @param addresses the level as a number of public addresses, rounded up
 */
public record PoolEvent(Kind kind, Instant at, int poolId, String poolName, int percent, long addresses) {

    /** What happened to the service class. */
    public enum Kind {
        /** More of its port sets are held than the level. */
        HIGH,
        /** After {@link #HIGH}, fewer are held than this lower level. */
        LOW,
        /** Somebody asked and no port set was left. */
        EXHAUSTED
    }
}
