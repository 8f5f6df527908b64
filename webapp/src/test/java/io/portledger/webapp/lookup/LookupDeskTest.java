package io.portledger.webapp.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.webapp.Samples;
import io.portledger.webapp.ScriptedLedger;
import io.portledger.webapp.WebSettings;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.cases.CaseException;
import io.portledger.webapp.store.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LookupDeskTest {

    private static final Inquiry INQUIRY = new Inquiry(Samples.question(40_123, Duration.ofSeconds(2)), "C-1");
    private static final Origin ORIGIN = new Origin(Origin.Channel.REST, "198.51.100.9");

    @TempDir
    Path directory;

    private final ScriptedLedger ledger = new ScriptedLedger();
    private AuditLog audit;
    private Database database;
    private LookupDesk desk;

    @BeforeEach
    void open() throws IOException {
        audit = AuditLog.open(file(), Clock.systemUTC());
        SecurityContextHolder.getContext()
                .setAuthentication(new TestingAuthenticationToken("agnes", "", "ROLE_ANALYST"));
        WebSettings settings = Samples.settings(directory);
        database = Database.open(directory.resolve("records.sqlite"));
        // With a log of its own: what is tested here are the lines of questions.
        try (AuditLog ofCases = AuditLog.open(directory.resolve("cases.jsonl"), Clock.systemUTC())) {
            new CaseDesk(database, ofCases, settings, Clock.systemUTC()).open(Samples.wideCase("C-1"));
        }
        desk = new LookupDesk(
                ledger,
                new CaseDesk(database, audit, settings, Clock.systemUTC()),
                audit,
                (inquiry, answer) -> "digest of " + answer.verdict(),
                settings);
    }

    @AfterEach
    void close() throws IOException {
        SecurityContextHolder.clearContext();
        audit.close();
        database.close();
    }

    @Test
    void aQuestionThatItsCaseDoesNotAllowIsAuditedAndNotPutToTheLedger() {
        assertThatThrownBy(() -> desk.ask(new Inquiry(INQUIRY.question(), "C-2"), ORIGIN))
                .isInstanceOf(CaseException.class)
                .hasMessageContaining("There is no case C-2");
        assertThat(ledger.asked()).isEmpty();
        assertThat(lines()).extracting(line -> line.path("event").asString()).containsExactly("QUESTION", "NO_ANSWER");
        assertThat(lines().getLast().path("cause").asString()).isEqualTo("NOT_ALLOWED");
    }

    @Test
    void theQuestionStandsOnDiskBeforeTheLedgerIsAskedAndTheVerdictBeforeItIsGiven() {
        ledger.does(question -> {
            assertThat(lines()).hasSize(1);
            return Samples.ambiguous();
        });
        desk.ask(INQUIRY, ORIGIN);

        List<JsonNode> lines = lines();
        JsonNode question = lines.getFirst();
        assertThat(question.path("event").asString()).isEqualTo("QUESTION");
        assertThat(question.path("who").asString()).isEqualTo("agnes");
        assertThat(question.path("channel").asString()).isEqualTo("REST");
        assertThat(question.path("from").asString()).isEqualTo("198.51.100.9");
        assertThat(question.path("ip").asString()).isEqualTo("203.0.113.7");
        assertThat(question.path("port").asInt()).isEqualTo(40_123);
        assertThat(question.path("at").asString()).isEqualTo("2026-11-23T14:02:07.000Z");
        assertThat(question.path("tolerance").asString()).isEqualTo("PT2S");
        assertThat(question.path("case").asString()).isEqualTo("C-1");
        JsonNode answer = lines.getLast();
        assertThat(answer.path("event").asString()).isEqualTo("ANSWER");
        assertThat(answer.path("question").asLong())
                .isEqualTo(question.path("seq").asLong());
        assertThat(answer.path("verdict").asString()).isEqualTo("AMBIGUOUS");
        assertThat(answer.path("complete").asBoolean()).isTrue();
        assertThat(answer.path("holders").asInt()).isEqualTo(2);
        assertThat(answer.path("digest").asString()).isEqualTo("digest of AMBIGUOUS");
    }

    @Test
    void withoutAuditOfTheQuestionTheLedgerIsNotAsked() throws IOException {
        audit.close();
        assertThatThrownBy(() -> desk.ask(INQUIRY, ORIGIN)).isInstanceOf(AuditException.class);
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void withoutAuditOfTheVerdictThereIsNoAnswer() {
        ledger.does(question -> {
            try {
                audit.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Samples.stillHeld();
        });
        assertThatThrownBy(() -> desk.ask(INQUIRY, ORIGIN)).isInstanceOf(AuditException.class);
        assertThat(ledger.asked()).hasSize(1);
    }

    @Test
    void aLedgerOutOfReachIsAuditedAndExplained() {
        ledger.isOutOfReach();
        assertThatThrownBy(() -> desk.ask(INQUIRY, ORIGIN))
                .isInstanceOf(LedgerUnavailableException.class)
                .hasMessageContaining("http://127.0.0.1:9200")
                .hasMessageContaining("ask again");
        assertThat(lines().getLast().path("event").asString()).isEqualTo("NO_ANSWER");
        assertThat(lines().getLast().path("cause").asString()).isEqualTo("UNAVAILABLE");
    }

    @Test
    void aQuestionThatTheLedgerRefusesIsAuditedAndExplained() {
        ledger.refuses("The time lies in the future.");
        assertThatThrownBy(() -> desk.ask(INQUIRY, ORIGIN))
                .isInstanceOf(UnanswerableException.class)
                .hasMessage("The time lies in the future.");
        assertThat(lines().getLast().path("cause").asString()).isEqualTo("REFUSED");
    }

    @Test
    void aFaultIsAuditedAndNotShownInDetail() {
        ledger.does(question -> {
            throw new IllegalStateException("secret detail");
        });
        assertThatThrownBy(() -> desk.ask(INQUIRY, ORIGIN))
                .isInstanceOf(LookupFailedException.class)
                .hasMessageNotContaining("secret detail");
        assertThat(lines().getLast().path("event").asString()).isEqualTo("NO_ANSWER");
        assertThat(lines().getLast().path("cause").asString()).isEqualTo("FAILED");
    }

    private Path file() {
        return directory.resolve("audit.jsonl");
    }

    private List<JsonNode> lines() {
        try {
            return Files.readAllLines(file()).stream()
                    .map(JsonMapper.shared()::readTree)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
