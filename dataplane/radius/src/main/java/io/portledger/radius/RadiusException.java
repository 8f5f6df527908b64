package io.portledger.radius;

/** Octets that are no RADIUS packet, or none of the one who shares the secret. */
public final class RadiusException extends Exception {

    private static final long serialVersionUID = 1;

    /** What is wrong. */
    public enum Fault {
        /** Truncated, or an attribute that cannot be. */
        MALFORMED,
        /** The Request or Response Authenticator, or the Message-Authenticator, is not that of the secret. */
        NOT_AUTHENTIC,
        /** There is no Message-Authenticator although there has to be one. */
        NO_MESSAGE_AUTHENTICATOR
    }

    private final Fault fault;

    RadiusException(Fault fault, String message) {
        // Thrown for input from the network: nobody reads the stack trace, and filling it is what a flood would cost.
        super(message, null, false, false);
        this.fault = fault;
    }

    static RadiusException malformed(String message) {
        return new RadiusException(Fault.MALFORMED, message);
    }

    /** What is wrong; the message has the details. */
    public Fault fault() {
        return fault;
    }
}
