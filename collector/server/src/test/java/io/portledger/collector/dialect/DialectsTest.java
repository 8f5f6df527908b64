package io.portledger.collector.dialect;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.settings.SettingsException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectsTest {

    private static final String ACME = """
            name: acme
            devices: Acme NAT
            verified: true
            source: a test
            literals: [ACME]
            begins: 'ACME '
            events:
              - kind: allocated
                pattern: 'ACME\\+ (?P<inside_address>\\S+) (?P<public_address>\\S+) (?P<first_port>\\d+)-(?P<last_port>\\d+)(?: (?P<proto>\\S+))?(?: t=(?P<at>\\S+))?'
                fields: {protocol: proto}
                time: [{field: at, format: epoch-seconds}, {from: reception}]
            samples:
              - message: '<14>x'
                result: unrecognised
            """.replace("begins: 'ACME '", "begins: 'ACME'");
    private static final Instant RECEIVED = Instant.parse("2024-01-01T00:00:00.500Z");

    private @TempDir Path directory;

    private Path file(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text);
    }

    private @Nullable Outcome read(Dialect dialect, String message) {
        return dialect.read(
                SyslogText.of(message.getBytes(StandardCharsets.UTF_8), RECEIVED, ZoneOffset.UTC),
                "192.0.2.1",
                RECEIVED);
    }

    @Test
    void anOperatorAddsADialectWithoutCompiling() throws Exception {
        Dialect acme = Dialects.read(file("acme.yaml", ACME));
        assertThat(read(acme, "<14>Dec 24 00:00:00 nat1 ACME+ 10.0.0.1 198.51.100.1 1024-2047 TCP t=1700000000"))
                .isInstanceOfSatisfying(Outcome.Fact.class, fact -> {
                    assertThat(fact.fact().eventTimeMillis()).isEqualTo(1_700_000_000_000L);
                    assertThat(requireNonNull(fact.fact().mapping()).protocol()).isEqualTo(6);
                });
        assertThat(read(acme, "<14>Dec 24 00:00:00 nat1 ACME+ 10.0.0.1 198.51.100.1 1024-2047"))
                .as("the dialect says that without a time the reception is it")
                .isInstanceOfSatisfying(Outcome.Fact.class, fact -> {
                    assertThat(fact.fact().eventTimeMillis()).isEqualTo(RECEIVED.toEpochMilli());
                    assertThat(fact.fact().mapping()).isNull();
                });
    }

    @Test
    void theDialectInTheDocumentIsOneAndEachBuiltInOneIsThere() throws Exception {
        String document = Files.readString(Path.of("../../docs/dialects.md"));
        int from = document.indexOf("name: acme");
        Dialect acme = Dialects.read(file("acme.yaml", document.substring(from, document.indexOf("```", from))));

        assertThat(acme.check()).isEmpty();
        assertThat(acme.sampleCount()).isEqualTo(2);
        assertThat(Dialects.builtIn())
                .allSatisfy(dialect -> assertThat(document).contains("| `" + dialect.name() + "` |"));
    }

    @Test
    void aTimeThatTheDialectDoesNotNameIsNeverTaken() throws Exception {
        Dialect acme = Dialects.read(file("acme.yaml", ACME.replace(", {from: reception}", ", {from: header}")));
        assertThat(read(acme, "<14>ACME+ 10.0.0.1 198.51.100.1 1024-2047"))
                .isEqualTo(new Outcome.Unusable(
                        "dialect acme: the message has no TIMESTAMP, so when it happened is not known"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ACME+ 10.0.0.300 198.51.100.1 1-2 | dialect acme: inside-address: \"10.0.0.300\" is not an IPv4 address",
                "ACME+ 10.0.0.1 198.51.100.1 1-65536 | dialect acme: last-port is \"65536\", expected a number 0-65535",
                "ACME+ 10.0.0.1 198.51.100.1 1-2 egp | dialect acme: protocol is \"egp\", which is not known",
                "ACME+ 10.0.0.1 0.0.0.0 1-2 | dialect acme: ipv4 is 0.0.0.0, which nobody can hold",
                "ACME+ 10.0.0.1 198.51.100.1 1-2 tcp t=x | dialect acme: \"x\" is no number of at most 15 digits",
                "ACME? | dialect acme: none of its events has a message like this",
            })
    void saysWhyAMessageCannotBeUsed(String body, String reason) throws Exception {
        Dialect acme = Dialects.read(file("acme.yaml", ACME));
        assertThat(read(acme, "<14>Dec 24 00:00:00 nat1 " + body))
                .isInstanceOfSatisfying(
                        Outcome.Unusable.class,
                        unusable -> assertThat(unusable.reason()).startsWith(reason));
    }

    @Test
    void anOperatorsDialectReplacesTheBuiltInOneOfItsName() throws Exception {
        file("mine.yaml", ACME.replace("name: acme", "name: nfware"));
        file("notes.txt", "no dialect");
        Dialects dialects = Dialects.load(directory, Map.of("nfware", List.of(ExporterPrefix.parse("192.0.2.0/24"))));

        assertThat(dialects.all().stream().map(Dialect::name))
                .contains("a10-cef")
                .containsOnlyOnce("nfware");
        assertThat(dialects.all().getFirst()).satisfies(first -> {
            assertThat(first.name()).isEqualTo("nfware");
            assertThat(first.origin()).endsWith("mine.yaml");
            assertThat(String.valueOf(first.exporters())).isEqualTo("[192.0.2.0/24]");
        });
    }

    @Test
    void whatCannotBeUsedIsNamedByFileAndLine() throws Exception {
        file("a.yaml", ACME);
        file("b.yaml", ACME);
        assertThatThrownBy(() -> Dialects.load(directory, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("b.yaml: there is a dialect acme in ")
                .hasMessageEndingWith("a.yaml already; rename one of them");
        assertThatThrownBy(() -> Dialects.load(null, Map.of("acne", List.of())))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith(
                        "collector.syslog.dialect-exporters: there is no dialect acne (allowed: juniper");
        assertThatThrownBy(() -> Dialects.load(directory.resolve("nowhere"), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith("collector.syslog.dialects: cannot read the directory ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "name: acme | name: Acme! | acme.yaml, line 1: name is Acme! (allowed: 1-64 small letters, digits and hyphens)",
                "verified: true | verified: maybe | acme.yaml, line 3: Invalid value \"maybe\" for key verified",
                "verified: true |  | acme.yaml, line 1: key verified is missing",
                "begins: | begin: | acme.yaml, line 6: unknown key begin",
                "begins: 'ACME' | begins: 'AC(ME' | acme.yaml, line 6: Invalid value \"AC(ME\" for key begins: not a regular"
                        + " expression of RE2: missing closing ): AC(ME (allowed: RE2 syntax",
                "'ACME\\+ | '(?=x)ACME\\+ | acme.yaml, line 9: Invalid value",
                "kind: allocated | kind: given | acme.yaml, line 8: Invalid value \"given\" for key events[0].kind: not one of"
                        + " its values (allowed: allocated, released, refreshed, ignored)",
                "{protocol: proto} | {protokoll: proto} | acme.yaml, line 8: in section events[0]: fields: protokoll is no"
                        + " field (allowed: public-address, first-port,",
                "{protocol: proto} | {protocol: prot} | acme.yaml, line 8: in section events[0]: fields: protocol is prot, but"
                        + " the pattern has no such group (its groups: [",
                "fields: {protocol: proto} | fields: {} | acme.yaml, line 8: in section events[0]: the pattern's groups"
                        + " [proto] are neither fields nor times",
                "(?P<public_address> | ( | acme.yaml, line 8: in section events[0]: there is no public-address, neither as a"
                        + " group nor in fields",
                "(?P<inside_address> | ( | acme.yaml, line 8: in section events[0]: nothing says who holds the ports",
                "(?P<last_port> | ( | acme.yaml, line 8: in section events[0]: an event is about first-port and last-port, or"
                        + " port, or whole-address: true, and only one of them",
                "{field: at, format: epoch-seconds}, | {field: at}, | acme.yaml, line 11: in section events[0].time[0]: a time"
                        + " has either from, or field and format",
                "field: at | field: att | acme.yaml, line 8: in section events[0]: time: the pattern has no group att",
                "result: unrecognised | outcome: unrecognised | acme.yaml, line 14: unknown key samples[0].outcome",
                "literals: [ACME] | literals: [] | acme.yaml, line 1: literals needs at least one text",
            })
    void whatIsWrongInAFileIsNamedWithItsLineAndWhatIsAllowed(String right, String wrong, String message)
            throws Exception {
        assertThat(ACME).contains(right);
        Path file = file("acme.yaml", ACME.replace(right, wrong == null ? "" : wrong));
        assertThatThrownBy(() -> Dialects.read(file))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith(directory + "/" + message);
    }

    @Test
    void aSampleThatIsReadOtherwiseIsNamed() throws Exception {
        Dialect acme = Dialects.read(file("acme.yaml", ACME + """
                  - message: '<14>Dec 24 00:00:00 nat1 ACME+ 10.0.0.1 198.51.100.1 1024-2047 tcp t=1700000000'
                    record: {kind: allocated, time: 2023-11-14T22:13:20Z, public-address: 198.51.100.1, ports: 1024-2048, protocol: 6, inside-address: 10.0.0.1}
                  - message: '<14>Dec 24 00:00:00 nat1 ACME!'
                    result: ignored
                  - message: '<14>Dec 24 00:00:00 nat1 other'
                    record: {kind: allocated}
                """));
        assertThat(acme.check()).hasSize(3);
        assertThat(acme.check().getFirst())
                .startsWith("sample 2 of dialect acme: expected BindingFact[kind=ALLOCATED,")
                .contains("1024-2048", "but it is read as BindingFact[")
                .endsWith(
                        "\n    message: <14>Dec 24 00:00:00 nat1 ACME+ 10.0.0.1 198.51.100.1 1024-2047 tcp t=1700000000");
        assertThat(acme.check().get(1))
                .startsWith(
                        "sample 3 of dialect acme: expected IGNORED, but it cannot be used: dialect acme: none of its"
                                + " events has a message like this");
        assertThat(acme.check().get(2))
                .startsWith("sample 4 of dialect acme: its record cannot be: a record needs kind, time, public-address"
                        + " and ports");
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.200, true",
        "192.0.2.0/24, 192.0.3.1, false",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "0.0.0.0/0, 2001:db8::1, false",
        "::/0, 2001:db8::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::1, 2001:db8::1, true",
        "::/0, *, false",
    })
    void exportersAreToldByTheirAddresses(String prefix, String exporter, boolean isAmong) {
        assertThat(ExporterPrefix.parse(prefix).contains(exporter)).isEqualTo(isAmong);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "QUOTED | a=\"1\" b-c.d_e=\"x \\\"y\\\" \\] \\\\\" | {a=1, b-c.d_e=x \"y\" ] \\}",
                "QUOTED | a=\"\" | {a=}",
                "QUOTED | a=\"1\" a=\"2\" | parameter a occurs twice",
                "QUOTED | a=\"1\"b=\"2\" | behind the value of a stands no space and name",
                "QUOTED | a=\"1 | the value of a has no end",
                "QUOTED | a=1 | no name=\"value\" begins at \"a=1\"",
                "QUOTED | a b=\"1\" | \"a b\" is no name of a parameter",
                "CEF | a=1 b=two words c=3 | {a=1, b=two words, c=3}",
                "CEF | a=x\\=y b=\\\\ | {a=x=y, b=\\}",
                "CEF | a= b=2 | {a=, b=2}",
                "CEF | a=1 a=2 | parameter a occurs twice",
                "CEF | a=b=2 | between two equals signs stands no space",
                "CEF | nothing | there is no name=value",
            })
    void readsParametersOrSaysWhyNot(Parameters syntax, String text, String expected) {
        String found;
        try {
            found = syntax.read(text).toString();
        } catch (IllegalArgumentException e) {
            found = String.valueOf(e.getMessage());
        }
        assertThat(found).isEqualTo(expected);
    }
}
