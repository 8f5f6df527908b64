package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A {@link BindingInterval} as a document: of the indices {@code bindings-v1-YYYY.MM}, or, if it tells of a mapping or
 * session of a NAT, which are many more and are kept for a shorter time, of {@code sessions-v1-YYYY.MM.DD}.
 *
 * <p>Where it is stored follows from the interval alone, so writing the same interval twice stores it once, and the
 * document of an interval that ends replaces the one written while it was open.
 *
 * @param index the index, by the UTC month or day of the start
 * @param id the slot and the start, unique in the ledger
 * @param routing keeps all documents of an address in one shard of each index
 * @param json the document
 */
public record BindingDocument(String index, String id, String routing, String json) {

    /** The alias that all indices of bindings share; look-ups ask it. */
    public static final String ALIAS = "bindings";

    /** The alias that all indices of mappings and sessions share; look-ups ask it. */
    public static final String SESSIONS_ALIAS = "sessions";

    static final String INDEX_PREFIX = "bindings-v1-";
    static final String SESSIONS_INDEX_PREFIX = "sessions-v1-";

    /** An open interval's {@code end}: 9999-12-31T23:59:59.999Z, so that one range query serves both kinds. */
    static final long OPEN_END_MILLIS = 253_402_300_799_999L;

    static final JsonMapper JSON = new JsonMapper();

    private static final DateTimeFormatter MONTH =
            DateTimeFormatter.ofPattern("uuuu.MM").withZone(ZoneOffset.UTC);

    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("uuuu.MM.dd").withZone(ZoneOffset.UTC);

    /**
     * The document of an interval.
     *
     * @param contested whether another holder's interval of the same ports begins in the same millisecond, as
     *     contradictory records can have it: the id then names the holder too
     */
    public static BindingDocument of(BindingInterval interval, boolean contested) {
        String slot = slot(interval.ipv4(), interval.ports());
        return new BindingDocument(
                interval.mapping() == null
                        ? INDEX_PREFIX + MONTH.format(interval.start())
                        : SESSIONS_INDEX_PREFIX + DAY.format(interval.start()),
                id(interval, contested),
                hex(interval.ipv4()),
                write(interval, slot));
    }

    /**
     * The id of an interval's document: its slot, its mapping if it has one, and its start, and its holder where these
     * could fit two intervals.
     */
    public static String id(BindingInterval interval, boolean contested) {
        String id = slot(interval.ipv4(), interval.ports()) + "-"
                + (interval.mapping() == null ? "" : interval.mapping().key() + "-")
                + Long.toString(interval.start().toEpochMilli(), 36);
        // The start of an interval whose allocation was never logged is borrowed from the interval before it.
        return contested || interval.startedBy() == Boundary.UNKNOWN
                ? id + "-" + digest(interval.holder().identity())
                : id;
    }

    /** The interval that {@code source} tells of. */
    static BindingInterval read(JsonNode source) {
        String slot = source.get("slot").stringValue();
        Boundary endedBy = Boundary.valueOf(source.get("endedBy").stringValue());
        return new BindingInterval(
                new Ipv4Address(Integer.parseUnsignedInt(slot, 0, 8, 16)),
                Ports.parse(slot.substring(9)),
                mapping(source),
                new Holder(
                        ipv6(source.get("b4")),
                        source.has("insideIpv4")
                                ? Ipv4Address.parse(source.get("insideIpv4").stringValue())
                                : null,
                        source.has("subscriber") ? source.get("subscriber").stringValue() : null,
                        source.has("natInstance") ? source.get("natInstance").intValue() : 0),
                ipv6(source.get("br")),
                Instant.ofEpochMilli(source.get("start").longValue()),
                Boundary.valueOf(source.get("startedBy").stringValue()),
                endedBy == Boundary.OPEN
                        ? null
                        : Instant.ofEpochMilli(source.get("end").longValue()),
                endedBy,
                evidence(source.get("startEvidence")),
                evidence(source.get("endEvidence")));
    }

    /** The key under which all intervals of the same ports of an address are found. */
    static String slot(Ipv4Address ipv4, Ports ports) {
        return hex(ipv4) + "-" + ports.key();
    }

    /** The address as eight hexadecimal digits. */
    static String hex(Ipv4Address ipv4) {
        return String.format("%08x", ipv4.bits());
    }

