package io.portledger.webapp.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.PortSet;
import io.portledger.webapp.DataDirectory;
import io.portledger.webapp.Samples;
import io.portledger.webapp.ScriptedLedger;
import io.portledger.webapp.TestApplication;
import io.portledger.webapp.audit.AuditLog;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The REST interface and the rules around it, over HTTP. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"vaadin.productionMode=true", "portledger.sign-in.free-failures=2"})
@Import(TestApplication.class)
class HoldersApiTest {

    private static final Map<String, String> QUESTION = Map.of(
            "ip", "203.0.113.7", "port", "40123", "time", "2026-11-23T14:02:07Z", "tolerance", "2s", "case", "C-9");

    private final HttpClient http = HttpClient.newHttpClient();

    @LocalServerPort
    private int port;

    @Autowired
    private ScriptedLedger ledger;

    @Autowired
    private DataDirectory directory;

    private String token = "";

    @BeforeEach
    void readToken() throws IOException {
        token = Files.readString(directory.file("operator.token")).strip();
        ledger.asked().clear();
        ledger.answersWith(Samples.notHeld());
    }

    @Test
    void anAnswerHasTheDocumentedFields() throws Exception {
        ledger.answersWith(Samples.held(1234, new PortSet(6, 8, 52)));
        HttpResponse<String> response = get(holders(with("port", "1234")), bearer());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/json");
        assertThat(response.headers().firstValue("Cache-Control").orElseThrow()).contains("no-store");
        assertThat(json(response)).isEqualTo(JsonMapper.shared().readTree("""
                {
                  "question": {
                    "ipv4": "203.0.113.7", "port": 1234, "protocol": null, "farEnd": null,
                    "time": "2026-11-23T14:02:07.000Z", "tolerance": "PT0S",
                    "from": "2026-11-23T14:02:07.000Z", "to": "2026-11-23T14:02:07.000Z",
                    "case": "C-9", "remark": null
                  },
                  "verdict": "HELD",
                  "summary": "Subscriber S-1022 (2001:db8:1::22) held 203.0.113.7:1234 at 2026-11-23T14:02:07.000Z.",
                  "complete": true,
                  "holders": [ {
                    "b4": "2001:db8:1::22", "subscriber": "S-1022", "insideIpv4": null, "natInstance": 0,
                    "br": "2001:db8:ffff::1", "ipv4": "203.0.113.7", "ports": "6/8/52",
                    "start": "2026-11-23T09:12:44.318Z", "startedBy": "LOGGED",
                    "end": "2026-11-23T18:40:00.125Z", "endedBy": "LOGGED",
                    "mapping": {
                      "kind": "PORT_SET", "bits": "0000010011010010",
                      "psidOffset": 6, "psidLength": 8, "contiguousBits": 2,
                      "offsetValue": 1, "psid": 52, "index": 2,
                      "range": {"first": 1232, "last": 1235},
                      "rangeCount": 63, "portCount": 252, "ranges": %s,
                      "toPsid": "PSID = floor(1234 / 2^2) mod 2^8 = 308 mod 256 = 52",
                      "toPort": "port = 1 · 2^10 + 52 · 2^2 + 2 = 1234"
                    },
                    "nat": null
                  } ],
                  "evidence": [ {
                    "holder": 0, "boundary": "START", "exporter": "192.0.2.11", "transport": "IPFIX_UDP",
                    "observationDomain": 7, "sequence": 48211, "templateId": 262, "hostname": "", "dialect": "", "file": "",
                    "received": "2026-11-23T09:12:44.401Z", "raw": "%s", "text": null
                  }, {
                    "holder": 0, "boundary": "END", "exporter": "192.0.2.12", "transport": "SYSLOG_TCP",
                    "observationDomain": 0, "sequence": 0, "templateId": 0, "hostname": "lwaftr-2", "dialect": "draft", "file": "",
                    "received": "2026-11-23T18:40:00.190Z", "raw": "%s",
                    "text": "<134>1 2026-11-23T18:40:00.125Z lwaftr-2 lwaftr 1 PTDEL [lw4o6@32473 SUBID=\\"S-1001\\"]\\\\x0a"
                  } ],
                  "gaps": []
                }
                """.formatted(
                new PortSet(6, 8, 52)
                        .ranges().stream()
                                .map(range -> "{\"first\": %d, \"last\": %d}".formatted(range.first(), range.last()))
                                .collect(Collectors.joining(", ", "[", "]")),
                Samples.IPFIX.raw(),
                Samples.SYSLOG.raw())));
    }

