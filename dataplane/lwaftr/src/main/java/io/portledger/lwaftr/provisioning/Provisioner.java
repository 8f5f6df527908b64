package io.portledger.lwaftr.provisioning;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an lwB4's demand becomes a binding, by whichever protocol it came: what is assigned to it, else what it has, else a
 * new lease, as far as the directory of subscribers and the AAA server allow. Control thread only.
 *
 * <p>Whoever answers the lwB4 calls {@link LeaseTable#commit} first.
 */
public final class Provisioner {

    private static final Logger log = LoggerFactory.getLogger(Provisioner.class);

    /** What came of a demand. */
    public sealed interface Outcome {}

    /**
     * The lwB4 has a lease.
     *
     * @param lease with its new end
     * @param isNew whether it had none before
     */
    public record Granted(Lease lease, boolean isNew) implements Outcome {}

    /**
     * The lwB4 has what was assigned to it.
     *
     * @param leases at least one, without an end
     */
    public record Assigned(List<Lease> leases) implements Outcome {}

    /**
     * The lwB4 has a lease that somebody else made, who knows another nonce.
     *
     * @param lease the lease, unchanged
     */
    public record NotYours(Lease lease) implements Outcome {}

    /** It may have none. */
    public record NotAuthorized() implements Outcome {}

    /** Nothing is left that it could have. */
    public record Exhausted() implements Outcome {}

    /** It cannot be said now, or not be made to last; later perhaps. */
    public record Unavailable() implements Outcome {}

    private final LeaseTable leases;
    private final Subscribers subscribers;
    private final @Nullable Authority authority;
    private final InstantSource clock;

    /** @param authority who is asked beside the directory; null: nobody */
    public Provisioner(LeaseTable leases, Subscribers subscribers, @Nullable Authority authority, InstantSource clock) {
        this.leases = leases;
        this.subscribers = subscribers;
        this.authority = authority;
        this.clock = clock;
    }

    /** Where the leases are. */
    public LeaseTable leases() {
        return leases;
    }

    /** Who is behind which prefix. */
    public Subscribers subscribers() {
        return subscribers;
    }

    /**
     * Gives an lwB4 what it asks for.
     *
     * @param outcome is told exactly once what came of it and when, before this method returns unless the authority takes
     *     its time
     */
    public void obtain(Demand demand, Instant now, BiConsumer<Outcome, Instant> outcome) {
        Outcome known = known(demand, now);
        if (known != null) {
            outcome.accept(known, now);
            return;
        }
        Entitlement entitlement = subscribers.of(demand.b4());
        Authority asked = authority;
        if (asked == null) {
            outcome.accept(create(demand, entitlement, now), now);
            return;
        }
        asked.ask(demand.b4(), verdict -> {
            Instant later = clock.instant();
            Outcome meanwhile = known(demand, later);
            outcome.accept(meanwhile == null ? decided(demand, verdict, later) : meanwhile, later);
        });
    }

    /**
     * Says what an lwB4 could obtain now, without giving it: what is assigned to it, else what it has by the same nonce,
     * else what it would get. It may be gone when it is asked for.
     *
     * @param offer is told exactly once, before this method returns unless the authority takes its time; empty if there
     *     is nothing
     */
    public void preview(Demand demand, Instant now, Consumer<Optional<PublicPorts>> offer) {
        List<Lease> assigned = leases.assigned(demand.b4());
        if (!assigned.isEmpty()) {
            offer.accept(Optional.of(assigned.getFirst().publicPorts()));
            return;
        }
        Optional<Lease> present =
                leases.find(demand.b4(), now).filter(lease -> lease.nonce().equals(demand.nonce()));
        if (present.isPresent()) {
            offer.accept(Optional.of(present.get().publicPorts()));
            return;
        }
        Entitlement entitlement = subscribers.of(demand.b4());
        Authority asked = authority;
        if (asked == null) {
            offer.accept(preview(demand, entitlement, now));
            return;
        }
        asked.ask(demand.b4(), verdict -> {
            if (verdict instanceof Authority.Entitled(Entitlement more)) {
                offer.accept(preview(demand, more.orElse(subscribers.of(demand.b4())), clock.instant()));
            } else {
                offer.accept(Optional.empty());
            }
        });
    }

    private Optional<PublicPorts> preview(Demand demand, Entitlement entitlement, Instant now) {
        PublicPorts ports = entitlement.ports();
        if (ports != null) {
            return Optional.of(ports)
                    .filter(wanted -> leases.holderOf(wanted, now).isEmpty());
        }
        Optional<Pool> pool = entitlement.serviceClass() == null
                ? leases.poolFor(demand.b4())
                : leases.poolNamed(entitlement.serviceClass());
        return pool.flatMap(from -> leases.preview(demand.b4(), from, demand.suggestion(), now));
    }

    private Outcome decided(Demand demand, Authority.Verdict verdict, Instant now) {
        return switch (verdict) {
            case Authority.Entitled(Entitlement entitlement) ->
                create(demand, entitlement.orElse(subscribers.of(demand.b4())), now);
            case Authority.Denied(String reason) -> {
                log.info("{} gets no binding: {}", demand.b4(), reason);
                yield new NotAuthorized();
            }
            case Authority.Unavailable(String reason) -> {
                log.warn("{} gets no binding yet: {}", demand.b4(), reason);
                yield new Unavailable();
            }
        };
    }

    /** What the lwB4 gets without asking anybody; null if somebody is to be asked. */
    private @Nullable Outcome known(Demand demand, Instant now) {
        Optional<Lease> present = leases.find(demand.b4(), now);
        List<Lease> assigned = leases.assigned(demand.b4());
        if (!assigned.isEmpty()) {
            return new Assigned(assigned);
        }
        if (!leases.isWritable()) {
            return new Unavailable();
        }
        if (present.isEmpty()) {
            return null;
        }
        Lease lease = present.get();
        if (!lease.nonce().equals(demand.nonce())) {
            return new NotYours(lease);
        }
        leases.renew(lease, lifetimeOf(lease, demand), demand.replyPort(), now);
        return new Granted(lease, false);
    }

    private Duration lifetimeOf(Lease lease, Demand demand) {
        Pool pool = lease.pool() == null ? leases.poolFor(demand.b4()).orElse(null) : lease.pool();
        return lifetime(pool, demand);
    }

    private static Duration lifetime(@Nullable Pool pool, Demand demand) {
        if (pool == null) {
            return demand.lifetime();
        }
        ServiceClass serviceClass = pool.serviceClass();
        return Duration.ofSeconds(Math.clamp(
                demand.lifetime().toSeconds(),
                serviceClass.minLifetime().toSeconds(),
                serviceClass.maxLifetime().toSeconds()));
    }

    private Outcome create(Demand demand, Entitlement entitlement, Instant now) {
        Instant limit = entitlement.lifetime() == null ? null : now.plus(entitlement.lifetime());
        Optional<Pool> pool = entitlement.serviceClass() == null
                ? leases.poolFor(demand.b4())
                : leases.poolNamed(entitlement.serviceClass());
        Demand bounded = demand.lasting(lifetime(pool.orElse(null), demand));
        PublicPorts ports = entitlement.ports();
        if (ports != null) {
            if (demand.suggestion() != null && !demand.suggestion().allows(ports)) {
                return new Exhausted();
            }
            Binding binding = new Binding(
                    demand.b4(),
                    ports.ipv4(),
                    ports.ports(),
                    entitlement.br() == null ? leases.br() : entitlement.br(),
                    entitlement.subscriber());
            Optional<Lease> lease = leases.allocate(bounded, binding, limit, now);
            if (lease.isEmpty()) {
                log.warn(
                        "{} cannot get {}, which the authority chose: another has these ports, or their address is"
                                + " divided in another way",
                        demand.b4(),
                        ports);
            }
            return granted(lease);
        }
        if (pool.isEmpty()) {
            if (entitlement.serviceClass() != null) {
                log.warn("{} gets no binding: there is no service class {}", demand.b4(), entitlement.serviceClass());
            }
            return new NotAuthorized();
        }
        return granted(leases.allocate(bounded, pool.get(), entitlement.subscriber(), limit, now));
    }

    private static Outcome granted(Optional<Lease> lease) {
        return lease.isPresent() ? new Granted(lease.get(), true) : new Exhausted();
    }

    /**
     * Ends the lease of an lwB4.
     *
     * @return null if it was ended, or there was none; else why not: {@link NotYours}, {@link Assigned} or
     *     {@link Unavailable}
     */
    public @Nullable Outcome release(Ipv6Address b4, Nonce nonce, Instant now) {
        List<Lease> assigned = leases.assigned(b4);
        if (!assigned.isEmpty()) {
            return new Assigned(assigned);
        }
        Optional<Lease> lease = leases.find(b4, now);
        if (lease.isEmpty()) {
            return null;
        }
        if (!lease.get().nonce().equals(nonce)) {
            return new NotYours(lease.get());
        }
        if (!leases.isWritable()) {
            return new Unavailable();
        }
        leases.release(lease.get(), now);
        return null;
    }
}
