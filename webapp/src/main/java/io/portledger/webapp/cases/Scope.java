package io.portledger.webapp.cases;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a case may disclose.
 *
 * @param from first moment that may be asked about, included
 * @param to last moment, included
 * @param addresses public addresses that may be asked about; none is any
 */
public record Scope(Instant from, Instant to, List<Ipv4Prefix> addresses) {

    private static final int MOST_ADDRESSES = 1_000;

    public Scope {
        if (to.isBefore(from)) {
            throw new IllegalArgumentException(
                    "The case's window ends at " + to + ", before it begins at " + from + ". Swap them.");
        }
        if (addresses.size() > MOST_ADDRESSES) {
            throw new IllegalArgumentException("The case names " + addresses.size() + " addresses (allowed: at most "
                    + MOST_ADDRESSES + "): name prefixes, or leave them out.");
        }
        addresses = List.copyOf(addresses);
    }

    /**
     * Reads addresses and prefixes, separated by blanks, commas or line breaks.
     *
     * @throws IllegalArgumentException naming the one that is none
     */
    public static List<Ipv4Prefix> readAddresses(String text) {
        List<Ipv4Prefix> addresses = new ArrayList<>();
        for (String word : text.strip().split("[\\s,;]+", -1)) {
            if (!word.isEmpty()) {
                addresses.add(
                        word.indexOf('/') < 0 ? new Ipv4Prefix(Ipv4Address.parse(word), 32) : Ipv4Prefix.parse(word));
            }
        }
        return addresses;
    }

    /** Why these moments may not be asked about; empty if they may. */
    public Optional<String> objectionTo(Instant first, Instant last) {
        return first.isBefore(from) || last.isAfter(to)
                ? Optional.of("it may be asked about " + from + " to " + to + " only")
                : Optional.empty();
    }

    /** Why this address may not be asked about; empty if it may. */
    public Optional<String> objectionTo(Ipv4Address address) {
        return addresses.isEmpty() || addresses.stream().anyMatch(prefix -> prefix.contains(address))
                ? Optional.empty()
                : Optional.of("it does not name the address " + address);
    }
}
