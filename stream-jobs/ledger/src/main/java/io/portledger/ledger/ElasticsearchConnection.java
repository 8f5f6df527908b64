package io.portledger.ledger;

import co.elastic.clients.elasticsearch.ElasticsearchAsyncClient;
import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch.core.SearchRequest;
import co.elastic.clients.elasticsearch.core.SearchResponse;
import co.elastic.clients.elasticsearch.core.search.ResponseBody;
import co.elastic.clients.json.jackson.Jackson3JsonpMapper;
import co.elastic.clients.transport.ElasticsearchTransport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.util.Timeout;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one way this product talks to Elasticsearch: every request has a time-out, and no response is compressed.
 *
 * <p>Thread-safe. Connections are made when the first request needs one, so opening succeeds without a server.
 */
public final class ElasticsearchConnection implements AutoCloseable {

    private static final Timeout CONNECT_TIMEOUT = Timeout.ofSeconds(5);
    private static final Timeout RESPONSE_TIMEOUT = Timeout.ofSeconds(30);

    private final URI uri;
    private final ElasticsearchTransport transport;
    private final ElasticsearchClient client;
    private final ElasticsearchAsyncClient asyncClient;

    private ElasticsearchConnection(URI uri, ElasticsearchTransport transport) {
        this.uri = uri;
        this.transport = transport;
        this.client = new ElasticsearchClient(transport);
        this.asyncClient = new ElasticsearchAsyncClient(transport);
    }

    /**
     * Prepares to talk to a cluster.
     *
     * @param elasticsearch such as {@code http://127.0.0.1:9200} or {@code https://user:password@es.example.net:9200};
     *     a path is put before every request's
     * @throws IllegalArgumentException if it is no such address
     */
    public static ElasticsearchConnection open(URI elasticsearch) {
        URI shown = withoutUserInfo(elasticsearch);
        String scheme = elasticsearch.getScheme();
        if (elasticsearch.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
            throw new IllegalArgumentException(
                    "\"" + shown
                            + "\" is not the address of an Elasticsearch cluster (expected a form such as http://127.0.0.1:9200)");
        }
        int port = elasticsearch.getPort() < 0 ? 9200 : elasticsearch.getPort();
        String path = elasticsearch.getPath() == null ? "" : elasticsearch.getPath();
        List<Header> headers = new ArrayList<>();
        if (elasticsearch.getUserInfo() != null) {
            String credentials = Base64.getEncoder()
                    .encodeToString(elasticsearch.getUserInfo().getBytes(StandardCharsets.UTF_8));
            headers.add(new BasicHeader("Authorization", "Basic " + credentials));
        }
        return new ElasticsearchConnection(
                shown,
                BlockingHttp.transport(
                        URI.create(scheme + "://" + elasticsearch.getHost() + ":" + port + path),
                        headers,
                        CONNECT_TIMEOUT,
                        RESPONSE_TIMEOUT,
                        new Jackson3JsonpMapper()));
    }

    /** The cluster's address, without user and password: fit for messages. */
    public URI uri() {
        return uri;
    }

    /** For callers that wait. */
    public ElasticsearchClient client() {
        return client;
    }

    /** For callers that do not. */
    public ElasticsearchAsyncClient asyncClient() {
        return asyncClient;
    }

    /**
     * Searches, and asks again for a while if the cluster cannot answer at the moment.
     *
     * @throws LedgerException if it does not answer in full: what is read here is never a part
     */
    SearchResponse<ObjectNode> search(SearchRequest request) {
        return search(request, ObjectNode.class);
    }

    /**
     * The same, for other documents than JSON's objects.
     *
     * @param document what a document's source is read as; {@link Void} if sources are not fetched
     */
    <T> SearchResponse<T> search(SearchRequest request, Class<T> document) {
        Patience patience = new Patience();
        while (true) {
            try {
                return whole(client.search(request, document));
            } catch (ElasticsearchException e) {
                if (!Patience.helps(e.status()) || !patience.lasts()) {
                    throw noAnswer(e);
                }
            } catch (IOException e) {
                throw noAnswer(e);
            }
        }
    }

    /**
     * The response, if it is one of all shards.
     *
     * @throws LedgerException if it is not
     */
    <R extends ResponseBody<?>> R whole(R response) {
        if (response.timedOut() || response.shards().failed().intValue() > 0) {
            throw new LedgerException("Elasticsearch at " + uri + " answered only in part ("
                    + response.shards().failed() + " of "
                    + response.shards().total()
                    + " shards failed). Ask again when the cluster is healthy.");
        }
        return response;
    }

    /** What is thrown if the cluster does not answer. */
    LedgerException noAnswer(Exception e) {
        return new LedgerException("Elasticsearch at " + uri + " does not answer: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            transport.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URI withoutUserInfo(URI uri) {
        String text = uri.toString();
        String userInfo = uri.getRawUserInfo();
        return userInfo == null ? uri : URI.create(text.replace(userInfo + "@", ""));
    }
}
