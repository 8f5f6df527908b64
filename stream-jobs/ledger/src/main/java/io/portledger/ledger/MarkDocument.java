package io.portledger.ledger;

import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * A {@link Mark} as a document of the index {@code marks-v1}; a later one replaces it.
 *
 * @param index the index
 * @param id the collector, the topic and the partition
 * @param json the document
 */
public record MarkDocument(String index, String id, String json) {

    /** The alias that look-ups ask. */
    public static final String ALIAS = "marks";

    static final String INDEX = "marks-v1";

    /** The document of a mark. */
    public static MarkDocument of(Mark mark) {
        StringWriter text = new StringWriter(192);
        try (JsonGenerator json = BindingDocument.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("collector", mark.collector());
            json.writeStringProperty("topic", mark.topic());
            json.writeNumberProperty("partition", mark.partition());
            json.writeNumberProperty("partitions", mark.partitions());
            json.writeNumberProperty("until", mark.until().toEpochMilli());
            json.writeArrayPropertyStart("silences");
            for (Mark.Silence silence : mark.silences()) {
                json.writeStartObject();
                json.writeStringProperty("exporter", silence.exporter());
                json.writeNumberProperty("observationDomain", silence.observationDomain());
                json.writeNumberProperty("since", silence.since().toEpochMilli());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        String id = mark.collector() + "/" + mark.topic() + "/" + mark.partition();
        return new MarkDocument(INDEX, id, text.toString());
    }

    /** The mark that {@code source} tells of. */
    static Mark read(JsonNode source) {
        List<Mark.Silence> silences = new ArrayList<>();
        for (JsonNode silence : source.get("silences")) {
            silences.add(new Mark.Silence(
                    silence.get("exporter").stringValue(),
                    silence.get("observationDomain").longValue(),
                    Instant.ofEpochMilli(silence.get("since").longValue())));
        }
        return new Mark(
                source.get("collector").stringValue(),
                source.get("topic").stringValue(),
                source.get("partition").intValue(),
                source.get("partitions").intValue(),
                Instant.ofEpochMilli(source.get("until").longValue()),
                silences);
    }
}
