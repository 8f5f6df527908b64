package io.portledger.webapp.lookup;

import io.portledger.ledger.Answer;
import io.portledger.ledger.Question;

/** The ledger as the desk sees it; see {@link io.portledger.ledger.Ledger#whoHeld(Question)}. */
@FunctionalInterface
public interface LedgerAccess {

    /**
     * Asks the ledger.
     *
     * @throws IllegalArgumentException if it is a question that has no answer, one about the future for instance
     * @throws io.portledger.ledger.LedgerException if the store does not answer in full
     */
    Answer whoHeld(Question question);
}
