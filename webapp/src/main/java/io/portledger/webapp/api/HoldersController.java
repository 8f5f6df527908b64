package io.portledger.webapp.api;

import io.portledger.ledger.Answer;
import io.portledger.webapp.lookup.Draft;
import io.portledger.webapp.lookup.Draft.Checked;
import io.portledger.webapp.lookup.LookupDesk;
import io.portledger.webapp.lookup.Origin;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Who held an address and port. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "Look-up")
class HoldersController {

    private final LookupDesk desk;

    HoldersController(LookupDesk desk) {
        this.desk = desk;
    }

    @GetMapping(path = "/holders", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            summary = "Who held a port of a public IPv4 address at a time",
            description = "Every question is written to the audit log before it is answered.")
    ResponseEntity<AnswerDocument> holders(
            @Parameter(description = "Public IPv4 address", example = "203.0.113.7", required = true)
                    @RequestParam(defaultValue = "")
                    String ip,
            @Parameter(
                            description = "Source port, 0-65535, and the protocol if it is known, such as 40123/tcp",
                            example = "40123",
                            required = true)
                    @RequestParam(defaultValue = "")
                    String port,
            @Parameter(
                            description = "ISO 8601 with an offset, or seconds or milliseconds since 1970;"
                                    + " without a zone it is read as UTC",
                            example = "2026-11-23T14:02:07Z",
                            required = true)
                    @RequestParam(defaultValue = "")
                    String time,
            @Parameter(
                            description = "The far end, if it is known: an IPv4 address, or one with a port. It matters"
                                    + " where a NAT gives one port to several households for different far ends",
                            example = "198.51.100.1:443")
                    @RequestParam(defaultValue = "")
                    String to,
            @Parameter(description = "How far the clock of the asker may be off, either way", example = "2s")
                    @RequestParam(defaultValue = "0s")
                    String tolerance,
            @Parameter(description = "The open case that justifies the question", required = true)
                    @RequestParam(name = "case", defaultValue = "")
                    String reference,
            HttpServletRequest request) {
        Checked checked = new Draft(ip, port, time, tolerance, reference, to).check(desk.maxTolerance());
        if (checked.inquiry() == null) {
            throw new InvalidQuestionException(checked.problems());
        }
        Answer answer = desk.ask(checked.inquiry(), new Origin(Origin.Channel.REST, request.getRemoteAddr()));
        return ResponseEntity.ok()
                .cacheControl(CacheControl.noStore())
                .body(AnswerDocument.of(checked.inquiry(), answer, checked.remark()));
    }
}
