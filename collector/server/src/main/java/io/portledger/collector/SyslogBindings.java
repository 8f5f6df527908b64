package io.portledger.collector;

import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import io.portledger.syslog.NatLogging;
import io.portledger.syslog.SdElement;
import io.portledger.syslog.SyslogMessage;
import org.jspecify.annotations.Nullable;

/**
 * What syslog messages say about bindings: PTADD, PTDEL, AMADD and AMDEL of draft-ietf-behave-syslog-nat-logging with
 * their elements, and our own element for scattered port sets.
 */
final class SyslogBindings {

    private static final Reading NO_NAT_EVENT = new Reading.NoBinding(
            Counter.OTHER_SYSLOG_MESSAGES,
            "MSGID is none of the NAT logging draft's, so the message does not speak of a binding");
    private static final Reading SESSION = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS,
            "MSGID SADD, SDEL, APMADD or APMDEL tells of a single session or mapping, which is not recorded as a binding"
                    + " yet");
    private static final Reading CONDITION = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS, "APP-NAME NATTHR or NATLIM tells of the NAT's resources, not of a binding");

    private final String ownElement;

    SyslogBindings(long enterprise) {
        ownElement = NatLogging.lw4o6Id(enterprise);
    }

    Reading read(SyslogMessage message) {
        String msgId = message.msgId();
        if (msgId == null) {
            return NO_NAT_EVENT;
        }
        String appName = message.appName();
        if (NatLogging.NATTHR.equals(appName) || NatLogging.NATLIM.equals(appName)) {
            return CONDITION;
        }
        return switch (msgId) {
            case NatLogging.PTADD -> binding(BindingEvent.Kind.ALLOCATED, false, message);
            case NatLogging.PTDEL -> binding(BindingEvent.Kind.RELEASED, false, message);
            case NatLogging.AMADD -> binding(BindingEvent.Kind.ALLOCATED, true, message);
            case NatLogging.AMDEL -> binding(BindingEvent.Kind.RELEASED, true, message);
            case NatLogging.SADD, NatLogging.SDEL, NatLogging.APMADD, NatLogging.APMDEL -> SESSION;
            default -> NO_NAT_EVENT;
        };
    }

    private Reading binding(BindingEvent.Kind kind, boolean isWholeAddress, SyslogMessage message) {
        if (message.timestamp() == null) {
            return unusable("the message has no TIMESTAMP, so when it happened is not known");
        }
        long eventTimeMillis = message.timestamp().toEpochMilli();
        SdElement own = message.element(ownElement);
        SdElement standard = message.element(isWholeAddress ? NatLogging.NAMAP : NatLogging.NPRNG);
        try {
            if (standard != null) {
                return new Reading.Binding(ofTheDraft(kind, eventTimeMillis, isWholeAddress, standard, own));
            }
            if (own != null) {
                return new Reading.Binding(ofOurs(kind, eventTimeMillis, own));
            }
        } catch (InvalidRecordException | IllegalArgumentException e) {
            return unusable(String.valueOf(e.getMessage()));
        }
        return unusable("MSGID is " + message.msgId() + ", but there is neither an element "
                + (isWholeAddress ? NatLogging.NAMAP : NatLogging.NPRNG) + " nor " + ownElement);
    }

    private static BindingFact ofTheDraft(
            BindingEvent.Kind kind,
            long eventTimeMillis,
            boolean isWholeAddress,
            SdElement element,
            @Nullable SdElement own) {
        requireIfThere(element, NatLogging.XATYP, NatLogging.IPV4_TYPE);
        String insideType = element.value(NatLogging.IATYP);
        String inside = element.value(NatLogging.ISADDR);
        String encapsulation = element.value(NatLogging.SV6ENC);
        boolean isInsideIpv6 = NatLogging.IPV6_TYPE.equals(insideType)
                || (insideType == null && inside != null && inside.indexOf(':') >= 0);
        Ipv6Address ipv6 = ipv6(NatLogging.SV6ENC, encapsulation);
        if (ipv6 == null && isInsideIpv6) {
            ipv6 = ipv6(NatLogging.ISADDR, inside);
        }
        Ipv4Address insideIpv4 = inside == null || isInsideIpv6 ? null : ipv4(NatLogging.ISADDR, inside);
        if (insideIpv4 != null && insideIpv4.bits() == 0) {
            insideIpv4 = null;
        }
        String subscriber = own == null ? null : own.value(NatLogging.SUBSCRIBER);
        if (subscriber == null && ipv6 == null && insideIpv4 == null) {
            throw new IllegalArgumentException("neither SV6ENC nor ISADDR says who holds the ports");
        }
        Ports ports = isWholeAddress
                ? PortSet.WHOLE_ADDRESS
                : Ports.of(new PortRange(
                        number(element, NatLogging.PORTMN, 0xffff), number(element, NatLogging.PORTMX, 0xffff)));
        return new BindingFact(
                kind,
                eventTimeMillis,
                ipv4(NatLogging.XSADDR, required(element, NatLogging.XSADDR)),
                ports,
                ipv6,
                insideIpv4,
                subscriber,
                element.value(NatLogging.NATINST) == null ? 0 : number(element, NatLogging.NATINST, 0xffff_ffffL),
                own == null ? null : ipv6(NatLogging.BR, own.value(NatLogging.BR)));
    }

    private static BindingFact ofOurs(BindingEvent.Kind kind, long eventTimeMillis, SdElement own) {
        return new BindingFact(
                kind,
                eventTimeMillis,
                ipv4(NatLogging.IPV4, required(own, NatLogging.IPV4)),
                new PortSet(
                        number(own, NatLogging.PSID_OFFSET, 16),
                        number(own, NatLogging.PSID_LENGTH, 16),
                        number(own, NatLogging.PSID, 0xffff)),
                ipv6(NatLogging.B4, required(own, NatLogging.B4)),
                null,
                own.value(NatLogging.SUBSCRIBER),
                own.value(NatLogging.NATINST) == null ? 0 : number(own, NatLogging.NATINST, 0xffff_ffffL),
                ipv6(NatLogging.BR, own.value(NatLogging.BR)));
    }

    private static void requireIfThere(SdElement element, String name, String expected) {
        String value = element.value(name);
        if (value != null && !value.equals(expected)) {
            throw new IllegalArgumentException(name + " is \"" + value + "\", expected \"" + expected + "\"");
        }
    }

    private static String required(SdElement element, String name) {
        String value = element.value(name);
        if (value == null) {
            throw new IllegalArgumentException("element " + element.id() + " has no " + name);
        }
        return value;
    }

    private static int number(SdElement element, String name, long max) {
        String text = required(element, name);
        if (text.length() <= 10 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            long value = Long.parseLong(text);
            if (value <= max) {
                return (int) value;
            }
        }
        throw new IllegalArgumentException(name + " is \"" + text + "\", expected a number 0-" + max);
    }

    private static Ipv4Address ipv4(String name, String text) {
        try {
            return Ipv4Address.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static @Nullable Ipv6Address ipv6(String name, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Ipv6Address address = Ipv6Address.parse(text);
            return address.equals(Ipv6Address.UNSPECIFIED) ? null : address;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static Reading unusable(String reason) {
        return new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_RECORD, reason);
    }
}
