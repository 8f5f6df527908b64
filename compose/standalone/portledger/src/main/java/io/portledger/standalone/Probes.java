package io.portledger.standalone;

import io.portledger.standalone.Program.Probe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How the servers tell that they do their work. */
final class Probes implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final JsonMapper json = new JsonMapper();

    /** Ready when it takes connections. */
    static Probe tcp(int port) {
        return () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) TIMEOUT.toMillis());
                return true;
            }
        };
    }

    /** Ready when all indices are served. */
    Probe elasticsearch(URI uri) {
        return () -> {
            JsonNode health = json.readTree(body(uri.resolve("/_cluster/health")));
            String status = health.path("status").asString("red");
            return status.equals("green") || status.equals("yellow");
        };
    }

    /** Ready when each task of each job runs. */
    Probe flink(URI uri) {
        return () -> {
            JsonNode jobs = json.readTree(body(uri.resolve("/jobs/overview"))).path("jobs");
            boolean run = !jobs.isEmpty();
            for (JsonNode job : jobs) {
                JsonNode tasks = job.path("tasks");
                run &= job.path("state").asString("").equals("RUNNING")
                        && tasks.path("running").asInt(0) == tasks.path("total").asInt(-1);
            }
            return run;
        };
    }

    /** Ready when it answers 200. */
    Probe web(URI uri) {
        return () -> get(uri).statusCode() == 200;
    }

    private String body(URI uri) throws IOException, InterruptedException {
        HttpResponse<String> response = get(uri);
        if (response.statusCode() != 200) {
            throw new IOException(uri + " answers " + response.statusCode());
        }
        return response.body();
    }

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
