package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOptions;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch._types.query_dsl.Query;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.search.Hit;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the jobs summed up and found: accounts of bindings and service classes, activity of exporters and networks,
 * findings. Thread-safe. Methods block and throw {@link LedgerException} if the store does not answer in full.
 */
public final class Statistics implements AutoCloseable {

    private static final int PAGE = 5_000;

    private final ElasticsearchConnection elasticsearch;

    private Statistics(ElasticsearchConnection elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /**
     * A stretch of time.
     *
     * @param from first moment, included
     * @param to last moment, not included
     */
    public record Stretch(Instant from, Instant to) {}

    /**
     * Statistics of the given cluster; nothing is sent yet.
     *
     * @param elasticsearch such as {@code http://127.0.0.1:9200}
     * @throws IllegalArgumentException if it is no such address
     */
    public static Statistics connect(URI elasticsearch) {
        return new Statistics(ElasticsearchConnection.open(elasticsearch));
    }

    /**
     * The account of a holder, in order of time.
     *
     * @param holder a softwire address, an address inside a NAT, or a subscriber's name
     */
    public List<Usage.OfBinding> ofBindings(Usage.Span span, Stretch stretch, String holder) {
        return all(List.of(of(UsageDocument.BINDING), span(span), within("from", stretch), holder(holder)), "ports")
                .map(Usage.OfBinding.class::cast)
                .toList();
    }

    /** The accounts of all service classes, in order of time and name. */
    public List<Usage.OfClass> ofClasses(Usage.Span span, Stretch stretch) {
        return all(List.of(of(UsageDocument.SERVICE_CLASS), span(span), within("from", stretch)), "serviceClass")
                .map(Usage.OfClass.class::cast)
                .toList();
    }

    /** The activity of exporters or networks by the hour, in order of time and name. */
    public List<Usage.Activity> activity(Usage.Activity.Of of, Stretch stretch) {
        return all(List.of(of(of.name()), within("from", stretch)), "name")
                .map(Usage.Activity.class::cast)
                .toList();
    }

    /** The newest findings first. */
    public List<Finding> findings(Stretch stretch, int most) {
        return search(FindingDocument.ALIAS, List.of(within("at", stretch)), List.of(descending("at")), most, List.of())
                .hits()
                .hits()
                .stream()
                .map(hit ->
                        FindingDocument.read(Objects.requireNonNull(hit.id()), Objects.requireNonNull(hit.source())))
                .toList();
    }

    @Override
    public void close() {
        elasticsearch.close();
    }

    private java.util.stream.Stream<Usage> all(List<Query> filters, String then) {
        List<SortOptions> order = List.of(
                ascending("from"),
                SortOptions.of(sort ->
                        sort.field(by -> by.field(then).order(SortOrder.Asc).missing("_first"))));
        List<Usage> found = new ArrayList<>();
        List<FieldValue> after = List.of();
        while (true) {
            List<Hit<ObjectNode>> page = search(UsageDocument.ALIAS, filters, order, PAGE, after)
                    .hits()
                    .hits();
            page.forEach(hit -> found.add(UsageDocument.read(Objects.requireNonNull(hit.source()))));
            if (page.size() < PAGE) {
                return found.stream();
            }
            after = page.getLast().sort();
        }
    }

    private SearchResponse<ObjectNode> search(
            String alias, List<Query> filters, List<SortOptions> order, int size, List<FieldValue> after) {
        return elasticsearch.search(SearchRequest.of(search -> {
            search.index(alias)
                    .ignoreUnavailable(true)
                    .allowPartialSearchResults(false)
                    .query(query -> query.bool(bool -> bool.filter(filters)))
                    .sort(order)
                    .size(size);
            return after.isEmpty() ? search : search.searchAfter(after);
        }));
    }

    private static Query of(String value) {
        return term("of", value);
    }

    private static Query span(Usage.Span span) {
        return term("span", span.name());
    }

    private static Query holder(String text) {
        if (text.indexOf(':') >= 0) {
            try {
                return term("b4", Ipv6Address.parse(text).toString());
            } catch (IllegalArgumentException e) {
                return term("subscriber", text);
            }
        }
        try {
            return term("insideIpv4", Ipv4Address.parse(text).toString());
        } catch (IllegalArgumentException e) {
            return term("subscriber", text);
        }
    }

    private static Query term(String field, String value) {
        return Query.of(query -> query.term(term -> term.field(field).value(value)));
    }

    private static Query within(String field, Stretch stretch) {
        return Query.of(query -> query.range(range -> range.longNumber(number -> number.field(field)
                .gte(stretch.from().toEpochMilli())
                .lt(stretch.to().toEpochMilli()))));
    }

    private static SortOptions ascending(String field) {
        return SortOptions.of(sort -> sort.field(by -> by.field(field).order(SortOrder.Asc)));
    }

    private static SortOptions descending(String field) {
        return SortOptions.of(sort -> sort.field(by -> by.field(field).order(SortOrder.Desc)));
    }
}
