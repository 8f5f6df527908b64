package io.portledger.lwaftr.supporting;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Who may ask: whoever knows one of the tokens (RFC 6750). Immutable. */
final class BearerTokens {

    /** Fewer could be guessed. */
    static final int SHORTEST = 16;

    private static final String SCHEME = "bearer ";

    /** SHA-256 of each, so that all are of one length. */
    private final List<byte[]> digests;

    private BearerTokens(List<byte[]> digests) {
        this.digests = digests;
    }

    /**
     * Reads a file with a token in each line; empty lines and those that begin with # are left out.
     *
     * @throws IllegalArgumentException if there is none, or one is too short
     * @throws IOException if the file cannot be read
     */
    static BearerTokens read(Path file) throws IOException {
        List<String> tokens = Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (tokens.isEmpty() || tokens.stream().anyMatch(token -> token.length() < SHORTEST)) {
            throw new IllegalArgumentException("Invalid value " + file + " for key token-file: "
                    + (tokens.isEmpty() ? "it has no token" : "it has a token that could be guessed")
                    + " (allowed: a token of " + SHORTEST + " characters or more in each line)");
        }
        return new BearerTokens(tokens.stream().map(BearerTokens::digest).toList());
    }

    /** Whether a header field Authorization has one of them. Takes as long for a wrong token as for a right one. */
    boolean admit(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return false;
        }
        byte[] given = digest(authorization.substring(SCHEME.length()).strip());
        boolean isKnown = false;
        for (byte[] known : digests) {
            isKnown |= MessageDigest.isEqual(known, given);
        }
        return isKnown;
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
