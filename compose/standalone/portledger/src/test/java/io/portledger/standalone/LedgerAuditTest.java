package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** That the comparison sees what is wrong. Times are in seconds; households are numbers. */
class LedgerAuditTest {

    private static final Ipv4Address IPV4 = Ipv4Address.parse("198.18.0.1");
    private static final PortSet PORTS = new PortSet(0, 4, 5);
    private static final String SLOT = "c6120001-0/4/5";
    private static final long OPEN = 253_402_300_799_999L;

    private final JsonMapper json = new JsonMapper();
    private final List<Holding> truth = new ArrayList<>();
    private final List<JsonNode> documents = new ArrayList<>();
    private final Map<String, JsonNode> gaps = new HashMap<>();

    @Test
    void theTruthIsRight() {
        held(1, 10, 20, false);
        held(2, 30, 40, true);
        held(3, 40, null, false);
        document(1, 10, "LOGGED", 20, "LOGGED");
        document(2, 30, "LOGGED", 40, "INFERRED");
        document(3, 40, "LOGGED", null, "OPEN");
        LedgerAudit audit = audit();
        assertThat(audit.wrong()).isEmpty();
        assertThat(audit.equal()).isEqualTo(3);
        assertThat(audit.isExact(truth.getFirst())).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "another holder,                     2, 10, LOGGED, 20, LOGGED",
        "another start,                      1, 11, LOGGED, 20, LOGGED",
        "another end,                        1, 10, LOGGED, 21, LOGGED",
        "an end that was not seen,           1, 10, LOGGED,   , OPEN",
        "a start that is not known,          1, 10, UNKNOWN, 20, LOGGED",
        "an end that is known by inference,  1, 10, LOGGED, 20, INFERRED"
    })
    void whatDiffersIsWrongWhereNothingIsMissing(
            String what, int household, int start, String startedBy, @Nullable Integer end, String endedBy) {
        held(1, 10, 20, false);
        document(household, start, startedBy, end, endedBy);
        assertThat(audit().wrong()).as(what).isNotEmpty();
    }

    @Test
    void aMissingDocumentAndOneTooManyAreWrong() {
        held(1, 10, 20, false);
        assertThat(audit().wrong()).hasSize(1);
        document(1, 10, "LOGGED", 20, "LOGGED");
        assertThat(audit().wrong()).isEmpty();
        document(2, 12, "LOGGED", 14, "LOGGED");
        assertThat(audit().wrong()).hasSize(1);
    }

    @Test
    void aDocumentOfPortsThatNobodyHeldIsWrong() {
        document(1, 10, "LOGGED", 20, "LOGGED");
        assertThat(audit().wrong()).singleElement().asString().startsWith("nobody ever held");
    }

    @Test
    void whatAGapExplainsIsNotWrong() {
        held(1, 10, 20, false);
        held(2, 30, 40, false);
        gap(19, 31);
        // The release and the next allocation were lost.
        document(1, 10, "LOGGED", 20, "INFERRED");
        document(2, 20, "UNKNOWN", 40, "LOGGED");
        LedgerAudit audit = audit();
        assertThat(audit.wrong()).isEmpty();
        assertThat(audit.withinGaps()).isEqualTo(2);
        assertThat(audit.isExact(truth.getFirst())).isFalse();
    }

    @Test
    void aGapExcusesNothingAfterTheNextLoggedBoundary() {
        held(1, 10, 20, false);
        held(2, 30, 40, false);
        held(3, 50, 60, false);
        gap(19, 21);
        document(1, 10, "LOGGED", 30, "INFERRED");
        document(2, 30, "LOGGED", 60, "INFERRED");
        assertThat(audit().wrong()).singleElement().asString().contains("would be complete");
    }

    @Test
    void aGapExcusesNoBoundaryThatIsMadeUp() {
        held(1, 10, 20, false);
        gap(5, 25);
        document(1, 11, "LOGGED", 20, "LOGGED");
        assertThat(audit().wrong()).singleElement().asString().contains("was given nothing");
    }

    @Test
    void aGapExcusesNothingOfWhoSendsAgain() {
        truth.add(new Holding(IPV4, PORTS, b4(1), "household-1", at(10), at(20), false, true));
        gap(5, 25);
        document(1, 10, "LOGGED", null, "OPEN");
        assertThat(audit().wrong()).singleElement().asString().contains("no record can be missing");
    }

    private LedgerAudit audit() {
        return new LedgerAudit(truth, documents, gaps);
    }

    private void held(int household, int start, @Nullable Integer end, boolean isDisplaced) {
        truth.add(new Holding(
                IPV4,
                PORTS,
                b4(household),
                "household-" + household,
                at(start),
                end == null ? null : at(end),
                isDisplaced,
                false));
    }

    private void document(int household, int start, String startedBy, @Nullable Integer end, String endedBy) {
        documents.add(json.createObjectNode()
                .put("slot", SLOT)
                .put("b4", b4(household).toString())
                .put("subscriber", "household-" + household)
                .put("start", at(start).toEpochMilli())
                .put("startedBy", startedBy)
                .put("end", end == null ? OPEN : at(end).toEpochMilli())
                .put("endedBy", endedBy)
                .put(startedBy.equals("LOGGED") ? "startEvidence" : "noStartEvidence", "")
                .put(endedBy.equals("LOGGED") ? "endEvidence" : "noEndEvidence", ""));
    }

    private void gap(int from, int to) {
        gaps.put(
                from + "/" + to,
                json.createObjectNode()
                        .put("cause", "SEQUENCE")
                        .put("from", at(from).toEpochMilli())
                        .put("to", at(to).toEpochMilli()));
    }

    private static Ipv6Address b4(int household) {
        return new Ipv6Address(0x2001_0db8_0000_0000L + household, 1);
    }

    private static Instant at(int second) {
        return Instant.ofEpochSecond(1_700_000_000L + second);
    }
}
