package io.portledger.webapp.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.web.filter.OncePerRequestFilter;

/** Signs a request in by {@code Authorization: Bearer TOKEN} (RFC 6750 §2.1), if it carries one. */
final class BearerTokenFilter extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";

    private final Accounts accounts;
    private final RefusedSignIns refused;
    private final AuthenticationEntryPoint refusal;

    BearerTokenFilter(Accounts accounts, RefusedSignIns refused, AuthenticationEntryPoint refusal) {
        this.accounts = accounts;
        this.refused = refused;
        this.refusal = refusal;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            Optional<SignedInUser> user =
                    accounts.byToken(header.substring(SCHEME.length()).strip());
            if (user.isEmpty()) {
                refused.add(null, request.getRemoteAddr(), RefusedSignIns.Cause.TOKEN);
                refusal.commence(
                        request, response, new BadCredentialsException("The token is unknown, expired or void."));
                return;
            }
            UsernamePasswordAuthenticationToken authentication = UsernamePasswordAuthenticationToken.authenticated(
                    user.get(), null, user.get().getAuthorities());
            authentication.setDetails(new WebAuthenticationDetails(request));
            SecurityContext context = SecurityContextHolder.createEmptyContext();
            context.setAuthentication(authentication);
            SecurityContextHolder.setContext(context);
        }
        chain.doFilter(request, response);
    }
}
