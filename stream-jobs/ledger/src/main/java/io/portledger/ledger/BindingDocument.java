package io.portledger.ledger;

import co.elastic.clients.elasticsearch.core.search.Hit;
import co.elastic.clients.json.JsonData;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
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
 * @param id the slot and the start, unique in the index
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

    /** The stored field with all that searches do not need: {@link IntervalOctets}. */
    public static final String OCTETS = "octets";

    static final JsonMapper JSON = new JsonMapper();

    private static final DateTimeFormatter MONTH = DateTimeFormatter.ofPattern("uuuu.MM");

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("uuuu.MM.dd");

    /**
     * The document of an interval.
     *
     * @param contested whether another holder's interval of the same ports begins in the same millisecond, as
     *     contradictory records can have it: the id then names the holder too
     */
    public static BindingDocument of(BindingInterval interval, boolean contested) {
        return new BindingDocument(
                index(interval.start(), interval.mapping() == null),
                documentId(interval, contested),
                routing(interval.ipv4()),
                write(interval, slot(interval.ipv4(), interval.ports())));
    }

    /** The index of intervals that begin at {@code start}, of bindings or of mappings and sessions. */
    static String index(Instant start, boolean isOfBindings) {
        LocalDate first = firstDay(start, isOfBindings);
        return isOfBindings ? INDEX_PREFIX + MONTH.format(first) : SESSIONS_INDEX_PREFIX + DAY.format(first);
    }

    private static LocalDate firstDay(Instant start, boolean isOfBindings) {
        LocalDate day = start.atZone(ZoneOffset.UTC).toLocalDate();
        return isOfBindings ? day.withDayOfMonth(1) : day;
    }

    /**
     * Address, ports and start as few octets in Base64, which Elasticsearch stores as octets again; ids are a good part of
     * an index. The start is counted from the index's first moment.
     */
    private static String documentId(BindingInterval interval, boolean contested) {
        Instant first = firstDay(interval.start(), interval.mapping() == null)
                .atStartOfDay(ZoneOffset.UTC)
                .toInstant();
        byte[] more = ((interval.mapping() == null ? "" : interval.mapping().key() + "-")
                        + (isNamedByHolder(interval, contested)
                                ? digest(interval.holder().identity())
                                : ""))
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer octets =
                ByteBuffer.allocate(16 + more.length).putInt(interval.ipv4().bits());
        switch (interval.ports()) {
            case PortSet set ->
                octets.put((byte) set.psidOffset()).put((byte) set.psidLength()).putShort((short) set.psid());
            case PortRange range ->
                octets.put((byte) -1).putShort((short) range.first()).putShort((short) range.last());
        }
        octets.putInt((int) (interval.start().toEpochMilli() - first.toEpochMilli()))
                .put(more);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(octets.array(), octets.position()));
    }

    /**
     * What tells an interval from all others: its slot, its mapping if it has one, and its start, and its holder where
     * these could fit two intervals.
     */
    public static String id(BindingInterval interval, boolean contested) {
        String id = slot(interval.ipv4(), interval.ports()) + "-"
                + (interval.mapping() == null ? "" : interval.mapping().key() + "-")
                + Long.toString(interval.start().toEpochMilli(), 36);
        return isNamedByHolder(interval, contested)
                ? id + "-" + digest(interval.holder().identity())
                : id;
    }

    private static boolean isNamedByHolder(BindingInterval interval, boolean contested) {
        // The start of an interval whose allocation was never logged is borrowed from the interval before it.
        return contested || interval.startedBy() == Boundary.UNKNOWN;
    }

    /** The interval of which this is the document. */
    public BindingInterval interval() {
        JsonNode source = JSON.readTree(json);
        return read(
                source.get("slot").stringValue(),
                source.get("start").longValue(),
                source.has("end") ? source.get("end").longValue() : null,
                source.get(OCTETS).stringValue());
    }

    /**
     * The interval that a document tells of.
     *
     * @param slot its field {@code slot}
     * @param start its field {@code start}
     * @param end its field {@code end}, or null if it has none
     * @param octets its stored field {@value #OCTETS}, in Base64
     * @throws LedgerException if a newer version of this program wrote it, in a form that this one does not know
     */
    public static BindingInterval read(String slot, long start, @Nullable Long end, String octets) {
        return IntervalOctets.read(
                new Ipv4Address(Integer.parseUnsignedInt(slot, 0, 8, 16)),
                Ports.parse(slot.substring(9)),
                Instant.ofEpochMilli(start),
                end == null ? null : Instant.ofEpochMilli(end),
                Base64.getDecoder().decode(octets));
    }

    /** The interval that a search found which fetched {@code slot}, {@code start}, {@code end} and {@value #OCTETS}. */
    public static BindingInterval read(Hit<Void> hit) {
        String end = field(hit, "end");
        return read(
                Objects.requireNonNull(field(hit, "slot")),
                Long.parseLong(Objects.requireNonNull(field(hit, "start"))),
                end == null ? null : Long.valueOf(end),
                Objects.requireNonNull(field(hit, OCTETS)));
    }

    private static @Nullable String field(Hit<Void> hit, String name) {
        JsonData values = hit.fields().get(name);
        return values == null ? null : values.toJson().asJsonArray().getString(0);
    }

    /** The key under which all intervals of the same ports of an address are found. */
    static String slot(Ipv4Address ipv4, Ports ports) {
        return hex(ipv4) + "-" + ports.key();
    }

    /**
     * What decides in which shard of each index the documents of an address are: its last octet, since pools are made of
     * neighbours, and the fewer the values the less they cost.
     */
    static String routing(Ipv4Address ipv4) {
        return String.format("%02x", ipv4.bits() & 0xff);
    }

    /** The address as eight hexadecimal digits. */
    static String hex(Ipv4Address ipv4) {
        return String.format("%08x", ipv4.bits());
    }

    private static String write(BindingInterval interval, String slot) {
        StringWriter text = new StringWriter(384);
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
            if (interval.end() != null) {
                json.writeNumberProperty("end", interval.end().toEpochMilli());
            }
            json.writeStringProperty("endedBy", interval.endedBy().name());
            if (interval.mapping() != null) {
                write(json, interval.mapping());
            }
            Holder holder = interval.holder();
            if (holder.b4() != null) {
                json.writeNumberProperty("b4Prefix", holder.b4().high());
            }
            writeIfKnown(json, "insideIpv4", holder.insideIpv4());
            writeIfKnown(json, "subscriber", holder.subscriber());
            json.writeArrayPropertyStart("exporters");
            Stream.of(interval.startEvidence(), interval.endEvidence())
                    .filter(Objects::nonNull)
                    .map(Evidence::exporter)
                    .distinct()
                    .sorted()
                    .forEach(json::writeString);
            json.writeEndArray();
            json.writeStringProperty(OCTETS, Base64.getEncoder().encodeToString(IntervalOctets.write(interval)));
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
        writeIfKnown(json, "destination", mapping.destination());
        if (mapping.destinationPort() != 0) {
            json.writeNumberProperty("destinationPort", mapping.destinationPort());
        }
    }

    static void writeIfKnown(JsonGenerator json, String name, @Nullable Object value) {
        if (value != null) {
            json.writeStringProperty(name, value.toString());
        }
    }
}
