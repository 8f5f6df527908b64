package io.portledger.webapp.lookup;

/** The ledger refused the question itself. The message is meant for the asker and says why. */
public class UnanswerableException extends RuntimeException {

    public UnanswerableException(String message) {
        super(message);
    }

    public UnanswerableException(String message, Throwable cause) {
        super(message, cause);
    }
}
