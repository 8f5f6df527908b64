package io.portledger.standalone;

import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * All documents of a ledger, read from Elasticsearch without its searches: to compare the whole of it with something, which
 * no question can.
 */
final class StoredLedger implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int PAGE = 2_000;

    /** What stands here for the end of an interval that has none. */
    private static final long OPEN_END_MILLIS = 253_402_300_799_999L;

    private final URI elasticsearch;
    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    StoredLedger(URI elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** All intervals, by index and id. */
    Map<String, JsonNode> bindings() throws IOException, InterruptedException {
        Map<String, JsonNode> bindings = new TreeMap<>();
        hits(
                "bindings",
                """
                "stored_fields": ["%s"], "docvalue_fields": ["slot", {"field": "start", "format": "epoch_millis"},
                {"field": "end", "format": "epoch_millis"}],""".formatted(BindingDocument.OCTETS),
                hit -> bindings.put(name(hit), document(hit.path("fields"))));
        return bindings;
    }

    /** All gaps, by index and id. */
    Map<String, JsonNode> gaps() throws IOException, InterruptedException {
        return documents("gaps");
    }

    /** The moment up to which the ledger has everything that collectors received; the beginning of time if none has told. */
    Instant completeUntil() throws IOException, InterruptedException {
        Map<String, JsonNode> marks = documents("marks");
        long partitions = 0;
        long least = Long.MAX_VALUE;
        for (JsonNode mark : marks.values()) {
            partitions = Math.max(partitions, mark.path("partitions").asLong(0));
            least = Math.min(least, mark.path("until").asLong(0));
        }
        return marks.isEmpty() || marks.size() < partitions ? Instant.EPOCH : Instant.ofEpochMilli(least);
    }

    /** Deletes the whole ledger; for ledgers that are made to be compared. */
    void delete() throws IOException, InterruptedException {
        HttpResponse<String> indices =
                send("GET", "/_cat/indices/bindings-v1-*,gaps-v1,marks-v1?h=index&format=json", "");
        for (JsonNode index : json.readTree(indices.body())) {
            requireOk(send("DELETE", "/" + index.path("index").asString(""), ""));
        }
    }

    /** How many intervals have an end, as far as Elasticsearch shows them already. */
    long ended() throws IOException, InterruptedException {
        HttpResponse<String> answer =
                send("POST", "/bindings/_count", "{\"query\":{\"range\":{\"end\":{\"lt\":" + OPEN_END_MILLIS + "}}}}");
        // Indices come into being with their first document.
        return answer.statusCode() == 404 ? 0 : read(answer).path("count").asLong(0);
    }

    /** An interval as the document that it would be if all of it were legible. */
    private JsonNode document(JsonNode fields) {
        String slot = fields.path("slot").path(0).asString();
        JsonNode end = fields.path("end").path(0);
        BindingInterval interval = BindingDocument.read(
                slot,
                Long.parseLong(fields.path("start").path(0).asString()),
                end.isMissingNode() ? null : Long.valueOf(end.asString()),
                fields.path(BindingDocument.OCTETS).path(0).asString());
        ObjectNode document = json.createObjectNode()
                .put("slot", slot)
                .put("b4", Objects.toString(interval.holder().b4(), ""))
                .put("subscriber", Objects.toString(interval.holder().subscriber(), ""))
                .put("start", interval.start().toEpochMilli())
                .put("startedBy", interval.startedBy().name())
                .put(
                        "end",
                        interval.end() == null
                                ? OPEN_END_MILLIS
                                : interval.end().toEpochMilli())
                .put("endedBy", interval.endedBy().name())
                .put("all", interval.toString());
        if (interval.startEvidence() != null) {
            document.put("startEvidence", interval.startEvidence().toString());
        }
        if (interval.endEvidence() != null) {
            document.put("endEvidence", interval.endEvidence().toString());
        }
        return document;
    }

    private static String name(JsonNode hit) {
        return hit.path("_index").asString("") + "/" + hit.path("_id").asString("");
    }

    private Map<String, JsonNode> documents(String alias) throws IOException, InterruptedException {
        Map<String, JsonNode> documents = new TreeMap<>();
        hits(alias, "", hit -> documents.put(name(hit), hit.path("_source")));
        return documents;
    }

    /** @param fetching what is to be fetched, as the beginning of a search */
    private void hits(String alias, String fetching, Consumer<JsonNode> hits) throws IOException, InterruptedException {
        HttpResponse<String> refreshed = send("POST", "/" + alias + "/_refresh", "");
        if (refreshed.statusCode() == 404) {
            // Indices come into being with their first document.
            return;
        }
        requireOk(refreshed);
        JsonNode page =
                read(send("POST", "/" + alias + "/_search?scroll=1m", "{" + fetching + "\"size\":" + PAGE + "}"));
        while (!page.path("hits").path("hits").isEmpty()) {
            page.path("hits").path("hits").forEach(hits);
            page = read(send(
                    "POST",
                    "/_search/scroll",
                    json.writeValueAsString(Map.of(
                            "scroll", "1m", "scroll_id", page.path("_scroll_id").asString("")))));
        }
        send("DELETE", "/_search/scroll/" + page.path("_scroll_id").asString(""), "");
    }

    private JsonNode read(HttpResponse<String> response) throws IOException {
        requireOk(response);
        JsonNode page = json.readTree(response.body());
        if (page.path("_shards").path("failed").asInt(0) > 0) {
            throw new IOException("Elasticsearch at " + elasticsearch + " answers in part only");
        }
        return page;
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(elasticsearch.resolve(path))
                        .timeout(TIMEOUT)
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static void requireOk(HttpResponse<String> response) throws IOException {
        if (response.statusCode() != 200) {
            throw new IOException("%s: Elasticsearch answers %d: %s"
                    .formatted(response.uri(), response.statusCode(), response.body()));
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
