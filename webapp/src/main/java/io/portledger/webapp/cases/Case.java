package io.portledger.webapp.cases;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A case: why questions may be asked, and how far.
 *
 * @param reference its name in the house or with the authority; unique
 * @param legalBasis by what right
 * @param authority who asked the operator; empty if nobody outside did
 * @param scope what may be disclosed
 * @param note what else is to be known; may be empty
 * @param openedBy the user who opened it
 * @param openedAt when
 * @param state what may be done with it
 * @param decidedBy who approved, refused or closed it last; null if nobody did
 * @param decidedAt when
 * @param remark what that user said about it; may be empty
 */
public record Case(
        String reference,
        String legalBasis,
        String authority,
        Scope scope,
        String note,
        String openedBy,
        Instant openedAt,
        State state,
        @Nullable String decidedBy,
        @Nullable Instant decidedAt,
        String remark) {

    /** What may be done with a case. */
    public enum State {
        /** Nothing yet: a second person has to approve it. */
        AWAITING_APPROVAL,
        /** Questions may be asked. */
        OPEN,
        /** The second person refused it. */
        REFUSED,
        /** It is over. */
        CLOSED
    }

    /** What whoever opens a case has to say. */
    public record Request(String reference, String legalBasis, String authority, Scope scope, String note) {

        private static final int LONGEST_REFERENCE = 100;
        private static final int LONGEST_TEXT = 2_000;

        /** Checks every text. */
        public Request {
            reference = line("The case's reference", reference, LONGEST_REFERENCE);
            if (reference.isEmpty()) {
                throw new IllegalArgumentException("The case's reference is missing, such as C-2026-117.");
            }
            legalBasis = line("The legal basis", legalBasis, LONGEST_REFERENCE);
            if (legalBasis.isEmpty()) {
                throw new IllegalArgumentException(
                        "The legal basis is missing: by what right the question may be asked.");
            }
            authority = line("The authority", authority, LONGEST_REFERENCE);
            note = note.strip();
            if (note.length() > LONGEST_TEXT) {
                throw new IllegalArgumentException(
                        "The note has " + note.length() + " characters (allowed: at most " + LONGEST_TEXT + ").");
            }
        }

        private static String line(String what, String text, int longest) {
            String stripped = text.strip();
            if (stripped.length() > longest) {
                throw new IllegalArgumentException(
                        what + " has " + stripped.length() + " characters (allowed: at most " + longest + ").");
            }
            if (stripped.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException(what + " must be one line of text without control characters.");
            }
            return stripped;
        }
    }
}
