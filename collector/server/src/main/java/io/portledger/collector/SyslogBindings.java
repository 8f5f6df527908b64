package io.portledger.collector;

import com.google.protobuf.ByteString;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.NatCondition;
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
 * What syslog messages say in the words of draft-ietf-behave-syslog-nat-logging: PTADD, PTDEL, AMADD and AMDEL of blocks
 * and addresses, with our own element for scattered port sets; APMADD, APMDEL, SADD and SDEL of single mappings and
 * sessions; NATTHR and NATLIM of what the NAT has left.
 */
final class SyslogBindings {

    /** What the evidence calls this way of writing. */
    static final String NAME = "ietf-nat-logging";

    private final String ownElement;

    SyslogBindings(long enterprise) {
        ownElement = NatLogging.lw4o6Id(enterprise);
    }

    /** What the message says, or null if it is not in these words. */
    @Nullable
    Reading read(SyslogMessage message) {
        String msgId = message.msgId();
        if (msgId == null) {
            return null;
        }
        String appName = message.appName();
        if (NatLogging.NATTHR.equals(appName) || NatLogging.NATLIM.equals(appName)) {
            return condition(msgId, message);
        }
        return switch (msgId) {
            case NatLogging.PTADD -> binding(BindingEvent.Kind.ALLOCATED, NatLogging.NPRNG, message);
            case NatLogging.PTDEL -> binding(BindingEvent.Kind.RELEASED, NatLogging.NPRNG, message);
            case NatLogging.AMADD -> binding(BindingEvent.Kind.ALLOCATED, NatLogging.NAMAP, message);
            case NatLogging.AMDEL -> binding(BindingEvent.Kind.RELEASED, NatLogging.NAMAP, message);
            case NatLogging.APMADD -> binding(BindingEvent.Kind.ALLOCATED, NatLogging.NAPMAP, message);
            case NatLogging.APMDEL -> binding(BindingEvent.Kind.RELEASED, NatLogging.NAPMAP, message);
            case NatLogging.SADD -> binding(BindingEvent.Kind.ALLOCATED, NatLogging.NSESS, message);
            case NatLogging.SDEL -> binding(BindingEvent.Kind.RELEASED, NatLogging.NSESS, message);
            default -> null;
        };
    }

    private Reading binding(BindingEvent.Kind kind, String elementId, SyslogMessage message) {
        if (message.timestamp() == null) {
            return unusable("the message has no TIMESTAMP, so when it happened is not known");
        }
        long eventTimeMillis = message.timestamp().toEpochMilli();
        SdElement own = message.element(ownElement);
        SdElement standard = message.element(elementId);
        boolean mayBeOurs = elementId.equals(NatLogging.NPRNG) || elementId.equals(NatLogging.NAMAP);
        try {
            if (standard != null) {
                return new Reading.Binding(ofTheDraft(kind, eventTimeMillis, standard, own));
            }
            if (own != null && mayBeOurs) {
                return new Reading.Binding(ofOurs(kind, eventTimeMillis, own));
            }
        } catch (InvalidRecordException | IllegalArgumentException e) {
            return unusable(String.valueOf(e.getMessage()));
        }
        return unusable("MSGID is " + message.msgId() + ", but there is "
                + (mayBeOurs ? "neither an element " + elementId + " nor " + ownElement : "no element " + elementId));
    }

    /** The kinds and numbers are those of RFC 8158, as IPFIX has them. */
    private static Reading condition(String msgId, SyslogMessage message) {
        record Words(
                NatCondition.Kind kind,
                int detail,
                @Nullable String limit,
                @Nullable String level) {

            static Words threshold(int detail, @Nullable String limit, @Nullable String level) {
                return new Words(NatCondition.Kind.THRESHOLD_REACHED, detail, limit, level);
            }

            static Words quota(int detail, @Nullable String level) {
                return new Words(NatCondition.Kind.QUOTA_EXCEEDED, detail, null, level);
            }
        }
        Words words = switch (msgId) {
            case NatLogging.POOLHT -> Words.threshold(1, NatLogging.POOLHW, null);
            case NatLogging.POOLLT -> Words.threshold(2, NatLogging.POOLLW, null);
            case NatLogging.GAPMHT -> Words.threshold(3, null, NatLogging.GAPMCNT);
            case NatLogging.SAPMHT -> Words.threshold(4, null, NatLogging.SAPMCNT);
            case NatLogging.GAMHT -> Words.threshold(5, null, NatLogging.GAMCNT);
            // RFC 8158 has no quota of address mappings.
            case NatLogging.GAMLIM -> Words.quota(0, NatLogging.GAMCNT);
            case NatLogging.GAPMLIM -> Words.quota(2, NatLogging.GAPMCNT);
            case NatLogging.SAPMLIM -> Words.quota(3, NatLogging.SAPMCNT);
            case NatLogging.GSLIM -> Words.quota(4, null);
            case NatLogging.FRAG -> Words.quota(5, null);
            default -> null;
        };
        if (words == null) {
            return new Reading.NoBinding(
                    Counter.OTHER_NAT_EVENTS, "MSGID " + msgId + " is none of NATTHR and NATLIM in the draft");
        }
        if (message.timestamp() == null) {
            return unusable("the message has no TIMESTAMP, so when it happened is not known");
        }
        NatCondition.Builder condition = NatCondition.newBuilder()
                .setKind(words.kind())
                .setDetail(words.detail())
                .setEventTimeMillis(message.timestamp().toEpochMilli());
        try {
            for (SdElement element : message.structuredData()) {
                if (words.limit() != null && element.value(words.limit()) != null) {
                    condition.setLimit(Integer.toUnsignedLong(number(element, words.limit(), 0xffff_ffffL)));
                }
                if (words.level() != null && element.value(words.level()) != null) {
                    condition.setLevel(Integer.toUnsignedLong(number(element, words.level(), 0xffff_ffffL)));
                }
                if (element.value(NatLogging.POOLID) != null) {
                    condition.setPoolId(number(element, NatLogging.POOLID, 0xffff_ffffL));
                }
                if (element.value(NatLogging.NATINST) != null) {
                    condition.setNatInstance(number(element, NatLogging.NATINST, 0xffff_ffffL));
                }
                Inside inside = inside(element, null);
                if (!inside.isNobody()) {
                    Holder.Builder holder = Holder.newBuilder().setNatInstance(condition.getNatInstance());
                    if (inside.ipv6() != null) {
                        holder.setIpv6(ByteString.copyFrom(inside.ipv6().toBytes()));
                    }
                    if (inside.ipv4() != null) {
                        holder.setInsideIpv4(inside.ipv4().bits());
                    }
                    condition.setHolder(holder);
                }
            }
        } catch (IllegalArgumentException e) {
            return unusable(String.valueOf(e.getMessage()));
        }
        return new Reading.Condition(condition.build());
    }

