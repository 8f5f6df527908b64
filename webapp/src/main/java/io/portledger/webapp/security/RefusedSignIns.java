package io.portledger.webapp.security;

import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes refused sign-ins to the audit log, but not more of them than its disk can bear: of those above, only their number
 * is written, with the next one. A name that is no user's is not written: it may be a password in the wrong field. Safe
 * for use by several threads.
 */
final class RefusedSignIns {

    /** Why somebody was not let in. */
    enum Cause {
        /** The name or the password is wrong, or the user is disabled. */
        WRONG,
        /** There were too many wrong ones before. */
        THROTTLED,
        /** The token is unknown, expired or void. */
        TOKEN
    }

    private static final Logger LOG = LoggerFactory.getLogger(RefusedSignIns.class);
    private static final double WRITTEN_PER_SECOND = 2;
    private static final int WRITTEN_AT_ONCE = 100;
    private static final String ALL = "all";

    private final Accounts accounts;
    private final AuditLog audit;
    private final TokenBuckets buckets;
    private long unwritten;

    RefusedSignIns(Accounts accounts, AuditLog audit, Clock clock) {
        this.accounts = accounts;
        this.audit = audit;
        this.buckets = new TokenBuckets(WRITTEN_PER_SECOND, WRITTEN_AT_ONCE, clock);
    }

    /** Somebody was not let in; the name is null if none was told. */
    void add(@Nullable String name, String address, Cause cause) {
        long before;
        synchronized (this) {
            if (!buckets.take(ALL).isZero()) {
                unwritten++;
                return;
            }
            before = unwritten;
            unwritten = 0;
        }
        boolean isKnown = name != null && accounts.byName(name).isPresent();
        try {
            audit.append(new AuditEvent.SignInRefused(isKnown ? name : null, address, cause.name(), before));
        } catch (AuditException e) {
            LOG.error("A refused sign-in is not in the audit log: {}", e.getMessage());
        }
    }
}
