package io.portledger.ledger;

/** The store cannot answer: it is out of reach, refuses, or holds something that cannot be read. */
public final class LedgerException extends RuntimeException {

    public LedgerException(String message, Throwable cause) {
        super(message, cause);
    }

    public LedgerException(String message) {
        super(message);
    }
}
