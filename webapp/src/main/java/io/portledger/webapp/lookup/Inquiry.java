package io.portledger.webapp.lookup;

import io.portledger.ledger.Question;

/**
 * A question that may be put to the desk: complete and with its reason.
 *
 * @param question what is asked
 * @param reason the case or ticket that justifies it
 */
public record Inquiry(Question question, String reason) {

    /** The question as its canonical texts, from which an equal inquiry can be read again. */
    public Draft draft() {
        return new Draft(
                question.ipv4().toString(),
                ProtocolPort.write(question),
                Moment.write(question.at()),
                Tolerance.write(question.tolerance()),
                reason,
                FarEnd.write(question));
    }
}
