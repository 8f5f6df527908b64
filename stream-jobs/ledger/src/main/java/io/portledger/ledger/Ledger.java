package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOptions;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.mget.MultiGetResponseItem;
import co.elastic.clients.elasticsearch.core.search.Hit;
import co.elastic.clients.elasticsearch.core.search.ResponseBody;
import co.elastic.clients.transport.TransportException;
import io.portledger.softwire.Ipv4Address;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who held a port of a public IPv4 address, and when: the one look-up of the product.
 *
 * <p>A look-up asks for the few slots that can contain the port (at most one for each pair of PSID offset and length, and
 * of these only such as the address ever had, where that is known), so its cost does not grow with the number of
 * addresses or subscribers, only a little with each month that is kept. What an answer means, and when it is complete, stands in {@code docs/ledger.md}.
 *
 * <p>Thread-safe. All methods block for one or a few round trips to Elasticsearch and throw {@link LedgerException} if
 * it does not answer in full: an answer from a part of the store would be a guess.
 */
public final class Ledger implements AutoCloseable {

    private static final int GAPS_PER_PAGE = 1_000;

    /** Marks come every few seconds; an answer that goes by an older one claims less. */
    private static final Duration PROGRESS_KEPT = Duration.ofMillis(500);

    /** Questions asked together, and how many such requests are under way at a time. */
    private static final int BULK_CHUNK = 100;

    /** The most that Elasticsearch returns of one search. */
    private static final int BULK_HITS = 10_000;

    private static final int BULK_IN_FLIGHT = 4;
    private static final int MAX_MARKS = 10_000;

    private final ElasticsearchConnection elasticsearch;
    private final Clock clock;
    private final Duration progressKept;
    private volatile @Nullable Known recentlyKnown;
    private volatile @Nullable Divisions lastDivisions;
    private volatile @Nullable Cutoffs knownCutoffs;

    /** @param progressKept how long what marks tell may be used again */
    Ledger(ElasticsearchConnection elasticsearch, Clock clock, Duration progressKept) {
        this.elasticsearch = elasticsearch;
        this.clock = clock;
        this.progressKept = progressKept;
    }

    /**
     * A ledger that asks the given cluster; nothing is sent yet.
     *
     * @param elasticsearch such as {@code http://127.0.0.1:9200}
     * @throws IllegalArgumentException if it is no such address
     */
    public static Ledger connect(URI elasticsearch) {
        return new Ledger(ElasticsearchConnection.open(elasticsearch), Clock.systemUTC(), PROGRESS_KEPT);
    }

    /**
     * Who held {@code port} of {@code ipv4} at {@code at}, give or take {@code tolerance}?
     *
     * @throws IllegalArgumentException if it is no sensible {@link Question} or one about the future
     * @throws LedgerException if the store does not answer in full
     */
    public Answer whoHeld(Ipv4Address ipv4, int port, Instant at, Duration tolerance) {
        return whoHeld(new Question(ipv4, port, at, tolerance));
    }

    /**
     * Answers a question.
     *
     * @throws IllegalArgumentException if it is about the future, or so many intervals meet its window that a single
     *     answer makes no sense
     * @throws LedgerException if the store does not answer in full
     */
    public Answer whoHeld(Question question) {
        requirePast(question, clock.instant());
        // Asked first and alone: what a mark speaks of is in the ledger before the mark is, so that a mark read later
        // than the intervals could speak of some that were not found.
        Known known = known();
        Set<Instant> cutoffs = cutoffs();
        // Most addresses are divided as the last one was: the intervals are asked for by that, while it is looked up.
        Divisions guess = lastDivisions;
        CompletableFuture<Map<Ipv4Address, Divisions>> divided = divisions(Set.of(question.ipv4()));
        SearchResponse<Void> found =
                elasticsearch.search(new HistoryQuery(question, guess).intervals(known.indices()), Void.class);
        Divisions divisions = joined(divided).get(question.ipv4());
        HistoryQuery history = new HistoryQuery(question, divisions);
        if (!Objects.equals(guess, divisions)) {
            lastDivisions = divisions;
            found = elasticsearch.search(history.intervals(known.indices()), Void.class);
        }
        return answer(history, HistoryQuery.read(found), known, cutoffs);
    }

