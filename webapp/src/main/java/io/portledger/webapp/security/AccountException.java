package io.portledger.webapp.security;

/** A change of a user cannot be made. The message is meant for whoever wants it, and says what is allowed. */
public final class AccountException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AccountException(String message) {
        super(message);
    }

    AccountException(String message, Throwable cause) {
        super(message, cause);
    }
}
