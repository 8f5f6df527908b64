package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOptions;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.MsearchRequest;
import co.elastic.clients.elasticsearch.core.MsearchResponse;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.mget.MultiGetResponseItem;
import co.elastic.clients.elasticsearch.core.msearch.MultiSearchItem;
import co.elastic.clients.elasticsearch.core.msearch.MultiSearchResponseItem;
import co.elastic.clients.elasticsearch.core.search.Hit;
import co.elastic.clients.elasticsearch.core.search.ResponseBody;
import io.portledger.softwire.Ipv4Address;
import java.io.IOException;
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
 * addresses, subscribers or years. What an answer means, and when it is complete, stands in {@code docs/ledger.md}.
 *
 * <p>Thread-safe. All methods block for one or a few round trips to Elasticsearch and throw {@link LedgerException} if
 * it does not answer in full: an answer from a part of the store would be a guess.
 */
public final class Ledger implements AutoCloseable {

    private static final int GAPS_PER_PAGE = 1_000;

    /** Marks come every few seconds; an answer that goes by an older one claims less. */
    private static final Duration PROGRESS_KEPT = Duration.ofMillis(500);

    /** Questions asked together, and how many such requests are under way at a time. */
    private static final int BULK_CHUNK = 50;

    private static final int BULK_IN_FLIGHT = 4;
    private static final int MAX_MARKS = 10_000;

