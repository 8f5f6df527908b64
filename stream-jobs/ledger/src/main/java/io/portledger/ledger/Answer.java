package io.portledger.ledger;

import java.util.List;

/**
 * What the ledger knows about a question.
 *
 * @param question what was asked
 * @param verdict what can be said
 * @param holders every interval that overlaps the window asked about, in order of time; empty if and only if the
 *     verdict is {@link Verdict#NOT_HELD}
 * @param complete false if records that could change the verdict may be missing
 * @param gaps the stretches of time in which such records may have been lost; empty if {@code complete}
 */
public record Answer(
        Question question, Verdict verdict, List<BindingInterval> holders, boolean complete, List<Gap> gaps) {

    public Answer {
        holders = List.copyOf(holders);
        gaps = List.copyOf(gaps);
    }
}