    private static String write(BindingInterval interval, String slot) {
        StringWriter text = new StringWriter(512);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("slot", slot);
            if (interval.ports() instanceof PortRange block) {
                json.writeStringProperty("blockIpv4", hex(interval.ipv4()));
                json.writeObjectPropertyStart("block");
                json.writeNumberProperty("gte", block.first());
                json.writeNumberProperty("lte", block.last());
                json.writeEndObject();
            }
            json.writeNumberProperty("start", interval.start().toEpochMilli());
            json.writeStringProperty("startedBy", interval.startedBy().name());
            json.writeNumberProperty(
                    "end",
                    interval.end() == null ? OPEN_END_MILLIS : interval.end().toEpochMilli());
            json.writeStringProperty("endedBy", interval.endedBy().name());
            if (interval.mapping() != null) {
                write(json, interval.mapping());
            }
            Holder holder = interval.holder();
            writeIfKnown(json, "b4", holder.b4());
            writeIfKnown(json, "insideIpv4", holder.insideIpv4());
            writeIfKnown(json, "subscriber", holder.subscriber());
            if (holder.natInstance() != 0) {
                json.writeNumberProperty("natInstance", holder.natInstance());
            }
            writeIfKnown(json, "br", interval.br());
            json.writeArrayPropertyStart("exporters");
            Stream.of(interval.startEvidence(), interval.endEvidence())
                    .filter(Objects::nonNull)
                    .map(Evidence::exporter)
                    .distinct()
                    .sorted()
                    .forEach(json::writeString);
            json.writeEndArray();
            write(json, "startEvidence", interval.startEvidence());
            write(json, "endEvidence", interval.endEvidence());
            json.writeEndObject();
        }
        return text.toString();
    }

    static String digest(Holder holder) {
        CRC32 crc = new CRC32();
        crc.update(holder.toString().getBytes(StandardCharsets.UTF_8));
        return Long.toString(crc.getValue(), 36);
    }

    private static void write(JsonGenerator json, NatMapping mapping) {
        json.writeNumberProperty("protocol", mapping.protocol());
        if (mapping.insidePort() != 0) {
            json.writeNumberProperty("insidePort", mapping.insidePort());
        }
        writeIfKnown(json, "destination", mapping.destination());
        if (mapping.destinationPort() != 0) {
            json.writeNumberProperty("destinationPort", mapping.destinationPort());
        }
    }

    private static @Nullable NatMapping mapping(JsonNode source) {
        return source.has("protocol")
                ? new NatMapping(
                        source.get("protocol").intValue(),
                        source.path("insidePort").intValue(0),
                        source.has("destination")
                                ? Ipv4Address.parse(source.get("destination").stringValue())
                                : null,
                        source.path("destinationPort").intValue(0))
                : null;
    }

    static void writeIfKnown(JsonGenerator json, String name, @Nullable Object value) {
        if (value != null) {
            json.writeStringProperty(name, value.toString());
        }
    }

    private static void write(JsonGenerator json, String name, @Nullable Evidence evidence) {
        if (evidence == null) {
            return;
        }
        json.writeObjectPropertyStart(name);
        json.writeStringProperty("exporter", evidence.exporter());
        json.writeStringProperty("transport", evidence.transport());
        json.writeNumberProperty("observationDomain", evidence.observationDomain());
        json.writeNumberProperty("sequence", evidence.sequence());
        json.writeNumberProperty("templateId", evidence.templateId());
        json.writeStringProperty("hostname", evidence.hostname());
        if (!evidence.dialect().isEmpty()) {
            json.writeStringProperty("dialect", evidence.dialect());
        }
        if (!evidence.file().isEmpty()) {
            json.writeStringProperty("file", evidence.file());
        }
        json.writeNumberProperty("received", evidence.received().toEpochMilli());
        json.writeStringProperty("raw", evidence.raw());
        json.writeEndObject();
    }

    private static @Nullable Evidence evidence(@Nullable JsonNode node) {
        return node == null
                ? null
                : new Evidence(
                        node.get("exporter").stringValue(),
                        node.get("transport").stringValue(),
                        node.get("observationDomain").longValue(),
                        node.get("sequence").longValue(),
                        node.get("templateId").intValue(),
                        node.get("hostname").stringValue(),
                        node.path("dialect").stringValue(""),
                        node.path("file").stringValue(""),
                        Instant.ofEpochMilli(node.get("received").longValue()),
                        node.get("raw").stringValue());
    }

    private static @Nullable Ipv6Address ipv6(@Nullable JsonNode node) {
        return node == null ? null : Ipv6Address.parse(node.stringValue());
    }
}
