package io.portledger.lwaftr.supporting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.table.BindInstance;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestconfServerTest {

    private static final String TOKEN = "a-token-that-nobody-guesses";
    private static final String TABLE =
            "/restconf/data/ietf-softwire-br:br-instances/binding/bind-instance=portledger/binding-table";
    private static final String KEY = "/binding-entry=2001%3Adb8%3A%3A1";
    private static final Binding ONE = TestLeases.binding("2001:db8::1", "192.0.2.1", 34);
    private static final Binding TWO = TestLeases.binding("2001:db8::2", "192.0.2.1", 35);
    private static final Binding THREE = TestLeases.binding("2001:db8::3", "203.0.113.1", 20);

    private final TestLeases leases = new TestLeases();

    @TempDir
    private Path directory;

    private HttpClient client = HttpClient.newHttpClient();
    private @Nullable RestconfServer server;
    private String scheme = "http";

    @BeforeEach
    void start() throws IOException {
        server = start(settings("127.0.0.1:0", null, null));
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(server).close();
        client.close();
        leases.close();
    }

    @Test
    void anEntryIsCreatedReadChangedAndDeleted() throws Exception {
        HttpResponse<String> created = send("PUT", TABLE + KEY, entries(entry(ONE)));
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("Location").orElseThrow()).endsWith(TABLE + KEY);
        assertThat(leases.table.owner(ONE.ipv4(), ONE.ports().firstPort())).contains(ONE);

        HttpResponse<String> read = send("GET", TABLE + KEY, null);
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.headers().firstValue("Content-Type")).contains("application/yang-data+json");
        assertThat(read.body()).isEqualTo(entries(entry(ONE)) + "\n");
        assertThat(read.headers().firstValue("ETag"))
                .isEqualTo(created.headers().firstValue("ETag"));

        String change = "{\"binding-ipv6info\":\"2001:db8::1\",\"portledger-softwire:subscriber\":\"Haus 7\"}";
        assertThat(send("PATCH", TABLE + KEY, entries(change)).statusCode()).isEqualTo(204);
        Binding named = new Binding(ONE.b4(), ONE.ipv4(), ONE.ports(), ONE.br(), "Haus 7");
        assertThat(leases.table.owner(ONE.ipv4(), ONE.ports().firstPort())).contains(named);

        assertThat(send("PUT", TABLE + KEY, entries(entry(named))).statusCode()).isEqualTo(204);
        assertThat(send("DELETE", TABLE + KEY, null).statusCode()).isEqualTo(204);
        assertThat(send("GET", TABLE + KEY, null).statusCode()).isEqualTo(404);
        assertThat(leases.changes)
                .extracting(BindingChange::kind, BindingChange::binding)
                .containsExactly(
                        tuple(BindingChange.Kind.CREATED, ONE),
                        tuple(BindingChange.Kind.DELETED, ONE),
                        tuple(BindingChange.Kind.CREATED, named),
                        tuple(BindingChange.Kind.DELETED, named));
        assertThat(leases.changes).allMatch(told -> told.origin() == Origin.RESTCONF);
    }

    @Test
    void anEntryIsPostedOnce() throws Exception {
        HttpResponse<String> made = send("POST", TABLE, entries(entry(ONE)));
        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(made.headers().firstValue("Location").orElseThrow()).endsWith(TABLE + KEY);

        HttpResponse<String> again = send("POST", TABLE, entries(entry(ONE)));
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("\"error-tag\":\"data-exists\"");
        assertThat(send("POST", TABLE, entries(entry(TWO), entry(THREE))).statusCode())
                .isEqualTo(400);
    }

    @Test
    void aPrefixIsMadeAnAddress() throws Exception {
        String entry = "{\"binding-ipv6info\":\"2001:db8:0:200::/64\",\"binding-ipv4-addr\":\"192.0.2.2\","
                + "\"port-set\":{\"psid-len\":0,\"psid\":0}}";

        HttpResponse<String> made = send("POST", TABLE, entries(entry));

        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(made.headers().firstValue("Location").orElseThrow())
                .endsWith("/binding-entry=2001%3Adb8%3A0%3A200%3A0%3Ac000%3A202%3A0");
        HttpResponse<String> byPrefix = send("GET", TABLE + "/binding-entry=2001%3Adb8%3A0%3A200%3A%3A%2F64", null);
        assertThat(byPrefix.statusCode()).isEqualTo(400);
        assertThat(byPrefix.body()).contains("entries are kept under the softwire address");
    }

    @Test
    void theWholeTableIsReplacedByOneRequest() throws Exception {
        send("PUT", TABLE, table(entry(ONE), entry(TWO)));
        leases.changes.clear();
        Binding moved = TestLeases.binding("2001:db8::9", "192.0.2.1", 34);

        HttpResponse<String> replaced = send("PUT", TABLE, table(entry(TWO), entry(moved)));

        assertThat(replaced.statusCode()).isEqualTo(204);
        assertThat(leases.changes)
                .extracting(BindingChange::kind, BindingChange::binding)
                .containsExactly(tuple(BindingChange.Kind.DELETED, ONE), tuple(BindingChange.Kind.CREATED, moved));
        assertThat(send("DELETE", TABLE, null).statusCode()).isEqualTo(204);
        assertThat(leases.table.size()).isZero();
    }

    @Test
    void aPatchOfTheTableAddsAndChangesAndLeavesTheRest() throws Exception {
        send("PUT", TABLE, table(entry(ONE), entry(TWO)));

        String change = "{\"binding-ipv6info\":\"2001:db8::2\",\"port-set\":{\"psid\":36}}";
        assertThat(send("PATCH", TABLE, table(change, entry(THREE))).statusCode())
                .isEqualTo(204);

        Binding changed = TestLeases.binding("2001:db8::2", "192.0.2.1", 36);
        assertThat(send("GET", TABLE, null).body()).contains(entry(ONE), entry(changed), entry(THREE));
        assertThat(send(
                                "PATCH",
                                TABLE + "/binding-entry=2001%3Adb8%3A%3Aaa",
                                entries(
                                        "{\"binding-ipv6info\":\"2001:db8::aa\",\"portledger-softwire:subscriber\":\"x\"}"))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void conflictsAreRefusedWholeAndAllAreNamed() throws Exception {
        leases.edit(Origin.FILE, List.of(ONE, TWO), List.of());
        leases.changes.clear();
        Binding first = TestLeases.binding("2001:db8::a", "192.0.2.1", 34);
        Binding second = TestLeases.binding("2001:db8::b", "192.0.2.1", 35);

        HttpResponse<String> refused = send("PUT", TABLE, table(entry(first), entry(second), entry(THREE)));

        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.headers().firstValue("Content-Type")).contains("application/yang-data+json");
        assertThat(refused.body())
                .isEqualTo("{\"ietf-restconf:errors\":{\"error\":["
                        + conflict("2001:db8::a", "192.0.2.1/0/6/34 for 2001:db8::a: 2001:db8::1 has it by assignment")
                        + ","
                        + conflict("2001:db8::b", "192.0.2.1/0/6/35 for 2001:db8::b: 2001:db8::2 has it by assignment")
                        + "]}}");
        assertThat(leases.changes).isEmpty();
        HttpResponse<String> same = send("PUT", TABLE + KEY, entries(entry(ONE)));
        assertThat(same.statusCode()).isEqualTo(409);
        assertThat(same.body()).contains("it has it already, not by RESTCONF");
    }

    @Test
    void aLostUpdateIsNoticed() throws Exception {
        String before = send("PUT", TABLE, table(entry(ONE)))
                .headers()
                .firstValue("ETag")
                .orElseThrow();
        assertThat(send("GET", TABLE, null, "If-None-Match", before).statusCode())
                .isEqualTo(304);
        send("PUT", TABLE, table(entry(ONE), entry(TWO)));

        HttpResponse<String> late = send("PUT", TABLE, table(), "If-Match", before);

        assertThat(late.statusCode()).isEqualTo(412);
        assertThat(late.body()).contains("read it again");
        assertThat(send("PUT", TABLE + KEY, entries(entry(ONE)), "If-None-Match", "*")
                        .statusCode())
                .isEqualTo(412);
        assertThat(send("DELETE", TABLE + KEY, null, "If-Match", "\"other\"").statusCode())
                .isEqualTo(412);
        assertThat(send("DELETE", TABLE, null, "If-Unmodified-Since", "Mon, 23 Nov 2026 12:00:00 GMT")
                        .statusCode())
                .isEqualTo(412);
        assertThat(leases.table.size()).isEqualTo(2);
        String now = send("GET", TABLE, null).headers().firstValue("ETag").orElseThrow();
        assertThat(send("PUT", TABLE, table(), "If-Match", "\"x\", " + now).statusCode())
                .isEqualTo(204);
    }

    @Test
    void theVersionGrowsWithEachChangeAndWithNothingElse() throws Exception {
        String path = TABLE.replace("binding-table", "binding-table-versioning");
        String before = send("GET", path, null).body();
        send("PUT", TABLE, table());
        assertThat(send("GET", path, null).body()).isEqualTo(before);

        send("PUT", TABLE, table(entry(ONE)));

        assertThat(send("GET", path, null).body())
                .isEqualTo("{\"ietf-softwire-br:binding-table-versioning\":{\"version\":\"1795608000001\","
                        + "\"date\":\"2026-11-25T12:00:00Z\"}}\n");
    }

    @Test
    void whatIsReadIsValidYang() throws Exception {
        Binding named = new Binding(ONE.b4(), ONE.ipv4(), ONE.ports(), ONE.br(), "Haus 7 \"Elm\"");
        send("PUT", TABLE, table(entry(named), entry(TWO)));

        String instances = send("GET", "/restconf/data/ietf-softwire-br:br-instances", null)
                .body();
        String whole = send("GET", "/restconf/data?content=config", null).body();

        assertThat(Yang.faultOf(instances)).isEmpty();
        assertThat(instances).contains(entry(named), entry(TWO), "\"enable-hairpinning\":true");
        assertThat(whole).isEqualTo("{\"ietf-restconf:data\":" + instances.strip() + "}\n");
        String instance = send("GET", TABLE.replace("/binding-table", ""), null).body();
        assertThat(instance).startsWith("{\"ietf-softwire-br:bind-instance\":[{\"name\":\"portledger\",");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34}",
                "\"binding-ipv6info\":\"2001:db8:1::/48\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-offset\":0,\"psid-len\":0,\"psid\":0}",
                "\"binding-ipv6info\":\"2001:DB8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-offset\":6,\"psid-len\":8,\"psid\":255},\"br-ipv6-addr\":\"2001:db8::ffff\"",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34},\"portledger-softwire:subscriber\":\"\\u00fc\""
            })
    void whatIsTakenIsValidYang(String leaves) throws Exception {
        assertThat(Yang.faultOf(Yang.instanceOf("{" + leaves + "}"))).isEmpty();
        assertThat(send("POST", TABLE, entries("{" + leaves + "}")).statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":16,\"psid\":34}",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":65536}",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":\"34\"}",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6}",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2\",\"port-set\":{\"psid-len\":6,\"psid\":34}",
                "\"binding-ipv6info\":\"lwb4\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34}",
                "\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34}",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34},\"colour\":1",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34},\"portledger-softwire:subscriber\":\"\"",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":{\"psid-len\":6,\"psid\":34},\"portledger-softwire:subscriber\":7",
                "\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\",\"port-set\":[]"
            })
    void whatIsNoValidYangIsRefused(String leaves) throws Exception {
        assertThat(Yang.faultOf(Yang.instanceOf("{" + leaves + "}"))).isNotEmpty();

        HttpResponse<String> refused = send("POST", TABLE, entries("{" + leaves + "}"));

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).startsWith("{\"ietf-restconf:errors\":{\"error\":[{\"error-type\":\"protocol\",");
        assertThat(leases.changes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"ietf-softwire-br:binding-entry\":[]}",
                "{\"binding-entry\":[]}",
                "{\"ietf-softwire-br:binding-table\":{}}",
                "{\"ietf-softwire-br:binding-entry\":[{}]} x"
            })
    void whatIsNoEntryIsRefused(String body) throws Exception {
        assertThat(send("PUT", TABLE + KEY, body).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /restconf/data/other:thing | 404",
                "GET | /other | 404",
                "GET | / | 404",
                "GET | /restconf/data/ietf-softwire-br:br-instances/binding/bind-instance=other/binding-table | 404",
                "GET | TABLE/binding-entry=2001%3Adb8%3A%3A1 | 404",
                "GET | TABLE/binding-entry=%ff | 400",
                "GET | TABLE/binding-entry=2001%3Adb8%3A%3A1/port-set | 501",
                "GET | TABLE?depth=1 | 400",
                "PUT | /restconf/data | 405",
                "POST | TABLE/binding-entry=2001%3Adb8%3A%3A1 | 405",
                "DELETE | TABLE/binding-entry=2001%3Adb8%3A%3A1 | 404",
                "TRACE | TABLE | 405"
            })
    void whatCannotBeDoneHasItsStatus(String method, String path, int status) throws Exception {
        HttpResponse<String> response = send(method, path.replace("TABLE", TABLE), null);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).startsWith("{\"ietf-restconf:errors\":");
        if (status == 405) {
            assertThat(response.headers().firstValue("Allow").orElseThrow()).startsWith("GET, HEAD, OPTIONS");
        }
    }

    @Test
    void theApiIsDiscovered() throws Exception {
        assertThat(send("GET", "/.well-known/host-meta", null, "Accept", "application/xrd+xml")
                        .body())
                .contains("<Link rel=\"restconf\" href=\"/restconf\"/>");
        assertThat(send("GET", "/restconf", null).body())
                .isEqualTo("{\"ietf-restconf:restconf\":{\"data\":{},\"operations\":{},"
                        + "\"yang-library-version\":\"2016-06-21\"}}\n");
        assertThat(send("GET", "/restconf/data/ietf-yang-library:modules-state", null)
                        .body())
                .contains("\"feature\":[\"binding-mode\"]");
        assertThat(send("GET", "/restconf/yang/portledger-softwire", null, "Accept", "*/*")
                        .body())
                .startsWith("module portledger-softwire {");
        HttpResponse<String> options = send("OPTIONS", TABLE, null);
        assertThat(options.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE");
        assertThat(options.headers().firstValue("Accept-Patch")).contains("application/yang-data+json");
        HttpResponse<String> head = send("HEAD", TABLE, null);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("ETag")).isPresent();
    }

    @Test
    void nobodyIsServedWithoutAToken() throws Exception {
        for (String authorization : Arrays.asList(null, "Bearer x", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN + "x")) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri(TABLE));
            if (authorization != null) {
                request.header("Authorization", authorization);
            }
            HttpResponse<String> refused = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"restconf\"");
            assertThat(refused.body()).contains("access-denied");
        }
    }

    @Test
    void mediaTypesAreNegotiated() throws Exception {
        assertThat(send("GET", TABLE, null, "Accept", "application/yang-data+xml")
                        .statusCode())
                .isEqualTo(406);
        assertThat(send("PUT", TABLE, table(), "Content-Type", "application/json")
                        .statusCode())
                .isEqualTo(415);
        assertThat(send("PUT", TABLE, table(), "Content-Type", "application/yang-data+json; charset=utf-8")
                        .statusCode())
                .isEqualTo(204);
    }

    @Test
    void aBodyHasALimit() throws Exception {
        String tooLong = table(entry(ONE)) + " ".repeat(1 << 16);
        HttpResponse<String> refused = send("PUT", TABLE, tooLong);
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.body()).contains("too-big", "lwaftr.restconf.max-body-octets");
        assertThat(leases.changes).isEmpty();
    }

    @Test
    void aRequestThatNeverEndsIsGivenUp() throws Exception {
        InetSocketAddress address = Objects.requireNonNull(server).address();
        try (Socket header = new Socket(address.getAddress(), address.getPort());
                Socket body = new Socket(address.getAddress(), address.getPort())) {
            write(header, "GET / HT");
            write(
                    body,
                    "PUT " + TABLE + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN
                            + "\r\nContent-Type: application/yang-data+json\r\nContent-Length: 100\r\n\r\n{");
            assertThat(rest(header)).isEmpty();
            rest(body);
        }
        assertThat(send("GET", TABLE, null).statusCode()).isEqualTo(200);
    }

    @Test
    void tooManyRequestsAtOnceAreToldToComeAgain() throws Exception {
        InetSocketAddress address = Objects.requireNonNull(server).address();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket(address.getAddress(), address.getPort());
                sockets.add(socket);
                write(
                        socket,
                        "PUT " + TABLE + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKEN
                                + "\r\nContent-Type: application/yang-data+json\r\nContent-Length: 100\r\n\r\n{");
            }
            await().untilAsserted(() -> {
                HttpResponse<String> refused = send("GET", TABLE, null);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            });
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aLargeTableIsStreamed() throws Exception {
        List<Binding> many = IntStream.range(0, 20_000)
                .mapToObj(i -> TestLeases.binding(
                        "2001:db8::1:" + Integer.toHexString(i),
                        "10.0." + (i >> 6 >> 8) + "." + (i >> 6 & 0xff),
                        i & 63))
                .toList();
        leases.edit(Origin.RESTCONF, many, List.of());

        HttpResponse<String> read = send("GET", TABLE, null);

        assertThat(read.headers().firstValue("Transfer-Encoding")).contains("chunked");
        assertThat(read.body().split("\"binding-ipv6info\"", -1)).hasSize(20_001);
    }

    @Test
    void tlsIsServedWithACertificate() throws Exception {
        Objects.requireNonNull(server).close();
        Path key = directory.resolve("key.pem");
        Path certificate = directory.resolve("certificate.pem");
        for (String kind : List.of("rsa:2048", "ec", "ed25519")) {
            List<String> command = new ArrayList<>(List.of(
                    "openssl",
                    "req",
                    "-x509",
                    "-nodes",
                    "-days",
                    "2",
                    "-subj",
                    "/CN=localhost",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                    "-keyout",
                    key.toString(),
                    "-out",
                    certificate.toString(),
                    "-newkey",
                    kind));
            if (kind.equals("ec")) {
                command.addAll(List.of("-pkeyopt", "ec_paramgen_curve:prime256v1"));
            }
            assertThat(new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .start()
                            .waitFor())
                    .isZero();
            server = start(settings("127.0.0.1:0", certificate, key));
            client = HttpClient.newBuilder().sslContext(trusting(certificate)).build();
            scheme = "https";
            assertThat(send("PUT", TABLE, table(entry(ONE))).statusCode()).isEqualTo(204);
            Objects.requireNonNull(server).close();
        }
    }

    @Test
    void whatIsNotSafeIsNotStarted() throws IOException {
        assertThatThrownBy(() -> start(settings("0.0.0.0:0", null, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "Invalid value 0.0.0.0:0 for key restconf.listen: tokens would cross the network");
        assertThatThrownBy(() -> settings("127.0.0.1:0", directory, null))
                .hasMessageStartingWith("Invalid value \"\" for key key: TLS needs both");
        Files.writeString(directory.resolve("tokens"), "# none\n");
        assertThatThrownBy(() -> start(settings("127.0.0.1:0", null, null))).hasMessageContaining("it has no token");
        Files.writeString(directory.resolve("tokens"), "short\n");
        assertThatThrownBy(() -> start(settings("127.0.0.1:0", null, null)))
                .hasMessageContaining("it has a token that could be guessed");
    }

    private RestconfSettings settings(String listen, @Nullable Path certificate, @Nullable Path key)
            throws IOException {
        Path tokens = directory.resolve("tokens");
        if (!Files.exists(tokens)) {
            Files.writeString(tokens, "# of the supporting system\nanother-token-of-somebody\n" + TOKEN + "\n");
        }
        return new RestconfSettings(
                HostPort.parse(listen), "portledger", certificate, key, tokens, 1 << 16, 4, Duration.ofSeconds(3));
    }

    private RestconfServer start(RestconfSettings settings) throws IOException {
        BindInstance instance = new BindInstance(
                "portledger",
                null,
                null,
                1000,
                1460,
                1500,
                true,
                new BindInstance.IcmpPolicy(true, null, true, true, 100L));
        return Objects.requireNonNull(RestconfServer.start(
                settings, new RestconfBindings(leases.leases, leases.control, leases.clock, TestLeases.BR, instance)));
    }

    private URI uri(String path) {
        return URI.create(scheme + "://127.0.0.1:"
                + Objects.requireNonNull(server).address().getPort() + path);
    }

    private HttpResponse<String> send(String method, String path, @Nullable String body, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Bearer " + TOKEN)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        List<String> given = List.of(headers);
        if (body != null && !given.contains("Content-Type")) {
            request.header("Content-Type", "application/yang-data+json");
        }
        if (!given.isEmpty()) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String entry(Binding binding) {
        String subscriber = binding.subscriber() == null
                ? ""
                : ",\"portledger-softwire:subscriber\":\""
                        + binding.subscriber().replace("\"", "\\\"") + "\"";
        return ("{\"binding-ipv6info\":\"%s\",\"binding-ipv4-addr\":\"%s\",\"port-set\":{\"psid-offset\":%d,"
                        + "\"psid-len\":%d,\"psid\":%d},\"br-ipv6-addr\":\"%s\"%s}")
                .formatted(
                        binding.b4(),
                        binding.ipv4(),
                        binding.ports().psidOffset(),
                        binding.ports().psidLength(),
                        binding.ports().psid(),
                        binding.br(),
                        subscriber);
    }

    private static String entries(String... entries) {
        return "{\"ietf-softwire-br:binding-entry\":[" + String.join(",", entries) + "]}";
    }

    private static String table(String... entries) {
        return "{\"ietf-softwire-br:binding-table\":{\"binding-entry\":[" + String.join(",", entries) + "]}}";
    }

    private static String conflict(String b4, String message) {
        return ("{\"error-type\":\"application\",\"error-tag\":\"in-use\",\"error-path\":"
                        + "\"/ietf-softwire-br:br-instances/binding/bind-instance[name='portledger']/binding-table"
                        + "/binding-entry[binding-ipv6info='%s']\",\"error-message\":\"%s\"}")
                .formatted(b4, message);
    }

    private static void write(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** What comes until the connection ends. */
    private static String rest(Socket socket) throws IOException {
        try (InputStream in = socket.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        } catch (java.net.SocketException e) {
            return "";
        }
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
