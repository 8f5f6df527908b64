package io.portledger.standalone;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Flink session cluster, told by its REST interface what to run: what {@code flink run} does. */
final class FlinkRest implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final String BOUNDARY = "portledger-jobs-jar";

    private final URI flink;
    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    FlinkRest(URI flink) {
        this.flink = flink;
    }

    /**
     * Brings a jar to the cluster.
     *
     * @return the cluster's name for it
     */
    String upload(Path jar) throws IOException, InterruptedException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
                        + jar.getFileName() + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        Files.copy(jar, body);
        body.writeBytes(("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        String file = send(
                        "POST",
                        "/jars/upload",
                        "multipart/form-data; boundary=" + BOUNDARY,
                        BodyPublishers.ofByteArray(body.toByteArray()))
                .path("filename")
                .asString("");
        return file.substring(file.lastIndexOf('/') + 1);
    }

    /**
     * Starts the job of a jar.
     *
     * @param savepoint the savepoint to go on from; null to begin
     * @return the job's id
     */
    String run(String jar, List<String> arguments, int parallelism, @Nullable String savepoint)
            throws IOException, InterruptedException {
        Map<String, Object> request = new TreeMap<>(Map.of("programArgsList", arguments, "parallelism", parallelism));
        if (savepoint != null) {
            request.put("savepointPath", savepoint);
        }
        return post("/jars/" + jar + "/run", request).path("jobid").asString("");
    }

    /**
     * Stops a job with a savepoint.
     *
     * @param directory where to, an address of the cluster's
     * @return the savepoint's address
     */
    String stop(String job, URI directory) throws IOException, InterruptedException {
        String request = post("/jobs/" + job + "/stop", Map.of("targetDirectory", directory.toString(), "drain", false))
                .path("request-id")
                .asString("");
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < deadline) {
            JsonNode answer = get("/jobs/" + job + "/savepoints/" + request);
            if (answer.path("status").path("id").asString("").equals("COMPLETED")) {
                String location = answer.path("operation").path("location").asString("");
                if (location.isEmpty()) {
                    throw new IOException("Flink could not make a savepoint: " + answer.path("operation"));
                }
                return location;
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        throw new IOException("Flink has not made a savepoint within " + TIMEOUT.toSeconds() + " s.");
    }

    /** Ends a job without a savepoint. */
    void cancel(String job) throws IOException, InterruptedException {
        send("PATCH", "/jobs/" + job + "?mode=cancel", "application/json", BodyPublishers.noBody());
    }

    /** RUNNING, FINISHED and so on. */
    String state(String job) throws IOException, InterruptedException {
        return get("/jobs/" + job).path("state").asString("");
    }

    /** Whether each task of a job runs. */
    boolean isRunning(String job) throws IOException, InterruptedException {
        JsonNode tasks = get("/jobs/" + job).path("vertices");
        boolean run = !tasks.isEmpty();
        for (JsonNode task : tasks) {
            run &= task.path("status").asString("").equals("RUNNING");
        }
        return run;
    }

    /** How many checkpoints of a job have been completed. */
    int checkpoints(String job) throws IOException, InterruptedException {
        return get("/jobs/" + job + "/checkpoints")
                .path("counts")
                .path("completed")
                .asInt(0);
    }

    /** How many slots the TaskManagers have. */
    int slots() throws IOException, InterruptedException {
        return get("/overview").path("slots-total").asInt(0);
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, "application/json", BodyPublishers.noBody());
    }

    private JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send("POST", path, "application/json", BodyPublishers.ofString(json.writeValueAsString(body)));
    }

    private JsonNode send(String method, String path, String type, BodyPublisher body)
            throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(flink.resolve(path))
                        .timeout(TIMEOUT)
                        .header("Content-Type", type)
                        .method(method, body)
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(
                    method + " " + path + ": Flink answers " + response.statusCode() + ": " + response.body());
        }
        try {
            return json.readTree(response.body());
        } catch (JacksonException e) {
            throw new IOException(method + " " + path + ": Flink answers " + response.body(), e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
