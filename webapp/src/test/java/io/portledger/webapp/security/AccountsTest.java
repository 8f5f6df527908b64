package io.portledger.webapp.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

class AccountsTest {

    private static final PasswordEncoder ENCODER =
            new DelegatingPasswordEncoder("bcrypt", Map.of("bcrypt", new BCryptPasswordEncoder(4)));

    @TempDir
    Path directory;

    private final SettableClock clock = new SettableClock();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    @Test
    void theFirstStartPrintsAPasswordOnceAndKeepsOnlyItsHash() throws IOException {
        Accounts accounts = open();
        String password = printedPassword();
        Account operator = accounts.byName("operator").orElseThrow();
        assertThat(password).hasSize(20);
        assertThat(ENCODER.matches(password, operator.password())).isTrue();
        assertThat(operator.roles())
                .containsExactlyInAnyOrder(Role.ADMIN, Role.LI_OFFICER, Role.ANALYST, Role.NOC, Role.AUDITOR);
        assertThat(operator.mustChangePassword()).isTrue();
        assertThat(console.toString(StandardCharsets.UTF_8))
                .contains("must be changed at the first sign-in", "LI_OFFICER, ANALYST, NOC, AUDITOR, ADMIN");
        assertThat(everythingOnDisk()).doesNotContain(password);

        console.reset();
        Account again = open().byName("operator").orElseThrow();
        assertThat(console.size()).isZero();
        assertThat(again.password()).isEqualTo(operator.password());
    }

    @Test
    void everyFirstStartHasAnotherPassword() throws IOException {
        open();
        String first = printedPassword();
        Files.delete(directory.resolve("users.json"));
        console.reset();
        Accounts accounts = open();
        assertThat(printedPassword()).isNotEqualTo(first);
        String token = Files.readString(directory.resolve("operator.token")).strip();
        assertThat(accounts.byToken(token))
                .as("the former operator's token was replaced")
                .isPresent();
    }

