package io.portledger.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class DocumentProperties {

    @Property
    void anIntervalComesBackFromItsDocument(@ForAll("intervals") BindingInterval interval) {
        BindingDocument document = BindingDocument.of(interval, false);

        assertThat(document.interval()).isEqualTo(interval);
    }

    @Property
    void aDocumentHasNoFieldThatItsIndexDoesNotKnow(@ForAll("intervals") BindingInterval interval) throws Exception {
        BindingDocument document = BindingDocument.of(interval, false);
        String template = interval.mapping() == null ? "bindings-v1.json" : "sessions-v1.json";
        try (InputStream in = BindingDocument.class.getResourceAsStream(template)) {
            assertThat(BindingDocument.JSON
                            .readTree(in)
                            .at("/template/mappings/properties")
                            .propertyNames())
                    .containsAll(BindingDocument.JSON.readTree(document.json()).propertyNames());
        }
    }

    @Property
    void aGapComesBackFromItsDocument(
            @ForAll("exporters") String exporter,
            @ForAll("times") Instant from,
            @ForAll("times") Instant to,
            @ForAll long lost) {
        Gap gap = new Gap(exporter, 4_294_967_295L, "SEQUENCE", from, to, lost);

        assertThat(GapDocument.read(
                        BindingDocument.JSON.readTree(GapDocument.of(gap).json())))
                .isEqualTo(gap);
    }

    @Example
    void placeAndIdFollowFromTheInterval() {
        BindingInterval interval = Samples.logged(
                Ipv4Address.parse("203.0.113.7"),
                PortSet.parse("0/6/34"),
                Samples.household(1),
                Instant.parse("2026-10-31T23:59:59.999Z"),
                null);

        BindingDocument document = BindingDocument.of(interval, false);

        assertThat(document.index()).isEqualTo("bindings-v1-2026.10");
        assertThat(HexFormat.of().formatHex(Base64.getUrlDecoder().decode(document.id())))
                .as("address, PSID offset, length and PSID, and the last millisecond of 31 days")
                .isEqualTo("cb007107" + "00" + "06" + "0022" + "9fa523ff");
        assertThat(document.routing()).as("the address's last octet").isEqualTo("07");
    }

    @Example
    void whatARecordHasInCommonWithItsIntervalIsStoredOnce() {
        Instant start = Instant.parse("2026-11-23T10:00:00Z");
        BindingInterval plain = Samples.logged(
                Ipv4Address.parse("203.0.113.7"), PortSet.parse("0/6/34"), Samples.household(1), start, null);
        Evidence evidence = Objects.requireNonNull(plain.startEvidence());
        String told = HexFormat.of()
                .formatHex(ByteBuffer.allocate(28)
                        .putLong(start.toEpochMilli())
                        .put(Objects.requireNonNull(plain.holder().b4()).toBytes())
                        .putInt(plain.ipv4().bits())
                        .array());
        int without = IntervalOctets.write(withRaw(plain, "")).length;

        assertThat(IntervalOctets.write(withRaw(plain, told))).hasSize(without + 3);
        assertThat(IntervalOctets.write(withRaw(plain, "ff".repeat(28)))).hasSize(without + 1 + 28);
        assertThat(evidence.raw()).isNotEqualTo(told);
    }

    private static BindingInterval withRaw(BindingInterval interval, String raw) {
        Evidence evidence = Objects.requireNonNull(interval.startEvidence());
        return new BindingInterval(
                interval.ipv4(),
                interval.ports(),
                interval.mapping(),
                interval.holder(),
                interval.br(),
                interval.start(),
                interval.startedBy(),
                interval.end(),
                interval.endedBy(),
                new Evidence(
                        evidence.exporter(),
                        evidence.transport(),
                        evidence.observationDomain(),
                        evidence.sequence(),
                        evidence.templateId(),
                        evidence.hostname(),
                        evidence.dialect(),
                        evidence.file(),
                        evidence.received(),
                        raw),
                null);
    }

    @Property
    void evidenceThatRepeatsWhatTheIntervalTellsComesBackToTheOctet(
            @ForAll("intervals") BindingInterval interval, @ForAll int seed) {
        Random random = new Random(seed);
        List<byte[]> told = List.of(
                ByteBuffer.allocate(8).putLong(interval.start().toEpochMilli()).array(),
                ByteBuffer.allocate(4).putInt(interval.ipv4().bits()).array(),
                interval.ipv4().toString().getBytes(StandardCharsets.US_ASCII),
                interval.start().toString().getBytes(StandardCharsets.US_ASCII),
                interval.holder().b4() == null
                        ? new byte[] {0}
                        : interval.holder().b4().toBytes(),
                Objects.toString(interval.holder().subscriber()).getBytes(StandardCharsets.UTF_8));
        StringBuilder raw = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            byte[] own = new byte[random.nextInt(6)];
            random.nextBytes(own);
            raw.append(HexFormat.of().formatHex(told.get(random.nextInt(told.size()))))
                    .append(HexFormat.of().formatHex(own));
        }
        if (interval.startEvidence() == null) {
            return;
        }

        BindingInterval repeating = withRaw(interval, raw.toString());

        assertThat(BindingDocument.of(repeating, false).interval()).isEqualTo(repeating);
    }

    @Example
    void intervalsThatCouldShareAnIdAreToldApartByTheirHolders() {
        Ipv4Address address = Ipv4Address.parse("203.0.113.7");
        PortSet ports = PortSet.parse("0/6/34");
        Instant start = Instant.parse("2026-10-31T23:59:59.999Z");
        BindingInterval known = Samples.logged(address, ports, Samples.household(1), start, null);
        BindingInterval one = Samples.unknownStart(address, ports, Samples.household(2), start, start.plusMillis(1));
        BindingInterval other = Samples.unknownStart(address, ports, Samples.household(3), start, start.plusMillis(1));

        assertThat(List.of(
                        BindingDocument.id(known, false),
                        BindingDocument.id(known, true),
                        BindingDocument.id(one, false),
                        BindingDocument.id(other, false)))
                .doesNotHaveDuplicates()
                .allMatch(id -> id.startsWith(BindingDocument.id(known, false)));
        assertThat(List.of(
                        BindingDocument.of(known, false).id(),
                        BindingDocument.of(known, true).id(),
                        BindingDocument.of(one, false).id(),
                        BindingDocument.of(other, false).id()))
                .doesNotHaveDuplicates();
    }

    @Provide
    Arbitrary<BindingInterval> intervals() {
        Arbitrary<Ipv4Address> ipv4 = Arbitraries.integers().map(Ipv4Address::new);
        Arbitrary<Ports> ports = Arbitraries.oneOf(
                Combinators.combine(
                                Arbitraries.integers().between(0, 6),
                                Arbitraries.integers().between(0, 10))
                        .as((a, k) -> new PortSet(a, k, (1 << k) - 1).canonical()),
                Combinators.combine(
                                Arbitraries.integers().between(0, 30000),
                                Arbitraries.integers().between(0, 30000))
                        .as((first, more) -> Ports.of(new PortRange(first, first + more))));
        Arbitrary<Holder> holders = Combinators.combine(
                        ipv6().injectNull(0.2),
                        Arbitraries.integers().map(Ipv4Address::new).injectNull(0.5),
                        Arbitraries.strings().ofMaxLength(12).injectNull(0.5),
                        Arbitraries.integers().greaterOrEqual(0))
                .as(Holder::new);
        Arbitrary<Boundary> startedBy = Arbitraries.of(Boundary.LOGGED, Boundary.UNKNOWN);
        Arbitrary<Boundary> endedBy = Arbitraries.of(Boundary.LOGGED, Boundary.INFERRED);
        return Combinators.combine(
                        ipv4,
                        ports,
                        mappings().injectNull(0.5),
                        holders,
                        ipv6().injectNull(0.2),
                        times(),
                        startedBy,
                        Combinators.combine(times().injectNull(0.3), evidence().injectNull(0.3))
                                .as(End::new))
                .as((address, set, mapping, holder, br, start, by, end) -> new BindingInterval(
                        address,
                        mapping == null || mapping.isOfOneProtocol()
                                ? set
                                : Ports.of(new PortRange(
                                        set.ranges().getFirst().first(),
                                        set.ranges().getFirst().first())),
                        mapping,
                        holder,
                        br,
                        start,
                        by,
                        end.at(),
                        end.at() == null ? Boundary.OPEN : endedBy.sample(),
                        end.evidence(),
                        end.at() == null ? null : end.evidence()));
    }

    private record End(@Nullable Instant at, @Nullable Evidence evidence) {}

    private static Arbitrary<NatMapping> mappings() {
        Arbitrary<Integer> numbers = Arbitraries.integers().between(0, 0xffff);
        Arbitrary<NatMapping> ofOneProtocol =
                Arbitraries.integers().between(1, 255).map(protocol -> new NatMapping(protocol, 0, null, 0));
        return Arbitraries.oneOf(
                ofOneProtocol,
                Combinators.combine(
                                Arbitraries.integers().between(0, 255),
                                numbers,
                                Arbitraries.integers()
                                        .filter(bits -> bits != 0)
                                        .map(Ipv4Address::new)
                                        .injectNull(0.5),
                                numbers)
                        .as((protocol, inside, destination, port) ->
                                new NatMapping(protocol, inside, destination, destination == null ? 0 : port)));
    }

    @Provide
    Arbitrary<String> exporters() {
        return Arbitraries.of("192.0.2.1", "2001:db8::1", "lwaftr \"1\"\n");
    }

    @Provide
    Arbitrary<Instant> times() {
        return Arbitraries.longs().between(0, 4_102_444_800_000L).map(Instant::ofEpochMilli);
    }

    private static Arbitrary<Ipv6Address> ipv6() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    private Arbitrary<Evidence> evidence() {
        Arbitrary<String> raw = Arbitraries.bytes()
                .array(byte[].class)
                .ofMaxSize(40)
                .map(bytes -> HexFormat.of().formatHex(bytes));
        return Combinators.combine(
                        exporters(),
                        Arbitraries.of("IPFIX_UDP", "SYSLOG_TCP"),
                        Arbitraries.longs().between(0, 0xffff_ffffL),
                        Arbitraries.longs().between(0, 0xffff_ffffL),
                        Arbitraries.integers().between(0, 0xffff),
                        Arbitraries.strings().ofMaxLength(8),
                        times(),
                        raw)
                .as((exporter, transport, domain, sequence, template, text, received, octets) -> new Evidence(
                        exporter,
                        transport,
                        domain,
                        sequence,
                        template,
                        text,
                        text.isEmpty() ? "" : "dialect",
                        text.isEmpty() ? "" : text,
                        received,
                        octets));
    }
}
