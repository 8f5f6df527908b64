package io.portledger.ledger;

import java.io.StringWriter;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * A {@link Gap} as a document of the index {@code gaps-v1}.
 *
 * @param index the index
 * @param id all that tells one gap from another, so that a repeated report is stored once
 * @param json the document
 */
public record GapDocument(String index, String id, String json) {

    /** The alias that look-ups ask. */
    public static final String ALIAS = "gaps";

    static final String INDEX = "gaps-v1";

    /** The document of a gap. */
    public static GapDocument of(Gap gap) {
        long from = gap.from().toEpochMilli();
        long to = gap.to().toEpochMilli();
        StringWriter text = new StringWriter(192);
        try (JsonGenerator json = BindingDocument.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("exporter", gap.exporter());
            json.writeNumberProperty("observationDomain", gap.observationDomain());
            json.writeStringProperty("cause", gap.cause());
            json.writeNumberProperty("from", from);
            json.writeNumberProperty("to", to);
            json.writeNumberProperty("lostRecords", gap.lostRecords());
            json.writeEndObject();
        }
        String id = String.join(
                "/",
                gap.exporter(),
                Long.toString(gap.observationDomain()),
                gap.cause(),
                Long.toString(from, 36),
                Long.toString(to, 36));
        return new GapDocument(INDEX, id, text.toString());
    }

    /** The gap that {@code source} tells of. */
    static Gap read(JsonNode source) {
        return new Gap(
                source.get("exporter").stringValue(),
                source.get("observationDomain").longValue(),
                source.get("cause").stringValue(),
                Instant.ofEpochMilli(source.get("from").longValue()),
                Instant.ofEpochMilli(source.get("to").longValue()),
                source.get("lostRecords").longValue());
    }
}