    @Test
    void theTokenIsReadableByItsOwnerOnlyAndKeptElsewhereAsAHash() throws IOException {
        Accounts accounts = open();
        Path file = directory.resolve("operator.token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        String token = Files.readString(file).strip();
        assertThat(accounts.byToken(token).orElseThrow().getUsername()).isEqualTo("operator");
        assertThat(Files.readString(directory.resolve("users.json"))).doesNotContain(token);
        assertThat(console.toString(StandardCharsets.UTF_8)).doesNotContain(token);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("users.json"))))
                .isEqualTo("rw-------");
    }

    @Test
    void theTokenStaysOverARestart() throws IOException {
        open();
        String token = Files.readString(directory.resolve("operator.token")).strip();
        assertThat(open().byToken(token)).isPresent();
    }

    @Test
    void removingTheTokenFileMakesANewTokenAndVoidsTheOld() throws IOException {
        open();
        Path file = directory.resolve("operator.token");
        String old = Files.readString(file).strip();
        Files.delete(file);
        Accounts accounts = open();
        assertThat(accounts.byToken(old)).isEmpty();
        assertThat(accounts.byToken(Files.readString(file).strip())).isPresent();
    }

    @Test
    void unknownNamesAndTokensAreNobody() throws IOException {
        Accounts accounts = open();
        assertThat(accounts.byName("nobody")).isEmpty();
        assertThat(accounts.byToken("")).isEmpty();
        assertThat(accounts.byToken("portledger_x")).isEmpty();
    }

    @Test
    void aUsersFileThatCannotBeUnderstoodStopsTheStartAndIsLeftAlone() throws IOException {
        Path file = directory.resolve("users.json");
        Files.writeString(file, "[{\"name\": \"operator\"");
        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("move it away");
        assertThat(file).hasContent("[{\"name\": \"operator\"");
    }

    @Test
    void aPasswordInTheClearIsRefused() throws IOException {
        Files.writeString(
                directory.resolve("users.json"),
                "[{\"name\": \"operator\", \"password\": \"secret\", \"roles\": [], \"tokens\": []}]");
        assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining("password hash");
    }

    @Test
    void theOldRoleIsReadAsItsTwoSuccessorsAndItIsSaid() throws IOException {
        Files.writeString(directory.resolve("users.json"), """
                [{"name": "agnes", "password": "{bcrypt}x", "roles": ["LOOKUP"], "tokens": ["%s"]}]
                """.formatted(Secrets.hashOfToken("old")));
        Accounts accounts = open();
        assertThat(accounts.byName("agnes").orElseThrow().roles())
                .containsExactlyInAnyOrder(Role.LI_OFFICER, Role.ANALYST);
        assertThat(console.toString(StandardCharsets.UTF_8))
                .contains("LOOKUP is no more", "LI_OFFICER, ANALYST", "no user has the role ADMIN");
        assertThat(accounts.byToken("old").orElseThrow().getAuthorities())
                .as("tokens of then are good for the same")
                .extracting(Object::toString)
                .containsExactlyInAnyOrder("ROLE_LI_OFFICER", "ROLE_ANALYST");
    }

    @Test
    void anUnknownRoleStopsTheStart() throws IOException {
        Files.writeString(
                directory.resolve("users.json"),
                "[{\"name\": \"agnes\", \"password\": \"{bcrypt}x\", \"roles\": [\"GOD\"]}]");
        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("\"GOD\" is no role")
                .hasMessageContaining("AUDITOR");
    }

    @Test
    void whatIsChangedIsThereAfterARestart() throws IOException {
        Accounts accounts = open();
        ApiToken token = new ApiToken(
                "1a2b3c4d",
                "script",
                Secrets.hashOfToken("s"),
                Set.of(Role.NOC),
                clock.instant(),
                clock.instant(),
                null);
        accounts.add(new Account("nora", "{bcrypt}x", true, false, Set.of(Role.NOC), List.of(token)), () -> {});
        accounts.change("nora", account -> account.withDisabled(true), () -> {});
        assertThat(open().byName("nora")).isEqualTo(accounts.byName("nora"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("users.json"))))
                .isEqualTo("rw-------");
    }

    @Test
    void aTokenMayNoMoreThanItsScopesAndNoMoreThanItsUser() throws IOException {
        Accounts accounts = open();
        add(accounts, Set.of(Role.NOC, Role.ADMIN), Set.of(Role.NOC, Role.ANALYST), null);
        assertThat(accounts.byToken("secret").orElseThrow().getAuthorities())
                .extracting(Object::toString)
                .containsExactly("ROLE_NOC");
        accounts.change("nora", account -> account.withRoles(Set.of(Role.ADMIN)), () -> {});
        assertThat(accounts.byToken("secret").orElseThrow().getAuthorities()).isEmpty();
    }

    @Test
    void aTokenIsVoidWhenItExpiresAndWhileItsUserIsDisabled() throws IOException {
        Accounts accounts = open();
        add(accounts, Set.of(Role.NOC), Set.of(Role.NOC), clock.instant().plusSeconds(60));
        accounts.change("nora", account -> account.withDisabled(true), () -> {});
        assertThat(accounts.byToken("secret")).isEmpty();
        accounts.change("nora", account -> account.withDisabled(false), () -> {});
        assertThat(accounts.byToken("secret")).isPresent();
        clock.pass(Duration.ofSeconds(60));
        assertThat(accounts.byToken("secret")).isEmpty();
    }

    @Test
    void theLastUseOfATokenIsKeptToTheHour() throws IOException {
        Accounts accounts = open();
        add(accounts, Set.of(Role.NOC), Set.of(Role.NOC), null);
        Instant first = clock.instant();
        accounts.byToken("secret");
        clock.pass(Duration.ofMinutes(59));
        accounts.byToken("secret");
        assertThat(open().byName("nora").orElseThrow().tokens().getFirst().lastUsed())
                .isEqualTo(first);
        clock.pass(Duration.ofMinutes(1));
        accounts.byToken("secret");
        assertThat(open().byName("nora").orElseThrow().tokens().getFirst().lastUsed())
                .isEqualTo(clock.instant());
    }

    @Test
    void somebodyCanAlwaysKeepUsers() throws IOException {
        Accounts accounts = open();
        assertThatThrownBy(() -> accounts.change("operator", account -> account.withDisabled(true), () -> {}))
                .isInstanceOf(AccountException.class)
                .hasMessageContaining("last user with the role ADMIN");
        assertThatThrownBy(() -> accounts.change("operator", account -> account.withRoles(Set.of(Role.NOC)), () -> {}))
                .isInstanceOf(AccountException.class);
        add(accounts, Set.of(Role.ADMIN), Set.of(), null);
        assertThat(accounts.change("operator", account -> account.withDisabled(true), () -> {})
                        .disabled())
                .isTrue();
    }

    @Test
    void changesAtTheSameTimeAllHold() throws Exception {
        Accounts accounts = open();
        int threads = 8;
        int each = 10;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> results = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                results.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        accounts.add(
                                new Account(
                                        "u" + thread + "-" + i, "{bcrypt}x", true, false, Set.of(Role.NOC), List.of()),
                                () -> {});
                    }
                }));
            }
            for (Future<?> result : results) {
                result.get();
            }
        }
        assertThat(open().all()).hasSize(threads * each + 1);
    }

    @Test
    void aFileThatWasChangedFromOutsideIsNotOverwritten() throws IOException {
        Accounts accounts = open();
        Path file = directory.resolve("users.json");
        String mended = Files.readString(file).replace("operator", "olga");
        Files.writeString(file, mended);
        assertThatThrownBy(() -> add(accounts, Set.of(), Set.of(), null))
                .isInstanceOf(AccountException.class)
                .hasMessageContaining("changed from outside")
                .hasMessageContaining("restart");
        assertThat(file).hasContent(mended);
        assertThat(accounts.byName("nora")).as("what is not kept does not hold").isEmpty();
    }

    private void add(Accounts accounts, Set<Role> roles, Set<Role> scopes, @Nullable Instant expires) {
        ApiToken token = new ApiToken(
                "1a2b3c4d", "script", Secrets.hashOfToken("secret"), scopes, clock.instant(), expires, null);
        accounts.add(new Account("nora", "{bcrypt}x", false, false, roles, List.of(token)), () -> {});
    }

    private Accounts open() throws IOException {
        return Accounts.open(directory, ENCODER, clock, new PrintStream(console, true, StandardCharsets.UTF_8));
    }

    private String printedPassword() {
        Matcher matcher = Pattern.compile("password +(\\w+)").matcher(console.toString(StandardCharsets.UTF_8));
        assertThat(matcher.results().map(result -> result.group(1)).filter(word -> word.length() == 20))
                .hasSize(1);
        matcher.reset();
        while (matcher.find()) {
            if (matcher.group(1).length() == 20) {
                return matcher.group(1);
            }
        }
        throw new AssertionError("no password was printed");
    }

    private String everythingOnDisk() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString();
    }
}
