package io.portledger.webapp.security;

import java.util.List;
import java.util.Set;

/**
 * A user of the application, as {@code users.json} keeps it.
 *
 * @param name the name to sign in with
 * @param password its hash in the form {@code {bcrypt}...}
 * @param mustChangePassword whether somebody else chose the password, so that it is good for choosing another one only
 * @param disabled whether neither the password nor a token lets the user in
 * @param roles what the user may do
 * @param tokens the user's API tokens
 */
public record Account(
        String name,
        String password,
        boolean mustChangePassword,
        boolean disabled,
        Set<Role> roles,
        List<ApiToken> tokens) {

    public Account {
        if (name.isBlank() || !password.startsWith("{")) {
            throw new IllegalArgumentException("A user needs a name, and a password hash such as {bcrypt}$2a$12$...");
        }
        roles = Set.copyOf(roles);
        tokens = List.copyOf(tokens);
    }

    Account withTokens(List<ApiToken> newTokens) {
        return new Account(name, password, mustChangePassword, disabled, roles, newTokens);
    }

    Account withRoles(Set<Role> newRoles) {
        return new Account(name, password, mustChangePassword, disabled, newRoles, tokens);
    }

    Account withPassword(String hash, boolean mustChange) {
        return new Account(name, hash, mustChange, disabled, roles, tokens);
    }

    Account withDisabled(boolean isDisabled) {
        return new Account(name, password, mustChangePassword, isDisabled, roles, tokens);
    }

    /** Whether a session that began with this account may go on with the other one. */
    boolean allowsTheSameAs(Account other) {
        return withTokens(List.of()).equals(other.withTokens(List.of()));
    }

    /** Whether the user can keep users. */
    boolean isActiveAdmin() {
        return !disabled && roles.contains(Role.ADMIN);
    }

    @Override
    public String toString() {
        return "Account[" + name + ", " + roles + (disabled ? ", disabled" : "") + "]";
    }
}
