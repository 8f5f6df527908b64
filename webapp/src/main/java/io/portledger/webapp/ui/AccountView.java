package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.checkbox.CheckboxGroup;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.select.Select;
import com.vaadin.flow.component.textfield.Autocomplete;
import com.vaadin.flow.component.textfield.PasswordField;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.spring.security.AuthenticationContext;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.security.Account;
import io.portledger.webapp.security.AccountDesk;
import io.portledger.webapp.security.AccountDesk.NewToken;
import io.portledger.webapp.security.AccountException;
import io.portledger.webapp.security.ApiToken;
import io.portledger.webapp.security.Role;
import io.portledger.webapp.security.SignedInUser;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A user's own password and API tokens. */
@Route("account")
@PageTitle("Account – Portledger")
@PermitAll
public final class AccountView extends Div implements AfterNavigationObserver {

    private final transient AccountDesk desk;
    private final transient AuthenticationContext authentication;
    private final transient Clock clock;
    private final Div told = new Div();
    private final Div parts = new Div();

    /** How long a token is good for. */
    private enum Lifetime {
        MONTH("30 days", Duration.ofDays(30)),
        QUARTER("90 days", Duration.ofDays(90)),
        YEAR("a year", Duration.ofDays(365));

        private final String label;
        private final Duration duration;

        Lifetime(String label, Duration duration) {
            this.label = label;
            this.duration = duration;
        }
    }

    public AccountView(AccountDesk desk, AuthenticationContext authentication, Clock clock) {
        this.desk = desk;
        this.authentication = authentication;
        this.clock = clock;
        addClassName("account");
        told.getElement().setAttribute("aria-live", "polite");
        add(new H1("Account"), told, parts);
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        told.removeAll();
        show();
    }

    private void show() {
        parts.removeAll();
        Account account = desk.own();
        if (authentication.hasAuthority(SignedInUser.MUST_CHANGE_PASSWORD)) {
            parts.add(
                    Notices.notice(
                            "Choose a password of your own first",
                            "The one you came with was chosen by somebody else. Nothing else is open until it is"
                                    + " changed."),
                    password());
        } else {
            parts.add(password(), tokens(account), newToken(account));
        }
    }

    private Component password() {
        PasswordField current = field("Current password", Autocomplete.CURRENT_PASSWORD);
        PasswordField wanted = field("New password", Autocomplete.NEW_PASSWORD);
        wanted.setHelperText("At least 12 characters. A few words that have nothing to do with each other are good.");
        PasswordField again = field("New password again", Autocomplete.NEW_PASSWORD);
        Button change = new Button("Change password", click -> {
            if (!wanted.getValue().equals(again.getValue())) {
                tell(Notices.failure("Not changed", "The two new passwords differ."));
                return;
            }
            attempt(() -> {
                desk.changePassword(current.getValue(), wanted.getValue(), Visitor.address(), Visitor.session());
                authentication.logout();
            });
        });
        change.addThemeVariants(ButtonVariant.PRIMARY);
        change.addClickShortcut(Key.ENTER).listenOn(again);
        Section section = section("Password");
        section.add(
                new Paragraph("After the change all your sessions end, this one too: sign in again with the new one."),
                current,
                wanted,
                again,
                change);
        return section;
    }

    private static PasswordField field(String label, Autocomplete purpose) {
        PasswordField field = new PasswordField(label);
        field.setAutocomplete(purpose);
        return field;
    }

    private Component tokens(Account account) {
        Section section = section("API tokens");
        if (account.tokens().isEmpty()) {
            section.add(new Paragraph("None. A token lets a program ask in your name, by REST."));
            return section;
        }
        Instant now = clock.instant();
        section.add(Tables.table(
                "API tokens",
                List.of("Name", "May act as", "Made", "Good until", "Last used", ""),
                account.tokens().stream().map(token -> row(token, now)).toList()));
        return section;
    }

    private List<Component> row(ApiToken token, Instant now) {
        Button revoke = new Button(
                "Revoke",
                click -> attempt(() -> {
                    desk.revokeToken(token.id(), Visitor.address());
                    tell(Notices.done("The token " + token.name() + " is void."));
                }));
        revoke.setAriaLabel("Revoke " + token.name());
        return List.of(
                Tables.text(token.name()),
                Tables.text(token.scopes().stream().sorted().map(Role::name).collect(Collectors.joining(", "))),
                Tables.text(time(token.created(), "unknown")),
                Tables.text(time(token.expires(), "it is revoked") + (token.isExpired(now) ? " (over)" : "")),
                Tables.text(time(token.lastUsed(), "never")),
                revoke);
    }

    private static String time(@Nullable Instant instant, String otherwise) {
        return instant == null ? otherwise : Moment.write(instant);
    }

    private Component newToken(Account account) {
        TextField name = new TextField("Name");
        CheckboxGroup<Role> scopes = UsersView.roleBoxes("May act as");
        scopes.setItems(account.roles().stream().sorted().toList());
        Select<Lifetime> lifetime = new Select<>();
        lifetime.setLabel("Good for");
        lifetime.setItems(Lifetime.values());
        lifetime.setItemLabelGenerator(each -> each.label);
        lifetime.setValue(Lifetime.QUARTER);
        Button create = new Button(
                "Create token",
                click -> attempt(() -> {
                    NewToken made = desk.createToken(
                            name.getValue().strip(),
                            scopes.getValue(),
                            lifetime.getValue().duration,
                            Visitor.address());
                    tell(Notices.secret(
                            "Token " + made.token().name(),
                            new Code(made.secret()),
                            "Shown this once. Send it as Authorization: Bearer TOKEN."));
                }));
        create.setEnabled(!account.roles().isEmpty());
        Section section = section("New API token");
        section.add(name, scopes, lifetime, create);
        return section;
    }

    private static Section section(String title) {
        Section section = new Section(new H2(title));
        section.addClassName("card");
        section.getElement().setAttribute("aria-label", title);
        return section;
    }

    private void attempt(Runnable change) {
        try {
            change.run();
        } catch (AccountException e) {
            tell(Notices.failure("Not changed", String.valueOf(e.getMessage())));
        } catch (AuditException e) {
            tell(Notices.failure("Not changed: the audit log cannot be written", String.valueOf(e.getMessage())));
        }
        show();
    }

    private void tell(Component notice) {
        told.removeAll();
        told.add(notice);
    }
}
