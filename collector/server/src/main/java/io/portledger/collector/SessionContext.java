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
        OptionalLong collectedUntilMillis) {}
