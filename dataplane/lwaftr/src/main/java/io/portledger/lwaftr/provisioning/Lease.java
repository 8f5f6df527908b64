package io.portledger.lwaftr.provisioning;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A port set and the lwB4 that has it, for a time or without an end, or that had it last. Changes only through its
 * {@link LeaseTable}, on the control thread.
 *
 * <p>A lease that is held holds at instants from {@link #createdAt()}, included, to {@link #expiresAt()}, not included.
 * One that ended stays as the memory of its port set, which rests, until somebody else takes the set: so that the same
 * lwB4 gets it back. There is one object for each, of about a hundred octets, linked to others without further objects.
 */
public final class Lease {

    /** Milliseconds of the epoch that never come. */
    static final long NEVER = Long.MAX_VALUE;

    /** What a lease is at present. */
    enum State {
        /** The lwB4 has it until it expires. */
        HELD,
        /** The lwB4 has it until whoever assigned it withdraws it. */
        ASSIGNED,
        /** The lwB4 had it, and nobody has it now. */
        RESTING,
        /** Of no meaning any more. */
        GONE
    }

    final long b4High;
    final long b4Low;
    private final long nonceHigh;
    private final int nonceLow;
    private final int ipv4;
    private final PortSet ports;
    private final Ipv6Address br;
    private @Nullable String subscriber;
    private Origin origin;
    private char replyPort;
    State state = State.GONE;
    private final @Nullable Pool pool;
    private final int number;
    long createdMillis;

    /** Of a lease that is held: when it ends; of one that rests: until when it was held. */
    long endMillis = NEVER;

    /** Of a lease that is held: when it ends at the latest; of one that rests: from when on others may have it. */
    long limitMillis = NEVER;

    /** In which list of the {@link ExpiryWheel} it is; -1: in none. */
    int wheelList = -1;

    /** Whether somebody else than the lwAFTR chose the ports. */
    boolean isDetermined;

    /** Whether it ended by itself. */
    boolean hasExpired;

    // Neighbours in the list of those that expire in the same second, that rest, or that are assigned to one lwB4.
    @Nullable
    Lease before;

    @Nullable
    Lease after;

    /**
     * @param pool which gave the port set; null if it is in no pool
     * @param number of the port set in the pool
     * @param replyPort from which UDP port the lwB4 asked; 0 if that is not known
     */
    Lease(
            Binding binding,
            @Nullable Pool pool,
            int number,
            Nonce nonce,
            Origin origin,
            int replyPort,
            long createdMillis) {
        b4High = binding.b4().high();
        b4Low = binding.b4().low();
        ipv4 = binding.ipv4().bits();
        ports = binding.ports();
        br = binding.br();
        subscriber = binding.subscriber();
        nonceHigh = nonce.high();
        nonceLow = nonce.low();
        this.pool = pool;
        this.number = number;
        this.origin = origin;
        this.replyPort = (char) replyPort;
        this.createdMillis = createdMillis;
    }

    /** What the lwB4 has. */
    public Binding binding() {
        return new Binding(b4(), new Ipv4Address(ipv4), ports, br, subscriber);
    }

    /** The lwB4's address. */
    public Ipv6Address b4() {
        return new Ipv6Address(b4High, b4Low);
    }

    /** The port set. */
    public PublicPorts publicPorts() {
        return new PublicPorts(new Ipv4Address(ipv4), ports);
    }

    /** The operator's name for the subscriber, if somebody knows it. */
    public @Nullable String subscriber() {
        return subscriber;
    }

    /** By which way it came. */
    public Origin origin() {
        return origin;
    }

    /** Where the port set comes from; null if it is in no pool. */
    public @Nullable Pool pool() {
        return pool;
    }

    /** The number of the port set in its pool. */
    int number() {
        return number;
    }

    /** Who shows it may renew and release the lease: PCP's nonce, or what stands for a DHCP client's identifier. */
    public Nonce nonce() {
        return new Nonce(nonceHigh, nonceLow);
    }

    /** From which UDP port the lwB4 asked last, 0 if that is not known: where it hears what it did not ask for. */
    public int replyPort() {
        return replyPort;
    }

    /** When the binding came into the table, to the millisecond. */
    public Instant createdAt() {
        return Instant.ofEpochMilli(createdMillis);
    }

    /** When the lease ends unless it is renewed, to the millisecond; {@link Instant#MAX} if it has no end. */
    public Instant expiresAt() {
        return endMillis == NEVER ? Instant.MAX : Instant.ofEpochMilli(endMillis);
    }

    /** Of a lease that is held: when it ends however often it is renewed, if there is such a limit. */
    public Optional<Instant> limit() {
        return limitMillis == NEVER ? Optional.empty() : Optional.of(Instant.ofEpochMilli(limitMillis));
    }

    /** Whether it ended because its time was over, and not because somebody ended it. */
    public boolean hasExpired() {
        return hasExpired;
    }

    /** Whether the lwB4 has it now, for a time or without an end. */
    boolean isInForce() {
        return state == State.HELD || state == State.ASSIGNED;
    }

    boolean isOf(Ipv6Address b4) {
        return b4High == b4.high() && b4Low == b4.low();
    }

    void nameSubscriber(@Nullable String name) {
        subscriber = name;
    }

    void comeBy(Origin newOrigin) {
        origin = newOrigin;
    }

    void hearFrom(int newReplyPort) {
        replyPort = (char) newReplyPort;
    }

    @Override
    public String toString() {
        return binding() + " from " + createdAt() + " to " + (endMillis == NEVER ? "withdrawal" : expiresAt());
    }
}
