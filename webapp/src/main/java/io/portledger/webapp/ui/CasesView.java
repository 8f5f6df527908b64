package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.Shortcuts;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.combobox.ComboBox;
import com.vaadin.flow.component.details.Details;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableBody;
import com.vaadin.flow.component.html.NativeTableCell;
import com.vaadin.flow.component.html.NativeTableHeader;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.select.Select;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.data.value.ValueChangeMode;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.spring.security.AuthenticationContext;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.cases.Case;
import io.portledger.webapp.cases.Case.State;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.cases.CaseException;
import io.portledger.webapp.cases.Scope;
import io.portledger.webapp.lookup.Moment;
import jakarta.annotation.security.RolesAllowed;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All cases: open one, find one, approve or refuse it, close it. */
@Route("cases")
@PageTitle("Cases – Portledger")
@RolesAllowed({"LI_OFFICER", "ANALYST", "APPROVER", "AUDITOR"})
public final class CasesView extends Div implements AfterNavigationObserver {

    /** How far around a question the window of a case reaches that is opened for it. */
    private static final Duration AROUND = Duration.ofDays(1);

    private static final String ANY_STATE = "any state";

    private final transient CaseDesk book;
    private final transient AuthenticationContext user;
    private final transient Clock clock;

    private final TextField reference = new TextField("Reference");
    private final ComboBox<String> legalBasis = new ComboBox<>();
    private final TextField authority = new TextField("Authority (if one asks)");
    private final TextField from = new TextField("May be asked about from");
    private final TextField to = new TextField("to");
    private final TextArea addresses = new TextArea("Only these addresses and prefixes (none: any)");
    private final TextArea note = new TextArea("Note");
    private final Details opening = new Details("Open a case");
    private final Div outcome = new Div();

    private final TextField search = new TextField("Find");
    private final Select<String> state = new Select<>();
    private final Section list = new Section();

    public CasesView(CaseDesk book, AuthenticationContext user, Clock clock) {
        this.book = book;
        this.user = user;
        this.clock = clock;
        addClassName("cases");
        from.addClassName("time");
        to.addClassName("time");
        search.addClassName("time");
        outcome.getElement().setAttribute("role", "status");
        list.getElement().setAttribute("aria-label", "Cases");
        add(new H1("Cases"));
        if (user.hasAnyRole("LI_OFFICER", "ANALYST")) {
            add(form());
        }
        add(outcome, filters(), list);
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        QueryParameters asked = event.getLocation().getQueryParameters();
        Instant around = clock.instant();
        String time = asked.getSingleParameter("time").orElse("");
        if (!time.isBlank()) {
            try {
                around = Moment.read(time).instant();
            } catch (IllegalArgumentException e) {
                outcome.setText(e.getMessage());
            }
        }
        from.setValue(Moment.write(around.minus(AROUND)));
        to.setValue(Moment.write(around.plus(AROUND)));
        addresses.setValue(asked.getSingleParameter("ip").orElse(""));
        String named = asked.getSingleParameter("case").orElse("");
        reference.setValue(named);
        search.setValue(asked.getSingleParameter("text").orElse(""));
        opening.setOpened(!named.isBlank());
        if (opening.isOpened()) {
            reference.focus();
        }
        showList();
    }

    private Component form() {
        reference.setRequiredIndicatorVisible(true);
        legalBasis.setLabel("Legal basis");
        legalBasis.setItems(book.legalBases());
        legalBasis.setPlaceholder("By what right");
        legalBasis.setRequiredIndicatorVisible(true);
        from.setHelperText("UTC, or with an offset");
        Button open = new Button("Open case", click -> open());
        open.addThemeVariants(ButtonVariant.PRIMARY);
        Div row = new Div(reference, legalBasis, authority, from, to);
        row.addClassName("fields");
        Div texts = new Div(addresses, note, open);
        texts.addClassName("fields");
        opening.add(row, texts);
        return opening;
    }

    private Component filters() {
        state.setLabel("State");
        state.setItems(Stream.concat(
                        Stream.of(ANY_STATE), Arrays.stream(State.values()).map(CasesView::words))
                .toList());
        state.setValue(ANY_STATE);
        state.addValueChangeListener(change -> showList());
        search.setPlaceholder("Reference, authority or note");
        search.setClearButtonVisible(true);
        search.setValueChangeMode(ValueChangeMode.LAZY);
        search.addValueChangeListener(change -> showList());
        Div row = new Div(search, state);
        row.addClassName("fields");
        return row;
    }

    private void open() {
        attempt(() -> {
            Case opened = book.open(new Case.Request(
                    reference.getValue(),
                    legalBasis.getValue() == null ? "" : legalBasis.getValue(),
                    authority.getValue(),
                    new Scope(
                            Moment.read(from.getValue()).instant(),
                            Moment.read(to.getValue()).instant(),
                            Scope.readAddresses(addresses.getValue())),
                    note.getValue()));
            reference.clear();
            note.clear();
            opening.setOpened(false);
            return "The case " + opened.reference()
                    + (opened.state() == State.OPEN ? " is open." : " awaits the approval of a second person.");
        });
    }

