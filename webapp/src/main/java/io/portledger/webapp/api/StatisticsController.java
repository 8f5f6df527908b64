package io.portledger.webapp.api;

import io.portledger.ledger.Finding;
import io.portledger.ledger.Statistics.Stretch;
import io.portledger.ledger.Usage;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.Origin;
import io.portledger.webapp.lookup.UnanswerableException;
import io.portledger.webapp.statistics.StatisticsDesk;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Findings, accounts and activity. Times are ISO 8601 in UTC; a stretch includes its first moment and not its last. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "Statistics")
class StatisticsController {

    private static final MediaType CSV = new MediaType("text", "csv", StandardCharsets.UTF_8);
    private static final Duration WITHOUT_FROM = Duration.ofDays(7);

    private final StatisticsDesk desk;
    private final Clock clock;

    StatisticsController(StatisticsDesk desk, Clock clock) {
        this.desk = desk;
        this.clock = clock;
    }

    /** A finding. */
    record FindingDocument(
            String kind,
            String at,
            String summary,
            @Nullable String ipv4,
            @Nullable String ports,
            List<String> holders,
            List<String> exporters,
            long level,
            long limit) {

        static FindingDocument of(Finding finding) {
            return new FindingDocument(
                    finding.kind().name(),
                    Moment.write(finding.at()),
                    finding.summary(),
                    Objects.toString(finding.ipv4(), null),
                    finding.ports(),
                    finding.holders(),
                    finding.exporters(),
                    finding.level(),
                    finding.limit());
        }
    }

    @GetMapping(path = "/findings", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "What an operator should look at: conflicts, exhaustion, quotas, thresholds; newest first",
            description = "With the role NOC alone, holders is empty.")
    ResponseEntity<List<FindingDocument>> findings(
            @Parameter(description = "Without it: seven days before to") @RequestParam(defaultValue = "") String from,
            @Parameter(description = "Without it: now") @RequestParam(defaultValue = "") String to,
            HttpServletRequest request) {
        return ok(desk.findings(stretch(from, to), origin(request)).stream()
                .map(FindingDocument::of)
                .toList());
    }

    @GetMapping("/usage/classes")
    @Operation(summary = "Accounts of all service classes as CSV")
    ResponseEntity<String> classes(
            @Parameter(description = "hour or day") @RequestParam(defaultValue = "day") String span,
            @RequestParam(defaultValue = "") String from,
            @RequestParam(defaultValue = "") String to) {
        return table(csv(
                "from,class,bindings,packets_up,octets_up,packets_down,octets_down,reports,share_median,share_p90,"
                        + "share_p99,share_most,near_exhaustion",
                desk.ofClasses(span(span), stretch(from, to)).stream()
                        .map(usage -> Stream.concat(
                                cells(
                                        Moment.write(usage.from()),
                                        usage.serviceClass(),
                                        usage.bindings(),
                                        usage.traffic().packetsUp(),
                                        usage.traffic().octetsUp(),
                                        usage.traffic().packetsDown(),
                                        usage.traffic().octetsDown(),
                                        usage.reports()),
                                usage.shares() == null
                                        ? cells("", "", "", "", "")
                                        : cells(
                                                usage.shares().median(),
                                                usage.shares().p90(),
                                                usage.shares().p99(),
                                                usage.shares().most(),
                                                usage.shares().nearExhaustion())))));
    }

