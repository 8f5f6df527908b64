package io.portledger.webapp.security;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A secret by which a program asks in a user's name. The secret itself is kept nowhere.
 *
 * @param id tells it apart from the user's other tokens
 * @param name what the user calls it
 * @param hash SHA-256 of the secret, in hexadecimal
 * @param scopes what it may do at most; it never may what its user may not
 * @param created when it was made, or null if that was before such things were kept
 * @param expires from when on it is void, or null for never
 * @param lastUsed when it was last used, to the hour, or null
 */
public record ApiToken(
        String id,
        String name,
        String hash,
        Set<Role> scopes,
        @Nullable Instant created,
        @Nullable Instant expires,
        @Nullable Instant lastUsed) {

    public ApiToken {
        scopes = Set.copyOf(scopes);
    }

    /** Whether it is void at that time. */
    public boolean isExpired(Instant now) {
        return expires != null && !now.isBefore(expires);
    }

    ApiToken usedAt(Instant now) {
        return new ApiToken(id, name, hash, scopes, created, expires, now);
    }

    @Override
    public String toString() {
        return "ApiToken[" + id + ", " + name + ", " + scopes + "]";
    }
}
