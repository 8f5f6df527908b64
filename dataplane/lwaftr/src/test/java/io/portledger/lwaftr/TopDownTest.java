package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole lwAFTR and the operator's systems. */
class TopDownTest {

    private static final String TOKEN = "a-token-that-nobody-guesses";
    private static final Binding BINDING = new Binding(
            Ipv6Address.parse("2001:db8:7::1"),
            Ipv4Address.parse("198.51.100.1"),
            new PortSet(0, 6, 34),
            Ipv6Address.parse("2001:db8:ffff::1"),
            "C-1007");

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory;

    @Test
    void aBindingByRestconfOutlivesTheProcess() throws Exception {
        Map<String, String> settings = Map.of(
                "STATE_DIRECTORY", directory.resolve("state").toString(),
                "ROUTING_BIRD_FILE", directory.resolve("bird.conf").toString(),
                "METRICS_LISTEN", "127.0.0.1:0");
        try (Lwaftr lwaftr = start(settings)) {
            assertThat(put(lwaftr).statusCode()).isEqualTo(201);
            assertThat(lwaftr.bindingTable()
                            .owner(BINDING.ipv4(), BINDING.ports().firstPort()))
                    .contains(BINDING);
            assertThat(changes).hasSize(1).allMatch(change -> change.origin() == Origin.RESTCONF);
            await().until(() -> routes().contains("route 198.51.100.1/32 blackhole;"));
            assertThat(metrics(lwaftr))
                    .contains(
                            "lwaftr_restconf_requests_total{result=\"changed\"} 1.0",
                            "lwaftr_restconf_requests_total{result=\"refused\"} 0.0")
                    .contains("lwaftr_routes_announced ");
        }
        assertThat(routes()).doesNotContain("route ");
        try (Lwaftr lwaftr = start(settings)) {
            HttpResponse<String> read = send(lwaftr, HttpRequest.newBuilder().GET());
            assertThat(read.statusCode()).isEqualTo(200);
            assertThat(read.body()).contains("\"portledger-softwire:subscriber\":\"C-1007\"");
            await().until(() -> routes().contains("route 198.51.100.1/32 blackhole;")
                    && routes().contains("route 192.0.2.1/32 blackhole;"));
            assertThat(send(lwaftr, HttpRequest.newBuilder().DELETE()).statusCode())
                    .isEqualTo(204);
            await().until(() -> !routes().contains("198.51.100.1"));
        }
        assertThat(changes)
                .filteredOn(change -> change.kind() == BindingChange.Kind.DELETED)
                .hasSize(1);
    }

    @Test
    void withoutKafkaNothingIsServed() throws IOException {
        Map<String, String> settings = Map.of(
                "SUPPORTING_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9",
                "SUPPORTING_KAFKA_START_TIMEOUT", "2s",
                "ROUTING_BIRD_FILE", directory.resolve("bird.conf").toString());
        assertThatThrownBy(() -> start(settings))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(
                        "The bindings of topic bindings at Kafka 127.0.0.1:9 could not be read within 2 s");
        assertThat(directory.resolve("bird.conf")).doesNotExist();
    }

    private Lwaftr start(Map<String, String> settings) throws IOException {
        Path tokens = Files.writeString(directory.resolve("tokens"), TOKEN + "\n");
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.1]}]");
        environment.put("PORTLEDGER_LWAFTR_RESTCONF_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_RESTCONF_TOKEN_FILE", tokens.toString());
        settings.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        return Lwaftr.start(LwaftrSettings.read(null, environment), InstantSource.system(), changes::add);
    }

    private static HttpResponse<String> put(Lwaftr lwaftr) throws Exception {
        return send(
                lwaftr,
                HttpRequest.newBuilder()
                        .header("Content-Type", "application/yang-data+json")
                        .PUT(HttpRequest.BodyPublishers.ofString("""
                                {"ietf-softwire-br:binding-entry": [{"binding-ipv6info": "2001:db8:7::1",
                                "binding-ipv4-addr": "198.51.100.1", "port-set": {"psid-len": 6, "psid": 34},
                                "portledger-softwire:subscriber": "C-1007"}]}""")));
    }

    private static HttpResponse<String> send(Lwaftr lwaftr, HttpRequest.Builder request) throws Exception {
        URI entry = URI.create("http://[::1]:"
                + lwaftr.supportingSystem().restconfAddress().orElseThrow().getPort()
                + "/restconf/data/ietf-softwire-br:br-instances/binding/bind-instance=portledger/binding-table"
                + "/binding-entry=2001%3Adb8%3A7%3A%3A1");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    request.uri(entry)
                            .header("Authorization", "Bearer " + TOKEN)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String metrics(Lwaftr lwaftr) throws Exception {
        URI metrics = URI.create(
                "http://127.0.0.1:" + lwaftr.metricsAddress().orElseThrow().getPort() + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private String routes() throws IOException {
        Path file = directory.resolve("bird.conf");
        return Files.exists(file) ? Files.readString(file) : "";
    }
}
