package io.portledger.jobs;

import com.google.protobuf.ByteString;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ports;
import java.nio.charset.StandardCharsets;

/** Events as the collector would send them, in short. */
final class Events {

    static final Ipv4Address ADDRESS = Ipv4Address.parse("203.0.113.7");
    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    private Events() {}

    static BindingEvent allocated(Ipv4Address ipv4, Ports ports, int household, long atMillis) {
        return byIpfix(fact(BindingEvent.Kind.ALLOCATED, ipv4, ports, household, atMillis));
    }

    static BindingEvent released(Ipv4Address ipv4, Ports ports, int household, long atMillis) {
        return byIpfix(fact(BindingEvent.Kind.RELEASED, ipv4, ports, household, atMillis));
    }

    static BindingFact fact(BindingEvent.Kind kind, Ipv4Address ipv4, Ports ports, int household, long atMillis) {
        return new BindingFact(
                kind,
                atMillis,
                ipv4,
                ports,
                Ipv6Address.parse("2001:db8::" + Integer.toHexString(household)),
                null,
                null,
                0,
                BR);
    }

    /** As an IPFIX exporter tells it; the sequence number follows from the fact. */
    static BindingEvent byIpfix(BindingFact fact) {
        return fact.toEvent(Evidence.newBuilder()
                .setExporter("192.0.2.1")
                .setTransport(Evidence.Transport.IPFIX_UDP)
                .setObservationDomain(7)
                .setSequence(fact.hashCode() & 0xffff)
                .setReceivedMillis(fact.eventTimeMillis() + 150)
                .setTemplateId(256)
                .setRaw(raw(fact))
                .build());
    }

    /** The same as syslog tells it, a little later and with the subscriber's name. */
    static BindingEvent bySyslog(BindingFact fact) {
        BindingFact named = new BindingFact(
                fact.kind(),
                fact.eventTimeMillis(),
                fact.ipv4(),
                fact.ports(),
                fact.ipv6(),
                fact.insideIpv4(),
                "customer-" + fact.ipv6(),
                fact.natInstance(),
                fact.br());
        return named.toEvent(Evidence.newBuilder()
                .setExporter("192.0.2.2")
                .setTransport(Evidence.Transport.SYSLOG_TCP)
                .setReceivedMillis(fact.eventTimeMillis() + 900)
                .setHostname("lwaftr-1")
                .setRaw(raw(fact))
                .build());
    }

    private static ByteString raw(BindingFact fact) {
        return ByteString.copyFrom(
                fact.kind() + " " + fact.ports().key() + " " + fact.eventTimeMillis(), StandardCharsets.UTF_8);
    }
}
