package io.portledger.lwb4;

import io.portledger.pcp.EpochCheck;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An lwB4's side of PCP: obtains a binding, renews and releases it (RFC 6887, RFC 7753). Neither sockets nor timers:
 * whoever drives it sends what it wants to send, hands it the responses and says how late it is. Confined to one thread.
 *
 * <p>Two kinds of waiting are told apart. A retransmission waits for the network, so its delay is a duration from now.
 * A renewal, the end of a binding and the end of an error are instants of the clock: {@link #nextDue()}.
 *
 * <p>The nonce is one for the life of the object and all requests, so that whatever was lost on the way, there is one
 * mapping at the server and this client may change it.
 */
public final class PcpClient {

    /**
     * What a client asks for.
     *
     * @param source address from which the requests are sent
     * @param internalAddress whose binding it is, if not that of {@code source}: asked for by THIRD_PARTY
     * @param lifetimeSeconds requested lifetime, 1 to 2^32 - 1
     * @param learnsFurtherRanges whether, after the first range of ports, the further ones of a scattered port set are
     *     asked for until the server has no more
     */
    public record Wishes(
            Ipv6Address source,
            @Nullable Ipv6Address internalAddress,
            long lifetimeSeconds,
            boolean learnsFurtherRanges) {

        /** @throws IllegalArgumentException if the lifetime is out of its range */
        public Wishes {
            if (lifetimeSeconds < 1 || lifetimeSeconds > 0xffff_ffffL) {
                throw new IllegalArgumentException("Invalid value " + lifetimeSeconds
                        + " s for key lifetime: out of range (allowed: 1 to 4294967295 s)");
            }
        }
    }

    /** How something that the client did came out. */
    public sealed interface Outcome {}

    /**
     * It has a binding that it had not before.
     *
     * @param holding all of it
     */
    public record Bound(Holding holding) implements Outcome {}

    /**
     * It has its binding for longer.
     *
     * @param holding all of it
     * @param isRecreated whether the server had lost the binding and made it anew
     */
    public record Renewed(Holding holding, boolean isRecreated) implements Outcome {}

    /** It has nothing any more, as it wished. */
    public record Released() implements Outcome {}

    /**
     * It lost its binding: the lifetime ended, or the server gave it another one, of which it is told next.
     *
     * @param holding what it had
     */
    public record Lost(Holding holding) implements Outcome {}

    /**
     * The server did not do what was asked; a binding that was there stays as long as it lasts.
     *
     * @param result the result code's number; 0 if the server consented to something that an lwB4 cannot use
     * @param reason for people
     * @param retryAfter how long the client waits before it asks again by itself
     */
    public record Refused(int result, String reason, Duration retryAfter) implements Outcome {}

    /** The driver's ears. */
    public interface Events {

        /**
         * A request is to be sent, now and once.
         *
         * @param retransmitAfter when to call {@link #retransmit()} if no response was taken until then; null: never,
         *     since {@link #nextDue()} sees to it
         */
        void transmit(PcpRequest request, @Nullable Duration retransmitAfter);

        /** Something came out. The client may be asked for more from within. */
        void settled(Outcome outcome);
    }

    private enum State {
        IDLE,
        OBTAINING,
        LEARNING,
        BOUND,
        RENEWING,
        RELEASING
    }

    private static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    private static final int FIRST_INTERNAL_PORT = 1;
    private static final int LAST_PORT = 0xffff;
    private static final long LONGEST_LIFETIME_SECONDS = 86_400;
    private static final long SHORTEST_ERROR_SECONDS = 1;
    private static final Duration FIRST_RETRANSMISSION = Duration.ofSeconds(3);
    private static final Duration LONGEST_RETRANSMISSION = Duration.ofSeconds(1024);
    private static final Duration BETWEEN_RENEWALS = Duration.ofSeconds(4);
    private static final Duration RECOVERY_SPREAD = Duration.ofSeconds(5);

    private final Wishes wishes;
    private final RandomGenerator random;
    private final Events events;
    private final Nonce nonce;
    private final EpochCheck epoch = new EpochCheck();

    private State state = State.IDLE;
    private @Nullable Holding holding;
    private final List<PortRange> learnt = new ArrayList<>();
    private Ipv4Address learntAddress = new Ipv4Address(0);
    private Ipv6Address suggestedAddress = ANY_IPV4;
    private int suggestedPort;

    private @Nullable PcpRequest awaited;
    private int askedPort;
    private Instant askedAt = Instant.EPOCH;
    private Duration retransmission = Duration.ZERO;

    private @Nullable Instant due;
    private Instant renewedAt = Instant.EPOCH;
    private int renewalsSent;
    private boolean isRecovering;

    /**
     * @param random chooses the nonce and spreads the timers; unpredictable (a SecureRandom) unless in a test
     */
    public PcpClient(Wishes wishes, RandomGenerator random, Events events) {
        this.wishes = wishes;
        this.random = random;
        this.events = events;
        nonce = Nonce.random(random);
    }

    /** By which responses to this client are known. */
    public Nonce nonce() {
        return nonce;
    }

    /** From which address its requests say that they come. */
    public Ipv6Address source() {
        return wishes.source();
    }

    /** What the client has, if anything. */
    public Optional<Holding> holding() {
        return Optional.ofNullable(holding);
    }

    /** When {@link #onTime} is to be called at the latest, if it is. */
    public Optional<Instant> nextDue() {
        return Optional.ofNullable(due);
    }

    /** Whether a request waits for its response. */
    public boolean isAwaiting() {
        return awaited != null;
    }

    /** Asks for a binding; comes out as {@link Bound} or {@link Refused}. */
    public void obtain(Instant now) {
        learnt.clear();
        holding = null;
        state = State.OBTAINING;
        due = null;
        ask(mapRequest(FIRST_INTERNAL_PORT, wishes.lifetimeSeconds(), suggestedPort, suggestedAddress), now);
    }

    /**
     * Asks for more lifetime now; comes out as {@link Renewed}, {@link Refused}, or {@link Lost} and then
     * {@link Bound}.
     *
     * @throws IllegalStateException if there is nothing to renew
     */
    public void renew(Instant now) {
        requireHolding();
        state = State.RENEWING;
        ask(mapRequest(FIRST_INTERNAL_PORT, wishes.lifetimeSeconds(), suggestedPort, suggestedAddress), now);
    }

    /**
     * Gives the binding back; comes out as {@link Released} or {@link Refused}.
     *
     * @throws IllegalStateException if there is nothing to give back
     */
    public void release(Instant now) {
        requireHolding();
        state = State.RELEASING;
        due = null;
        // RFC 6887 errata 3621: a delete suggests port 0 and the all-zeros address of the mapping's family.
        ask(mapRequest(FIRST_INTERNAL_PORT, 0, 0, ANY_IPV4), now);
    }

    /** Forgets the binding without a word, as a device does whose plug is pulled, but for the nonce. */
    public void forget() {
        state = State.IDLE;
        holding = null;
        awaited = null;
        due = null;
    }

    /** Sends the request again that has waited for its response for too long. */
    public void retransmit() {
        PcpRequest request = awaited;
        if (request != null) {
            retransmission = spread(min(retransmission.multipliedBy(2), LONGEST_RETRANSMISSION));
            events.transmit(request, retransmission);
        }
    }

    /** Does what is due by {@code now}, if anything. */
    public void onTime(Instant now) {
        if (due == null || due.isAfter(now)) {
            return;
        }
        Holding had = holding;
        if (had != null && !had.expiresAt().isAfter(now)) {
            forget();
            events.settled(new Lost(had));
            obtain(now);
        } else if (had == null) {
            obtain(now);
        } else if (isRecovering) {
            isRecovering = false;
            due = had.expiresAt();
            renew(now);
        } else {
            state = State.RENEWING;
            planRenewal(now, had);
            PcpRequest request =
                    mapRequest(FIRST_INTERNAL_PORT, wishes.lifetimeSeconds(), suggestedPort, suggestedAddress);
            if (awaited == null) {
                askedAt = now;
            }
            awaited = request;
            askedPort = FIRST_INTERNAL_PORT;
            events.transmit(request, null);
        }
    }

    /**
     * Takes a response of the server.
     *
     * @return whether it is one to this client
     */
    public boolean onResponse(PcpResponse response, Instant now) {
        PcpOperation operation = response.operation();
        if (operation instanceof PcpOperation.Map map) {
            if (!map.nonce().equals(nonce)) {
                return false;
            }
            boolean isValid = epoch.accept(response.epochSeconds(), now);
            if (map.internalPort() == askedPort && awaited != null) {
                take(response, map, isValid, now);
            } else if (response.isSuccess() && map.internalPort() == FIRST_INTERNAL_PORT) {
                update(response, map, now);
            }
            return true;
        }
        if (operation instanceof PcpOperation.Announce && response.isSuccess()) {
            if (!epoch.accept(response.epochSeconds(), now) && state == State.BOUND) {
                due = now.plusMillis(random.nextLong(RECOVERY_SPREAD.toMillis() + 1));
                isRecovering = true;
            }
            return true;
        }
        return false;
    }

    /** RFC 6887 §14.2: what the server says unasked, it is asked for, so that whatever came before is in order. */
    private void update(PcpResponse response, PcpOperation.Map map, Instant now) {
        Holding had = holding;
        Optional<PortRange> range = rangeOf(response, map);
        if (state == State.BOUND
                && had != null
                && response.lifetimeSeconds() > 0
                && map.externalAddress().isMapped()
                && range.isPresent()
                && !(had.ipv4().equals(map.externalAddress().embeddedIpv4())
                        && had.ranges().getFirst().equals(range.get()))) {
            suggestedAddress = map.externalAddress();
            suggestedPort = map.externalPort();
            renew(now);
        }
    }

    private void take(PcpResponse response, PcpOperation.Map map, boolean isEpochValid, Instant now) {
        boolean isDelete = state == State.RELEASING;
        if (response.isSuccess() && (response.lifetimeSeconds() == 0) != isDelete) {
            // It answers an earlier request that was sent more than once.
            return;
        }
        awaited = null;
        if (!response.isSuccess()) {
            refuse(response, now);
            return;
        }
        if (isDelete) {
            state = State.IDLE;
            holding = null;
            events.settled(new Released());
            return;
        }
        Optional<PortRange> range = rangeOf(response, map);
        if (range.isEmpty() || !map.externalAddress().isMapped()) {
            pause(0, "the server mapped ports to others, which is no lw4o6", Duration.ofMinutes(30), now);
            return;
        }
        Ipv4Address address = map.externalAddress().embeddedIpv4();
        long lifetime = response.lifetimeSeconds();
        Instant expiry = askedAt.plusSeconds(Math.min(lifetime, LONGEST_LIFETIME_SECONDS));
        Holding had = holding;
        if (state == State.RENEWING && had != null) {
            if (had.ipv4().equals(address) && had.ranges().getFirst().equals(range.get())) {
                bind(had.until(lifetime, expiry), now);
                events.settled(new Renewed(had.until(lifetime, expiry), !isEpochValid));
                return;
            }
            holding = null;
            learnt.clear();
            events.settled(new Lost(had));
        }
        if (state == State.LEARNING
                && had != null
                && (range.get().first() < askedPort || !address.equals(had.ipv4()))) {
            // A server that knows no further ranges of the set, and says so in its own way.
            bindLearnt(had.lifetimeSeconds(), had.expiresAt(), now);
            return;
        }
        learnt.add(range.get());
        learntAddress = address;
        int next = range.get().last() + 1;
        if (!wishes.learnsFurtherRanges() || next > LAST_PORT || isLearntWhole()) {
            bindLearnt(lifetime, expiry, now);
        } else {
            state = State.LEARNING;
            due = null;
            // What the answer to the last question will not tell, if it is a refusal.
            holding = new Holding(address, learnt, lifetime, expiry);
            ask(mapRequest(next, wishes.lifetimeSeconds(), 0, ANY_IPV4), now);
        }
    }

    private void refuse(PcpResponse response, Instant now) {
        Holding had = holding;
        if (state == State.LEARNING && had != null) {
            bindLearnt(had.lifetimeSeconds(), had.expiresAt(), now);
            return;
        }
        long seconds = Math.clamp(response.lifetimeSeconds(), SHORTEST_ERROR_SECONDS, LONGEST_LIFETIME_SECONDS);
        String name = ResultCode.of(response.result()).map(ResultCode::name).orElse("code " + response.result());
        pause(response.result(), "the PCP server answered " + name, Duration.ofSeconds(seconds), now);
    }

    private void pause(int result, String reason, Duration retryAfter, Instant now) {
        Holding had = holding;
        Instant retryAt = now.plus(retryAfter);
        if (had == null) {
            state = State.IDLE;
            due = retryAt;
        } else {
            state = State.BOUND;
            due = retryAt.isBefore(had.expiresAt()) ? retryAt : had.expiresAt();
        }
        events.settled(new Refused(result, reason, retryAfter));
    }

    private void bindLearnt(long lifetime, Instant expiry, Instant now) {
        Holding complete = new Holding(learntAddress, learnt, lifetime, expiry);
        bind(complete, now);
        events.settled(new Bound(complete));
    }

    private void bind(Holding complete, Instant now) {
        holding = complete;
        state = State.BOUND;
        suggestedAddress = Ipv6Address.mapped(complete.ipv4());
        suggestedPort = complete.ranges().getFirst().first();
        renewedAt = now;
        renewalsSent = 0;
        isRecovering = false;
        planRenewal(now, complete);
    }

    /**
     * RFC 6887 §11.2.1: at a random point of 1/2 to 5/8 of the lifetime, then 3/4 to 13/16, and so on, but never within
     * four seconds of each other; when none is left, at the end.
     */
    private void planRenewal(Instant now, Holding current) {
        long millis = Duration.between(renewedAt, current.expiresAt()).toMillis();
        double begin = 1 - Math.pow(0.5, renewalsSent + 1.0);
        double width = Math.pow(0.5, renewalsSent + 3.0);
        Instant at = renewedAt.plusMillis((long) (millis * (begin + width * random.nextDouble())));
        Instant earliest = renewalsSent == 0 ? at : now.plus(BETWEEN_RENEWALS);
        Instant planned = at.isBefore(earliest) ? earliest : at;
        due = planned.isBefore(current.expiresAt()) ? planned : current.expiresAt();
        renewalsSent++;
    }

    /** Whether the ranges that were learnt are a whole port set by the algorithm, so that the server has no more. */
    private boolean isLearntWhole() {
        return Holding.algorithm(learnt)
                .map(PortSet::rangeCount)
                .filter(count -> count == learnt.size())
                .isPresent();
    }

    private static Optional<PortRange> rangeOf(PcpResponse response, PcpOperation.Map map) {
        Optional<PcpOption.PortSet> set = response.option(PcpOption.PortSet.class);
        int first = map.externalPort();
        int size = set.map(PcpOption.PortSet::size).orElse(1);
        boolean isIdentity = set.isEmpty() || set.get().firstInternalPort() == first;
        return isIdentity && first > 0 && size > 0 && first + size - 1 <= LAST_PORT
                ? Optional.of(new PortRange(first, first + size - 1))
                : Optional.empty();
    }

    private void ask(PcpRequest request, Instant now) {
        awaited = request;
        askedPort = ((PcpOperation.Map) request.operation()).internalPort();
        askedAt = now;
        retransmission = spread(FIRST_RETRANSMISSION);
        events.transmit(request, retransmission);
    }

    private PcpRequest mapRequest(int internalPort, long lifetime, int externalPort, Ipv6Address externalAddress) {
        List<PcpOption> options = new ArrayList<>(2);
        if (wishes.internalAddress() != null && !wishes.internalAddress().equals(wishes.source())) {
            options.add(new PcpOption.ThirdParty(wishes.internalAddress()));
        }
        options.add(new PcpOption.PortSet(PcpOption.PortSet.AS_MANY_AS_POSSIBLE, internalPort, false));
        return new PcpRequest(
                lifetime,
                wishes.source(),
                new PcpOperation.Map(nonce, 0, internalPort, externalPort, externalAddress),
                options);
    }

    private void requireHolding() {
        if (holding == null) {
            throw new IllegalStateException("this lwB4 has no binding");
        }
    }

    /** RFC 6887 §8.1.1: up to a tenth more or less. */
    private Duration spread(Duration duration) {
        return Duration.ofMillis((long) (duration.toMillis() * (0.9 + 0.2 * random.nextDouble())));
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
