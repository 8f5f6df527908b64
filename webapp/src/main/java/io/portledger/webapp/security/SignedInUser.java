package io.portledger.webapp.security;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.userdetails.User;

/** A local user with what may be done in this session or with this token. */
public final class SignedInUser extends User {

    /** The authority of those who may do nothing but choose a new password. */
    public static final String MUST_CHANGE_PASSWORD = "MUST_CHANGE_PASSWORD";

    private static final long serialVersionUID = 1L;

    private final transient Account account;
    private final String limitKey;

    private SignedInUser(Account account, Collection<? extends GrantedAuthority> authorities, String limitKey) {
        super(account.name(), account.password(), !account.disabled(), true, true, true, authorities);
        this.account = account;
        this.limitKey = limitKey;
    }

    /** Somebody who comes with the user's password. */
    static SignedInUser byPassword(Account account) {
        return new SignedInUser(
                account,
                account.mustChangePassword()
                        ? AuthorityUtils.createAuthorityList(MUST_CHANGE_PASSWORD)
                        : authorities(account.roles()),
                "user " + account.name());
    }

    /** A program that comes with one of the user's tokens. */
    static SignedInUser byToken(Account account, ApiToken token) {
        Set<Role> roles = new HashSet<>(account.roles());
        roles.retainAll(token.scopes());
        return new SignedInUser(account, authorities(roles), "token " + token.id() + " of " + account.name());
    }

    /** The account as it was when the user came. */
    Account account() {
        return account;
    }

    /** For whom requests are counted. */
    String limitKey() {
        return limitKey;
    }

    private static List<GrantedAuthority> authorities(Set<Role> roles) {
        return AuthorityUtils.createAuthorityList(
                roles.stream().map(Role::authority).toArray(String[]::new));
    }
}
