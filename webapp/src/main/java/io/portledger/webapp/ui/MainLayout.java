package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.HasElement;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Footer;
import com.vaadin.flow.component.html.Header;
import com.vaadin.flow.component.html.Main;
import com.vaadin.flow.component.html.Nav;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.Layout;
import com.vaadin.flow.router.RouterLayout;
import com.vaadin.flow.server.auth.AnonymousAllowed;
import com.vaadin.flow.spring.security.AuthenticationContext;
import io.portledger.webapp.security.Role;
import org.jspecify.annotations.Nullable;

/** What is around every view: the name, the user, the way out. */
@Layout
@AnonymousAllowed
public final class MainLayout extends Div implements RouterLayout {

    private final Main main = new Main();

    public MainLayout(AuthenticationContext authentication) {
        addClassName("app");
        Anchor brand = new Anchor("/", "Portledger");
        brand.addClassName("brand");
        Nav views = new Nav();
        views.getElement().setAttribute("aria-label", "Views");
        if (authentication.hasAnyRole(Role.LI_OFFICER.name(), Role.ANALYST.name())) {
            views.add(new Anchor("/", "Look-up"));
        }
        if (authentication.hasAnyRole(
                Role.LI_OFFICER.name(), Role.ANALYST.name(), Role.APPROVER.name(), Role.AUDITOR.name())) {
            views.add(new Anchor("/cases", "Cases"));
        }
        if (authentication.hasAnyRole(Role.NOC.name(), Role.ANALYST.name(), Role.LI_OFFICER.name())) {
            views.add(new Anchor("/findings", "Findings"));
        }
        if (authentication.hasRole(Role.AUDITOR.name())) {
            views.add(new Anchor("/audit", "Audit log"));
        }
        if (authentication.hasRole(Role.ADMIN.name())) {
            views.add(new Anchor("/users", "Users"));
        }
        Anchor user = new Anchor("/account", authentication.getPrincipalName().orElse(""));
        user.addClassName("user");
        user.getElement().setAttribute("title", "Signed in as: own password and tokens");
        Button signOut = new Button("Sign out", click -> authentication.logout());
        signOut.addThemeVariants(ButtonVariant.TERTIARY);
        Div right = new Div(views, user, new ColorSchemeSelect(), signOut);
        right.addClassName("right");
        Header header = new Header(brand, right);
        header.addClassName("top");
        Footer footer = new Footer(new Span("All times are UTC."), new Span("Every question goes to the audit log."));
        footer.addClassName("bottom");
        add(header, main, footer);
    }

    @Override
    public void showRouterLayoutContent(@Nullable HasElement content) {
        main.removeAll();
        if (content != null) {
            main.add(content.getElement().getComponent().<Component>map(c -> c).orElseThrow());
        }
    }
}