    @Test
    void gapsMakeAnAnswerIncomplete() throws Exception {
        ledger.answersWith(Samples.notHeldAndIncomplete());
        JsonNode answer = json(get(holders(QUESTION), bearer()));
        assertThat(answer.path("verdict").asString()).isEqualTo("NOT_HELD");
        assertThat(answer.path("complete").asBoolean(true)).isFalse();
        assertThat(answer.path("holders").isEmpty()).isTrue();
        assertThat(answer.path("gaps").get(0)).isEqualTo(JsonMapper.shared().readTree("""
                {"exporter": "192.0.2.11", "observationDomain": 7, "cause": "SEQUENCE",
                 "from": "2026-11-23T14:00:37.000Z", "to": "2026-11-23T14:01:37.000Z", "lostRecords": 12}
                """));
    }

    @Test
    void whatNoRecordTellsIsNull() throws Exception {
        ledger.answersWith(Samples.startNeverLogged());
        JsonNode holder = json(get(holders(QUESTION), bearer())).path("holders").get(0);
        assertThat(holder.path("start").isNull()).isTrue();
        assertThat(holder.path("startedBy").asString()).isEqualTo("UNKNOWN");
        ledger.answersWith(Samples.stillHeld());
        holder = json(get(holders(QUESTION), bearer())).path("holders").get(0);
        assertThat(holder.path("end").isNull()).isTrue();
        assertThat(holder.path("endedBy").asString()).isEqualTo("OPEN");
    }

