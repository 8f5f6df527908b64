package io.portledger.collector.dialect;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One kind of message of a dialect, as its file has it.
 *
 * @param kind what the message says
 * @param verified null: as the dialect
 * @param contains a text that is in each such message, tried before the pattern; null for none
 * @param pattern matches the whole message behind its header
 * @param parameters how the pattern's group {@code parameters} is written; null if there is none
 * @param fields which group or parameter is which field; fields that are not named here are the groups of their name
 * @param wholeAddress whether it speaks of all ports of the address; null: no
 * @param time where the time is, the first that is there; null: in the header
 */
record EventRule(
        Kind kind,
        @Nullable Boolean verified,
        @Nullable String contains,
        Regex pattern,
        @Nullable Parameters parameters,
        @Nullable Map<String, String> fields,
        @Nullable Boolean wholeAddress,
        @Nullable List<TimeSource> time) {

    /** What a message says. */
    enum Kind {
        /** The holder has the ports from then on. */
        ALLOCATED,
        /** The holder had them until then. */
        RELEASED,
        /** The holder still has them: as allocated, but its time need not be that of the allocation. */
        REFRESHED,
        /** Nothing of bindings. */
        IGNORED
    }

    static final String PARAMETERS = "parameters";

    EventRule {
        if (kind == null || pattern == null) {
            throw new IllegalArgumentException(
                    "an event needs kind (allowed: allocated, released, refreshed, ignored) and pattern");
        }
        fields = fields == null ? Map.of() : fields;
        time = time == null || time.isEmpty() ? List.of(new TimeSource(TimeSource.From.HEADER, null, null)) : time;
        boolean hasParameters = pattern.groups().contains(PARAMETERS);
        if (hasParameters != (parameters != null)) {
            throw new IllegalArgumentException(
                    hasParameters
                            ? "the pattern has a group parameters, but the key parameters does not say how it is written"
                                    + " (allowed: quoted, cef)"
                            : "the key parameters needs a group parameters in the pattern");
        }
        if (kind != Kind.IGNORED) {
            checkFields(pattern, hasParameters, fields, time, Boolean.TRUE.equals(wholeAddress));
        }
    }

    private static void checkFields(
            Regex pattern,
            boolean hasParameters,
            Map<String, String> fields,
            List<TimeSource> time,
            boolean isWholeAddress) {
        Set<String> unused = new LinkedHashSet<>(pattern.groups());
        unused.remove(PARAMETERS);
        Set<Field> known = new HashSet<>();
        fields.forEach((key, source) -> {
            Field field = Field.ofKey(key)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "fields: " + key + " is no field (allowed: " + Field.allKeys() + ")"));
            if (!pattern.groups().contains(source) && !hasParameters) {
                throw new IllegalArgumentException("fields: " + key + " is " + source
                        + ", but the pattern has no such group (its groups: " + pattern.groups() + ")");
            }
            unused.remove(source);
            known.add(field);
        });
        for (Field field : Field.values()) {
            if (!known.contains(field) && unused.remove(field.group())) {
                known.add(field);
            }
        }
        for (TimeSource source : time) {
            String field = source.field();
            if (field != null && !pattern.groups().contains(field) && !hasParameters) {
                throw new IllegalArgumentException("time: the pattern has no group " + field);
            }
            unused.remove(field);
        }
        if (!unused.isEmpty()) {
            throw new IllegalArgumentException("the pattern's groups " + unused
                    + " are neither fields nor times (allowed: the fields' names with _ for -: " + Field.allKeys()
                    + ")");
        }
        require(known, Field.PUBLIC_ADDRESS);
        if (!known.contains(Field.INSIDE_ADDRESS)
                && !known.contains(Field.SOFTWIRE_ADDRESS)
                && !known.contains(Field.SUBSCRIBER)) {
            throw new IllegalArgumentException(
                    "nothing says who holds the ports (one of inside-address, softwire-address, subscriber)");
        }
        boolean isBlock = known.contains(Field.FIRST_PORT) && known.contains(Field.LAST_PORT);
        int ways = (isBlock ? 1 : 0) + (known.contains(Field.PORT) ? 1 : 0) + (isWholeAddress ? 1 : 0);
        if (ways != 1 || known.contains(Field.FIRST_PORT) != known.contains(Field.LAST_PORT)) {
            throw new IllegalArgumentException(
                    "an event is about first-port and last-port, or port, or whole-address: true, and only one of them");
        }
        if (isBlock && (known.contains(Field.INSIDE_PORT) || known.contains(Field.DESTINATION))) {
            throw new IllegalArgumentException(
                    "inside-port and destination belong to an event of one port, not a block");
        }
        if (known.contains(Field.DESTINATION_PORT)) {
            require(known, Field.DESTINATION);
        }
    }

    private static void require(Set<Field> known, Field field) {
        if (!known.contains(field)) {
            throw new IllegalArgumentException("there is no " + field.key() + ", neither as a group nor in fields");
        }
    }

    /** The group or parameter that is a field, if any is. */
    String sourceOf(Field field) {
        Map<String, String> named = fields;
        return named == null ? field.group() : named.getOrDefault(field.key(), field.group());
    }
}
