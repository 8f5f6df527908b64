package io.portledger.webapp.lookup;

import io.portledger.ledger.Question;

/**
 * A question that may be put to the desk: complete and with its case.
 *
 * @param question what is asked
 * @param reference the case that justifies it
 */
public record Inquiry(Question question, String reference) {

    /** The question as its canonical texts, from which an equal inquiry can be read again. */
    public Draft draft() {
        return new Draft(
                question.ipv4().toString(),
                ProtocolPort.write(question),
                Moment.write(question.at()),
                Tolerance.write(question.tolerance()),
                reference,
                FarEnd.write(question));
    }
}
