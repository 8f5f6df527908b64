package io.portledger.ledger;

import co.elastic.clients.json.JsonpMapper;
import co.elastic.clients.transport.ElasticsearchTransport;
import co.elastic.clients.transport.ElasticsearchTransportBase;
import co.elastic.clients.transport.TransportOptions;
import co.elastic.clients.transport.http.TransportHttpClient;
import co.elastic.clients.transport.instrumentation.Instrumentation;
import co.elastic.clients.util.BinaryData;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * HTTP for the Elasticsearch client in the thread that asks.
 *
 * <p>The client's own way hands each request to a thread for the network and gets the response back from it. A look-up is
 * so short that the two changes of threads are a good part of it. Requests that nobody waits for have virtual threads.
 * Nothing is compressed: answers are small, and where a zstd codec is on the class path the client would offer it, and the
 * server's netty may take the offer and then never send the body.
 */
final class BlockingHttp implements TransportHttpClient {

    private static final int CONNECTIONS = 64;

    private final URI server;
    private final Node node;
    private final CloseableHttpClient http;
    private final ExecutorService unattended = Executors.newVirtualThreadPerTaskExecutor();

    private BlockingHttp(URI server, CloseableHttpClient http) {
        this.server = server;
        this.node = new Node(server);
        this.http = http;
    }

    /** A transport over connections that are made when the first request needs one. */
    static ElasticsearchTransport transport(
            URI server, List<Header> headers, Timeout connect, Timeout response, JsonpMapper mapper) {
        CloseableHttpClient http = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setMaxConnTotal(CONNECTIONS)
                        .setMaxConnPerRoute(CONNECTIONS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(connect)
                                .setSocketTimeout(response)
                                .build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setResponseTimeout(response)
                        .setConnectionRequestTimeout(response)
                        .setContentCompressionEnabled(false)
                        .build())
                .setDefaultHeaders(headers)
                // Who asks knows whether and when to ask again.
                .disableAutomaticRetries()
                .disableContentCompression()
                .disableCookieManagement()
                .disableRedirectHandling()
                .disableAuthCaching()
                .build();
        return new Transport(new BlockingHttp(server, http), null, mapper, null);
    }

    @Override
    public Response performRequest(
            String endpoint, @Nullable Node chosen, Request request, @Nullable TransportOptions options)
            throws IOException {
        return http.execute(message(request, options), this::response);
    }

    @Override
    public CompletableFuture<Response> performRequestAsync(
            String endpoint, @Nullable Node chosen, Request request, @Nullable TransportOptions options) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return performRequest(endpoint, chosen, request, options);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                unattended);
    }

    @Override
    public void close() throws IOException {
        http.close();
        unattended.shutdown();
    }

    private ClassicHttpRequest message(Request request, @Nullable TransportOptions options) {
        StringBuilder address = new StringBuilder(server.toString());
        if (address.charAt(address.length() - 1) == '/') {
            address.setLength(address.length() - 1);
        }
        address.append(request.path());
        char separator = '?';
        for (Map.Entry<String, String> parameter : request.queryParams().entrySet()) {
            address.append(separator)
                    .append(URLEncoder.encode(parameter.getKey(), StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
            separator = '&';
        }
        ClassicRequestBuilder message =
                ClassicRequestBuilder.create(request.method()).setUri(address.toString());
        ContentType type = null;
        for (Map.Entry<String, String> header : request.headers().entrySet()) {
            if (header.getKey().equalsIgnoreCase("Content-Type")) {
                type = ContentType.parse(header.getValue());
            } else {
                message.setHeader(header.getKey(), header.getValue());
            }
        }
        if (options != null) {
            options.headers().forEach(header -> message.setHeader(header.getKey(), header.getValue()));
        }
        Iterable<ByteBuffer> body = request.body();
        if (body != null) {
            message.setEntity(new ByteArrayEntity(whole(body), type));
        }
        return message.build();
    }

    private static byte[] whole(Iterable<ByteBuffer> parts) {
        int length = 0;
        for (ByteBuffer part : parts) {
            length += part.remaining();
        }
        ByteBuffer whole = ByteBuffer.allocate(length);
        for (ByteBuffer part : parts) {
            whole.put(part.duplicate());
        }
        return whole.array();
    }

    private Response response(ClassicHttpResponse message) throws IOException {
        int status = message.getCode();
        List<Header> headers = List.of(message.getHeaders());
        BinaryData body = null;
        if (message.getEntity() != null) {
            String type = message.getEntity().getContentType();
            byte[] octets = EntityUtils.toByteArray(message.getEntity());
            body = octets == null ? null : BinaryData.of(octets, type);
        }
        return new Received(node, status, headers, body);
    }

    /** A response that has been received to its end. */
    private record Received(
            Node node,
            int statusCode,
            List<Header> headers,
            @Nullable BinaryData body) implements Response {

        @Override
        public @Nullable String header(String name) {
            return headers(name).stream().findFirst().orElse(null);
        }

        @Override
        public List<String> headers(String name) {
            return headers.stream()
                    .filter(header -> header.getName().equalsIgnoreCase(name))
                    .map(Header::getValue)
                    .toList();
        }

        @Override
        public Object originalResponse() {
            return this;
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    private static final class Transport extends ElasticsearchTransportBase {

        Transport(
                TransportHttpClient http,
                @Nullable TransportOptions options,
                JsonpMapper mapper,
                @Nullable Instrumentation instrumentation) {
            super(http, options, mapper, instrumentation);
        }

        @Override
        protected ElasticsearchTransportBase cloneWith(
                @Nullable TransportOptions options,
                @Nullable JsonpMapper mapper,
                @Nullable Instrumentation instrumentation) {
            return new Transport(
                    httpClient,
                    options == null ? transportOptions : options,
                    mapper == null ? this.mapper : mapper,
                    instrumentation == null ? this.instrumentation : instrumentation);
        }
    }
}
