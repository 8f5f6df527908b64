package io.portledger.lwaftr.provisioning;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.lwaftr.forwarding.BindingConflictException;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who has which port set: the leases of all service classes, and the bindings that somebody assigned. The only place
 * where this changes.
 *
 * <p>Each change is made in the forwarding table, written to the {@link LeaseJournal} if there is one, and then told to
 * the listeners. Without a journal a method returns when the listeners know; with one, they are told by
 * {@link #commit}, and who answers somebody commits first. The caller passes the time; it is cut to milliseconds. At
 * every call, leases that have ended by then are removed first, so nobody ever sees one. Confined to the control thread.
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

    /** Octets of a subscriber's name in UTF-8. */
    static final int LONGEST_SUBSCRIBER = 512;

    private static final Duration TOLD_AGAIN = Duration.ofHours(1);
    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);
    private static final Nonce NO_NONCE = new Nonce(0, 0);

    private final List<Pool> pools;
    private final BindingTable table;
    private final Ipv6Address br;
    private final @Nullable LeaseJournal journal;
    private final Announcements announcements = new Announcements();

    /** The lease that an lwB4 has, or the last that it had. */
    private final LeaseIndex leases = new LeaseIndex();

    /** The first of those that are assigned to an lwB4; it leads to the others. */
    private final LeaseIndex assigned = new LeaseIndex();

    /** What is held of no pool. */
    private final Map<PublicPorts, Lease> outsidePools = new HashMap<>();

    /** Of ports of no pool, until when they were held, if that is not over by the clock. */
    private final Map<PublicPorts, Long> lastHeldUntil = new HashMap<>();

    private final ExpiryWheel wheel = new ExpiryWheel();
    private int heldCount;
    private int assignedCount;
    private boolean isEnding;
    private boolean isRecovering;

    private final List<Revocation> revocations = new ArrayList<>();

    /**
     * A lease that was obtained by PCP and ended by somebody else than its lwB4, which still counts on it.
     *
     * @param b4 the lwB4
     * @param nonce by which it knows its mapping
     * @param replyPort from which UDP port it asked, 1-65535
     * @param isOfStart whether it ended because it did not fit when the lwAFTR was started
     */
    public record Revocation(Ipv6Address b4, Nonce nonce, int replyPort, boolean isOfStart) {}

    /**
     * A table that lives in memory.
     *
     * @param pools in the order in which a client's is looked for
     * @param table what forwarding looks packets up in; nobody else changes it
     * @param br the tunnel end point of the bindings that are allocated
     * @throws IllegalArgumentException if two pools share a name or an address
     */
    public LeaseTable(List<Pool> pools, BindingTable table, Ipv6Address br) {
        this(pools, table, br, null);
    }

    private LeaseTable(List<Pool> pools, BindingTable table, Ipv6Address br, @Nullable LeaseJournal journal) {
        this.pools = List.copyOf(pools);
        this.table = table;
        this.br = br;
        this.journal = journal;
        for (int i = 0; i < pools.size(); i++) {
            for (Pool other : pools.subList(0, i)) {
                requireDistinct(pools.get(i).serviceClass(), other.serviceClass());
            }
        }
    }

    /**
     * A table that knows what the journal knows, and writes every change to it. What does not fit the pools any more ends
     * now. Listeners that are added are told of what ended in the last hour too, since the end of the process may have
     * come before they were.
     *
     * @throws IOException if the journal cannot be read
     */
    public static LeaseTable recover(
            List<Pool> pools, BindingTable table, Ipv6Address br, LeaseJournal journal, Instant now)
            throws IOException {
        LeaseTable leases = new LeaseTable(pools, table, br, journal);
        leases.isRecovering = true;
        Recovery recovery = leases.new Recovery();
        journal.recover(recovery);
        leases.bindRecovered(recovery.endsOutsidePools, now);
        leases.isRecovering = false;
        return leases;
    }

    /**
     * Tells the listener every binding that holds now, as {@link #snapshot} does, and from now on every change.
     */
    public void addListener(BindingListener listener, Instant now) {
        expire(now);
        announcements.add(listener, bindingsNow());
        goOnWithSnapshots(now);
    }

    /**
     * The pool for a client: the first whose class names a prefix of the client's address, else the first whose names
     * none.
     */
    public Optional<Pool> poolFor(Ipv6Address client) {
        Pool everybodys = null;
        for (Pool pool : pools) {
            List<Ipv6Prefix> clients = pool.serviceClass().clients();
            if (clients.isEmpty()) {
                everybodys = everybodys == null ? pool : everybodys;
                continue;
            }
            for (Ipv6Prefix prefix : clients) {
                if (prefix.contains(client)) {
                    return Optional.of(pool);
                }
            }
        }
        return Optional.ofNullable(everybodys);
    }

    /** The pool of the service class of that name. */
    public Optional<Pool> poolNamed(String serviceClass) {
        return pools.stream()
                .filter(pool -> pool.serviceClass().name().equals(serviceClass))
                .findFirst();
    }

    /**
     * Puts the bindings of a file into the table, in the place of those that came from it when it was read last; an lwB4
     * that leased such ports meanwhile loses them. Once, before any lease is created.
     *
     * @throws IllegalArgumentException if one is at odds with a pool, with another one, or does not fit the table
     */
    public void addPermanent(Iterator<Binding> bindings, Instant now) {
        Set<Lease> unseen = new HashSet<>();
        assigned.forEach(first -> {
            for (Lease lease = first; lease != null; lease = lease.after) {
                if (lease.origin() == Origin.FILE) {
                    unseen.add(lease);
                }
            }
        });
        while (bindings.hasNext()) {
            Binding binding = bindings.next();
            PublicPorts ports = PublicPorts.of(binding);
            Pool pool = poolOf(binding.ipv4());
            if (pool != null) {
                requireDividedLike(pool, binding);
            }
            Lease present = at(ports);
            if (present != null && present.isInForce()) {
                boolean isOfLastTime = unseen.remove(present);
                if (isOfLastTime && present.binding().equals(binding)) {
                    continue;
                }
                if (!isOfLastTime && present.origin() == Origin.FILE) {
                    throw new IllegalArgumentException("the binding table gives ports " + ports.ports() + " of "
                            + ports.ipv4() + " twice: to " + present.b4() + " and to " + binding.b4());
                }
                log.warn("The lease of {} ends: the binding table gives these ports to somebody else", ports);
                takeAway(present, now, true);
            }
            hold(binding, pool, numberIn(pool, ports), NO_NONCE, Origin.FILE, 0, now, Lease.State.ASSIGNED, true);
        }
        for (Lease lease : unseen) {
            end(lease, millis(now), now, true);
        }
    }

    /** The bindings that are assigned to an lwB4, the one that was assigned first at the end. */
    public List<Lease> assigned(Ipv6Address b4) {
        Lease first = assigned.find(b4);
        if (first == null) {
            return List.of();
        }
        List<Lease> all = new ArrayList<>(1);
        for (Lease lease = first; lease != null; lease = lease.after) {
            all.add(lease);
        }
        return all;
    }

    /** Calls {@code action} with every binding that is assigned, in no order; it must not change the table. */
    public void forEachAssigned(Consumer<Assignment> action) {
        assigned.forEach(first -> {
            for (Lease lease = first; lease != null; lease = lease.after) {
                action.accept(new Assignment(lease.binding(), lease.origin()));
            }
        });
    }

    /** Calls {@code action} with every binding that holds now, in no order; it must not change the table. */
    public void forEach(Consumer<Lease> action) {
        assigned.forEach(first -> {
            for (Lease lease = first; lease != null; lease = lease.after) {
                action.accept(lease);
            }
        });
        leases.forEach(lease -> {
            if (lease.state == Lease.State.HELD) {
                action.accept(lease);
            }
        });
    }

    /**
     * Assigns and withdraws bindings, all of them or none. What is withdrawn is so first: its ports may be assigned to
     * others at once. A binding that is assigned already, with another lwB4, BR address or subscriber, must be withdrawn
     * by the same call. An lwB4 that has a lease loses it when something is assigned to it.
     *
     * @param puts what is to be assigned; what is assigned just so already stays as it is
     * @param removals what is to be withdrawn; what is not assigned is passed over
     * @return empty if it was done; else everything because of which nothing was
     */
    public List<Conflict> edit(Collection<Assignment> puts, Collection<PublicPorts> removals, Instant now) {
        expire(now);
        Map<PublicPorts, Lease> withdrawn = new LinkedHashMap<>();
        for (PublicPorts ports : removals) {
            Lease lease = at(ports);
            if (lease != null && lease.state == Lease.State.ASSIGNED) {
                withdrawn.put(ports, lease);
            }
        }
        Map<PublicPorts, Assignment> added = new LinkedHashMap<>();
        List<Conflict> conflicts = conflictsOf(puts, withdrawn, added);
        if (!conflicts.isEmpty()) {
            return conflicts;
        }
        // What is withdrawn and assigned again just so has not changed.
        withdrawn.entrySet().removeIf(entry -> {
            Assignment again = added.get(entry.getKey());
            if (again == null || !entry.getValue().binding().equals(again.binding())) {
                return false;
            }
            entry.getValue().comeBy(again.origin());
            note(entry.getValue());
            added.remove(entry.getKey());
            return true;
        });
        withdrawn.values().forEach(lease -> end(lease, millis(now), now, false));
        leasesEndedBy(added.values()).forEach(lease -> takeAway(lease, now, false));
        for (Map.Entry<PublicPorts, Assignment> entry : added.entrySet()) {
            Binding binding = entry.getValue().binding();
            Pool pool = poolOf(binding.ipv4());
            hold(
                    binding,
                    pool,
                    numberIn(pool, entry.getKey()),
                    NO_NONCE,
                    entry.getValue().origin(),
                    0,
                    now,
                    Lease.State.ASSIGNED,
                    false);
        }
        return List.of();
    }

    /** The leases of those to whom something is assigned. */
    private Set<Lease> leasesEndedBy(Collection<Assignment> puts) {
        Set<Lease> ended = new LinkedHashSet<>();
        for (Assignment put : puts) {
            Lease lease = leases.find(put.binding().b4());
            if (lease != null && lease.state == Lease.State.HELD) {
                ended.add(lease);
            }
        }
        return ended;
    }

    /** @param added is filled with what there is to do */
    private List<Conflict> conflictsOf(
            Collection<Assignment> puts, Map<PublicPorts, Lease> withdrawn, Map<PublicPorts, Assignment> added) {
        List<Conflict> conflicts = new ArrayList<>();
        Map<Ipv4Address, Integer> freed = new HashMap<>();
        withdrawn.keySet().forEach(ports -> freed.merge(ports.ipv4(), 1, Integer::sum));
        Map<Ipv4Address, PortSet> divisions = new HashMap<>();
        leasesEndedBy(puts).forEach(lease -> freed.merge(lease.publicPorts().ipv4(), 1, Integer::sum));
        for (Assignment put : puts) {
            Binding binding = put.binding();
            PublicPorts ports = PublicPorts.of(binding);
            String reason = faultOf(binding);
            Pool pool = poolOf(binding.ipv4());
            Lease present = at(ports);
            if (reason != null) {
                conflicts.add(new Conflict(ports, binding.b4(), reason));
                continue;
            }
            if (pool != null && !pool.isDividedLike(binding.ports())) {
                conflicts.add(new Conflict(
                        ports,
                        binding.b4(),
                        "service class " + pool.serviceClass().name() + " divides that address as "
                                + pool.serviceClass().psidOffset() + "/"
                                + pool.serviceClass().psidLength()));
                continue;
            }
            PortSet division = divisions.putIfAbsent(binding.ipv4(), binding.ports());
            if (division != null && !isDividedAlike(division, binding.ports())) {
                conflicts.add(new Conflict(
                        ports,
                        binding.b4(),
                        "the same change divides that address as " + division.psidOffset() + "/" + division.psidLength()
                                + " too"));
                continue;
            }
            Optional<BindingTable.AddressUse> use = table.useOf(binding.ipv4());
            if (use.isPresent()
                    && use.get().bindings() > freed.getOrDefault(binding.ipv4(), 0)
                    && (use.get().psidOffset() != binding.ports().psidOffset()
                            || use.get().psidLength() != binding.ports().psidLength())) {
                conflicts.add(new Conflict(
                        ports,
                        binding.b4(),
                        "other bindings divide that address as " + use.get().psidOffset() + "/"
                                + use.get().psidLength()));
                continue;
            }
            boolean isOwnLease = present != null && present.state == Lease.State.HELD && present.isOf(binding.b4());
            if (present != null && present.isInForce() && !withdrawn.containsKey(ports) && !isOwnLease) {
                if (present.state == Lease.State.ASSIGNED && present.binding().equals(binding)) {
                    continue;
                }
                conflicts.add(new Conflict(
                        ports,
                        binding.b4(),
                        present.isOf(binding.b4())
                                ? "it is assigned to that lwB4 with another BR address or subscriber"
                                : present.b4()
                                        + (present.state == Lease.State.HELD
                                                ? " leases it until " + present.expiresAt()
                                                : " has it by assignment")));
                continue;
            }
            Assignment twice = added.put(ports, put);
            if (twice != null && !twice.binding().equals(binding)) {
                conflicts.add(new Conflict(
                        ports,
                        binding.b4(),
                        "the same change assigns it to " + twice.binding().b4() + " too"));
            }
        }
        return conflicts;
    }

    private static @Nullable String faultOf(Binding binding) {
        if (!isSoftwireAddress(binding.b4())) {
            return "no softwire can end at " + binding.b4() + " (allowed: an IPv6 unicast address)";
        }
        String subscriber = binding.subscriber();
        if (subscriber != null && subscriber.getBytes(StandardCharsets.UTF_8).length > LONGEST_SUBSCRIBER) {
            return "the subscriber's name is too long (allowed: up to " + LONGEST_SUBSCRIBER + " octets)";
        }
        return null;
    }

    /** A softwire ends at an IPv6 unicast address; nothing else can have a binding. */
    public static boolean isSoftwireAddress(Ipv6Address b4) {
        boolean isMulticast = b4.high() >>> 56 == 0xff;
        return !b4.isMapped() && !isMulticast && !b4.equals(Ipv6Address.UNSPECIFIED);
    }

    /** The lease that an lwB4 has now. */
    public Optional<Lease> find(Ipv6Address b4, Instant now) {
        expire(now);
        Lease lease = leases.find(b4);
        return lease != null && lease.state == Lease.State.HELD ? Optional.of(lease) : Optional.empty();
    }

    /** Who has exactly these ports now, for a time or by assignment. */
    public Optional<Lease> holderOf(PublicPorts ports, Instant now) {
        expire(now);
        Lease lease = at(ports);
        return lease != null && lease.isInForce() ? Optional.of(lease) : Optional.empty();
    }

    /**
     * A port set that {@link #allocate} would give now if it is suggested, without giving it. Where any will do, several
     * who ask before anything is given get different ones, as far as there are enough.
     */
    public Optional<PublicPorts> preview(Ipv6Address b4, Pool pool, Pool.@Nullable Suggestion suggestion, Instant now) {
        expire(now);
        int number = pool.offer(b4, leases.find(b4), suggestion, millis(now));
        return number < 0
                ? Optional.empty()
                : Optional.of(new PublicPorts(pool.addressOf(number), pool.portsOf(number)));
    }

    /**
     * Creates a lease of a pool for an lwB4 that has none.
     *
     * @param demand its lifetime is counted from now
     * @param subscriber the operator's name for the subscriber; null: unknown
     * @param limit when the lease ends however often it is renewed; null: no such limit
     * @return empty if the pool has nothing left that fits
     * @throws IllegalStateException if the lwB4 has a lease
     */
    public Optional<Lease> allocate(
            Demand demand, Pool pool, @Nullable String subscriber, @Nullable Instant limit, Instant now) {
        expire(now);
        Lease last = requireNone(demand.b4());
        int number = pool.choose(demand.b4(), last, demand.suggestion(), millis(now));
        if (number < 0) {
            if (demand.suggestion() == null || demand.suggestion().only() == null) {
                pool.newExhaustion(millis(now)).ifPresent(alarm -> say(pool, alarm, now));
            }
            return Optional.empty();
        }
        if (!pool.portsOf(number).intersects(demand.window())) {
            return Optional.empty();
        }
        Binding binding = new Binding(demand.b4(), pool.addressOf(number), pool.portsOf(number), br, subscriber);
        return Optional.of(lease(demand, binding, pool, number, false, limit, now));
    }

    /**
     * Creates a lease of a port set that somebody else chose, for an lwB4 that has none.
     *
     * @param binding with the lwB4 of the demand
     * @return empty if another has these ports, or they do not fit how their address is divided
     * @throws IllegalStateException if the lwB4 has a lease
     */
    public Optional<Lease> allocate(Demand demand, Binding binding, @Nullable Instant limit, Instant now) {
        expire(now);
        requireNone(demand.b4());
        if (!isFree(binding, null) || !binding.ports().intersects(demand.window())) {
            return Optional.empty();
        }
        Pool pool = poolOf(binding.ipv4());
        return Optional.of(lease(demand, binding, pool, numberIn(pool, PublicPorts.of(binding)), true, limit, now));
    }

    /**
     * Whether {@link #allocate(Demand, Binding, Instant, Instant)} would give those ports if the lease were released
     * before.
     *
     * @param lease that {@link #find} just returned
     */
    public boolean isFreeInPlaceOf(Lease lease, Binding binding) {
        return isFree(binding, lease);
    }

    private boolean isFree(Binding binding, @Nullable Lease released) {
        Pool pool = poolOf(binding.ipv4());
        Lease present = at(PublicPorts.of(binding));
        if ((present != null && present.isInForce() && !present.equals(released))
                || (pool != null && !pool.isDividedLike(binding.ports()))
                || faultOf(binding) != null) {
            return false;
        }
        boolean isReleasedThere =
                released != null && released.publicPorts().ipv4().equals(binding.ipv4());
        Optional<BindingTable.AddressUse> use = table.useOf(binding.ipv4());
        return use.isEmpty()
                || use.get().bindings() == (isReleasedThere ? 1 : 0)
                || (use.get().psidOffset() == binding.ports().psidOffset()
                        && use.get().psidLength() == binding.ports().psidLength());
    }

    private @Nullable Lease requireNone(Ipv6Address b4) {
        Lease last = leases.find(b4);
        if (last != null && last.state == Lease.State.HELD) {
            throw new IllegalStateException(b4 + " has a lease already");
        }
        return last;
    }

    private Lease lease(
            Demand demand,
            Binding binding,
            @Nullable Pool pool,
            int number,
            boolean isDetermined,
            @Nullable Instant limit,
            Instant now) {
        Lease lease = hold(
                binding,
                pool,
                number,
                demand.nonce(),
                demand.origin(),
                demand.replyPort(),
                now,
                Lease.State.GONE,
                false);
        lease.isDetermined = isDetermined;
        lease.limitMillis = limit == null ? Lease.NEVER : millis(limit);
        lease.endMillis = Math.min(millis(now) + demand.lifetime().toMillis(), lease.limitMillis);
        lease.state = Lease.State.HELD;
        heldCount++;
        leases.put(lease);
        wheel.add(lease);
        note(lease);
        changed(BindingChange.Kind.CREATED, lease.createdMillis, lease, null, false);
        return lease;
    }

    /** @param state ASSIGNED to make it complete; GONE if the caller does the rest */
    private Lease hold(
            Binding binding,
            @Nullable Pool pool,
            int number,
            Nonce nonce,
            Origin origin,
            int replyPort,
            Instant now,
            Lease.State state,
            boolean isOfAll) {
        PublicPorts ports = PublicPorts.of(binding);
        Pool given = number >= 0 ? pool : null;
        table.put(binding);
        Lease lease = new Lease(binding, given, number, nonce, origin, replyPort, millis(now));
        if (given != null) {
            Lease last = given.take(lease);
            if (last != null) {
                leases.remove(last);
                lease.createdMillis = Math.max(lease.createdMillis, last.endMillis);
            }
            warnOfLevel(given, now);
        } else {
            outsidePools.put(ports, lease);
            Long until = lastHeldUntil.remove(ports);
            if (until != null) {
                lease.createdMillis = Math.max(lease.createdMillis, until);
            }
        }
        if (state == Lease.State.ASSIGNED) {
            assign(lease);
            note(lease);
            changed(BindingChange.Kind.CREATED, lease.createdMillis, lease, null, isOfAll);
        }
        return lease;
    }

    private void assign(Lease lease) {
        lease.state = Lease.State.ASSIGNED;
        lease.before = null;
        lease.after = assigned.find(lease.b4());
        if (lease.after != null) {
            lease.after.before = lease;
        }
        assigned.put(lease);
        assignedCount++;
    }

    private void withdraw(Lease lease) {
        Lease before = lease.before;
        Lease after = lease.after;
        if (before != null) {
            before.after = after;
        } else if (after != null) {
            assigned.put(after);
        } else {
            assigned.remove(lease);
        }
        if (after != null) {
            after.before = before;
        }
        lease.before = null;
        lease.after = null;
        assignedCount--;
    }

    /**
     * Lets a lease that {@link #find} just returned end {@code lifetime} from now, be that later or sooner, but not
     * beyond its limit.
     */
    public void renew(Lease lease, Duration lifetime, Instant now) {
        renew(lease, lifetime, lease.replyPort(), now);
    }

    /** The same, by a request from that UDP port. */
    void renew(Lease lease, Duration lifetime, int replyPort, Instant now) {
        wheel.remove(lease);
        lease.endMillis = Math.min(millis(now) + lifetime.toMillis(), lease.limitMillis);
        wheel.add(lease);
        if (replyPort != lease.replyPort()) {
            lease.hearFrom(replyPort);
            note(lease);
        } else if (journal != null) {
            journal.renew(lease);
        }
    }

    /** Ends a lease that {@link #find} just returned. */
    public void release(Lease lease, Instant now) {
        end(lease, millis(now), now, false);
    }

    /** Ends a lease that {@link #find} just returned, without its lwB4's wish. */
    public void revoke(Lease lease, Instant now) {
        takeAway(lease, now, false);
    }

    /** Takes what was revoked since the last call: whose lwB4s should hear of it. */
    public List<Revocation> takeRevocations() {
        if (revocations.isEmpty()) {
            return List.of();
        }
        List<Revocation> taken = List.copyOf(revocations);
        revocations.clear();
        return taken;
    }

    private void takeAway(Lease lease, Instant now, boolean isOfAll) {
        boolean canBeTold = lease.state == Lease.State.HELD && lease.origin() == Origin.PCP && lease.replyPort() != 0;
        if (canBeTold) {
            revocations.add(new Revocation(lease.b4(), lease.nonce(), lease.replyPort(), isRecovering));
        }
        end(lease, millis(now), now, isOfAll);
    }

    /**
     * Removes the leases that have ended by now.
     *
     * @return how many
     */
    public int expire(Instant now) {
        List<Lease> due = wheel.takeDue(millis(now));
        for (Lease lease : due) {
            lease.hasExpired = true;
            end(lease, lease.endMillis, now, false);
        }
        return due.size();
    }

    /** When the next lease ends, if that is before {@code horizon}. Takes longer, the farther that is. */
    public Optional<Instant> nextExpiry(Instant horizon) {
        long end = wheel.nextEnd(millis(horizon));
        return end == Lease.NEVER ? Optional.empty() : Optional.of(Instant.ofEpochMilli(end));
    }

    /**
     * Makes the changes so far last, and tells them. Before this, nobody may be answered what depends on them.
     *
     * @return false if they cannot be written at present: nobody may be told of them, and they are tried again
     */
    public boolean commit() {
        if (journal == null) {
            return true;
        }
        if (!journal.commit()) {
            return false;
        }
        announcements.tellKept();
        return true;
    }

    /** Whether changes can be made to last at present. */
    public boolean isWritable() {
        return journal == null || journal.isHealthy();
    }

    /** Does a little of the work that keeps the journal short. To be called now and then, after a commit. */
    public void tidyJournal(int leasesAtOnce) {
        if (journal != null && !announcements.hasKept()) {
            if (journal.wantsSnapshot()) {
                journal.beginSnapshot(everything());
            }
            journal.goOnWithSnapshot(leasesAtOnce);
        }
    }

    /** Every lease that is known, while others come and go. */
    private Iterator<Lease> everything() {
        Iterator<Lease> outside = List.copyOf(outsidePools.values()).iterator();
        return new Iterator<>() {
            private int pool;
            private int number;
            private @Nullable Lease next = find();

            private @Nullable Lease find() {
                while (pool < pools.size()) {
                    Pool current = pools.get(pool);
                    while (number < current.size()) {
                        Lease lease = current.at(number++);
                        if (lease != null) {
                            return lease;
                        }
                        number = current.nextUsed(number);
                    }
                    pool++;
                    number = 0;
                }
                return outside.hasNext() ? outside.next() : null;
            }

            @Override
            public boolean hasNext() {
                return next != null;
            }

            @Override
            public Lease next() {
                Lease found = Objects.requireNonNull(next);
                next = find();
                return found;
            }
        };
    }

    /**
     * Tells the listeners every binding that holds now, with the time of its creation: at once as far as they have room,
     * and the rest by {@link #goOnWithSnapshots}. A listener that has not heard the last snapshot to its end hears no
     * other.
     */
    public void snapshot(Instant now) {
        expire(now);
        announcements.beginSnapshot(bindingsNow());
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
        return announcements.goOn();
    }

    /** Ends everything, because forwarding ends and nothing outlives it. */
    public void endAll(Instant now) {
        expire(now);
        announcements.breakOff();
        isEnding = true;
        List<Lease> all = new ArrayList<>(size() + assignedCount);
        forEach(all::add);
        all.sort((one, other) -> Long.compare(one.createdMillis, other.createdMillis));
        for (Lease lease : all) {
            end(lease, millis(now), now, true);
        }
        isEnding = false;
    }

    /** The tunnel end point of what is allocated here. */
    public Ipv6Address br() {
        return br;
    }

    /** Whether what is in the table outlives the process. */
    public boolean isLasting() {
        return journal != null;
    }

    /** How many leases hold, those included that ended since the last call of another method. */
    public int size() {
        return heldCount;
    }

    /** How many bindings are assigned. */
    public int assignedCount() {
        return assignedCount;
    }

    /** The pools, in the order in which a client's is looked for. */
    public List<Pool> pools() {
        return pools;
    }

    private void end(Lease lease, long atMillis, Instant now, boolean isOfAll) {
        PublicPorts ports = lease.publicPorts();
        Pool pool = lease.pool();
        if (lease.state == Lease.State.HELD) {
            wheel.remove(lease);
            heldCount--;
        } else {
            withdraw(lease);
        }
        long until = Math.max(atMillis, lease.createdMillis + 1);
        BindingVolume volume =
                isRecovering ? null : table.volume(ports.ipv4(), ports.ports()).orElse(null);
        table.remove(ports.ipv4(), ports.ports());
        lease.endMillis = until;
        if (pool == null) {
            lease.state = Lease.State.GONE;
            outsidePools.remove(ports);
            leases.remove(lease);
            if (until > millis(now)) {
                lastHeldUntil.put(ports, until);
            } else if (!lastHeldUntil.isEmpty()) {
                lastHeldUntil.values().removeIf(before -> before <= millis(now));
            }
        } else {
            boolean isFirst = leases.find(lease.b4()) == null;
            lease.state = Lease.State.RESTING;
            lease.limitMillis = Math.max(until, millis(now))
                    + pool.serviceClass().holdDown().toMillis();
            pool.rest(lease);
            if (isFirst) {
                leases.put(lease);
            }
            warnOfLevel(pool, now);
        }
        if (journal != null) {
            journal.end(lease);
        }
        changed(BindingChange.Kind.DELETED, until, lease, volume, isOfAll || isEnding);
    }

    private void warnOfLevel(Pool pool, Instant now) {
        pool.newAlarm().ifPresent(alarm -> say(pool, alarm, now));
    }

    private void say(Pool pool, Pool.Alarm alarm, Instant now) {
        if (alarm.kind() == PoolEvent.Kind.LOW) {
            log.info("{}", alarm.text());
        } else {
            log.warn("{}", alarm.text());
        }
        announcements.tell(new PoolEvent(
                alarm.kind(),
                now.truncatedTo(ChronoUnit.MILLIS),
                pools.indexOf(pool) + 1,
                pool.serviceClass().name(),
                alarm.percent(),
                pool.addresses(alarm.percent())));
    }

    /** The name of the service class that has the address; null: none has. */
    public @Nullable String serviceClassOf(Ipv4Address ipv4) {
        Pool pool = poolOf(ipv4);
        return pool == null ? null : pool.serviceClass().name();
    }

    private @Nullable Pool poolOf(Ipv4Address ipv4) {
        for (Pool pool : pools) {
            if (pool.contains(ipv4)) {
                return pool;
            }
        }
        return null;
    }

    private static int numberIn(@Nullable Pool pool, PublicPorts ports) {
        return pool == null || !pool.isDividedLike(ports.ports())
                ? -1
                : pool.numberOf(ports.ipv4(), ports.ports().firstPort());
    }

    /** Who has exactly these ports, or had them last as far as that is known. */
    private @Nullable Lease at(PublicPorts ports) {
        Pool pool = poolOf(ports.ipv4());
        int number = numberIn(pool, ports);
        return pool != null && number >= 0 ? pool.at(number) : outsidePools.get(ports);
    }

    private static boolean isDividedAlike(PortSet one, PortSet other) {
        return one.psidOffset() == other.psidOffset() && one.psidLength() == other.psidLength();
    }

    private void note(Lease lease) {
        if (journal != null) {
            journal.hold(lease);
        }
    }

    private List<Lease> bindingsNow() {
        List<Lease> held = new ArrayList<>(heldCount + assignedCount);
        forEach(held::add);
        return held;
    }

    private static long millis(Instant time) {
        return time.isAfter(LATEST) ? Lease.NEVER : time.toEpochMilli();
    }

    /** Reads what the journal knows, without telling anybody and without binding anything. */
    private final class Recovery implements LeaseJournal.Replay {
        /** Of ports that are in no pool nothing is left but this. */
        private final List<BindingChange> endsOutsidePools = new ArrayList<>();

        @Override
        public void hold(
                Binding binding,
                Lease.State state,
                Origin origin,
                boolean isDetermined,
                Nonce nonce,
                int replyPort,
                long createdMillis,
                long endMillis,
                long limitMillis) {
            PublicPorts ports = PublicPorts.of(binding);
            Lease present = at(ports);
            if (present != null && present.isInForce()) {
                forget(present, createdMillis);
            }
            Lease held = leases.find(binding.b4());
            if (state == Lease.State.HELD && held != null && held.state == Lease.State.HELD) {
                forget(held, createdMillis);
            }
            Pool pool = poolOf(binding.ipv4());
            int number = numberIn(pool, ports);
            Pool given = number >= 0 ? pool : null;
            // One object for all that are the same saves half of what a lease needs.
            Binding shared = new Binding(
                    binding.b4(),
                    binding.ipv4(),
                    given == null ? binding.ports() : given.portsOf(number),
                    binding.br().equals(br) ? br : binding.br(),
                    binding.subscriber());
            Lease lease = new Lease(shared, given, number, nonce, origin, replyPort, createdMillis);
            lease.isDetermined = isDetermined;
            lease.endMillis = endMillis;
            lease.limitMillis = limitMillis;
            if (given != null) {
                Lease last = given.take(lease);
                if (last != null) {
                    leases.remove(last);
                }
            } else {
                outsidePools.put(ports, lease);
            }
            if (state == Lease.State.ASSIGNED) {
                assign(lease);
            } else {
                lease.state = Lease.State.HELD;
                heldCount++;
                leases.put(lease);
                wheel.add(lease);
            }
        }

        @Override
        public void renew(PublicPorts ports, Ipv6Address b4, long endMillis) {
            Lease lease = at(ports);
            if (lease != null && lease.state == Lease.State.HELD && lease.isOf(b4)) {
                wheel.remove(lease);
                lease.endMillis = endMillis;
                wheel.add(lease);
            }
        }

        @Override
        public void end(PublicPorts ports, Ipv6Address b4, long untilMillis) {
            Lease lease = at(ports);
            if (lease != null && lease.isOf(b4)) {
                if (lease.pool() == null) {
                    endsOutsidePools.add(deletion(lease, untilMillis));
                }
                if (lease.isInForce()) {
                    forget(lease, untilMillis);
                } else if (lease.state == Lease.State.RESTING) {
                    lease.endMillis = untilMillis;
                }
            }
        }

        /** Ends a lease of which a later record says that it ended. */
        private void forget(Lease lease, long untilMillis) {
            if (lease.state == Lease.State.HELD) {
                wheel.remove(lease);
                heldCount--;
            } else {
                withdraw(lease);
            }
            Pool pool = lease.pool();
            lease.endMillis = untilMillis;
            if (pool == null) {
                lease.state = Lease.State.GONE;
                outsidePools.remove(lease.publicPorts());
                leases.remove(lease);
            } else {
                lease.state = Lease.State.RESTING;
                lease.limitMillis = untilMillis + pool.serviceClass().holdDown().toMillis();
                pool.rest(lease);
                if (leases.find(lease.b4()) == null) {
                    leases.put(lease);
                }
            }
        }
    }

    /** Puts what was recovered into the forwarding table, and ends what has ended or fits no more. */
    private void bindRecovered(List<BindingChange> endsOutsidePools, Instant now) {
        table.reserve(heldCount + assignedCount);
        Instant toldAgain = now.minus(TOLD_AGAIN);
        endsOutsidePools.stream().filter(end -> end.at().isAfter(toldAgain)).forEach(announcements::addBefore);
        for (Pool pool : pools) {
            pool.sortResting();
            for (Lease lease = pool.longestResting(); lease != null; lease = lease.after) {
                if (lease.endMillis > millis(toldAgain)) {
                    announcements.addBefore(deletion(lease, lease.endMillis));
                }
            }
        }
        expire(now);
        for (Lease lease : bindingsNow()) {
            PublicPorts ports = lease.publicPorts();
            boolean isLeft = lease.pool() == null
                    && (poolOf(ports.ipv4()) != null || (lease.state == Lease.State.HELD && !lease.isDetermined));
            try {
                if (!isLeft) {
                    table.put(lease.binding());
                    continue;
                }
                log.warn("The binding of {} ends: no service class has these ports any more", ports);
            } catch (BindingConflictException _) {
                log.warn("The binding of {} ends: others divide that address in another way", ports);
            }
            takeAway(lease, now, true);
        }
        if (heldCount + assignedCount > 0) {
            log.info("Recovered {} leases and {} assigned bindings", heldCount, assignedCount);
        }
    }

    private static BindingChange deletion(Lease lease, long untilMillis) {
        return new BindingChange(
                BindingChange.Kind.DELETED, Instant.ofEpochMilli(untilMillis), lease.binding(), lease.origin(), null);
    }

    private void changed(
            BindingChange.Kind kind, long atMillis, Lease lease, @Nullable BindingVolume volume, boolean isOfAll) {
        BindingChange change =
                new BindingChange(kind, Instant.ofEpochMilli(atMillis), lease.binding(), lease.origin(), volume);
        if (isRecovering) {
            announcements.addBefore(change);
        } else if (journal != null) {
            announcements.keep(change, isOfAll);
        } else {
            announcements.tell(change, isOfAll);
        }
    }

    private static void requireDividedLike(Pool pool, Binding binding) {
        ServiceClass serviceClass = pool.serviceClass();
        if (!pool.isDividedLike(binding.ports())) {
            throw new IllegalArgumentException("the binding table gives " + binding.ipv4() + " ports "
                    + binding.ports() + ", but service class " + serviceClass.name() + " divides that address as "
                    + serviceClass.psidOffset() + "/" + serviceClass.psidLength()
                    + "; all subscribers of an address need the same psid-offset and psid-length: take the address out "
                    + "of the service class or change one of the two");
        }
    }

    private static void requireDistinct(ServiceClass one, ServiceClass other) {
        if (one.name().equals(other.name())) {
            throw new IllegalArgumentException("Invalid value " + one.name()
                    + " for key name: two service classes are called so (allowed: each name once)");
        }
        for (Ipv4Prefix prefix : one.prefixes()) {
            for (Ipv4Prefix taken : other.prefixes()) {
                if (prefix.overlaps(taken)) {
                    throw new IllegalArgumentException("Invalid value " + prefix + " for key prefixes of service class "
                            + one.name() + ": it overlaps " + taken + " of service class " + other.name()
                            + " (allowed: each address in one service class)");
                }
            }
        }
    }
}
