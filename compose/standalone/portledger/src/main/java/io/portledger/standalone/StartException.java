package io.portledger.standalone;

/** Something could not be started; the message tells the operator what, why and what to do about it. */
public final class StartException extends Exception {

    private static final long serialVersionUID = 1L;

    /** A failure whose message is all there is to say. */
    public StartException(String message) {
        super(message);
    }

    /** A failure with a cause that is worth a look in the log. */
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
