package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.Refresh;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import co.elastic.clients.elasticsearch.core.BulkResponse;
import co.elastic.clients.elasticsearch.core.CountResponse;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.search.Hit;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Deletes what may no longer be kept. An interval goes when its end is older than the period; an open one stays, however
 * long ago it began. Where everything in an index is that old the index goes as a whole; elsewhere documents are deleted
 * and the segments that held them are written anew, so that nothing stays on disk.
 *
 * <p>From then on the ledger knows nothing of the time before, and says so: a look-up finds the {@linkplain #cutoffs
 * cutoff}, which is written before anything is deleted, and an answer about an earlier time has an EXPIRED gap.
 *
 * <p>Gaps stay: they name no subscriber, and an interval that is kept may begin before them. What is deleted comes back
 * if the ledger is rebuilt from Kafka; give the topics no longer retention than the ledger, and run this afterwards.
 *
 * <p>Thread-safe, but two at a time do the same work twice.
 */
public final class Retention implements AutoCloseable {

    /** The cause of the gap before a cutoff. */
    public static final String EXPIRED = "EXPIRED";

    static final String INDEX = "retention-v1";

    private static final int PAGE = 5_000;

    /** Readers may know a cutoff this late: rounds are to be further apart. */
    static final Duration CUTOFF_KNOWN_AFTER = Duration.ofSeconds(10);

    /** What is kept for a period of its own. */
    public enum Kept {
        /** Intervals of bindings, by their end. */
        BINDINGS(BindingDocument.ALIAS, "end", 1),
        /** Intervals of mappings and sessions of NATs, by their end. */
        SESSIONS(BindingDocument.SESSIONS_ALIAS, "end", 1),
        /** Accounts and activity, by the beginning of their stretch. */
        USAGE(UsageDocument.ALIAS, "from", 0),
        /** Findings, by their time. */
        FINDINGS(FindingDocument.ALIAS, "at", 0);

        private final String alias;
        private final String field;
        private final int isExclusive;

        Kept(String alias, String field, int isExclusive) {
            this.alias = alias;
            this.field = field;
            this.isExclusive = isExclusive;
        }

        /** What is older than the cutoff: an end is not part of its interval, a beginning is. */
        private Query expired(Instant cutoff) {
            return Query.of(query -> query.range(
                    range -> range.longNumber(number -> number.field(field).lt(cutoff.toEpochMilli() + isExclusive))));
        }
    }

    /**
     * What a run deleted of one kind.
     *
     * @param kept the kind
     * @param cutoff what ended before is gone
     * @param documents how many documents were deleted
     * @param indices which indices were deleted as a whole
     */
    public record Deleted(Kept kept, Instant cutoff, long documents, List<String> indices) {}

    /** Stands between the decision to delete and the deletion; what it throws prevents it. */
    @FunctionalInterface
    public interface Witness {

        /**
         * So much is about to be deleted.
         *
         * @param documents how many documents ended before {@code cutoff}
         */
        void beforeDeletion(Kept kept, Instant cutoff, long documents);
    }

    private final ElasticsearchConnection elasticsearch;

