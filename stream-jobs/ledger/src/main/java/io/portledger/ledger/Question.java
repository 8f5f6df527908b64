package io.portledger.ledger;

import io.portledger.softwire.Ipv4Address;
import java.time.Duration;
import java.time.Instant;

/**
 * Who held {@code port} of {@code ipv4} at {@code at}, give or take {@code tolerance}?
 *
 * @param ipv4 the public address
 * @param port 0-65535; for ICMP queries the identifier
 * @param at the moment asked about, to the millisecond
 * @param tolerance how far the asker's clock may be off, either way; zero or more
 */
public record Question(Ipv4Address ipv4, int port, Instant at, Duration tolerance) {

    private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");

    /** The largest tolerance: a wider window than this asks for a history, not for a holder. */
    public static final Duration MAX_TOLERANCE = Duration.ofDays(31);

    /**
     * @throws IllegalArgumentException if the port is none, the moment lies outside the years 1970 to 9999, or the
     *     tolerance is negative or larger than {@link #MAX_TOLERANCE}
     */
    public Question {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is out of range (allowed: 0-65535)");
        }
        if (tolerance.isNegative()) {
            throw new IllegalArgumentException(
                    "tolerance " + tolerance + " is negative (allowed: PT0S to " + MAX_TOLERANCE + ")");
        }
        if (tolerance.compareTo(MAX_TOLERANCE) > 0) {
            throw new IllegalArgumentException(
                    "tolerance " + tolerance + " is too large (allowed: PT0S to " + MAX_TOLERANCE + ")");
        }
        if (at.isBefore(Instant.EPOCH) || !at.isBefore(AFTER_LAST)) {
            throw new IllegalArgumentException("time " + at + " is out of range (allowed: the years 1970 to 9999)");
        }
    }

    /** The first moment of the window asked about, included. */
    public Instant from() {
        return at.minus(tolerance);
    }

    /** The last moment of the window asked about, included. */
    public Instant to() {
        return at.plus(tolerance);
    }
}
