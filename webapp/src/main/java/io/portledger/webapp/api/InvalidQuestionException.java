package io.portledger.webapp.api;

import io.portledger.webapp.lookup.Draft.Field;
import java.util.LinkedHashMap;
import java.util.Map;

/** A question came whose fields cannot all be used. */
final class InvalidQuestionException extends RuntimeException {

    private final Map<String, String> problems = new LinkedHashMap<>();

    InvalidQuestionException(Map<Field, String> problems) {
        super(String.join(" ", problems.values()));
        problems.forEach((field, problem) -> this.problems.put(field.parameter(), problem));
    }

    /** For each parameter that cannot be used, why. */
    Map<String, String> problems() {
        return problems;
    }
}
