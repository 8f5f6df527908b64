package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.KeyModifier;
import com.vaadin.flow.component.Shortcuts;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.data.value.ValueChangeMode;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.Location;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.server.VaadinRequest;
import io.portledger.ledger.Answer;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.cases.CaseException;
import io.portledger.webapp.lookup.Draft;
import io.portledger.webapp.lookup.Draft.Checked;
import io.portledger.webapp.lookup.Draft.Field;
import io.portledger.webapp.lookup.Inquiry;
import io.portledger.webapp.lookup.LedgerUnavailableException;
import io.portledger.webapp.lookup.LookupDesk;
import io.portledger.webapp.lookup.LookupFailedException;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.Origin;
import io.portledger.webapp.lookup.UnanswerableException;
import jakarta.annotation.security.RolesAllowed;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.concurrent.DelegatingSecurityContextRunnable;

/**
 * Ask who held an address and port, and read the answer.
 *
 * <p>One line and the separate fields show the same question; either may be edited. The address bar holds the last
 * question asked: opening that address asks it again, and each time is audited.
 */
@Route("")
@PageTitle("Look-up – Portledger")
@RolesAllowed({"LI_OFFICER", "ANALYST"})
public final class LookupView extends Div implements AfterNavigationObserver {

    private static final Logger LOG = LoggerFactory.getLogger(LookupView.class);

    private static final int EDIT_PAUSE_MILLIS = 200;

    private final LookupDesk desk;
    private final TextField line = new TextField("Address, port and time");
    private final Map<Field, TextField> fields = new EnumMap<>(Field.class);
    private final Button ask = new Button("Ask");
    private final Section answer = new Section();

    /** Whether the view itself is changing fields, so that their listeners keep still. */
    private boolean isSyncing;

    /** Counts the questions of this view, so that a late answer never stands under a newer question. */
    private int turn;

    public LookupView(LookupDesk desk) {
        this.desk = desk;
        addClassName("lookup");
        H1 title = new H1("Who held this address and port?");
        add(title, questionPart(), answer);
        answer.addClassName("answer");
        answer.getElement().setAttribute("aria-label", "Answer");
        answer.getElement().setAttribute("aria-live", "polite");
        show(Notices.beforeFirstQuestion());
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        QueryParameters parameters = event.getLocation().getQueryParameters();
        Draft linked = new Draft(
                parameters.getSingleParameter(Field.IP.parameter()).orElse(""),
                parameters.getSingleParameter(Field.PORT.parameter()).orElse(""),
                parameters.getSingleParameter(Field.TIME.parameter()).orElse(""),
                parameters.getSingleParameter(Field.TOLERANCE.parameter()).orElse("0s"),
                parameters.getSingleParameter(Field.CASE.parameter()).orElse(""),
                parameters.getSingleParameter(Field.TO.parameter()).orElse(""));
        if (linked.line().isEmpty()) {
            line.focus();
            return;
        }
        fill(linked);
        boolean lacksOnlyCase = linked.reference().isBlank()
                && linked.withCase("-").check(desk.maxTolerance()).inquiry() != null;
        if (lacksOnlyCase) {
            show(Notices.caseNeeded());
            markProblems(linked.check(desk.maxTolerance()));
            field(Field.CASE).focus();
        } else {
            askDraft(false);
        }
    }

    private Component questionPart() {
        line.setPlaceholder("203.0.113.7:40123 2026-11-23T14:02:07Z");
        line.setHelperText("Paste address, port and time, with the time's offset from UTC. Ctrl+K comes back here.");
        line.addClassName("line");
        line.setClearButtonVisible(true);
        line.setAutofocus(true);
        whileTyping(line, this::readLine);

        Div row = new Div();
        row.addClassName("fields");
        addField(row, Field.IP, "Public IPv4 address");
        addField(row, Field.PORT, "Port");
        addField(row, Field.TIME, "Time");
        addField(row, Field.TOLERANCE, "Tolerance ±");
        addField(row, Field.TO, "Far end (if known)");
        addField(row, Field.CASE, "Case");
        field(Field.TOLERANCE).setValue("0s");
        field(Field.CASE).setRequiredIndicatorVisible(true);
        field(Field.CASE).setPlaceholder("Reference of an open case");

        ask.addThemeVariants(ButtonVariant.PRIMARY);
        ask.addClassName("ask");
        ask.setDisableOnClick(true);
        ask.addClickListener(click -> askDraft(true));
        row.add(ask);

        Div inputs = new Div(line, row);
        Section part = new Section(inputs);
        part.addClassName("question");
        part.getElement().setAttribute("aria-label", "Question");
        for (TextField input : allInputs()) {
            Shortcuts.addShortcutListener(input, () -> ask.clickInClient(), Key.ENTER)
                    .listenOn(input);
        }
        Shortcuts.addShortcutListener(this, () -> line.focus(), Key.KEY_K, KeyModifier.CONTROL);
        return part;
    }

    private void addField(Div row, Field name, String label) {
        TextField field = new TextField(label);
        field.addClassName("field-" + name.parameter());
        whileTyping(field, this::writeLine);
        fields.put(name, field);
        row.add(field);
    }

    private void whileTyping(TextField field, Runnable action) {
        field.setValueChangeMode(ValueChangeMode.LAZY);
        field.setValueChangeTimeout(EDIT_PAUSE_MILLIS);
        field.addValueChangeListener(change -> {
            if (!isSyncing) {
                syncing(action);
            }
        });
    }

