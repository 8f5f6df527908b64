package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOptions;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.aggregations.Aggregate;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.search.ResponseBody;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of Elasticsearch about the history of one port, and how what it finds is read.
 *
 * @param divisions how the ports of the address were ever divided; null if it is not known
 */
record HistoryQuery(Question question, @Nullable Divisions divisions) {

    private static final int MAX_INTERVALS = 1_000;

    private static final Comparator<BindingInterval> IN_ORDER = Comparator.comparing(BindingInterval::start)
            .thenComparing(interval -> interval.ports().key());

    /** The intervals of the port that meet the window. */
    SearchRequest intervals(IntervalIndices indices) {
        return SearchRequest.of(search -> fetching(search)
                .index(indices.begunBy(question.to(), isWithoutMappings()))
                .routing(routing())
                .query(meeting())
                .size(MAX_INTERVALS + 1));
    }

    /** The same, and beside them the last boundaries before the window, for {@link #lastLogged}. */
    SearchRequest intervalsAndBoundaries(IntervalIndices indices) {
        long from = question.from().toEpochMilli();
        List<Query> filters = begun();
        return SearchRequest.of(search -> fetching(search)
                .index(indices.begunBy(question.to(), isWithoutMappings()))
                .routing(routing())
                .query(query -> query.bool(bool -> bool.filter(filters)))
                .postFilter(query -> query.bool(bool -> bool.mustNot(range("end", null, from))))
                .size(MAX_INTERVALS + 1)
                .aggregations(
                        "start",
                        last -> last.filter(telling("start", "startedBy", from))
                                .aggregations("at", at -> at.max(max -> max.field("start"))))
                .aggregations(
                        "end",
                        last -> last.filter(telling("end", "endedBy", from))
                                .aggregations("at", at -> at.max(max -> max.field("end")))));
    }

    /**
     * The intervals of several questions in one search.
     *
     * @param most how many intervals it may find; if it finds as many there may be more
     */
    static SearchRequest intervals(List<HistoryQuery> histories, IntervalIndices indices, int most) {
        List<Query> meeting = histories.stream().map(HistoryQuery::meeting).toList();
        String routing =
                histories.stream().map(HistoryQuery::routing).distinct().collect(Collectors.joining(","));
        boolean isWithoutMappings = histories.stream().allMatch(HistoryQuery::isWithoutMappings);
        Instant last = histories.stream()
                .map(history -> history.question().to())
                .max(Instant::compareTo)
                .orElseThrow();
        return SearchRequest.of(search -> fetching(search)
                .index(indices.begunBy(last, isWithoutMappings))
                .routing(routing)
                .query(query -> query.constantScore(constant -> constant.filter(
                        filter -> filter.bool(bool -> bool.should(meeting).minimumShouldMatch("1")))))
                .size(most));
    }

    private static SearchRequest.Builder fetching(SearchRequest.Builder search) {
        return search.ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .trackTotalHits(total -> total.enabled(false))
                .storedFields(BindingDocument.OCTETS)
                .docvalueFields(field -> field.field("slot"))
                .docvalueFields(field -> field.field("start").format("epoch_millis"))
                .docvalueFields(field -> field.field("end").format("epoch_millis"));
    }

    private boolean isWithoutMappings() {
        return divisions != null && divisions.mappings().isEmpty();
    }

    private String routing() {
        return BindingDocument.routing(question.ipv4());
    }

    private Query meeting() {
        List<Query> filters = begun();
        // An open interval has no end.
        Query ended = range("end", null, question.from().toEpochMilli());
        return Query.of(query -> query.bool(bool -> bool.filter(filters).mustNot(ended)));
    }

    private List<Query> begun() {
        List<Query> filters = traffic();
        Collections.addAll(filters, slots(), range("start", null, question.to().toEpochMilli()));
        return filters;
    }

    /** What {@link Question#mayBe} says, as filters. */
    private List<Query> traffic() {
        List<Query> filters = new ArrayList<>();
        if (question.protocol() != 0) {
            filters.add(absentOr("protocol", FieldValue.of(0), FieldValue.of(question.protocol())));
        }
        if (question.destination() != null) {
            filters.add(
                    absentOr("destination", FieldValue.of(question.destination().toString())));
            if (question.destinationPort() != 0) {
                filters.add(absentOr("destinationPort", FieldValue.of(question.destinationPort())));
            }
        }
        return filters;
    }

    private static Query absentOr(String field, FieldValue... values) {
        return Query.of(query -> query.bool(either -> either.should(
                        absent(field),
                        Query.of(present ->
                                present.terms(terms -> terms.field(field).terms(any -> any.value(List.of(values))))))
                .minimumShouldMatch("1")));
    }

