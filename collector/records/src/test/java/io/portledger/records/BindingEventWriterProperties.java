package io.portledger.records;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The writer against Protocol Buffers' own code. */
class BindingEventWriterProperties {

    @Property
    void writesWhatProtocolBuffersWrite(@ForAll("facts") BindingFact fact, @ForAll("evidence") Evidence evidence)
            throws Exception {
        assertThat(write(fact, evidence))
                .isEqualTo(fact.toEvent(evidence).toByteArray())
                .satisfies(octets -> assertThat(BindingEvent.parseFrom(octets)).isEqualTo(fact.toEvent(evidence)));
    }

    @Property
    void writesMappingsAsWell(
            @ForAll("facts") BindingFact of,
            @ForAll("mappings") NatMapping mapping,
            @ForAll("evidence") Evidence evidence) {
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

        assertThat(write(fact, evidence)).isEqualTo(fact.toEvent(evidence).toByteArray());
    }

    /** One writer writes all, as it does in a session. */
    private static byte[] write(BindingFact fact, Evidence evidence) {
        BindingEventWriter writer = new BindingEventWriter(evidence);
        byte[] before = writer.write(fact, -1, -1, Long.MAX_VALUE, new byte[700], 65535);
        assertThat(before).isNotEmpty();
        return writer.write(
                fact,
                evidence.getObservationDomain(),
                evidence.getSequence(),
                evidence.getReceivedMillis(),
                evidence.getRaw().toByteArray(),
                evidence.getTemplateId());
    }

    @Provide
    Arbitrary<BindingFact> facts() {
        return new BindingFactProperties().facts();
    }

    @Provide
    Arbitrary<NatMapping> mappings() {
        return new BindingFactProperties().mappings();
    }

    @Provide
    Arbitrary<Evidence> evidence() {
        return Combinators.combine(
                        Arbitraries.of("", "192.0.2.1", "2001:db8::1"),
                        Arbitraries.of(
                                Evidence.Transport.IPFIX_UDP,
                                Evidence.Transport.FILE,
                                Evidence.Transport.TRANSPORT_UNSPECIFIED),
                        Arbitraries.integers(),
                        Arbitraries.integers(),
                        Arbitraries.longs(),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(300),
                        Arbitraries.integers().between(0, 65535),
                        Arbitraries.of("", "march.ipfix"))
                .as((exporter, transport, domain, sequence, received, raw, template, file) -> Evidence.newBuilder()
                        .setExporter(exporter)
                        .setTransport(transport)
                        .setObservationDomain(domain)
                        .setSequence(sequence)
                        .setReceivedMillis(received)
                        .setRaw(ByteString.copyFrom(raw))
                        .setTemplateId(template)
                        .setFile(file)
                        .build());
    }
}
