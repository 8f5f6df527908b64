package io.portledger.webapp.security;

/** What a user may do. */
public enum Role {
    /** Open cases, and ask who held an address and port. */
    LOOKUP,
    /** Approve or refuse cases that somebody else opened. */
    APPROVER,
    /** Read cases and the audit log. */
    AUDITOR
}
