package io.portledger.standalone.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.standalone.child.Child;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElasticsearchNodeTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int DOCUMENTS_PER_REQUEST = 200;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path data;

    private int port;
    private Process node;

    @BeforeEach
    void startNode() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        node = node();
        awaitGreen();
    }

    @AfterEach
    void stopNode() {
        node.destroyForcibly().onExit().join();
        http.close();
    }

    @Test
    void everyAcknowledgedDocumentOutlivesKills() throws Exception {
        assertThat(call(
                                "PUT",
                                "/documents",
                                "{\"settings\":{\"index.codec\":\"best_compression\"," // zstd
                                        + "\"number_of_shards\":1,\"number_of_replicas\":0},"
                                        + "\"mappings\":{\"properties\":{\"n\":{\"type\":\"integer\"}}}}")
                        .statusCode())
                .isEqualTo(200);
        int acknowledged = 0;
        for (int kill = 1; kill <= 2; kill++) {
            for (int request = 0; request < 20; request++) {
                HttpResponse<String> answer = call("POST", "/documents/_bulk", bulk(acknowledged));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("\"errors\":false");
                acknowledged += DOCUMENTS_PER_REQUEST;
            }
            node.destroyForcibly().onExit().join();
            node = node();
            awaitGreen();
        }
        assertThat(call("POST", "/documents/_refresh", "").statusCode()).isEqualTo(200);
        assertThat(call("GET", "/documents/_count", "").body()).contains("\"count\":" + acknowledged);
        assertThat(call("POST", "/documents/_flush", "").body())
                .as("a segment compressed by zstd can be written")
                .contains("\"failed\":0");
    }

    @Test
    void clientsRecogniseTheServer() throws Exception {
        HttpResponse<String> root = call("GET", "/", "");
        assertThat(root.body()).contains("\"cluster_name\":\"portledger\"").contains("You Know, for Search");
        assertThat(root.headers().firstValue("X-Elastic-Product")).hasValue("Elasticsearch");
        assertThat(call("HEAD", "/", "").statusCode()).isEqualTo(200);
    }

    private static String bulk(int first) {
        StringBuilder lines = new StringBuilder();
        for (int n = first; n < first + DOCUMENTS_PER_REQUEST; n++) {
            lines.append("{\"index\":{\"_id\":\"")
                    .append(n)
                    .append("\"}}\n{\"n\":")
                    .append(n)
                    .append("}\n");
        }
        return lines.toString();
    }

    private void awaitGreen() {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> call("GET", "/_cluster/health?wait_for_status=green&timeout=20s", "")
                        .body()
                        .contains("\"status\":\"green\""));
    }

    private HttpResponse<String> call(String method, String path, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofMinutes(1))
                        .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private Process node() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        ElasticsearchNode.class.getName(),
                        data.toString(),
                        Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
