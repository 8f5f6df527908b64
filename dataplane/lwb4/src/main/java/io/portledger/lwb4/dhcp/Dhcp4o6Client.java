package io.portledger.lwb4.dhcp;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An lwB4's side of DHCPv4 over DHCPv6: obtains, renews and releases a share of an IPv4 address (RFC 2131, RFC 7341,
 * RFC 7618) and binds it to the softwire's address (RFC 8539). Neither sockets nor timers. Confined to one thread.
 *
 * <p>It must run only while the network offers DHCPv4 over DHCPv6; its driver sees to that by {@link #start} and
 * {@link #stop}.
 */
public final class Dhcp4o6Client {

    /** What the driver knows about the softwire. */
    public interface Surroundings {

        /**
         * The softwire's address at this end for a share of an IPv4 address.
         *
         * @param bindPrefix what the server asks it to be in, if it does
         * @return empty if there is none, so that the share is of no use
         */
        Optional<Ipv6Address> softwireAddress(Ipv4Address ipv4, PortSet ports, @Nullable Ipv6Prefix bindPrefix);

        /** Whether the other end is known without the server's word. */
        boolean knowsLwaftr();
    }

    /** How something came out. */
    public sealed interface Outcome {}

    /** It has a lease, or has it for longer. */
    public record Bound(Dhcp4o6Lease lease, boolean isNew) implements Outcome {}

    /** It has nothing any more: the time is over, the server said so, or gave something else, which follows. */
    public record Lost(Dhcp4o6Lease lease) implements Outcome {}

    /** It did not get what it asked for; it tries again by itself. */
    public record Refused(String reason) implements Outcome {}

    /** The driver's ears. */
    public interface Events {

        /** A message is to be sent, now and once. */
        void transmit(Dhcp4o6Query query);

        /** Something came out. */
        void settled(Outcome outcome);
    }

    private enum State {
        STOPPED,
        SELECTING,
        REQUESTING,
        REBOOTING,
        BOUND,
        RENEWING,
        REBINDING,
        /** Waits before it begins anew. */
        PAUSING
    }

    // RFC 2131 §4.1.
    private static final Duration FIRST_RETRANSMISSION = Duration.ofSeconds(4);
    private static final Duration LONGEST_RETRANSMISSION = Duration.ofSeconds(64);
    private static final long RETRANSMISSION_SPREAD_MILLIS = 1000;

    /** RFC 2131 §3.1: after about a minute without an answer to its request, a client begins anew. */
    private static final int MOST_REQUESTS = 4;

    /** RFC 2131 §4.4.5. */
    private static final Duration SHORTEST_RENEWAL = Duration.ofSeconds(60);

    /** RFC 8539 §7.1: how long to wait, about, if the server bound another softwire address. */
    private static final Duration AFTER_MISMATCH = Duration.ofSeconds(60);

    private static final int MOST_MISMATCHES = 3;
    private static final Duration AFTER_NAK = Duration.ofSeconds(10);
    private static final long LONGEST_LEASE_SECONDS = 0x7fff_ffffL;

    private final Surroundings surroundings;
    private final RandomGenerator random;
    private final Events events;

    private State state = State.STOPPED;
    private @Nullable Instant due;
    private @Nullable Dhcp4o6Query awaited;
    private Duration retransmission = FIRST_RETRANSMISSION;
    private Instant beganAt = Instant.EPOCH;
    private Instant askedAt = Instant.EPOCH;
    private int transmissions;
    private int refusals;
    private int mismatches;
    private @Nullable Dhcp4o6Lease lease;
    private @Nullable Dhcp4o6Answer offer;
    private @Nullable Ipv4Address lastAddress;
    private @Nullable PortSet lastPorts;

    /** @param random chooses transaction identifiers and spreads the timers */
    public Dhcp4o6Client(Surroundings surroundings, RandomGenerator random, Events events) {
        this.surroundings = surroundings;
        this.random = random;
        this.events = events;
    }

    /** What the client has, if anything. */
    public Optional<Dhcp4o6Lease> lease() {
        return Optional.ofNullable(lease);
    }

    /** When {@link #onTime} is to be called at the latest, if it is. */
    public Optional<Instant> nextDue() {
        return Optional.ofNullable(due);
    }

    /** Whether it runs. */
    public boolean isRunning() {
        return state != State.STOPPED;
    }

    /** Asks for a lease. */
    public void start(Instant now) {
        beganAt = now;
        discover(now);
    }

    /**
     * Asks for a lease that it had before a restart. Only allowed if its messages come from the same IPv6 address as then
     * (RFC 7618 §7); else {@link #start} is right.
     */
    public void restart(Dhcp4o6Lease former, Instant now) {
        if (!former.expiresAt().isAfter(now)) {
            start(now);
            return;
        }
        beganAt = now;
        lastAddress = former.ipv4();
        lastPorts = former.ports();
        offer = null;
        state = State.REBOOTING;
        ask(
                new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.REBOOT,
                        random.nextInt(),
                        0,
                        null,
                        former.ipv4(),
                        null,
                        former.ports(),
                        former.softwireAddress()),
                now);
    }

    /** Its messages come from another IPv6 address from now on, so what it has is no longer its own (RFC 7618 §7). */
    public void sourceChanged(Instant now) {
        if (state != State.STOPPED) {
            lose();
            start(now);
        }
    }

    /** Says nothing any more, as after the network has ceased to offer DHCPv4 over DHCPv6. */
    public void stop() {
        lose();
        state = State.STOPPED;
        awaited = null;
        due = null;
    }

    /** Gives the lease back, if there is one, and stops; there is no answer to wait for. */
    public void release() {
        Dhcp4o6Lease had = lease;
        if (had != null) {
            events.transmit(releaseOf(had));
        }
        stop();
    }

    /** Does what is due by {@code now}, if anything. */
    public void onTime(Instant now) {
        if (due == null || due.isAfter(now)) {
            return;
        }
        Dhcp4o6Lease had = lease;
        if (had != null && !had.expiresAt().isAfter(now)) {
            lose();
            start(now);
            return;
        }
        switch (state) {
            case SELECTING -> retransmit(now);
            case REQUESTING, REBOOTING -> {
                if (transmissions >= MOST_REQUESTS) {
                    events.settled(new Refused("the DHCP server does not answer the request"));
                    start(now);
                } else {
                    retransmit(now);
                }
            }
            case BOUND, RENEWING, REBINDING -> {
                if (had != null) {
                    renew(had, now);
                }
            }
            case PAUSING -> start(now);
            case STOPPED -> due = null;
        }
    }

    /**
     * Takes a server's message.
     *
     * @return whether it answers what this client asked
     */
    public boolean onAnswer(Dhcp4o6Answer answer, Instant now) {
        Dhcp4o6Query query = awaited;
        if (query == null || answer.transactionId() != query.transactionId()) {
            return false;
        }
        switch (answer.kind()) {
            case OFFER -> {
                if (state == State.SELECTING) {
                    select(answer, now);
                }
            }
            case ACK -> {
                if (state != State.SELECTING && isFromChosenServer(answer)) {
                    acknowledge(answer, query, now);
                }
            }
            case NAK -> {
                if (state != State.SELECTING && isFromChosenServer(answer)) {
                    refuse("the DHCP server refused the request (NAK)", now);
                }
            }
        }
        return true;
    }

    private void discover(Instant now) {
        state = State.SELECTING;
        offer = null;
        ask(
                new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.DISCOVER, random.nextInt(), 0, null, lastAddress, null, lastPorts, null),
                now);
    }

    private void select(Dhcp4o6Answer offered, Instant now) {
        Ipv4Address server = offered.server();
        if (server == null || offered.address().bits() == 0 || offered.leaseSeconds() == 0) {
            return;
        }
        // RFC 8539 §5: without a valid BR the client discards it, unless it knows the lwAFTR by another way.
        if (offered.brs().isEmpty() && !surroundings.knowsLwaftr()) {
            events.settled(new Refused("the DHCP server does not say where the lwAFTR is (option 90): set "
                    + "lwb4.softwire.lwaftr, or let the DHCPv6 server say it"));
            return;
        }
        PortSet ports = portsOf(offered);
        Optional<Ipv6Address> softwire = surroundings.softwireAddress(offered.address(), ports, offered.bindPrefix());
        if (softwire.isEmpty()) {
            events.settled(new Refused("there is no address for the softwire: set lwb4.softwire.prefix to what the "
                    + "network routes here"));
            return;
        }
        state = State.REQUESTING;
        offer = offered;
        ask(
                new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.SELECT,
                        random.nextInt(),
                        0,
                        null,
                        offered.address(),
                        server,
                        offered.ports(),
                        softwire.get()),
                now);
    }

    private void acknowledge(Dhcp4o6Answer answer, Dhcp4o6Query query, Instant now) {
        Ipv4Address server = answer.server();
        Ipv6Address asked = query.softwireAddress();
        if (server == null || answer.address().bits() == 0 || answer.leaseSeconds() == 0 || asked == null) {
            return;
        }
        awaited = null;
        Dhcp4o6Answer taken = offer;
        Ipv6Address bound = answer.softwireAddress();
        boolean bindsSoftwires =
                !answer.brs().isEmpty() || (taken != null && !taken.brs().isEmpty()) || bound != null;
        Dhcp4o6Lease had = lease;
        Ipv6Address br = !answer.brs().isEmpty()
                ? answer.brs().getFirst()
                : taken != null && !taken.brs().isEmpty() ? taken.brs().getFirst() : had != null ? had.br() : null;
        if (br == null && !surroundings.knowsLwaftr()) {
            refuse("the DHCP server does not say where the lwAFTR is (option 90)", now);
            return;
        }
        Dhcp4o6Lease given = leaseOf(answer, server, asked, br);
        if (bindsSoftwires && !asked.equals(bound)) {
            mismatch(given, bound, now);
            return;
        }
        mismatches = 0;
        refusals = 0;
        boolean isNew = had == null || !had.isSameBinding(given);
        if (had != null && isNew) {
            events.settled(new Lost(had));
        }
        bind(given);
        events.settled(new Bound(given, isNew));
    }

    private void bind(Dhcp4o6Lease given) {
        lease = given;
        lastAddress = given.ipv4();
        lastPorts = given.ports();
        state = State.BOUND;
        due = given.renewAt();
    }

    /** RFC 8539 §7.1: the server keeps another softwire address for the lease; ask again later, at last give it back. */
    private void mismatch(Dhcp4o6Lease given, @Nullable Ipv6Address bound, Instant now) {
        lose();
        mismatches++;
        Duration pause = Duration.ofMillis((long) (AFTER_MISMATCH.toMillis() * (0.5 + random.nextDouble())));
        events.settled(new Refused("the DHCP server bound the softwire address " + bound + " and not "
                + given.softwireAddress() + "; next try in " + pause.toSeconds() + " s"));
        if (mismatches >= MOST_MISMATCHES) {
            mismatches = 0;
            events.transmit(releaseOf(given));
        }
        state = State.PAUSING;
        due = now.plus(pause);
    }

    private void refuse(String reason, Instant now) {
        awaited = null;
        lose();
        lastAddress = null;
        lastPorts = null;
        refusals++;
        events.settled(new Refused(reason));
        if (refusals == 1) {
            start(now);
        } else {
            state = State.PAUSING;
            due = now.plus(AFTER_NAK.multipliedBy(Math.min(refusals - 1, 6)));
        }
    }

    private void renew(Dhcp4o6Lease had, Instant now) {
        boolean isRebinding = !now.isBefore(had.rebindAt());
        State next = isRebinding ? State.REBINDING : State.RENEWING;
        Dhcp4o6Query before = awaited;
        if (before == null || state != next) {
            beganAt = now;
            askedAt = now;
            before = new Dhcp4o6Query(
                    isRebinding ? Dhcp4o6Query.Kind.REBIND : Dhcp4o6Query.Kind.RENEW,
                    random.nextInt(),
                    0,
                    had.ipv4(),
                    null,
                    null,
                    had.ports(),
                    had.softwireAddress());
        }
        state = next;
        Instant end = isRebinding ? had.expiresAt() : had.rebindAt();
        Duration half = Duration.between(now, end).dividedBy(2);
        Instant again = now.plus(half.compareTo(SHORTEST_RENEWAL) < 0 ? SHORTEST_RENEWAL : half);
        due = again.isBefore(end) ? again : end;
        send(before, now);
    }

    private Dhcp4o6Query releaseOf(Dhcp4o6Lease given) {
        return new Dhcp4o6Query(
                Dhcp4o6Query.Kind.RELEASE,
                random.nextInt(),
                0,
                given.ipv4(),
                null,
                given.server(),
                given.ports(),
                null);
    }

    private void lose() {
        Dhcp4o6Lease had = lease;
        if (had != null) {
            lease = null;
            events.settled(new Lost(had));
        }
    }

    private Dhcp4o6Lease leaseOf(
            Dhcp4o6Answer answer, Ipv4Address server, Ipv6Address softwire, @Nullable Ipv6Address br) {
        long seconds = Math.min(answer.leaseSeconds(), LONGEST_LEASE_SECONDS);
        long rebind = answer.rebindAfterSeconds() > 0 && answer.rebindAfterSeconds() < seconds
                ? answer.rebindAfterSeconds()
                : seconds * 7 / 8;
        long renew = answer.renewAfterSeconds() > 0 && answer.renewAfterSeconds() < rebind
                ? answer.renewAfterSeconds()
                : Math.min(seconds / 2, rebind);
        return new Dhcp4o6Lease(
                answer.address(),
                portsOf(answer),
                softwire,
                br,
                server,
                askedAt.plusSeconds(renew),
                askedAt.plusSeconds(rebind),
                askedAt.plusSeconds(seconds));
    }

    private boolean isFromChosenServer(Dhcp4o6Answer answer) {
        Dhcp4o6Answer taken = offer;
        return state != State.REQUESTING
                || taken == null
                || taken.server() == null
                || taken.server().equals(answer.server());
    }

    private static PortSet portsOf(Dhcp4o6Answer answer) {
        PortSet ports = answer.ports();
        return ports == null ? PortSet.WHOLE_ADDRESS : ports;
    }

    private void ask(Dhcp4o6Query query, Instant now) {
        transmissions = 0;
        retransmission = FIRST_RETRANSMISSION;
        askedAt = now;
        due = now.plus(spread(retransmission));
        send(query, now);
    }

    private void retransmit(Instant now) {
        Dhcp4o6Query query = awaited;
        if (query != null) {
            Duration doubled = retransmission.multipliedBy(2);
            retransmission = doubled.compareTo(LONGEST_RETRANSMISSION) > 0 ? LONGEST_RETRANSMISSION : doubled;
            due = now.plus(spread(retransmission));
            send(query, now);
        }
    }

    private void send(Dhcp4o6Query query, Instant now) {
        transmissions++;
        Dhcp4o6Query timed = new Dhcp4o6Query(
                query.kind(),
                query.transactionId(),
                Math.clamp(Duration.between(beganAt, now).toSeconds(), 0, 0xffff),
                query.clientAddress(),
                query.requestedAddress(),
                query.server(),
                query.ports(),
                query.softwireAddress());
        awaited = timed;
        events.transmit(timed);
    }

    private Duration spread(Duration duration) {
        return duration.plusMillis(random.nextLong(-RETRANSMISSION_SPREAD_MILLIS, RETRANSMISSION_SPREAD_MILLIS + 1));
    }
}