    /**
     * Answers many questions, each as if it were asked alone, but with far fewer round trips. The answers are in the
     * order of the questions and speak of one state of the ledger's progress.
     *
     * @throws IllegalArgumentException naming the first question that has no answer, as {@link #whoHeld(Question)} would
     * @throws LedgerException if the store does not answer in full
     */
    public List<Answer> whoHeld(List<Question> questions) {
        if (questions.isEmpty()) {
            return List.of();
        }
        Instant now = clock.instant();
        questions.forEach(question -> requirePast(question, now));
        Known known = known();
        Set<Instant> cutoffs = cutoffs();
        Map<Ipv4Address, Divisions> divisions =
                joined(divisions(questions.stream().map(Question::ipv4).collect(Collectors.toSet())));
        List<Answer> answers = new ArrayList<>(questions.size());
        Queue<Chunk> asked = new ArrayDeque<>();
        for (int i = 0; i < questions.size(); i += BULK_CHUNK) {
            if (asked.size() == BULK_IN_FLIGHT) {
                answers.addAll(answers(asked.remove(), known, cutoffs));
            }
            asked.add(ask(
                    questions.subList(i, Math.min(questions.size(), i + BULK_CHUNK)).stream()
                            .map(question -> new HistoryQuery(question, divisions.get(question.ipv4())))
                            .toList(),
                    known));
        }
        while (!asked.isEmpty()) {
            answers.addAll(answers(asked.remove(), known, cutoffs));
        }
        return answers;
    }

    /** Some of many questions, asked in one search. */
    private record Chunk(
            List<HistoryQuery> histories, SearchRequest request, CompletableFuture<SearchResponse<Void>> found) {}

    private Chunk ask(List<HistoryQuery> histories, Known known) {
        SearchRequest request = HistoryQuery.intervals(histories, known.indices(), BULK_HITS);
        return new Chunk(histories, request, asyncSearch(request));
    }

    private List<Answer> answers(Chunk chunk, Known known, Set<Instant> cutoffs) {
        List<BindingInterval> found = HistoryQuery.read(found(chunk.found(), chunk.request()));
        List<Answer> answers = new ArrayList<>(chunk.histories().size());
        if (found.size() >= BULK_HITS) {
            for (HistoryQuery history : chunk.histories()) {
                answers.add(answer(
                        history,
                        HistoryQuery.read(elasticsearch.search(history.intervals(known.indices()), Void.class)),
                        known,
                        cutoffs));
            }
            return answers;
        }
        Map<Ipv4Address, List<BindingInterval>> byAddress =
                found.stream().collect(Collectors.groupingBy(BindingInterval::ipv4));
        for (HistoryQuery history : chunk.histories()) {
            answers.add(
                    answer(history, byAddress.getOrDefault(history.question().ipv4(), List.of()), known, cutoffs));
        }
        return answers;
    }

    private CompletableFuture<SearchResponse<Void>> asyncSearch(SearchRequest request) {
        return elasticsearch.asyncClient().search(request, Void.class);
    }

    /** Waits for what was found; what could not be answered at the moment is asked again. */
    private SearchResponse<Void> found(CompletableFuture<SearchResponse<Void>> found, SearchRequest request) {
        try {
            return elasticsearch.whole(found.join());
        } catch (CompletionException e) {
            // Which of the two it is depends on the response; whether it helps to ask again is decided there.
            if (e.getCause() instanceof ElasticsearchException || e.getCause() instanceof TransportException) {
                return elasticsearch.search(request, Void.class);
            }
            throw noAnswer(e.getCause() instanceof Exception cause ? cause : e);
        }
    }

