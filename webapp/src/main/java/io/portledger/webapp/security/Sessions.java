package io.portledger.webapp.security;

import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.logout.LogoutHandler;
import org.springframework.security.web.authentication.session.SessionAuthenticationException;
import org.springframework.security.web.authentication.session.SessionAuthenticationStrategy;

/**
 * The open sessions of people in browsers. When what a user may do changes, the user's sessions end at once, without
 * waiting for their next request. Safe for use by several threads.
 */
final class Sessions implements SessionAuthenticationStrategy, LogoutHandler {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private static final String ATTRIBUTE = "portledger.open";

    private final Accounts accounts;
    private final AuditLog audit;
    private final Set<Open> open = ConcurrentHashMap.newKeySet();
    /** The session in which a user changes the own password ends by itself, after it has said so. */
    private final ThreadLocal<@Nullable String> spared = new ThreadLocal<>();

    Sessions(Accounts accounts, AuditLog audit) {
        this.accounts = accounts;
        this.audit = audit;
        accounts.whenRightsChange(this::end);
    }

    /** A session, which the container tells when it is over. */
    private final class Open implements HttpSessionBindingListener {

        private final String name;
        private final HttpSession session;

        Open(String name, HttpSession session) {
            this.name = name;
            this.session = session;
        }

        @Override
        public void valueBound(HttpSessionBindingEvent event) {
            open.add(this);
        }

        @Override
        public void valueUnbound(HttpSessionBindingEvent event) {
            open.remove(this);
        }
    }

    /** Called when somebody has signed in, and before anything else is done in the session. */
    @Override
    public void onAuthentication(
            Authentication authentication, HttpServletRequest request, HttpServletResponse response) {
        HttpSession session = request.getSession();
        session.setAttribute(ATTRIBUTE, new Open(authentication.getName(), session));
        if (authentication.getPrincipal() instanceof SignedInUser user) {
            Optional<Account> now = accounts.byName(user.getUsername());
            if (now.isEmpty() || !now.get().allowsTheSameAs(user.account())) {
                session.removeAttribute(ATTRIBUTE);
                throw new SessionAuthenticationException("The user was changed at this very moment. Sign in again.");
            }
        }
        try {
            audit.append(new AuditEvent.SignedIn(authentication.getName(), request.getRemoteAddr()));
        } catch (AuditException e) {
            session.removeAttribute(ATTRIBUTE);
            throw new SessionAuthenticationException(String.valueOf(e.getMessage()));
        }
    }

    /** Called when somebody signs out. */
    @Override
    public void logout(
            HttpServletRequest request, HttpServletResponse response, @Nullable Authentication authentication) {
        if (authentication != null) {
            try {
                audit.append(new AuditEvent.SignedOut(authentication.getName(), request.getRemoteAddr()));
            } catch (AuditException e) {
                // Nobody is kept inside for that.
                LOG.error("That {} signed out is not in the audit log: {}", authentication.getName(), e.getMessage());
            }
        }
    }

    /** Does something that ends the user's sessions, but for the one with that id. */
    void sparing(@Nullable String sessionId, Runnable action) {
        spared.set(sessionId);
        try {
            action.run();
        } finally {
            spared.remove();
        }
    }

    private void end(String name) {
        for (Open each : List.copyOf(open)) {
            if (each.name.equals(name) && !each.session.getId().equals(spared.get())) {
                try {
                    each.session.invalidate();
                } catch (IllegalStateException e) {
                    // It has just ended by itself.
                    open.remove(each);
                }
            }
        }
    }
}
