package io.portledger.webapp.security;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code users.json}: replaced as a whole and at once, readable by its owner alone. Not safe for use by several threads.
 *
 * <p>Two older forms are read: the role {@value #OLD_ROLE}, and tokens that are a bare hash.
 */
final class UsersFile {

    /** The one role that there was: it is read as {@link #OF_OLD_ROLE}. */
    static final String OLD_ROLE = "LOOKUP";

    static final Set<Role> OF_OLD_ROLE = Set.of(Role.LI_OFFICER, Role.ANALYST);

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Path path;
    /** As this program read or wrote it last. */
    private byte @Nullable [] known;

    UsersFile(Path path) {
        this.path = path;
    }

    /**
     * What the file holds.
     *
     * @param accounts the users
     * @param hasOldRole whether one of them had {@value #OLD_ROLE}
     */
    record Content(List<Account> accounts, boolean hasOldRole) {}

    Path path() {
        return path;
    }

    boolean exists() {
        return Files.exists(path);
    }

    /**
     * Reads it.
     *
     * @throws IllegalStateException if it cannot be understood
     */
    Content read() throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        List<Account> accounts = new ArrayList<>();
        boolean hasOldRole = false;
        try {
            JsonNode users = JSON.readTree(bytes);
            if (!users.isArray()) {
                throw new IllegalArgumentException("it is no list of users");
            }
            for (JsonNode user : users) {
                Account account = account(user);
                if (accounts.stream().anyMatch(other -> other.name().equals(account.name()))) {
                    throw new IllegalArgumentException("there are two users " + account.name());
                }
                accounts.add(account);
                hasOldRole |= hasOldRole(user);
            }
        } catch (JacksonException e) {
            throw notUnderstood(e.getOriginalMessage(), e);
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw notUnderstood(e.getMessage(), e);
        }
        known = bytes;
        return new Content(accounts, hasOldRole);
    }

    /**
     * Replaces it.
     *
     * @throws IOException if that fails, or somebody else changed the file; it is then as it was
     */
    void write(Collection<Account> accounts) throws IOException {
        if (known != null && !(exists() && Arrays.equals(known, Files.readAllBytes(path)))) {
            throw new IOException(path + " was changed from outside while the application runs; restart it");
        }
        ArrayNode users = JSON.createArrayNode();
        accounts.forEach(account -> users.add(json(account)));
        byte[] bytes = JSON.writeValueAsBytes(users);
        write(path, bytes);
        known = bytes;
    }

    /** Writes a file that its owner alone may read, all of it or nothing. */
    static void write(Path file, byte[] content) throws IOException {
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

    private static Account account(JsonNode user) {
        List<ApiToken> tokens = new ArrayList<>();
        for (JsonNode token : user.path("tokens")) {
            tokens.add(token(token));
        }
        return new Account(
                user.path("name").asString(""),
                user.path("password").asString(""),
                user.path("mustChangePassword").asBoolean(false),
                user.path("disabled").asBoolean(false),
                roles(user.path("roles")),
                tokens);
    }

    private static ApiToken token(JsonNode token) {
        if (token.isString()) {
            String hash = token.asString();
            return new ApiToken(
                    hash.substring(0, Math.min(8, hash.length())),
                    "older token",
                    hash,
                    Accounts.SCOPES_OF_THE_TOKEN_FILE,
                    null,
                    null,
                    null);
        }
        return new ApiToken(
                token.path("id").asString(""),
                token.path("name").asString(""),
                token.path("hash").asString(""),
                roles(token.path("scopes")),
                instant(token.path("created")),
                instant(token.path("expires")),
                instant(token.path("lastUsed")));
    }

    private static Set<Role> roles(JsonNode names) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (JsonNode name : names) {
            String text = name.asString("");
            if (text.equals(OLD_ROLE)) {
                roles.addAll(OF_OLD_ROLE);
            } else {
                try {
                    roles.add(Role.valueOf(text));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "\"" + text + "\" is no role (allowed: " + Arrays.toString(Role.values()) + ")", e);
                }
            }
        }
        return roles;
    }

    private static boolean hasOldRole(JsonNode user) {
        for (JsonNode role : user.path("roles")) {
            if (role.asString("").equals(OLD_ROLE)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Instant instant(JsonNode text) {
        return text.isString() ? Instant.parse(text.asString()) : null;
    }

    private static ObjectNode json(Account account) {
        ObjectNode user = JSON.createObjectNode();
        user.put("name", account.name());
        user.put("password", account.password());
        user.put("mustChangePassword", account.mustChangePassword());
        user.put("disabled", account.disabled());
        put(user.putArray("roles"), account.roles());
        ArrayNode tokens = user.putArray("tokens");
        for (ApiToken token : account.tokens()) {
            ObjectNode node = tokens.addObject();
            node.put("id", token.id());
            node.put("name", token.name());
            node.put("hash", token.hash());
            put(node.putArray("scopes"), token.scopes());
            put(node, "created", token.created());
            put(node, "expires", token.expires());
            put(node, "lastUsed", token.lastUsed());
        }
        return user;
    }

    private static void put(ArrayNode array, Set<Role> roles) {
        roles.stream().sorted().map(Role::name).forEach(array::add);
    }

    private static void put(ObjectNode node, String name, @Nullable Instant instant) {
        if (instant != null) {
            node.put(name, instant.toString());
        }
    }

    private IllegalStateException notUnderstood(@Nullable String why, Exception cause) {
        return new IllegalStateException(
                path + " cannot be understood: " + why + ". Mend it, or move it away to begin with a new user "
                        + Accounts.FIRST_USER + ".",
                cause);
    }
}
