package io.portledger.collector.dialect;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a message may say of a binding. */
enum Field {
    PUBLIC_ADDRESS,
    FIRST_PORT,
    LAST_PORT,
    PORT,
    PROTOCOL,
    INSIDE_ADDRESS,
    INSIDE_PORT,
    SOFTWIRE_ADDRESS,
    SUBSCRIBER,
    DESTINATION,
    DESTINATION_PORT,
    INSTANCE;

    /** The name in a dialect's file. */
    String key() {
        return group().replace('_', '-');
    }

    /** The name of a group in a pattern, which knows no hyphens. */
    String group() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Field> ofKey(String key) {
        return Arrays.stream(values()).filter(field -> field.key().equals(key)).findFirst();
    }

    static String allKeys() {
        return Arrays.stream(values()).map(Field::key).collect(Collectors.joining(", "));
    }
}
