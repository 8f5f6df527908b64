package io.portledger.collector.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dialect as its file has it; docs/dialects.md explains each key.
 *
 * @param name the dialect's name, as evidence has it
 * @param devices whose messages they are
 * @param verified whether each format was seen in messages or documents of the vendor
 * @param source where the formats are known from, and what is in doubt
 * @param literals a message has at least one of these texts
 * @param begins what the message begins with behind its header
 * @param exporters who may speak it; null: everybody
 * @param events its messages
 * @param samples its tests
 */
record DialectFile(
        String name,
        String devices,
        boolean verified,
        String source,
        List<String> literals,
        Regex begins,
        @Nullable List<ExporterPrefix> exporters,
        List<EventRule> events,
        List<Sample> samples) {

    DialectFile {
        if (name == null || !name.matches("[a-z0-9][a-z0-9-]{0,63}")) {
            throw new IllegalArgumentException(
                    "name is " + name + " (allowed: 1-64 small letters, digits and hyphens)");
        }
        if (devices == null || source == null || literals == null || begins == null || events == null) {
            throw new IllegalArgumentException("a dialect needs devices, source, literals, begins and events");
        }
        if (literals.isEmpty() || literals.stream().anyMatch(literal -> literal.length() < 3)) {
            throw new IllegalArgumentException("literals needs at least one text, each of 3 characters or more");
        }
        if (events.isEmpty()) {
            throw new IllegalArgumentException("events is empty, so the dialect can read nothing");
        }
        samples = samples == null ? List.of() : samples;
    }
}
