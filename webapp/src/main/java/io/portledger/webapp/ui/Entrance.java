package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterListener;
import com.vaadin.flow.router.ListenerPriority;
import com.vaadin.flow.server.ServiceInitEvent;
import com.vaadin.flow.server.VaadinServiceInitListener;
import com.vaadin.flow.spring.security.AuthenticationContext;
import io.portledger.webapp.security.Role;
import io.portledger.webapp.security.SignedInUser;
import org.springframework.stereotype.Service;

/**
 * Leads people to where they may be: those with a password that somebody else chose to the view where they choose another
 * one, and those who come to the front door and may not look up anything to the first view that is open to them.
 */
@Service
final class Entrance implements VaadinServiceInitListener {

    private final AuthenticationContext authentication;

    Entrance(AuthenticationContext authentication) {
        this.authentication = authentication;
    }

    @Override
    public void serviceInit(ServiceInitEvent event) {
        event.getSource().addUIInitListener(init -> init.getUI().addBeforeEnterListener(new Door()));
    }

    /** Before the check of rights, which would only refuse. */
    @ListenerPriority(Integer.MAX_VALUE)
    private final class Door implements BeforeEnterListener {

        @Override
        public void beforeEnter(BeforeEnterEvent event) {
            Class<?> target = event.getNavigationTarget();
            if (authentication.hasAuthority(SignedInUser.MUST_CHANGE_PASSWORD)) {
                if (target != AccountView.class) {
                    event.forwardTo(AccountView.class);
                }
            } else if (target == LookupView.class
                    && authentication.isAuthenticated()
                    && !authentication.hasAnyRole(Role.LI_OFFICER.name(), Role.ANALYST.name())) {
                event.forwardTo(firstOpen());
            }
        }

        private Class<? extends Component> firstOpen() {
            if (authentication.hasRole(Role.NOC.name())) {
                return FindingsView.class;
            }
            if (authentication.hasRole(Role.AUDITOR.name())) {
                return AuditView.class;
            }
            if (authentication.hasRole(Role.ADMIN.name())) {
                return UsersView.class;
            }
            return AccountView.class;
        }
    }
}
