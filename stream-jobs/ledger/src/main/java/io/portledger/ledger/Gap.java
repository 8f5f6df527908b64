package io.portledger.ledger;

import java.time.Instant;

/**
 * A stretch of time in which an exporter's records may be missing.
 *
 * @param exporter the exporter, or {@link #ANY_EXPORTER}
 * @param observationDomain its IPFIX observation domain, unsigned; 0 for syslog
 * @param cause NOT_YET_COLLECTED or SILENT, as the ledger finds at the time of the question; SEQUENCE, RESTART, UNDECODABLE or NOT_COLLECTED, as the collector reports it; UNKNOWN if it reports a
 *     cause that the jobs do not know; LATE: a record came after the history of its time was closed; NOT_READ: Kafka
 *     deleted records before the jobs had read them; or EXPIRED: intervals of that time were deleted
 * @param from first moment, included
 * @param to last moment, included
 * @param lostRecords how many records are known to be missing; 0 if unknown
 */
public record Gap(String exporter, long observationDomain, String cause, Instant from, Instant to, long lostRecords) {

    /** Stands for the exporter where nobody knows whose records may be missing: anybody's. */
    public static final String ANY_EXPORTER = "*";

    /** The cause of the gap from where the ledger has come to on. */
    public static final String NOT_YET_COLLECTED = "NOT_YET_COLLECTED";

    /** The cause of the gap of an exporter that is not heard. */
    public static final String SILENT = "SILENT";

    /** The last moment of the year 9999: no gap ends later. */
    public static final long LAST_MILLIS = 253_402_300_799_999L;
}
