package io.portledger.webapp;

import io.portledger.ledger.Answer;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Question;
import io.portledger.webapp.lookup.LedgerAccess;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A ledger that says what a test wants to see rendered, and remembers what it was asked. */
public final class ScriptedLedger implements LedgerAccess {

    private final List<Question> asked = new CopyOnWriteArrayList<>();
    private volatile Function<Question, Answer> script = question -> Samples.notHeld();

    public void answersWith(Answer answer) {
        script = question -> answer;
    }

    public void isOutOfReach() {
        script = question -> {
            throw new LedgerException("Elasticsearch at http://127.0.0.1:9200 does not answer: Connection refused");
        };
    }

    public void refuses(String why) {
        script = question -> {
            throw new IllegalArgumentException(why);
        };
    }

    public void does(Function<Question, Answer> newScript) {
        script = newScript;
    }

    public List<Question> asked() {
        return asked;
    }

    @Override
    public Answer whoHeld(Question question) {
        asked.add(question);
        return script.apply(question);
    }
}
