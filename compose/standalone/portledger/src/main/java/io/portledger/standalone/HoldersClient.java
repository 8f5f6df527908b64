package io.portledger.standalone;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks the web application's REST interface who held a port; every question is audited there. Thread-safe.
 *
 * <p>Answers are the JSON documents of {@code GET /api/v1/holders}, which {@code docs/webapp.md} describes.
 */
public final class HoldersClient implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int TOO_MANY_REQUESTS = 429;

    private final URI web;
    private final String token;
    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    /**
     * Prepares to ask; nothing is sent yet.
     *
     * @param web address of the web application, such as {@code http://127.0.0.1:8080}
     * @param token its operator's API token
     */
    public HoldersClient(URI web, String token) {
        this.web = web;
        this.token = token;
    }

    /**
     * Opens a case in which everything may be asked that there is to know, for questions of whoever runs this network. If
     * it is open already, nothing changes.
     *
     * @throws QuestionException if it cannot be opened; the message says why and what to do
     */
    public void openOwnCase(String reference) throws QuestionException, InterruptedException {
        URI uri = web.resolve("/api/v1/cases/"
                + URLEncoder.encode(reference, StandardCharsets.UTF_8).replace("+", "%20"));
        send(HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(json.writeValueAsString(Map.of(
                        "legalBasis", "Network operations",
                        "from", "2000-01-01T00:00:00Z",
                        "to", "2100-01-01T00:00:00Z")))));
    }

    /**
     * Asks. Waits if the web application says that questions come too fast.
     *
     * @param ip the public IPv4 address, as the user wrote it
     * @param port the port, as the user wrote it, with or without the protocol
     * @param time the moment asked about, in any form that the web application reads
     * @param tolerance how far the asker's clock may be off, such as {@code 2s}
     * @param reference the open case that the question belongs to
     * @throws QuestionException if there is no answer; the message says why and what to do
     */
    public JsonNode ask(String ip, String port, String time, String tolerance, String reference)
            throws QuestionException, InterruptedException {
        return ask(ip, port, "", time, tolerance, reference);
    }

    /**
     * Asks about traffic to a far end.
     *
     * @param to the far end, an IPv4 address with or without a port, or empty
     * @throws QuestionException if there is no answer; the message says why and what to do
     */
    public JsonNode ask(String ip, String port, String to, String time, String tolerance, String reference)
            throws QuestionException, InterruptedException {
        URI uri = web.resolve("/api/v1/holders?ip=" + encode(ip) + "&port=" + encode(port) + "&time=" + encode(time)
                + "&to=" + encode(to) + "&tolerance=" + encode(tolerance) + "&case=" + encode(reference));
        return send(HttpRequest.newBuilder(uri));
    }

    private JsonNode send(HttpRequest.Builder request) throws QuestionException, InterruptedException {
        HttpResponse<String> response = sendOnce(request);
        while (response.statusCode() == TOO_MANY_REQUESTS) {
            Thread.sleep(Duration.ofSeconds(
                    response.headers().firstValueAsLong("Retry-After").orElse(1)));
            response = sendOnce(request);
        }
        if (response.statusCode() == 200) {
            return document(response.body());
        }
        if (response.statusCode() == 401 || response.statusCode() == 403) {
            throw new QuestionException("The web application at " + web + " does not take the token (HTTP "
                    + response.statusCode() + "). Say where the right one is with --token-file.");
        }
        throw new QuestionException(problem(response));
    }

    private HttpResponse<String> sendOnce(HttpRequest.Builder request) throws QuestionException, InterruptedException {
        try {
            return http.send(
                    request.timeout(TIMEOUT)
                            .header("Accept", "application/json")
                            .header("Authorization", "Bearer " + token)
                            .build(),
                    BodyHandlers.ofString());
        } catch (ConnectException e) {
            throw new QuestionException(
                    "Nobody answers at " + web + ". Start ./portledger up, or say where it is with --url.");
        } catch (IOException e) {
            throw new QuestionException("The web application at " + web + " does not answer: " + e);
        }
    }

    private JsonNode document(String body) throws QuestionException {
        try {
            return json.readTree(body);
        } catch (JacksonException e) {
            throw new QuestionException("What answers at " + web + " is not Portledger: " + e.getOriginalMessage());
        }
    }

    /** The problem details of RFC 9457 as text. */
    private String problem(HttpResponse<String> response) throws QuestionException {
        JsonNode problem = document(response.body());
        List<String> sentences = new ArrayList<>();
        for (JsonNode sentence : problem.path("problems")) {
            sentences.add(sentence.asString(""));
        }
        if (sentences.isEmpty()) {
            sentences.add(problem.path("detail").asString("HTTP " + response.statusCode()));
        }
        return String.join(System.lineSeparator(), sentences);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    /** A question that was not answered; the message tells the user why. */
    public static final class QuestionException extends Exception {

        private static final long serialVersionUID = 1L;

        QuestionException(String message) {
            super(message);
        }
    }
}
