package io.portledger.webapp.audit;

import io.portledger.ledger.Question;
import io.portledger.ledger.Retention;
import io.portledger.ledger.Verdict;
import io.portledger.webapp.cases.Case;
import java.time.Instant;

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
     */
    record Answered(long question, Verdict verdict, boolean complete, int holders) implements AuditEvent {}

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
