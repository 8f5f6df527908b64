package io.portledger.webapp.security;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.crypto.password.PasswordEncoder;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The local users, read from {@code users.json} in the data directory when the application starts.
 *
 * <p>If there is no such file, the user {@value #FIRST_USER} is made with a random password, which is printed once and
 * kept only as a hash. If there is no {@code operator.token}, a new API token of that user is written there, readable by
 * the file's owner alone, and the old one is void.
 */
public final class Accounts {

    /** The user of the first start. */
    public static final String FIRST_USER = "operator";

    private static final String USERS_FILE = "users.json";
    private static final String TOKEN_FILE = "operator.token";
    private static final int PASSWORD_LENGTH = 20;
    /** Without letters and digits that look alike. */
    private static final String PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Map<String, Account> byName;
    private final Map<String, Account> byTokenHash;

    private Accounts(Map<String, Account> byName) {
        this.byName = Map.copyOf(byName);
        Map<String, Account> tokens = new LinkedHashMap<>();
        byName.values().forEach(account -> account.tokens().forEach(hash -> tokens.put(hash, account)));
        this.byTokenHash = Map.copyOf(tokens);
    }

    /**
     * Reads the users, and makes what is missing.
     *
     * @param console where a new password is printed
     * @throws IllegalStateException if {@code users.json} cannot be understood
     */
    public static Accounts open(Path dataDirectory, PasswordEncoder encoder, PrintStream console) throws IOException {
        Path usersFile = dataDirectory.resolve(USERS_FILE);
        Path tokenFile = dataDirectory.resolve(TOKEN_FILE);
        Map<String, Account> accounts = new LinkedHashMap<>();
        if (Files.exists(usersFile)) {
            read(usersFile).forEach(account -> accounts.put(account.name(), account));
        } else {
            String password = randomPassword();
            String hash = encoder.encode(password);
            if (hash == null) {
                throw new IllegalStateException("the password encoder gave no hash");
            }
            Account first = new Account(FIRST_USER, hash, EnumSet.allOf(Role.class), List.of());
            accounts.put(FIRST_USER, first);
            write(usersFile, JSON.writeValueAsBytes(accounts.values()));
            announce(password, usersFile, console);
        }
        Account operator = accounts.get(FIRST_USER);
        if (operator != null && !isSomebodys(tokenFile, accounts.values())) {
            String token = randomToken();
            accounts.put(FIRST_USER, operator.withTokens(List.of(hashOfToken(token))));
            write(usersFile, JSON.writeValueAsBytes(accounts.values()));
            write(tokenFile, (token + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return new Accounts(accounts);
    }

    /** Whether the file holds a token of one of the users; one that was left behind by former users opens nothing. */
    private static boolean isSomebodys(Path tokenFile, Collection<Account> accounts) throws IOException {
        if (!Files.exists(tokenFile)) {
            return false;
        }
        String hash = hashOfToken(Files.readString(tokenFile).strip());
        return accounts.stream().anyMatch(account -> account.tokens().contains(hash));
    }

    /** The user of that name. */
    public Optional<UserDetails> byName(String name) {
        return Optional.ofNullable(byName.get(name)).map(Accounts::details);
    }

    /** The user for whom an API token stands. */
    public Optional<UserDetails> byToken(String token) {
        return Optional.ofNullable(byTokenHash.get(hashOfToken(token))).map(Accounts::details);
    }

    private static UserDetails details(Account account) {
        return User.withUsername(account.name())
                .password(account.password())
                .roles(account.roles().stream().map(Role::name).toArray(String[]::new))
                .build();
    }

    private static List<Account> read(Path usersFile) throws IOException {
        try {
            return List.of(JSON.readValue(Files.readAllBytes(usersFile), Account[].class));
        } catch (JacksonException e) {
            throw new IllegalStateException(
                    usersFile + " cannot be understood: " + e.getOriginalMessage()
                            + ". Mend it, or move it away to begin with a new user " + FIRST_USER + ".",
                    e);
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(draft);
        boolean isPosix = Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix");
        FileAttribute<?>[] ownerOnly = isPosix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Files.createFile(draft, ownerOnly);
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void announce(String password, Path usersFile, PrintStream console) {
        List<String> lines = List.of(
                "First start: a user was made. The password is shown this once and kept only as a hash.",
                "",
                "    user      " + FIRST_USER,
                "    password  " + password,
                "",
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

    private static String randomPassword() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder();
        for (int i = 0; i < PASSWORD_LENGTH; i++) {
            password.append(PASSWORD_ALPHABET.charAt(random.nextInt(PASSWORD_ALPHABET.length())));
        }
        return password.toString();
    }

    private static String randomToken() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return "portledger_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** One round suffices: a token has 256 random bits, so there is nothing to guess. */
    private static String hashOfToken(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
