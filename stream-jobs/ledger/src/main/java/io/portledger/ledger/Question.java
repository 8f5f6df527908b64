package io.portledger.ledger;

import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who held {@code port} of {@code ipv4} at {@code at}, give or take {@code tolerance}?
 *
 * <p>Where whole ports are given to holders, neither protocol nor far end makes a difference. Where a NAT tells of single
 * mappings and sessions, two households may have one port for different protocols or far ends: then who asks without
 * them may get several.
 *
 * @param ipv4 the public address
 * @param port 0-65535; for ICMP queries the identifier
 * @param at the moment asked about, to the millisecond
 * @param tolerance how far the asker's clock may be off, either way; zero or more
 * @param protocol IP protocol number, 1-255, or 0 if it is not known
 * @param destination the far end's address, or null if it is not known
 * @param destinationPort the far end's port, or 0 if it is not known
 */
public record Question(
        Ipv4Address ipv4,
        int port,
        Instant at,
        Duration tolerance,
        int protocol,
        @Nullable Ipv4Address destination,
        int destinationPort) {

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
        if (protocol < 0 || protocol > 255) {
            throw new IllegalArgumentException("protocol " + protocol + " is out of range (allowed: 0-255)");
        }
        if (destinationPort < 0 || destinationPort > 0xffff) {
            throw new IllegalArgumentException(
                    "destination port " + destinationPort + " is out of range (allowed: 0-65535)");
        }
        if (destination == null && destinationPort != 0) {
            throw new IllegalArgumentException(
                    "destination port " + destinationPort + " has no address (give both or the address alone)");
        }
    }

    /** Whatever the protocol and the far end. */
    public Question(Ipv4Address ipv4, int port, Instant at, Duration tolerance) {
        this(ipv4, port, at, tolerance, 0, null, 0);
    }

    /** Whether what is asked about may have been traffic of {@code mapping}: nothing that both tell differs. */
    public boolean mayBe(@Nullable NatMapping mapping) {
        return mapping == null
                || ((protocol == 0 || mapping.protocol() == 0 || protocol == mapping.protocol())
                        && (destination == null
                                || !mapping.isSession()
                                || (destination.equals(mapping.destination())
                                        && (destinationPort == 0
                                                || mapping.destinationPort() == 0
                                                || destinationPort == mapping.destinationPort()))));
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
