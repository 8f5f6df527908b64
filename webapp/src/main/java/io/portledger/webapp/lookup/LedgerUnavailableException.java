package io.portledger.webapp.lookup;

/** The ledger could not be asked, or not in full. The message is meant for the asker and says what to do. */
public class LedgerUnavailableException extends RuntimeException {

    public LedgerUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
