package io.portledger.ledger;

import io.portledger.softwire.Ipv4Address;
import java.io.StringWriter;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * The {@link Divisions} of an address as a document of the index {@code divisions-v1}. Where there is none, a look-up asks
 * for every division; where there is one, it has every division of the intervals that any mark speaks of, since it is
 * written before them.
 *
 * @param index the index
 * @param id the address
 * @param json the document
 */
public record DivisionsDocument(String index, String id, String json) {

    static final String INDEX = "divisions-v1";

    /** The document of an address. */
    public static DivisionsDocument of(Ipv4Address ipv4, Divisions divisions) {
        StringWriter text = new StringWriter(64);
        try (JsonGenerator json = BindingDocument.JSON.createGenerator(text)) {
            json.writeStartObject();
            write(json, "bindings", divisions.bindings());
            write(json, "mappings", divisions.mappings());
            json.writeEndObject();
        }
        return new DivisionsDocument(INDEX, BindingDocument.hex(ipv4), text.toString());
    }

    private static void write(JsonGenerator json, String name, SortedSet<String> divisions) {
        json.writeArrayPropertyStart(name);
        divisions.forEach(json::writeString);
        json.writeEndArray();
    }

    /** The divisions that {@code source} tells of. */
    static Divisions read(JsonNode source) {
        return new Divisions(strings(source.get("bindings")), strings(source.get("mappings")));
    }

    private static SortedSet<String> strings(JsonNode array) {
        SortedSet<String> strings = new TreeSet<>();
        array.forEach(node -> strings.add(node.stringValue()));
        return strings;
    }
}
