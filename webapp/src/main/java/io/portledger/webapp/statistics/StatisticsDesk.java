package io.portledger.webapp.statistics;

import io.portledger.ledger.Finding;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Statistics;
import io.portledger.ledger.Statistics.Stretch;
import io.portledger.ledger.Usage;
import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.audit.Sha256;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.lookup.LedgerUnavailableException;
import io.portledger.webapp.lookup.Origin;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * The one place where statistics are given out: numbers to the roles NOC, ANALYST and LI_OFFICER, what names subscribers
 * to the latter two. The account of a holder is about a person: that somebody reads it stands in the audit log before it
 * is read. Safe for use by several threads.
 */
@Service
public class StatisticsDesk {

    private static final String NUMBERS = "hasAnyRole('NOC', 'ANALYST', 'LI_OFFICER')";
    private static final String PERSONS = "hasAnyRole('ANALYST', 'LI_OFFICER')";

    /** Findings that are given out at a time. */
    public static final int MOST_FINDINGS = 1_000;

    private final Statistics statistics;
    private final CaseDesk cases;
    private final AuditLog audit;

    StatisticsDesk(Statistics statistics, CaseDesk cases, AuditLog audit) {
        this.statistics = statistics;
        this.cases = cases;
        this.audit = audit;
    }

    /**
     * The newest findings first, at most {@value #MOST_FINDINGS}. Who may not know whom they are about gets them without
     * the holders; that somebody sees them with the holders stands in the audit log before.
     *
     * @throws io.portledger.webapp.audit.AuditException if the audit log cannot be written
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize(NUMBERS)
    public List<Finding> findings(Stretch stretch, Origin origin) {
        List<Finding> findings = ask(() -> statistics.findings(stretch, MOST_FINDINGS));
        if (!mayKnowPersons()) {
            return findings.stream().map(StatisticsDesk::withoutHolders).toList();
        }
        audit.append(
                new AuditEvent.Viewed(asker(), origin.channel().name(), origin.address(), "FINDINGS", findings.size()));
        return findings;
    }

    /**
     * The accounts of service classes.
     *
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize(NUMBERS)
    public List<Usage.OfClass> ofClasses(Usage.Span span, Stretch stretch) {
        return ask(() -> statistics.ofClasses(span, stretch));
    }

    /**
     * The activity of exporters or networks, by the hour.
     *
     * @throws LedgerUnavailableException if the ledger cannot be asked
     */
    @PreAuthorize(NUMBERS)
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
    @PreAuthorize(PERSONS)
    public List<Usage.OfBinding> account(
            String holder, Usage.Span span, Stretch stretch, String reference, Origin origin) {
        audit.append(new AuditEvent.AccountRead(
                asker(), origin.channel().name(), origin.address(), holder, stretch.from(), stretch.to(), reference));
        cases.requireAllowed(reference, null, stretch.from(), stretch.to().minusMillis(1));
        return ask(() -> statistics.ofBindings(span, stretch, holder));
    }

    /**
     * Notes that a document made of an account is given out.
     *
     * @param kind what document
     * @param rows how many rows
     * @param document its bytes
     * @throws io.portledger.webapp.audit.AuditException if the audit log cannot be written; then it must not be given out
     */
    @PreAuthorize(PERSONS)
    public void exporting(String kind, int rows, byte[] document, Origin origin) {
        audit.append(new AuditEvent.Exported(
                asker(), origin.channel().name(), origin.address(), kind, rows, Sha256.hex(document)));
    }

    private static boolean mayKnowPersons() {
        return user().getAuthorities().stream()
                .map(GrantedAuthority::getAuthority)
                .anyMatch(authority -> "ROLE_LI_OFFICER".equals(authority) || "ROLE_ANALYST".equals(authority));
    }

    /** The summaries do not name holders today; one that does some day shall not tell them either. */
    private static Finding withoutHolders(Finding finding) {
        String summary = finding.summary();
        for (String holder : finding.holders()) {
            summary = summary.replace(holder, "a holder");
        }
        return new Finding(
                finding.id(),
                finding.kind(),
                finding.at(),
                summary,
                finding.ipv4(),
                finding.ports(),
                List.of(),
                finding.exporters(),
                finding.level(),
                finding.limit());
    }

    private static String asker() {
        return user().getName();
    }

    private static Authentication user() {
        return Objects.requireNonNull(
                SecurityContextHolder.getContext().getAuthentication(),
                "a call without a user got past the check of its role");
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
