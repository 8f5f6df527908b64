package io.portledger.lwaftr.export;

import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.ReverseElements;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.softwire.Binding;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The templates of what bindings carried, one pair for each {@link PortForm}, without and with the subscriber's name. The
 * counts are of the time between flowStartMilliseconds and flowEndMilliseconds; upstream is the direction of the record,
 * downstream its reverse (RFC 5103).
 */
final class UsageTemplates {

    /** How many ids they take. */
    static final int COUNT = 6;

    private final long natInstance;
    private final boolean tellsPortsInUse;
    private final Map<PortForm, List<Template>> templates = new EnumMap<>(PortForm.class);
    private final RecordMapping<BindingUsage> mapping = this::write;

    /**
     * @param firstId the first of {@link #COUNT} ids
     * @param tellsPortsInUse whether records say how many ports were in use
     */
    UsageTemplates(int firstId, long enterpriseNumber, long natInstance, boolean tellsPortsInUse) {
        this.natInstance = natInstance;
        this.tellsPortsInUse = tellsPortsInUse;
        Lw4o6Elements own = Lw4o6Elements.of(enterpriseNumber);
        int id = firstId;
        for (PortForm form : PortForm.values()) {
            templates.put(form, List.of(template(id++, form, false, own), template(id++, form, true, own)));
        }
    }

    List<Template> all() {
        return templates.values().stream().flatMap(List::stream).toList();
    }

    /** The template for what is known. */
    Template of(BindingUsage usage) {
        Binding binding = usage.binding();
        return Objects.requireNonNull(templates.get(PortForm.of(binding.ports())))
                .get(binding.subscriber() == null ? 0 : 1);
    }

    /** Writes a record of the template that {@link #of} gives. */
    RecordMapping<BindingUsage> mapping() {
        return mapping;
    }

    private Template template(int id, PortForm form, boolean hasSubscriber, Lw4o6Elements own) {
        List<InformationElement> elements = new ArrayList<>(List.of(
                Iana.FLOW_START_MILLISECONDS,
                Iana.FLOW_END_MILLISECONDS,
                Iana.SOURCE_IPV6_ADDRESS,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS));
        elements.addAll(form.elements(own));
        elements.addAll(List.of(
                Iana.NAT_INSTANCE_ID,
                Iana.PACKET_DELTA_COUNT,
                Iana.OCTET_DELTA_COUNT,
                ReverseElements.PACKET_DELTA_COUNT,
                ReverseElements.OCTET_DELTA_COUNT,
                own.serviceClass()));
        if (tellsPortsInUse) {
            elements.add(own.portsInUse());
        }
        if (hasSubscriber) {
            elements.add(Iana.USER_NAME);
        }
        return Template.of(id, elements.toArray(InformationElement[]::new));
    }

    private void write(BindingUsage usage, RecordWriter fields) {
        Binding binding = usage.binding();
        fields.putEpochMillis(usage.fromMillis())
                .putEpochMillis(usage.toMillis())
                .putIpv6(binding.b4().high(), binding.b4().low())
                .putIpv4(binding.ipv4().bits());
        PortForm.of(binding.ports()).write(binding.ports(), fields);
        // Without a service class its name is empty: the element is what tells such records from flows.
        fields.putUnsigned(natInstance)
                .putUnsigned(usage.volume().upstreamPackets())
                .putUnsigned(usage.volume().upstreamOctets())
                .putUnsigned(usage.volume().downstreamPackets())
                .putUnsigned(usage.volume().downstreamOctets())
                .putString(Objects.requireNonNullElse(usage.serviceClass(), ""));
        if (tellsPortsInUse) {
            fields.putUnsigned(usage.portsInUse());
        }
        String subscriber = binding.subscriber();
        if (subscriber != null) {
            fields.putString(subscriber);
        }
    }
}
