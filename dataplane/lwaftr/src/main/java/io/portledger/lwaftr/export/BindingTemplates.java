package io.portledger.lwaftr.export;

import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingChange;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The templates of binding events, and how a change becomes a record of one.
 *
 * <p>What a record says depends on the ports: one range is a port block of RFC 8158 (natEvent 16 and 17); a whole address
 * is an address binding (14 and 15); a scattered port set is a port block whose ports stand in our own elements, because
 * first and last port would name other people's ports. Each of the three has four templates, with and without the BR
 * address and the subscriber's name: what is not known has no field.
 */
final class BindingTemplates {

    /** natEvent: an address binding begins. */
    static final int ADDRESS_BINDING_CREATE = 14;
    /** natEvent: an address binding ends. */
    static final int ADDRESS_BINDING_DELETE = 15;
    /** natEvent: a block of ports is allocated. */
    static final int PORT_BLOCK_ALLOCATION = 16;
    /** natEvent: a block of ports is given back. */
    static final int PORT_BLOCK_DEALLOCATION = 17;

    private static final int WITH_BR = 1;
    private static final int WITH_SUBSCRIBER = 2;
    private static final int VARIANTS = 4;

    /** How many ids they take, from 256 on. */
    static final int COUNT = 3 * VARIANTS;

    private final long natInstance;
    private final Map<PortForm, List<Template>> templates = new EnumMap<>(PortForm.class);
    private final RecordMapping<BindingChange> mapping = this::write;

    BindingTemplates(long enterpriseNumber, long natInstance) {
        this.natInstance = natInstance;
        Lw4o6Elements own = Lw4o6Elements.of(enterpriseNumber);
        int id = Template.MIN_ID;
        for (PortForm form : PortForm.values()) {
            List<Template> variants = new ArrayList<>(VARIANTS);
            for (int variant = 0; variant < VARIANTS; variant++) {
                variants.add(template(id++, form, variant, own));
            }
            templates.put(form, variants);
        }
    }

    /** All of them, with ids from 256 on. */
    List<Template> all() {
        return templates.values().stream().flatMap(List::stream).toList();
    }

    /** The template for what is known of a binding. */
    Template of(Binding binding) {
        int variant = (binding.br().equals(Ipv6Address.UNSPECIFIED) ? 0 : WITH_BR)
                + (binding.subscriber() == null ? 0 : WITH_SUBSCRIBER);
        return Objects.requireNonNull(templates.get(PortForm.of(binding.ports())))
                .get(variant);
    }

    /** Writes a change as a record of the template that {@link #of} gives for its binding. */
    RecordMapping<BindingChange> mapping() {
        return mapping;
    }

    private static Template template(int id, PortForm form, int variant, Lw4o6Elements own) {
        List<InformationElement> elements = new ArrayList<>(List.of(
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.SOURCE_IPV6_ADDRESS,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS));
        elements.addAll(form.elements(own));
        elements.add(Iana.NAT_INSTANCE_ID);
        if ((variant & WITH_BR) != 0) {
            elements.add(own.brAddress());
        }
        if ((variant & WITH_SUBSCRIBER) != 0) {
            elements.add(Iana.USER_NAME);
        }
        return Template.of(id, elements.toArray(InformationElement[]::new));
    }

    private void write(BindingChange change, RecordWriter fields) {
        Binding binding = change.binding();
        PortSet ports = binding.ports();
        PortForm form = PortForm.of(ports);
        fields.putEpochMillis(change.at().toEpochMilli())
                .putUnsigned(natEvent(change.kind(), form))
                .putIpv6(binding.b4().high(), binding.b4().low())
                .putIpv4(binding.ipv4().bits());
        form.write(ports, fields);
        fields.putUnsigned(natInstance);
        if (!binding.br().equals(Ipv6Address.UNSPECIFIED)) {
            fields.putIpv6(binding.br().high(), binding.br().low());
        }
        String subscriber = binding.subscriber();
        if (subscriber != null) {
            fields.putString(subscriber);
        }
    }

    private static int natEvent(BindingChange.Kind kind, PortForm form) {
        boolean isEnd = kind == BindingChange.Kind.DELETED;
        if (form == PortForm.WHOLE_ADDRESS) {
            return isEnd ? ADDRESS_BINDING_DELETE : ADDRESS_BINDING_CREATE;
        }
        return isEnd ? PORT_BLOCK_DEALLOCATION : PORT_BLOCK_ALLOCATION;
    }
}
