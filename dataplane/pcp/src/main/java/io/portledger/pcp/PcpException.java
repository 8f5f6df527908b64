package io.portledger.pcp;

/** Octets that are no PCP response; the message names field and fault. */
public final class PcpException extends Exception {

    private static final long serialVersionUID = 1;

    PcpException(String message) {
        // Thrown for input from the network: nobody reads the stack trace, and filling it is what a flood would cost.
        super(message, null, false, false);
    }
}
