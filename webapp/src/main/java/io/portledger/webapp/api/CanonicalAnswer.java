package io.portledger.webapp.api;

import io.portledger.ledger.Answer;
import io.portledger.webapp.audit.Sha256;
import io.portledger.webapp.lookup.AnswerDigest;
import io.portledger.webapp.lookup.Inquiry;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The digest of an answer: of the document that the REST interface gives, without {@code question.remark}, with its
 * fields in order of their names, without spaces, in UTF-8.
 */
@Component
final class CanonicalAnswer implements AnswerDigest {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    @Override
    public String of(Inquiry inquiry, Answer answer) {
        return of(JSON.valueToTree(AnswerDocument.of(inquiry, answer, null)));
    }

    static String of(JsonNode document) {
        JsonNode copy = document.deepCopy();
        if (copy.path("question") instanceof ObjectNode question) {
            question.remove("remark");
        }
        // Only maps are ordered by name, not trees.
        return Sha256.hex(JSON.writeValueAsBytes(JSON.treeToValue(copy, Object.class)));
    }
}
