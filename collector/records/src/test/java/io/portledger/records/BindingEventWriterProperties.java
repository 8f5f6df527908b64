package io.portledger.records;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The writers against Protocol Buffers' own code. */
class BindingEventWriterProperties {

    /** An event and how it is known. */
    record Told(BindingFact fact, Evidence evidence) {

        BindingEvent event() {
            return fact.toEvent(evidence);
        }

        Evidence source() {
            return evidence.toBuilder()
                    .clearSequence()
                    .clearReceivedMillis()
                    .clearRaw()
                    .build();
        }
    }

    @Property
    void whatIsWrittenProtocolBuffersRead(@ForAll @Size(min = 1, max = 20) List<@From("told") Told> told)
            throws Exception {
        BindingEventBlock block = block(told);

        assertThat(read(block)).isEqualTo(told.stream().map(Told::event).toList());
        assertThat(block.count()).isEqualTo(told.size());
        assertThat(block.oldestMillis())
                .isEqualTo(told.stream()
                        .mapToLong(each -> each.evidence().getReceivedMillis())
                        .min()
                        .orElseThrow());
        assertThat(block.latestMillis())
                .isEqualTo(told.stream()
                        .mapToLong(each -> each.evidence().getReceivedMillis())
                        .max()
                        .orElseThrow());
    }

    @Property
    void blocksMayBeKeptAndTheirEventsPutIntoRecordsInAnyWay(
            @ForAll @Size(min = 1, max = 8) List<@From("blocks") List<Told>> told,
            @ForAll @IntRange(min = 1, max = 4) int partitions)
            throws Exception {
        List<BindingEventsWriter> writers = new ArrayList<>();
        List<List<BindingEvent>> expected = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            writers.add(new BindingEventsWriter());
            expected.add(new ArrayList<>());
        }
        for (List<Told> each : told) {
            BindingEventBlock written = block(each);
            BindingEventBlock kept = BindingEventBlock.of(
                    Arrays.copyOf(written.octets(), written.length()), written.oldestMillis(), written.latestMillis());
            assertThat(kept.count()).isEqualTo(written.count());
            assertThat(kept.eventOctets()).isEqualTo(written.eventOctets());
            kept.forEach((ipv4, source, sourceLength, at, length) -> assertThat(
                            writers.get(RecordKey.partition(ipv4, partitions))
                                    .add(kept.octets(), source, sourceLength, at, length))
                    .isTrue());
            each.forEach(
                    one -> expected.get(RecordKey.partition(one.fact().ipv4().bits(), partitions))
                            .add(one.event()));
        }

