package io.portledger.dhcp;

/** Octets that are no DHCP message; the text names field and fault. */
public final class DhcpException extends Exception {

    private static final long serialVersionUID = 1;

    DhcpException(String message) {
        // Thrown for input from the network: nobody reads the stack trace, and filling it is what a flood would cost.
        super(message, null, false, false);
    }
}
