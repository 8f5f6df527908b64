package io.portledger.webapp.security;

/** What a user may do. Nobody has more than the roles that were given; none of them implies another. */
public enum Role {
    /** Asks who held an address and port for the lawful requests of authorities, and reads accounts of subscribers. */
    LI_OFFICER("lawful requests: look-ups with the subscriber's identity, accounts"),
    /** Approves what needs a second pair of eyes. Asks nothing. */
    APPROVER("second pair of eyes: approves lawful requests"),
    /** Asks who held an address and port, for the security desk. */
    ANALYST("security desk: look-ups, accounts"),
    /** Sees statistics and findings, without the names of subscribers. Asks nothing. */
    NOC("statistics and findings, without names of subscribers"),
    /** Reads and verifies the audit log. Asks nothing. */
    AUDITOR("reads and verifies the audit log"),
    /** Keeps users, their roles and tokens. Asks nothing. */
    ADMIN("users, roles, tokens");

    private final String description;

    Role(String description) {
        this.description = description;
    }

    /** What it is for, in some words. */
    public String description() {
        return description;
    }

    /** The authority by which Spring Security knows it. */
    public String authority() {
        return "ROLE_" + name();
    }
}
