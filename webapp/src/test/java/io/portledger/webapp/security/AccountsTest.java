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
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;

class AccountsTest {

    private static final PasswordEncoder ENCODER =
            new DelegatingPasswordEncoder("bcrypt", Map.of("bcrypt", new BCryptPasswordEncoder(4)));

    @TempDir
    Path directory;

    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    @Test
    void theFirstStartPrintsAPasswordOnceAndKeepsOnlyItsHash() throws IOException {
        Accounts accounts = open();
        String password = printedPassword();
        UserDetails operator = accounts.byName("operator").orElseThrow();
        assertThat(password).hasSize(20);
        assertThat(ENCODER.matches(password, operator.getPassword())).isTrue();
        assertThat(operator.getAuthorities()).extracting(Object::toString).contains("ROLE_LOOKUP");
        assertThat(everythingOnDisk()).doesNotContain(password);

        console.reset();
        UserDetails again = open().byName("operator").orElseThrow();
        assertThat(console.size()).isZero();
        assertThat(again.getPassword()).isEqualTo(operator.getPassword());
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

    private Accounts open() throws IOException {
        return Accounts.open(directory, ENCODER, new PrintStream(console, true, StandardCharsets.UTF_8));
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
