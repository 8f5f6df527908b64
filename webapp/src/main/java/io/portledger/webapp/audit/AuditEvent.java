package io.portledger.webapp.audit;

import io.portledger.ledger.Question;
import io.portledger.ledger.Retention;
import io.portledger.ledger.Verdict;
import io.portledger.webapp.cases.Case;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that the audit log keeps. */
public sealed interface AuditEvent {

    /**
     * Somebody asks; nothing has been answered yet.
     *
     * @param who the user
     * @param channel by which door
     * @param from the network address
     * @param question what
     * @param reference the case
     */
    record Asked(String who, String channel, String from, Question question, String reference) implements AuditEvent {}

    /**
     * A question was answered.
     *
     * @param question the number of the line that holds the question
     * @param verdict what was said
     * @param complete whether the records were complete
     * @param holders how many holdings were disclosed
     * @param digest SHA-256 of the answer's canonical JSON, in hexadecimal
     */
    record Answered(long question, Verdict verdict, boolean complete, int holders, String digest)
            implements AuditEvent {}

    /**
     * A question got no answer.
     *
     * @param question the number of the line that holds the question
     * @param cause why
     */
    record Unanswered(long question, Cause cause) implements AuditEvent {

        /** Why there was no answer. */
        public enum Cause {
            /** The ledger took the question for one that has none. */
            REFUSED,
            /** The case does not allow it. */
            NOT_ALLOWED,
            /** The ledger could not be asked. */
            UNAVAILABLE,
            /** A fault of this program. */
            FAILED
        }
    }

    /**
     * Somebody reads the account of a holder.
     *
     * @param who the user
     * @param channel by which door
     * @param address the network address
     * @param holder whose account
     * @param from first moment of the stretch
     * @param to last moment of the stretch, not included
     * @param reference the case
     */
    record AccountRead(
            String who, String channel, String address, String holder, Instant from, Instant to, String reference)
            implements AuditEvent {}

    /**
     * A case is opened.
     *
     * @param opened the case
     */
    record CaseOpened(Case opened) implements AuditEvent {}

    /**
     * A case is approved, refused or closed.
     *
     * @param reference the case
     * @param from what it was
     * @param to what it is from now on
     * @param who the user
     * @param remark why; may be empty
     */
    record CaseChanged(String reference, Case.State from, Case.State to, String who, String remark)
            implements AuditEvent {}

    /**
     * Somebody sees, on a page, a list that names subscribers.
     *
     * @param who the user
     * @param channel by which door
     * @param from the network address
     * @param kind what list
     * @param rows how many rows
     */
    record Viewed(String who, String channel, String from, String kind, int rows) implements AuditEvent {}

    /**
     * A document that names subscribers is given out.
     *
     * @param who the user
     * @param channel by which door
     * @param from the network address
     * @param kind what document
     * @param rows how many rows
     * @param sha256 of its bytes, in hexadecimal
     */
    record Exported(String who, String channel, String from, String kind, int rows, String sha256)
            implements AuditEvent {}

    /**
     * Somebody signed in, in a browser.
     *
     * @param who the user
     * @param from the network address
     */
    record SignedIn(String who, String from) implements AuditEvent {}

    /**
     * Somebody signed out.
     *
     * @param who the user
     * @param from the network address
     */
    record SignedOut(String who, String from) implements AuditEvent {}

    /**
     * Somebody was not let in.
     *
     * @param who the user, or null if the name is no user's
     * @param from the network address
     * @param cause why
     * @param unrecorded how many refusals before this one were only counted
     */
    record SignInRefused(@Nullable String who, String from, String cause, long unrecorded) implements AuditEvent {}

    /**
     * A user is changed.
     *
     * @param change how
     * @param who by whom
     * @param from the network address of whoever did it
     * @param user the user that is changed
     * @param roles the roles that the user or the token has from now on, or null if they are not what changes
     * @param token the token it is about, or null
     */
    record AccountChanged(
            Change change,
            String who,
            String from,
            String user,
            @Nullable List<String> roles,
            @Nullable String token) implements AuditEvent {

        /** How a user can be changed. */
        public enum Change {
            /** There is a new one. */
            USER_ADDED,
            /** The roles are others. */
            ROLES_CHANGED,
            /** Not let in any more. */
            USER_DISABLED,
            /** Let in again. */
            USER_ENABLED,
            /** Somebody else gave a new password. */
            PASSWORD_RESET,
            /** The user chose another password. */
            PASSWORD_CHANGED,
            /** There is a new token. */
            TOKEN_CREATED,
            /** A token is void. */
            TOKEN_REVOKED,
            /** All tokens of the user are void. */
            TOKENS_REVOKED
        }
    }

    /**
     * Somebody reads this log.
     *
     * @param who the user
     * @param from the network address
     * @param filter what is looked for, or empty for everything
     */
    record AuditRead(String who, String from, String filter) implements AuditEvent {}

    /**
     * Somebody verified this log.
     *
     * @param who the user
     * @param from the network address
     * @param lines how many lines are intact
     * @param lastHash the hash of the last of them
     * @param problem what is wrong with the next one, or null
     */
    record AuditVerified(
            String who,
            String from,
            long lines,
            String lastHash,
            @Nullable String problem) implements AuditEvent {}

    /**
     * What is older than its period of retention is going to be deleted.
     *
     * @param kept the kind
     * @param cutoff what ended before
     * @param documents how many documents
     */
    record Deleting(Retention.Kept kept, Instant cutoff, long documents) implements AuditEvent {}

    /**
     * What is older than its period of retention was deleted.
     *
     * @param deleted what
     */
    record Deleted(Retention.Deleted deleted) implements AuditEvent {}

    /**
     * A crash had left an unfinished line at the end of the file. It was taken off; no answer can have followed it.
     *
     * @param bytes the unfinished line in hexadecimal
     */
    record TornLineRemoved(String bytes) implements AuditEvent {}
}
