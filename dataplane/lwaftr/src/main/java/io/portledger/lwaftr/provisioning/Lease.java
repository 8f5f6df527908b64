package io.portledger.lwaftr.provisioning;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import java.time.Instant;
import java.util.Comparator;

/**
 * A binding that an lwB4 has for a time. Changes only through its {@link LeaseTable}, on the control thread.
 *
 * <p>The lease holds at instants from {@link #createdAt()}, included, to {@link #expiresAt()}, not included.
 */
public final class Lease {

    static final Comparator<Lease> BY_EXPIRY = Comparator.comparing(Lease::expiresAt)
            .thenComparing(lease -> lease.binding().b4());

    private final Binding binding;
    private final Pool pool;
    private final int number;
    private final Nonce nonce;
    private final Instant createdAt;
    private Instant expiresAt;

    Lease(Binding binding, Pool pool, int number, Nonce nonce, Instant createdAt, Instant expiresAt) {
        this.binding = binding;
        this.pool = pool;
        this.number = number;
        this.nonce = nonce;
        this.createdAt = createdAt;
        this.expiresAt = expiresAt;
    }

    /** What the lwB4 has. */
    public Binding binding() {
        return binding;
    }

    /** Where the port set comes from. */
    public Pool pool() {
        return pool;
    }

    /** The number of the port set in its pool. */
    int number() {
        return number;
    }

    /** Who shows it may renew and release the lease. */
    public Nonce nonce() {
        return nonce;
    }

    /** When the binding came into the table, to the millisecond. */
    public Instant createdAt() {
        return createdAt;
    }

    /** When the lease ends unless it is renewed, to the millisecond. */
    public Instant expiresAt() {
        return expiresAt;
    }

    /** Only while the lease is not in a set ordered by expiry. */
    void expireAt(Instant newExpiry) {
        expiresAt = newExpiry;
    }

    @Override
    public String toString() {
        return binding + " from " + createdAt + " to " + expiresAt;
    }
}
