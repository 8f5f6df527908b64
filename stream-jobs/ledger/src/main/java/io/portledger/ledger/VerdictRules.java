package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Boundary;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;

/** What may be said of a question, given every interval that meets its window. Pure; see {@code docs/ledger.md}. */
final class VerdictRules {

    private VerdictRules() {}

    /**
     * @param question what was asked
     * @param overlapping every interval of that address and port that meets the window, in any order
     */
    static Verdict verdict(Question question, List<BindingInterval> overlapping) {
        if (overlapping.isEmpty()) {
            return Verdict.NOT_HELD;
        }
        BindingInterval.Holder holder = overlapping.getFirst().holder();
        boolean certain = overlapping.stream()
                .allMatch(interval -> interval.startedBy() != Boundary.UNKNOWN
                        && interval.holder().isSame(holder));
        return certain && coverWindow(question, overlapping) ? Verdict.HELD : Verdict.AMBIGUOUS;
    }

    /**
     * Whether {@code gap} may hide a record that matters: one that is later than the last logged boundary before the
     * window. What was lost before that boundary cannot matter, since the boundary tells the state from there on.
     *
     * @param lastLogged the last logged start or end, of an interval of that address and port, at or before the
     *     window's first moment; {@link Instant#EPOCH} if there is none
     */
    static boolean matters(Gap gap, Question question, Instant lastLogged) {
        return !gap.from().isAfter(question.to()) && !gap.to().isBefore(lastLogged);
    }

    private static boolean coverWindow(Question question, List<BindingInterval> overlapping) {
        // The ledger counts in milliseconds: a finer question is about the millisecond it lies in.
        Instant covered = question.from().truncatedTo(ChronoUnit.MILLIS);
        Instant last = question.to().truncatedTo(ChronoUnit.MILLIS);
        List<BindingInterval> inOrder = overlapping.stream()
                .sorted(Comparator.comparing(BindingInterval::start))
                .toList();
        for (BindingInterval interval : inOrder) {
            if (interval.start().isAfter(covered)) {
                return false;
            }
            if (interval.end() == null) {
                return true;
            }
            if (interval.end().isAfter(covered)) {
                covered = interval.end();
            }
        }
        return covered.isAfter(last);
    }
}