        for (int i = 0; i < partitions; i++) {
            assertThat(BindingEventReader.read(
                            BindingEvents.parseFrom(writers.get(i).take())))
                    .isEqualTo(expected.get(i));
        }
    }

    @Property
    void aBlockThatIsCutOffIsNone(@ForAll @Size(min = 1, max = 3) List<@From("told") Told> told, @ForAll int where) {
        BindingEventBlock block = block(told);
        byte[] cut = Arrays.copyOf(block.octets(), Math.floorMod(where, block.length()));

        assertThat(wholeEvents(cut)).isLessThan(told.size());
    }

    /** How many events a block of these octets has; fewer than none if it is no block. */
    private static int wholeEvents(byte[] octets) {
        try {
            return BindingEventBlock.of(octets, 0, 0).count();
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    @Example
    void aRecordIsFullAtItsOctetsOrItsEventsButTakesOneOfAnyLength() throws Exception {
        Told longOne = new Told(
                fact(),
                Evidence.newBuilder()
                        .setExporter("192.0.2.1")
                        .setRaw(ByteString.copyFrom(new byte[100_000]))
                        .build());
        Told shortOne =
                new Told(fact(), Evidence.newBuilder().setExporter("192.0.2.1").build());

        assertThat(fill(longOne, 2)).isEqualTo(1);
        assertThat(fill(shortOne, 3000)).isEqualTo(BindingEventsWriter.MAX_EVENTS);
    }

    private static int fill(Told told, int times) throws Exception {
        BindingEventsWriter writer = new BindingEventsWriter();
        BindingEventBlock block = block(Collections.nCopies(times, told));
        block.forEach((ipv4, source, sourceLength, at, length) ->
                writer.add(block.octets(), source, sourceLength, at, length));
        List<BindingEvent> events = BindingEventReader.read(BindingEvents.parseFrom(writer.take()));
        assertThat(events).containsOnly(told.event());
        return events.size();
    }

    private static BindingFact fact() {
        return new BindingFact(
                BindingEvent.Kind.ALLOCATED,
                1,
                new Ipv4Address(0xcb007107),
                Ports.of(new PortRange(0, 65535)),
                null,
                null,
                "s",
                0,
                null);
    }

    /** One writer writes all, as it does for a listener. */
    private static BindingEventBlock block(List<Told> told) {
        BindingEventWriter writer = new BindingEventWriter();
        writer.source(told.getFirst().source());
        writer.write(told.getFirst().fact(), -1, Long.MAX_VALUE, new byte[700], 700);
        assertThat(writer.take().count()).isEqualTo(1);
        Evidence before = Evidence.getDefaultInstance();
        for (Told each : told) {
            Evidence evidence = each.evidence();
            if (!each.source().equals(before)) {
                before = each.source();
                writer.source(evidence);
            }
            // What is behind the record is nobody's.
            byte[] raw = Arrays.copyOf(
                    evidence.getRaw().toByteArray(), evidence.getRaw().size() + 3);
            writer.write(
                    each.fact(),
                    evidence.getSequence(),
                    evidence.getReceivedMillis(),
                    raw,
                    evidence.getRaw().size());
        }
        return writer.take();
    }

    private static List<BindingEvent> read(BindingEventBlock block) throws Exception {
        BindingEventsWriter writer = new BindingEventsWriter();
        block.forEach((ipv4, source, sourceLength, at, length) -> assertThat(
                        writer.add(block.octets(), source, sourceLength, at, length))
                .isTrue());
        assertThat(writer.count()).isEqualTo(block.count());
        return BindingEventReader.read(BindingEvents.parseFrom(writer.take()));
    }

    @Provide
    Arbitrary<List<Told>> blocks() {
        return told().list().ofMinSize(1).ofMaxSize(5);
    }

    @Provide
    Arbitrary<Told> told() {
        Arbitrary<BindingFact> withMapping = Combinators.combine(facts(), mappings())
                .as((of, mapping) -> new BindingFact(
                        of.kind(),
                        of.eventTimeMillis(),
                        of.ipv4(),
                        Ports.of(new PortRange(40_000, 40_000)),
                        of.ipv6(),
                        of.insideIpv4(),
                        of.subscriber(),
                        of.natInstance(),
                        of.br(),
                        mapping));
        return Combinators.combine(Arbitraries.oneOf(facts(), withMapping), evidence())
                .as(Told::new);
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
                        Arbitraries.of("192.0.2.1", "2001:db8::1"),
                        Arbitraries.of(
                                Evidence.Transport.IPFIX_UDP,
                                Evidence.Transport.FILE,
                                Evidence.Transport.TRANSPORT_UNSPECIFIED),
                        Arbitraries.of(0, 1, -1),
                        Arbitraries.integers(),
                        Arbitraries.longs(),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(300),
                        Arbitraries.of(0, 256, 65535),
                        Arbitraries.of(
                                Evidence.getDefaultInstance(),
                                Evidence.newBuilder().setFile("march.ipfix").build(),
                                Evidence.newBuilder()
                                        .setHostname("cgn1")
                                        .setDialect("some")
                                        .build()))
                .as((exporter, transport, domain, sequence, received, raw, template, more) -> more.toBuilder()
                        .setExporter(exporter)
                        .setTransport(transport)
                        .setObservationDomain(domain)
                        .setSequence(sequence)
                        .setReceivedMillis(received)
                        .setRaw(ByteString.copyFrom(raw))
                        .setTemplateId(template)
                        .build());
    }
}
