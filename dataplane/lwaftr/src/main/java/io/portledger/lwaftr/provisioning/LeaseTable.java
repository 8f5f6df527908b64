package io.portledger.lwaftr.provisioning;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases of all pools and the bindings that do not expire: the only place where lease state changes.
 *
 * <p>Each change is made in the forwarding table and then told to the listeners, in this order and before the method
 * returns. The caller passes the time; it is cut to milliseconds. At every call, leases that have ended by then are
 * removed first, so nobody ever sees one. Confined to the control thread.
 *
 * <h2>Times of changes</h2>
 *
 * <ul>
 *   <li>A lease that expires is deleted as of its expiry, even if it is found a little later; its hold-down begins when
 *       it is found.
 *   <li>A binding that is released within the millisecond of its creation is deleted as of the next one, since nothing
 *       can be held for no time.
 *   <li>Ports are never created for one holder before the instant of their deletion for another, even if the clock went
 *       back or stood still.
 * </ul>
 */
public final class LeaseTable {

    private static final Logger log = LoggerFactory.getLogger(LeaseTable.class);

    private final List<Pool> pools;
    private final BindingTable table;
    private final Ipv6Address br;
    private final List<BindingListener> listeners = new ArrayList<>();
    private final Map<Ipv6Address, Lease> leases = new HashMap<>();
    private final TreeSet<Lease> byExpiry = new TreeSet<>(Lease.BY_EXPIRY);
    private final Map<Ipv6Address, List<Binding>> permanent = new LinkedHashMap<>();
    private final List<Walk> walks = new ArrayList<>();
    private Instant permanentSince = Instant.EPOCH;
    private boolean isEnding;

    /**
     * @param pools in the order in which a client's is looked for
     * @param table what forwarding looks packets up in; nobody else changes it
     * @param br the tunnel end point of the bindings that are allocated
     * @throws IllegalArgumentException if two pools share a name or an address
     */
    public LeaseTable(List<Pool> pools, BindingTable table, Ipv6Address br) {
        this.pools = List.copyOf(pools);
        this.table = table;
        this.br = br;
        for (int i = 0; i < pools.size(); i++) {
            for (Pool other : pools.subList(0, i)) {
                requireDistinct(pools.get(i).settings(), other.settings());
            }
        }
    }

    /**
     * Tells the listener every binding that holds now, as {@link #snapshot} does, and from now on every change.
     */
    public void addListener(BindingListener listener, Instant now) {
        expire(now);
        listeners.add(listener);
        Walk walk = new Walk(listener, bindingsNow());
        walks.add(walk);
        goOnWithSnapshots(now);
    }

    /**
     * The pool for a client: the first that names a prefix of the client's address, else the first that names none.
     */
    public Optional<Pool> poolFor(Ipv6Address client) {
        Pool everybodys = null;
        for (Pool pool : pools) {
            List<Ipv6Prefix> clients = pool.settings().clients();
            if (clients.isEmpty()) {
                everybodys = everybodys == null ? pool : everybodys;
            } else if (clients.stream().anyMatch(prefix -> prefix.contains(client))) {
                return Optional.of(pool);
            }
        }
        return Optional.ofNullable(everybodys);
    }

    /**
     * Puts bindings into the table that end only with the process. Once, before any lease is created.
     *
     * @throws IllegalArgumentException if one is at odds with a pool or does not fit the table
     */
    public void addPermanent(Iterator<Binding> bindings, Instant now) {
        permanentSince = now.truncatedTo(ChronoUnit.MILLIS);
        while (bindings.hasNext()) {
            Binding binding = bindings.next();
            for (Pool pool : pools) {
                if (pool.contains(binding.ipv4())) {
                    withdraw(binding, pool);
                }
            }
            table.put(binding).ifPresent(present -> {
                throw new IllegalArgumentException("the binding table gives ports " + present.ports() + " of "
                        + present.ipv4() + " twice: to " + present.b4() + " and to " + binding.b4());
            });
            permanent.computeIfAbsent(binding.b4(), b4 -> new ArrayList<>(1)).add(binding);
            tellOfAll(new BindingChange(BindingChange.Kind.CREATED, permanentSince, binding));
        }
    }

    /** The bindings of an lwB4 that do not expire. */
    public List<Binding> permanent(Ipv6Address b4) {
        return Collections.unmodifiableList(permanent.getOrDefault(b4, List.of()));
    }

