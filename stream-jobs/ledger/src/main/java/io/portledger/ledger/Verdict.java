package io.portledger.ledger;

/** What the ledger can say. It never guesses. */
public enum Verdict {
    /** One holder had the port during the whole window asked about. */
    HELD,
    /** Several had it within the window, or one for a part of it only, or the start of a holding was never logged. */
    AMBIGUOUS,
    /** Nobody had it within the window. */
    NOT_HELD
}
