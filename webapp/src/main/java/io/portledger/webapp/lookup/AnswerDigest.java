package io.portledger.webapp.lookup;

import io.portledger.ledger.Answer;

/** What the audit log keeps of an answer's content, so that a copy of the answer can be told from a forgery. */
@FunctionalInterface
public interface AnswerDigest {

    /** SHA-256, in hexadecimal, of the answer's canonical JSON; see {@code docs/webapp.md}. */
    String of(Inquiry inquiry, Answer answer);
}
