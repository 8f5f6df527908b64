package io.portledger.lwaftr.provisioning;

import io.portledger.lwaftr.PoolEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The port sets of a service class's addresses, each held by at most one lwB4.
 *
 * <p>Port sets are numbered: address by address, PSID by PSID. Those that were never given out lie behind a mark, and
 * those that came back wait in the order in which they came, so that choosing, taking and giving back are O(1) and
 * memory grows with use, not with the size of the prefixes. A set that was never used is preferred to one that was: it
 * keeps a subscriber's last ports free for a return as long as possible.
 *
 * <p>Changes on the control thread only; the levels may be read from any.
 */
public final class Pool {

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;

    /**
     * What a client would like to have.
     *
     * @param address the public address
     * @param port any port of the set, 0-65535
     * @param only the very ports of that address, if it will have nothing else; null: anything else will do
     */
    public record Suggestion(
            Ipv4Address address, int port, @Nullable PortSet only) {

        /** What would be nice. */
        public Suggestion(Ipv4Address address, int port) {
            this(address, port, null);
        }

        /** What was offered, and must be just so. */
        public static Suggestion exactly(PublicPorts ports) {
            return new Suggestion(ports.ipv4(), ports.ports().firstPort(), ports.ports());
        }

        /** Whether these ports will do. */
        boolean allows(PublicPorts ports) {
            return only == null
                    || (ports.ipv4().equals(address) && ports.ports().equals(only));
        }
    }

    /**
     * The share of sets that are held has passed an alarm level, or nothing was left.
     *
     * @param text for the operator
     * @param kind whether it rose above the level, fell below, or nothing was left
     * @param percent the level
     */
    record Alarm(String text, PoolEvent.Kind kind, int percent) {}

    /** By so many percent of the sets an alarm must fall below its level to end. */
    private static final int HYSTERESIS = 5;

    private static final long BETWEEN_EXHAUSTIONS_MILLIS = 60_000;

    /** A power of two. */
    private static final int SPREAD_OF_OFFERS = 1024;

    private final ServiceClass serviceClass;
    private final int lowestPsid;
    private final int setsPerAddress;
    private final int size;
    private final PortSet[] setsOfAddress;

    /** Who has or last had a set, by its number; a chunk is there once one of its sets was given. */
    private final @Nullable Lease[] @Nullable [] chunks;

    /** Sets from this number on were never given out, but for some that were suggested. */
    private int untouched;

    /** How far beyond the mark the last offer was. */
    private int offers = SPREAD_OF_OFFERS - 1;

    private @Nullable Lease longestResting;
    private @Nullable Lease lastRested;
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger resting = new AtomicInteger();
    private long exhaustionSaidMillis = -BETWEEN_EXHAUSTIONS_MILLIS;
    private final AtomicInteger alarms = new AtomicInteger();
    private final AtomicLong refusals = new AtomicLong();

