package io.portledger.webapp.security;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a chosen password must be. Length is what counts; rules about kinds of characters only make passwords that are
 * forgotten.
 */
final class PasswordPolicy {

    static final int SHORTEST = 12;

    /** BCrypt would not look at more. */
    static final int MOST_BYTES = 72;

    private static final int FEWEST_DIFFERENT = 5;

    /** With digits and marks around them, or several times in a row, these are the first that are tried. */
    private static final List<String> COMMON = List.of(
            "password",
            "passwort",
            "passw",
            "passwd",
            "passwrd",
            "qwerty",
            "qwertyuiop",
            "qwertz",
            "qwertzuiop",
            "azerty",
            "asdf",
            "asdfgh",
            "asdfghjkl",
            "yxcvbnm",
            "zxcvbnm",
            "letmein",
            "welcome",
            "willkommen",
            "administrator",
            "admin",
            "changeme",
            "iloveyou",
            "dragon",
            "monkey",
            "football",
            "baseball",
            "superman",
            "batman",
            "master",
            "shadow",
            "sunshine",
            "princess",
            "secret",
            "geheim",
            "default",
            "portledger",
            "operator",
            "login",
            "root",
            "test",
            "hello",
            "abcdefghijklmnopqrstuvwxyz",
            "abc",
            "correcthorsebatterystaple",
            "trustno",
            "summer",
            "winter",
            "spring",
            "autumn",
            "sommer",
            "internet",
            "computer",
            "provider",
            "network");

    private PasswordPolicy() {}

    /** What is wrong with it, in one sentence, or null if it may be used. */
    static @Nullable String problem(String name, String password) {
        if (password.codePointCount(0, password.length()) < SHORTEST) {
            return "The password is too short: it needs at least " + SHORTEST + " characters.";
        }
        if (password.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            return "The password is too long: at most " + MOST_BYTES + " bytes are allowed.";
        }
        String lower = password.toLowerCase(Locale.ROOT);
        if (lower.contains(name.toLowerCase(Locale.ROOT))) {
            return "The password must not contain the user's name.";
        }
        String letters = lower.replaceAll("[^\\p{L}]", "");
        boolean isCommon = letters.isEmpty()
                || lower.chars().distinct().count() < FEWEST_DIFFERENT
                || COMMON.stream().anyMatch(word -> letters.replace(word, "").isEmpty());
        return isCommon ? "The password is one of those that are tried first: choose another one." : null;
    }
}
