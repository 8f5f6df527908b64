package io.portledger.jobs.usage;

import io.portledger.jobs.v1.Sum;
import io.portledger.ledger.Usage.Span;
import io.portledger.ledger.Usage.Traffic;

/** What the operators of this job have in common about stretches of time. */
final class Windows {

    /** How long after its end a stretch may still change: late reports within it are counted. */
    static final long OPEN_AFTER_END_MILLIS = 2 * Span.DAY.millis();

    private Windows() {}

    /** The first moment of the stretch that has {@code atMillis}. */
    static long begin(Span span, long atMillis) {
        return Math.floorDiv(atMillis, span.millis()) * span.millis();
    }

    /** The next moment at which documents are written, a multiple of the interval. */
    static long nextWrite(long nowMillis, long intervalMillis) {
        return (nowMillis / intervalMillis + 1) * intervalMillis;
    }

    static Sum plus(Sum sum, long packetsUp, long octetsUp, long packetsDown, long octetsDown) {
        return Sum.newBuilder()
                .setPacketsUp(sum.getPacketsUp() + packetsUp)
                .setOctetsUp(sum.getOctetsUp() + octetsUp)
                .setPacketsDown(sum.getPacketsDown() + packetsDown)
                .setOctetsDown(sum.getOctetsDown() + octetsDown)
                .setReports(sum.getReports() + 1)
                .build();
    }

    static Traffic traffic(Sum sum) {
        return new Traffic(sum.getPacketsUp(), sum.getOctetsUp(), sum.getPacketsDown(), sum.getOctetsDown());
    }
}
