package io.portledger.collector.dialect;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Set;

/**
 * A regular expression of RE2's syntax, whose matching takes time in proportion to the text's length, whatever the
 * expression and whatever the text.
 */
public final class Regex {

    private static final int MAX_LENGTH = 4096;

    private final Pattern pattern;
    private final Set<String> groups;

    private Regex(Pattern pattern) {
        this.pattern = pattern;
        this.groups = Set.copyOf(pattern.namedGroups().keySet());
    }

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if it is none; the message says why and where
     */
    public static Regex parse(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "it has " + text.length() + " characters (allowed: 1-" + MAX_LENGTH + ")");
        }
        try {
            return new Regex(Pattern.compile(text));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "not a regular expression of RE2: " + e.getDescription() + ": " + e.getPattern()
                            + " (allowed: RE2 syntax, which has neither look-around nor back-references)",
                    e);
        }
    }

    /** The names of its groups. */
    Set<String> groups() {
        return groups;
    }

    /** Whether the text begins with it. */
    boolean beginsWith(String text) {
        return pattern.matcher(text).lookingAt();
    }

    /** A matcher; only its match of the whole text is of use. */
    Matcher matcher(String text) {
        return pattern.matcher(text);
    }

    @Override
    public String toString() {
        return pattern.pattern();
    }
}
