package io.portledger.softwire.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

class BindingTableProperties {

    private static final String SAMPLE_CSV = "b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber\n"
            + "2001:db8::1,192.0.2.1,0,6,34,2001:db8:ffff::1,\"a \"\"b\"\"\"\n2001:db8::2,192.0.2.1,0,6,35,2001:db8:ffff::1,\n";
    private static final String SAMPLE_JSON = "{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{"
            + "\"name\":\"x\",\"binding-table\":{\"binding-entry\":[{\"binding-ipv6info\":\"2001:db8::/64\","
            + "\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34},"
            + "\"br-ipv6-addr\":\"2001:db8:ffff::1\"}]}}]}}}";

    @Property
    void csvReadsBackWhatItWrites(@ForAll @Size(max = 8) List<@From("bindings") Binding> bindings) throws IOException {
        StringWriter out = new StringWriter();
        try (CsvBindingWriter writer = new CsvBindingWriter(out)) {
            for (Binding binding : bindings) {
                writer.write(binding);
            }
        }

        assertThat(readCsv(out.toString())).isEqualTo(bindings);
    }

    @Property
    void jsonReadsBackWhatItWrites(@ForAll @Size(max = 8) List<@From("bindings") Binding> bindings) throws IOException {
        Map<Ipv6Address, Binding> byB4 = new HashMap<>();
        for (Binding b : bindings) {
            if (b.ports().psidLength() < 16) {
                byB4.put(b.b4(), isOfYang(b.subscriber()) ? b : new Binding(b.b4(), b.ipv4(), b.ports(), b.br()));
            }
        }
        List<Binding> expressible = List.copyOf(byB4.values());
        StringWriter out = new StringWriter();
        try (JsonBindingWriter writer = new JsonBindingWriter(out, BindInstance.named("x"))) {
            for (Binding binding : expressible) {
                writer.write(binding);
            }
        }

        assertThat(readJson(out.toString())).isEqualTo(expressible);
    }

    @Property(tries = 3000)
    void damagedTablesAreReadOrRefusedWithALine(
            @ForAll boolean isJson,
            @ForAll @IntRange(max = 400) int at,
            @ForAll @IntRange(max = 3) int cut,
            @ForAll("damage") String damage) {
        String sample = isJson ? SAMPLE_JSON : SAMPLE_CSV;
        int from = Math.min(at, sample.length());
        String table = sample.substring(0, from) + damage + sample.substring(Math.min(sample.length(), from + cut));
        try {
            assertThat(isJson ? readJson(table) : readCsv(table)).hasSizeLessThanOrEqualTo(4);
        } catch (BindingTableException e) {
            assertThat(e.line()).isBetween(0, 5);
            assertThat(e.getMessage()).isNotBlank();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Property
    void theIndexIsAMapOfFirstValues(
            @ForAll @Size(max = 200) List<@IntRange(max = 60) Integer> keys,
            @ForAll boolean isWide,
            @ForAll long spread) {
        LineIndex index = isWide ? LineIndex.of128BitKeys() : LineIndex.of64BitKeys();
        Map<Integer, Long> expected = new HashMap<>();
        long line = 0;
        for (int key : keys) {
            line++;
            long high = isWide ? key * spread : 0;
            Long earlier = expected.putIfAbsent(key, line);
            assertThat(index.putIfAbsent(high, key, line)).isEqualTo(earlier == null ? 0 : earlier);
        }
    }

    /** Against the rules stated with ordinary sets. */
    @Property
    void aTableIsConsistentIfNoAddressIsDividedTwiceAndNoPsidOwnedTwice(
            @ForAll @Size(max = 6) List<@From("crowded") Binding> bindings) {
        Map<Ipv4Address, String> division = new HashMap<>();
        Set<String> owners = new HashSet<>();
        BindingTableCheck check = new BindingTableCheck("");
        int line = 0;
        for (Binding binding : bindings) {
            line++;
            PortSet ports = binding.ports();
            String shape = ports.psidOffset() + "/" + ports.psidLength();
            boolean isSound = division.getOrDefault(binding.ipv4(), shape).equals(shape)
                    && owners.add(binding.ipv4() + " " + ports.psid());
            division.putIfAbsent(binding.ipv4(), shape);
            @Nullable BindingTableException fault = null;
            try {
                check.accept(binding, line);
            } catch (BindingTableException e) {
                fault = e;
            }
            assertThat(fault == null).isEqualTo(isSound);
            if (!isSound) {
                return;
            }
        }
    }

    private static boolean isOfYang(@Nullable String subscriber) {
        try {
            BindingEntry.requireSubscriber(subscriber);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Provide
    Arbitrary<Binding> bindings() {
        Arbitrary<String> subscribers = Arbitraries.oneOf(
                        Arbitraries.strings().ofMaxLength(20),
                        Arbitraries.strings().withChars("a ,\"\r\n\t#\ufeff").ofMaxLength(6))
                .filter(text -> text.chars().noneMatch(c -> c >= 0xd800 && c < 0xe000));
        return Combinators.combine(ipv6(), Arbitraries.integers(), portSets(), ipv6(), subscribers)
                .as((b4, ipv4, ports, br, subscriber) -> new Binding(b4, new Ipv4Address(ipv4), ports, br, subscriber));
    }

    @Provide
    Arbitrary<Binding> crowded() {
        Ipv6Address b4 = new Ipv6Address(0, 1);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 1),
                        Arbitraries.integers().between(0, 1),
                        Arbitraries.integers().between(1, 2),
                        Arbitraries.integers().between(0, 1))
                .as((ipv4, a, k, psid) -> new Binding(b4, new Ipv4Address(-ipv4), new PortSet(a, k, psid), b4));
    }

    @Provide
    Arbitrary<String> damage() {
        return Arbitraries.oneOf(
                Arbitraries.of("", "\"", ",", "\n", "{", "}", "[", "]", "\\", "#", ":", "9", "null", "\u0000"),
                Arbitraries.strings().ofMaxLength(5));
    }

    private static Arbitrary<Ipv6Address> ipv6() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    private static Arbitrary<PortSet> portSets() {
        return Arbitraries.integers()
                .between(0, 16)
                .flatMap(a -> Arbitraries.integers()
                        .between(0, 16 - a)
                        .flatMap(k ->
                                Arbitraries.integers().between(0, (1 << k) - 1).map(psid -> new PortSet(a, k, psid))));
    }

    private static List<Binding> readCsv(String table) throws IOException {
        return drain(new CsvBindingReader(new StringReader(table), "", null));
    }

    private static List<Binding> readJson(String json) throws IOException {
        return drain(new JsonBindingReader(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), "", null));
    }

    private static List<Binding> drain(BindingReader reader) throws IOException {
        try (reader) {
            List<Binding> bindings = new ArrayList<>();
            reader.forEachRemaining(bindings::add);
            return bindings;
        }
    }
}
