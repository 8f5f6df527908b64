package io.portledger.webapp.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.portledger.ledger.Finding;
import io.portledger.ledger.Statistics;
import io.portledger.ledger.Statistics.Stretch;
import io.portledger.ledger.Usage;
import io.portledger.webapp.Samples;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.cases.CaseException;
import io.portledger.webapp.lookup.Origin;
import io.portledger.webapp.store.Database;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;

/** What of the findings each role is told; the store is played, and says one finding. */
class StatisticsDeskTest {

    private static final Stretch STRETCH = new Stretch(Samples.START, Samples.END);
    private static final Origin ORIGIN = new Origin(Origin.Channel.REST, "198.51.100.9");
    private static final String FOUND = """
            {"took": 1, "timed_out": false, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
             "hits": {"total": {"value": 1, "relation": "eq"}, "max_score": null, "hits": [
              {"_index": "findings-v1", "_id": "f1", "_score": null, "sort": [1], "_source": {
                "kind": "CONFLICT", "at": 1795442527000, "summary": "Ports of S-1022 were taken by 192.0.2.12",
                "ipv4": "203.0.113.7", "ports": "0/6/39", "holders": ["2001:db8:1::22", "S-1022"],
                "exporters": ["192.0.2.11", "192.0.2.12"], "level": 0, "limit": 0}}]}}
            """;

    @TempDir
    Path directory;

    private HttpServer store;
    private Statistics statistics;
    private AuditLog audit;
    private Database database;
    private StatisticsDesk desk;

    @BeforeEach
    void open() throws IOException {
        store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        store.createContext("/", exchange -> {
            byte[] body = FOUND.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9");
            exchange.getResponseHeaders().add("X-Elastic-Product", "Elasticsearch");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        store.start();
        statistics = Statistics.connect(
                URI.create("http://127.0.0.1:" + store.getAddress().getPort()));
        audit = AuditLog.open(directory.resolve("audit.jsonl"), Clock.systemUTC());
        database = Database.open(directory.resolve("records.sqlite"));
        desk = new StatisticsDesk(
                statistics, new CaseDesk(database, audit, Samples.settings(directory), Clock.systemUTC()), audit);
    }

    @AfterEach
    void close() throws IOException {
        SecurityContextHolder.clearContext();
        audit.close();
        database.close();
        statistics.close();
        store.stop(0);
    }

    @Test
    void whoWatchesTheNetworkIsNotToldWhomAFindingIsAbout() throws IOException {
        signIn("ROLE_NOC");
        Finding finding = desk.findings(STRETCH, ORIGIN).getFirst();
        assertThat(finding.holders()).isEmpty();
        assertThat(finding.toString()).doesNotContain("S-1022").doesNotContain("2001:db8:1::22");
        assertThat(finding.summary()).isEqualTo("Ports of a holder were taken by 192.0.2.12");
        assertThat(finding.exporters()).containsExactly("192.0.2.11", "192.0.2.12");
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl"))).isEmpty();
    }

    @Test
    void whoMayKnowIsToldAndThatStandsInTheAuditLog() throws IOException {
        for (String role : List.of("ROLE_ANALYST", "ROLE_LI_OFFICER")) {
            signIn("ROLE_NOC", role);
            assertThat(desk.findings(STRETCH, ORIGIN).getFirst().holders()).containsExactly("2001:db8:1::22", "S-1022");
            assertThat(Files.readAllLines(directory.resolve("audit.jsonl")).getLast())
                    .contains("\"event\":\"VIEWED\"", "\"kind\":\"FINDINGS\"", "\"rows\":1");
        }
    }

    @Test
    void withoutAuditNobodyIsToldWhomAFindingIsAbout() throws IOException {
        audit.close();
        signIn("ROLE_ANALYST");
        assertThatThrownBy(() -> desk.findings(STRETCH, ORIGIN)).isInstanceOf(AuditException.class);
    }

    @Test
    void aDocumentThatIsGivenOutStandsInTheAuditLogWithItsHash() throws IOException {
        signIn("ROLE_ANALYST");
        desk.exporting("ACCOUNT", 2, "abc".getBytes(StandardCharsets.UTF_8), ORIGIN);
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl")).getLast())
                .contains(
                        "\"event\":\"EXPORTED\"",
                        "\"who\":\"agnes\"",
                        "\"rows\":2",
                        "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    }

    @Test
    void anAccountIsReadOnlyInACaseThatAllowsItAndTheAttemptIsAudited() throws IOException {
        signIn("ROLE_ANALYST");
        assertThatThrownBy(() -> desk.account("S-77", Usage.Span.DAY, STRETCH, "C-1", ORIGIN))
                .isInstanceOf(CaseException.class)
                .hasMessageContaining("There is no case C-1");
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl")).getLast())
                .contains("\"event\":\"ACCOUNT\"", "\"holder\":\"S-77\"", "\"case\":\"C-1\"");
    }

    private static void signIn(String... roles) {
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(new TestingAuthenticationToken("agnes", "", roles));
        SecurityContextHolder.setContext(context);
    }
}
