package io.portledger.webapp.security;

import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditEvent.AccountChanged;
import io.portledger.webapp.audit.AuditEvent.AccountChanged.Change;
import io.portledger.webapp.audit.AuditLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * The one place where users are changed: by those with the role ADMIN, and each by himself as far as the own password and
 * tokens go. Every change stands in the audit log, without its secret, before it is made; if the log cannot be written
 * there is no change. Safe for use by several threads.
 *
 * <p>Methods throw {@link AccountException} if the change cannot be made, and
 * {@link io.portledger.webapp.audit.AuditException} if it cannot be audited. {@code address} is the network address of
 * whoever asks for it.
 */
@Service
public class AccountDesk {

    private static final String OWN =
            "isAuthenticated() and !hasAuthority('" + SignedInUser.MUST_CHANGE_PASSWORD + "')";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,63}");
    private static final int LONGEST_TOKEN_NAME = 64;
    private static final int MOST_TOKENS = 50;

    private final Accounts accounts;
    private final Sessions sessions;
    private final SignInThrottle throttle;
    private final AuditLog audit;
    private final Clock clock;

    AccountDesk(Accounts accounts, Sessions sessions, SignInThrottle throttle, AuditLog audit, Clock clock) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.throttle = throttle;
        this.audit = audit;
        this.clock = clock;
    }

    /**
     * A token that was just made.
     *
     * @param secret to be shown this once
     * @param token what is kept of it
     */
    public record NewToken(String secret, ApiToken token) {

        @Override
        public String toString() {
            return "NewToken[" + token + "]";
        }
    }

    /** All users. */
    @PreAuthorize("hasRole('ADMIN')")
    public List<Account> users() {
        return accounts.all();
    }

    /**
     * Adds a user.
     *
     * @return the password, which must be changed at the first sign-in
     */
    @PreAuthorize("hasRole('ADMIN')")
    public String add(String name, Set<Role> roles, String address) {
        if (!NAME.matcher(name).matches()) {
            throw new AccountException(
                    "\"" + name
                            + "\" is no name for a user (allowed: 1 to 64 letters, digits, and . _ @ -, a letter or digit first).");
        }
        String password = Secrets.password();
        accounts.add(
                new Account(name, accounts.hash(password), true, false, roles, List.of()),
                () -> note(Change.USER_ADDED, address, name, roles, null));
        return password;
    }

    /** Gives a user other roles. Sessions end. */
    @PreAuthorize("hasRole('ADMIN')")
    public void changeRoles(String name, Set<Role> roles, String address) {
        change(Change.ROLES_CHANGED, name, account -> account.withRoles(roles), address, roles, null);
    }

    /** Lets a user in no more, by password or token, until {@link #enable}. Sessions end. */
    @PreAuthorize("hasRole('ADMIN')")
    public void disable(String name, String address) {
        change(Change.USER_DISABLED, name, account -> account.withDisabled(true), address, null, null);
    }

    /** Lets a user in again. */
    @PreAuthorize("hasRole('ADMIN')")
    public void enable(String name, String address) {
        change(Change.USER_ENABLED, name, account -> account.withDisabled(false), address, null, null);
    }

    /**
     * Gives another user a new password. Sessions end; tokens stay.
     *
     * @return the password, which must be changed at the next sign-in
     */
    @PreAuthorize("hasRole('ADMIN')")
    public String resetPassword(String name, String address) {
        if (name.equals(asker())) {
            // The session would end before the password could be read.
            throw new AccountException("Change your own password in the view Account.");
        }
        String password = Secrets.password();
        String hash = accounts.hash(password);
        change(Change.PASSWORD_RESET, name, account -> account.withPassword(hash, true), address, null, null);
        return password;
    }

    /** Makes all tokens of a user void. */
    @PreAuthorize("hasRole('ADMIN')")
    public void revokeTokens(String name, String address) {
        change(Change.TOKENS_REVOKED, name, account -> account.withTokens(List.of()), address, null, null);
    }

    /** The user's own account. */
    @PreAuthorize("isAuthenticated()")
    public Account own() {
        return accounts.byName(asker())
                .orElseThrow(() -> new AccountException("There is no user " + asker() + " any more."));
    }

    /**
     * Changes the user's own password. All sessions end, but for the one from which it is changed.
     *
     * @param session the id of that session, which the caller ends
     */
    @PreAuthorize("isAuthenticated()")
    public void changePassword(String current, String wanted, String address, @Nullable String session) {
        Account account = own();
        Duration wait = throttle.begin(account.name(), address);
        if (!wait.isZero()) {
            throw new AccountException(
                    "Too many wrong passwords: try again in " + Math.max(1, wait.toSeconds()) + " s.");
        }
        if (!accounts.isPassword(account, current)) {
            throw new AccountException("The current password is wrong.");
        }
        throttle.succeeded(account.name(), address);
        String problem = PasswordPolicy.problem(account.name(), wanted);
        if (problem != null) {
            throw new AccountException(problem);
        }
        if (wanted.equals(current)) {
            throw new AccountException("The new password is the current one.");
        }
        String hash = accounts.hash(wanted);
        sessions.sparing(
                session,
                () -> change(
                        Change.PASSWORD_CHANGED,
                        account.name(),
                        now -> now.withPassword(hash, false),
                        address,
                        null,
                        null));
    }

    /**
     * Makes a token of the user's own.
     *
     * @param name what the user calls it
     * @param scopes what it may do at most, some of the user's own roles
     * @param lifetime how long it is good for
     */
    @PreAuthorize(OWN)
    public NewToken createToken(String name, Set<Role> scopes, Duration lifetime, String address) {
        Account account = own();
        if (name.isBlank() || name.length() > LONGEST_TOKEN_NAME) {
            throw new AccountException("A token needs a name of 1 to " + LONGEST_TOKEN_NAME + " characters.");
        }
        if (scopes.isEmpty() || !account.roles().containsAll(scopes)) {
            throw new AccountException("A token needs at least one role, and may have only those of its user.");
        }
        if (lifetime.isNegative() || lifetime.isZero()) {
            throw new AccountException("A token needs a time for which it is good.");
        }
        if (account.tokens().size() >= MOST_TOKENS) {
            throw new AccountException("There are " + MOST_TOKENS + " tokens already: revoke one first.");
        }
        String secret = Secrets.token();
        Instant now = clock.instant();
        ApiToken token = new ApiToken(
                Secrets.tokenId(), name, Secrets.hashOfToken(secret), scopes, now, now.plus(lifetime), null);
        change(
                Change.TOKEN_CREATED,
                account.name(),
                before -> {
                    List<ApiToken> tokens = new ArrayList<>(before.tokens());
                    tokens.add(token);
                    return before.withTokens(tokens);
                },
                address,
                scopes,
                token);
        return new NewToken(secret, token);
    }

    /** Makes one of the user's own tokens void. */
    @PreAuthorize(OWN)
    public void revokeToken(String id, String address) {
        Account account = own();
        ApiToken token = account.tokens().stream()
                .filter(candidate -> candidate.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AccountException("You have no token " + id + "."));
        change(
                Change.TOKEN_REVOKED,
                account.name(),
                before -> before.withTokens(before.tokens().stream()
                        .filter(each -> !each.id().equals(id))
                        .toList()),
                address,
                null,
                token);
    }

    private void change(
            Change what,
            String name,
            UnaryOperator<Account> change,
            String address,
            @Nullable Set<Role> roles,
            @Nullable ApiToken token) {
        accounts.change(name, change, () -> note(what, address, name, roles, token));
    }

    private void note(Change what, String address, String user, @Nullable Set<Role> roles, @Nullable ApiToken token) {
        List<String> names =
                roles == null ? null : roles.stream().sorted().map(Role::name).toList();
        AuditEvent event = new AccountChanged(
                what, asker(), address, user, names, token == null ? null : token.id() + " " + token.name());
        audit.append(event);
    }

    private static String asker() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        return Objects.requireNonNull(authentication, "a call without a user got past the check of its role")
                .getName();
    }
}
