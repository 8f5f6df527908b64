package io.portledger.lwaftr.radius;

import io.portledger.radius.SharedSecret;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the lwAFTR deals with AAA servers. {@code lwaftr-defaults.yaml} explains each key.
 *
 * @param servers who is asked for authorization, in the order of preference; none: nobody is asked
 * @param accountingServers who is told of bindings, in the order of preference; none: nobody
 * @param timeout until a request is sent again for the first time; doubles with each time
 * @param tries how often a request is sent to one server, 1-10
 * @param deadTime how long a server that did not answer is passed over
 * @param maxOutstanding how many requests of each kind may wait for their answers, 1-65536
 * @param nasIdentifier NAS-Identifier; null: the name of this machine
 * @param userName the form of User-Name, with {@code {b4}} and {@code {prefixN}} in it
 * @param password which password goes with it
 * @param passwordFile where the shared password stands
 * @param requireMessageAuthenticator whether an answer without Message-Authenticator counts as none
 * @param onUnavailable what happens if no server answers
 * @param interimInterval time between two interim reports of a binding; zero: none
 * @param queueRecords how many accounting records wait at most
 * @param coa who may change bindings
 */
public record RadiusSettings(
        List<Server> servers,
        List<Server> accountingServers,
        Duration timeout,
        int tries,
        Duration deadTime,
        int maxOutstanding,
        @Nullable String nasIdentifier,
        String userName,
        Password password,
        @Nullable Path passwordFile,
        boolean requireMessageAuthenticator,
        OnUnavailable onUnavailable,
        Duration interimInterval,
        int queueRecords,
        Coa coa) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public RadiusSettings {
        servers = List.copyOf(servers);
        accountingServers = List.copyOf(accountingServers);
        requireWithin("tries", tries, 1, 10);
        requireWithin("max-outstanding", maxOutstanding, 1, 65536);
        requireWithin("queue-records", queueRecords, 1, Integer.MAX_VALUE);
        if (timeout.compareTo(Duration.ofMillis(10)) < 0 || timeout.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("Invalid value " + timeout
                    + " for key timeout: no time to wait for an answer (allowed: 10ms to 1m)");
        }
        if (!interimInterval.isZero() && interimInterval.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException(
                    "Invalid value " + interimInterval
                            + " for key interim-interval: too short (allowed: 0s for none, or 1m and more; RFC 2869 section 5.16)");
        }
        if (nasIdentifier != null && nasIdentifier.getBytes(StandardCharsets.UTF_8).length > 253) {
            throw new IllegalArgumentException(
                    "Invalid value " + nasIdentifier + " for key nas-identifier: too long (allowed: up to 253 octets)");
        }
        UserName.parse(userName);
        if (password == Password.SHARED && !servers.isEmpty() && passwordFile == null) {
            throw new IllegalArgumentException(
                    "Invalid value \"\" for key password-file: password is shared, but there is"
                            + " none (allowed: a file with the password; or set password to user-name or none)");
        }
    }

    /** Which password a request for authorization carries. */
    public enum Password {
        /** That of the file, for all lwB4s. */
        SHARED,
        /** The user name once more. */
        USER_NAME,
        /** None: Service-Type is Call-Check (RFC 2865 §5.6). */
        NONE
    }

    /** What happens if no server answers. */
    public enum OnUnavailable {
        /** The lwB4 gets nothing now, and asks again. */
        REFUSE,
        /** The lwB4 gets what the lwAFTR's own settings say. */
        LOCAL
    }

    /**
     * A server.
     *
     * @param address where it listens
     * @param secretFile file with the shared secret
     * @param secretEnvironment environment variable with the shared secret
     */
    public record Server(
            @Nullable HostPort address,
            @Nullable Path secretFile,
            @Nullable String secretEnvironment) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Server {
            if (address == null || address.port() == 0) {
                throw new IllegalArgumentException("Invalid value \"" + (address == null ? "" : address)
                        + "\" for key address: a server needs one (allowed: host:port, such as 192.0.2.10:1812)");
            }
            requireOneSecret(secretFile, secretEnvironment);
        }

        HostPort requiredAddress() {
            if (address == null) {
                throw new IllegalStateException("checked before");
            }
            return address;
        }
    }

    /**
     * The server for CoA-Request and Disconnect-Request (RFC 5176).
     *
     * @param listen where it listens; null: nowhere
     * @param clients who may send them
     * @param requireEventTimestamp whether a request without Event-Timestamp is dropped
     * @param eventTimestampWindow how far an Event-Timestamp may be from now
     * @param requestsPerSecond how many requests of a client are served in a second
     */
    public record Coa(
            @Nullable HostPort listen,
            List<Client> clients,
            boolean requireEventTimestamp,
            Duration eventTimestampWindow,
            int requestsPerSecond) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Coa {
            clients = List.copyOf(clients);
            requireWithin("requests-per-second", requestsPerSecond, 1, 1_000_000);
            if (eventTimestampWindow.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("Invalid value " + eventTimestampWindow
                        + " for key event-timestamp-window: too short (allowed: 1s and more)");
            }
            if (listen != null && clients.isEmpty()) {
                throw new IllegalArgumentException(
                        "Invalid value [] for key clients: listen is set, but nobody may send"
                                + " (allowed: one client or more)");
            }
        }
    }

    /**
     * Who may change bindings.
     *
     * @param address a prefix; of an IPv4 address the mapped one, such as ::ffff:192.0.2.10
     * @param secretFile file with the shared secret
     * @param secretEnvironment environment variable with the shared secret
     */
    public record Client(
            @Nullable Ipv6Prefix address,
            @Nullable Path secretFile,
            @Nullable String secretEnvironment) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Client {
            if (address == null) {
                throw new IllegalArgumentException("Invalid value \"\" for key address: a client needs one (allowed: an"
                        + " IPv6 prefix; for IPv4 such as ::ffff:192.0.2.10)");
            }
            requireOneSecret(secretFile, secretEnvironment);
        }
    }

    /**
     * Reads a secret. It never stands in the settings themselves.
     *
     * @throws IllegalArgumentException saying what to do if there is none, or everybody may read it
     */
    static SharedSecret secret(@Nullable Path file, @Nullable String variable, Map<String, String> environment) {
        if (file != null) {
            return new SharedSecret(text(file, "secret-file").getBytes(StandardCharsets.UTF_8));
        }
        String value = variable == null ? null : environment.get(variable);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("Invalid value " + variable
                    + " for key secret-environment: there is no such environment variable (allowed: the name of one that"
                    + " holds the shared secret)");
        }
        return new SharedSecret(value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The first line of a file that not everybody may read.
     *
     * @throws IllegalArgumentException naming the key and what to do
     */
    static String text(Path file, String key) {
        try {
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
                if (permissions.contains(PosixFilePermission.OTHERS_READ)
                        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                    throw new IllegalArgumentException("Invalid value " + file + " for key " + key
                            + ": everybody may read or write it (allowed: a file that only its owner and group may read;"
                            + " chmod o-rw " + file + ")");
                }
            }
            String line = Files.readString(file).lines().findFirst().orElse("");
            if (line.isEmpty()) {
                throw new IllegalArgumentException(
                        "Invalid value " + file + " for key " + key + ": it is empty (allowed: one line of text)");
            }
            return line;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(
                    "Invalid value " + file + " for key " + key + ": there is no such file (allowed: one line of text)",
                    e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "Invalid value " + file + " for key " + key + ": it cannot be read: " + e.getMessage(), e);
        }
    }

    private static void requireOneSecret(@Nullable Path file, @Nullable String variable) {
        if ((file == null) == (variable == null)) {
            throw new IllegalArgumentException("Invalid value \"" + (file == null ? "" : file)
                    + "\" for key secret-file: a shared secret stands in one place (allowed: either secret-file or"
                    + " secret-environment)");
        }
    }

    private static void requireWithin(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "Invalid value " + value + " for key " + key + ": out of range (allowed: " + min + "-" + max + ")");
        }
    }
}
