package io.portledger.lwaftr.radius;

/** Acct-Terminate-Cause, RFC 2866 §5.10. */
enum TerminateCause {
    /** The lwB4 released its lease. */
    USER_REQUEST(1),
    /** The lease ran out. */
    SESSION_TIMEOUT(5),
    /** The AAA server or the operator ended it. */
    ADMIN_RESET(6),
    /** The lwAFTR ends. */
    NAS_REBOOT(11);

    final int code;

    TerminateCause(int code) {
        this.code = code;
    }
}
