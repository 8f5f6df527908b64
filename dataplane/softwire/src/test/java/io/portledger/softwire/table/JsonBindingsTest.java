package io.portledger.softwire.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBindingsTest {

    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Binding SHARED = new Binding(
            Ipv6Address.parse("2001:db8:0:100:0:c000:201:22"),
            Ipv4Address.parse("192.0.2.1"),
            new PortSet(0, 6, 34),
            BR);
    private static final Binding OF_PREFIX = new Binding(
            Ipv6Address.parse("2001:db8:0:200:0:c000:202:0"),
            Ipv4Address.parse("192.0.2.2"),
            PortSet.WHOLE_ADDRESS,
            BR);

    @ParameterizedTest
    @ValueSource(strings = {"rfc8676.json", "rfc8676-as-others-write-it.json"})
    void readsTheTableAndTheInstanceAroundIt(String file) throws IOException {
        try (JsonBindingReader reader = new JsonBindingReader(resource(file), file, null)) {
            assertThatThrownBy(reader::instance).isInstanceOf(IllegalStateException.class);
            assertThat(reader.next()).isEqualTo(SHARED);
            assertThat(reader.next()).isEqualTo(OF_PREFIX);
            assertThat(reader.hasNext()).isFalse();
            assertThat(reader.instance())
                    .isEqualTo(new BindInstance(
                            "lwaftr1",
                            42L,
                            "2023-11-14T22:13:20.123Z",
                            100000,
                            1460,
                            1500,
                            true,
                            new BindInstance.IcmpPolicy(true, 1000L, true, true, 1000L)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rfc8676.json", "rfc8676-as-others-write-it.json"})
    void whatIsReadIsWrittenInOneFormByteForByte(String file) throws IOException {
        StringWriter out = new StringWriter();
        List<Binding> bindings = new ArrayList<>();
        BindInstance instance;
        try (JsonBindingReader reader = new JsonBindingReader(resource(file), file, null)) {
            reader.forEachRemaining(bindings::add);
            instance = reader.instance();
        }
        try (JsonBindingWriter writer = new JsonBindingWriter(out, instance)) {
            for (Binding binding : bindings) {
                writer.write(binding);
            }
        }

        assertThat(out.toString())
                .isEqualTo(new String(resource("rfc8676.json").readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void anInstanceWithNothingOptionalIsWrittenWithoutIt() throws IOException {
        StringWriter out = new StringWriter();
        new JsonBindingWriter(out, BindInstance.named("a/b")).close();

        assertThat(out).hasToString("""
                {
                  "ietf-softwire-br:br-instances": {
                    "binding": {
                      "bind-instance": [
                        {
                          "name": "a/b",
                          "softwire-num-max": 4294967295,
                          "softwire-payload-mtu": 1460,
                          "softwire-path-mru": 1500,
                          "binding-table": {
                            "binding-entry": []
                          }
                        }
                      ]
                    }
                  }
                }
                """);
        assertThat(read(out.toString(), null)).isEmpty();
    }

    @Test
    void versionIsUnsigned() throws IOException {
        StringWriter out = new StringWriter();
        BindInstance instance = new BindInstance("x", -1L, null, 1, 0, 65535, false, null);
        new JsonBindingWriter(out, instance).close();

        assertThat(out.toString()).contains("\"version\": \"18446744073709551615\"");
        try (JsonBindingReader reader = new JsonBindingReader(bytes(out.toString()), "", null)) {
            assertThat(reader.hasNext()).isFalse();
            assertThat(reader.instance()).isEqualTo(instance);
        }
    }

    @Test
    void membersOfOtherModulesAndCountersAreSkipped() throws IOException {
        String entry = "{\"ietf-softwire-br:binding-ipv6info\":\"2001:db8:0:100:0:c000:201:22\",\"acme:x\":[{\"y\":1}],"
                + "\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"acme:z\":null,\"psid-len\":6,\"psid\":34}}";
        String table = "{\"acme:other\":{},\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{"
                + "\"traffic-stat\":{\"sent-ipv4-packets\":\"7\"},\"binding-table\":{\"acme:x\":[],\"binding-entry\":["
                + entry + "]},\"name\":\"x\"}],\"acme:y\":2}}}";

        assertThat(read(table, BR)).containsExactly(SHARED);
    }

    /** An entry, then the message behind "line 1: ". */
    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "`\"port-set\":{\"psid-len\":16,\"psid\":0}` ~ psid-len 16 is out of range (allowed: 0-15)",
                "`\"port-set\":{\"psid-len\":-1,\"psid\":0}` ~ psid-len -1 is out of range (allowed: 0-15)",
                "`\"port-set\":{\"psid-len\":99999999999999999999,\"psid\":0}` ~ psid-len 99999999999999999999 is out of range (allowed: 0-15)",
                "`\"port-set\":{\"psid-offset\":17,\"psid-len\":6,\"psid\":0}` ~ psid-offset 17 is out of range (allowed: 0-16)",
                "`\"port-set\":{\"psid-offset\":11,\"psid-len\":6,\"psid\":0}` ~ psid-offset 11 and psid-len 6 together exceed the 16 bits of a port",
                "`\"port-set\":{\"psid-len\":6,\"psid\":64}` ~ psid 64 for psid-len 6 is out of range (allowed: 0-63)",
                "`\"port-set\":{\"psid-len\":\"6\",\"psid\":4}` ~ psid-len must be a number",
                "`\"port-set\":{\"psid-len\":6.0,\"psid\":4}` ~ psid-len must be a number",
                "`\"port-set\":{\"psid-len\":6}` ~ psid is missing in port-set",
                "`\"port-set\":{\"psid\":6}` ~ psid-len is missing in port-set",
                "`\"port-set\":[]` ~ port-set is an object",
                "`\"port-set\":{\"psid-length\":6}` ~ `unknown member \"psid-length\" in port-set`",
                "`\"x\":1` ~ `unknown member \"x\" in binding-entry`",
                "`\"br-ipv6-addr\":\"x\"` ~ `\"x\" is not an IPv6 address (expected a form such as 2001:db8::1)`",
                "`\"br-ipv6-addr\":1` ~ br-ipv6-addr must be a string",
                "`\"x:y\":1` ~ port-set is missing (expected psid-len 0 for a whole address)",
            })
    void whatIsWrongInAnEntryIsNamed(String members, String message) {
        String entry = "{\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\"," + members + "}";

        assertThatThrownBy(() -> read(table(entry), BR))
                .isInstanceOf(BindingTableException.class)
                .hasMessage("line 1: " + message);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "`{}` ~ binding-ipv6info is missing",
                "`{\"binding-ipv6info\":\"::1\"}` ~ binding-ipv4-addr is missing; only softwires with IPv4 are bindings",
                "`{\"binding-ipv6info\":\"x\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":0,\"psid\":0}}` ~ `\"x\" is not an IPv6 address (expected a form such as 2001:db8::1)`",
                "`{\"binding-ipv6info\":\"2001:db8::/65\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":0,\"psid\":0}}` ~ prefix 2001:db8::/65 leaves no room for an interface identifier (allowed: a prefix length of 0-64)",
                "`{\"binding-ipv6info\":\"2001:db8::1/64\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":0,\"psid\":0}}` ~ 2001:db8::1/64 has bits behind its prefix length (did you mean 2001:db8::/64?)",
                "`{\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":0,\"psid\":0}}` ~ br-ipv6-addr is missing, and no default for it was given",
                "`1` ~ binding-entry is a list of objects",
            })
    void whatAnEntryMustHaveIsAskedFor(String entry, String message) {
        assertThatThrownBy(() -> read(table(entry), null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage("line 1: " + message);
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "`[]` ~ line 1: this is no RFC 8676 instance: it is no JSON object",
                "`{}` ~ `line 1: this is no RFC 8676 instance with a binding table: it has no member \"ietf-softwire-br:br-instances\"`",
                "`` ~ line 1: this is no RFC 8676 instance: it is no JSON object",
                "`{\"softwire-config\":{}}` ~ `line 1: unknown member \"softwire-config\"`",
                "`{\"ietf-softwire-br:br-instances\":1}` ~ line 1: br-instances is an object",
                "`{\"ietf-softwire-br:br-instances\":{}}` ~ `line 1: this is no RFC 8676 instance with a binding table: br-instances has no member \"binding\"`",
                "`{\"ietf-softwire-br:br-instances\":{\"algorithm\":{}}}` ~ `line 1: unknown member \"algorithm\" in br-instances`",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":{}}}}` ~ line 1: bind-instance is a list",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[]}}}` ~ line 1: bind-instance has no instance",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{}]}}}` ~ line 1: bind-instance: name is missing",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\"},|{\"name\":\"b\"}]}}}` ~ line 2: a second bind-instance (expected one; split the file)",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\"}]}}}|{}` ~ line 2: text after the end of the instance",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"softwire-num-max\":0}]}}}` ~ line 1: bind-instance: softwire-num-max 0 is out of range (allowed: 1-4294967295)",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"softwire-path-mru\":\"9\"}]}}}` ~ line 1: bind-instance: softwire-path-mru must be a number",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"enable-hairpinning\":1}]}}}` ~ line 1: bind-instance: enable-hairpinning must be true or false",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":[]}]}}}` ~ line 1: name has a value of the wrong kind: [",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"binding-table-versioning\":{\"version\":\"-1\"}}]}}}` ~ `line 1: bind-instance: version \"-1\" is not a number of 64 bits`",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"binding-table-versioning\":{\"date\":\"today\"}}]}}}` ~ `line 1: bind-instance: date \"today\" is not of RFC 3339 (expected a form such as 2026-11-23T14:02:07Z)`",
                "`{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"nam\":\"a\"}]}}}` ~ `line 1: unknown member \"nam\" in bind-instance`",
            })
    void whatIsWrongAroundTheTableIsNamed(String json, String message) {
        assertThatThrownBy(() -> read(json.replace('|', '\n'), null))
                .isInstanceOf(BindingTableException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "{\"a\"",
                "{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"a\",\"name\":\"b\"",
                "\u0001",
                "{'a':1}",
                "{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"softwire-num-max\":99999999999999999999}]}}}"
            })
    void whatIsNoJsonIsNamedWithItsLine(String json) {
        assertThatThrownBy(() -> read(json, null))
                .isInstanceOf(BindingTableException.class)
                .hasMessageStartingWith("line 1: this is not JSON: ");
    }

    @Test
    void readingIsOverAfterAFault() throws IOException {
        try (JsonBindingReader reader = new JsonBindingReader(bytes(table("{},{}")), "bindings.json", BR)) {
            assertThatThrownBy(reader::hasNext).hasMessage("bindings.json, line 1: binding-ipv6info is missing");
            assertThat(reader.hasNext()).isFalse();
        }
    }

    @Test
    void whatRfc8676CannotExpressIsRefusedAndCsvIsNamed() throws IOException {
        try (JsonBindingWriter writer = new JsonBindingWriter(new StringWriter(), BindInstance.named("x"))) {
            writer.write(SHARED);
            writer.write(OF_PREFIX);
            assertThatThrownBy(() -> writer.write(new Binding(SHARED.b4(), OF_PREFIX.ipv4(), new PortSet(0, 6, 1), BR)))
                    .isInstanceOf(BindingTableException.class)
                    .hasMessage("this table cannot be written as RFC 8676 JSON; CSV can: entries 1 and 3 are both of"
                            + " 2001:db8:0:100:0:c000:201:22, and RFC 8676 keeps one entry for each lwB4");
            assertThatThrownBy(() -> writer.write(new Binding(BR, SHARED.ipv4(), new PortSet(0, 16, 4660), BR)))
                    .isInstanceOf(BindingTableException.class)
                    .hasMessage(
                            "this table cannot be written as RFC 8676 JSON; CSV can: the binding of 2001:db8:ffff::1"
                                    + " at 192.0.2.1: port set 0/16/4660 cannot be written by RFC 8676, whose psid-len ends at"
                                    + " 15");
        }
        BindInstance full = new BindInstance("x", null, null, 1, 1460, 1500, null, null);
        try (JsonBindingWriter writer = new JsonBindingWriter(new StringWriter(), full)) {
            writer.write(SHARED);
            assertThatThrownBy(() -> writer.write(OF_PREFIX))
                    .isInstanceOf(BindingTableException.class)
                    .hasMessage("this table cannot be written as RFC 8676 JSON: it has more than softwire-num-max, 1,"
                            + " bindings");
        }
    }

    @Test
    void aSubscriberIsALeafOfOurOwnModule() throws IOException {
        Binding named = new Binding(SHARED.b4(), SHARED.ipv4(), SHARED.ports(), BR, "Haus 7");
        StringWriter out = new StringWriter();
        try (JsonBindingWriter writer = new JsonBindingWriter(out, BindInstance.named("x"))) {
            writer.write(named);
            writer.write(OF_PREFIX);
        }
        assertThat(out.toString()).contains("\"portledger-softwire:subscriber\": \"Haus 7\"");
        assertThat(read(out.toString(), null)).containsExactly(named, OF_PREFIX);
    }

    @Test
    void aSubscriberThatYangForbidsIsRefusedBothWays() throws IOException {
        String entry = "{\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\","
                + "\"port-set\":{\"psid-len\":6,\"psid\":34},\"portledger-softwire:subscriber\":\"a\\u0001\"}";
        assertThatThrownBy(() -> read(table(entry), BR))
                .hasMessage("line 1: subscriber has a character that YANG does not allow, U+0001");
        try (JsonBindingWriter writer = new JsonBindingWriter(new StringWriter(), BindInstance.named("x"))) {
            assertThatThrownBy(
                            () -> writer.write(new Binding(SHARED.b4(), SHARED.ipv4(), SHARED.ports(), BR, "a\u0001")))
                    .hasMessageEndingWith("subscriber has a character that YANG does not allow, U+0001");
            assertThatThrownBy(() ->
                            writer.write(new Binding(SHARED.b4(), SHARED.ipv4(), SHARED.ports(), BR, "ü".repeat(257))))
                    .hasMessageEndingWith("subscriber is too long (allowed: at most 512 octets)");
        }
    }

    @Test
    void entriesAreReadFromResources() {
        String entry = "{\"binding-ipv6info\":\"2001:db8::1\",\"port-set\":{\"psid\":35}}";
        BindingEntry expected = new BindingEntry(Ipv6Prefix.parse("2001:db8::1"), null, null, null, 35, null, null);

        assertThat(entries(JsonBindingReader.Root.ENTRY, entry)).containsExactly(expected);
        assertThat(entries(JsonBindingReader.Root.ENTRIES, "{\"ietf-softwire-br:binding-entry\":[" + entry + "]}"))
                .containsExactly(expected);
        assertThat(entries(
                        JsonBindingReader.Root.TABLE,
                        "{\"ietf-softwire-br:binding-table\":{\"binding-entry\":[" + entry + "," + entry + "]}}"))
                .containsExactly(expected, expected);
        assertThat(entries(JsonBindingReader.Root.TABLE, "{\"ietf-softwire-br:binding-table\":{}}"))
                .isEmpty();
        assertThat(expected.over(BindingEntry.of(SHARED)).toBinding(null))
                .isEqualTo(new Binding(expected.info().first(), SHARED.ipv4(), new PortSet(0, 6, 35), BR));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
                TABLE ~ {"binding-table":{}} ~ line 1: expected the member "ietf-softwire-br:binding-table", not "binding-table"
                TABLE ~ {} ~ line 1: expected the member "ietf-softwire-br:binding-table"
                TABLE ~ {"ietf-softwire-br:binding-table":{},"x":1} ~ line 1: unknown member "x"
                TABLE ~ {"ietf-softwire-br:binding-table":{"x:y":1}} ~ line 1: unknown member "x:y" in binding-table
                ENTRIES ~ {"ietf-softwire-br:binding-entry":{}} ~ line 1: binding-entry is a list of objects
                ENTRIES ~ {"ietf-softwire-br:binding-entry":[]} 1 ~ line 1: text after the end
                ENTRY ~ [] ~ line 1: this is no JSON object
                ENTRY ~ {"x:y":1,"binding-ipv6info":"::1"} ~ line 1: unknown member "x:y" in binding-entry
                ENTRY ~ {"ietf-softwire-br:binding-ipv6info":"::1"} ~ line 1: unknown member "ietf-softwire-br:binding-ipv6info" in binding-entry
                ENTRY ~ {} ~ line 1: binding-ipv6info is missing
                ENTRY ~ {"binding-ipv6info":"::1","portledger-softwire:subscriber":""} ~ line 1: subscriber is empty (expected a name, or no leaf)
                """)
    void whatIsNoResourceIsRefused(JsonBindingReader.Root root, String json, String fault) {
        assertThatThrownBy(() -> entries(root, json))
                .isInstanceOf(BindingTableException.class)
                .hasMessage(fault);
    }

    @Test
    void textThatIsNotUtf8IsNoResource() {
        byte[] latin1 = "{\"binding-ipv6info\":\"\u00fc\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> JsonBindingReader.readEntries(
                        new ByteArrayInputStream(latin1), JsonBindingReader.Root.ENTRY, entry -> {}))
                .isInstanceOf(BindingTableException.class)
                .hasMessageStartingWith("this is not JSON in UTF-8: ");
    }

    private static List<BindingEntry> entries(JsonBindingReader.Root root, String json) {
        List<BindingEntry> entries = new ArrayList<>();
        JsonBindingReader.readEntries(bytes(json), root, entries::add);
        return entries;
    }

    @Test
    void ratesAndMtusAreChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BindInstance.IcmpPolicy(null, 1L << 32, null, null, null))
                .withMessage("icmpv4-rate 4294967296 is out of range (allowed: 0-4294967295)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BindInstance("x", null, null, 1, 65536, 1500, null, null))
                .withMessage("softwire-payload-mtu 65536 is out of range (allowed: 0-65535)");
    }

    private static String table(String entries) {
        return "{\"ietf-softwire-br:br-instances\":{\"binding\":{\"bind-instance\":[{\"name\":\"x\",\"binding-table\":{"
                + "\"binding-entry\":[" + entries + "]}}]}}}";
    }

    private static List<Binding> read(String json, @Nullable Ipv6Address defaultBr) throws IOException {
        try (JsonBindingReader reader = new JsonBindingReader(bytes(json), "", defaultBr)) {
            List<Binding> bindings = new ArrayList<>();
            reader.forEachRemaining(bindings::add);
            return bindings;
        }
    }

    private static InputStream bytes(String json) {
        return new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(JsonBindingsTest.class.getResourceAsStream(name), name);
    }
}
