package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableBody;
import com.vaadin.flow.component.html.NativeTableHeader;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import io.portledger.ledger.Finding;
import io.portledger.ledger.Statistics.Stretch;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.lookup.LedgerUnavailableException;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.Origin;
import io.portledger.webapp.statistics.StatisticsDesk;
import jakarta.annotation.security.RolesAllowed;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** What an operator should look at: contradictions between exporters, and what NATs say of their resources. */
@Route("findings")
@PageTitle("Findings – Portledger")
@RolesAllowed({"NOC", "ANALYST", "LI_OFFICER"})
public final class FindingsView extends Div implements AfterNavigationObserver {

    private static final Duration SHOWN = Duration.ofDays(7);

    private final transient StatisticsDesk desk;
    private final transient Clock clock;

    public FindingsView(StatisticsDesk desk, Clock clock) {
        this.desk = desk;
        this.clock = clock;
        addClassName("findings");
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        removeAll();
        add(new H1("Findings of the last seven days"));
        Instant now = clock.instant();
        try {
            List<Finding> findings = desk.findings(
                    new Stretch(now.minus(SHOWN), now.plus(Duration.ofDays(1))),
                    new Origin(Origin.Channel.BROWSER, Visitor.address()));
            add(findings.isEmpty() ? nothing() : table(findings));
            if (findings.size() == StatisticsDesk.MOST_FINDINGS) {
                add(new Paragraph("Only the newest " + StatisticsDesk.MOST_FINDINGS + " are shown."));
            }
        } catch (AuditException e) {
            add(Notices.failure("Not shown: the audit log cannot be written", String.valueOf(e.getMessage())));
        } catch (LedgerUnavailableException e) {
            add(Notices.failure("The ledger does not answer", String.valueOf(e.getMessage())));
        }
    }

    private static Component nothing() {
        return new Paragraph(
                "Nothing was found: no exporter contradicted another, and no NAT told of exhaustion, a quota or"
                        + " a threshold.");
    }

    private static Component table(List<Finding> findings) {
        NativeTableRow header = new NativeTableRow();
        for (String name : List.of("Time (UTC)", "Kind", "What", "About", "Told by")) {
            header.addHeaderCell().setText(name);
        }
        NativeTableBody body = new NativeTableBody();
        for (Finding finding : findings) {
            NativeTableRow row = new NativeTableRow();
            row.addDataCell().setText(Moment.write(finding.at()));
            row.addDataCell().setText(finding.kind().name().replace('_', ' ').toLowerCase(Locale.ROOT));
            row.addDataCell().setText(finding.summary());
            row.addDataCell().setText(String.join(", ", finding.holders()));
            row.addDataCell().setText(String.join(", ", finding.exporters()));
            body.add(row);
        }
        return new Scrollable("Findings", new NativeTable(new NativeTableHeader(header), body));
    }
}
