package io.portledger.webapp.cases;

/** A case does not allow what is asked for. The message is meant for the asker and says what to do. */
public class CaseException extends RuntimeException {

    public CaseException(String message) {
        super(message);
    }
}
