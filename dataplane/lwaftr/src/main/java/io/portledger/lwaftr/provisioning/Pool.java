package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The port sets of a pool's addresses, each held by at most one lwB4.
 *
 * <p>Port sets are numbered: address by address, PSID by PSID. Numbers that were never given out lie behind a mark, and
 * those that came back wait in the order in which they came, so that choosing, taking and giving back are O(1) and
 * memory grows with use, not with the size of the prefixes. A set that was never used is preferred to one that was: it
 * keeps a subscriber's last ports free for a return as long as possible.
 */
public final class Pool {

    /**
     * What a client would like to have.
     *
     * @param address the public address
     * @param port any port of the set, 0-65535
     */
    public record Suggestion(Ipv4Address address, int port) {}

    private record Freed(Ipv6Address holder, Instant until, Instant reusableFrom) {}

    private final PoolSettings settings;
    private final int lowestPsid;
    private final int setsPerAddress;
    private final int size;

    /** Sets from this number on were never given out, but for those in {@link #givenAhead}. */
    private int untouched;

    private final Set<Integer> givenAhead = new HashSet<>();
    private final LinkedHashMap<Integer, Freed> freed = new LinkedHashMap<>();
    private final Map<Ipv6Address, Integer> lastHeld = new HashMap<>();
    private int held;

    /** @throws IllegalArgumentException if the prefixes overlap or hold more than 2^31 - 1 port sets */
    public Pool(PoolSettings settings) {
        this.settings = settings;
        lowestPsid = settings.lowestPsid();
        setsPerAddress = (1 << settings.psidLength()) - lowestPsid;
        long addresses = 0;
        for (int i = 0; i < settings.prefixes().size(); i++) {
            Ipv4Prefix prefix = settings.prefixes().get(i);
            for (Ipv4Prefix other : settings.prefixes().subList(0, i)) {
                if (prefix.overlaps(other)) {
                    throw new IllegalArgumentException("Invalid value " + prefix + " for key prefixes: it overlaps "
                            + other + " of pool " + settings.name() + " (allowed: each address once)");
                }
            }
            addresses += prefix.size();
        }
        if (addresses * setsPerAddress > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Invalid value " + settings.prefixes() + " for key prefixes: "
                    + addresses * setsPerAddress + " port sets in one pool (allowed: up to " + Integer.MAX_VALUE + ")");
        }
        size = (int) (addresses * setsPerAddress);
    }

    /** What the pool was made from. */
    public PoolSettings settings() {
        return settings;
    }

    /** How many port sets there are, held or not. */
    public int size() {
        return size;
    }

    /** How many port sets are held now. */
    public int held() {
        return held;
    }

    /** Whether the address is one of the pool's. */
    public boolean contains(Ipv4Address address) {
        return settings.prefixes().stream().anyMatch(prefix -> prefix.contains(address));
    }

    /**
     * Which port set that client would get now: the one that it suggests if that is free, else the one that it held
     * last if nobody took it meanwhile, else any that is free and has rested for the hold-down time. Nothing changes.
     *
     * @return the set's number, or empty if the pool is exhausted
     */
    public OptionalInt choose(Ipv6Address client, @Nullable Suggestion suggestion, Instant now) {
        if (suggestion != null) {
            int number = numberOf(suggestion.address(), suggestion.port());
            if (number >= 0 && isFree(number, client, now)) {
                return OptionalInt.of(number);
            }
        }
        Integer last = lastHeld.get(client);
        if (last != null) {
            return OptionalInt.of(last);
        }
        while (givenAhead.remove(untouched)) {
            untouched++;
        }
        if (untouched < size) {
            return OptionalInt.of(untouched);
        }
        Map.Entry<Integer, Freed> eldest = freed.firstEntry();
        return eldest != null && !eldest.getValue().reusableFrom().isAfter(now)
                ? OptionalInt.of(eldest.getKey())
                : OptionalInt.empty();
    }

    /**
     * Takes a set that is free, for example one that was chosen.
     *
     * @return until when its last holder had it; {@link Instant#MIN} if it never had one
     */
    Instant take(int number) {
        held++;
        Freed last = freed.remove(number);
        if (last != null) {
            lastHeld.remove(last.holder(), number);
            return last.until();
        }
        if (number == untouched) {
            untouched++;
        } else {
            givenAhead.add(number);
        }
        return Instant.MIN;
    }

    /**
     * Gives a set back.
     *
     * @param until when {@code holder} ceased to have it
     * @param now when the hold-down begins
     */
    void giveBack(int number, Ipv6Address holder, Instant until, Instant now) {
        held--;
        freed.put(number, new Freed(holder, until, now.plus(settings.holdDown())));
        lastHeld.put(holder, number);
    }

    /** Whether the client may take that set now. */
    boolean isFree(int number, Ipv6Address client, Instant now) {
        Freed last = freed.get(number);
        return last != null
                ? last.holder().equals(client) || !last.reusableFrom().isAfter(now)
                : number >= untouched && !givenAhead.contains(number);
    }

    /** The number of the set that owns a port of an address, or -1 if the pool has no such set. */
    int numberOf(Ipv4Address address, int port) {
        int psid = PortSet.psidOf(settings.psidOffset(), settings.psidLength(), port);
        if (psid == PortSet.NO_PSID || psid < lowestPsid) {
            return -1;
        }
        int before = 0;
        for (Ipv4Prefix prefix : settings.prefixes()) {
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
        for (Ipv4Prefix prefix : settings.prefixes()) {
            if (index < prefix.size()) {
                return prefix.first().plus(index);
            }
            index -= (int) prefix.size();
        }
        throw new IndexOutOfBoundsException("port set " + number + " of " + size);
    }

    /** The ports of a set. */
    PortSet portsOf(int number) {
        return new PortSet(settings.psidOffset(), settings.psidLength(), lowestPsid + number % setsPerAddress);
    }

    @Override
    public String toString() {
        return "pool " + settings.name() + " (" + held + " of " + size + " port sets held)";
    }
}
