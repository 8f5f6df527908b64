package io.portledger.webapp.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.vaadin.browserless.SpringBrowserlessTest;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.QueryParameters;
import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.Verdict;
import io.portledger.softwire.PortSet;
import io.portledger.webapp.DataDirectory;
import io.portledger.webapp.Samples;
import io.portledger.webapp.ScriptedLedger;
import io.portledger.webapp.TestApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.security.test.context.support.WithMockUser;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest
@Import(TestApplication.class)
@WithMockUser(username = "operator", roles = "LI_OFFICER")
class LookupViewTest extends SpringBrowserlessTest {

    private static final String LINE = "203.0.113.7:40123 2026-11-23T14:02:07Z";

    @Autowired
    private ScriptedLedger ledger;

    @Autowired
    private DataDirectory directory;

    @BeforeEach
    void forgetEarlierQuestions() {
        ledger.asked().clear();
    }

    @Test
    void theEmptyViewShowsWhatCanBeTyped() {
        navigate(LookupView.class);
        assertThat(answerText()).contains("No question yet", LINE, "press Enter");
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of(
                        Samples.stillHeld(),
                        "held",
                        List.of(
                                "✓ HELD",
                                "Subscriber S-1022 (2001:db8:1::22) held 203.0.113.7:40123 at 2026-11-23T14:02:07.000Z.",
                                "The records are complete",
                                "2001:db8:ffff::1",
                                "2026-11-23T09:12:44.318Z",
                                "logged by the exporter",
                                "still held as far as the ledger knows",
                                "4 h 49 min after the start",
                                "PSID = 39",
                                "j = 187",
                                "One range of 1024 ports",
                                "39936–40959",
                                "IPFIX over UDP",
                                "192.0.2.11",
                                "Observation domain",
                                "48211",
                                "0.083 s after the event",
                                "0000 00 00 01 9a b0")),
                Arguments.of(
                        Samples.held(1234, new PortSet(6, 8, 52)),
                        "held",
                        List.of(
                                "A = 1",
                                "PSID = 52",
                                "j = 2",
                                "63 ranges of 4 ports, 252 ports in all",
                                "1232–1235",
                                "64720–64723",
                                "port = 1 · 2^10 + 52 · 2^2 + 2 = 1234",
                                "syslog over TCP",
                                "lwaftr-2",
                                "<134>1 2026-11-23T18:40:00.125Z lwaftr-2 lwaftr 1 PTDEL")),
                Arguments.of(
                        Samples.block(),
                        "held",
                        List.of("100.64.3.9", "NAT instance", "40000–40499", "40000 ≤ 40123 ≤ 40499")),
                Arguments.of(
                        Samples.ambiguous(),
                        "ambiguous",
                        List.of(
                                "≈ AMBIGUOUS",
                                "2 households held",
                                "Holder 1 of 2",
                                "Holder 2 of 2",
                                "S-1022",
                                "S-1023",
                                "inferred: the ports were given to somebody else")),
                Arguments.of(
                        Samples.startNeverLogged(),
                        "ambiguous",
                        List.of("no record tells when that began", "not logged: it may have begun earlier")),
                Arguments.of(
                        Samples.notHeld(),
                        "not-held",
                        List.of("∅ NOT HELD", "Nobody held 203.0.113.7:40123", "Complete")),
                Arguments.of(
                        Samples.notHeldAndIncomplete(),
                        "not-held",
                        List.of(
                                "Incomplete",
                                "\"nobody\" is not proven",
                                "192.0.2.11 domain 7",
                                "2026-11-23T14:00:37.000Z",
                                "sequence numbers are missing",
                                "12",
                                "the exporter restarted",
                                "unknown")));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void eachKindOfAnswerShowsItsVerdictFirstAndExplainsItself(Answer answer, String look, List<String> texts) {
        ledger.answersWith(answer);
        navigate(LookupView.class);
        ask(
                "203.0.113.7:%d 2026-11-23T14:02:07Z"
                        .formatted(answer.question().port()),
                answer.question().tolerance().toSeconds() + "s",
                "C-1");
        awaitAnswer(texts.getFirst());
        assertThat(answerText()).contains(texts);
        assertThat(find(com.vaadin.flow.component.html.Div.class)
                        .withClassName("verdict", look)
                        .exists())
                .isTrue();
        assertThat(ledger.asked()).containsExactly(answer.question());
    }

    @Test
    void aLongListOfHoldersIsCut() {
        BindingInterval interval = Samples.interval(
                Samples.household(22), new PortSet(0, 6, 39), Samples.START, Boundary.LOGGED, null, Boundary.OPEN);
        ledger.answersWith(new Answer(
                Samples.question(40_123, Duration.ZERO),
                Verdict.AMBIGUOUS,
                Collections.nCopies(25, interval),
                true,
                List.of()));
        navigate(LookupView.class);
        ask(LINE, "0s", "C-1");
        awaitAnswer("5 more holdings are not shown");
        assertThat(answerText()).contains("Holder 20 of 25").doesNotContain("Holder 21 of 25");
    }

    @Test
    void aDeepLinkAsksAndIsAudited() throws IOException {
        ledger.answersWith(Samples.stillHeld());
        long linesBefore = auditLines().size();
        open(Map.of(
                "ip",
                "203.0.113.7",
                "port",
                "40123",
                "time",
                "2026-11-23T14:02:07Z",
                "tolerance",
                "0s",
                "case",
                "C-77"));
        awaitAnswer("HELD");
        assertThat(field("Address, port and time").getValue()).isEqualTo(LINE);
        assertThat(field("Case").getValue()).isEqualTo("C-77");
        List<JsonNode> added = auditLines().stream().skip(linesBefore).toList();
        assertThat(added).extracting(line -> line.path("event").asString()).containsExactly("QUESTION", "ANSWER");
        assertThat(added.getFirst().path("who").asString()).isEqualTo("operator");
        assertThat(added.getFirst().path("channel").asString()).isEqualTo("BROWSER");
        assertThat(added.getFirst().path("case").asString()).isEqualTo("C-77");
    }

