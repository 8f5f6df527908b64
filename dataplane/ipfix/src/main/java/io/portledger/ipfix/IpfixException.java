package io.portledger.ipfix;

/**
 * The octets are no IPFIX message, or one that contradicts itself or its session. The text names the field and the
 * fault: {@code template 256: portRangeEnd has length 4, expected 2}.
 *
 * <p>It carries no stack trace: it tells of the sender's fault, and senders may cause many.
 */
public final class IpfixException extends Exception {

    private static final long serialVersionUID = 1L;

    IpfixException(String message) {
        super(message, null, false, false);
    }
}
