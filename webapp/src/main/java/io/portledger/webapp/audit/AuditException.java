package io.portledger.webapp.audit;

/** The audit log cannot be written or read. The message is meant for the asker and says what to do. */
public class AuditException extends RuntimeException {

    public AuditException(String message) {
        super(message);
    }

    public AuditException(String message, Throwable cause) {
        super(message, cause);
    }
}
