package io.portledger.webapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.webapp.audit.AuditLog;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as an operator starts it, before there is any Elasticsearch. */
class PackagedApplicationIT {

    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final Pattern PASSWORD = Pattern.compile("password  (\\w{20}) ");
    private static final String QUESTION =
            "/api/v1/holders?ip=203.0.113.7&port=40123&time=2026-11-20T14:02:07Z&case=C-1";

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Process process;
    private Path log = Path.of("");

    @AfterEach
    void stop() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void itStartsWithoutElasticsearchAndKeepsUsersAndAuditOverAKill() throws Exception {
        String address = start("first.log");
        String password = found(PASSWORD).group(1);
        Path data = directory.resolve("data");
        assertThat(get(address + "/actuator/health", "").statusCode()).isEqualTo(200);

        HttpResponse<String> first = get(address + QUESTION, basic(password));
        assertThat(first.statusCode()).isEqualTo(403);
        assertThat(first.body()).contains("must be changed first", "sign in with it in the browser");
        String token = Files.readString(data.resolve("operator.token")).strip();
        assertThat(openCase(address, "Bearer " + token).statusCode()).isEqualTo(200);
        HttpResponse<String> answer = get(address + QUESTION, "Bearer " + token);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("Elasticsearch at http://127.0.0.1:1 does not answer");
        assertThat(AuditLog.verify(data.resolve("audit.jsonl")).lines()).isEqualTo(3);
        stop();

        address = start("second.log");
        assertThat(Files.readString(log)).doesNotContain("password  ");
        assertThat(get(address + QUESTION, basic(password)).statusCode()).isEqualTo(403);
        assertThat(get(address + QUESTION, "Bearer " + token).statusCode()).isEqualTo(503);
        AuditLog.Verification verification = AuditLog.verify(data.resolve("audit.jsonl"));
        assertThat(verification.isIntact()).isTrue();
        assertThat(verification.lines()).isEqualTo(5);
    }

    private String start(String logName) throws IOException {
        log = directory.resolve(logName);
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                jar().toString(),
                "--server.port=0");
        builder.environment()
                .put("PORTLEDGER_DATA_DIRECTORY", directory.resolve("data").toString());
        builder.environment().put("PORTLEDGER_ELASTICSEARCH", "http://127.0.0.1:1");
        Process started = builder.directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process = started;
        await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            assertThat(started.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(Files.readString(log)).containsPattern(PORT);
        });
        return "http://127.0.0.1:" + found(PORT).group(1);
    }

    private MatchResult found(Pattern pattern) throws IOException {
        List<MatchResult> results =
                pattern.matcher(Files.readString(log)).results().toList();
        assertThat(results).hasSize(1);
        return results.getFirst();
    }

    private HttpResponse<String> get(String address, String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> openCase(String address, String authorization) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(address + "/api/v1/cases/C-1"))
                        .header("Authorization", authorization)
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString("""
                                {"legalBasis": "Court order", "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
                                """))
                        .build(),
                BodyHandlers.ofString());
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("operator:" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static Path jar() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("webapp-.*-exec\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the executable jar is missing from target"))
                    .toAbsolutePath();
        }
    }
}
