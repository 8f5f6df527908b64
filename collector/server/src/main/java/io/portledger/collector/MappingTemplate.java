package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.NetflowElements;
import io.portledger.ipfix.NokiaElements;
import io.portledger.records.BindingFact;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a template say about single entries of a NAT's table: sessions and BIB entries of RFC 8158, and
 * what the flow records of some firewalls and routers say of the same.
 *
 * <p><b>Firewalls</b> (Cisco's NSEL and those that follow it) tell of connections that began and ended, with addresses and
 * ports as they were before and after the translation. If the source was translated and the destination was not, the
 * source is the inside. Whatever else was translated could be read in more ways than one, and is not used.
 *
 * <p><b>Nokia's 7750</b> puts the address and port outside into the source, tells of the inside only in natSubString, and
 * tells a beginning from an end by which of the two times there is.
 */
final class MappingTemplate {

    private static final int CREATED = 1;
    private static final int DELETED = 2;
    private static final int PUBLIC_REALM = 2;

    private static final Reading NOT_A_TRANSLATION = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS,
            "the firewall's record tells of no translation of the source that began or ended: firewallEvent is neither 1"
                    + " nor 2, or the source address is the same before and after");
    private static final Reading BOTH_TRANSLATED = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS,
            "the firewall translated both source and destination: which of them is inside cannot be told");

    private final TemplateFields fields;
    private final int protocol;
    private final int insidePort;
    private final int publicAddress;
    private final int publicPort;
    private final int destination;
    private final int destinationPort;
    private final int translatedDestination;
    private final int translatedDestinationPort;
    private final int realm;
    private final int firewallEvent;
    private final int source;
    private final int nokiaSubscriber;
    private final int nokiaService;
    private final int start;
    private final int end;

    MappingTemplate(TemplateFields fields) {
        this.fields = fields;
        protocol = fields.firstOf(Iana.PROTOCOL_IDENTIFIER);
        insidePort = fields.firstOf(Iana.SOURCE_TRANSPORT_PORT);
        publicAddress = fields.firstOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS, NetflowElements.XLATE_SOURCE_IPV4_ADDRESS);
        publicPort = fields.firstOf(Iana.POST_NAPT_SOURCE_TRANSPORT_PORT, NetflowElements.XLATE_SOURCE_PORT);
        destination = fields.firstOf(Iana.DESTINATION_IPV4_ADDRESS);
        destinationPort = fields.firstOf(Iana.DESTINATION_TRANSPORT_PORT);
        translatedDestination =
                fields.firstOf(Iana.POST_NAT_DESTINATION_IPV4_ADDRESS, NetflowElements.XLATE_DESTINATION_IPV4_ADDRESS);
        translatedDestinationPort =
                fields.firstOf(Iana.POST_NAPT_DESTINATION_TRANSPORT_PORT, NetflowElements.XLATE_DESTINATION_PORT);
        realm = fields.firstOf(Iana.NAT_ORIGINATING_ADDRESS_REALM);
        firewallEvent = fields.firstOf(Iana.FIREWALL_EVENT, NetflowElements.FIREWALL_EVENT);
        source = fields.firstOf(Iana.SOURCE_IPV4_ADDRESS);
        nokiaSubscriber = fields.firstOf(NokiaElements.NAT_SUBSCRIBER);
        nokiaService = fields.firstOf(NokiaElements.NAT_INSIDE_SERVICE);
        start = fields.firstOf(Iana.FLOW_START_MILLISECONDS);
        end = fields.firstOf(Iana.FLOW_END_MILLISECONDS);
    }

    /** Whether records name the public port of a single entry. */
    boolean hasPublicPort() {
        return publicPort >= 0;
    }

    /** Whether records are a firewall's, of connections with their translations. */
    boolean isFirewall() {
        return firewallEvent >= 0 && fields.hasTime() && source >= 0 && publicAddress >= 0 && publicPort >= 0;
    }

    /** Whether records are of the NAT of Nokia's routers, and say whether a flow began or ended. */
    boolean isNokia() {
        return nokiaSubscriber >= 0 && source >= 0 && insidePort >= 0 && (start >= 0) != (end >= 0);
    }

    /** A session or a BIB entry of RFC 8158, or a translation of Cisco's early events. */
    Reading read(BindingEvent.Kind kind, boolean isSession, DataRecord record) {
        if (realm >= 0 && record.unsigned(realm) == PUBLIC_REALM) {
            throw new IllegalArgumentException(
                    "natOriginatingAddressRealm is 2: the session came from outside, and which"
                            + " address is the public one cannot be told");
        }
        if (publicPort < 0) {
            throw new IllegalArgumentException("the record has no postNAPTSourceTransportPort");
        }
        Ipv4Address far = null;
        int farPort = 0;
        if (isSession) {
            far = TemplateFields.ipv4(record, translatedDestination);
            farPort = TemplateFields.number(record, translatedDestinationPort);
            if (far == null) {
                far = TemplateFields.ipv4(record, destination);
            }
            if (farPort == 0) {
                farPort = TemplateFields.number(record, destinationPort);
            }
        }
        return fact(kind, record, far, farPort);
    }

    /** A firewall's record; the template {@link #isFirewall}. */
    Reading readFirewall(DataRecord record) {
        int event = (int) record.unsigned(firewallEvent);
        if (event != CREATED && event != DELETED) {
            return NOT_A_TRANSLATION;
        }
        Ipv4Address before = TemplateFields.ipv4(record, source);
        Ipv4Address after = TemplateFields.ipv4(record, publicAddress);
        if (before == null || after == null || before.equals(after)) {
            return NOT_A_TRANSLATION;
        }
        Ipv4Address far = TemplateFields.ipv4(record, destination);
        Ipv4Address farAfter = TemplateFields.ipv4(record, translatedDestination);
        if (far != null && farAfter != null && !far.equals(farAfter)) {
            return BOTH_TRANSLATED;
        }
        return fact(
                event == CREATED ? BindingEvent.Kind.ALLOCATED : BindingEvent.Kind.RELEASED,
                record,
                far,
                TemplateFields.number(record, destinationPort));
    }

    /** A record of Nokia's; the template {@link #isNokia}. */
    Reading readNokia(DataRecord record) {
        Ipv4Address outside = TemplateFields.ipv4(record, source);
        if (outside == null) {
            throw new IllegalArgumentException("sourceIPv4Address, which is the outside address, is 0.0.0.0");
        }
        Ipv4Address far = TemplateFields.ipv4(record, destination);
        return new Reading.Binding(new BindingFact(
                start >= 0 ? BindingEvent.Kind.ALLOCATED : BindingEvent.Kind.RELEASED,
                record.epochMillis(start >= 0 ? start : end),
                outside,
                port((int) record.unsigned(insidePort)),
                null,
                null,
                TemplateFields.text(record, nokiaSubscriber),
                TemplateFields.number(record, nokiaService),
                null,
                new NatMapping(
                        TemplateFields.number(record, protocol),
                        0,
                        far,
                        far == null ? 0 : TemplateFields.number(record, destinationPort))));
    }

    private Reading fact(BindingEvent.Kind kind, DataRecord record, @Nullable Ipv4Address far, int farPort) {
        if (publicAddress < 0) {
            throw new IllegalArgumentException("the record has no postNATSourceIPv4Address");
        }
        return new Reading.Binding(new BindingFact(
                kind,
                fields.timeMillis(record),
                new Ipv4Address(record.ipv4(publicAddress)),
                port((int) record.unsigned(publicPort)),
                fields.ipv6(record),
                fields.insideIpv4(record),
                fields.subscriber(record),
                fields.instance(record),
                fields.br(record),
                new NatMapping(
                        TemplateFields.number(record, protocol),
                        TemplateFields.number(record, insidePort),
                        far,
                        far == null ? 0 : farPort)));
    }

    private static Ports port(int port) {
        return Ports.of(new PortRange(port, port));
    }
}