    @Test
    void theQuestionReachesTheLedgerAndTheAuditLogAsItWasAsked() throws Exception {
        ledger.answersWith(Samples.notHeld());
        get(holders(QUESTION), bearer());
        assertThat(ledger.asked()).containsExactly(Samples.question(40_123, java.time.Duration.ofSeconds(2)));
        List<String> lines = Files.readAllLines(directory.file("audit.jsonl"));
        JsonNode question = JsonMapper.shared().readTree(lines.get(lines.size() - 2));
        assertThat(question.path("who").asString()).isEqualTo("operator");
        assertThat(question.path("channel").asString()).isEqualTo("REST");
        assertThat(question.path("from").asString()).isEqualTo("127.0.0.1");
        assertThat(question.path("case").asString()).isEqualTo("C-9");
        assertThat(AuditLog.verify(directory.file("audit.jsonl")).isIntact()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ip        |                      | IPv4 address is missing
                    ip        | 203.0.113            | not an IPv4 address
                    port      |                      | source port is missing
                    port      | 65536                | no port (allowed: 0-65535)
                    time      |                      | time is missing
                    time      | 2026-11-23T14:02 CET | "CET" is not understood as a zone
                    tolerance | 2h                   | allowed: 0s to 1h
                    case      |                      | case is missing
                    """)
    void aQuestionThatCannotBeAskedNamesTheParameter(String parameter, String value, String why) throws Exception {
        HttpResponse<String> response = get(holders(with(parameter, value == null ? "" : value)), bearer());
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        JsonNode problem = json(response);
        assertThat(problem.path("status").asInt()).isEqualTo(400);
        assertThat(problem.path("detail").asString()).contains(why);
        assertThat(problem.path("problems").path(parameter).asString()).contains(why);
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void theToleranceMayBeLeftOut() throws Exception {
        Map<String, String> question = new LinkedHashMap<>(QUESTION);
        question.remove("tolerance");
        assertThat(get(holders(question), bearer()).statusCode()).isEqualTo(200);
        assertThat(ledger.asked()).containsExactly(Samples.question(40_123, java.time.Duration.ZERO));
    }

    @Test
    void aTimeWithoutZoneIsReadAsUtcAndSaidSo() throws Exception {
        JsonNode question = json(get(holders(with("time", "2026-11-23 14:02:07")), bearer()))
                .path("question");
        assertThat(question.path("time").asString()).isEqualTo("2026-11-23T14:02:07.000Z");
        assertThat(question.path("remark").asString()).contains("read as UTC");
    }

    @Test
    void aLedgerOutOfReachIs503() throws Exception {
        ledger.isOutOfReach();
        HttpResponse<String> response = get(holders(QUESTION), bearer());
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(json(response).path("title").asString()).isEqualTo("The ledger does not answer");
        assertThat(json(response).path("detail").asString()).contains("ask again");
    }

    @Test
    void aQuestionTheLedgerRefusesIs400() throws Exception {
        ledger.refuses("The time lies in the future.");
        HttpResponse<String> response = get(holders(QUESTION), bearer());
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).path("detail").asString()).isEqualTo("The time lies in the future.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/api/v1/holders", "/api/v1/openapi", "/api/v1/unknown", "/actuator/info", "/actuator/metrics"})
    void withoutCredentialsProgramsGet401NotAPage(String path) throws Exception {
        HttpResponse<String> response = get(path, "");
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().allValues("WWW-Authenticate"))
                .anyMatch(value -> value.startsWith("Bearer"))
                .anyMatch(value -> value.startsWith("Basic"));
        assertThat(json(response).path("detail").asString()).contains("Authorization: Bearer");
        assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer wrong", "Bearer ", "Basic bm9ib2R5Ondyb25n", "Basic not-base64!"})
    void wrongCredentialsAre401(String authorization) throws Exception {
        HttpResponse<String> response = get(holders(QUESTION), authorization);
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void nameAndPasswordAreAsGoodAsAToken() throws Exception {
        assertThat(get(holders(QUESTION), basic(TestApplication.ASKER, TestApplication.PASSWORD))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoeverLacksTheRoleGets403AndNothingIsAsked() throws Exception {
        HttpResponse<String> response =
                get(holders(QUESTION), basic(TestApplication.BYSTANDER, TestApplication.PASSWORD));
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(json(response).path("detail").asString()).contains("role");
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void aPasswordThatSomebodyElseChoseOpensNothingAndTheRefusalSaysWhatToDo() throws Exception {
        for (String path : List.of(holders(QUESTION), "/api/v1/openapi", "/api/v1/findings")) {
            HttpResponse<String> response = get(path, basic(TestApplication.NEWCOMER, TestApplication.PASSWORD));
            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("application/problem+json");
            assertThat(json(response).path("detail").asString())
                    .contains("must be changed first", "sign in with it in the browser");
        }
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void whoeverWatchesTheNetworkMayNotLookUp() throws Exception {
        String nora = basic(TestApplication.NOC, TestApplication.PASSWORD);
        assertThat(get(holders(QUESTION), nora).statusCode()).isEqualTo(403);
        assertThat(get("/api/v1/usage/accounts?holder=S-77&case=C-9", nora).statusCode())
                .isEqualTo(403);
        assertThat(get("/api/v1/findings", nora).statusCode())
                .as("let through, but there is no Elasticsearch here")
                .isEqualTo(503);
        assertThat(get("/actuator/metrics", nora).statusCode()).isEqualTo(200);
        assertThat(get("/actuator/metrics", basic(TestApplication.BYSTANDER, TestApplication.PASSWORD))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void theAuditLogKeepsTheDigestOfTheAnswerAsItWasGiven() throws Exception {
        ledger.answersWith(Samples.held(1234, new PortSet(6, 8, 52)));
        String body = get(holders(with("port", "1234")), bearer()).body();
        JsonNode line = JsonMapper.shared()
                .readTree(Files.readAllLines(directory.file("audit.jsonl")).getLast());
        assertThat(line.path("event").asString()).isEqualTo("ANSWER");
        assertThat(line.path("digest").asString())
                .isEqualTo(CanonicalAnswer.of(JsonMapper.shared().readTree(body)))
                .isNotEqualTo(CanonicalAnswer.of(JsonMapper.shared().readTree(body.replace("S-1022", "S-1023"))));
    }

    @Test
    void refusedSignInsAreInTheAuditLogWithoutNamesThatAreNoUsers() throws Exception {
        get(holders(QUESTION), basic("my-password-in-the-wrong-field", "x"));
        get(holders(QUESTION), basic(TestApplication.BYSTANDER, "wrong"));
        get(holders(QUESTION), "Bearer wrong");
        List<String> lines = Files.readAllLines(directory.file("audit.jsonl"));
        assertThat(lines.subList(lines.size() - 3, lines.size()))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .contains("SIGN_IN_REFUSED", "\"cause\":\"WRONG\"")
                                .doesNotContain("my-password", "\"who\""),
                        line -> assertThat(line).contains("SIGN_IN_REFUSED", "\"who\":\"bystander\""),
                        line -> assertThat(line).contains("SIGN_IN_REFUSED", "\"cause\":\"TOKEN\""));
    }

    @Test
    void guessingPasswordsIsSlowedDown() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(json(get(holders(QUESTION), basic("mallory", "guess" + i)))
                            .path("detail")
                            .asString())
                    .contains("are wrong");
        }
        assertThat(json(get(holders(QUESTION), basic("mallory", "guess")))
                        .path("detail")
                        .asString())
                .contains("Too many failed attempts");
        assertThat(get(holders(QUESTION), basic(TestApplication.ASKER, TestApplication.PASSWORD))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void healthIsOpenAndTellsTheStatusOnly() throws Exception {
        HttpResponse<String> response = get("/actuator/health", "");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response)).isEqualTo(JsonMapper.shared().readTree("{\"status\": \"UP\"}"));
    }

    @Test
    void anUnknownPathOfTheInterfaceIs404NotAPage() throws Exception {
        HttpResponse<String> response = get("/api/v1/unknown", bearer());
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
    }

    @Test
    void onlyGettingIsAllowed() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + holders(QUESTION)))
                .header("Authorization", bearer())
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            findings?from=yesterday                     | 400 | yesterday
            usage/classes?span=week                     | 400 | span is "week" (allowed: hour, day).
            activity?of=planets                         | 400 | of is "planets" (allowed: exporter, network).
            usage/accounts?holder=S-1&case=             | 400 | Both holder and case are needed
            findings                                    | 503 | does not answer
            """)
    void statisticsSayWhatIsWrong(String path, int status, String message) throws Exception {
        HttpResponse<String> response = get("/api/v1/" + path, bearer());

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(json(response).path("detail").asString()).contains(message);
        assertThat(get("/api/v1/" + path, "").statusCode())
                .as("without a token")
                .isEqualTo(401);
    }

    @Test
    void whoReadsAnAccountIsInTheAuditLogBeforeItIsRead() throws Exception {
        assertThat(get("/api/v1/usage/accounts?holder=S-77&case=C-9", bearer()).statusCode())
                .as("there is no Elasticsearch here")
                .isEqualTo(503);

        assertThat(Files.readAllLines(directory.file("audit.jsonl")).getLast())
                .contains("\"event\":\"ACCOUNT\"", "\"holder\":\"S-77\"", "\"case\":\"C-9\"");
    }

    @Test
    void protocolAndFarEndReachTheLedger() throws Exception {
        assertThat(get(holders(with("port", "1234/tcp")) + "&to=198.51.100.1:443", bearer())
                        .statusCode())
                .isEqualTo(200);

        assertThat(ledger.asked()).singleElement().satisfies(question -> {
            assertThat(question.protocol()).isEqualTo(6);
            assertThat(question.destination()).hasToString("198.51.100.1");
            assertThat(question.destinationPort()).isEqualTo(443);
        });
    }

    @Test
    void theOpenApiDocumentDescribesTheQuestion() throws Exception {
        JsonNode document = json(get("/api/v1/openapi", bearer()));
        JsonNode parameters = document.at("/paths/~1api~1v1~1holders/get/parameters");
        Iterator<JsonNode> each = parameters.iterator();
        assertThat(each)
                .toIterable()
                .extracting(parameter -> parameter.path("name").asString())
                .containsExactly("ip", "port", "time", "to", "tolerance", "case");
        assertThat(document.at("/components/securitySchemes/token/scheme").asString())
                .isEqualTo("bearer");
        assertThat(document.at("/components/securitySchemes/token/description").asString())
                .contains("scopes", "LI_OFFICER");
        assertThat(document.at("/components/securitySchemes/password/scheme").asString())
                .isEqualTo("basic");
        JsonNode responses = document.at("/paths/~1api~1v1~1holders/get/responses");
        assertThat(responses.propertyNames()).contains("200", "401", "403", "429");
    }

    @Test
    void pagesCarryTheSecurityHeadersAndAStrictCookie() throws Exception {
        HttpResponse<String> response = get("/login", "");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'self'", "frame-ancestors 'none'", "connect-src 'self';");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(response.headers().firstValue("Referrer-Policy")).contains("same-origin");
        assertThat(response.headers().firstValue("X-Frame-Options")).contains("DENY");
        assertThat(response.headers().firstValue("Set-Cookie").orElseThrow()).contains("HttpOnly", "SameSite=Strict");
    }

    @Test
    void viewsLeadToTheSignInPage() throws Exception {
        HttpResponse<String> response = get("/?ip=203.0.113.7", "");
        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("Location").orElseThrow()).endsWith("/login");
    }

    private HttpResponse<String> get(String path, String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Accept", "application/json, text/html");
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private String bearer() {
        return "Bearer " + token;
    }

    private static String basic(String name, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> with(String parameter, String value) {
        Map<String, String> question = new LinkedHashMap<>(QUESTION);
        question.put(parameter, value);
        return question;
    }

    private static String holders(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&", "/api/v1/holders?", ""));
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }
}
