package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.table.BindInstance.IcmpPolicy;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads the binding table of an instance of {@code ietf-softwire-br} (RFC 8676) in JSON (RFC 7951).
 *
 * <p>{@code binding-ipv6info} is the lwB4's address, or a prefix, from which the address is made by RFC 7596 §5.1. The
 * leaf {@code portledger-softwire:subscriber} is the subscriber's name.
 * Members of other modules and read-only counters are skipped, any other unknown member is an error. One
 * {@code bind-instance} is read; a second is an error.
 */
public final class JsonBindingReader implements BindingReader {

    private static final String MODULE = "ietf-softwire-br:";
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser json;
    private final String file;
    private final @Nullable Ipv6Address defaultBr;

    /** The leaves of the instance beside the table, by name: String, Long or Boolean. */
    private final Map<String, Object> leaves = new HashMap<>();

    private boolean isStrict;
    private boolean hasIcmpPolicy;
    private @Nullable BindInstance instance;
    private State state = State.BEFORE_ENTRIES;
    private @Nullable Binding next;
    private int nextLine;
    private int returnedLine;

    private enum State {
        BEFORE_ENTRIES,
        IN_ENTRIES,
        AT_END
    }

    /**
     * Takes over {@code in}.
     *
     * @param file what messages call the table; empty for nothing
     * @param defaultBr the BR address of entries that name none; null if each must
     */
    public JsonBindingReader(InputStream in, String file, @Nullable Ipv6Address defaultBr) {
        this(FACTORY.createParser(ObjectReadContext.empty(), in), file, defaultBr);
    }

    private JsonBindingReader(JsonParser json, String file, @Nullable Ipv6Address defaultBr) {
        this.json = json;
        this.file = file;
        this.defaultBr = defaultBr;
    }

    /** What a document of entries begins with. */
    public enum Root {
        /** {@code {"ietf-softwire-br:binding-table": {"binding-entry": [...]}}}. */
        TABLE,
        /** {@code {"ietf-softwire-br:binding-entry": [...]}}. */
        ENTRIES,
        /** The members of one entry. */
        ENTRY
    }

