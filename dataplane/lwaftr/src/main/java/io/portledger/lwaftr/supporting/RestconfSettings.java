package io.portledger.lwaftr.supporting;

import io.portledger.settings.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The RESTCONF server; {@code lwaftr-defaults.yaml} explains each key.
 *
 * @param listen null: none
 * @param instance name of the one bind-instance
 * @param certificate PEM file: the server's certificate, then those that lead to its root; null: no TLS
 * @param key PEM file: its private key, PKCS #8
 * @param tokenFile who may ask: a bearer token a line
 * @param maxBodyOctets the longest body that is read, at least 1024
 * @param maxRequests how many requests are worked on at once, 1-1000
 * @param requestTimeout how long a request may take in all, 1s-1h
 */
public record RestconfSettings(
        @Nullable HostPort listen,
        String instance,
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path tokenFile,
        long maxBodyOctets,
        int maxRequests,
        Duration requestTimeout) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public RestconfSettings {
        if (instance.isEmpty()) {
            throw new IllegalArgumentException(
                    "Invalid value \"\" for key instance: an instance has a name (allowed: any text)");
        }
        if (listen != null && tokenFile == null) {
            throw new IllegalArgumentException("Invalid value \"\" for key token-file: nobody could use the server "
                    + "without a token (allowed: a file with a token of 16 characters or more in each line)");
        }
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("Invalid value \"\" for key " + (key == null ? "key" : "certificate")
                    + ": TLS needs both (allowed: a PEM file, or none for both)");
        }
        if (maxBodyOctets < 1024) {
            throw new IllegalArgumentException("Invalid value " + maxBodyOctets
                    + " for key max-body-octets: too few for a binding (allowed: 1024 and more)");
        }
        if (maxRequests < 1 || maxRequests > 1000) {
            throw new IllegalArgumentException(
                    "Invalid value " + maxRequests + " for key max-requests: out of range (allowed: 1-1000)");
        }
        if (requestTimeout.compareTo(Duration.ofSeconds(1)) < 0 || requestTimeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "Invalid value " + requestTimeout + " for key request-timeout: out of range (allowed: 1s-1h)");
        }
    }
}