    private <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw noAnswer(e.getCause() instanceof Exception cause ? cause : e);
        }
    }

    /** Before which moments intervals were deleted; at most as old as deletions wait for. */
    private Set<Instant> cutoffs() {
        Cutoffs known = knownCutoffs;
        long now = System.nanoTime();
        if (known == null || now - known.readNanos() > Retention.CUTOFF_KNOWN_AFTER.toNanos() / 2) {
            Map<Retention.Kept, Instant> read = Retention.cutoffs(elasticsearch);
            Set<Instant> ofIntervals = new TreeSet<>();
            Stream.of(Retention.Kept.BINDINGS, Retention.Kept.SESSIONS)
                    .map(read::get)
                    .filter(Objects::nonNull)
                    .forEach(ofIntervals::add);
            known = new Cutoffs(now, ofIntervals);
            knownCutoffs = known;
        }
        return known.ofIntervals();
    }

    private record Cutoffs(long readNanos, Set<Instant> ofIntervals) {}

    private static void requirePast(Question question, Instant now) {
        if (question.at().isAfter(now)) {
            throw new IllegalArgumentException("The time asked about, " + question.at()
                    + ", lies in the future: the ledger knows only what has happened (it is now " + now + ").");
        }
    }

    /** @param found the intervals of the question, and perhaps others of its address */
    private Answer answer(HistoryQuery history, List<BindingInterval> found, Known known, Set<Instant> cutoffs) {
        Question question = history.question();
        List<BindingInterval> holders = history.holders(found);
        List<Gap> gaps = new ArrayList<>();
        Instant notBefore = history.notBeforeLastLogged(holders);
        if (known.mayHaveGap(question, notBefore)) {
            // Only now it makes a difference when exactly the last boundary was; and as boundaries and holders must be
            // of
            // one state of the ledger, both are read again.
            SearchResponse<Void> again =
                    elasticsearch.search(history.intervalsAndBoundaries(known.indices()), Void.class);
            holders = history.holders(HistoryQuery.read(again));
            Instant lastLogged = HistoryQuery.lastLogged(again);
            stored(known, question, lastLogged).stream()
                    .filter(gap -> VerdictRules.matters(gap, question, lastLogged))
                    .forEach(gaps::add);
        }
        gaps.addAll(known.progress().gaps(question));
        cutoffs.forEach(cutoff -> {
            if (question.from().isBefore(cutoff)) {
                gaps.add(Retention.gap(cutoff));
            }
        });
        gaps.sort(Comparator.comparing(Gap::from).thenComparing(Gap::to).thenComparing(Gap::exporter));
        return new Answer(question, VerdictRules.verdict(question, holders), holders, gaps.isEmpty(), gaps);
    }

    /** The stored gaps that may matter, and others. */
    private List<Gap> stored(Known known, Question question, Instant lastLogged) {
        if (known.hasAllGapsFrom(lastLogged)) {
            return known.newestGaps();
        }
        List<Gap> gaps = new ArrayList<>();
        readGaps(question.to(), lastLogged, firstGaps(begunBefore(question.to().toEpochMilli())), gaps::add);
        return gaps;
    }

    /**
     * How far the ledger has come.
     *
     * @throws LedgerException if the store does not answer in full
     */
    public Freshness freshness() {
        // Whoever asks how far the ledger has come may ask about that moment next: answers go by the same.
        Progress progress = newlyKnown().progress();
        SearchResponse<ObjectNode> bindings =
                elasticsearch.search(SearchRequest.of(search -> search.index(BindingDocument.ALIAS)
                        .ignoreUnavailable(true)
                        .allowPartialSearchResults(false)
                        .size(0)
                        .trackTotalHits(total -> total.enabled(true))
                        .aggregations("start", newest -> newest.max(max -> max.field("start")))
                        .aggregations("end", newest -> newest.max(max -> max.field("end")))));
        SearchResponse<ObjectNode> gaps =
                elasticsearch.search(SearchRequest.of(search -> search.index(GapDocument.ALIAS)
                        .ignoreUnavailable(true)
                        .allowPartialSearchResults(false)
                        .size(0)
                        .trackTotalHits(total -> total.enabled(true))));
        Double start = max(bindings, "start");
        Double end = max(bindings, "end");
        Double newest = start == null ? end : end == null ? start : Double.valueOf(Math.max(start, end));
        return new Freshness(
                progress.until(),
                newest == null ? null : Instant.ofEpochMilli(newest.longValue()),
                total(bindings),
                total(gaps));
    }

    @Override
    public void close() {
        elasticsearch.close();
    }

    private static final List<SortOptions> GAP_ORDER = List.of(
            HistoryQuery.sort("to", SortOrder.Desc),
            HistoryQuery.sort("from", SortOrder.Asc),
            HistoryQuery.sort("exporter", SortOrder.Asc),
            HistoryQuery.sort("observationDomain", SortOrder.Asc),
            HistoryQuery.sort("cause", SortOrder.Asc));

    private static Query begunBefore(long to) {
        return HistoryQuery.range("from", null, to);
    }

    /** Reads the gaps that begin no later than {@code to} and end no earlier than {@code from}, and some more. */
    private void readGaps(Instant to, Instant from, ResponseBody<ObjectNode> firstPage, Consumer<Gap> gaps) {
        ResponseBody<ObjectNode> page = firstPage;
        while (true) {
            List<Gap> read = sources(page).map(GapDocument::read).toList();
            read.forEach(gaps);
            if (read.size() < GAPS_PER_PAGE || read.getLast().to().isBefore(from)) {
                return;
            }
            page = nextGaps(to, page.hits().hits().getLast().sort());
        }
    }

    /**
     * What all answers of the next moments go by.
     *
     * @param atNanos when it began to be read
     * @param newestGaps of the stored gaps those that end last, that first; read after the marks, which speak of nothing
     *     that came later
     * @param hasAllGaps whether these are all
     * @param indices where the intervals are; read after the marks
     */
    private record Known(
            long atNanos, Progress progress, List<Gap> newestGaps, boolean hasAllGaps, IntervalIndices indices) {

        /** Whether all gaps that end at {@code moment} or later are among the newest. */
        boolean hasAllGapsFrom(Instant moment) {
            return hasAllGaps || newestGaps.getLast().to().isBefore(moment);
        }

        /** False if no stored gap matters, should the last logged boundary be at {@code notBefore} or later. */
        boolean mayHaveGap(Question question, Instant notBefore) {
            return !hasAllGapsFrom(notBefore)
                    || newestGaps.stream().anyMatch(gap -> VerdictRules.matters(gap, question, notBefore));
        }
    }

    private Known known() {
        Known recent = recentlyKnown;
        return recent != null && System.nanoTime() - recent.atNanos() < progressKept.toNanos() ? recent : newlyKnown();
    }

    private Known newlyKnown() {
        long before = System.nanoTime();
        Progress progress = progress();
        List<Gap> newest = sources(firstGaps(Query.of(query -> query.matchAll(all -> all))))
                .map(GapDocument::read)
                .toList();
        Known read =
                new Known(before, progress, newest, newest.size() < GAPS_PER_PAGE, IntervalIndices.read(elasticsearch));
        recentlyKnown = read;
        return read;
    }

    /** How the ports of addresses are divided, as far as it is known of them. */
    private CompletableFuture<Map<Ipv4Address, Divisions>> divisions(Set<Ipv4Address> addresses) {
        List<String> ids = addresses.stream().map(BindingDocument::hex).toList();
        return elasticsearch
                .asyncClient()
                .mget(get -> get.index(DivisionsDocument.INDEX).ids(ids), ObjectNode.class)
                .thenApply(found -> {
                    Map<Ipv4Address, Divisions> divisions = new HashMap<>();
                    for (MultiGetResponseItem<ObjectNode> item : found.docs()) {
                        // An index that is not there is a failure of the item, and nothing is known then.
                        if (item.isResult() && item.result().found()) {
                            divisions.put(
                                    new Ipv4Address(Integer.parseUnsignedInt(
                                            item.result().id(), 16)),
                                    DivisionsDocument.read(
                                            Objects.requireNonNull(item.result().source())));
                        }
                    }
                    return divisions;
                });
    }

    private Progress progress() {
        SearchResponse<ObjectNode> found =
                elasticsearch.search(SearchRequest.of(search -> search.index(MarkDocument.ALIAS)
                        .ignoreUnavailable(true)
                        .allowPartialSearchResults(false)
                        .size(MAX_MARKS)
                        .trackTotalHits(total -> total.enabled(true))));
        if (total(found) > MAX_MARKS) {
            throw new LedgerException("There are " + total(found) + " marks of collectors, more than can be looked at ("
                    + MAX_MARKS + "): delete those of collectors that are no more from the index " + MarkDocument.INDEX
                    + ".");
        }
        return Progress.of(sources(found).map(MarkDocument::read).toList());
    }

    private SearchResponse<ObjectNode> firstGaps(Query query) {
        return elasticsearch.search(SearchRequest.of(search -> search.index(GapDocument.ALIAS)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .query(query)
                .sort(GAP_ORDER)
                .size(GAPS_PER_PAGE)));
    }

    private SearchResponse<ObjectNode> nextGaps(Instant to, List<FieldValue> after) {
        return elasticsearch.search(SearchRequest.of(search -> search.index(GapDocument.ALIAS)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .query(begunBefore(to.toEpochMilli()))
                .sort(GAP_ORDER)
                .searchAfter(after)
                .size(GAPS_PER_PAGE)));
    }

    private LedgerException noAnswer(Exception e) {
        return elasticsearch.noAnswer(e);
    }

    private static Stream<ObjectNode> sources(ResponseBody<ObjectNode> found) {
        return found.hits().hits().stream().map(Hit::source).map(Objects::requireNonNull);
    }

    private static long total(ResponseBody<ObjectNode> found) {
        return found.hits().total() == null ? 0 : found.hits().total().value();
    }

    private static @Nullable Double max(ResponseBody<ObjectNode> found, String name) {
        var aggregate = found.aggregations().get(name);
        return aggregate == null ? null : aggregate.max().value();
    }
}