    /**
     * Reads a whole document of entries, in which nothing may be that this reader does not know, and which may lack
     * leaves. The text is UTF-8. The stream is not closed.
     *
     * @param entries is told each entry, when it has been read
     * @throws BindingTableException if the document is not right; entries before the fault have been told
     * @throws UncheckedIOException if it cannot be read
     */
    public static void readEntries(InputStream in, Root root, Consumer<? super BindingEntry> entries) {
        // The parser is not closed: it holds nothing but the stream, which is the caller's.
        JsonBindingReader reader = new JsonBindingReader(
                FACTORY.createParser(
                        ObjectReadContext.empty(), new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder())),
                "",
                null);
        reader.isStrict = true;
        reader.guarded(() -> {
            reader.entries(root, entries);
            return null;
        });
    }

    private void entries(Root root, Consumer<? super BindingEntry> entries) {
        json.nextToken();
        require(JsonToken.START_OBJECT, "this is no JSON object");
        if (root == Root.ENTRY) {
            entries.accept(entry(true));
        } else {
            only(MODULE + (root == Root.TABLE ? "binding-table" : "binding-entry"));
            if (root == Root.TABLE) {
                json.nextToken();
                require(JsonToken.START_OBJECT, "binding-table is an object");
                if (json.nextToken() == JsonToken.PROPERTY_NAME) {
                    if (!json.currentName().equals("binding-entry")) {
                        unknownMember("binding-table");
                    }
                    list(entries);
                    json.nextToken();
                }
                requireEnd("binding-table");
            } else {
                list(entries);
            }
            json.nextToken();
            requireEnd("");
        }
        if (json.nextToken() != null) {
            throw fault("text after the end");
        }
    }

    private void list(Consumer<? super BindingEntry> entries) {
        json.nextToken();
        require(JsonToken.START_ARRAY, "binding-entry is a list of objects");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(JsonToken.START_OBJECT, "binding-entry is a list of objects");
            entries.accept(entry(true));
        }
    }

    /** The object's first and only member. */
    private void only(String name) {
        if (json.nextToken() != JsonToken.PROPERTY_NAME || !json.currentName().equals(name)) {
            throw fault("expected the member \"" + name + "\""
                    + (json.currentToken() == JsonToken.PROPERTY_NAME ? ", not \"" + json.currentName() + "\"" : ""));
        }
    }

    private void requireEnd(String parent) {
        if (json.currentToken() == JsonToken.PROPERTY_NAME) {
            unknownMember(parent);
        }
    }

    @Override
    public boolean hasNext() {
        if (next == null && state != State.AT_END) {
            next = guarded(this::read);
        }
        return next != null;
    }

    private <T extends @Nullable Object> T guarded(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (BindingTableException e) {
            state = State.AT_END;
            throw e;
        } catch (JacksonIOException e) {
            state = State.AT_END;
            if (e.getCause() instanceof CharConversionException || e.getCause() instanceof CharacterCodingException) {
                throw new BindingTableException(
                        file, 0, 0, "this is not JSON in UTF-8: " + e.getCause().getMessage(), e);
            }
            throw new UncheckedIOException(e.getCause());
        } catch (JacksonException e) {
            state = State.AT_END;
            TokenStreamLocation location = e.getLocation();
            throw new BindingTableException(
                    file,
                    location == null ? 0 : location.getLineNr(),
                    location == null ? 0 : location.getColumnNr(),
                    "this is not JSON: " + e.getOriginalMessage(),
                    e);
        }
    }

    @Override
    public Binding next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        Binding binding = next;
        returnedLine = nextLine;
        next = null;
        return binding;
    }

    @Override
    public int line() {
        return returnedLine;
    }

    /**
     * What the instance holds beside the table.
     *
     * @throws IllegalStateException while there are bindings left to read: parts of it may stand behind them
     */
    public BindInstance instance() {
        if (instance == null) {
            throw new IllegalStateException("the instance is known when all its bindings have been read");
        }
        return instance;
    }

    @Override
    public void close() throws IOException {
        try {
            json.close();
        } catch (JacksonIOException e) {
            throw e.getCause();
        }
    }

    private @Nullable Binding read() {
        if (state == State.BEFORE_ENTRIES) {
            state = toEntries() ? State.IN_ENTRIES : State.AT_END;
        }
        if (state == State.IN_ENTRIES) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                nextLine = json.currentTokenLocation().getLineNr();
                return binding();
            }
            require(JsonToken.END_ARRAY, "binding-entry is a list of objects");
            state = State.AT_END;
            while (nextMember() != null) {
                unknownMember("binding-table");
            }
            instanceMembers();
        }
        toEnd();
        return null;
    }

    /** Whether there are entries; if not, the reader stands behind the instance. */
    private boolean toEntries() {
        json.nextToken();
        require(JsonToken.START_OBJECT, "this is no RFC 8676 instance: it is no JSON object");
        descend("br-instances", "");
        descend("binding", "br-instances");
        descend("bind-instance", "binding");
        json.nextToken();
        require(JsonToken.START_ARRAY, "bind-instance is a list");
        json.nextToken();
        require(JsonToken.START_OBJECT, "bind-instance has no instance");
        return instanceMembers();
    }

    /** Goes to the value of member {@code name} of the object that has begun; objects and lists of objects are entered. */
    private void descend(String name, String parent) {
        for (String member = nextMember(); member != null; member = nextMember()) {
            if (member.equals(name)) {
                if (!name.equals("bind-instance")) {
                    json.nextToken();
                    require(JsonToken.START_OBJECT, name + " is an object");
                }
                return;
            }
            unknownMember(parent);
        }
        String path = parent.isEmpty() ? MODULE + name : name;
        throw fault("this is no RFC 8676 instance with a binding table: " + (parent.isEmpty() ? "it" : parent)
                + " has no member \"" + path + "\"");
    }

    /** Reads members of the instance up to its binding entries (true) or its end (false). */
    private boolean instanceMembers() {
        for (String member = nextMember(); member != null; member = nextMember()) {
            switch (member) {
                case "binding-table" -> {
                    json.nextToken();
                    require(JsonToken.START_OBJECT, "binding-table is an object");
                    for (String inner = nextMember(); inner != null; inner = nextMember()) {
                        if (inner.equals("binding-entry")) {
                            json.nextToken();
                            require(JsonToken.START_ARRAY, "binding-entry is a list of objects");
                            return true;
                        }
                        unknownMember("binding-table");
                    }
                }
                case "binding-table-versioning" -> {
                    json.nextToken();
                    leaves("binding-table-versioning", "version", "date");
                }
                case "icmp-policy" -> {
                    hasIcmpPolicy = true;
                    json.nextToken();
                    icmpPolicy();
                }
                case "name", "softwire-num-max", "softwire-payload-mtu", "softwire-path-mru", "enable-hairpinning" ->
                    leaf(member);
                case "traffic-stat" -> skipValue();
                default -> unknownMember("bind-instance");
            }
        }
        instance = buildInstance();
        return false;
    }

    private void icmpPolicy() {
        require(JsonToken.START_OBJECT, "icmp-policy is an object");
        for (String member = nextMember(); member != null; member = nextMember()) {
            switch (member) {
                case "icmpv4-errors" -> {
                    json.nextToken();
                    leaves("icmpv4-errors", "allow-incoming-icmpv4", "icmpv4-rate", "generate-icmpv4-errors");
                }
                case "icmpv6-errors" -> {
                    json.nextToken();
                    leaves("icmpv6-errors", "generate-icmpv6-errors", "icmpv6-rate");
                }
                default -> unknownMember("icmp-policy");
            }
        }
    }

    private void leaves(String container, String... names) {
        require(JsonToken.START_OBJECT, container + " is an object");
        for (String member = nextMember(); member != null; member = nextMember()) {
            if (List.of(names).contains(member)) {
                leaf(member);
            } else {
                unknownMember(container);
            }
        }
    }

    private void leaf(String name) {
        Object value = switch (json.nextToken()) {
            case VALUE_STRING -> json.getString();
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw fault(name + " has a value of the wrong kind: " + json.getString());
        };
        leaves.put(name, value);
    }

    private BindInstance buildInstance() {
        try {
            String version = optional("version", String.class);
            String name = optional("name", String.class);
            if (name == null) {
                throw new IllegalArgumentException("name is missing");
            }
            BindInstance unknown = BindInstance.named(name);
            return new BindInstance(
                    name,
                    version == null ? null : unsigned(version),
                    optional("date", String.class),
                    numberOr("softwire-num-max", unknown.softwireNumMax()),
                    Math.clamp(numberOr("softwire-payload-mtu", unknown.softwirePayloadMtu()), -1, 0x10000),
                    Math.clamp(numberOr("softwire-path-mru", unknown.softwirePathMru()), -1, 0x10000),
                    optional("enable-hairpinning", Boolean.class),
                    hasIcmpPolicy
                            ? new IcmpPolicy(
                                    optional("allow-incoming-icmpv4", Boolean.class),
                                    optional("icmpv4-rate", Long.class),
                                    optional("generate-icmpv4-errors", Boolean.class),
                                    optional("generate-icmpv6-errors", Boolean.class),
                                    optional("icmpv6-rate", Long.class))
                            : null);
        } catch (IllegalArgumentException e) {
            throw fault("bind-instance: " + e.getMessage());
        }
    }

    private static long unsigned(String version) {
        try {
            return Long.parseUnsignedLong(version);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("version \"" + version + "\" is not a number of 64 bits", e);
        }
    }

    /** Mandatory in RFC 8676, but a table is no worse without them. */
    private long numberOr(String name, long otherwise) {
        Long value = optional(name, Long.class);
        return value == null ? otherwise : value;
    }

    private <T> @Nullable T optional(String name, Class<T> type) {
        Object value = leaves.get(name);
        if (value != null && !type.isInstance(value)) {
            String kind = type == Long.class ? "a number" : type == Boolean.class ? "true or false" : "a string";
            throw new IllegalArgumentException(name + " must be " + kind);
        }
        return type.cast(value);
    }

    private Binding binding() {
        TokenStreamLocation start = json.currentTokenLocation();
        BindingEntry entry = entry(false);
        try {
            return entry.toBinding(defaultBr);
        } catch (IllegalArgumentException e) {
            throw fault(String.valueOf(e.getMessage()), start, e);
        }
    }

    /**
     * Reads the members of an entry that has begun.
     *
     * @param isPartial whether its port set may lack parts
     */
    private BindingEntry entry(boolean isPartial) {
        TokenStreamLocation start = json.currentTokenLocation();
        Ipv6Prefix info = null;
        Ipv4Address ipv4 = null;
        Ipv6Address br = null;
        String subscriber = null;
        Integer[] ports = new Integer[3];
        for (String member = nextMember(); member != null; member = nextMember()) {
            try {
                switch (member) {
                    case Fields.INFO -> info = Ipv6Prefix.parse(string(member));
                    case Fields.IPV4 -> ipv4 = Ipv4Address.parse(string(member));
                    case Fields.BR -> br = Ipv6Address.parse(string(member));
                    case Fields.PORT_SET -> portSet(ports, isPartial);
                    case Fields.SUBSCRIBER -> {
                        subscriber = string(member);
                        if (subscriber.isEmpty()) {
                            throw new IllegalArgumentException("subscriber is empty (expected a name, or no leaf)");
                        }
                        BindingEntry.requireSubscriber(subscriber);
                    }
                    default -> unknownMember("binding-entry");
                }
            } catch (IllegalArgumentException e) {
                throw fault(String.valueOf(e.getMessage()), json.currentTokenLocation(), e);
            }
        }
        if (info == null) {
            throw fault("binding-ipv6info is missing", start, null);
        }
        return new BindingEntry(info, ipv4, ports[0], ports[1], ports[2], br, subscriber);
    }

    /** Reads psid-offset, psid-len and psid, in this order, into {@code parts}. */
    private void portSet(@Nullable Integer[] parts, boolean isPartial) {
        json.nextToken();
        require(JsonToken.START_OBJECT, "port-set is an object");
        TokenStreamLocation start = json.currentTokenLocation();
        for (String member = nextMember(); member != null; member = nextMember()) {
            switch (member) {
                case Fields.PSID_OFFSET -> parts[0] = number(member, 16);
                case Fields.PSID_LEN -> parts[1] = number(member, 15);
                case Fields.PSID -> parts[2] = number(member, 0xffff);
                default -> unknownMember(Fields.PORT_SET);
            }
        }
        if (isPartial) {
            return;
        }
        Integer length = parts[1];
        Integer psid = parts[2];
        if (length == null || psid == null) {
            throw fault((length == null ? Fields.PSID_LEN : Fields.PSID) + " is missing in port-set", start, null);
        }
        try {
            Fields.portSet(parts[0] == null ? 0 : parts[0], length, psid);
        } catch (IllegalArgumentException e) {
            throw fault(String.valueOf(e.getMessage()), start, e);
        }
    }

    private String string(String name) {
        json.nextToken();
        require(JsonToken.VALUE_STRING, name + " must be a string");
        return json.getString();
    }

    private int number(String name, int max) {
        json.nextToken();
        require(JsonToken.VALUE_NUMBER_INT, name + " must be a number");
        String digits = json.getString();
        if (digits.length() > 5 || json.getIntValue() < 0 || json.getIntValue() > max) {
            throw Fields.outOfRange(name, digits, max);
        }
        return json.getIntValue();
    }

    /** Ends the list of instances and the document; nothing of ours may follow. */
    private void toEnd() {
        if (json.nextToken() == JsonToken.START_OBJECT) {
            throw fault("a second bind-instance (expected one; split the file)");
        }
        require(JsonToken.END_ARRAY, "bind-instance is a list of objects");
        for (String parent : new String[] {"binding", "br-instances", ""}) {
            while (nextMember() != null) {
                unknownMember(parent);
            }
        }
        if (json.nextToken() != null) {
            throw fault("text after the end of the instance");
        }
    }

    /** The name of the next member without the prefix of its module if that is ours; null at the end of the object. */
    private @Nullable String nextMember() {
        if (json.nextToken() == JsonToken.END_OBJECT) {
            return null;
        }
        String name = json.currentName();
        return name.startsWith(MODULE) && !isStrict ? name.substring(MODULE.length()) : name;
    }

    /** Skips a member of another module, which RFC 7951 §4 marks by its prefix. */
    private void unknownMember(String parent) {
        String name = json.currentName();
        if (isStrict || name.indexOf(':') < 0 || name.startsWith(MODULE)) {
            throw fault("unknown member \"" + name + "\"" + (parent.isEmpty() ? "" : " in " + parent));
        }
        skipValue();
    }

    private void skipValue() {
        json.nextToken();
        json.skipChildren();
    }

    private void require(JsonToken token, String otherwise) {
        if (json.currentToken() != token) {
            throw fault(otherwise);
        }
    }

    private BindingTableException fault(String what) {
        return fault(what, json.currentTokenLocation(), null);
    }

    private BindingTableException fault(String what, TokenStreamLocation at, @Nullable Throwable cause) {
        return cause == null
                ? new BindingTableException(file, at.getLineNr(), at.getColumnNr(), what)
                : new BindingTableException(file, at.getLineNr(), at.getColumnNr(), what, cause);
    }
}
