package io.portledger.webapp.api;

import io.portledger.webapp.cases.Case;
import io.portledger.webapp.cases.CaseDesk;
import io.portledger.webapp.cases.Scope;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.UnanswerableException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Cases: why questions may be asked. */
@RestController
@RequestMapping(path = "/api/v1/cases", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Cases")
class CasesController {

    private final CaseDesk book;

    CasesController(CaseDesk book) {
        this.book = book;
    }

    /**
     * What a case may be opened with.
     *
     * @param legalBasis one of this house's
     * @param authority who asked the operator; may be left out
     * @param from first moment that may be asked about
     * @param to last moment that may be asked about
     * @param addresses public addresses and prefixes that may be asked about; any if left out
     * @param note may be left out
     */
    record Opening(
            @Schema(example = "Court order") @Nullable String legalBasis,
            @Nullable String authority,

            @Schema(example = "2026-11-01T00:00:00Z") @Nullable
            String from,

            @Schema(example = "2026-11-30T23:59:59Z") @Nullable
            String to,

            @Nullable List<String> addresses,
            @Nullable String note) {}

    /** A decision about a case. */
    record Decision(@Nullable String remark) {}

    /** A case as its readers see it; times are ISO 8601 in UTC. */
    record Document(
            String reference,
            String legalBasis,
            String authority,
            String from,
            String to,
            List<String> addresses,
            String note,
            Case.State state,
            String openedBy,
            String openedAt,
            @Nullable String decidedBy,
            @Nullable String decidedAt,
            String remark) {

        static Document of(Case shown) {
            return new Document(
                    shown.reference(),
                    shown.legalBasis(),
                    shown.authority(),
                    Moment.write(shown.scope().from()),
                    Moment.write(shown.scope().to()),
                    shown.scope().addresses().stream().map(Object::toString).toList(),
                    shown.note(),
                    shown.state(),
                    shown.openedBy(),
                    Moment.write(shown.openedAt()),
                    shown.decidedBy(),
                    shown.decidedAt() == null ? null : Moment.write(shown.decidedAt()),
                    shown.remark());
        }
    }

    @GetMapping
    @Operation(summary = "The cases, the newest first, at most " + CaseDesk.MOST_LISTED)
    List<Document> list(
            @Parameter(description = "awaiting_approval, open, refused or closed; all if left out")
                    @RequestParam(defaultValue = "")
                    String state,
            @Parameter(description = "Part of a reference, authority or note") @RequestParam(defaultValue = "")
                    String text) {
        return book.list(state(state), text).stream().map(Document::of).toList();
    }

    @PutMapping("/{reference}")
    @Operation(
            summary = "Opens a case",
            description =
                    "The same again changes nothing. Where the user's role asks for two pairs of eyes, the case awaits"
                            + " approval first.")
    Document open(@PathVariable String reference, @RequestBody Opening opening) {
        return read(() -> {
            List<String> addresses = opening.addresses() == null ? List.of() : opening.addresses();
            return Document.of(book.open(new Case.Request(
                    reference,
                    orEmpty(opening.legalBasis()),
                    orEmpty(opening.authority()),
                    new Scope(
                            Moment.read(orEmpty(opening.from())).instant(),
                            Moment.read(orEmpty(opening.to())).instant(),
                            Scope.readAddresses(String.join(" ", addresses))),
                    orEmpty(opening.note()))));
        });
    }

    @PostMapping("/{reference}/approval")
    @Operation(summary = "Approves a case that somebody else opened")
    Document approve(@PathVariable String reference, @RequestBody(required = false) @Nullable Decision decision) {
        return Document.of(book.decide(reference, true, remark(decision)));
    }

    @PostMapping("/{reference}/refusal")
    @Operation(summary = "Refuses a case that somebody else opened")
    Document refuse(@PathVariable String reference, @RequestBody(required = false) @Nullable Decision decision) {
        return Document.of(book.decide(reference, false, remark(decision)));
    }

    @PostMapping("/{reference}/end")
    @Operation(summary = "Closes a case")
    Document close(@PathVariable String reference, @RequestBody(required = false) @Nullable Decision decision) {
        return Document.of(book.close(reference, remark(decision)));
    }

    private interface Reading {
        Document read();
    }

    private static Document read(Reading reading) {
        try {
            return reading.read();
        } catch (IllegalArgumentException e) {
            throw new UnanswerableException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Case.@Nullable State state(String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            return Case.State.valueOf(text.strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new UnanswerableException(
                    "\"" + text + "\" is no state of a case (allowed: awaiting_approval, open, refused, closed).", e);
        }
    }

    private static String remark(@Nullable Decision decision) {
        return decision == null ? "" : orEmpty(decision.remark());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
