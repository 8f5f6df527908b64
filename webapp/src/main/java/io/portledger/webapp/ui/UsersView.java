package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.checkbox.CheckboxGroup;
import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.router.AfterNavigationEvent;
import com.vaadin.flow.router.AfterNavigationObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.security.Account;
import io.portledger.webapp.security.AccountDesk;
import io.portledger.webapp.security.AccountException;
import io.portledger.webapp.security.Role;
import jakarta.annotation.security.RolesAllowed;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The users: who there is, with which roles; adding and changing them. {@code ?user=NAME} opens one. */
@Route("users")
@PageTitle("Users – Portledger")
@RolesAllowed("ADMIN")
public final class UsersView extends Div implements AfterNavigationObserver {

    private final transient AccountDesk desk;
    private final Div told = new Div();
    private final Div list = new Div();
    private final Section one = new Section();

    public UsersView(AccountDesk desk) {
        this.desk = desk;
        addClassName("users");
        told.getElement().setAttribute("aria-live", "polite");
        one.addClassName("card");
        add(new H1("Users"), told, list, one, newUser());
    }

    @Override
    public void afterNavigation(AfterNavigationEvent event) {
        told.removeAll();
        showAll();
        String name = event.getLocation()
                .getQueryParameters()
                .getSingleParameter("user")
                .orElse("");
        showOne(name);
    }

    private void showAll() {
        list.removeAll();
        List<List<Component>> rows = desk.users().stream().map(UsersView::row).toList();
        list.add(Tables.table("Users", List.of("User", "Roles", "State", "Tokens"), rows));
    }

    private static List<Component> row(Account account) {
        return List.of(
                new Anchor("/users?user=" + URLEncoder.encode(account.name(), StandardCharsets.UTF_8), account.name()),
                Tables.text(roles(account)),
                Tables.text(state(account)),
                Tables.text(Integer.toString(account.tokens().size())));
    }

    private static String roles(Account account) {
        return account.roles().isEmpty()
                ? "none"
                : account.roles().stream().sorted().map(Role::name).collect(Collectors.joining(", "));
    }

    private static String state(Account account) {
        if (account.disabled()) {
            return "disabled";
        }
        return account.mustChangePassword() ? "must change the password" : "active";
    }

    private void showOne(String name) {
        one.removeAll();
        Account account = desk.users().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElse(null);
        one.setVisible(account != null);
        if (account == null) {
            return;
        }
        one.getElement().setAttribute("aria-label", "User " + name);
        CheckboxGroup<Role> roles = roleBoxes("Roles of " + name);
        roles.setValue(account.roles());
        Button save = new Button(
                "Save roles",
                click -> attempt(name, () -> {
                    desk.changeRoles(name, roles.getValue(), Visitor.address());
                    say("The roles of " + name + " are changed, and open sessions have ended.");
                }));
        Button password = new Button(
                "Reset password",
                click -> attempt(name, () -> {
                    String secret = desk.resetPassword(name, Visitor.address());
                    tell(
                            "New password of " + name,
                            secret,
                            "Shown this once. Open sessions have ended; tokens are as they were.");
                }));
        Button tokens = new Button(
                "Revoke all tokens",
                click -> attempt(name, () -> {
                    desk.revokeTokens(name, Visitor.address());
                    say("All tokens of " + name + " are void.");
                }));
        tokens.setEnabled(!account.tokens().isEmpty());
        Button disable = new Button(
                account.disabled() ? "Enable" : "Disable",
                click -> attempt(name, () -> {
                    if (account.disabled()) {
                        desk.enable(name, Visitor.address());
                        say(name + " may sign in again.");
                    } else {
                        desk.disable(name, Visitor.address());
                        say(name + " is disabled: sessions have ended, and no token opens anything.");
                    }
                }));
        Div buttons = new Div(save, password, tokens, disable);
        buttons.addClassName("buttons");
        one.add(new H2(name), roles, buttons);
    }

    private Component newUser() {
        TextField name = new TextField("Name");
        CheckboxGroup<Role> roles = roleBoxes("Roles");
        Button add = new Button(
                "Add user",
                click -> attempt("", () -> {
                    String added = name.getValue().strip();
                    String secret = desk.add(added, roles.getValue(), Visitor.address());
                    name.clear();
                    roles.clear();
                    tell("Password of " + added, secret, "Shown this once. It must be changed at the first sign-in.");
                }));
        add.addThemeVariants(ButtonVariant.PRIMARY);
        Section section = new Section(new H2("Add a user"), name, roles, add);
        section.addClassName("card");
        section.getElement().setAttribute("aria-label", "Add a user");
        return section;
    }

    static CheckboxGroup<Role> roleBoxes(String label) {
        CheckboxGroup<Role> roles = new CheckboxGroup<>(label);
        roles.setItems(Role.values());
        roles.setItemLabelGenerator(role -> role.name() + " – " + role.description());
        roles.addClassName("roles");
        return roles;
    }

    private void attempt(String name, Runnable change) {
        try {
            change.run();
        } catch (AccountException e) {
            show(Notices.failure("Not changed", String.valueOf(e.getMessage())));
        } catch (AuditException e) {
            show(Notices.failure("Not changed: the audit log cannot be written", String.valueOf(e.getMessage())));
        }
        if (Visitor.session() == null) {
            // Somebody changed the own rights, and the session has ended.
            UI.getCurrent().getPage().setLocation("/login");
            return;
        }
        showAll();
        showOne(name);
    }

    private void say(String text) {
        show(Notices.done(text));
    }

    private void tell(String what, String secret, String after) {
        show(Notices.secret(what, new Code(secret), after));
    }

    private void show(Component notice) {
        told.removeAll();
        told.add(notice);
    }
}