    /** @throws IllegalArgumentException if the prefixes overlap or hold more than 2^31 - 1 port sets */
    public Pool(ServiceClass serviceClass) {
        this.serviceClass = serviceClass;
        lowestPsid = serviceClass.lowestPsid();
        setsPerAddress = (1 << serviceClass.psidLength()) - lowestPsid;
        long addresses = 0;
        for (int i = 0; i < serviceClass.prefixes().size(); i++) {
            Ipv4Prefix prefix = serviceClass.prefixes().get(i);
            for (Ipv4Prefix other : serviceClass.prefixes().subList(0, i)) {
                if (prefix.overlaps(other)) {
                    throw new IllegalArgumentException("Invalid value " + prefix + " for key prefixes: it overlaps "
                            + other + " of service class " + serviceClass.name() + " (allowed: each address once)");
                }
            }
            addresses += prefix.size();
        }
        if (addresses * setsPerAddress > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Invalid value " + serviceClass.prefixes() + " for key prefixes: "
                    + addresses * setsPerAddress + " port sets in one service class (allowed: up to "
                    + Integer.MAX_VALUE + ")");
        }
        size = (int) (addresses * setsPerAddress);
        chunks = new Lease[(size >> CHUNK_BITS) + 1][];
        setsOfAddress = new PortSet[setsPerAddress];
        for (int i = 0; i < setsPerAddress; i++) {
            setsOfAddress[i] = new PortSet(serviceClass.psidOffset(), serviceClass.psidLength(), lowestPsid + i);
        }
    }

    /** What the pool was made from. */
    public ServiceClass serviceClass() {
        return serviceClass;
    }

    /** How many port sets there are, held or not. */
    public int size() {
        return size;
    }

    /** How many port sets are held now. Any thread. */
    public int held() {
        return held.get();
    }

    /** How many port sets were held before and are not now, those included whose hold-down is over. Any thread. */
    public int resting() {
        return resting.get();
    }

    /** How many of the alarm levels are exceeded. Any thread. */
    public int alarms() {
        return alarms.get();
    }

    /** Whether an alarm level was passed since the last call. */
    Optional<Alarm> newAlarm() {
        List<Integer> levels = serviceClass.alarmLevels();
        int raised = alarms.get();
        long share = 100L * held();
        if (raised < levels.size() && share >= (long) levels.get(raised) * size) {
            alarms.set(raised + 1);
            return Optional.of(new Alarm(
                    this + ": more than " + levels.get(raised) + " %. Give the class more prefixes, or a longer"
                            + " psid-length, before it is exhausted",
                    PoolEvent.Kind.HIGH,
                    levels.get(raised)));
        }
        if (raised > 0 && share < (long) (levels.get(raised - 1) - HYSTERESIS) * size) {
            alarms.set(raised - 1);
            return Optional.of(new Alarm(
                    this + ": less than " + levels.get(raised - 1) + " % again",
                    PoolEvent.Kind.LOW,
                    Math.max(0, levels.get(raised - 1) - HYSTERESIS)));
        }
        return Optional.empty();
    }

    /** That nothing is left for somebody who asks now, unless it was said within the last minute. */
    Optional<Alarm> newExhaustion(long nowMillis) {
        if (nowMillis < exhaustionSaidMillis + BETWEEN_EXHAUSTIONS_MILLIS) {
            return Optional.empty();
        }
        exhaustionSaidMillis = nowMillis;
        return Optional.of(new Alarm(
                this + " is exhausted: " + resting() + " port sets rest before others may have them, and none is left."
                        + " Give the class more prefixes, or a longer psid-length",
                PoolEvent.Kind.EXHAUSTED,
                100));
    }

    /** So many percent of the addresses, rounded up. */
    long addresses(int percent) {
        long addresses = size / setsPerAddress;
        return (addresses * percent + 99) / 100;
    }

    /** How often nothing was left for somebody. Any thread. */
    public long refusals() {
        return refusals.get();
    }

    /** Whether the address is one of the pool's. */
    public boolean contains(Ipv4Address address) {
        for (Ipv4Prefix prefix : serviceClass.prefixes()) {
            if (prefix.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the ports are a set by the pool's division of addresses. */
    boolean isDividedLike(PortSet ports) {
        return ports.psidOffset() == serviceClass.psidOffset() && ports.psidLength() == serviceClass.psidLength();
    }

    /**
     * Which port set that client would get now: the one that it suggests if that is free, else the one that it held
     * last if nobody took it meanwhile, else any that is free and has rested for the hold-down time. Nothing changes.
     *
     * @param last what the client held last, of this pool or another; null: nothing
     * @return the set's number, or -1 if the pool is exhausted
     */
    int choose(Ipv6Address client, @Nullable Lease last, @Nullable Suggestion suggestion, long nowMillis) {
        if (suggestion != null) {
            int number = numberOf(suggestion.address(), suggestion.port());
            boolean isLawful = number >= 0 && suggestion.allows(new PublicPorts(addressOf(number), portsOf(number)));
            if (isLawful && isFree(number, client, nowMillis)) {
                return number;
            }
            if (suggestion.only() != null) {
                return -1;
            }
        }
        if (last != null && last.state == Lease.State.RESTING && last.pool() == this) {
            return last.number();
        }
        while (untouched < size && at(untouched) != null) {
            untouched++;
        }
        if (untouched < size) {
            return untouched;
        }
        Lease eldest = longestResting;
        if (eldest != null && eldest.limitMillis <= nowMillis) {
            return eldest.number();
        }
        refusals.incrementAndGet();
        return -1;
    }

    /**
     * Like {@link #choose}, but where any set will do, one call after another gets another one: of clients that are
     * offered something at the same time, few come back for the same.
     */
    int offer(Ipv6Address client, @Nullable Lease last, @Nullable Suggestion suggestion, long nowMillis) {
        int number = choose(client, last, suggestion, nowMillis);
        if (number < 0 || number != untouched) {
            return number;
        }
        offers = (offers + 1) & (SPREAD_OF_OFFERS - 1);
        int other = untouched + offers;
        return other < size && at(other) == null ? other : number;
    }

    /**
     * Gives a set that nobody has to a lease of its number.
     *
     * @return the lease that held it last, which is of no meaning any more; null if it was never held
     */
    @Nullable
    Lease take(Lease lease) {
        int number = lease.number();
        Lease last = at(number);
        if (last != null) {
            if (last.isInForce()) {
                throw new IllegalStateException(last + " is held");
            }
            stopResting(last);
        }
        chunkOf(number)[number & (CHUNK - 1)] = lease;
        held.setRelease(held.get() + 1);
        return last;
    }

    /** Lets the set of a lease that has just ended rest behind those that do so already. */
    void rest(Lease lease) {
        held.setRelease(held.get() - 1);
        resting.setRelease(resting.get() + 1);
        append(lease);
    }

    private void append(Lease lease) {
        Lease last = lastRested;
        lease.before = last;
        lease.after = null;
        if (last == null) {
            longestResting = lease;
        } else {
            last.after = lease;
        }
        lastRested = lease;
    }

    private void stopResting(Lease lease) {
        resting.setRelease(resting.get() - 1);
        Lease before = lease.before;
        Lease after = lease.after;
        if (before == null) {
            longestResting = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            lastRested = before;
        } else {
            after.before = before;
        }
        lease.before = null;
        lease.after = null;
        lease.state = Lease.State.GONE;
    }

    /** Whether the client may take that set now. */
    boolean isFree(int number, Ipv6Address client, long nowMillis) {
        Lease last = at(number);
        return last == null
                || (last.state == Lease.State.RESTING && (last.isOf(client) || last.limitMillis <= nowMillis));
    }

    /** Who has a set, or had it last; null if nobody ever did. */
    @Nullable
    Lease at(int number) {
        @Nullable Lease[] chunk = chunks[number >> CHUNK_BITS];
        return chunk == null ? null : chunk[number & (CHUNK - 1)];
    }

    /** The first number from {@code number} on whose set may have been given; the size if there is none. */
    int nextUsed(int number) {
        int next = number;
        while (next < size && chunks[next >> CHUNK_BITS] == null) {
            next = ((next >> CHUNK_BITS) + 1) << CHUNK_BITS;
        }
        return Math.min(next, size);
    }

    /** The first of those that rest; it leads to the others, in the order in which they came back. */
    @Nullable
    Lease longestResting() {
        return longestResting;
    }

    /** Puts those that rest in the order in which others may have them, after they were read in another one. */
    void sortResting() {
        List<Lease> all = new ArrayList<>(resting());
        for (Lease lease = longestResting; lease != null; lease = lease.after) {
            all.add(lease);
        }
        all.sort(Comparator.comparingLong(lease -> lease.limitMillis));
        longestResting = null;
        lastRested = null;
        all.forEach(this::append);
    }

    private @Nullable Lease[] chunkOf(int number) {
        @Nullable Lease[] chunk = chunks[number >> CHUNK_BITS];
        if (chunk == null) {
            chunk = new Lease[CHUNK];
            chunks[number >> CHUNK_BITS] = chunk;
        }
        return chunk;
    }

    /** The number of the set that owns a port of an address, or -1 if the pool has no such set. */
    int numberOf(Ipv4Address address, int port) {
        int psid = PortSet.psidOf(serviceClass.psidOffset(), serviceClass.psidLength(), port);
        if (psid == PortSet.NO_PSID || psid < lowestPsid) {
            return -1;
        }
        int before = 0;
        for (Ipv4Prefix prefix : serviceClass.prefixes()) {
            if (prefix.contains(address)) {
                return (before + address.bits() - prefix.first().bits()) * setsPerAddress + psid - lowestPsid;
            }
            before += (int) prefix.size();
        }
        return -1;
    }

    /** The public address of a set. */
    Ipv4Address addressOf(int number) {
        int index = number / setsPerAddress;
        for (Ipv4Prefix prefix : serviceClass.prefixes()) {
            if (index < prefix.size()) {
                return prefix.first().plus(index);
            }
            index -= (int) prefix.size();
        }
        throw new IndexOutOfBoundsException("port set " + number + " of " + size);
    }

    /** The ports of a set. */
    PortSet portsOf(int number) {
        return setsOfAddress[number % setsPerAddress];
    }

    @Override
    public String toString() {
        return "service class " + serviceClass.name() + " (" + held() + " of " + size + " port sets held)";
    }
}
