package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.Refresh;
import co.elastic.clients.elasticsearch.core.BulkResponse;
import co.elastic.clients.util.BinaryData;
import co.elastic.clients.util.ContentType;
import io.portledger.softwire.Ipv4Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.EmbeddedNode;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.NodeValidationException;

/**
 * A real Elasticsearch node in the test's JVM, on a free port of the loopback interface and with its data in a temporary
 * directory. One serves all tests of a JVM; tests keep apart by using addresses of their own or by {@link #wipe()}.
 */
public final class ElasticsearchNode {

    private final URI uri;

    private ElasticsearchNode(URI uri) {
        this.uri = uri;
    }

    /** The node of this JVM, started by the first call. */
    public static ElasticsearchNode shared() {
        return Shared.NODE;
    }

    /** Where it listens. */
    public URI uri() {
        return uri;
    }

    /** Removes every document and index of the ledger and puts the templates in place. */
    public void wipe() throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(uri)) {
            connection
                    .client()
                    .indices()
                    .delete(delete -> delete.index(
                                    "bindings-v1-*",
                                    "sessions-v1-*",
                                    "gaps-v1",
                                    "marks-v1",
                                    "findings-v1",
                                    "usage-v1-*",
                                    "retention-v1",
                                    "divisions-v1")
                            .ignoreUnavailable(true));
            LedgerIndices.install(connection);
        }
    }

    /** Makes everything written so far visible to searches. */
    public void refresh() throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(uri)) {
            connection.client().indices().refresh(all -> all.ignoreUnavailable(true));
        }
    }

    /** Stores intervals and gaps as a stream job would, and makes them visible. */
    public void store(List<BindingInterval> intervals, List<Gap> gaps) throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(uri)) {
            BulkResponse response = connection.client().bulk(bulk -> {
                for (BindingInterval interval : intervals) {
                    BindingDocument document = BindingDocument.of(interval, false);
                    bulk.operations(operation -> operation.index(index -> index.index(document.index())
                            .id(document.id())
                            .routing(document.routing())
                            .document(json(document.json()))));
                }
                for (Gap gap : gaps) {
                    GapDocument document = GapDocument.of(gap);
                    bulk.operations(operation -> operation.index(index ->
                            index.index(document.index()).id(document.id()).document(json(document.json()))));
                }
                return bulk.refresh(Refresh.True);
            });
            if (response.errors()) {
                throw new IOException(response.toString());
            }
        }
    }

    /** Stores a mark as a stream job would, and makes it visible. */
    public void store(Mark mark) throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(uri)) {
            MarkDocument document = MarkDocument.of(mark);
            connection
                    .client()
                    .index(index -> index.index(document.index())
                            .id(document.id())
                            .withJson(new StringReader(document.json()))
                            .refresh(Refresh.True));
        }
    }

    /** Stores how an address is divided as a stream job would. */
    public void store(Ipv4Address ipv4, Divisions divisions) throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(uri)) {
            DivisionsDocument document = DivisionsDocument.of(ipv4, divisions);
            connection
                    .client()
                    .index(index -> index.index(document.index())
                            .id(document.id())
                            .withJson(new StringReader(document.json()))
                            .refresh(Refresh.True));
        }
    }

    private static BinaryData json(String document) {
        return BinaryData.of(document.getBytes(StandardCharsets.UTF_8), ContentType.APPLICATION_JSON);
    }

    private static final class Shared {
        static final ElasticsearchNode NODE = start();
    }

    private static ElasticsearchNode start() {
        try {
            Path home = Files.createTempDirectory("elasticsearch");
            Files.createDirectories(home.resolve("config"));
            extractZstd(home);
            System.setProperty("es.path.home", home.toString());
            // The vector library is not published; looking for it in vain would switch zstd off as well.
            System.setProperty("org.elasticsearch.nativeaccess.enableVectorLibrary", "false");
            LogConfigurator.configureESLogging();
            Settings settings = Settings.builder()
                    .put("path.home", home.toString())
                    .put("cluster.name", "test")
                    .put("node.name", "test")
                    .put("discovery.type", "single-node")
                    .put("network.host", "127.0.0.1")
                    .put("http.port", "0")
                    .put("transport.port", "0")
                    .put("http.type", "netty4")
                    .put("transport.type", "netty4")
                    .put("http.compression", false)
                    .put("action.destructive_requires_name", false)
                    .put("cluster.routing.allocation.disk.threshold_enabled", false)
                    .build();
            Environment environment = InternalSettingsPreparer.prepareEnvironment(
                    settings, Map.of(), home.resolve("config"), () -> "test");
            EmbeddedNode node = new EmbeddedNode(environment);
            node.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node, home)));
            int port = node.injector()
                    .getInstance(HttpServerTransport.class)
                    .boundAddress()
                    .publishAddress()
                    .getPort();
            return new ElasticsearchNode(URI.create("http://127.0.0.1:" + port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NodeValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void extractZstd(Path home) throws IOException {
        boolean mac = System.getProperty("os.name").startsWith("Mac");
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        String resource = (mac ? "macos-" : "linux-") + (arm ? "aarch64" : "amd64");
        String library = mac ? "libzstd.dylib" : "libzstd.so";
        Path directory = home.resolve("lib/platform/" + (mac ? "darwin-" : "linux-") + (arm ? "aarch64" : "x64"));
        Files.createDirectories(directory);
        try (InputStream bytes = ElasticsearchNode.class
                .getClassLoader()
                .getResourceAsStream("aircompressor/" + resource + "/" + library)) {
            Files.copy(Objects.requireNonNull(bytes, "no zstd library for " + resource), directory.resolve(library));
        }
    }

    private static void stop(EmbeddedNode node, Path home) {
        try (node;
                Stream<Path> files = Files.walk(home)) {
            node.close();
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
