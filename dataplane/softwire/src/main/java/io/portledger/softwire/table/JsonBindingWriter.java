package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import java.io.IOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * Writes a binding table as an instance of {@code ietf-softwire-br} (RFC 8676) in JSON (RFC 7951), one binding a line.
 *
 * <p>RFC 8676 keeps one entry for each lwB4 and no PSID length of 16; both are refused. A subscriber is a leaf of our own
 * module {@code portledger-softwire}. To know an lwB4 again takes about 40 octets of memory a binding.
 */
public final class JsonBindingWriter implements BindingWriter {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
            .build();

    private static final String CSV_CAN = "; CSV can";

    private final JsonGenerator json;
    private final BindInstance instance;
    private final LineIndex entryByB4 = LineIndex.of128BitKeys();
    private int entries;
    private boolean isClosed;

    /** Takes over {@code out} and writes everything that stands before the table. */
    public JsonBindingWriter(Writer out, BindInstance instance) {
        this.instance = instance;
        json = FACTORY.createGenerator(new Layout.Context(), out);
        json.writeStartObject();
        json.writeName("ietf-softwire-br:br-instances").writeStartObject();
        json.writeName("binding").writeStartObject();
        json.writeName("bind-instance").writeStartArray();
        json.writeStartObject();
        json.writeStringProperty("name", instance.name());
        Long version = instance.version();
        String date = instance.date();
        if (version != null || date != null) {
            json.writeName("binding-table-versioning").writeStartObject();
            // RFC 7951 §6.1: numbers of 64 bits are strings.
            text("version", version == null ? null : Long.toUnsignedString(version));
            text("date", date);
            json.writeEndObject();
        }
        json.writeNumberProperty("softwire-num-max", instance.softwireNumMax());
        json.writeNumberProperty("softwire-payload-mtu", instance.softwirePayloadMtu());
        json.writeNumberProperty("softwire-path-mru", instance.softwirePathMru());
        flag("enable-hairpinning", instance.enableHairpinning());
        json.writeName("binding-table").writeStartObject();
        json.writeName("binding-entry").writeStartArray();
    }

    /**
     * Appends a binding.
     *
     * @throws BindingTableException if its PSID length is 16, its lwB4 has an entry already, or the instance is full
     */
    @Override
    public void write(Binding binding) throws IOException {
        if (entries == instance.softwireNumMax()) {
            throw cannot("it has more than softwire-num-max, " + instance.softwireNumMax() + ", bindings", "", null);
        }
        try {
            binding.ports().requireYang();
            BindingEntry.requireSubscriber(binding.subscriber());
        } catch (IllegalArgumentException e) {
            throw cannot(
                    "the binding of " + binding.b4() + " at " + binding.ipv4() + ": " + e.getMessage(), CSV_CAN, e);
        }
        entries++;
        long first = entryByB4.putIfAbsent(binding.b4().high(), binding.b4().low(), entries);
        if (first != 0) {
            throw cannot(
                    "entries " + first + " and " + entries + " are both of " + binding.b4()
                            + ", and RFC 8676 keeps one entry for each lwB4",
                    CSV_CAN,
                    null);
        }
        try {
            BindingEntry.write(json, binding);
        } catch (JacksonIOException e) {
            throw e.getCause();
        }
    }

    /** Writes everything that stands behind the table and closes the target. */
    @Override
    public void close() throws IOException {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            writeRest();
            json.close();
        } catch (JacksonIOException e) {
            throw e.getCause();
        }
    }

    private void writeRest() {
        json.writeEndArray().writeEndObject();
        BindInstance.IcmpPolicy icmp = instance.icmpPolicy();
        if (icmp != null) {
            json.writeName("icmp-policy").writeStartObject();
            json.writeName("icmpv4-errors").writeStartObject();
            flag("allow-incoming-icmpv4", icmp.allowIncomingIcmpv4());
            number("icmpv4-rate", icmp.icmpv4Rate());
            flag("generate-icmpv4-errors", icmp.generateIcmpv4Errors());
            json.writeEndObject();
            json.writeName("icmpv6-errors").writeStartObject();
            flag("generate-icmpv6-errors", icmp.generateIcmpv6Errors());
            number("icmpv6-rate", icmp.icmpv6Rate());
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndObject().writeEndArray().writeEndObject().writeEndObject().writeEndObject();
        json.writeRaw('\n');
    }

    private static BindingTableException cannot(String why, String remedy, @Nullable Throwable cause) {
        String what = "this table cannot be written as RFC 8676 JSON" + remedy + ": " + why;
        return cause == null
                ? new BindingTableException("", 0, 0, what)
                : new BindingTableException("", 0, 0, what, cause);
    }

    private void text(String name, @Nullable String value) {
        if (value != null) {
            json.writeStringProperty(name, value);
        }
    }

    private void flag(String name, @Nullable Boolean value) {
        if (value != null) {
            json.writeBooleanProperty(name, value);
        }
    }

    private void number(String name, @Nullable Long value) {
        if (value != null) {
            json.writeNumberProperty(name, value);
        }
    }

    /** Indented down to the entries of the table, which take one line each. */
    private static final class Layout implements PrettyPrinter {

        /** Root, br-instances, binding, the list, the instance, binding-table, its list. */
        private static final int INDENTED_DEPTH = 7;

        private int depth;

        /** Makes the generator use the layout. */
        private static final class Context extends ObjectWriteContext.Base {

            private final Layout layout = new Layout();

            @Override
            public PrettyPrinter getPrettyPrinter() {
                return layout;
            }

            @Override
            public boolean hasPrettyPrinter() {
                return true;
            }
        }

        @Override
        public void writeRootValueSeparator(JsonGenerator json) {
            json.writeRaw('\n');
        }

        @Override
        public void writeStartObject(JsonGenerator json) {
            json.writeRaw('{');
            depth++;
        }

        @Override
        public void beforeObjectEntries(JsonGenerator json) {
            separate(json);
        }

        @Override
        public void writeObjectEntrySeparator(JsonGenerator json) {
            json.writeRaw(',');
            separate(json);
        }

        @Override
        public void writeObjectNameValueSeparator(JsonGenerator json) {
            json.writeRaw(": ");
        }

        @Override
        public void writeEndObject(JsonGenerator json, int entries) {
            end(json, entries, '}');
        }

        @Override
        public void writeStartArray(JsonGenerator json) {
            json.writeRaw('[');
            depth++;
        }

        @Override
        public void beforeArrayValues(JsonGenerator json) {
            separate(json);
        }

        @Override
        public void writeArrayValueSeparator(JsonGenerator json) {
            json.writeRaw(',');
            separate(json);
        }

        @Override
        public void writeEndArray(JsonGenerator json, int values) {
            end(json, values, ']');
        }

        private void end(JsonGenerator json, int members, char bracket) {
            boolean isIndented = depth-- <= INDENTED_DEPTH;
            if (members > 0) {
                json.writeRaw(isIndented ? "\n" + "  ".repeat(depth) : " ");
            }
            json.writeRaw(bracket);
        }

        private void separate(JsonGenerator json) {
            json.writeRaw(depth <= INDENTED_DEPTH ? "\n" + "  ".repeat(depth) : " ");
        }
    }
}
