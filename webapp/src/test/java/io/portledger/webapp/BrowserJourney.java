package io.portledger.webapp;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real browser before the real application: nothing may be fetched from elsewhere, and no error be logged. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@Import(TestApplication.class)
abstract class BrowserJourney {

    /** Another site, which the tests play. */
    static final String TICKETS = "tickets.example";

    private static final Path SCREENS = Path.of("target/screens");

    /** For a cold server and a cold browser on a busy machine. */
    private static final double PATIENCE_MILLIS = 60_000;

    private static Chromium chromium;

    @LocalServerPort
    private int port;

    @Autowired
    private DataDirectory directory;

    BrowserContext context;
    Page page;
    private final List<String> complaints = new ArrayList<>();

    @BeforeAll
    static void startBrowser() {
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        chromium = new Chromium();
    }

    @AfterAll
    static void stopBrowser() {
        chromium.close();
    }

    @BeforeEach
    void openPage() {
        context = newContext();
        page = newPage(context);
    }

    @AfterEach
    void nothingWasBlockedOrFetchedElsewhere() {
        context.close();
        assertThat(complaints).isEmpty();
    }

    /** As another person with an own browser would have it. */
    BrowserContext newContext() {
        BrowserContext made = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(1280, 800)
                        .setColorScheme(ColorScheme.LIGHT)
                        .setPermissions(List.of("clipboard-read", "clipboard-write")));
        made.setDefaultTimeout(PATIENCE_MILLIS);
        return made;
    }

    Page newPage(BrowserContext of) {
        Page made = of.newPage();
        made.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                complaints.add(message.text());
            }
        });
        made.onRequest(request -> {
            String host = URI.create(request.url().replace(' ', '+')).getHost();
            if (host != null && !host.equals("127.0.0.1") && !host.equals(TICKETS)) {
                complaints.add("a request to " + host);
            }
        });
        return made;
    }

    void screenshot(String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENS.resolve(name + ".png"))
                .setFullPage(true));
    }

    void checkAccessibility() {
        List<String> violations = new ArrayList<>();
        for (Rule rule : new AxeBuilder(page)
                .withTags(List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"))
                .analyze()
                .getViolations()) {
            violations.add(rule.getId() + ": " + rule.getHelp() + " " + rule.getNodes());
        }
        assertThat(violations).isEmpty();
    }

    void signIn(String name, String password) {
        signIn(page, name, password);
    }

    static void signIn(Page page, String name, String password) {
        page.getByLabel("User").first().fill(name);
        page.getByLabel("Password").first().fill(password);
        page.keyboard().press("Enter");
        page.waitForURL(url -> !url.endsWith("/login"));
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    List<JsonNode> auditLines() throws IOException {
        return Files.readAllLines(directory.file("audit.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }
}
