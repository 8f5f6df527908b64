package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Usage.Activity;
import io.portledger.ledger.Usage.OfBinding;
import io.portledger.ledger.Usage.OfClass;
import io.portledger.ledger.Usage.Shares;
import io.portledger.ledger.Usage.Span;
import io.portledger.ledger.Usage.Traffic;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ports;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * A {@link Usage} as a document of the indices {@code usage-v1-YYYY.MM}; a later one of the same stretch replaces it.
 *
 * @param index the index, by the UTC month of the stretch
 * @param id what it is about, and its stretch
 * @param json the document
 */
public record UsageDocument(String index, String id, String json) {

    /** The alias that queries ask. */
    public static final String ALIAS = "usage";

    static final String INDEX_PREFIX = "usage-v1-";

    static final String BINDING = "BINDING";
    static final String SERVICE_CLASS = "CLASS";

    private static final DateTimeFormatter MONTH =
            DateTimeFormatter.ofPattern("uuuu.MM").withZone(ZoneOffset.UTC);

    /** The document of a usage. */
    public static UsageDocument of(Usage usage) {
        StringWriter text = new StringWriter(384);
        String about;
        try (JsonGenerator json = BindingDocument.JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("span", usage.span().name());
            json.writeNumberProperty("from", usage.from().toEpochMilli());
            about = switch (usage) {
                case OfBinding binding -> write(json, binding);
                case OfClass ofClass -> write(json, ofClass);
                case Activity activity -> write(json, activity);
            };
            json.writeEndObject();
        }
        return new UsageDocument(
                INDEX_PREFIX + MONTH.format(usage.from()),
                about + "/" + usage.span() + "/" + Long.toString(usage.from().toEpochMilli(), 36),
                text.toString());
    }

    private static String write(JsonGenerator json, OfBinding usage) {
        json.writeStringProperty("of", BINDING);
        json.writeStringProperty("ipv4", usage.ipv4().toString());
        json.writeStringProperty("ports", usage.ports().key());
        Holder holder = usage.holder();
        BindingDocument.writeIfKnown(json, "b4", holder.b4());
        BindingDocument.writeIfKnown(json, "insideIpv4", holder.insideIpv4());
        BindingDocument.writeIfKnown(json, "subscriber", holder.subscriber());
        json.writeNumberProperty("natInstance", holder.natInstance());
        BindingDocument.writeIfKnown(json, "serviceClass", usage.serviceClass());
        write(json, usage.traffic());
        if (usage.portsInUse() != null) {
            json.writeNumberProperty("portsInUse", usage.portsInUse());
        }
        json.writeNumberProperty("portCount", usage.ports().portCount());
        json.writeNumberProperty("reports", usage.reports());
        return BindingDocument.slot(usage.ipv4(), usage.ports()) + "-" + BindingDocument.digest(holder.identity());
    }

    private static String write(JsonGenerator json, OfClass usage) {
        json.writeStringProperty("of", SERVICE_CLASS);
        BindingDocument.writeIfKnown(json, "serviceClass", usage.serviceClass());
        json.writeNumberProperty("bindings", usage.bindings());
        write(json, usage.traffic());
        json.writeNumberProperty("reports", usage.reports());
        Shares shares = usage.shares();
        if (shares != null) {
            json.writeNumberProperty("shareMedian", shares.median());
            json.writeNumberProperty("shareP90", shares.p90());
            json.writeNumberProperty("shareP99", shares.p99());
            json.writeNumberProperty("shareMost", shares.most());
            json.writeNumberProperty("nearExhaustion", shares.nearExhaustion());
        }
        return "class/" + (usage.serviceClass() == null ? "" : usage.serviceClass());
    }

    private static String write(JsonGenerator json, Activity activity) {
        json.writeStringProperty("of", activity.of().name());
        json.writeStringProperty("name", activity.name());
        json.writeNumberProperty("allocated", activity.allocated());
        json.writeNumberProperty("released", activity.released());
        json.writeNumberProperty("delay", activity.delay());
        json.writeNumberProperty("delayP99", activity.delayP99());
        return activity.of() + "/" + activity.name();
    }

    private static void write(JsonGenerator json, Traffic traffic) {
        json.writeNumberProperty("packetsUp", traffic.packetsUp());
        json.writeNumberProperty("octetsUp", traffic.octetsUp());
        json.writeNumberProperty("packetsDown", traffic.packetsDown());
        json.writeNumberProperty("octetsDown", traffic.octetsDown());
    }

    /** The usage that {@code source} tells of. */
    static Usage read(JsonNode source) {
        Instant from = Instant.ofEpochMilli(source.get("from").longValue());
        Span span = Span.valueOf(source.get("span").stringValue());
        String of = source.get("of").stringValue();
        return switch (of) {
            case BINDING ->
                new OfBinding(
                        from,
                        span,
                        Ipv4Address.parse(source.get("ipv4").stringValue()),
                        Ports.parse(source.get("ports").stringValue()),
                        new Holder(
                                source.has("b4")
                                        ? Ipv6Address.parse(source.get("b4").stringValue())
                                        : null,
                                source.has("insideIpv4")
                                        ? Ipv4Address.parse(
                                                source.get("insideIpv4").stringValue())
                                        : null,
                                text(source, "subscriber"),
                                source.get("natInstance").intValue()),
                        text(source, "serviceClass"),
                        traffic(source),
                        source.has("portsInUse") ? source.get("portsInUse").intValue() : null,
                        source.get("reports").longValue());
            case SERVICE_CLASS ->
                new OfClass(
                        from,
                        span,
                        text(source, "serviceClass"),
                        source.get("bindings").longValue(),
                        traffic(source),
                        source.get("reports").longValue(),
                        source.has("shareMedian")
                                ? new Shares(
                                        source.get("shareMedian").intValue(),
                                        source.get("shareP90").intValue(),
                                        source.get("shareP99").intValue(),
                                        source.get("shareMost").intValue(),
                                        source.get("nearExhaustion").longValue())
                                : null);
            default ->
                new Activity(
                        from,
                        span,
                        Activity.Of.valueOf(of),
                        source.get("name").stringValue(),
                        source.get("allocated").longValue(),
                        source.get("released").longValue(),
                        source.get("delay").longValue(),
                        source.get("delayP99").longValue());
        };
    }

    private static Traffic traffic(JsonNode source) {
        return new Traffic(
                source.get("packetsUp").longValue(),
                source.get("octetsUp").longValue(),
                source.get("packetsDown").longValue(),
                source.get("octetsDown").longValue());
    }

    private static @Nullable String text(JsonNode source, String name) {
        return source.has(name) ? source.get(name).stringValue() : null;
    }
}
