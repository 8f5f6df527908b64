package io.portledger.syslog;

/**
 * Octets are not an RFC 5424 message. The message is one sentence: which field, what was found, what was expected.
 *
 * <p>It carries no stack trace: it speaks of somebody's input, and a flood of bad input must stay cheap.
 */
public final class SyslogParseException extends Exception {

    private static final long serialVersionUID = 1L;

    SyslogParseException(String message) {
        super(message, null, false, false);
    }
}
