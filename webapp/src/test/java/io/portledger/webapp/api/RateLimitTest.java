package io.portledger.webapp.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.webapp.DataDirectory;
import io.portledger.webapp.TestApplication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;

/** How fast programs may ask, over HTTP. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "vaadin.productionMode=true",
            "portledger.rate-limit.per-second=0.001",
            "portledger.rate-limit.burst=3"
        })
@Import(TestApplication.class)
class RateLimitTest {

    private static final String PATH = "/api/v1/unknown";

    private final HttpClient http = HttpClient.newHttpClient();

    @LocalServerPort
    private int port;

    @Autowired
    private DataDirectory directory;

    @Test
    void requestsAboveTheRateAre429WithTheTimeToWaitEachTokenAndUserForItself() throws Exception {
        String token =
                "Bearer " + Files.readString(directory.file("operator.token")).strip();
        for (int i = 0; i < 3; i++) {
            assertThat(get(token).statusCode()).isEqualTo(404);
        }
        HttpResponse<String> refused = get(token);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        long wait = Long.parseLong(refused.headers().firstValue("Retry-After").orElseThrow());
        assertThat(wait).isBetween(1L, 1000L);
        assertThat(refused.body()).contains("try again in " + wait + " s");

        String password = "Basic "
                + Base64.getEncoder()
                        .encodeToString((TestApplication.ASKER + ":" + TestApplication.PASSWORD)
                                .getBytes(StandardCharsets.UTF_8));
        assertThat(get(password).statusCode())
                .as("by the password of the same user")
                .isEqualTo(404);
    }

    private HttpResponse<String> get(String authorization) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + PATH))
                        .header("Authorization", authorization)
                        .build(),
                BodyHandlers.ofString());
    }
}
