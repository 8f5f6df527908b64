package io.portledger.webapp.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/** Refuses the requests of a token, or of a user who comes with a password, that come too fast (RFC 6585 §4). */
final class RateLimitFilter extends OncePerRequestFilter {

    private final TokenBuckets buckets;
    private final Refusals refusals;

    RateLimitFilter(TokenBuckets buckets, Refusals refusals) {
        this.buckets = buckets;
        this.refusals = refusals;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        if (authentication != null) {
            String key = authentication.getPrincipal() instanceof SignedInUser user
                    ? user.limitKey()
                    : "user " + authentication.getName();
            Duration wait = buckets.take(key);
            if (!wait.isZero()) {
                refusals.tooMany(request, response, wait);
                return;
            }
        }
        chain.doFilter(request, response);
    }
}
