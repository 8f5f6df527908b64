package io.portledger.webapp.cases;

import io.portledger.softwire.Ipv4Address;
import io.portledger.webapp.WebSettings;
import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditLog;
import io.portledger.webapp.cases.Case.State;
import io.portledger.webapp.store.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Service;

/**
 * All cases: the one place that says whether a question may be asked.
 *
 * <p>Every change stands in the audit log on disk before it is made. Thread-safe.
 */
@Service
public class CaseDesk {

    /** So many are listed at most; a search finds the others. */
    public static final int MOST_LISTED = 500;

    private final Database database;
    private final AuditLog audit;
    private final WebSettings.Cases settings;
    private final Clock clock;

    /** Held while a case is looked at and changed. */
    private final Object changing = new Object();

    /** Over the given records; every change goes to the given log first. */
    public CaseDesk(Database database, AuditLog audit, WebSettings settings, Clock clock) {
        this.database = database;
        this.audit = audit;
        this.settings = settings.cases();
        this.clock = clock;
    }

    /** By what rights cases are opened in this house. */
    public List<String> legalBases() {
        return settings.legalBases();
    }

    /**
     * Opens a case as the user of the calling thread. Where the user's role asks for two pairs of eyes, another user has to
     * approve it first. The same request again changes nothing.
     *
     * @return the case as it stands
     * @throws CaseException if there is another case of that reference, or the legal basis is none of this house
     */
    @PreAuthorize("hasAnyRole('LI_OFFICER', 'ANALYST')")
    public Case open(Case.Request request) {
        if (!settings.legalBases().contains(request.legalBasis())) {
            throw new CaseException("\"" + request.legalBasis() + "\" is no legal basis of this house (allowed: "
                    + String.join(", ", settings.legalBases()) + "; portledger.cases.legal-bases).");
        }
        Authentication user = user();
        synchronized (changing) {
            Optional<Case> known = find(request.reference());
            if (known.isPresent()) {
                if (isSame(known.get(), request)) {
                    return known.get();
                }
                throw new CaseException("There is a case " + request.reference()
                        + " already, with another basis, scope or note. Use it as it is, or choose another reference.");
            }
            boolean isForTwo = needsSecondPerson(user);
            Case opened = new Case(
                    request.reference(),
                    request.legalBasis(),
                    request.authority(),
                    request.scope(),
                    request.note(),
                    user.getName(),
                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                    isForTwo ? State.AWAITING_APPROVAL : State.OPEN,
                    null,
                    null,
                    "");
            audit.append(new AuditEvent.CaseOpened(opened));
            database.jdbc()
                    .sql(
                            "INSERT INTO cases (reference, legal_basis, authority, from_millis, to_millis, addresses, note,"
                                    + " opened_by, opened_at, state, remark) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')")
                    .params(
                            opened.reference(),
                            opened.legalBasis(),
                            opened.authority(),
                            opened.scope().from().toEpochMilli(),
                            opened.scope().to().toEpochMilli(),
                            addresses(opened.scope()),
                            opened.note(),
                            opened.openedBy(),
                            opened.openedAt().toEpochMilli(),
                            opened.state().name())
                    .update();
            return opened;
        }
    }

    /**
     * Approves a case as the user of the calling thread, or refuses it.
     *
     * @param remark why; needed for a refusal
     * @throws CaseException if it does not await that, or the user opened it
     */
    @PreAuthorize("hasRole('APPROVER')")
    public Case decide(String reference, boolean isApproved, String remark) {
        synchronized (changing) {
            Case found = require(reference);
            boolean isUndecided = found.state() == State.OPEN && found.decidedBy() == null;
            if (found.state() != State.AWAITING_APPROVAL && !isUndecided) {
                throw new CaseException(
                        "The case " + reference + " does not await approval: it is " + found.state() + ".");
            }
            if (found.openedBy().equals(user().getName())) {
                throw new CaseException("Two pairs of eyes are four: who opened a case does not approve it.");
            }
            if (!isApproved && remark.isBlank()) {
                throw new CaseException("Say why the case is refused: whoever opened it has to know.");
            }
            return change(found, isApproved ? State.OPEN : State.REFUSED, remark.strip());
        }
    }

    /**
     * Closes a case: no question may be asked in it any more.
     *
     * @throws CaseException if it is closed already
     */
    @PreAuthorize("hasAnyRole('LI_OFFICER', 'ANALYST')")
    public Case close(String reference, String remark) {
        synchronized (changing) {
            Case found = require(reference);
            if (found.state() == State.CLOSED) {
                throw new CaseException("The case " + reference + " is closed already.");
            }
            return change(found, State.CLOSED, remark.strip());
        }
    }

