package io.portledger.webapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.portledger.ledger.Statistics.Stretch;
import io.portledger.ledger.Usage;
import io.portledger.webapp.audit.AuditDesk;
import io.portledger.webapp.audit.AuditPage;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.lookup.Inquiry;
import io.portledger.webapp.lookup.LookupDesk;
import io.portledger.webapp.lookup.Origin;
import io.portledger.webapp.security.AccountDesk;
import io.portledger.webapp.security.Role;
import io.portledger.webapp.statistics.StatisticsDesk;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationCredentialsNotFoundException;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextHolderStrategy;

/** Which role may do what, where it is decided: every method of every desk with every role. */
@SpringBootTest
@Import(TestApplication.class)
class RoleMatrixTest {

    private static final Set<Role> EVERYBODY = EnumSet.allOf(Role.class);
    private static final Set<Role> ASKERS = Set.of(Role.LI_OFFICER, Role.ANALYST);
    private static final Set<Role> WATCHERS = Set.of(Role.NOC, Role.LI_OFFICER, Role.ANALYST);
    private static final Set<Role> AUDITORS = Set.of(Role.AUDITOR);
    private static final Set<Role> ADMINS = Set.of(Role.ADMIN);
    private static final Origin ORIGIN = new Origin(Origin.Channel.REST, "198.51.100.9");
    private static final Stretch STRETCH = new Stretch(Samples.START, Samples.END);

    @Autowired
    private LookupDesk lookups;

    @Autowired
    private CaseDesk cases;

    @Autowired
    private StatisticsDesk statistics;

    @Autowired
    private AuditDesk audit;

    @Autowired
    private AccountDesk accounts;

    /** Of this context: the static one is that of the context that was made last. */
    @Autowired
    private SecurityContextHolderStrategy holder;

    @Autowired
    private ApplicationContext context;

    /**
     * A method of a desk.
     *
     * @param desk the class
     * @param method its name
     * @param allowed the roles of which each alone suffices
     * @param withoutRole whether any signed-in user may, also one without roles
     * @param beforePassword whether that is so before a password that somebody else chose is changed
     * @param call calls it
     */
    private record Row(
            Class<?> desk,
            String method,
            Set<Role> allowed,
            boolean withoutRole,
            boolean beforePassword,
            ThrowingCallable call) {

        String name() {
            return desk.getSimpleName() + "." + method;
        }
    }

    private List<Row> matrix() {
        return List.of(
                row(
                        LookupDesk.class,
                        "ask",
                        ASKERS,
                        () -> lookups.ask(new Inquiry(Samples.question(40_123, Duration.ZERO), "C-1"), ORIGIN)),
                row(CaseDesk.class, "open", ASKERS, () -> cases.open(Samples.wideCase("C-1"))),
                row(CaseDesk.class, "close", ASKERS, () -> cases.close("no such case", "")),
                row(CaseDesk.class, "decide", Set.of(Role.APPROVER), () -> cases.decide("no such case", true, "")),
                row(
                        CaseDesk.class,
                        "list",
                        Set.of(Role.LI_OFFICER, Role.ANALYST, Role.APPROVER, Role.AUDITOR),
                        () -> cases.list(null, "")),
                row(
                        CaseDesk.class,
                        "requireAllowed",
                        ASKERS,
                        () -> cases.requireAllowed("C-1", null, Samples.START, Samples.END)),
                open(CaseDesk.class, "legalBases", true, () -> cases.legalBases()),
                open(LookupDesk.class, "maxTolerance", true, () -> lookups.maxTolerance()),
                row(StatisticsDesk.class, "findings", WATCHERS, () -> statistics.findings(STRETCH, ORIGIN)),
                row(StatisticsDesk.class, "ofClasses", WATCHERS, () -> statistics.ofClasses(Usage.Span.DAY, STRETCH)),
                row(
                        StatisticsDesk.class,
                        "activity",
                        WATCHERS,
                        () -> statistics.activity(Usage.Activity.Of.EXPORTER, STRETCH)),
                row(
                        StatisticsDesk.class,
                        "account",
                        ASKERS,
                        () -> statistics.account("S-1", Usage.Span.DAY, STRETCH, "C-1", ORIGIN)),
                row(
                        StatisticsDesk.class,
                        "exporting",
                        ASKERS,
                        () -> statistics.exporting("ACCOUNT", 0, new byte[0], ORIGIN)),
                row(AuditDesk.class, "page", AUDITORS, () -> audit.page(AuditPage.Filter.NONE, AuditDesk.NEWEST, "")),
                row(AuditDesk.class, "verify", AUDITORS, () -> audit.verify(done -> {}, "")),
                row(AccountDesk.class, "users", ADMINS, () -> accounts.users()),
                row(AccountDesk.class, "add", ADMINS, () -> accounts.add("no name", Set.of(), "")),
                row(AccountDesk.class, "changeRoles", ADMINS, () -> accounts.changeRoles("nobody", Set.of(), "")),
                row(AccountDesk.class, "disable", ADMINS, () -> accounts.disable("nobody", "")),
                row(AccountDesk.class, "enable", ADMINS, () -> accounts.enable("nobody", "")),
                row(AccountDesk.class, "resetPassword", ADMINS, () -> accounts.resetPassword("nobody", "")),
                row(AccountDesk.class, "revokeTokens", ADMINS, () -> accounts.revokeTokens("nobody", "")),
                open(AccountDesk.class, "own", true, () -> accounts.own()),
                open(AccountDesk.class, "changePassword", true, () -> accounts.changePassword("a", "b", "", null)),
                open(
                        AccountDesk.class,
                        "createToken",
                        false,
                        () -> accounts.createToken("t", Set.of(), Duration.ofDays(1), "")),
                open(AccountDesk.class, "revokeToken", false, () -> accounts.revokeToken("id", "")));
    }