    @GetMapping("/usage/accounts")
    @Operation(
            summary = "The account of a holder as CSV",
            description = "That somebody reads it is written to the audit log before it is read.")
    ResponseEntity<String> account(
            @Parameter(description = "Softwire address, address inside a NAT, or subscriber") @RequestParam
                    String holder,
            @Parameter(description = "hour or day") @RequestParam(defaultValue = "day") String span,
            @RequestParam(defaultValue = "") String from,
            @RequestParam(defaultValue = "") String to,
            @Parameter(description = "The open case that justifies the question", required = true)
                    @RequestParam(name = "case", defaultValue = "")
                    String reference,
            HttpServletRequest request) {
        if (reference.isBlank() || holder.isBlank()) {
            throw new UnanswerableException("Both holder and case are needed.");
        }
        Origin origin = origin(request);
        List<Usage.OfBinding> account = desk.account(holder, span(span), stretch(from, to), reference, origin);
        String csv = csv(
                "from,ipv4,ports,b4,inside_ipv4,subscriber,class,packets_up,octets_up,packets_down,octets_down,"
                        + "ports_in_use,ports,reports",
                account.stream()
                        .map(usage -> cells(
                                Moment.write(usage.from()),
                                usage.ipv4(),
                                usage.ports().key(),
                                usage.holder().b4(),
                                usage.holder().insideIpv4(),
                                usage.holder().subscriber(),
                                usage.serviceClass(),
                                usage.traffic().packetsUp(),
                                usage.traffic().octetsUp(),
                                usage.traffic().packetsDown(),
                                usage.traffic().octetsDown(),
                                usage.portsInUse(),
                                usage.ports().portCount(),
                                usage.reports())));
        desk.exporting("ACCOUNT", account.size(), csv.getBytes(StandardCharsets.UTF_8), origin);
        return table(csv);
    }

    @GetMapping("/activity")
    @Operation(
            summary = "How much exporters told, or networks changed, by the hour, and how long records were under way")
    ResponseEntity<String> activity(
            @Parameter(description = "exporter or network") @RequestParam(defaultValue = "exporter") String of,
            @RequestParam(defaultValue = "") String from,
            @RequestParam(defaultValue = "") String to) {
        return table(csv(
                "from,name,allocated,released,delay_ms,delay_p99_ms",
                desk.activity(of(of), stretch(from, to)).stream()
                        .map(activity -> cells(
                                Moment.write(activity.from()),
                                activity.name(),
                                activity.allocated(),
                                activity.released(),
                                activity.delay(),
                                activity.delayP99()))));
    }

    private static Origin origin(HttpServletRequest request) {
        return new Origin(Origin.Channel.REST, request.getRemoteAddr());
    }

    private Stretch stretch(String from, String to) {
        try {
            Instant end = to.isBlank() ? clock.instant() : Moment.read(to).instant();
            Instant begin =
                    from.isBlank() ? end.minus(WITHOUT_FROM) : Moment.read(from).instant();
            return new Stretch(begin, end);
        } catch (IllegalArgumentException e) {
            throw new UnanswerableException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Usage.Span span(String text) {
        return choice(Usage.Span.class, "span", text);
    }

    private static Usage.Activity.Of of(String text) {
        return choice(Usage.Activity.Of.class, "of", text);
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String parameter, String text) {
        for (E value : type.getEnumConstants()) {
            if (value.name().equalsIgnoreCase(text.strip())) {
                return value;
            }
        }
        throw new UnanswerableException(parameter + " is \"" + text + "\" (allowed: "
                + Stream.of(type.getEnumConstants())
                        .map(value -> value.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))
                + ").");
    }

    private static Stream<String> cells(@Nullable Object... values) {
        return Stream.of(values).map(value -> cell(Objects.toString(value, "")));
    }

    /** RFC 4180; what a spreadsheet would take for a formula is text (the names of subscribers are not ours). */
    private static String cell(String text) {
        String safe = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        return safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')
                ? '"' + safe.replace("\"", "\"\"") + '"'
                : safe;
    }

    private static String csv(String header, Stream<Stream<String>> rows) {
        return Stream.concat(Stream.of(header), rows.map(row -> row.collect(Collectors.joining(","))))
                .collect(Collectors.joining("\r\n", "", "\r\n"));
    }

    /** Whatever the client accepts: there is no other form. */
    private static ResponseEntity<String> table(String body) {
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .contentType(CSV)
                .body(body);
    }

    private static <T> ResponseEntity<T> ok(T body) {
        return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(body);
    }
}
