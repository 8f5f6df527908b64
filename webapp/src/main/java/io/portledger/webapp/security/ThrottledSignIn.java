package io.portledger.webapp.security;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.LockedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** Signs in by name and password as {@code passwords} does, but not more often than the throttle allows. */
final class ThrottledSignIn implements AuthenticationProvider {

    private final AuthenticationProvider passwords;
    private final SignInThrottle throttle;

    ThrottledSignIn(AuthenticationProvider passwords, SignInThrottle throttle) {
        this.passwords = passwords;
        this.throttle = throttle;
    }

    @Override
    public @Nullable Authentication authenticate(Authentication authentication) {
        String address = authentication.getDetails() instanceof WebAuthenticationDetails details
                ? details.getRemoteAddress()
                : "";
        String name = authentication.getName();
        Duration wait = throttle.begin(name, address);
        if (!wait.isZero()) {
            throw new LockedException("Too many failed attempts for this name from this address: try again in "
                    + Math.max(1, wait.toSeconds()) + " s.");
        }
        Authentication result = passwords.authenticate(authentication);
        throttle.succeeded(name, address);
        return result;
    }

    @Override
    public boolean supports(Class<?> type) {
        return passwords.supports(type);
    }
}
