package io.portledger.webapp;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Users, their rights and their passwords, as people meet them in a real browser. */
class AccountsBrowserIT extends BrowserJourney {

    private static final String OWN_PASSWORD = "kettle moss orbit 17";

    @Test
    void anAdminAddsAUserWhoChoosesAPasswordAndMayDoWhatTheRoleSays() throws IOException {
        page.navigate(url("/users"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        Locator form = page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("Add a user"));
        form.getByLabel("Name", new Locator.GetByLabelOptions().setExact(true)).fill("frida");
        form.getByLabel(Pattern.compile("^NOC")).check();
        button(page, "Add user").click();
        String first = page.locator(".notice.secret code").textContent().strip();
        assertThat(first).hasSize(20);

        BrowserContext elsewhere = newContext();
        Page frida = newPage(elsewhere);
        frida.navigate(url("/findings"));
        signIn(frida, "frida", first);
        assertThat(frida.getByText("Choose a password of your own first")).isVisible();
        assertThat(frida).hasURL(Pattern.compile(".*/account"));
        frida.navigate(url("/findings"));
        assertThat(frida.getByText("Choose a password of your own first")).isVisible();
        changePassword(frida, first, "password1234");
        assertThat(frida.getByText("one of those that are tried first")).isVisible();
        changePassword(frida, first, OWN_PASSWORD);
        assertThat(frida).hasURL(url("/login"));

        signIn(frida, "frida", OWN_PASSWORD);
        assertThat(frida.getByText("Findings of the last seven days")).isVisible();
        assertThat(frida.getByRole(AriaRole.NAVIGATION)).hasText("Findings");
        elsewhere.close();

        assertThat(auditLines())
                .extracting(line ->
                        line.path("event").asString() + " " + line.path("who").asString())
                .containsSubsequence(
                        "USER_ADDED operator",
                        "SIGNED_IN frida",
                        "PASSWORD_CHANGED frida",
                        "SIGNED_OUT frida",
                        "SIGNED_IN frida");
        assertThat(auditLines().toString()).doesNotContain(first).doesNotContain(OWN_PASSWORD);
    }

    @Test
    void whoIsDisabledIsOutAtOnce() {
        BrowserContext elsewhere = newContext();
        Page nora = newPage(elsewhere);
        nora.navigate(url("/"));
        signIn(nora, TestApplication.NOC, TestApplication.PASSWORD);
        assertThat(nora.getByText("Findings of the last seven days")).isVisible();

        page.navigate(url("/users?user=" + TestApplication.NOC));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        button(page, "Disable").click();
        assertThat(page.getByText("nora is disabled")).isVisible();
        assertThat(nora).hasURL(url("/login"));
        nora.getByLabel("User").first().fill(TestApplication.NOC);
        nora.getByLabel("Password").first().fill(TestApplication.PASSWORD);
        nora.keyboard().press("Enter");
        assertThat(nora.getByText("Not signed in")).isVisible();
        elsewhere.close();
        button(page, "Enable").click();
        assertThat(page.getByText("nora may sign in again")).isVisible();
    }

    @Test
    void theSessionHasAnotherIdAfterTheSignIn() {
        page.navigate(url("/login"));
        String before = session();
        signIn(TestApplication.NOC, TestApplication.PASSWORD);
        assertThat(page.getByText("Findings of the last seven days")).isVisible();
        assertThat(session()).isNotEqualTo(before);
    }

    private String session() {
        return context.cookies().stream()
                .filter(cookie -> cookie.name.equals("JSESSIONID"))
                .findFirst()
                .orElseThrow()
                .value;
    }

    @Test
    void whoMayNotDoesNotGetThere() {
        page.navigate(url("/"));
        signIn(TestApplication.NOC, TestApplication.PASSWORD);
        assertThat(page.getByText("Findings of the last seven days")).isVisible();
        for (String path : List.of("/users", "/audit")) {
            page.navigate(url(path));
            assertThat(page.locator("body")).containsText("Could not navigate");
        }
    }

    @Test
    void aTokenIsShownOnceAndCanBeRevoked() {
        page.navigate(url("/account"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        Locator form = page.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("New API token"));
        form.getByLabel("Name", new Locator.GetByLabelOptions().setExact(true)).fill("nightly report");
        form.getByLabel(Pattern.compile("^NOC")).check();
        button(page, "Create token").click();
        assertThat(page.locator(".notice.secret code")).hasText(Pattern.compile("portledger_.{43}"));
        button(page, "Revoke nightly report").click();
        assertThat(page.getByText("The token nightly report is void.")).isVisible();
        assertThat(page.locator(".notice.secret")).hasCount(0);
    }

    @Test
    void anAuditorReadsAndVerifiesTheLog() {
        page.navigate(url("/audit?event=SIGNED_IN"));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        Locator rows = page.locator(".rows tbody tr");
        assertThat(rows.first()).containsText("SIGNED_IN");
        assertThat(page.getByLabel("Event")).hasValue("SIGNED_IN");
        button(page, "Verify the whole log").click();
        assertThat(page.getByText("lines are as they were written")).isVisible();
        page.getByLabel("Event").fill("audit_verified");
        button(page, "Show").click();
        assertThat(rows.first()).containsText("AUDIT_VERIFIED");
        assertThat(page).hasURL(Pattern.compile(".*/audit\\?event=audit_verified"));
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void theViewsCanBeUsedByEverybody(ColorScheme scheme) {
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
        page.navigate(url("/users?user=" + TestApplication.BYSTANDER));
        signIn(TestApplication.ASKER, TestApplication.PASSWORD);
        String suffix = "-" + scheme.name().toLowerCase(Locale.ROOT);
        assertThat(button(page, "Save roles")).isVisible();
        button(page, "Reset password").click();
        assertThat(page.locator(".notice.secret code")).isVisible();
        checkAccessibility();
        screenshot("users" + suffix);
        page.navigate(url("/account"));
        assertThat(button(page, "Create token")).isVisible();
        checkAccessibility();
        screenshot("account" + suffix);
        page.navigate(url("/audit"));
        assertThat(page.locator(".rows")).isVisible();
        checkAccessibility();
        screenshot("audit" + suffix);
    }

    private static void changePassword(Page page, String current, String wanted) {
        page.getByLabel("Current password").fill(current);
        page.getByLabel("New password", new Page.GetByLabelOptions().setExact(true))
                .fill(wanted);
        page.getByLabel("New password again").fill(wanted);
        button(page, "Change password").click();
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }
}
