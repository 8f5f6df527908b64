package io.portledger.webapp.ui;

import com.vaadin.flow.server.VaadinRequest;
import com.vaadin.flow.server.VaadinSession;
import org.jspecify.annotations.Nullable;

/** Whoever sits at the browser whose request is being served. */
final class Visitor {

    private Visitor() {}

    /** The network address as the server sees it, or empty outside a request. */
    static String address() {
        VaadinRequest request = VaadinRequest.getCurrent();
        return request == null ? "" : request.getRemoteAddr();
    }

    /** The id of the session, or null outside one. */
    static @Nullable String session() {
        VaadinSession session = VaadinSession.getCurrent();
        return session == null || session.getSession() == null
                ? null
                : session.getSession().getId();
    }
}
