package io.portledger.webapp.api;

import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.cases.CaseException;
import io.portledger.webapp.lookup.LedgerUnavailableException;
import io.portledger.webapp.lookup.LookupFailedException;
import io.portledger.webapp.lookup.UnanswerableException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Failures of the REST interface as problem details (RFC 9457). */
@RestControllerAdvice(basePackageClasses = ApiProblems.class)
class ApiProblems {

    @ExceptionHandler
    ProblemDetail invalid(InvalidQuestionException e) {
        ProblemDetail problem = problem(HttpStatus.BAD_REQUEST, "The question cannot be asked", e);
        problem.setProperty("problems", e.problems());
        return problem;
    }

    @ExceptionHandler
    ProblemDetail unanswerable(UnanswerableException e) {
        return problem(HttpStatus.BAD_REQUEST, "The question has no answer", e);
    }

    @ExceptionHandler
    ProblemDetail notAllowed(CaseException e) {
        return problem(HttpStatus.CONFLICT, "The case does not allow it", e);
    }

    @ExceptionHandler
    ProblemDetail ledgerUnavailable(LedgerUnavailableException e) {
        return problem(HttpStatus.SERVICE_UNAVAILABLE, "The ledger does not answer", e);
    }

    @ExceptionHandler
    ProblemDetail failed(LookupFailedException e) {
        return problem(HttpStatus.INTERNAL_SERVER_ERROR, "The question failed", e);
    }

    @ExceptionHandler
    ProblemDetail auditUnavailable(AuditException e) {
        return problem(HttpStatus.SERVICE_UNAVAILABLE, "The audit log cannot be written", e);
    }

    private static ProblemDetail problem(HttpStatus status, String title, Exception e) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, String.valueOf(e.getMessage()));
        problem.setTitle(title);
        return problem;
    }
}
