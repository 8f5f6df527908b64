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
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
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

        assertThat(BindingDocument.read(BindingDocument.JSON.readTree(document.json())))
                .isEqualTo(interval);
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
        assertThat(document.id())
                .isEqualTo("cb007107-0/6/34-" + Long.toString(interval.start().toEpochMilli(), 36));
        assertThat(document.routing()).isEqualTo("cb007107");
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
