package io.portledger.webapp.statistics;

import io.portledger.ledger.Finding;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Statistics;
import io.portledger.ledger.Statistics.Stretch;
import io.portledger.ledger.Usage;
import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.CaseBook;
import io.portledger.webapp.lookup.LedgerUnavailableException;
import io.portledger.webapp.lookup.Origin;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * The one place where statistics are given out, to users with the role LOOKUP. The account of a holder is about a person:
 * that somebody reads it stands in the audit log before it is read.
 */
@Service
public class StatisticsDesk {

    /** Findings that are given out at a time. */
    public static final int MOST_FINDINGS = 1_000;

    private final Statistics statistics;
    private final CaseBook cases;
    private final AuditLog audit;

    StatisticsDesk(Statistics statistics, CaseBook cases, AuditLog audit) {
        this.statistics = statistics;
        this.cases = cases;
        this.audit = audit;
    }

    /**
     * The newest findings first, at most {@value #MOST_FINDINGS}.
     *
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize("hasRole('LOOKUP')")
    public List<Finding> findings(Stretch stretch) {
        return ask(() -> statistics.findings(stretch, MOST_FINDINGS));
    }

    /**
     * The accounts of service classes.
     *
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize("hasRole('LOOKUP')")
    public List<Usage.OfClass> ofClasses(Usage.Span span, Stretch stretch) {
        return ask(() -> statistics.ofClasses(span, stretch));
    }

    /**
     * The activity of exporters or networks, by the hour.
     *
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize("hasRole('LOOKUP')")
    public List<Usage.Activity> activity(Usage.Activity.Of of, Stretch stretch) {
        return ask(() -> statistics.activity(of, stretch));
    }

    /**
     * The account of a holder.
     *
     * @param holder a softwire address, an address inside a NAT, or a subscriber's name
     * @param reference the case
     * @throws io.portledger.webapp.cases.CaseException if the case does not allow it; that it was asked stands in the
     *     audit log
     * @throws io.portledger.webapp.audit.AuditException if the audit log cannot be written
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize("hasRole('LOOKUP')")
    public List<Usage.OfBinding> account(
            String holder, Usage.Span span, Stretch stretch, String reference, Origin origin) {
        audit.append(new AuditEvent.AccountRead(
                Objects.requireNonNull(SecurityContextHolder.getContext().getAuthentication())
                        .getName(),
                origin.channel().name(),
                origin.address(),
                holder,
                stretch.from(),
                stretch.to(),
                reference));
        cases.requireAllowed(reference, null, stretch.from(), stretch.to().minusMillis(1));
        return ask(() -> statistics.ofBindings(span, stretch, holder));
    }

    private static <T> List<T> ask(Supplier<List<T>> question) {
        try {
            return question.get();
        } catch (LedgerException e) {
            throw new LedgerUnavailableException(
                    e.getMessage()
                            + " Check that Elasticsearch runs and that portledger.elasticsearch names its address.",
                    e);
        }
    }
}
