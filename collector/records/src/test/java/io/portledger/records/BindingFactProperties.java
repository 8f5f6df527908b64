package io.portledger.records;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class BindingFactProperties {

    @Property
    void aFactSurvivesTheWayThroughKafka(@ForAll("facts") BindingFact fact) throws Exception {
        byte[] octets = fact.toEvent(Evidence.getDefaultInstance()).toByteArray();

        assertThat(BindingFact.from(BindingEvent.parseFrom(octets))).isEqualTo(fact);
    }

    @Property
    void aMappingSurvivesTheWayThroughKafka(@ForAll("facts") BindingFact of, @ForAll("mappings") NatMapping mapping)
            throws Exception {
        BindingFact fact = new BindingFact(
                of.kind(),
                of.eventTimeMillis(),
                of.ipv4(),
                Ports.of(new PortRange(40_000, 40_000)),
                of.ipv6(),
                of.insideIpv4(),
                of.subscriber(),
                of.natInstance(),
                of.br(),
                mapping);

        byte[] octets = fact.toEvent(Evidence.getDefaultInstance()).toByteArray();

        assertThat(BindingFact.from(BindingEvent.parseFrom(octets))).isEqualTo(fact);
    }

    @Provide
    Arbitrary<NatMapping> mappings() {
        Arbitrary<Integer> ports = Arbitraries.integers().between(0, 65535);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 255),
                        ports,
                        Arbitraries.integers()
                                .filter(bits -> bits != 0)
                                .map(Ipv4Address::new)
                                .injectNull(0.5),
                        ports)
                .as((protocol, inside, destination, port) ->
                        new NatMapping(protocol, inside, destination, destination == null ? 0 : port));
    }

    @Provide
    Arbitrary<BindingFact> facts() {
        Arbitrary<BindingEvent.Kind> kind = Arbitraries.of(BindingEvent.Kind.ALLOCATED, BindingEvent.Kind.RELEASED);
        Arbitrary<Long> time = Arbitraries.longs().between(1, 253_402_300_799_999L);
        Arbitrary<Ipv4Address> ipv4 =
                Arbitraries.integers().filter(bits -> bits != 0).map(Ipv4Address::new);
        Arbitrary<Ipv6Address> ipv6 =
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
        return Combinators.combine(
                        kind,
                        time,
                        ipv4,
                        ports(),
                        ipv6,
                        ipv4.injectNull(0.5),
                        Arbitraries.strings()
                                .alpha()
                                .ofMinLength(1)
                                .ofMaxLength(255)
                                .injectNull(0.5),
                        Arbitraries.integers())
                .as((k, t, address, ports, b4, inside, subscriber, instance) -> new BindingFact(
                        k, t, address, ports, b4, inside, subscriber, instance, instance % 2 == 0 ? b4 : null));
    }

    private static Arbitrary<Ports> ports() {
        Arbitrary<Ports> sets = Arbitraries.integers()
                .between(0, 16)
                .flatMap(a -> Arbitraries.integers()
                        .between(0, 16 - a)
                        .flatMap(k ->
                                Arbitraries.integers().between(0, (1 << k) - 1).map(psid -> new PortSet(a, k, psid))));
        Arbitrary<Ports> ranges = Arbitraries.integers()
                .between(0, 65535)
                .flatMap(first ->
                        Arbitraries.integers().between(first, 65535).map(last -> Ports.of(new PortRange(first, last))));
        return Arbitraries.oneOf(sets, ranges);
    }
}
