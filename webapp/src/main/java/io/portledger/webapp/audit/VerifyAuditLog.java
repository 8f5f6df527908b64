package io.portledger.webapp.audit;

import io.portledger.webapp.audit.AuditLog.Verification;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The program behind {@code portledger audit verify}: verifies an audit log without the application. */
public final class VerifyAuditLog {

    /** Exit code: every line is as it was written, and the expected hash is there. */
    public static final int INTACT = 0;

    /** Exit code: the log was changed, or lines were cut off. */
    public static final int CHANGED = 1;

    /** Exit code: nothing can be said, because the file cannot be read or the arguments are wrong. */
    public static final int UNKNOWN = 2;

    private static final String HASH = "[0-9a-f]{64}";

    private VerifyAuditLog() {}

    /**
     * Verifies, and exits with the exit code.
     *
     * @param arguments the file, and the hash that must be found if there is one
     */
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("Usage: " + VerifyAuditLog.class.getName() + " FILE [HASH]");
            System.exit(UNKNOWN);
        }
        System.exit(run(Path.of(arguments[0]), arguments.length == 2 ? arguments[1] : null, System.out, System.err));
    }

    static int run(Path file, @Nullable String expectedHash, PrintStream out, PrintStream err) {
        String expected = expectedHash == null ? null : expectedHash.toLowerCase(Locale.ROOT);
        if (expected != null && !expected.matches(HASH)) {
            err.println("portledger: \"" + expectedHash + "\" is no SHA-256 (allowed: 64 hexadecimal digits)");
            return UNKNOWN;
        }
        long[] foundAt = {0};
        Verification result;
        try {
            result = AuditLog.verify(file, (line, hash, _) -> {
                if (hash.equals(expected)) {
                    foundAt[0] = line;
                }
            });
        } catch (IOException e) {
            err.println("portledger: " + file + " cannot be read: " + e);
            return UNKNOWN;
        }
        out.println(result.lines() + " lines are intact, last hash " + result.lastHash());
        if (result.problem() != null) {
            out.println(result.problem());
            return CHANGED;
        }
        if (expected == null) {
            return INTACT;
        }
        if (foundAt[0] == 0) {
            out.println("No line has the expected hash: lines were cut off at the end, or it is another file.");
            return CHANGED;
        }
        out.println("The expected hash is that of line " + foundAt[0] + ": nothing up to there was cut off.");
        return INTACT;
    }
}
