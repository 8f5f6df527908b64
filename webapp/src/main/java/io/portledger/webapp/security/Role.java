package io.portledger.webapp.security;

/** What a user may do. */
public enum Role {
    /** Ask who held an address and port. */
    LOOKUP
}