    private void readLine() {
        Draft read = Draft.ofLine(line.getValue());
        field(Field.IP).setValue(read.ip());
        field(Field.PORT).setValue(read.port());
        field(Field.TIME).setValue(read.time());
        if (!read.tolerance().isEmpty()) {
            field(Field.TOLERANCE).setValue(read.tolerance());
        }
        explainTime();
    }

    private void writeLine() {
        line.setValue(draft().line());
        explainTime();
    }

    private void fill(Draft draft) {
        syncing(() -> {
            fields.forEach((name, field) -> field.setValue(draft.text(name)));
            line.setValue(draft.line());
            explainTime();
        });
    }

    private void syncing(Runnable action) {
        isSyncing = true;
        try {
            action.run();
        } finally {
            isSyncing = false;
        }
    }

    /** Shows how the time was understood while it is being written. */
    private void explainTime() {
        TextField time = field(Field.TIME);
        String explanation = "";
        if (!time.getValue().isBlank()) {
            try {
                Moment moment = Moment.read(time.getValue());
                String utc = Moment.write(moment.instant());
                explanation = moment.remark() != null
                        ? moment.remark() + " " + utc
                        : utc.equals(time.getValue())
                                        || utc.equals(time.getValue().replace("Z", ".000Z"))
                                ? "UTC"
                                : "= " + utc;
            } catch (IllegalArgumentException e) {
                explanation = "Not understood yet.";
            }
        }
        time.setHelperText(explanation);
    }

    private Draft draft() {
        return new Draft(
                text(Field.IP),
                text(Field.PORT),
                text(Field.TIME),
                text(Field.TOLERANCE),
                text(Field.CASE),
                text(Field.TO));
    }

    private void askDraft(boolean isNewInHistory) {
        Checked checked = draft().check(desk.maxTolerance());
        markProblems(checked);
        Inquiry inquiry = checked.inquiry();
        if (inquiry == null) {
            turn++;
            ask.setEnabled(true);
            show(Notices.incomplete(checked.problems()));
            checked.problems().keySet().stream()
                    .findFirst()
                    .ifPresent(name -> field(name).focus());
            return;
        }
        if (isNewInHistory) {
            UI.getCurrent().getPage().getHistory().pushState(null, link(inquiry));
        }
        ask(inquiry);
    }

    private void ask(Inquiry inquiry) {
        int thisTurn = ++turn;
        UI ui = UI.getCurrent();
        VaadinRequest request = VaadinRequest.getCurrent();
        Origin origin = new Origin(Origin.Channel.BROWSER, request == null ? "" : request.getRemoteAddr());
        ask.setEnabled(false);
        show(Notices.asking());
        Runnable work = new DelegatingSecurityContextRunnable(() -> {
            Supplier<Component> result = answerTo(inquiry, origin);
            try {
                var _ = ui.access(() -> {
                    if (thisTurn == turn) {
                        ask.setEnabled(true);
                        show(result.get());
                    }
                });
            } catch (UIDetachedException e) {
                LOG.debug("The page was closed before its answer came", e);
            }
        });
        Thread.ofVirtual().name("question-" + thisTurn).start(work);
    }

    /** Asks, off the page's thread; what to show is built later, on it. */
    private Supplier<Component> answerTo(Inquiry inquiry, Origin origin) {
        try {
            Answer given = desk.ask(inquiry, origin);
            return () -> new AnswerPanel(given);
        } catch (UnanswerableException e) {
            return () -> Notices.failure("This question has no answer", String.valueOf(e.getMessage()));
        } catch (CaseException e) {
            return () -> Notices.notAllowed(String.valueOf(e.getMessage()), inquiry);
        } catch (LedgerUnavailableException e) {
            return () -> Notices.failure("The ledger does not answer", String.valueOf(e.getMessage()));
        } catch (AuditException e) {
            return () -> Notices.failure("No answer: the audit log cannot be written", String.valueOf(e.getMessage()));
        } catch (AccessDeniedException e) {
            return () -> Notices.failure(
                    "You may not ask", "Your user has neither the role LI_OFFICER nor ANALYST. Ask an administrator.");
        } catch (LookupFailedException e) {
            return () -> Notices.failure("This question failed", String.valueOf(e.getMessage()));
        }
    }

    private void markProblems(Checked checked) {
        fields.forEach((name, field) -> {
            // Why stands in the place of the answer, where there is room for a sentence.
            field.setInvalid(checked.problems().containsKey(name));
        });
    }

    private void show(Component content) {
        answer.removeAll();
        answer.add(content);
    }

    private static Location link(Inquiry inquiry) {
        Map<String, String> parameters = new HashMap<>();
        for (Field name : Field.values()) {
            String text = inquiry.draft().text(name);
            if (name != Field.TO || !text.isEmpty()) {
                parameters.put(name.parameter(), text);
            }
        }
        return new Location("", QueryParameters.simple(parameters));
    }

    private Iterable<TextField> allInputs() {
        return Stream.concat(Stream.of(line), fields.values().stream()).toList();
    }

    private TextField field(Field name) {
        TextField field = fields.get(name);
        if (field == null) {
            throw new IllegalStateException("there is no field " + name);
        }
        return field;
    }

    private String text(Field name) {
        return field(name).getValue();
    }
}
