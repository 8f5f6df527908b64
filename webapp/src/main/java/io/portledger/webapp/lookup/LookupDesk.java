package io.portledger.webapp.lookup;

import io.portledger.ledger.Answer;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Question;
import io.portledger.webapp.WebSettings;
import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditEvent.Unanswered;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.cases.CaseException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * The one place where questions are answered, whichever door they come through.
 *
 * <p>An answer is given only if the asker has the role LI_OFFICER or ANALYST, the case allows it, the question stands in the audit log on disk before the
 * ledger is asked, and the verdict stands there before it is shown. If the log cannot be written there is no answer.
 */
@Service
public class LookupDesk {

    private static final Logger LOG = LoggerFactory.getLogger(LookupDesk.class);

    private final LedgerAccess ledger;
    private final CaseDesk cases;
    private final AuditLog audit;
    private final AnswerDigest digest;
    private final WebSettings settings;

    LookupDesk(LedgerAccess ledger, CaseDesk cases, AuditLog audit, AnswerDigest digest, WebSettings settings) {
        this.ledger = ledger;
        this.cases = cases;
        this.audit = audit;
        this.digest = digest;
        this.settings = settings;
    }

    /** The widest tolerance that may be asked with. */
    public Duration maxTolerance() {
        return settings.maxTolerance();
    }

    /**
     * Answers as the user of the calling thread's security context.
     *
     * @throws org.springframework.security.access.AccessDeniedException if the user may not ask
     * @throws CaseException if the case does not allow the question; that it was asked stands in the audit log
     * @throws io.portledger.webapp.audit.AuditException if the audit log cannot be written
     * @throws UnanswerableException if the ledger refuses the question
     * @throws LedgerUnavailableException if the ledger cannot be asked
     * @throws LookupFailedException if a fault of this program is in the way
     */
    @PreAuthorize("hasAnyRole('LI_OFFICER', 'ANALYST')")
    public Answer ask(Inquiry inquiry, Origin origin) {
        long number = audit.append(new AuditEvent.Asked(
                asker(), origin.channel().name(), origin.address(), inquiry.question(), inquiry.reference()));
        Question question = inquiry.question();
        try {
            cases.requireAllowed(inquiry.reference(), question.ipv4(), question.from(), question.to());
        } catch (CaseException e) {
            audit.append(new AuditEvent.Unanswered(number, Unanswered.Cause.NOT_ALLOWED));
            throw e;
        }
        Answer answer;
        try {
            answer = ledger.whoHeld(inquiry.question());
        } catch (IllegalArgumentException e) {
            audit.append(new AuditEvent.Unanswered(number, Unanswered.Cause.REFUSED));
            throw new UnanswerableException(String.valueOf(e.getMessage()), e);
        } catch (LedgerException e) {
            audit.append(new AuditEvent.Unanswered(number, Unanswered.Cause.UNAVAILABLE));
            LOG.warn("Question {} of the audit log got no answer: {}", number, e.toString());
            LOG.debug("Why question {} got no answer", number, e);
            throw new LedgerUnavailableException(
                    "Nothing can be said about this question now. " + sentence(e)
                            + " Check that Elasticsearch runs and that portledger.elasticsearch names its address, then"
                            + " ask again.",
                    e);
        } catch (RuntimeException e) {
            audit.append(new AuditEvent.Unanswered(number, Unanswered.Cause.FAILED));
            LOG.error("Question {} of the audit log failed", number, e);
            throw new LookupFailedException(e);
        }
        audit.append(new AuditEvent.Answered(
                number, answer.verdict(), answer.complete(), answer.holders().size(), digest.of(inquiry, answer)));
        return answer;
    }

    private static String asker() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        if (authentication == null) {
            throw new IllegalStateException("a question without a user got past the check of its role");
        }
        return authentication.getName();
    }

    private static String sentence(LedgerException e) {
        String message = String.valueOf(e.getMessage());
        return message.endsWith(".") ? message : message + ".";
    }
}
