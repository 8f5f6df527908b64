package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Evidence;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The web application's rounds of retention, as its own process does them, over a real Elasticsearch. */
class RetentionScheduleTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int EXPIRED = 3;

    @TempDir
    Path directory;

    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newHttpClient();
    private URI elasticsearch = URI.create("http://127.0.0.1:9200");

    @Test
    void aMonthThatIsOverIsAnnouncedFirstAndDeletedLaterAndTheAuditLogSaysSoBefore() throws Exception {
        Path audit = directory.resolve("data/audit.jsonl");
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        try (Workbench bench = Workbench.in(directory);
                Probes probes = new Probes()) {
            int port = Workbench.freePort();
            elasticsearch = URI.create("http://127.0.0.1:" + port);
            bench.start(
                    "elasticsearch",
                    Installation.find()
                            .node(
                                    "elasticsearch",
                                    List.of("-Xmx512m", "--add-modules=jdk.incubator.vector"),
                                    "io.portledger.standalone.elasticsearch.ElasticsearchNode",
                                    List.of(bench.file("elasticsearch").toString(), Integer.toString(port))),
                    probes.elasticsearch(elasticsearch));
            // A first start puts the templates in place, by announcing that nothing is over.
            Process first = startWeb(bench, probes, "first", "3650d");
            await("the templates").atMost(PATIENCE).until(() -> cutoff() != null);
            Workbench.stop(first);
            assertThat(events(audit)).doesNotContain("DELETING");

            Instant over = now.minus(Duration.ofDays(200));
            String month = "";
            for (int i = 0; i < EXPIRED; i++) {
                month = store(i, over, over.plusSeconds(3_600));
            }
            String kept = store(EXPIRED, now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)));
            String open = store(EXPIRED + 1, now.minus(Duration.ofDays(300)), null);

            startWeb(bench, probes, "second", "90d");
            Instant shortest = now.minus(Duration.ofDays(90));
            await("the announcement").atMost(PATIENCE).until(() -> {
                Instant cutoff = cutoff();
                return cutoff != null && !cutoff.isBefore(shortest);
            });
            assertThat(count(month))
                    .as("what is announced is still there, or the audit log says that it is going to be deleted")
                    .satisfiesAnyOf(
                            left -> assertThat(left).isEqualTo(EXPIRED),
                            left -> assertThat(events(audit)).contains("DELETING"));
            await("the deletion").atMost(PATIENCE).until(() -> events(audit).contains("DELETED"));

            assertThat(count(month)).as("the month").isEqualTo(-1);
            assertThat(count(kept)).as("what is not over").isEqualTo(1);
            assertThat(count(open)).as("what is open").isEqualTo(1);
        }
        List<String> lines = Files.readAllLines(audit).stream()
                .filter(line -> line.contains("\"DELETING\"") || line.contains("\"DELETED\""))
                .toList();
        assertThat(lines).hasSize(2);
        JsonNode before = json.readTree(lines.getFirst());
        assertThat(before.path("event").asString()).isEqualTo("DELETING");
        assertThat(before.path("kept").asString()).isEqualTo("BINDINGS");
        assertThat(before.path("documents").asInt()).isEqualTo(EXPIRED);
        JsonNode after = json.readTree(lines.getLast());
        assertThat(after.path("event").asString()).isEqualTo("DELETED");
        assertThat(after.path("documents").asInt()).isEqualTo(EXPIRED);
        assertThat(after.path("indices").size()).isEqualTo(1);
        assertThat(after.path("cutoff")).isEqualTo(before.path("cutoff"));
    }

    private Process startWeb(Workbench bench, Probes probes, String name, String period) throws Exception {
        int port = Workbench.freePort();
        return bench.start(
                name,
                Installation.find()
                        .web(
                                List.of("-Xmx256m"),
                                List.of(
                                        "--portledger.elasticsearch=" + elasticsearch,
                                        "--portledger.data-directory=" + directory.resolve("data"),
                                        "--portledger.retention.bindings=" + period,
                                        "--portledger.retention.every=12s",
                                        "--portledger.retention.first-after=1s",
                                        "--server.port=" + port)),
                probes.web(URI.create("http://127.0.0.1:" + port + "/login")));
    }

    /** Stores an interval as a job would; answers its index. */
    private String store(int number, Instant start, @Nullable Instant end) throws Exception {
        BindingDocument document = BindingDocument.of(
                new BindingInterval(
                        Ipv4Address.parse("203.0.113.7").plus(number),
                        PortSet.parse("0/6/34"),
                        null,
                        new Holder(Ipv6Address.parse("2001:db8::1"), null, null, 0),
                        null,
                        start,
                        Boundary.LOGGED,
                        end,
                        end == null ? Boundary.OPEN : Boundary.LOGGED,
                        new Evidence("192.0.2.1", "IPFIX_UDP", 7, 1, 256, "", "", "", start, "00"),
                        null),
                false);
        HttpResponse<String> response = send(
                "PUT",
                "/" + document.index() + "/_doc/" + document.id().replace("/", "%2F") + "?refresh=true&routing="
                        + document.routing(),
                document.json());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        return document.index();
    }

    /** How many documents an index has; -1 if it is gone. */
    private int count(String index) throws Exception {
        HttpResponse<String> response = send("GET", "/" + index + "/_count", "");
        return response.statusCode() == 404
                ? -1
                : json.readTree(response.body()).path("count").asInt();
    }

    /** What was announced of bindings; null if nothing was. */
    private @Nullable Instant cutoff() throws Exception {
        HttpResponse<String> response = send("GET", "/retention-v1/_doc/BINDINGS", "");
        return response.statusCode() == 404
                ? null
                : Instant.ofEpochMilli(json.readTree(response.body())
                        .path("_source")
                        .path("cutoff")
                        .asLong());
    }

    private List<String> events(Path audit) throws IOException {
        return Files.readAllLines(audit).stream()
                .map(line -> json.readTree(line).path("event").asString(""))
                .toList();
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(elasticsearch.resolve(path))
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