    /** Who is inside. */
    private record Inside(
            @Nullable Ipv6Address ipv6,
            @Nullable Ipv4Address ipv4,
            @Nullable String subscriber) {

        boolean isNobody() {
            return ipv6 == null && ipv4 == null && subscriber == null;
        }
    }

    private static Inside inside(SdElement element, @Nullable SdElement own) {
        String type = element.value(NatLogging.IATYP);
        String address = element.value(NatLogging.ISADDR);
        boolean isIpv6 =
                NatLogging.IPV6_TYPE.equals(type) || (type == null && address != null && address.indexOf(':') >= 0);
        Ipv6Address ipv6 = ipv6(NatLogging.SV6ENC, element.value(NatLogging.SV6ENC));
        if (ipv6 == null && isIpv6) {
            ipv6 = ipv6(NatLogging.ISADDR, address);
        }
        Ipv4Address ipv4 = address == null || isIpv6 ? null : ipv4(NatLogging.ISADDR, address);
        return new Inside(
                ipv6,
                ipv4 == null || ipv4.bits() == 0 ? null : ipv4,
                own == null ? null : own.value(NatLogging.SUBSCRIBER));
    }

    private static BindingFact ofTheDraft(
            BindingEvent.Kind kind, long eventTimeMillis, SdElement element, @Nullable SdElement own) {
        requireIfThere(element, NatLogging.XATYP, NatLogging.IPV4_TYPE);
        Inside inside = inside(element, own);
        if (inside.isNobody()) {
            throw new IllegalArgumentException("neither SV6ENC nor ISADDR says who holds the ports");
        }
        NatMapping mapping = null;
        Ports ports;
        switch (element.id()) {
            case NatLogging.NAMAP -> ports = PortSet.WHOLE_ADDRESS;
            case NatLogging.NPRNG ->
                ports = Ports.of(new PortRange(
                        number(element, NatLogging.PORTMN, 0xffff), number(element, NatLogging.PORTMX, 0xffff)));
            default -> {
                int port = number(element, NatLogging.XSPORT, 0xffff);
                ports = Ports.of(new PortRange(port, port));
                mapping = mapping(element);
            }
        }
        return new BindingFact(
                kind,
                eventTimeMillis,
                ipv4(NatLogging.XSADDR, required(element, NatLogging.XSADDR)),
                ports,
                inside.ipv6(),
                inside.ipv4(),
                inside.subscriber(),
                element.value(NatLogging.NATINST) == null ? 0 : number(element, NatLogging.NATINST, 0xffff_ffffL),
                own == null ? null : ipv6(NatLogging.BR, own.value(NatLogging.BR)),
                mapping);
    }

    /** A session is told apart by its far end, which therefore must be there. */
    private static NatMapping mapping(SdElement element) {
        int protocol = element.value(NatLogging.PROTO) == null ? 0 : number(element, NatLogging.PROTO, 255);
        int insidePort = element.value(NatLogging.ISPORT) == null ? 0 : number(element, NatLogging.ISPORT, 0xffff);
        if (!element.id().equals(NatLogging.NSESS)) {
            return new NatMapping(protocol, insidePort, null, 0);
        }
        // The draft leaves out the external destination where it is the internal one.
        boolean isTranslated = element.value(NatLogging.XDADDR) != null || element.value(NatLogging.IDADDR) == null;
        String address = isTranslated ? NatLogging.XDADDR : NatLogging.IDADDR;
        String port = isTranslated ? NatLogging.XDPORT : NatLogging.IDPORT;
        return new NatMapping(
                protocol,
                insidePort,
                ipv4(address, required(element, address)),
                element.value(port) == null ? 0 : number(element, port, 0xffff));
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
