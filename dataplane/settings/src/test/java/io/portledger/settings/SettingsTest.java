package io.portledger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

    private static final String DEFAULTS = "example-defaults.yaml";

    @TempDir
    private Path directory;

    @Test
    void defaultsAloneGiveEveryValue() {
        Example example = Settings.read(Example.class, DEFAULTS, null, Map.of());

        assertThat(example)
                .isEqualTo(new Example(
                        new Example.Lwaftr(
                                "lwaftr-1",
                                List.of(Ipv6Address.parse("2001:db8:ffff::1")),
                                Ipv4Address.parse("203.0.113.1"),
                                true,
                                Example.Mode.HOT_STANDBY,
                                Path.of("state"),
                                new Example.Side(1500, ""),
                                new Example.Lease(Duration.ofHours(24), 0.1),
                                null,
                                List.of()),
                        new Example.Collector(
                                new HostPort("0.0.0.0", 4739),
                                URI.create("http://localhost:9200/"),
                                1L << 32,
                                null,
                                List.of(),
                                Map.of("linger.ms", "5"))));
    }

    @Test
    void theFileOverridesKeyByKeyAndTheEnvironmentOverridesTheFile() {
        Example example = read(
                """
                lwaftr:
                  name: 1.10
                  ipv6-side: {mtu: 1460}
                  lease:            # a section whose keys are all commented out
                collector:
                  producer: {acks: all}
                """,
                Map.of(
                        "PORTLEDGER_LWAFTR_IPV6_SIDE_MTU", "9000",
                        "PORTLEDGER_LWAFTR_BR_ADDRESSES", "['2001:db8::1', '2001:db8::2']",
                        "PORTLEDGER_COLLECTOR_LISTEN", "[::1]:0",
                        "PORTLEDGER_COLLECTOR_PASSWORD", "*&: not YAML",
                        "PORTLEDGER_LWAFTR_IPV6_SIDE_INGRESS_FILTER", "",
                        "PORTLEDGER_HOME", "/opt/portledger",
                        "PATH", "/bin"));

        assertThat(example.lwaftr().name()).isEqualTo("1.10");
        assertThat(example.lwaftr().ipv6Side()).isEqualTo(new Example.Side(9000, ""));
        assertThat(example.lwaftr().lease()).isEqualTo(new Example.Lease(Duration.ofHours(24), 0.1));
        assertThat(example.lwaftr().brAddresses())
                .containsExactly(Ipv6Address.parse("2001:db8::1"), Ipv6Address.parse("2001:db8::2"));
        assertThat(example.collector().listen()).isEqualTo(new HostPort("::1", 0));
        assertThat(example.collector().password()).isEqualTo("*&: not YAML");
        assertThat(example.collector().producer()).containsOnly(Map.entry("linger.ms", "5"), Map.entry("acks", "all"));
    }

    @Test
    void recordsInAListMayLeaveKeysOut() {
        Example example = read("""
                lwaftr:
                  pools:
                    - {prefix: 192.0.2.0/24, psid-length: 6}
                    - prefix: 198.51.100.0/24
                      psid-length: 8
                      weight: 3
                      groups: [gold]
                """, Map.of());

        assertThat(example.lwaftr().pools())
                .containsExactly(
                        new Example.Pool("192.0.2.0/24", 6, null, List.of("all")),
                        new Example.Pool("198.51.100.0/24", 8, 3, List.of("gold")));
    }

    @Test
    void aSectionThatIsNullByDefaultCanBeGiven() {
        Example example = read("lwaftr: {management: {listen: 'localhost:8443'}}", Map.of());

        assertThat(example.lwaftr().management())
                .isEqualTo(new Example.Management(new HostPort("localhost", 8443), null));
        Example byVariable = read("", Map.of("PORTLEDGER_LWAFTR_MANAGEMENT_LISTEN", "localhost:1"));
        assertThat(byVariable.lwaftr().management())
                .isEqualTo(new Example.Management(new HostPort("localhost", 1), null));
    }

    @Test
    void pathsInTheFileAreRelativeToTheFileAndThoseOfTheEnvironmentToTheWorkingDirectory() {
        assertThat(read("lwaftr: {state-directory: data/state}", Map.of())
                        .lwaftr()
                        .stateDirectory())
                .isEqualTo(directory.resolve("data/state"));
        assertThat(read("lwaftr: {state-directory: /var/lib}", Map.of())
                        .lwaftr()
                        .stateDirectory())
                .isEqualTo(Path.of("/var/lib"));
        assertThat(read("", Map.of("PORTLEDGER_LWAFTR_STATE_DIRECTORY", "data"))
                        .lwaftr()
                        .stateDirectory())
                .isEqualTo(Path.of("data"));
    }

    @ParameterizedTest
    @CsvSource({
        "90s, PT90S",
        "5m, PT5M",
        "24h, PT24H",
        "250ms, PT0.25S",
        "7d, PT168H",
        "0s, PT0S",
        "PT1M30S, PT1M30S",
        "P1D, PT24H"
    })
    void durationsAreWrittenWithAUnitOrInIso8601(String written, Duration expected) {
        assertThat(read("lwaftr: {lease: {lifetime: " + written + "}}", Map.of())
                        .lwaftr()
                        .lease()
                        .lifetime())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"hot-standby, HOT_STANDBY", "Cold-Standby, COLD_STANDBY", "COLD_STANDBY, COLD_STANDBY", "off, OFF"})
    void enumsAreReadInAnyLetterCase(String written, Example.Mode expected) {
        assertThat(read("lwaftr: {mode: " + written + "}", Map.of()).lwaftr().mode())
                .isEqualTo(expected);
    }

    /** The file, then what the message says after the file's path; the YAML's lines are joined by {@code |}. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "lwaftr:|  ipv6-side:|    mtuu: 1 ~ , line 3: unknown key lwaftr.ipv6-side.mtuu; did you mean lwaftr.ipv6-side.mtu?",
                "lwaftr:|  brAddresses: [] ~ , line 2: unknown key lwaftr.brAddresses; did you mean lwaftr.br-addresses?",
                "lwaftr:|  hairpining: no ~ , line 2: unknown key lwaftr.hairpining; did you mean lwaftr.hairpinning?",
                "lwaftr: {mtu: 1} ~ , line 1: unknown key lwaftr.mtu; did you mean lwaftr.ipv6-side.mtu?",
                "lwaftr: {ipv6-side: {zzzzzz: 1}} ~ , line 1: unknown key lwaftr.ipv6-side.zzzzzz (known here: ingress-filter, mtu)",
                "colector: {} ~ , line 1: unknown key colector; did you mean collector?",
                "lwaftr:|  pools:|    - {prefix: a, psid-length: 1}|    - {prefix: a, psid-lenght: 1} ~ , line 4: unknown key lwaftr.pools[1].psid-lenght; did you mean lwaftr.pools[1].psid-length?",
                "lwaftr:|  pools:|    - {prefix: a} ~ , line 3: key lwaftr.pools[0].psid-length is missing",
                "lwaftr:|  pools: [null] ~ , line 2: Invalid value null for key lwaftr.pools[0]: it needs a value",
                "lwaftr:|  pools: 5 ~ `, line 2: Invalid value \"5\" for key lwaftr.pools: it is a list (allowed: [first, second], or lines that begin with -)`",
                "lwaftr:|  name: [a] ~ , line 2: Invalid value [...] for key lwaftr.name: one value is expected here",
                "lwaftr:|  name: ~ `, line 2: Invalid value null for key lwaftr.name: it needs a value (leave the key out for its default, \"lwaftr-1\")`",
                "lwaftr:|  br-addresses: ~ `, line 2: Invalid value null for key lwaftr.br-addresses: it needs a value (leave the key out for its default, [...])`",
                "lwaftr:|  ipv6-side: 1500 ~ `, line 2: Invalid value \"1500\" for key lwaftr.ipv6-side: it is a section (allowed: the keys mtu, ingress-filter)`",
                "lwaftr:|  ipv6-side: {mtu: big} ~ `, line 2: Invalid value \"big\" for key lwaftr.ipv6-side.mtu: not a whole number (allowed: -2147483648 to 2147483647)`",
                "lwaftr:|  ipv6-side: {mtu: 2147483648} ~ `, line 2: Invalid value \"2147483648\" for key lwaftr.ipv6-side.mtu: not a whole number (allowed: -2147483648 to 2147483647)`",
                "lwaftr:|  ipv6-side: {mtu: 1500.5} ~ `, line 2: Invalid value \"1500.5\" for key lwaftr.ipv6-side.mtu: not a whole number (allowed: -2147483648 to 2147483647)`",
                "lwaftr:|  ipv6-side:|    mtu: 576 ~ `, line 3: in section lwaftr.ipv6-side: mtu 576 is out of range (allowed: 1280-65535)`",
                "lwaftr:|  management: {certificate: c.pem} ~ `, line 2: in section lwaftr.management: key listen is missing`",
                "lwaftr: {hairpinning: yes} ~ `, line 1: Invalid value \"yes\" for key lwaftr.hairpinning: not a truth value (allowed: true, false)`",
                "lwaftr: {mode: warm} ~ `, line 1: Invalid value \"warm\" for key lwaftr.mode: not one of its values (allowed: hot-standby, cold-standby, off)`",
                "lwaftr: {lease: {lifetime: 90}} ~ `, line 1: Invalid value \"90\" for key lwaftr.lease.lifetime: not a duration (allowed: a number with ms, s, m, h or d, such as 90s, or ISO 8601)`",
                "lwaftr: {lease: {lifetime: PT-1S}} ~ `, line 1: Invalid value \"PT-1S\" for key lwaftr.lease.lifetime: a duration cannot be negative (allowed: a number with ms, s, m, h or d, such as 90s, or ISO 8601)`",
                "lwaftr: {lease: {jitter: .inf}} ~ `, line 1: Invalid value \".inf\" for key lwaftr.lease.jitter: not a number (allowed: such as 0.5)`",
                "lwaftr: {ipv4-address: 203.0.113} ~ `, line 1: Invalid value \"203.0.113\" for key lwaftr.ipv4-address: \"203.0.113\" is not an IPv4 address (expected four numbers 0-255 such as 192.0.2.1)`",
                "lwaftr: {br-addresses: ['::1', x]} ~ `, line 1: Invalid value \"x\" for key lwaftr.br-addresses[1]: \"x\" is not an IPv6 address (expected a form such as 2001:db8::1)`",
                "collector: {buffer-octets: 9223372036854775808} ~ `, line 1: Invalid value \"9223372036854775808\" for key collector.buffer-octets: not a whole number (allowed: -9223372036854775808 to 9223372036854775807)`",
                "collector: {listen: 4739} ~ `, line 1: Invalid value \"4739\" for key collector.listen: \"4739\" is not an end point (expected host:port or [IPv6 address]:port, port 0-65535)`",
                "collector: {api: localhost} ~ `, line 1: Invalid value \"localhost\" for key collector.api: not a URI with a scheme (allowed: such as http://host:port/)`",
                "collector: {api: 'http://a b'} ~ `, line 1: Invalid value \"http://a b\" for key collector.api: not a URI: Illegal character in authority (allowed: such as http://host:port/)`",
                "collector: {producer: 5} ~ `, line 1: Invalid value \"5\" for key collector.producer: it is a section of your own keys (allowed: {name: value})`",
                "collector: {}|collector: {} ~ , line 2: key collector stands here twice; the first is in line 1",
                "lwaftr: {|| ~ `, line 3: this is not YAML: expected the node content, but found '<stream end>'`",
                "- a ~ `, line 1: settings begin with a key and a colon, but this is [...]`",
                "a: &x [*x] ~ `, line 1: a value cannot contain itself`",
                "? [a] : b ~ `, line 1: a key must be one word`",
            })
    void whatIsWrongInTheFileIsNamedWithItsLineAndItsRemedy(String file, String message) {
        assertThatThrownBy(() -> read(file.replace('|', '\n'), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage(directory.resolve("settings.yaml") + message);
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "PORTLEDGER_LWAFTR_IPV6_SIDE_MTUU ~ 1 ~ `there is no such key; did you mean PORTLEDGER_LWAFTR_IPV6_SIDE_MTU?`",
                "PORTLEDGER_LWAFTR_IPV6_SIDE ~ {} ~ `lwaftr.ipv6-side is a section; set the keys in it, such as PORTLEDGER_LWAFTR_IPV6_SIDE_MTU`",
                "PORTLEDGER_LWAFTR_IPV6_SIDE_MTU ~ many ~ `Invalid value \"many\" for key lwaftr.ipv6-side.mtu: not a whole number (allowed: -2147483648 to 2147483647)`",
                "PORTLEDGER_LWAFTR_IPV6_SIDE_MTU ~ `` ~ `Invalid value null for key lwaftr.ipv6-side.mtu: it needs a value (leave the key out for its default, \"1500\")`",
                "PORTLEDGER_LWAFTR_IPV6_SIDE_MTU ~ 5 ~ `in section lwaftr.ipv6-side: mtu 5 is out of range (allowed: 1280-65535)`",
                "PORTLEDGER_LWAFTR_BR_ADDRESSES ~ [a ~ `this is not YAML: expected ',' or ']', but got <stream end>`",
                "PORTLEDGER_LWAFTR_POOLS ~ [{x: 1}] ~ `unknown key lwaftr.pools[0].x (known here: groups, prefix, psid-length, weight)`",
            })
    void whatIsWrongInTheEnvironmentIsNamedWithItsVariable(String variable, String text, String message) {
        assertThatThrownBy(() -> read("", Map.of(variable, text)))
                .isInstanceOf(SettingsException.class)
                .hasMessage("environment variable " + variable + ": " + message);
    }

    @Test
    void filesThatCannotBeReadAreNamed() throws IOException {
        Path missing = directory.resolve("none.yaml");
        assertThatThrownBy(() -> Settings.read(Example.class, DEFAULTS, missing, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage("settings file " + missing + " does not exist");
        Path latin1 = Files.write(directory.resolve("latin1.yaml"), new byte[] {(byte) 0xe4});
        assertThatThrownBy(() -> Settings.read(Example.class, DEFAULTS, latin1, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage("settings file " + latin1 + " is not UTF-8 text");
        assertThatThrownBy(() -> Settings.read(Example.class, DEFAULTS, directory, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith("cannot read settings file " + directory);
        assertThatThrownBy(() -> Settings.read(Example.class, "none.yaml", null, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage("the defaults none.yaml are not on the class path of io.portledger.settings.Example");
    }

    @Test
    void defaultsMustHaveEveryKeyAndNoOther() {
        assertThatThrownBy(() -> Settings.read(Example.class, "incomplete-defaults.yaml", null, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage("incomplete-defaults.yaml, line 2: key lwaftr.name has no default here");
        record Smaller(Inner lwaftr) {
            record Inner(int mtu) {}
        }
        assertThatThrownBy(() -> Settings.read(Smaller.class, "incomplete-defaults.yaml", null, Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessage("incomplete-defaults.yaml, line 3: unknown key lwaftr.other (known here: mtu)");
    }

    private Example read(String yaml, Map<String, String> environment) {
        try {
            @Nullable Path file = yaml.isEmpty() ? null : Files.writeString(directory.resolve("settings.yaml"), yaml);
            return Settings.read(Example.class, DEFAULTS, file, environment);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
