package io.portledger.settings;

/**
 * The settings cannot be used. The message is one sentence for the operator: where the fault is (file and line, or
 * environment variable), which key, what is wrong and what would be right.
 */
public final class SettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message the whole sentence, shown to the operator as it is */
    public SettingsException(String message) {
        super(message);
    }

    /** @param message the whole sentence, shown to the operator as it is */
    public SettingsException(String message, Throwable cause) {
        super(message, cause);
    }
}
