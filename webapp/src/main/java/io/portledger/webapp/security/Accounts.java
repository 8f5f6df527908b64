package io.portledger.webapp.security;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * The local users. They stand in {@code users.json} in the data directory; each change is on the disk before it holds.
 *
 * <p>If there is no such file, the user {@value #FIRST_USER} is made with a random password, which is printed once and
 * kept only as a hash. If there is no {@code operator.token}, a new API token of that user is written there, readable by
 * the file's owner alone, and the old one is void.
 *
 * <p>Safe for use by several threads. Who may change what is {@link AccountDesk}'s matter.
 */
public final class Accounts {

    /** The user of the first start. */
    public static final String FIRST_USER = "operator";

    /** What the first user may do: all that one person alone needs to try the application. */
    static final Set<Role> ROLES_OF_THE_FIRST_USER =
            Set.of(Role.ADMIN, Role.LI_OFFICER, Role.ANALYST, Role.NOC, Role.AUDITOR);

    /** What the token in {@code operator.token} may do. */
    static final Set<Role> SCOPES_OF_THE_TOKEN_FILE = Set.of(Role.LI_OFFICER, Role.ANALYST, Role.NOC);

    private static final Logger LOG = LoggerFactory.getLogger(Accounts.class);

    private static final String USERS_FILE = "users.json";
    private static final String TOKEN_FILE = "operator.token";
    private static final Duration USE_IS_NOTED_EVERY = Duration.ofHours(1);

    private final UsersFile file;
    private final PasswordEncoder encoder;
    private final Clock clock;
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private volatile Snapshot snapshot;

    private record Snapshot(Map<String, Account> byName, Map<String, Account> byTokenHash) {

        static Snapshot of(Collection<Account> accounts) {
            Map<String, Account> byName = new LinkedHashMap<>();
            Map<String, Account> byTokenHash = new LinkedHashMap<>();
            for (Account account : accounts) {
                byName.put(account.name(), account);
                account.tokens().forEach(token -> byTokenHash.put(token.hash(), account));
            }
            return new Snapshot(byName, byTokenHash);
        }
    }

    private Accounts(UsersFile file, PasswordEncoder encoder, Clock clock, Collection<Account> accounts) {
        this.file = file;
        this.encoder = encoder;
        this.clock = clock;
        this.snapshot = Snapshot.of(accounts);
    }

    /**
     * Reads the users, and makes what is missing.
     *
     * @param console where a new password is printed
     * @throws IllegalStateException if {@code users.json} cannot be understood
     */
    public static Accounts open(Path dataDirectory, PasswordEncoder encoder, Clock clock, PrintStream console)
            throws IOException {
        UsersFile file = new UsersFile(dataDirectory.resolve(USERS_FILE));
        Path tokenFile = dataDirectory.resolve(TOKEN_FILE);
        Map<String, Account> accounts = new LinkedHashMap<>();
        if (file.exists()) {
            UsersFile.Content content = file.read();
            content.accounts().forEach(account -> accounts.put(account.name(), account));
            noteWhatIsOld(content, file, console);
        } else {
            String password = Secrets.password();
            Account first =
                    new Account(FIRST_USER, hash(encoder, password), true, false, ROLES_OF_THE_FIRST_USER, List.of());
            accounts.put(FIRST_USER, first);
            file.write(accounts.values());
            announce(password, file.path(), console);
        }
        Account operator = accounts.get(FIRST_USER);
        if (operator != null && !isSomebodys(tokenFile, accounts.values())) {
            String secret = Secrets.token();
            List<ApiToken> tokens = new ArrayList<>(operator.tokens().stream()
                    .filter(token -> !token.name().equals(TOKEN_FILE) && token.created() != null)
                    .toList());
            tokens.add(new ApiToken(
                    Secrets.tokenId(),
                    TOKEN_FILE,
                    Secrets.hashOfToken(secret),
                    SCOPES_OF_THE_TOKEN_FILE,
                    clock.instant(),
                    null,
                    null));
            accounts.put(FIRST_USER, operator.withTokens(tokens));
            file.write(accounts.values());
            UsersFile.write(tokenFile, (secret + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return new Accounts(file, encoder, clock, accounts.values());
    }

    private static void noteWhatIsOld(UsersFile.Content content, UsersFile file, PrintStream console) {
        if (content.hasOldRole()) {
            console.println(file.path() + ": the role " + UsersFile.OLD_ROLE + " is no more; it is read as "
                    + EnumSet.copyOf(UsersFile.OF_OLD_ROLE) + ".");
        }
        if (content.accounts().stream().noneMatch(Account::isActiveAdmin)) {
            console.println(file.path() + ": no user has the role " + Role.ADMIN
                    + ", so users cannot be changed in the browser. Stop the application, add \"" + Role.ADMIN
                    + "\" to the roles of one, and start again.");
        }
        console.flush();
    }

    /** Whether the file holds a token of one of the users; one that was left behind by former users opens nothing. */
    private static boolean isSomebodys(Path tokenFile, Collection<Account> accounts) throws IOException {
        if (!Files.exists(tokenFile)) {
            return false;
        }
        String hash = Secrets.hashOfToken(Files.readString(tokenFile).strip());
        return accounts.stream()
                .flatMap(account -> account.tokens().stream())
                .anyMatch(token -> token.hash().equals(hash));
    }

    /** All users in the order in which they were added. */
    List<Account> all() {
        return List.copyOf(snapshot.byName().values());
    }

    /** The user of that name, also if disabled. */
    Optional<Account> byName(String name) {
        return Optional.ofNullable(snapshot.byName().get(name));
    }

    /** The user for whom an API token stands, unless the token is void or the user is disabled. Notes that it was used. */
    Optional<SignedInUser> byToken(String secret) {
        String hash = Secrets.hashOfToken(secret);
        Account account = snapshot.byTokenHash().get(hash);
        if (account == null || account.disabled()) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        Optional<ApiToken> token = account.tokens().stream()
                .filter(candidate -> candidate.hash().equals(hash) && !candidate.isExpired(now))
                .findFirst();
        token.ifPresent(used -> noteUse(account.name(), used, now));
        return token.map(used -> SignedInUser.byToken(account, used));
    }

    /** Whether the password is that of the user. Takes its time. */
    boolean isPassword(Account account, String password) {
        return encoder.matches(password, account.password());
    }

    /** The hash of a password. Takes its time. */
    String hash(String password) {
        return hash(encoder, password);
    }

    private static String hash(PasswordEncoder encoder, String password) {
        String hash = encoder.encode(password);
        if (hash == null) {
            throw new IllegalStateException("the password encoder gave no hash");
        }
        return hash;
    }

    /** Has somebody told the name of each user whose open sessions must end. */
    void whenRightsChange(Consumer<String> listener) {
        listeners.add(listener);
    }

    /**
     * Adds a user.
     *
     * @param first what to do before, if it can be done
     * @throws AccountException if there is one of that name, or it cannot be written
     */
    synchronized void add(Account account, Runnable first) {
        if (snapshot.byName().keySet().stream().anyMatch(name -> name.equalsIgnoreCase(account.name()))) {
            throw new AccountException("There is already a user " + account.name() + ".");
        }
        List<Account> all = new ArrayList<>(all());
        all.add(account);
        first.run();
        save(all);
    }

    /**
     * Changes a user, and tells the listeners if what the user may do is another.
     *
     * @param change gives the account as it shall be
     * @param first what to do before, if it can be done and is a change
     * @throws AccountException if there is no such user, nobody could keep users afterwards, or it cannot be written
     */
    Account change(String name, UnaryOperator<Account> change, Runnable first) {
        Account before;
        Account after;
        synchronized (this) {
            before = byName(name).orElseThrow(() -> new AccountException("There is no user " + name + "."));
            after = change.apply(before);
            if (after.equals(before)) {
                return after;
            }
            Account replacement = after;
            List<Account> all = all().stream()
                    .map(account -> account.name().equals(name) ? replacement : account)
                    .toList();
            if (before.isActiveAdmin() && all.stream().noneMatch(Account::isActiveAdmin)) {
                throw new AccountException(
                        name + " is the last user with the role " + Role.ADMIN + ": give it to somebody else first.");
            }
            first.run();
            save(all);
        }
        if (!before.allowsTheSameAs(after)) {
            listeners.forEach(listener -> listener.accept(name));
        }
        return after;
    }

    private void save(List<Account> accounts) {
        try {
            file.write(accounts);
        } catch (IOException e) {
            throw new AccountException("The change cannot be kept: " + e.getMessage() + ".", e);
        }
        snapshot = Snapshot.of(accounts);
    }

    private void noteUse(String name, ApiToken token, Instant now) {
        Instant last = token.lastUsed();
        if (last != null && now.isBefore(last.plus(USE_IS_NOTED_EVERY))) {
            return;
        }
        try {
            change(
                    name,
                    account -> account.withTokens(account.tokens().stream()
                            .map(other -> other.id().equals(token.id()) ? other.usedAt(now) : other)
                            .toList()),
                    () -> {});
        } catch (AccountException e) {
            LOG.warn("That a token of {} was used is not noted: {}", name, e.getMessage());
        }
    }

    private static void announce(String password, Path usersFile, PrintStream console) {
        List<String> lines = List.of(
                "First start: a user was made. The password is shown this once and kept only as a hash.",
                "",
                "    user      " + FIRST_USER,
                "    password  " + password,
                "",
                "It must be changed at the first sign-in. The user has the roles",
                "    "
                        + String.join(
                                ", ",
                                ROLES_OF_THE_FIRST_USER.stream()
                                        .sorted()
                                        .map(Role::name)
                                        .toList()) + ":",
                "give them to different people before this serves real requests (view Users).",
                "Lost it? Stop the application, move " + usersFile + " away and start again.");
        int width = lines.stream().mapToInt(String::length).max().orElseThrow();
        StringBuilder box = new StringBuilder(System.lineSeparator());
        box.append("╔").repeat("═", width + 4).append("╗").append(System.lineSeparator());
        for (String line : lines) {
            box.append("║  ").append(line).repeat(" ", width - line.length()).append("  ║");
            box.append(System.lineSeparator());
        }
        box.append("╚").repeat("═", width + 4).append("╝");
        console.println(box);
        console.flush();
    }
}