    @Test
    void aDeepLinkWithoutCaseAsksForItFirst() throws IOException {
        ledger.answersWith(Samples.stillHeld());
        long linesBefore = auditLines().size();
        open(Map.of("ip", "203.0.113.7", "port", "40123", "time", "2026-11-23T14:02:07Z"));
        assertThat(answerText()).contains("A case is needed first");
        assertThat(field("Case").isInvalid()).isTrue();
        assertThat(ledger.asked()).isEmpty();
        assertThat(auditLines()).hasSize((int) linesBefore);

        test(field("Case")).setValue("C-78");
        test(button()).click();
        awaitAnswer("HELD");
    }

    @Test
    void aDeepLinkThatIsNoQuestionIsExplainedNotAsked() {
        open(Map.of("ip", "203.0.113.777", "port", "40123", "time", "noon", "case", "C-1"));
        assertThat(answerText()).contains("Not asked yet", "203.0.113.777", "\"noon\" is not understood");
        assertThat(ledger.asked()).isEmpty();
    }

    @Test
    void withoutCaseNothingIsAsked() {
        navigate(LookupView.class);
        ask(LINE, "0s", "");
        assertThat(answerText()).contains("Not asked yet", "The case is missing");
        assertThat(field("Case").isInvalid()).isTrue();
        assertThat(ledger.asked()).isEmpty();
        assertThat(button().isEnabled()).isTrue();
    }

    @Test
    void anEmptyQuestionNamesWhatIsMissing() {
        navigate(LookupView.class);
        test(button()).click();
        assertThat(answerText())
                .contains("IPv4 address is missing", "source port is missing", "time is missing", "case is missing");
    }

    @Test
    void theLineFillsTheFieldsAndTheFieldsWriteTheLine() {
        navigate(LookupView.class);
        test(field("Address, port and time")).setValue("203.0.113.7 40123 2026-11-23 15:02:07 +01:00 ±2s");
        assertThat(field("Public IPv4 address").getValue()).isEqualTo("203.0.113.7");
        assertThat(field("Port").getValue()).isEqualTo("40123");
        assertThat(field("Time").getValue()).isEqualTo("2026-11-23 15:02:07 +01:00");
        assertThat(field("Time").getHelperText()).isEqualTo("= 2026-11-23T14:02:07.000Z");
        assertThat(field("Tolerance ±").getValue()).isEqualTo("2s");

        test(field("Port")).setValue("40124");
        assertThat(field("Address, port and time").getValue())
                .isEqualTo("203.0.113.7:40124 2026-11-23 15:02:07 +01:00");
    }

    @Test
    void aTimeWithoutZoneIsSaidToBeReadAsUtc() {
        navigate(LookupView.class);
        test(field("Time")).setValue("2026-11-23 14:02:07");
        assertThat(field("Time").getHelperText())
                .isEqualTo("The time has no zone: read as UTC. 2026-11-23T14:02:07.000Z");
    }

    @Test
    void aLedgerOutOfReachIsAnErrorWithTheNextStep() {
        ledger.isOutOfReach();
        navigate(LookupView.class);
        ask(LINE, "0s", "C-1");
        awaitAnswer("The ledger does not answer");
        assertThat(answerText()).contains("http://127.0.0.1:9200", "then ask again");
        assertThat(button().isEnabled()).isTrue();
    }

    @Test
    void aRefusedQuestionShowsTheLedgersReason() {
        ledger.refuses("The time asked about lies in the future.");
        navigate(LookupView.class);
        ask(LINE, "0s", "C-1");
        awaitAnswer("This question has no answer");
        assertThat(answerText()).contains("lies in the future");
    }

    @Test
    void aBugIsNotShownInDetail() {
        ledger.does(question -> {
            throw new IllegalStateException("secret detail");
        });
        navigate(LookupView.class);
        ask(LINE, "0s", "C-1");
        awaitAnswer("This question failed");
        assertThat(answerText()).doesNotContain("secret detail");
    }

    @Test
    @WithMockUser(
            username = "bystander",
            roles = {})
    void whoeverLacksTheRoleDoesNotGetTheView() {
        assertThatThrownBy(() -> navigate(LookupView.class)).isInstanceOf(IllegalArgumentException.class);
    }

    private void open(Map<String, String> parameters) {
        UI.getCurrent().navigate(LookupView.class, QueryParameters.simple(parameters));
        roundTrip();
    }

    private void ask(String line, String tolerance, String reference) {
        test(field("Address, port and time")).setValue(line);
        test(field("Tolerance ±")).setValue(tolerance);
        test(field("Case")).setValue(reference);
        test(button()).click();
    }

    private void awaitAnswer(String text) {
        await().pollInSameThread().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            roundTrip();
            assertThat(answerText()).contains(text);
        });
    }

    private TextField field(String label) {
        return find(TextField.class).withLabel(label).single();
    }

    private Button button() {
        return find(Button.class).withText("Ask").single();
    }

    private String answerText() {
        Component answer = find(Section.class).withClassName("answer").single();
        return texts(answer.getElement()).collect(Collectors.joining(" ")).replaceAll("\\s+", " ");
    }

    private static Stream<String> texts(Element element) {
        return element.isTextNode()
                ? Stream.of(element.getText())
                : element.getChildren().flatMap(LookupViewTest::texts);
    }

    private List<JsonNode> auditLines() throws IOException {
        return Files.readAllLines(directory.file("audit.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }
}