    private Retention(ElasticsearchConnection elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /**
     * Of the given cluster; nothing is sent yet.
     *
     * @throws IllegalArgumentException if it is no address of one
     */
    public static Retention connect(URI elasticsearch) {
        return new Retention(ElasticsearchConnection.open(elasticsearch));
    }

    /**
     * One round of one kind: deletes what an earlier round announced, so that all readers have known of it for long, and
     * then announces a new cutoff. May be stopped at any time; the next round goes on. Rounds of one kind are to be more
     * than ten seconds apart.
     *
     * @param cutoff what ended before may be deleted by the next round
     * @param witness is told before anything is deleted
     * @param progress is told how many documents are deleted so far, now and then
     * @return what was deleted; empty if nothing was
     * @throws LedgerException if the store does not answer
     */
    public Optional<Deleted> round(Kept kept, Instant cutoff, Witness witness, Consumer<Long> progress) {
        Optional<Deleted> deleted = Optional.empty();
        try {
            Instant announced = cutoffs(elasticsearch).get(kept);
            long expired = announced == null ? 0 : expired(kept, announced);
            if (announced != null && expired > 0) {
                witness.beforeDeletion(kept, announced, expired);
                deleted = Optional.of(delete(kept, announced, progress));
            }
        } catch (IOException | ElasticsearchException e) {
            throw failed(e);
        }
        announce(kept, cutoff);
        return deleted;
    }

    /**
     * Sets the cutoff of one kind, so that look-ups know of it. It never moves back.
     *
     * @return the cutoff that holds now
     * @throws LedgerException if the store does not take it
     */
    Instant announce(Kept kept, Instant cutoff) {
        try {
            LedgerIndices.install(elasticsearch);
            Instant known = cutoffs(elasticsearch).get(kept);
            if (known != null && !cutoff.isAfter(known)) {
                return known;
            }
            elasticsearch
                    .client()
                    .index(index -> index.index(INDEX)
                            .id(kept.name())
                            .refresh(Refresh.True)
                            .withJson(new StringReader("{\"cutoff\":" + cutoff.toEpochMilli() + "}")));
            return cutoff;
        } catch (IOException | ElasticsearchException e) {
            throw failed(e);
        }
    }

    private long expired(Kept kept, Instant cutoff) throws IOException {
        long expired = 0;
        for (String index : indices(kept)) {
            expired += count(index, kept.expired(cutoff));
        }
        return expired;
    }

    private Deleted delete(Kept kept, Instant cutoff, Consumer<Long> progress) throws IOException {
        long deleted = 0;
        List<String> whole = new ArrayList<>();
        for (String index : indices(kept)) {
            long expired = count(index, kept.expired(cutoff));
            if (expired == 0) {
                continue;
            }
            if (kept != Kept.FINDINGS && expired == count(index, null)) {
                elasticsearch.client().indices().delete(delete -> delete.index(index));
                whole.add(index);
                deleted += expired;
            } else {
                deleted += deleteFrom(index, kept, cutoff, deleted, progress);
                elasticsearch
                        .client()
                        .indices()
                        .forcemerge(merge -> merge.index(index).onlyExpungeDeletes(true));
            }
            progress.accept(deleted);
        }
        return new Deleted(kept, cutoff, deleted, whole);
    }

    @Override
    public void close() {
        elasticsearch.close();
    }

    /** What ended before these is gone, as far as cutoffs were announced. */
    static Map<Kept, Instant> cutoffs(ElasticsearchConnection elasticsearch) {
        Map<Kept, Instant> cutoffs = new EnumMap<>(Kept.class);
        for (Hit<ObjectNode> hit : elasticsearch
                .search(SearchRequest.of(search -> search.index(INDEX)
                        .ignoreUnavailable(true)
                        .allowPartialSearchResults(false)
                        .size(100)))
                .hits()
                .hits()) {
            for (Kept kept : Kept.values()) {
                if (kept.name().equals(hit.id())) {
                    cutoffs.put(
                            kept,
                            Instant.ofEpochMilli(Objects.requireNonNull(hit.source())
                                    .get("cutoff")
                                    .longValue()));
                }
            }
        }
        return cutoffs;
    }

    private List<String> indices(Kept kept) throws IOException {
        if (!elasticsearch
                .client()
                .indices()
                .existsAlias(exists -> exists.name(kept.alias))
                .value()) {
            return List.of();
        }
        return List.copyOf(new TreeSet<>(elasticsearch
                .client()
                .indices()
                .getAlias(get -> get.name(kept.alias))
                .aliases()
                .keySet()));
    }

    private long count(String index, @Nullable Query query) throws IOException {
        elasticsearch.client().indices().refresh(refresh -> refresh.index(index));
        CountResponse counted = elasticsearch
                .client()
                .count(count ->
                        query == null ? count.index(index) : count.index(index).query(query));
        if (counted.shards().failed().intValue() > 0) {
            // If a part of the index seems to hold nothing but what has expired, all of it must not go.
            throw new LedgerException("Elasticsearch at " + elasticsearch.uri() + " counted only a part of " + index
                    + ". Run the deletion again when the cluster is healthy.");
        }
        return counted.count();
    }

    private long deleteFrom(String index, Kept kept, Instant cutoff, long before, Consumer<Long> progress)
            throws IOException {
        long deleted = 0;
        while (true) {
            List<Hit<Void>> page = elasticsearch
                    .client()
                    .search(
                            search -> search.index(index)
                                    .allowPartialSearchResults(false)
                                    .query(kept.expired(cutoff))
                                    .sort(sort ->
                                            sort.field(by -> by.field("_doc").order(SortOrder.Asc)))
                                    .source(source -> source.fetch(false))
                                    .size(PAGE),
                            Void.class)
                    .hits()
                    .hits();
            if (page.isEmpty()) {
                return deleted;
            }
            BulkResponse response = elasticsearch.client().bulk(BulkRequest.of(bulk -> {
                page.forEach(hit -> bulk.operations(operation -> operation.delete(delete ->
                        delete.index(index).id(Objects.requireNonNull(hit.id())).routing(hit.routing()))));
                return bulk.refresh(Refresh.True);
            }));
            if (response.errors()) {
                throw new LedgerException("Elasticsearch at " + elasticsearch.uri() + " did not delete documents of "
                        + index + ". Run the deletion again when the cluster is healthy.");
            }
            deleted += page.size();
            progress.accept(before + deleted);
        }
    }

    private LedgerException failed(Exception e) {
        return new LedgerException(
                "Elasticsearch at " + elasticsearch.uri() + " did not delete what is to be deleted: " + e.getMessage(),
                e);
    }

    /** The gap that an answer has whose window begins before {@code cutoff}. */
    static Gap gap(Instant cutoff) {
        return new Gap(Gap.ANY_EXPORTER, 0, EXPIRED, Instant.EPOCH, cutoff.minusMillis(1), 0);
    }
}
