package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.progressbar.ProgressBar;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.Location;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.server.Command;
import io.portledger.webapp.audit.AuditDesk;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog.Verification;
import io.portledger.webapp.audit.AuditPage;
import io.portledger.webapp.audit.AuditPage.Filter;
import io.portledger.webapp.lookup.Moment;
import jakarta.annotation.security.RolesAllowed;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.concurrent.DelegatingSecurityContextRunnable;

/**
 * The audit log, newest lines first, a page at a time. What is looked for stands in the address bar: {@code user},
 * {@code event}, {@code case}, {@code from}, {@code to}, and {@code before}, the place in the file where a page begins.
 */
@Route("audit")
@PageTitle("Audit log – Portledger")
@RolesAllowed("AUDITOR")
public final class AuditView extends Div implements AfterNavigationObserver {

    private static final Logger LOG = LoggerFactory.getLogger(AuditView.class);

    private static final String BEFORE = "before";

    private final transient AuditDesk desk;
    private final Map<String, TextField> fields = new LinkedHashMap<>();
    private final Div lines = new Div();
    private final Div verification = new Div();
    private final Button verify = new Button("Verify the whole log");

    public AuditView(AuditDesk desk) {
        this.desk = desk;
        addClassName("audit");
        Div row = new Div();
        row.addClassName("filters");
        addField(row, "user", "User");
        addField(row, "event", "Event");
        addField(row, "case", "Case or ticket");
        addField(row, "from", "From (UTC)");
        addField(row, "to", "To (UTC)");
        Button show = new Button("Show", click -> go());
        show.addThemeVariants(ButtonVariant.PRIMARY);
        show.addClickShortcut(Key.ENTER).listenOn(row);
        row.add(show);
        verify.setDisableOnClick(true);
        verify.addClickListener(click -> verify());
        verification.getElement().setAttribute("aria-live", "polite");
        lines.getElement().setAttribute("aria-live", "polite");
        Section filters = new Section(row);
        filters.addClassName("card");
        filters.getElement().setAttribute("aria-label", "Filter");
        Div buttons = new Div(verify);
        buttons.addClassName("buttons");
        add(new H1("Audit log"), filters, buttons, verification, lines);
    }

    private void addField(Div row, String parameter, String label) {
        TextField field = new TextField(label);
        fields.put(parameter, field);
        row.add(field);
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        QueryParameters parameters = event.getLocation().getQueryParameters();
        fields.forEach((name, field) ->
                field.setValue(parameters.getSingleParameter(name).orElse("")));
        lines.removeAll();
        try {
            String place = parameters.getSingleParameter(BEFORE).orElse("");
            long before = place.isEmpty() ? AuditDesk.NEWEST : Long.parseLong(place);
            show(desk.page(filter(), before, Visitor.address()), !place.isEmpty());
        } catch (NumberFormatException e) {
            lines.add(Notices.failure("Not shown", "\"before\" in the address is no place in the file: leave it out."));
        } catch (IllegalArgumentException e) {
            lines.add(Notices.failure("Not shown", String.valueOf(e.getMessage())));
        } catch (AuditException e) {
            lines.add(Notices.failure("The audit log cannot be used", String.valueOf(e.getMessage())));
        }
    }

    private void go() {
        UI.getCurrent().navigate(AuditView.class, QueryParameters.simple(parameters(null)));
    }

    private Map<String, String> parameters(@Nullable Long before) {
        Map<String, String> parameters = new LinkedHashMap<>();
        fields.forEach((name, field) -> {
            if (!field.getValue().isBlank()) {
                parameters.put(name, field.getValue().strip());
            }
        });
        if (before != null) {
            parameters.put(BEFORE, before.toString());
        }
        return parameters;
    }

    private Filter filter() {
        return new Filter(
                text("user"), text("event").toUpperCase(Locale.ROOT), text("case"), instant("from"), instant("to"));
    }

    private String text(String name) {
        TextField field = fields.get(name);
        return field == null ? "" : field.getValue().strip();
    }

    private @Nullable Instant instant(String name) {
        String text = text(name);
        return text.isEmpty() ? null : Moment.read(text).instant();
    }

    private void show(AuditPage page, boolean isLater) {
        if (page.lines().isEmpty()) {
            lines.add(new Paragraph(
                    page.older() == 0
                            ? "There is no such line."
                            : "No such line so far, back to " + page.readTo() + "."));
        } else {
            lines.add(Tables.table(
                    "Lines of the audit log",
                    List.of("Line", "Time (UTC)", "Event", "User", "Case or ticket", "What"),
                    page.lines().stream().map(AuditView::row).toList()));
        }
        Div more = new Div();
        more.addClassName("buttons");
        if (isLater) {
            more.add(new Anchor(href(null), "Newest"));
        }
        if (page.older() > 0) {
            more.add(new Anchor(href(page.older()), "Older"));
        }
        lines.add(more);
    }

    private String href(@Nullable Long before) {
        return "/" + new Location("audit", QueryParameters.simple(parameters(before))).getPathWithQueryParameters();
    }

    private static List<Component> row(AuditPage.Line line) {
        return List.of(
                Tables.text(Long.toString(line.number())),
                Tables.text(line.time()),
                Tables.text(line.event()),
                Tables.text(line.who()),
                Tables.text(line.reference()),
                Tables.text(line.rest()));
    }

    private void verify() {
        UI ui = UI.getCurrent();
        String address = Visitor.address();
        ProgressBar progress = new ProgressBar();
        progress.getElement().setAttribute("aria-label", "Verifying");
        verification.removeAll();
        verification.add(progress);
        Thread.ofVirtual().name("audit-verification").start(new DelegatingSecurityContextRunnable(() -> {
            Supplier<Component> result = verified(done -> tell(ui, () -> progress.setValue(done)), address);
            tell(ui, () -> {
                verification.removeAll();
                verification.add(result.get());
                verify.setEnabled(true);
            });
        }));
    }

    private Supplier<Component> verified(DoubleConsumer progress, String address) {
        try {
            Verification result = desk.verify(progress, address);
            String problem = result.problem();
            if (problem != null) {
                return () -> Notices.failure(
                        "The log was changed", problem + ". The " + result.lines() + " lines before it are intact.");
            }
            return () -> Notices.secret(
                    "All " + result.lines() + " lines are as they were written",
                    new Code(result.lastHash()),
                    "This is the hash of the last of them. Keep it elsewhere: with it ./portledger audit verify"
                            + " --expect-last-hash tells whether lines were cut off.");
        } catch (AuditException e) {
            return () -> Notices.failure("The audit log cannot be used", String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("The verification of the audit log failed", e);
            return () -> Notices.failure("The verification failed", "The log of the application tells why.");
        }
    }

    private static void tell(UI ui, Command change) {
        try {
            var _ = ui.access(change);
        } catch (UIDetachedException e) {
            LOG.debug("The page was closed before the verification ended", e);
        }
    }
}
