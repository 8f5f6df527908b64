package io.portledger.webapp.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv4Address;
import io.portledger.webapp.Samples;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.Case.State;
import io.portledger.webapp.security.Role;
import io.portledger.webapp.store.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;

class CaseDeskTest {

    private static final Instant FROM = Instant.parse("2026-11-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-11-30T23:59:59.999Z");

    @TempDir
    Path directory;

    private AuditLog audit;
    private Database database;
    private CaseDesk book;

    @BeforeEach
    void open() throws IOException {
        audit = AuditLog.open(directory.resolve("audit.jsonl"), Clock.systemUTC());
        database = Database.open(directory.resolve("records.sqlite"));
        book = new CaseDesk(database, audit, Samples.settings(directory, Role.LI_OFFICER), Clock.systemUTC());
        signIn("agnes", "ROLE_ANALYST");
    }

    @AfterEach
    void close() throws IOException {
        SecurityContextHolder.clearContext();
        database.close();
        audit.close();
    }

    private static void signIn(String name, String... roles) {
        SecurityContextHolder.getContext().setAuthentication(new TestingAuthenticationToken(name, "", roles));
    }

    private static Case.Request request(String reference, String addresses) {
        return new Case.Request(
                reference, "Court order", "District court", new Scope(FROM, TO, Scope.readAddresses(addresses)), "");
    }

