package io.portledger.lwaftr.export;

import static io.portledger.syslog.NatLogging.AMADD;
import static io.portledger.syslog.NatLogging.AMDEL;
import static io.portledger.syslog.NatLogging.B4;
import static io.portledger.syslog.NatLogging.BR;
import static io.portledger.syslog.NatLogging.IATYP;
import static io.portledger.syslog.NatLogging.IPV4;
import static io.portledger.syslog.NatLogging.IPV4_TYPE;
import static io.portledger.syslog.NatLogging.IPV6_TYPE;
import static io.portledger.syslog.NatLogging.ISADDR;
import static io.portledger.syslog.NatLogging.NAMAP;
import static io.portledger.syslog.NatLogging.NAT;
import static io.portledger.syslog.NatLogging.NATINST;
import static io.portledger.syslog.NatLogging.NPRNG;
import static io.portledger.syslog.NatLogging.PORTMN;
import static io.portledger.syslog.NatLogging.PORTMX;
import static io.portledger.syslog.NatLogging.PSID;
import static io.portledger.syslog.NatLogging.PSID_LENGTH;
import static io.portledger.syslog.NatLogging.PSID_OFFSET;
import static io.portledger.syslog.NatLogging.PTADD;
import static io.portledger.syslog.NatLogging.PTDEL;
import static io.portledger.syslog.NatLogging.SSUBIX;
import static io.portledger.syslog.NatLogging.SUBSCRIBER;
import static io.portledger.syslog.NatLogging.SV6ENC;
import static io.portledger.syslog.NatLogging.TRIG;
import static io.portledger.syslog.NatLogging.TRIG_ADMIN;
import static io.portledger.syslog.NatLogging.XATYP;
import static io.portledger.syslog.NatLogging.XSADDR;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.syslog.NatLogging;
import io.portledger.syslog.SdElement;
import io.portledger.syslog.SyslogMessage;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes binding changes, and what happens to service classes, as syslog messages of {@link NatLogging}. The timestamp is their own.
 *
 * @param hostname HOSTNAME; null: unknown
 * @param procId PROCID
 * @param enterpriseNumber of our own SD-ELEMENT
 * @param natInstance NATINST, left out if 0
 */
record NatSyslogMessages(@Nullable String hostname, String procId, long enterpriseNumber, long natInstance) {

    /** We know no index of subscribers. */
    private static final int NO_SUBSCRIBER_INDEX = 0;

    private static final int ERROR = 3;
    private static final int WARNING = 4;

    SyslogMessage of(BindingChange change) {
        Binding binding = change.binding();
        PortSet ports = binding.ports();
        boolean isEnd = change.kind() == BindingChange.Kind.DELETED;
        boolean isScattered = ports.rangeCount() > 1;
        String msgId = isEnd ? PTDEL : PTADD;
        List<SdElement> elements = new ArrayList<>(2);
        if (ports.equals(PortSet.WHOLE_ADDRESS)) {
            msgId = isEnd ? AMDEL : AMADD;
            elements.add(addresses(NAMAP, binding).with(TRIG, TRIG_ADMIN).build());
        } else if (!isScattered) {
            PortRange range = ports.range(0);
            elements.add(addresses(NPRNG, binding)
                    .with(PORTMN, range.first())
                    .with(PORTMX, range.last())
                    .with(TRIG, TRIG_ADMIN)
                    .build());
        }
        SdElement own = own(binding, isScattered);
        if (!own.params().isEmpty()) {
            elements.add(own);
        }
        return SyslogMessage.ofStructuredData(
                change.at().truncatedTo(ChronoUnit.MILLIS), hostname, NAT, procId, msgId, elements);
    }

    SyslogMessage of(PoolEvent event) {
        boolean isExhausted = event.kind() == PoolEvent.Kind.EXHAUSTED;
        boolean isHigh = event.kind() == PoolEvent.Kind.HIGH;
        SdElement.Builder element = SdElement.named(isExhausted ? NatLogging.NGAPML : NatLogging.NPOOL);
        if (natInstance != 0) {
            element.with(NATINST, (int) natInstance);
        }
        element.with(NatLogging.POOLID, event.poolId());
        if (!isExhausted) {
            element.with(isHigh ? NatLogging.POOLHW : NatLogging.POOLLW, (int) event.addresses());
        }
        return new SyslogMessage(
                SyslogMessage.LOCAL0,
                isExhausted ? ERROR : isHigh ? WARNING : SyslogMessage.INFORMATIONAL,
                event.at().truncatedTo(ChronoUnit.MILLIS),
                hostname,
                isExhausted ? NatLogging.NATLIM : NatLogging.NATTHR,
                procId,
                isExhausted ? NatLogging.GAPMLIM : isHigh ? NatLogging.POOLHT : NatLogging.POOLLT,
                List.of(element.build()),
                "",
                false);
    }

    private SdElement.Builder addresses(String id, Binding binding) {
        SdElement.Builder element = SdElement.named(id);
        if (natInstance != 0) {
            element.with(NATINST, (int) natInstance);
        }
        String b4 = binding.b4().toString();
        return element.with(SSUBIX, NO_SUBSCRIBER_INDEX)
                .with(SV6ENC, b4)
                .with(IATYP, IPV6_TYPE)
                .with(ISADDR, b4)
                .with(XATYP, IPV4_TYPE)
                .with(XSADDR, binding.ipv4().toString());
    }

    private SdElement own(Binding binding, boolean isScattered) {
        SdElement.Builder element = SdElement.named(NatLogging.lw4o6Id(enterpriseNumber));
        if (isScattered) {
            if (natInstance != 0) {
                element.with(NATINST, (int) natInstance);
            }
            PortSet ports = binding.ports();
            element.with(B4, binding.b4().toString())
                    .with(IPV4, binding.ipv4().toString())
                    .with(PSID_OFFSET, ports.psidOffset())
                    .with(PSID_LENGTH, ports.psidLength())
                    .with(PSID, ports.psid());
        }
        if (!binding.br().equals(Ipv6Address.UNSPECIFIED)) {
            element.with(BR, binding.br().toString());
        }
        return element.withIfKnown(SUBSCRIBER, binding.subscriber()).build();
    }
}
