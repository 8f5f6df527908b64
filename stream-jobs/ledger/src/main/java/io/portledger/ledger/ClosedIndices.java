package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch.indices.stats.IndicesStats;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Merges indices into which hardly anything is written any more to one segment each: that makes them less
 * than half as large, and look-ups faster. An end that is written later is taken in by the next merge. Thread-safe.
 */
public final class ClosedIndices implements AutoCloseable {

    /** Longer than the jobs' horizon: late records still change younger ones. */
    private static final Duration SETTLED_AFTER = Duration.ofDays(8);

    private final ElasticsearchConnection elasticsearch;
    private final Clock clock;

    ClosedIndices(ElasticsearchConnection elasticsearch, Clock clock) {
        this.elasticsearch = elasticsearch;
        this.clock = clock;
    }

    /**
     * Of the given cluster; nothing is sent yet.
     *
     * @throws IllegalArgumentException if it is no address of one
     */
    public static ClosedIndices connect(URI elasticsearch) {
        return new ClosedIndices(ElasticsearchConnection.open(elasticsearch), Clock.systemUTC());
    }

    /**
     * Begins to merge the oldest closed index that has several segments, and does not wait for it.
     *
     * @return its name; empty if there is nothing to merge
     * @throws LedgerException if the store does not answer
     */
    public Optional<String> mergeOldest() {
        try {
            Map<String, IndicesStats> stats = new TreeMap<>(elasticsearch
                    .client()
                    .indices()
                    .stats(of -> of.index("bindings-v1-*", "sessions-v1-*", "usage-v1-*"))
                    .indices());
            for (Map.Entry<String, IndicesStats> index : stats.entrySet()) {
                var primaries = Objects.requireNonNull(index.getValue().primaries());
                if (isClosed(index.getKey())
                        && primaries.segments() != null
                        && primaries.segments().count() > 1) {
                    elasticsearch
                            .client()
                            .indices()
                            .forcemerge(merge -> merge.index(index.getKey())
                                    .maxNumSegments(1L)
                                    .waitForCompletion(false));
                    return Optional.of(index.getKey());
                }
            }
            return Optional.empty();
        } catch (IOException | ElasticsearchException e) {
            throw new LedgerException(
                    "Elasticsearch at " + elasticsearch.uri() + " does not merge: " + e.getMessage(), e);
        }
    }

    /** Whether the stretch in an index's name, a month or a day, has been over for long enough. */
    private boolean isClosed(String index) {
        String[] date = index.substring(index.lastIndexOf('-') + 1).split("\\.", -1);
        LocalDate first = LocalDate.of(
                Integer.parseInt(date[0]), Integer.parseInt(date[1]), date.length > 2 ? Integer.parseInt(date[2]) : 1);
        LocalDate next = date.length > 2 ? first.plusDays(1) : first.plusMonths(1);
        return next.atStartOfDay(ZoneOffset.UTC).toInstant().plus(SETTLED_AFTER).isBefore(clock.instant());
    }

    @Override
    public void close() {
        elasticsearch.close();
    }
}