    private void ask(String reference, String address, Instant first, Instant last) {
        book.requireAllowed(reference, Ipv4Address.parse(address), first, last);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    203.0.113.0/24 198.51.100.7 | 203.0.113.7  | 2026-11-01T00:00:00Z     | 2026-11-30T23:59:59.999Z |
                    203.0.113.0/24 198.51.100.7 | 198.51.100.7 | 2026-11-10T00:00:00Z     | 2026-11-10T00:00:00Z     |
                    203.0.113.0/24 198.51.100.7 | 198.51.100.8 | 2026-11-10T00:00:00Z     | 2026-11-10T00:00:00Z     | does not name the address 198.51.100.8
                    ''                          | 192.0.2.1    | 2026-11-10T00:00:00Z     | 2026-11-10T00:00:00Z     |
                    ''                          | 192.0.2.1    | 2026-10-31T23:59:59.999Z | 2026-11-01T00:00:01Z     | about 2026-11-01T00:00:00Z to 2026-11-30
                    ''                          | 192.0.2.1    | 2026-11-30T23:59:59Z     | 2026-12-01T00:00:00Z     | about 2026-11-01T00:00:00Z to 2026-11-30
                    """)
    void aCaseAllowsWhatItsScopeNamesAndTheWholeWindowHasToLieInIt(
            String addresses, String asked, Instant first, Instant last, String objection) {
        book.open(request("C-1", addresses));
        if (objection == null) {
            ask("C-1", asked, first, last);
        } else {
            assertThatThrownBy(() -> ask("C-1", asked, first, last))
                    .isInstanceOf(CaseException.class)
                    .hasMessageContaining("The case C-1 does not allow this question")
                    .hasMessageContaining(objection);
        }
    }

    @Test
    void noQuestionIsAllowedInACaseThatIsNotThereNotApprovedRefusedOrClosed() {
        assertThatThrownBy(() -> ask("C-1", "203.0.113.7", FROM, FROM)).hasMessageContaining("There is no case C-1");

        signIn("bert", "ROLE_LI_OFFICER");
        assertThat(book.open(request("C-1", "")).state()).isEqualTo(State.AWAITING_APPROVAL);
        assertThatThrownBy(() -> ask("C-1", "203.0.113.7", FROM, FROM)).hasMessageContaining("awaits approval");

        signIn("carla", "ROLE_APPROVER");
        assertThatThrownBy(() -> book.decide("C-1", false, " ")).hasMessageContaining("Say why");
        book.decide("C-1", false, "Not our subscriber");
        assertThatThrownBy(() -> ask("C-1", "203.0.113.7", FROM, FROM))
                .hasMessageContaining("refused by carla: Not our subscriber");

        signIn("agnes", "ROLE_ANALYST");
        book.open(request("C-2", ""));
        ask("C-2", "203.0.113.7", FROM, FROM);
        book.close("C-2", "answered");
        assertThatThrownBy(() -> ask("C-2", "203.0.113.7", FROM, FROM)).hasMessageContaining("is closed");
        assertThatThrownBy(() -> book.close("C-2", "")).hasMessageContaining("closed already");
    }

    @Test
    void whoOpenedACaseDoesNotApproveIt() {
        signIn("bert", "ROLE_LI_OFFICER", "ROLE_APPROVER");
        book.open(request("C-1", ""));
        assertThatThrownBy(() -> book.decide("C-1", true, "")).hasMessageContaining("does not approve it");

        signIn("carla", "ROLE_APPROVER");
        assertThat(book.decide("C-1", true, "").state()).isEqualTo(State.OPEN);
        ask("C-1", "203.0.113.7", FROM, FROM);
        assertThatThrownBy(() -> book.decide("C-1", true, "")).hasMessageContaining("does not await approval");
    }

    @Test
    void whoseCasesNeedASecondPersonDoesNotAskInOneThatHadNone() {
        book.open(request("C-1", ""));
        ask("C-1", "203.0.113.7", FROM, FROM);

        signIn("bert", "ROLE_LI_OFFICER");
        assertThatThrownBy(() -> ask("C-1", "203.0.113.7", FROM, FROM)).hasMessageContaining("without a second person");

        signIn("carla", "ROLE_APPROVER");
        book.decide("C-1", true, "");
        assertThatThrownBy(() -> book.decide("C-1", false, "too late")).hasMessageContaining("does not await approval");
        signIn("bert", "ROLE_LI_OFFICER");
        ask("C-1", "203.0.113.7", FROM, FROM);
    }

    @Test
    void theSameRequestAgainIsTheSameCaseAndAnotherOfThatReferenceIsNone() {
        Case first = book.open(request("C-1", "203.0.113.7"));
        assertThat(book.open(request("C-1", "203.0.113.7/32"))).isEqualTo(first);
        assertThatThrownBy(() -> book.open(request("C-1", "203.0.113.8"))).hasMessageContaining("already");
        assertThatThrownBy(
                        () -> book.open(new Case.Request("C-3", "Curiosity", "", new Scope(FROM, TO, List.of()), "")))
                .hasMessageContaining("no legal basis of this house (allowed: Court order, Abuse of the network");
    }

    @Test
    void casesOutliveTheProcessAndAreFoundByStateAndText() throws IOException {
        book.open(request("C-1", "203.0.113.7"));
        Case odd = book.open(request("100%_sure", ""));
        book.close("C-1", "done");
        database.close();
        database = Database.open(directory.resolve("records.sqlite"));
        book = new CaseDesk(database, audit, Samples.settings(directory), Clock.systemUTC());

        assertThat(book.list(null, "")).extracting(Case::reference).containsExactlyInAnyOrder("C-1", "100%_sure");
        assertThat(book.list(State.CLOSED, ""))
                .extracting(Case::reference, Case::decidedBy, Case::remark)
                .containsExactly(org.assertj.core.api.Assertions.tuple("C-1", "agnes", "done"));
        assertThat(book.list(null, "%_")).containsExactly(odd);
        assertThat(book.list(null, "district")).hasSize(2);
    }

    @Test
    void everyChangeStandsInTheAuditLogBeforeItIsMade() throws IOException {
        signIn("bert", "ROLE_LI_OFFICER");
        book.open(request("C-1", "203.0.113.7"));
        signIn("carla", "ROLE_APPROVER");
        book.decide("C-1", true, "seen");
        assertThat(Files.readString(directory.resolve("audit.jsonl")))
                .contains(
                        "\"event\":\"CASE_OPENED\",\"who\":\"bert\",\"case\":\"C-1\",\"basis\":\"Court order\"",
                        "\"state\":\"AWAITING_APPROVAL\"",
                        "\"event\":\"CASE_CHANGED\",\"who\":\"carla\"");

        audit.close();
        assertThatThrownBy(() -> book.open(request("C-2", ""))).isInstanceOf(AuditException.class);
        assertThat(book.list(null, "C-2")).isEmpty();
        assertThatThrownBy(() -> book.close("C-1", "")).isInstanceOf(AuditException.class);
        assertThat(book.list(State.OPEN, "C-1")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''  | Court order | The case's reference is missing
                    C-1 | ''          | The legal basis is missing
                    """)
    void whatACaseNeedsIsNamed(String reference, String basis, String complaint) {
        assertThatThrownBy(() -> new Case.Request(reference, basis, "", new Scope(FROM, TO, List.of()), ""))
                .hasMessageContaining(complaint);
    }

    @Test
    void aWindowThatEndsBeforeItBeginsIsNone() {
        assertThatThrownBy(() -> new Scope(TO, TO.minus(Duration.ofMillis(1)), List.of()))
                .hasMessageContaining("Swap them");
    }
}