    /** The lease of an lwB4 that holds now. */
    public Optional<Lease> find(Ipv6Address b4, Instant now) {
        expire(now);
        return Optional.ofNullable(leases.get(b4));
    }

    /**
     * Creates a lease for an lwB4 that has none.
     *
     * @param lifetime counted from now
     * @param window ports of which the set must have at least one
     * @return empty if the pool has nothing left that fits
     * @throws IllegalStateException if the lwB4 has a lease
     */
    public Optional<Lease> allocate(
            Ipv6Address b4,
            Nonce nonce,
            Pool pool,
            Duration lifetime,
            Pool.@Nullable Suggestion suggestion,
            PortRange window,
            Instant now) {
        expire(now);
        if (leases.containsKey(b4)) {
            throw new IllegalStateException(b4 + " has a lease already");
        }
        OptionalInt chosen = pool.choose(b4, suggestion, now);
        if (chosen.isEmpty()) {
            return Optional.empty();
        }
        int number = chosen.getAsInt();
        PortSet ports = pool.portsOf(number);
        if (!ports.intersects(window)) {
            return Optional.empty();
        }
        Ipv4Address ipv4 = pool.addressOf(number);
        Binding binding = new Binding(b4, ipv4, ports, br);
        table.put(binding);
        Instant today = now.truncatedTo(ChronoUnit.MILLIS);
        Instant lastUntil = pool.take(number);
        Instant createdAt = lastUntil.isAfter(today) ? lastUntil : today;
        Lease lease = new Lease(binding, pool, number, nonce, createdAt, today.plus(lifetime));
        leases.put(b4, lease);
        byExpiry.add(lease);
        tell(new BindingChange(BindingChange.Kind.CREATED, createdAt, binding));
        return Optional.of(lease);
    }

    /** Lets a lease that {@link #find} just returned end {@code lifetime} from now, be that later or sooner. */
    public void renew(Lease lease, Duration lifetime, Instant now) {
        byExpiry.remove(lease);
        lease.expireAt(now.truncatedTo(ChronoUnit.MILLIS).plus(lifetime));
        byExpiry.add(lease);
    }

    /** Ends a lease that {@link #find} just returned. */
    public void release(Lease lease, Instant now) {
        end(lease, now.truncatedTo(ChronoUnit.MILLIS), now);
    }

    /**
     * Removes the leases that have ended by now.
     *
     * @return how many
     */
    public int expire(Instant now) {
        int ended = 0;
        while (!byExpiry.isEmpty() && !byExpiry.first().expiresAt().isAfter(now)) {
            Lease lease = byExpiry.first();
            end(lease, lease.expiresAt(), now);
            ended++;
        }
        return ended;
    }

    /** When the next lease ends, if there is one. */
    public Optional<Instant> nextExpiry() {
        return byExpiry.isEmpty()
                ? Optional.empty()
                : Optional.of(byExpiry.first().expiresAt());
    }

    /**
     * Tells the listeners every binding that holds now, with the time of its creation: at once as far as they have room,
     * and the rest by {@link #goOnWithSnapshots}. A listener that has not heard the last snapshot to its end hears no
     * other.
     */
    public void snapshot(Instant now) {
        expire(now);
        List<Held> held = bindingsNow();
        for (BindingListener listener : listeners) {
            if (walks.stream().noneMatch(walk -> walk.listener.equals(listener))) {
                walks.add(new Walk(listener, held));
            }
        }
        goOnWithSnapshots(now);
    }

    /**
     * Tells listeners that have room again more of the snapshots that they have not heard to their end. To be called now
     * and then.
     *
     * @return whether any has still to hear more
     */
    public boolean goOnWithSnapshots(Instant now) {
        expire(now);
        walks.removeIf(Walk::isAtEnd);
        return !walks.isEmpty();
    }

    /** Ends everything, because forwarding ends. */
    public void endAll(Instant now) {
        expire(now);
        walks.clear();
        isEnding = true;
        for (Lease lease : List.copyOf(byExpiry)) {
            release(lease, now);
        }
        Instant until = laterOf(now.truncatedTo(ChronoUnit.MILLIS), permanentSince.plusMillis(1));
        for (List<Binding> bindings : permanent.values()) {
            for (Binding binding : bindings) {
                table.remove(binding.ipv4(), binding.ports());
                tellOfAll(new BindingChange(BindingChange.Kind.DELETED, until, binding));
            }
        }
        permanent.clear();
        isEnding = false;
    }

