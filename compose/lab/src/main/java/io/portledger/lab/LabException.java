package io.portledger.lab;

/** The lab could not be built, or a command in it failed; the message holds what the command printed. */
public final class LabException extends RuntimeException {

    private static final long serialVersionUID = 1;

    LabException(String message) {
        super(message);
    }

    LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
