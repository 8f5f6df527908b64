package io.portledger.webapp;

import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Gap;
import io.portledger.ledger.Question;
import io.portledger.ledger.Verdict;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import io.portledger.webapp.cases.Case;
import io.portledger.webapp.cases.Scope;
import io.portledger.webapp.security.Role;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers of each kind, as a ledger would give them. */
public final class Samples {

    public static final Ipv4Address ADDRESS = Ipv4Address.parse("203.0.113.7");
    public static final Instant AT = Instant.parse("2026-11-23T14:02:07Z");
    public static final Instant START = Instant.parse("2026-11-23T09:12:44.318Z");
    public static final Instant CHANGE = Instant.parse("2026-11-23T14:02:08.500Z");
    public static final Instant END = Instant.parse("2026-11-23T18:40:00.125Z");

    public static final Evidence IPFIX = new Evidence(
            "192.0.2.11",
            "IPFIX_UDP",
            7,
            48_211,
            262,
            "",
            "",
            "",
            Instant.parse("2026-11-23T09:12:44.401Z"),
            "0000019ab0a1c2de20010db8000100000000000000000022cb0071070006270020010db8ffff00000000000000000001");

    public static final Evidence SYSLOG = new Evidence(
            "192.0.2.12",
            "SYSLOG_TCP",
            0,
            0,
            0,
            "lwaftr-2",
            "draft",
            "",
            Instant.parse("2026-11-23T18:40:00.190Z"),
            HexFormat.of()
                    .formatHex(
                            "<134>1 2026-11-23T18:40:00.125Z lwaftr-2 lwaftr 1 PTDEL [lw4o6@32473 SUBID=\"S-1001\"]\n"
                                    .getBytes(StandardCharsets.UTF_8)));

    private Samples() {}

    /** Settings as they are by default, with a data directory of the test's. */
    public static WebSettings settings(Path directory, Role... fourEyes) {
        return new WebSettings(
                URI.create("http://127.0.0.1:9200"),
                directory,
                Duration.ofHours(1),
                new WebSettings.SignIn(5, Duration.ofSeconds(10), Duration.ofMinutes(15)),
                new WebSettings.Periods(null, null, null, null),
                new WebSettings.Cases(List.of("Court order", "Abuse of the network"), Set.of(fourEyes)),
                new WebSettings.RateLimit(20, 200));
    }

    /** A case in which anything of the samples may be asked. */
    public static Case.Request wideCase(String reference) {
        return new Case.Request(
                reference,
                "Court order",
                "District court",
                new Scope(AT.minus(Duration.ofDays(365)), AT.plus(Duration.ofDays(365)), List.of()),
                "");
    }

    public static Question question(int port, Duration tolerance) {
        return new Question(ADDRESS, port, AT, tolerance);
    }

    public static Holder household(int number) {
        return new Holder(Ipv6Address.parse("2001:db8:1::" + number), null, "S-10" + number, 0);
    }

    public static BindingInterval interval(
            Holder holder, Ports ports, Instant start, Boundary startedBy, @Nullable Instant end, Boundary endedBy) {
        return new BindingInterval(
                ADDRESS,
                ports,
                null,
                holder,
                Ipv6Address.parse("2001:db8:ffff::1"),
                start,
                startedBy,
                end,
                endedBy,
                startedBy == Boundary.LOGGED ? received(IPFIX, start.plusMillis(83)) : null,
                endedBy == Boundary.LOGGED && end != null ? received(SYSLOG, end.plusMillis(65)) : null);
    }

    private static Evidence received(Evidence evidence, Instant when) {
        return new Evidence(
                evidence.exporter(),
                evidence.transport(),
                evidence.observationDomain(),
                evidence.sequence(),
                evidence.templateId(),
                evidence.hostname(),
                evidence.dialect(),
                evidence.file(),
                when,
                evidence.raw());
    }

    public static Answer held(int port, Ports ports) {
        return new Answer(
                question(port, Duration.ZERO),
                Verdict.HELD,
                List.of(interval(household(22), ports, START, Boundary.LOGGED, END, Boundary.LOGGED)),
                true,
                List.of());
    }

    public static Answer stillHeld() {
        return new Answer(
                question(40_123, Duration.ZERO),
                Verdict.HELD,
                List.of(interval(household(22), new PortSet(0, 6, 39), START, Boundary.LOGGED, null, Boundary.OPEN)),
                true,
                List.of());
    }

    public static Answer ambiguous() {
        PortSet ports = new PortSet(0, 6, 39);
        return new Answer(
                question(40_123, Duration.ofSeconds(2)),
                Verdict.AMBIGUOUS,
                List.of(
                        interval(household(22), ports, START, Boundary.LOGGED, CHANGE, Boundary.INFERRED),
                        interval(household(23), ports, CHANGE, Boundary.LOGGED, null, Boundary.OPEN)),
                true,
                List.of());
    }

    public static Answer startNeverLogged() {
        return new Answer(
                question(40_123, Duration.ZERO),
                Verdict.AMBIGUOUS,
                List.of(interval(
                        household(22), new PortSet(0, 6, 39), Instant.EPOCH, Boundary.UNKNOWN, END, Boundary.LOGGED)),
                true,
                List.of());
    }

    public static Answer partOnly() {
        return new Answer(
                question(40_123, Duration.ofSeconds(2)),
                Verdict.AMBIGUOUS,
                List.of(interval(
                        household(22), new PortSet(0, 6, 39), START, Boundary.LOGGED, CHANGE, Boundary.LOGGED)),
                true,
                List.of());
    }

    public static Answer notHeld() {
        return new Answer(question(40_123, Duration.ZERO), Verdict.NOT_HELD, List.of(), true, List.of());
    }

    public static Answer notHeldAndIncomplete() {
        return new Answer(
                question(40_123, Duration.ZERO),
                Verdict.NOT_HELD,
                List.of(),
                false,
                List.of(
                        new Gap("192.0.2.11", 7, "SEQUENCE", AT.minusSeconds(90), AT.minusSeconds(30), 12),
                        new Gap("192.0.2.11", 7, "RESTART", AT.minusSeconds(10), AT.plusSeconds(5), 0)));
    }

    public static Answer block() {
        Holder inside = new Holder(null, Ipv4Address.parse("100.64.3.9"), null, 4);
        return new Answer(
                question(40_123, Duration.ZERO),
                Verdict.HELD,
                List.of(interval(inside, new PortRange(40_000, 40_499), START, Boundary.LOGGED, END, Boundary.LOGGED)),
                true,
                List.of());
    }
}