    /** How many leases hold, those included that ended since the last call of another method. */
    public int size() {
        return leases.size();
    }

    /** The pools, in the order in which a client's is looked for. */
    public List<Pool> pools() {
        return pools;
    }

    private void end(Lease lease, Instant at, Instant now) {
        leases.remove(lease.binding().b4());
        byExpiry.remove(lease);
        Instant until = laterOf(at, lease.createdAt().plusMillis(1));
        Binding binding = lease.binding();
        table.remove(binding.ipv4(), binding.ports());
        lease.pool().giveBack(lease.number(), binding.b4(), until, laterOf(until, now));
        BindingChange change = new BindingChange(BindingChange.Kind.DELETED, until, binding);
        if (isEnding) {
            tellOfAll(change);
        } else {
            tell(change);
        }
    }

    private List<Held> bindingsNow() {
        List<Held> held = new ArrayList<>(leases.size());
        for (List<Binding> bindings : permanent.values()) {
            for (Binding binding : bindings) {
                held.add(new Held(binding, permanentSince, null));
            }
        }
        for (Lease lease : leases.values()) {
            held.add(new Held(lease.binding(), lease.createdAt(), lease));
        }
        return held;
    }

    /** A binding at the time that a snapshot began. */
    private record Held(
            Binding binding, Instant since, @Nullable Lease lease) {}

    /** A snapshot on its way to one listener. */
    private final class Walk {
        private final BindingListener listener;
        private final Iterator<Held> rest;

        Walk(BindingListener listener, List<Held> held) {
            this.listener = listener;
            this.rest = held.iterator();
        }

        /** Goes on as far as there is room. */
        boolean isAtEnd() {
            while (rest.hasNext()) {
                if (!listener.hasRoomForSnapshot()) {
                    return false;
                }
                Held held = rest.next();
                Binding binding = held.binding();
                if (held.lease() == null || held.lease().equals(leases.get(binding.b4()))) {
                    BindingChange change = new BindingChange(BindingChange.Kind.SNAPSHOT, held.since(), binding);
                    tell(change, () -> listener.onChange(change));
                }
            }
            return true;
        }
    }

    private void tell(BindingChange change) {
        for (BindingListener listener : listeners) {
            tell(change, () -> listener.onChange(change));
        }
    }

    /** Tells one of as many changes as there are bindings: nobody may run out of room. */
    private void tellOfAll(BindingChange change) {
        for (BindingListener listener : listeners) {
            tell(change, () -> listener.onChangeOfAll(change));
        }
    }

    private static void tell(BindingChange change, Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException e) {
            // Provisioning goes on: a broken exporter must not cost subscribers their bindings.
            log.error("A binding listener failed on {}", change, e);
        }
    }

    /** Keeps a permanent binding's ports from being allocated. */
    private static void withdraw(Binding binding, Pool pool) {
        PortSet ports = binding.ports();
        PoolSettings settings = pool.settings();
        if (ports.psidOffset() != settings.psidOffset() || ports.psidLength() != settings.psidLength()) {
            throw new IllegalArgumentException("the binding table gives " + binding.ipv4() + " ports " + ports
                    + ", but pool " + settings.name() + " divides that address as " + settings.psidOffset() + "/"
                    + settings.psidLength() + "; all subscribers of an address need the same psid-offset and "
                    + "psid-length: take the address out of the pool or change one of the two");
        }
        int number = pool.numberOf(binding.ipv4(), ports.firstPort());
        if (number >= 0) {
            if (!pool.isFree(number, binding.b4(), Instant.MAX)) {
                throw new IllegalArgumentException(
                        "the binding table gives ports " + ports + " of " + binding.ipv4() + " twice");
            }
            pool.take(number);
        }
    }

    private static void requireDistinct(PoolSettings one, PoolSettings other) {
        if (one.name().equals(other.name())) {
            throw new IllegalArgumentException(
                    "Invalid value " + one.name() + " for key name: two pools are called so (allowed: each name once)");
        }
        for (Ipv4Prefix prefix : one.prefixes()) {
            for (Ipv4Prefix taken : other.prefixes()) {
                if (prefix.overlaps(taken)) {
                    throw new IllegalArgumentException("Invalid value " + prefix + " for key prefixes of pool "
                            + one.name() + ": it overlaps " + taken + " of pool " + other.name()
                            + " (allowed: each address in one pool)");
                }
            }
        }
    }

    private static Instant laterOf(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
