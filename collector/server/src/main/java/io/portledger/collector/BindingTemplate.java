package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.NetflowElements;
import io.portledger.ipfix.NokiaElements;
import io.portledger.ipfix.Template;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.util.HexFormat;
import java.util.OptionalLong;

/**
 * What the records of one template say: the places of the fields are looked up once, then records are read by them.
 *
 * <p>Port blocks are natEvent 16 and 17 (RFC 8158 §5.5.11) with portRangeStart and portRangeEnd, or with step size and
 * number of ports, or with our enterprise's PSID elements; whole addresses are natEvent 14 and 15. Sessions (4 to 7) and
 * BIB entries (8 to 11) are read by the fields that they have, for some exporters number them by an early draft, where
 * beginnings are even and ends are odd as well.
 */
final class BindingTemplate {

    private static final Reading NO_NAT_EVENT = new Reading.NoBinding(
            Counter.OTHER_IPFIX_RECORDS,
            "the record has no natEvent, so it does not speak of a binding (a flow record or the like)");
    private static final Reading OPTIONS = new Reading.NoBinding(
            Counter.OTHER_IPFIX_RECORDS,
            "the record is of an options template and speaks of the exporter, not of a binding");

    /** What kind of records the template has. */
    private enum Content {
        OPTIONS,
        NAT_EVENTS,
        USAGE,
        FIREWALL,
        NOKIA,
        OTHER
    }

    private final Content content;
    private final TemplateFields fields;
    private final MappingTemplate mappings;
    private final ConditionTemplate conditions;
    private final UsageTemplate usages;
    private final int event;
    private final int publicAddress;
    private final int notSent;

    BindingTemplate(Template template, Lw4o6Elements elements) {
        fields = new TemplateFields(template, elements);
        mappings = new MappingTemplate(fields);
        conditions = new ConditionTemplate(fields);
        usages = new UsageTemplate(fields, elements);
        event = template.indexOf(Iana.NAT_EVENT);
        publicAddress = template.indexOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS);
        notSent = template.isOptions() ? template.indexOf(Iana.NOT_SENT_FLOW_TOTAL_COUNT) : -1;
        content = contentOf(template);
    }

    private Content contentOf(Template template) {
        if (template.isOptions()) {
            return Content.OPTIONS;
        }
        if (event >= 0) {
            return Content.NAT_EVENTS;
        }
        if (usages.isUsage()) {
            return Content.USAGE;
        }
        if (mappings.isNokia()) {
            return Content.NOKIA;
        }
        return mappings.isFirewall() ? Content.FIREWALL : Content.OTHER;
    }

    /** Whether gaps among the records of such a template matter. */
    static boolean speaksOfBindings(Template template) {
        return !template.isOptions()
                && (template.has(Iana.NAT_EVENT)
                        || template.has(NokiaElements.NAT_SUBSCRIBER)
                        || ((template.has(Iana.FIREWALL_EVENT) || template.has(NetflowElements.FIREWALL_EVENT))
                                && (template.has(Iana.POST_NAPT_SOURCE_TRANSPORT_PORT)
                                        || template.has(NetflowElements.XLATE_SOURCE_PORT))));
    }

    Reading read(DataRecord record) {
        try {
            return switch (content) {
                case OPTIONS -> OPTIONS;
                case NAT_EVENTS -> readEvent((int) record.unsigned(event), record);
                case USAGE -> usages.read(record);
                case FIREWALL -> mappings.readFirewall(record);
                case NOKIA -> mappings.readNokia(record);
                case OTHER -> NO_NAT_EVENT;
            };
        } catch (InvalidRecordException | IllegalArgumentException | IllegalStateException e) {
            // A field of a length that its type does not have is an illegal state of the record.
            return new Reading.NoBinding(Counter.UNDECODABLE_IPFIX_RECORD, String.valueOf(e.getMessage()));
        }
    }

    private Reading readEvent(int natEvent, DataRecord record) {
        return switch (natEvent) {
            case 1, 2 ->
                fields.hasPorts() && !mappings.hasPublicPort()
                        ? block(kind(natEvent == 1), record)
                        : mappings.read(kind(natEvent == 1), true, record);
            case 4, 5, 6, 7 -> mappings.read(kind(natEvent % 2 == 0), true, record);
            case 8, 9, 10, 11 ->
                mappings.hasPublicPort()
                        ? mappings.read(kind(natEvent % 2 == 0), false, record)
                        : wholeAddress(kind(natEvent % 2 == 0), record);
            // RFC 8158 has no ports in them; an early draft gives blocks these numbers.
            case 14, 15 ->
                fields.hasPorts() ? block(kind(natEvent == 14), record) : wholeAddress(kind(natEvent == 14), record);
            case 16, 17 -> block(kind(natEvent == 16), record);
            case 3, 12, 13, 18 -> {
                if (!conditions.isPlausible(natEvent)) {
                    throw new IllegalArgumentException("natEvent is " + natEvent + ", but the record does not have the"
                            + " fields that RFC 8158 gives it; the exporter seems to number events in another way");
                }
                yield conditions.read(natEvent, record);
            }
            default ->
                throw new IllegalArgumentException(
                        "natEvent is " + natEvent + ", which RFC 8158 does not define (expected 1-18)");
        };
    }

    private static BindingEvent.Kind kind(boolean isCreated) {
        return isCreated ? BindingEvent.Kind.ALLOCATED : BindingEvent.Kind.RELEASED;
    }

    private Reading block(BindingEvent.Kind kind, DataRecord record) {
        requirePublicAddress();
        return new Reading.Binding(new BindingFact(
                kind,
                fields.timeMillis(record),
                new Ipv4Address(record.ipv4(publicAddress)),
                fields.ports(record),
                fields.ipv6(record),
                fields.insideIpv4(record),
                fields.subscriber(record),
                fields.instance(record),
                fields.br(record)));
    }

    private Reading wholeAddress(BindingEvent.Kind kind, DataRecord record) {
        requirePublicAddress();
        return new Reading.Binding(new BindingFact(
                kind,
                fields.timeMillis(record),
                new Ipv4Address(record.ipv4(publicAddress)),
                PortSet.WHOLE_ADDRESS,
                fields.ipv6(record),
                fields.insideIpv4(record),
                fields.subscriber(record),
                fields.instance(record),
                fields.br(record)));
    }

    private void requirePublicAddress() {
        if (!fields.hasTime()) {
            throw new IllegalArgumentException(
                    "the record has no observationTimeMilliseconds or other observation time");
        }
        if (publicAddress < 0) {
            throw new IllegalArgumentException("the record has no postNATSourceIPv4Address");
        }
    }

    /** When it happened by the record, if it tells; for records that cannot be used otherwise. */
    OptionalLong eventTimeMillis(DataRecord record) {
        return fields.timeIfTold(record);
    }

    /** Whether records tell how many others the exporter did not send (RFC 7011 §4.3). */
    boolean hasNotSent() {
        return notSent >= 0;
    }

    /** How many records the exporter has not sent since it began; 0 if the field cannot be read. */
    long notSent(DataRecord record) {
        return record.length(notSent) > 8 ? 0 : record.unsigned(notSent);
    }

    /** What the count is about, such as one of several exporting processes. */
    String scope(DataRecord record) {
        StringBuilder scope = new StringBuilder().append(record.template().id());
        for (int i = 0; i < record.template().scopeFieldCount(); i++) {
            scope.append(' ').append(HexFormat.of().formatHex(record.octets(i)));
        }
        return scope.toString();
    }
}