    private static Query absent(String field) {
        return Query.of(query ->
                query.bool(bool -> bool.mustNot(there -> there.exists(exists -> exists.field(field)))));
    }

    /**
     * The last boundary that tells who had the port from there on, whatever was lost before. A binding's does. That of a
     * mapping does if it is of the protocol asked about. A session's tells only of its own far end.
     */
    private Query telling(String boundary, String known, long latest) {
        Query logged = Query.of(query -> query.term(term -> term.field(known).value(Boundary.LOGGED.name())));
        Query telling = question.protocol() == 0
                ? absent("protocol")
                : Query.of(query -> query.bool(bool ->
                        bool.filter(absentOr("protocol", FieldValue.of(question.protocol())), absent("destination"))));
        return Query.of(query -> query.bool(bool -> bool.filter(logged, telling, range(boundary, null, latest))));
    }

    /**
     * Of the intervals that were found those that this is about, by their start.
     *
     * @throws IllegalArgumentException if they are so many that one answer makes no sense
     */
    List<BindingInterval> holders(Collection<BindingInterval> found) {
        List<BindingInterval> holders =
                found.stream().filter(this::isAbout).sorted(IN_ORDER).toList();
        if (holders.size() > MAX_INTERVALS) {
            throw new IllegalArgumentException("More than " + MAX_INTERVALS + " intervals meet the window from "
                    + question.from() + " to " + question.to() + ": ask with a smaller tolerance.");
        }
        return holders;
    }

    private boolean isAbout(BindingInterval interval) {
        return interval.ipv4().equals(question.ipv4())
                && interval.ports().contains(question.port())
                && interval.start().toEpochMilli() <= question.to().toEpochMilli()
                && (interval.end() == null
                        || interval.end().toEpochMilli() > question.from().toEpochMilli())
                && question.mayBe(interval.mapping());
    }

    /** What a search found. */
    static List<BindingInterval> read(ResponseBody<Void> found) {
        return found.hits().hits().stream().map(BindingDocument::read).toList();
    }

    /**
     * A moment at or before the last logged boundary, by the holders alone; {@link Instant#EPOCH} if they do not tell. A gap
     * that ends before it cannot matter.
     */
    Instant notBeforeLastLogged(List<BindingInterval> holders) {
        return holders.stream()
                .filter(interval -> interval.startedBy() == Boundary.LOGGED
                        && !interval.start().isAfter(question.from())
                        && isTelling(interval.mapping()))
                .map(BindingInterval::start)
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }

    /** As {@link #telling} does. */
    private boolean isTelling(@Nullable NatMapping mapping) {
        return mapping == null
                || (question.protocol() != 0 && mapping.protocol() == question.protocol() && !mapping.isSession());
    }

    /** When it was last logged who had the port from there on, before the window; {@link Instant#EPOCH} if never. */
    static Instant lastLogged(ResponseBody<Void> found) {
        double last = Math.max(lastOf(found, "start"), lastOf(found, "end"));
        return last > 0 ? Instant.ofEpochMilli((long) last) : Instant.EPOCH;
    }

    private static double lastOf(ResponseBody<Void> found, String boundary) {
        Aggregate of = found.aggregations().get(boundary);
        Aggregate at = of == null ? null : of.filter().aggregations().get("at");
        Double value = at == null ? null : at.max().value();
        return value == null || value.isInfinite() ? 0 : value;
    }

    private Query slots() {
        Ipv4Address ipv4 = question.ipv4();
        int port = question.port();
        List<PortSet> sets = divisions == null ? PortSet.allContaining(port) : divisions.containing(port);
        List<FieldValue> slots = sets.stream()
                .map(set -> FieldValue.of(BindingDocument.slot(ipv4, set)))
                .toList();
        Query inSets =
                Query.of(query -> query.terms(terms -> terms.field("slot").terms(values -> values.value(slots))));
        if (divisions != null && !divisions.hasBlocks()) {
            return inSets;
        }
        Query inBlocks = Query.of(query -> query.bool(bool -> bool.filter(
                        address -> address.term(term -> term.field("blockIpv4").value(BindingDocument.hex(ipv4))))
                .filter(block -> block.term(term -> term.field("block").value(port)))));
        return Query.of(
                query -> query.bool(bool -> bool.should(inSets, inBlocks).minimumShouldMatch("1")));
    }

    static Query range(String field, @Nullable Long gte, @Nullable Long lte) {
        return Query.of(query -> query.range(range -> range.longNumber(number -> {
            number.field(field);
            if (gte != null) {
                number.gte(gte);
            }
            return lte == null ? number : number.lte(lte);
        })));
    }

    static SortOptions sort(String field, SortOrder order) {
        return SortOptions.of(options -> options.field(by -> by.field(field).order(order)));
    }
}
