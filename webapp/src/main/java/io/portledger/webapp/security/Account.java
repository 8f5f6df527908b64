package io.portledger.webapp.security;

import java.util.List;
import java.util.Set;

/**
 * A user of the application, as {@code users.json} keeps it.
 *
 * @param name the name to sign in with
 * @param password its hash in the form {@code {bcrypt}...}
 * @param roles what the user may do
 * @param tokens SHA-256 of each API token that stands for the user, in hexadecimal
 */
public record Account(String name, String password, Set<Role> roles, List<String> tokens) {

    public Account {
        if (name.isBlank() || !password.startsWith("{")) {
            throw new IllegalArgumentException("A user needs a name, and a password hash such as {bcrypt}$2a$12$...");
        }
        roles = Set.copyOf(roles);
        tokens = List.copyOf(tokens);
    }

    Account withTokens(List<String> newTokens) {
        return new Account(name, password, roles, newTokens);
    }

    @Override
    public String toString() {
        return "Account[" + name + ", " + roles + "]";
    }
}
