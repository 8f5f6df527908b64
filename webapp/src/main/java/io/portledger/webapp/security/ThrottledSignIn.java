package io.portledger.webapp.security;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** Signs in by name and password as {@code passwords} does, but not more often than the throttle allows. */
final class ThrottledSignIn implements AuthenticationProvider {

    private final AuthenticationProvider passwords;
    private final SignInThrottle throttle;
    private final RefusedSignIns refused;

    ThrottledSignIn(AuthenticationProvider passwords, SignInThrottle throttle, RefusedSignIns refused) {
        this.passwords = passwords;
        this.throttle = throttle;
        this.refused = refused;
    }

    @Override
    public @Nullable Authentication authenticate(Authentication authentication) {
        String address = authentication.getDetails() instanceof WebAuthenticationDetails details
                ? details.getRemoteAddress()
                : "";
        String name = authentication.getName();
        Duration wait = throttle.begin(name, address);
        if (!wait.isZero()) {
            refused.add(name, address, RefusedSignIns.Cause.THROTTLED);
            throw new LockedException("Too many failed attempts for this name from this address: try again in "
                    + Math.max(1, wait.toSeconds()) + " s.");
        }
        Authentication result;
        try {
            result = passwords.authenticate(authentication);
        } catch (AuthenticationException e) {
            refused.add(name, address, RefusedSignIns.Cause.WRONG);
            throw e;
        }
        throttle.succeeded(name, address);
        return result;
    }

    @Override
    public boolean supports(Class<?> type) {
        return passwords.supports(type);
    }
}