    @AfterEach
    void signOut() {
        holder.clearContext();
    }

    @BeforeEach
    void useTheOwnHolder() {
        SecurityContextHolder.setContextHolderStrategy(holder);
    }

    @Test
    void eachRoleMayDoWhatTheTableSaysAndNothingElse() {
        List<String> wrong = new ArrayList<>();
        for (Row row : matrix()) {
            for (Role role : Role.values()) {
                check(row, "ROLE_" + role.name(), row.allowed().contains(role), wrong);
            }
            check(row, null, row.withoutRole(), wrong);
            check(row, "MUST_CHANGE_PASSWORD", row.beforePassword(), wrong);
        }
        assertThat(wrong).isEmpty();
    }

    private void check(Row row, @Nullable String authority, boolean isAllowed, List<String> wrong) {
        SecurityContext signedIn = holder.createEmptyContext();
        signedIn.setAuthentication(
                authority == null
                        ? new TestingAuthenticationToken("somebody", "", List.of())
                        : new TestingAuthenticationToken("somebody", "", authority));
        holder.setContext(signedIn);
        Throwable thrown = catchThrowable(row.call());
        if (thrown instanceof AuthenticationException) {
            throw new AssertionError(row.name() + " does not see who is signed in", thrown);
        }
        boolean isRefused = thrown instanceof AccessDeniedException;
        if (isAllowed == isRefused) {
            wrong.add(row.name() + " as " + authority + ": " + (isRefused ? "refused" : "allowed"));
        }
    }

    @Test
    void nobodyMayDoAnythingWithoutSigningIn() {
        holder.clearContext();
        assertThat(matrix())
                .filteredOn(row -> !Set.of("maxTolerance", "legalBases").contains(row.method()))
                .allSatisfy(row -> assertThat(catchThrowable(row.call()))
                        .as(row.name())
                        .isInstanceOf(AuthenticationCredentialsNotFoundException.class));
    }

    /** A desk or a method that is added shall be added here too. */
    @Test
    void theTableIsComplete() {
        Set<String> found = Arrays.stream(context.getBeanDefinitionNames())
                .map(name -> AopUtils.getTargetClass(context.getBean(name)))
                .filter(type -> type.getName().startsWith("io.portledger")
                        && type.getSimpleName().endsWith("Desk"))
                .flatMap(type -> Stream.of(type.getDeclaredMethods())
                        .filter(RoleMatrixTest::isOffered)
                        .map(method -> type.getSimpleName() + "." + method.getName()))
                .collect(Collectors.toSet());
        assertThat(matrix()).extracting(Row::name).containsExactlyInAnyOrderElementsOf(found);
    }

    private static boolean isOffered(Method method) {
        return Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers());
    }

    private static Row row(Class<?> desk, String method, Set<Role> allowed, ThrowingCallable call) {
        return new Row(desk, method, allowed, false, false, call);
    }

    private static Row open(Class<?> desk, String method, boolean beforePassword, ThrowingCallable call) {
        return new Row(desk, method, EVERYBODY, true, beforePassword, call);
    }
}