    private interface Attempt {
        String make();
    }

    /** Tries it and says what came of it. */
    private void attempt(Attempt attempt) {
        try {
            outcome.setText(attempt.make());
            outcome.removeClassName("failed");
        } catch (IllegalArgumentException | CaseException | AuditException e) {
            outcome.setText(String.valueOf(e.getMessage()));
            outcome.addClassName("failed");
        }
        showList();
    }

    private void showList() {
        List<Case> found = book.list(stateAsked(), search.getValue());
        list.removeAll();
        list.add(found.isEmpty() ? new Paragraph(nothing()) : table(found));
        if (found.size() == CaseDesk.MOST_LISTED) {
            list.add(new Paragraph("Only the newest " + CaseDesk.MOST_LISTED + " are shown: search for the others."));
        }
    }

    private String nothing() {
        return search.isEmpty() && stateAsked() == null
                ? "There is no case yet. A question can be asked once a case is open that allows it."
                : "No case is like that.";
    }

    private @Nullable State stateAsked() {
        for (State one : State.values()) {
            if (words(one).equals(state.getValue())) {
                return one;
            }
        }
        return null;
    }

    private Component table(List<Case> cases) {
        NativeTableRow header = new NativeTableRow();
        for (String name : List.of(
                "Reference",
                "State",
                "Legal basis",
                "Authority",
                "May be asked about (UTC)",
                "Addresses",
                "Opened",
                "Decided",
                "")) {
            header.addHeaderCell().setText(name);
        }
        NativeTableBody body = new NativeTableBody();
        for (Case shown : cases) {
            NativeTableRow row = new NativeTableRow();
            row.addDataCell().setText(shown.reference());
            Span pill = new Span(words(shown.state()));
            pill.addClassNames("pill", shown.state().name().toLowerCase(Locale.ROOT));
            row.addDataCell().add(pill);
            row.addDataCell().setText(shown.legalBasis());
            row.addDataCell().setText(shown.authority());
            lines(
                    row,
                    Moment.write(shown.scope().from()),
                    Moment.write(shown.scope().to()));
            row.addDataCell()
                    .setText(
                            shown.scope().addresses().isEmpty()
                                    ? "any"
                                    : shown.scope().addresses().stream()
                                            .map(Object::toString)
                                            .collect(Collectors.joining(" ")));
            lines(row, shown.openedBy(), Moment.write(shown.openedAt()));
            lines(
                    row,
                    shown.decidedBy() == null ? "" : shown.decidedBy(),
                    shown.decidedAt() == null ? "" : Moment.write(shown.decidedAt()),
                    shown.remark());
            row.addDataCell().add(actions(shown));
            body.add(row);
        }
        return new Scrollable("Cases", new NativeTable(new NativeTableHeader(header), body));
    }

    private static void lines(NativeTableRow row, String... lines) {
        NativeTableCell cell = row.addDataCell();
        for (String line : lines) {
            cell.add(new Div(line));
        }
    }

    private Component actions(Case shown) {
        Div actions = new Div();
        actions.addClassName("actions");
        boolean isMine = shown.openedBy().equals(user.getPrincipalName().orElse(""));
        boolean isUndecided =
                shown.state() == State.AWAITING_APPROVAL || (shown.state() == State.OPEN && shown.decidedBy() == null);
        if (isUndecided && user.hasRole("APPROVER") && !isMine) {
            actions.add(
                    action("Approve", shown, remark -> book.decide(shown.reference(), true, remark)),
                    action("Refuse", shown, remark -> book.decide(shown.reference(), false, remark)));
        }
        if (shown.state() != State.CLOSED && user.hasAnyRole("LI_OFFICER", "ANALYST")) {
            actions.add(action("Close", shown, remark -> book.close(shown.reference(), remark)));
        }
        return actions;
    }

    private Component action(String name, Case shown, Function<String, Case> change) {
        Button button = new Button(name, click -> ask(name, shown, change));
        button.addThemeVariants(ButtonVariant.SMALL, ButtonVariant.TERTIARY);
        button.setAriaLabel(name + " " + shown.reference());
        return button;
    }

    private void ask(String name, Case shown, Function<String, Case> change) {
        Dialog dialog = new Dialog(name + " the case " + shown.reference() + "?");
        TextField remark = new TextField("Remark");
        remark.setWidthFull();
        remark.setValueChangeMode(ValueChangeMode.EAGER);
        Button confirm = new Button(name, click -> {
            dialog.close();
            attempt(() -> {
                Case changed = change.apply(remark.getValue());
                return "The case " + changed.reference() + " is " + words(changed.state()) + ".";
            });
        });
        confirm.addThemeVariants(ButtonVariant.PRIMARY);
        // In the browser, so that what was written arrives first.
        Shortcuts.addShortcutListener(dialog, () -> confirm.clickInClient(), Key.ENTER)
                .listenOn(remark);
        dialog.add(remark);
        dialog.getFooter().add(new Button("Cancel", click -> dialog.close()), confirm);
        dialog.open();
        remark.focus();
    }

    private static String words(State state) {
        return state.name().replace('_', ' ').toLowerCase(Locale.ROOT);
    }
}
