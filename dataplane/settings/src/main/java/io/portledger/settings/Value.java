package io.portledger.settings;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A value as it was written, before it has a type; it knows where it was written, for messages. */
sealed interface Value {

    Origin origin();

    /** The value as a message shows it. */
    String shown();

    /**
     * Where something was written.
     *
     * @param line counted from 1; 0 for the whole source, negative if the source has no lines
     * @param directory what a relative path in this place is relative to; null: the working directory
     */
    record Origin(String source, int line, @Nullable Path directory) {

        /** A fault at this place. */
        SettingsException fault(String what) {
            return new SettingsException(this + ": " + what);
        }

        SettingsException fault(String what, Throwable cause) {
            return new SettingsException(this + ": " + what, cause);
        }

        @Override
        public String toString() {
            return line > 0 ? source + ", line " + line : source;
        }
    }

    /**
     * One value.
     *
     * @param text null if the key is there but has no value
     */
    record Scalar(Origin origin, @Nullable String text) implements Value {

        @Override
        public String shown() {
            return text == null ? "null" : '"' + text + '"';
        }
    }

    /** Items in the order of the file. */
    record Sequence(Origin origin, List<Value> items) implements Value {

        @Override
        public String shown() {
            return items.isEmpty() ? "[]" : "[...]";
        }
    }

    /**
     * A mapping.
     *
     * @param origin where the section begins; each key has its own origin
     */
    record Section(Origin origin, Map<String, Entry> entries) implements Value {

        @Override
        public String shown() {
            return entries.isEmpty() ? "{}" : "{...}";
        }

        /**
         * This section with {@code over} laid on top, key by key; sections merge, everything else is replaced. A null
         * leaves a section as it is, and otherwise may only replace a null or what is optional: any other key whose
         * default has a value always has one.
         */
        Section overlaidBy(Section over, String path, Keys keys) {
            Map<String, Entry> merged = new LinkedHashMap<>(entries);
            over.entries.forEach((key, entry) -> {
                String keyPath = Keys.join(path, key);
                Entry below = merged.get(key);
                if (below == null) {
                    merged.put(key, entry);
                } else if (below.value instanceof Section lower && entry.value instanceof Section upper) {
                    merged.put(key, new Entry(entry.origin, lower.overlaidBy(upper, keyPath, keys)));
                } else if (entry.value instanceof Scalar scalar && scalar.text == null) {
                    boolean mayBeNull = below.value instanceof Scalar lower && lower.text == null;
                    if (keys.isOptional(keyPath) && !(below.value instanceof Section)) {
                        merged.put(key, entry);
                    } else if (!mayBeNull && !(below.value instanceof Section)) {
                        throw entry.origin.fault("Invalid value null for key " + keyPath
                                + ": it needs a value (leave the key out for its default, "
                                + below.value.shown() + ")");
                    }
                } else {
                    merged.put(key, entry);
                }
            });
            return new Section(over.origin, merged);
        }
    }

    /**
     * A key's value.
     *
     * @param origin where the key stands
     */
    record Entry(Origin origin, Value value) {}
}
