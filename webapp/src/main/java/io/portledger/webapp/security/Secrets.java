package io.portledger.webapp.security;

import io.portledger.webapp.audit.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** Random passwords and tokens, and the hash by which tokens are kept. */
final class Secrets {

    private static final int PASSWORD_LENGTH = 20;
    /** Without letters and digits that look alike. */
    private static final String PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private Secrets() {}

    /** A password of about 116 bits. */
    static String password() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder();
        for (int i = 0; i < PASSWORD_LENGTH; i++) {
            password.append(PASSWORD_ALPHABET.charAt(random.nextInt(PASSWORD_ALPHABET.length())));
        }
        return password.toString();
    }

    /** A token of 256 bits. */
    static String token() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return "portledger_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** What tells the tokens of a user apart. */
    static String tokenId() {
        byte[] bytes = new byte[4];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** One round suffices: a token has 256 random bits, so there is nothing to guess. */
    static String hashOfToken(String token) {
        return Sha256.hex(token.getBytes(StandardCharsets.UTF_8));
    }
}
