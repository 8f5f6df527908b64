package io.portledger.collector;

/** The collector cannot start. The message is one sentence for the operator: what failed and what to do. */
public final class CollectorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CollectorException(String message) {
        super(message);
    }

    CollectorException(String message, Throwable cause) {
        super(message, cause);
    }
}
