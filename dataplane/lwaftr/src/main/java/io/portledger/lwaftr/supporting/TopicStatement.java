package io.portledger.lwaftr.supporting;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PublicPorts;
import io.portledger.softwire.table.BindingEntry;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.JsonBindingReader;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** What a record of the compacted topic says; {@code docs/bindings-topic.md} is the contract. */
public sealed interface TopicStatement {

    /** What the keys of records about subscribers begin with. */
    String SUBSCRIBER_PREFIX = "subscriber:";

    /** Longer records are none of ours. */
    int MAX_OCTETS = 1 << 16;

    /** The one holder of a port set. */
    record Held(Binding binding) implements TopicStatement {

        @Override
        public String key() {
            return PublicPorts.of(binding).toString();
        }
    }

    /** A port set has no holder. */
    record Withdrawn(PublicPorts ports) implements TopicStatement {

        @Override
        public String key() {
            return ports.toString();
        }
    }

    /**
     * Who is behind an IPv6 prefix.
     *
     * @param subscriber the operator's name; null: unknown
     * @param serviceClass from which an lwB4 that asks gets its ports; null: the one that its address is of
     */
    record Known(
            Ipv6Prefix prefix,
            @Nullable String subscriber,
            @Nullable String serviceClass) implements TopicStatement {

        @Override
        public String key() {
            return SUBSCRIBER_PREFIX + prefix;
        }
    }

    /** Nothing is said of an IPv6 prefix any more. */
    record Forgotten(Ipv6Prefix prefix) implements TopicStatement {

        @Override
        public String key() {
            return SUBSCRIBER_PREFIX + prefix;
        }
    }

    /** The key of the record. */
    String key();

    /**
     * Reads a record.
     *
     * @param value null: a tombstone
     * @param br the BR address of entries that name none
     * @throws IllegalArgumentException with what is wrong
     */
    static TopicStatement parse(byte @Nullable [] key, byte @Nullable [] value, Ipv6Address br) {
        String name = text("key", key);
        TopicStatement statement = name.startsWith(SUBSCRIBER_PREFIX)
                ? subscriber(Ipv6Prefix.parse(name.substring(SUBSCRIBER_PREFIX.length())), value)
                : portSet(PublicPorts.parse(name), value, br);
        if (!statement.key().equals(name)) {
            throw new IllegalArgumentException(
                    statement instanceof Held
                            ? "the entry is of " + statement.key() + ", which is not the key"
                            : "the key is not written as it must be (expected " + statement.key() + ")");
        }
        return statement;
    }

    private static TopicStatement portSet(PublicPorts ports, byte @Nullable [] value, Ipv6Address br) {
        if (value == null) {
            return new Withdrawn(ports);
        }
        text("value", value);
        List<BindingEntry> entries = new ArrayList<>(1);
        try {
            JsonBindingReader.readEntries(new ByteArrayInputStream(value), JsonBindingReader.Root.ENTRY, entries::add);
        } catch (BindingTableException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return new Held(entries.getFirst().toBinding(br));
    }

    private static TopicStatement subscriber(Ipv6Prefix prefix, byte @Nullable [] value) {
        if (value == null) {
            return new Forgotten(prefix);
        }
        String subscriber = null;
        String serviceClass = null;
        try (JsonParser json = Parsers.FACTORY.createParser(ObjectReadContext.empty(), text("value", value))) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("the value is no JSON object");
            }
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String member = json.currentName();
                if (json.nextToken() != JsonToken.VALUE_STRING
                        || json.getString().isEmpty()) {
                    throw new IllegalArgumentException(member + " is no text (expected a name, or no member)");
                }
                switch (member) {
                    case "subscriber" -> subscriber = json.getString();
                    case "service-class" -> serviceClass = json.getString();
                    default ->
                        throw new IllegalArgumentException(
                                "unknown member \"" + member + "\" (allowed: subscriber, service-class)");
                }
            }
            if (json.nextToken() != null) {
                throw new IllegalArgumentException("text after the end of the value");
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the value is not JSON: " + e.getOriginalMessage(), e);
        }
        if (subscriber != null
                && subscriber.getBytes(StandardCharsets.UTF_8).length > BindingEntry.LONGEST_SUBSCRIBER) {
            throw new IllegalArgumentException(
                    "subscriber is too long (allowed: at most " + BindingEntry.LONGEST_SUBSCRIBER + " octets)");
        }
        return new Known(prefix, subscriber, serviceClass);
    }

    private static String text(String part, byte @Nullable [] octets) {
        if (octets == null) {
            throw new IllegalArgumentException("the record has no " + part);
        }
        if (octets.length > MAX_OCTETS) {
            throw new IllegalArgumentException("the " + part + " is longer than " + MAX_OCTETS + " octets");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the " + part + " is not UTF-8", e);
        }
    }

    /** What parses. */
    final class Parsers {
        private static final JsonFactory FACTORY = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();

        private Parsers() {}
    }
}