    /**
     * The cases, the newest first, at most {@value #MOST_LISTED}.
     *
     * @param state only those in this state; null is all
     * @param text only those whose reference, authority or note contains it; empty is all
     */
    @PreAuthorize("hasAnyRole('LI_OFFICER', 'ANALYST', 'APPROVER', 'AUDITOR')")
    public List<Case> list(@Nullable State state, String text) {
        String pattern =
                "%" + text.strip().replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
        return database.jdbc()
                .sql("SELECT * FROM cases WHERE (:state IS NULL OR state = :state)"
                        + " AND (reference LIKE :text ESCAPE '!' OR authority LIKE :text ESCAPE '!'"
                        + " OR note LIKE :text ESCAPE '!') ORDER BY opened_at DESC, reference LIMIT :most")
                .param("state", state == null ? null : state.name())
                .param("text", pattern)
                .param("most", MOST_LISTED)
                .query(CaseDesk::read)
                .list();
    }

    /**
     * Refuses what a case does not allow.
     *
     * @param address what is asked about; null if it is no address
     * @param first first moment that is asked about
     * @param last last moment that is asked about
     * @throws CaseException if there is no such case, it is not open, or its scope is narrower
     */
    @PreAuthorize("hasAnyRole('LI_OFFICER', 'ANALYST')")
    public void requireAllowed(String reference, @Nullable Ipv4Address address, Instant first, Instant last) {
        Case found = require(reference);
        switch (found.state()) {
            case OPEN -> {
                // Whose own cases need a second person does not go by those of somebody whose cases do not.
                if (found.decidedBy() == null && needsSecondPerson(user())) {
                    throw new CaseException("The case " + reference
                            + " was opened without a second person, and your role asks for one: ask somebody with the role"
                            + " APPROVER to approve it.");
                }
            }
            case AWAITING_APPROVAL ->
                throw new CaseException("The case " + reference
                        + " awaits approval: ask somebody with the role APPROVER to look at it.");
            case REFUSED ->
                throw new CaseException(
                        "The case " + reference + " was refused by " + found.decidedBy() + ": " + found.remark());
            case CLOSED ->
                throw new CaseException("The case " + reference + " is closed. Open another if there is a reason to.");
        }
        Optional<String> wrongAddress =
                address == null ? Optional.empty() : found.scope().objectionTo(address);
        wrongAddress.or(() -> found.scope().objectionTo(first, last)).ifPresent(objection -> {
            throw new CaseException("The case " + reference + " does not allow this question: " + objection
                    + ". If the request says more, open a case with that scope.");
        });
    }

    private boolean needsSecondPerson(Authentication user) {
        return user.getAuthorities().stream()
                .anyMatch(role -> settings.fourEyes().stream()
                        .anyMatch(four -> four.authority().equals(role.getAuthority())));
    }

    private Case require(String reference) {
        return find(reference)
                .orElseThrow(() -> new CaseException("There is no case " + reference
                        + ". Open it first, with its legal basis and what may be asked."));
    }

    private Case change(Case from, State to, String remark) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        String by = user().getName();
        audit.append(new AuditEvent.CaseChanged(from.reference(), from.state(), to, by, remark));
        database.jdbc()
                .sql("UPDATE cases SET state = ?, decided_by = ?, decided_at = ?, remark = ? WHERE reference = ?")
                .params(to.name(), by, now.toEpochMilli(), remark, from.reference())
                .update();
        return require(from.reference());
    }

    private Optional<Case> find(String reference) {
        return database.jdbc()
                .sql("SELECT * FROM cases WHERE reference = ?")
                .params(reference.strip())
                .query(CaseDesk::read)
                .optional();
    }

    private static boolean isSame(Case known, Case.Request request) {
        return known.legalBasis().equals(request.legalBasis())
                && known.authority().equals(request.authority())
                && known.scope().equals(request.scope())
                && known.note().equals(request.note());
    }

    private static Case read(ResultSet row, int number) throws SQLException {
        long decidedAt = row.getLong("decided_at");
        return new Case(
                row.getString("reference"),
                row.getString("legal_basis"),
                row.getString("authority"),
                new Scope(
                        Instant.ofEpochMilli(row.getLong("from_millis")),
                        Instant.ofEpochMilli(row.getLong("to_millis")),
                        Scope.readAddresses(row.getString("addresses"))),
                row.getString("note"),
                row.getString("opened_by"),
                Instant.ofEpochMilli(row.getLong("opened_at")),
                State.valueOf(row.getString("state")),
                row.getString("decided_by"),
                decidedAt == 0 ? null : Instant.ofEpochMilli(decidedAt),
                row.getString("remark"));
    }

    private static String addresses(Scope scope) {
        return scope.addresses().stream().map(Object::toString).collect(Collectors.joining(" "));
    }

    private static Authentication user() {
        return Objects.requireNonNull(
                SecurityContextHolder.getContext().getAuthentication(), "a change without a user got past its check");
    }
}
