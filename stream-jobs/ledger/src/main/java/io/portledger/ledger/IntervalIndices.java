package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The indices of intervals that there are. Their names tell when the intervals in them begin, so that a look-up need not
 * ask those that begin after its window; an interval may have begun long before it, so that all earlier ones are asked.
 *
 * <p>Read after a mark it has the index of every interval of which the mark speaks.
 *
 * @param bindings names of indices of bindings
 * @param sessions names of indices of mappings and sessions
 */
record IntervalIndices(SortedSet<String> bindings, SortedSet<String> sessions) {

    /** With more the line of a request becomes too long; they are asked by their alias then. */
    private static final int MOST_NAMED = 60;

    static IntervalIndices read(ElasticsearchConnection elasticsearch) {
        try {
            SortedSet<String> bindings = new TreeSet<>();
            SortedSet<String> sessions = new TreeSet<>();
            elasticsearch
                    .client()
                    .indices()
                    .getAlias(get -> get.index(
                                    BindingDocument.INDEX_PREFIX + "*", BindingDocument.SESSIONS_INDEX_PREFIX + "*")
                            .ignoreUnavailable(true)
                            .allowNoIndices(true))
                    .aliases()
                    .keySet()
                    .forEach(name -> (name.startsWith(BindingDocument.INDEX_PREFIX) ? bindings : sessions).add(name));
            return new IntervalIndices(bindings, sessions);
        } catch (IOException | ElasticsearchException e) {
            throw elasticsearch.noAnswer(e);
        }
    }

    /**
     * Where all intervals are that begin no later than {@code last}.
     *
     * @param isWithoutMappings whether to leave out mappings and sessions
     */
    List<String> begunBy(Instant last, boolean isWithoutMappings) {
        String end = "\uffff";
        SortedSet<String> begun = new TreeSet<>(bindings.headSet(BindingDocument.index(last, true) + end));
        if (!isWithoutMappings) {
            begun.addAll(sessions.headSet(BindingDocument.index(last, false) + end));
        }
        if (!begun.isEmpty() && begun.size() <= MOST_NAMED) {
            return List.copyOf(begun);
        }
        return Stream.of(BindingDocument.ALIAS, BindingDocument.SESSIONS_ALIAS)
                .limit(isWithoutMappings ? 1 : 2)
                .toList();
    }
}
