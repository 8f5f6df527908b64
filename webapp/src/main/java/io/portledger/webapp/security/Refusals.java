package io.portledger.webapp.security;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AccountStatusException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import tools.jackson.databind.json.JsonMapper;

/** Refuses requests of programs with problem details (RFC 9457) rather than with a page to sign in. */
final class Refusals implements AuthenticationEntryPoint, AccessDeniedHandler {

    private final JsonMapper json;

    Refusals(JsonMapper json) {
        this.json = json;
    }

    @Override
    public void commence(HttpServletRequest request, HttpServletResponse response, AuthenticationException exception)
            throws IOException {
        String detail;
        if (exception instanceof LockedException) {
            detail = String.valueOf(exception.getMessage());
        } else if (exception instanceof BadCredentialsException || exception instanceof AccountStatusException) {
            detail = "The name and password, or the token, are wrong.";
        } else {
            detail = "Send an API token (Authorization: Bearer TOKEN), or a name and password (HTTP basic).";
        }
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"portledger\"");
        response.addHeader(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"portledger\", charset=\"UTF-8\"");
        write(request, response, HttpStatus.UNAUTHORIZED, detail);
    }

    @Override
    public void handle(HttpServletRequest request, HttpServletResponse response, AccessDeniedException exception)
            throws IOException {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        boolean mustChange = authentication != null
                && authentication.getAuthorities().stream()
                        .anyMatch(authority -> SignedInUser.MUST_CHANGE_PASSWORD.equals(authority.getAuthority()));
        write(
                request,
                response,
                HttpStatus.FORBIDDEN,
                mustChange
                        ? "This password was chosen by somebody else and must be changed first: sign in with it in the"
                                + " browser. API tokens are not touched by this."
                        : "This user, or this token, does not have the role that is needed here.");
    }

    /** Refuses a request that came too soon. */
    void tooMany(HttpServletRequest request, HttpServletResponse response, Duration wait) throws IOException {
        long seconds = Math.max(1, (wait.toMillis() + 999) / 1000);
        response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        write(
                request,
                response,
                HttpStatus.TOO_MANY_REQUESTS,
                "Too many requests with this token or by this user: try again in " + seconds
                        + " s (portledger.rate-limit).");
    }

    private void write(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String detail)
            throws IOException {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setInstance(URI.create(request.getRequestURI()));
        // Not sendError: that would be dispatched to /error, which belongs to the browser's rules.
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.getOutputStream().write(json.writeValueAsBytes(problem));
    }
}
