package io.portledger.settings;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The keys that a record type knows: kebab-case names of its components, joined by dots through nested records. */
final class Keys {

    /** Every key by its path, with its type; a section stands before the keys in it. */
    private final Map<String, Type> types = new LinkedHashMap<>();

    private final Set<String> optional = new HashSet<>();

    private Keys() {}

    static Keys of(Class<?> recordType) {
        Keys keys = new Keys();
        keys.collect(recordType, "");
        return keys;
    }

    private void collect(Class<?> section, String path) {
        for (RecordComponent component : section.getRecordComponents()) {
            String keyPath = join(path, nameOf(component));
            types.put(keyPath, component.getGenericType());
            if (component.isAnnotationPresent(MayBeNull.class)) {
                optional.add(keyPath);
            }
            if (Binder.isSection(component.getType())) {
                collect(component.getType(), keyPath);
            }
        }
    }

    Map<String, Type> types() {
        return types;
    }

    /** Whether the key may have no value, as the record says of it. */
    boolean isOptional(String path) {
        return optional.contains(path);
    }

    /** {@code brAddresses} is written {@code br-addresses}, {@code ipv6Side} {@code ipv6-side}. */
    static String nameOf(RecordComponent component) {
        return kebab(component.getName());
    }

    static String kebab(String name) {
        return name.replace('_', '-')
                .replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-")
                .toLowerCase(Locale.ROOT);
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /**
     * What the operator may have meant by the unknown key {@code name} in section {@code path}: a key of that section
     * that is spelled alike, or a key of that name in another section; else all keys of the section.
     */
    String suggestion(String path, String name, Collection<String> namesHere) {
        String spelled = kebab(name);
        var alike = namesHere.stream()
                .filter(known -> isAlike(spelled, known))
                .min(Comparator.comparingInt(known -> editDistance(spelled, known)));
        if (alike.isPresent()) {
            return "; did you mean " + join(path, alike.get()) + "?";
        }
        var elsewhere = types.keySet().stream()
                .filter(known -> known.endsWith("." + spelled) || known.equals(spelled))
                .min(Comparator.comparingInt(known -> editDistance(join(path, spelled), known)));
        if (elsewhere.isPresent()) {
            return "; did you mean " + elsewhere.get() + "?";
        }
        return namesHere.stream().sorted().collect(Collectors.joining(", ", " (known here: ", ")"));
    }

    static boolean isAlike(String written, String known) {
        return editDistance(written, known) <= Math.max(1, Math.min(written.length(), known.length()) / 3);
    }

    /** Insertions, deletions, replacements and swaps of neighbours that turn {@code a} into {@code b}. */
    static int editDistance(String a, String b) {
        int[][] distance = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    distance[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int best =
                        Math.min(distance[i - 1][j - 1] + change, 1 + Math.min(distance[i - 1][j], distance[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    best = Math.min(best, distance[i - 2][j - 2] + 1);
                }
                distance[i][j] = best;
            }
        }
        return distance[a.length()][b.length()];
    }
}
