package io.portledger.webapp.lookup;

/** A fault of this program kept a question from being answered. The message is meant for the asker and tells no detail. */
public class LookupFailedException extends RuntimeException {

    public LookupFailedException(Throwable cause) {
        super(
                "A fault kept this question from being answered; nothing can be said about it. The server's log has the"
                        + " details.",
                cause);
    }
}
