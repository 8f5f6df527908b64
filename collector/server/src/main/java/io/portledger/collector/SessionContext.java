package io.portledger.collector;

import io.portledger.ipfix.Lw4o6Elements;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the sessions of IPFIX exporters share; all of it is safe for threads.
 *
 * @param waitingOctets octets of data sets that wait for their template in all sessions
 * @param gapMarginMillis how long before its export an event may have happened
 * @param collectedUntilMillis until when collectors collected before this one; empty if there was none
 * @param edges what is known of the time before the first message and after the last
 */
record SessionContext(
        IpfixSettings settings,
        Lw4o6Elements elements,
        GapBoard gapBoard,
        SkewWatch skewWatch,
        Tally tally,
        ExporterWatch watch,
        AtomicLong waitingOctets,
        long gapMarginMillis,
        OptionalLong collectedUntilMillis,
        Edges edges) {

    /** Where a session's octets begin and end. */
    enum Edges {
        /** They come as they are sent: whoever begins above 0 has sent records that nobody took. */
        LIVE,
        /** They were kept for a while: nothing is known of the time before and behind. */
        OPEN,
        /** They were kept for a while, and what came before and behind was collected as well. */
        CONTINUOUS
    }
}
