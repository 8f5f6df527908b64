package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is behind which IPv6 prefix, as the supporting system says: the subscriber's name and service class. The longest
 * prefix of an address counts. Control thread only.
 */
public final class Subscribers {

    private static final String HEADER = "prefix,subscriber,class";

    /** By length, the longest first. */
    private final TreeMap<Integer, Map<Ipv6Prefix, Entitlement>> byLength =
            new TreeMap<>((one, other) -> Integer.compare(other, one));

    /**
     * Says who is behind a prefix, in the place of what was said of it before.
     *
     * @param subscriber null: unknown
     * @param serviceClass null: the one that the address is of
     */
    public void put(Ipv6Prefix prefix, @Nullable String subscriber, @Nullable String serviceClass) {
        byLength.computeIfAbsent(prefix.length(), length -> new HashMap<>())
                .put(prefix, new Entitlement(subscriber, serviceClass, null, null, null));
    }

    /** Forgets what was said of a prefix. */
    public void remove(Ipv6Prefix prefix) {
        Map<Ipv6Prefix, Entitlement> ofLength = byLength.get(prefix.length());
        if (ofLength != null && ofLength.remove(prefix) != null && ofLength.isEmpty()) {
            byLength.remove(prefix.length());
        }
    }

    /** What is known of an lwB4. */
    public Entitlement of(Ipv6Address b4) {
        for (Map.Entry<Integer, Map<Ipv6Prefix, Entitlement>> ofLength : byLength.entrySet()) {
            Entitlement found = ofLength.getValue().get(Ipv6Prefix.containing(b4, ofLength.getKey()));
            if (found != null) {
                return found;
            }
        }
        return Entitlement.UNKNOWN;
    }

    /** Of how many prefixes something is known. */
    public int size() {
        return byLength.values().stream().mapToInt(Map::size).sum();
    }

    /**
     * Reads a CSV file: a line {@code prefix,subscriber,class}, then one for each prefix; subscriber or class may be
     * empty; lines that begin with # are left out.
     *
     * @throws IllegalArgumentException naming the line that is not right
     */
    public void read(Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            boolean isHeaderSeen = false;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                if (!isHeaderSeen) {
                    if (!line.strip().equals(HEADER)) {
                        throw new IllegalArgumentException(file + " line " + number + ": \"" + line
                                + "\" is not the first line of a file of subscribers (expected " + HEADER + ")");
                    }
                    isHeaderSeen = true;
                    continue;
                }
                String[] fields = line.split(",", -1);
                if (fields.length != 3) {
                    throw new IllegalArgumentException(
                            file + " line " + number + ": " + fields.length + " fields (expected 3: " + HEADER + ")");
                }
                try {
                    put(Ipv6Prefix.parse(fields[0].strip()), emptyIsNull(fields[1]), emptyIsNull(fields[2]));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(file + " line " + number + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static @Nullable String emptyIsNull(String field) {
        String stripped = field.strip();
        return stripped.isEmpty() ? null : stripped;
    }
}
