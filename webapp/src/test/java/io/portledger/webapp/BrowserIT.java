package io.portledger.webapp;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.portledger.ledger.Answer;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;

/** What a person does, in a real browser: sign in, ask, read, share, leave. The screens go to {@code target/screens}. */
class BrowserIT extends BrowserJourney {

    private static final String LINK =
            "/?ip=203.0.113.7&port=40123&time=2026-11-23T14:02:07.000Z&tolerance=0s&case=C-2026-117";

    @Autowired
    private ScriptedLedger ledger;

    @BeforeEach
    void forgetEarlierQuestions() {
        ledger.asked().clear();
    }

    @Test
    void aLinkedQuestionSurvivesTheSignInAndIsAuditedOnce() throws IOException {
        ledger.answersWith(Samples.stillHeld());
        int linesBefore = auditLines().size();
        page.navigate(url(LINK));
        assertThat(page).hasURL(url("/login"));
        checkAccessibility();
        screenshot("sign-in-light");
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);

        assertThat(verdict()).containsText("Subscriber S-1022 (2001:db8:1::22) held 203.0.113.7:40123");
        assertThat(page.getByLabel("Case", new Page.GetByLabelOptions().setExact(true)))
                .hasValue("C-2026-117");
        assertThat(page.getByLabel("Address, port and time")).hasValue("203.0.113.7:40123 2026-11-23T14:02:07.000Z");
        List<JsonNode> added = auditLines().subList(linesBefore, auditLines().size());
        assertThat(added)
                .extracting(line -> line.path("event").asString())
                .containsExactly("SIGNED_IN", "QUESTION", "ANSWER");
        assertThat(added.get(1).path("from").asString()).isEqualTo("127.0.0.1");
        checkAccessibility();
    }

    @Test
    void theKeyboardAloneIsEnough() {
        ledger.answersWith(Samples.stillHeld());
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        Locator line = page.getByLabel("Address, port and time");
        assertThat(line).isFocused();

        page.keyboard().type("203.0.113.7 40123 2026-11-23 15:02:07 +01:00");
        page.keyboard().press("Enter");
        assertThat(answer()).containsText("The case is missing");
        assertThat(page.getByLabel("Case", new Page.GetByLabelOptions().setExact(true)))
                .isFocused();
        assertThat(ledger.asked()).isEmpty();

        page.keyboard().type("C-2026-117");
        page.keyboard().press("Enter");
        assertThat(verdict()).containsText("held 203.0.113.7:40123");
        assertThat(ledger.asked()).hasSize(1);
        assertThat(page).hasURL(Pattern.compile(".*\\?.*port=40123.*"));
        assertThat(URI.create(page.url()).getQuery().split("&"))
                .containsExactlyInAnyOrder(
                        "ip=203.0.113.7",
                        "port=40123",
                        "time=2026-11-23T14:02:07.000Z",
                        "tolerance=0s",
                        "case=C-2026-117");

        page.keyboard().press("Control+k");
        assertThat(line).isFocused();
        page.keyboard().press("Enter");
        page.waitForCondition(() -> ledger.asked().size() == 2);
    }

    @Test
    void aCopiedLinkOpensTheSameAnswerAndBackAsksTheEarlierQuestionAgain() {
        ledger.answersWith(Samples.stillHeld());
        page.navigate(url(LINK));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        assertThat(verdict()).isVisible();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Copy link"))
                .click();
        assertThat(page.getByText("The link to this question is in the clipboard"))
                .isVisible();
        String copied = Objects.requireNonNull(page.evaluate("navigator.clipboard.readText()"))
                .toString();
        Page other = context.newPage();
        other.navigate(copied);
        assertThat(other.locator(".verdict")).containsText("held 203.0.113.7:40123");
        assertThat(ledger.asked()).hasSize(2).allMatch(ledger.asked().getFirst()::equals);
        other.close();

        Locator portField = page.getByRole(
                AriaRole.TEXTBOX, new Page.GetByRoleOptions().setName("Port").setExact(true));
        portField.fill("40124");
        portField.press("Enter");
        assertThat(page).hasURL(Pattern.compile(".*port=40124.*"));
        page.waitForCondition(() -> ledger.asked().size() == 3);
        page.goBack();
        page.waitForCondition(() -> ledger.asked().size() == 4);
        assertThat(ledger.asked().getLast().port()).isEqualTo(40_123);
        assertThat(portField).hasValue("40123");
    }

    @Test
    void aLinkOnAnotherSiteAsksForAClickAndKeepsTheSession() {
        ledger.answersWith(Samples.stillHeld());
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        assertThat(page.getByLabel("Address, port and time")).isVisible();
        page.route(
                "http://" + TICKETS + "/",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setContentType("text/html")
                        .setBody("<title>Ticket</title><a href=\"%s\">abuse</a>"
                                .formatted(url(LINK).replace("&", "&amp;")))));
        page.navigate("http://" + TICKETS + "/");
        page.getByText("abuse").click();
        assertThat(page.getByText("A link on another site leads here")).isVisible();
        assertThat(ledger.asked()).isEmpty();
        screenshot("foreign-link-light");
        checkAccessibility();
        page.getByText("Open the question").click();
        assertThat(verdict()).containsText("held 203.0.113.7:40123");
        assertThat(ledger.asked()).hasSize(1);
    }

    @Test
    void aQuestionWithoutAnOpenCaseLeadsToOneAndIsAskedThen() {
        ledger.answersWith(Samples.stillHeld());
        String reference = "N-" + System.nanoTime();
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        page.navigate(url(LINK.replace("C-2026-117", reference)));
        assertThat(answer()).containsText("There is no case " + reference);
        assertThat(ledger.asked()).isEmpty();
        look("case-missing", ColorScheme.LIGHT);

        page.getByText("Open or look at cases").click();
        assertThat(page.getByLabel("Reference")).hasValue(reference);
        assertThat(page.getByLabel("May be asked about from")).hasValue("2026-11-22T14:02:07.000Z");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Open case"))
                .click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("The legal basis is missing");
        page.getByLabel("Legal basis").first().click();
        page.getByRole(AriaRole.OPTION, new Page.GetByRoleOptions().setName("Court order"))
                .click();
        look("case-opening", ColorScheme.LIGHT);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Open case"))
                .click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("The case " + reference + " is open");

        page.navigate(url(LINK.replace("C-2026-117", reference)));
        assertThat(verdict()).containsText("held 203.0.113.7:40123");
        page.navigate(url(LINK.replace("C-2026-117", reference).replace("2026-11-23", "2026-11-20")));
        assertThat(answer()).containsText("does not allow this question");

        page.navigate(url("/cases"));
        page.getByLabel("Close " + reference).click();
        page.getByLabel("Remark").fill("answered");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("The case " + reference + " is closed");
        assertThat(page.getByText("answered")).isVisible();
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
            look("cases", scheme);
        }
        page.navigate(url(LINK.replace("C-2026-117", reference)));
        assertThat(answer()).containsText("is closed");
        assertThat(ledger.asked()).hasSize(1);
    }

    @Test
    void aWrongPasswordStaysOutside() {
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, "wrong");
        assertThat(page.getByText("Not signed in")).isVisible();
        assertThat(page).hasURL(Pattern.compile(".*/login\\?error"));
        page.navigate(url("/"));
        assertThat(page).hasURL(url("/login"));
    }

    @Test
    void afterSigningOutTheViewIsClosed() {
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                .click();
        assertThat(page.getByLabel("Password").first()).isVisible();
        page.navigate(url("/"));
        assertThat(page).hasURL(url("/login"));
    }

    @Test
    void theChosenColourSchemeIsRemembered() {
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        assertThat(background()).isEqualTo("rgb(238, 241, 244)");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Colour scheme"))
                .or(page.getByRole(AriaRole.COMBOBOX, new Page.GetByRoleOptions().setName("Colour scheme")))
                .first()
                .click();
        page.getByRole(AriaRole.OPTION, new Page.GetByRoleOptions().setName("Dark"))
                .click();
        page.waitForFunction("getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 22)'");
        page.reload();
        assertThat(page.getByLabel("Address, port and time")).isVisible();
        assertThat(background()).isEqualTo("rgb(14, 17, 22)");
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void everyKindOfAnswerCanBeSeenByEverybody(ColorScheme scheme) {
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        assertThat(answer()).containsText("No question yet");
        show(Samples.held(1234, new PortSet(6, 8, 52)), "held");
        look("held", scheme);
        show(Samples.ambiguous(), "ambiguous");
        look("ambiguous", scheme);
        show(Samples.notHeldAndIncomplete(), "not-held");
        look("not-held-incomplete", scheme);
        ledger.isOutOfReach();
        page.navigate(url(LINK));
        assertThat(answer()).containsText("The ledger does not answer");
        look("ledger-out-of-reach", scheme);
    }

    @Test
    void theOtherStatesCanBeSeenToo() {
        page.navigate(url("/"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        assertThat(answer()).containsText("No question yet");
        look("empty", ColorScheme.LIGHT);
        show(Samples.block(), "held");
        look("held-block", ColorScheme.LIGHT);
        page.navigate(url("/?ip=203.0.113.7&port=99999&time=noon"));
        assertThat(answer()).containsText("Not asked yet");
        look("problems", ColorScheme.LIGHT);
        page.setViewportSize(420, 900);
        show(Samples.held(1234, new PortSet(6, 8, 52)), "held");
        look("narrow", ColorScheme.LIGHT);
    }

    private void show(Answer answer, String look) {
        ledger.answersWith(answer);
        page.navigate(url("/?ip=203.0.113.7&port=" + answer.question().port()
                + "&time=2026-11-23T14:02:07Z&tolerance="
                + answer.question().tolerance().toSeconds() + "s&case=C-2026-117"));
        assertThat(page.locator(".verdict." + look)).isVisible();
    }

    private void look(String name, ColorScheme scheme) {
        screenshot(name + "-" + scheme.name().toLowerCase(java.util.Locale.ROOT));
        checkAccessibility();
    }

    private String background() {
        return Objects.requireNonNull(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                .toString();
    }

    private Locator verdict() {
        return page.locator(".verdict");
    }

    private Locator answer() {
        return page.locator(".answer");
    }
}
