package io.portledger.ledger;

import io.portledger.softwire.Ipv4Address;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * A {@link Finding} as a document of the index {@code findings-v1}.
 *
 * @param index the index
 * @param id the finding's id
 * @param json the document
 */
public record FindingDocument(String index, String id, String json) {

    /** The alias that queries ask. */
    public static final String ALIAS = "findings";

    /** The index. */
    public static final String INDEX = "findings-v1";

    /** The document of a finding. */
    public static FindingDocument of(Finding finding) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = BindingDocument.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("kind", finding.kind().name());
            json.writeNumberProperty("at", finding.at().toEpochMilli());
            json.writeStringProperty("summary", finding.summary());
            BindingDocument.writeIfKnown(json, "ipv4", finding.ipv4());
            BindingDocument.writeIfKnown(json, "ports", finding.ports());
            write(json, "holders", finding.holders());
            write(json, "exporters", finding.exporters());
            json.writeNumberProperty("level", finding.level());
            json.writeNumberProperty("limit", finding.limit());
            json.writeEndObject();
        }
        return new FindingDocument(INDEX, finding.id(), text.toString());
    }

    private static void write(JsonGenerator json, String name, List<String> values) {
        json.writeArrayPropertyStart(name);
        values.forEach(json::writeString);
        json.writeEndArray();
    }

    /** The finding that {@code source} tells of. */
    static Finding read(String id, JsonNode source) {
        return new Finding(
                id,
                Finding.Kind.valueOf(source.get("kind").stringValue()),
                Instant.ofEpochMilli(source.get("at").longValue()),
                source.get("summary").stringValue(),
                source.has("ipv4") ? Ipv4Address.parse(source.get("ipv4").stringValue()) : null,
                source.has("ports") ? source.get("ports").stringValue() : null,
                strings(source.get("holders")),
                strings(source.get("exporters")),
                source.get("level").longValue(),
                source.get("limit").longValue());
    }

    private static List<String> strings(JsonNode array) {
        List<String> strings = new ArrayList<>();
        array.forEach(node -> strings.add(node.stringValue()));
        return strings;
    }
}