    private final ElasticsearchConnection elasticsearch;
    private final Clock clock;
    private final Duration progressKept;
    private volatile @Nullable ReadProgress readProgress;
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
        Progress progress = recentProgress();
        Set<Instant> cutoffs = cutoffs();
        HistoryQuery history =
                new HistoryQuery(question, divisions(Set.of(question.ipv4())).get(question.ipv4()));
        List<MultiSearchItem<ObjectNode>> found = search(MsearchRequest.of(all -> all.searches(
                        bindings -> bindings.header(history.header()).body(history.body()))
                .searches(gaps -> gaps.header(header -> header.index(GapDocument.ALIAS)
                                .ignoreUnavailable(true)
                                .allowPartialSearchResults(false))
                        .body(body -> body.query(begunBefore(question.to().toEpochMilli()))
                                .sort(GAP_ORDER)
                                .size(GAPS_PER_PAGE)))));
        Instant lastLogged = HistoryQuery.lastLogged(found.get(0));
        List<Gap> stored = new ArrayList<>();
        readGaps(question.to(), lastLogged, found.get(1), stored::add);
        return answer(history, found.get(0), lastLogged, progress, cutoffs, stored);
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
        Progress progress = recentProgress();
        Set<Instant> cutoffs = cutoffs();
        Map<Ipv4Address, Divisions> divisions =
                divisions(questions.stream().map(Question::ipv4).collect(Collectors.toSet()));
        Instant last =
                questions.stream().map(Question::to).max(Instant::compareTo).orElseThrow();
        List<Gap> gaps = new ArrayList<>();
        readGaps(last, Instant.EPOCH, firstGaps(last), gaps::add);
        List<Answer> answers = new ArrayList<>(questions.size());
        Queue<Chunk> asked = new ArrayDeque<>();
        for (int i = 0; i < questions.size(); i += BULK_CHUNK) {
            if (asked.size() == BULK_IN_FLIGHT) {
                answers.addAll(answers(asked.remove(), progress, cutoffs, gaps));
            }
            asked.add(ask(questions.subList(i, Math.min(questions.size(), i + BULK_CHUNK)).stream()
                    .map(question -> new HistoryQuery(question, divisions.get(question.ipv4())))
                    .toList()));
        }
        while (!asked.isEmpty()) {
            answers.addAll(answers(asked.remove(), progress, cutoffs, gaps));
        }
        return answers;
    }

    /** Some of many questions, asked in one request. */
    private record Chunk(
            List<HistoryQuery> histories,
            MsearchRequest request,
            CompletableFuture<MsearchResponse<ObjectNode>> found) {}

    private Chunk ask(List<HistoryQuery> histories) {
        MsearchRequest request = MsearchRequest.of(all -> {
            histories.forEach(
                    history -> all.searches(one -> one.header(history.header()).body(history.body())));
            return all;
        });
        return new Chunk(histories, request, elasticsearch.asyncClient().msearch(request, ObjectNode.class));
    }

    private List<Answer> answers(Chunk chunk, Progress progress, Set<Instant> cutoffs, List<Gap> gaps) {
        List<MultiSearchItem<ObjectNode>> found = found(chunk);
        List<Answer> answers = new ArrayList<>(found.size());
        for (int i = 0; i < found.size(); i++) {
            MultiSearchItem<ObjectNode> its = found.get(i);
            answers.add(answer(chunk.histories().get(i), its, HistoryQuery.lastLogged(its), progress, cutoffs, gaps));
        }
        return answers;
    }

    /** Waits for what was found; what could not be answered at the moment is asked again. */
    private List<MultiSearchItem<ObjectNode>> found(Chunk chunk) {
        try {
            List<MultiSearchResponseItem<ObjectNode>> found =
                    chunk.found().join().responses();
            return found.stream().anyMatch(Ledger::isPassing)
                    ? search(chunk.request())
                    : found.stream().map(this::result).toList();
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

    private static Answer answer(
            HistoryQuery history,
            ResponseBody<ObjectNode> found,
            Instant lastLogged,
            Progress progress,
            Set<Instant> cutoffs,
            List<Gap> stored) {
        Question question = history.question();
        List<BindingInterval> holders = history.intervals(found);
        List<Gap> gaps = new ArrayList<>(progress.gaps(question));
        cutoffs.forEach(cutoff -> {
            if (question.from().isBefore(cutoff)) {
                gaps.add(Retention.gap(cutoff));
            }
        });
        stored.stream()
                .filter(gap -> VerdictRules.matters(gap, question, lastLogged))
                .forEach(gaps::add);
        gaps.sort(Comparator.comparing(Gap::from).thenComparing(Gap::to).thenComparing(Gap::exporter));
        return new Answer(question, VerdictRules.verdict(question, holders), holders, gaps.isEmpty(), gaps);
    }

    /**
     * How far the ledger has come.
     *
     * @throws LedgerException if the store does not answer in full
     */
    public Freshness freshness() {
        Progress progress = progress();
        List<MultiSearchItem<ObjectNode>> found = search(MsearchRequest.of(all -> all.searches(bindings ->
                        bindings.header(header -> header.index(BindingDocument.ALIAS)
                                        .ignoreUnavailable(true)
                                        .allowPartialSearchResults(false))
                                .body(body -> body.size(0)
                                        .trackTotalHits(total -> total.enabled(true))
                                        .aggregations("start", newest -> newest.max(max -> max.field("start")))))
                .searches(closed -> closed.header(header -> header.index(BindingDocument.ALIAS)
                                .ignoreUnavailable(true)
                                .allowPartialSearchResults(false))
                        .body(body -> body.size(0)
                                .trackTotalHits(total -> total.enabled(false))
                                .query(HistoryQuery.range("end", null, BindingDocument.OPEN_END_MILLIS - 1))
                                .aggregations("end", newest -> newest.max(max -> max.field("end")))))
                .searches(gaps -> gaps.header(header -> header.index(GapDocument.ALIAS)
                                .ignoreUnavailable(true)
                                .allowPartialSearchResults(false))
                        .body(body -> body.size(0).trackTotalHits(total -> total.enabled(true))))));
        Double start = max(found.get(0), "start");
        Double end = max(found.get(1), "end");
        Double newest = start == null ? end : end == null ? start : Double.valueOf(Math.max(start, end));
        return new Freshness(
                progress.until(),
                newest == null ? null : Instant.ofEpochMilli(newest.longValue()),
                total(found.get(0)),
                total(found.get(2)));
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

    private record ReadProgress(long atNanos, Progress progress) {}

    private Progress recentProgress() {
        ReadProgress known = readProgress;
        return known != null && System.nanoTime() - known.atNanos() < progressKept.toNanos()
                ? known.progress()
                : progress();
    }

    /** How the ports of addresses are divided, as far as it is known of them. */
    private Map<Ipv4Address, Divisions> divisions(Set<Ipv4Address> addresses) {
        Map<Ipv4Address, Divisions> divisions = new HashMap<>();
        try {
            List<String> ids = addresses.stream().map(BindingDocument::hex).toList();
            for (MultiGetResponseItem<ObjectNode> found : elasticsearch
                    .client()
                    .mget(get -> get.index(DivisionsDocument.INDEX).ids(ids), ObjectNode.class)
                    .docs()) {
                // An index that is not there is a failure of the item, and nothing is known then.
                if (found.isResult() && found.result().found()) {
                    divisions.put(
                            new Ipv4Address(
                                    Integer.parseUnsignedInt(found.result().id(), 16)),
                            DivisionsDocument.read(
                                    Objects.requireNonNull(found.result().source())));
                }
            }
            return divisions;
        } catch (IOException | ElasticsearchException e) {
            throw noAnswer(e);
        }
    }

    private Progress progress() {
        long before = System.nanoTime();
        SearchResponse<ObjectNode> found = search(SearchRequest.of(search -> search.index(MarkDocument.ALIAS)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .size(MAX_MARKS)
                .trackTotalHits(total -> total.enabled(true))));
        if (total(found) > MAX_MARKS) {
            throw new LedgerException("There are " + total(found) + " marks of collectors, more than can be looked at ("
                    + MAX_MARKS + "): delete those of collectors that are no more from the index " + MarkDocument.INDEX
                    + ".");
        }
        Progress progress = Progress.of(sources(found).map(MarkDocument::read).toList());
        readProgress = new ReadProgress(before, progress);
        return progress;
    }

    private SearchResponse<ObjectNode> firstGaps(Instant to) {
        return search(SearchRequest.of(search -> search.index(GapDocument.ALIAS)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .query(begunBefore(to.toEpochMilli()))
                .sort(GAP_ORDER)
                .size(GAPS_PER_PAGE)));
    }

    private SearchResponse<ObjectNode> nextGaps(Instant to, List<FieldValue> after) {
        return search(SearchRequest.of(search -> search.index(GapDocument.ALIAS)
                .ignoreUnavailable(true)
                .allowPartialSearchResults(false)
                .query(begunBefore(to.toEpochMilli()))
                .sort(GAP_ORDER)
                .searchAfter(after)
                .size(GAPS_PER_PAGE)));
    }

    private List<MultiSearchItem<ObjectNode>> search(MsearchRequest request) {
        try {
            Patience patience = new Patience();
            while (true) {
                List<MultiSearchResponseItem<ObjectNode>> found = elasticsearch
                        .client()
                        .msearch(request, ObjectNode.class)
                        .responses();
                if (found.stream().noneMatch(Ledger::isPassing) || !patience.lasts()) {
                    return found.stream().map(this::result).toList();
                }
            }
        } catch (IOException | ElasticsearchException e) {
            throw noAnswer(e);
        }
    }

    /** While an index is being made its shard cannot be asked, and the whole search is refused; soon it can. */
    private static boolean isPassing(MultiSearchResponseItem<ObjectNode> item) {
        return item.isFailure() && Patience.helps(item.failure().status());
    }

    private SearchResponse<ObjectNode> search(SearchRequest request) {
        return elasticsearch.search(request);
    }

    private MultiSearchItem<ObjectNode> result(MultiSearchResponseItem<ObjectNode> item) {
        if (item.isFailure()) {
            throw new LedgerException("Elasticsearch at " + elasticsearch.uri() + " refused a search: "
                    + item.failure().error().type() + ": "
                    + item.failure().error().reason() + " (status "
                    + item.failure().status() + ")");
        }
        return elasticsearch.whole(item.result());
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
