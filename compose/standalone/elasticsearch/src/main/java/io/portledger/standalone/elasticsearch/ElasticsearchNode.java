package io.portledger.standalone.elasticsearch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.EmbeddedNode;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.NodeValidationException;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/**
 * One Elasticsearch node, reachable on the loopback interface only: it has no security module.
 *
 * <p>A node that was killed and started again on the same directory has every document that it acknowledged. One per
 * process: the server keeps its home in system properties.
 */
public final class ElasticsearchNode implements AutoCloseable {

    private final EmbeddedNode node;

    private ElasticsearchNode(EmbeddedNode node) {
        this.node = node;
    }

    /**
     * Runs a node until the process ends. Arguments: data directory, HTTP port.
     *
     * @throws Exception if the node does not start
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("Usage: ElasticsearchNode DATA-DIRECTORY PORT");
            System.exit(2);
        }
        ElasticsearchNode node = start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(node::close, "elasticsearch-shutdown"));
        Thread.currentThread().join();
    }

    /**
     * Starts a node; it answers HTTP when this returns, and recovers its indices meanwhile.
     *
     * @param data its directory, created if need be
     * @param port HTTP port on 127.0.0.1
     * @throws IOException if the directory cannot be used
     * @throws NodeValidationException if the node finds its settings wrong
     */
    public static ElasticsearchNode start(Path data, int port) throws IOException, NodeValidationException {
        Path home = data.toAbsolutePath();
        Files.createDirectories(home.resolve("config"));
        // Its absence (it is not on Maven Central) would switch off all native access, compression by zstd included.
        System.setProperty("org.elasticsearch.nativeaccess.enableVectorLibrary", "false");
        System.setProperty("es.path.home", home.toString());
        boolean zstd = provideZstd(home);
        LogConfigurator.configureESLogging();

        Settings.Builder settings = Settings.builder()
                .put("path.home", home.toString())
                .put("path.data", home.resolve("data").toString())
                .put("path.logs", home.resolve("logs").toString())
                .put("cluster.name", "portledger")
                .put("node.name", "standalone")
                .put("discovery.type", "single-node")
                .put("http.host", "127.0.0.1")
                .put("http.port", port)
                // Nobody talks to anybody over the wire, so nothing is worth compressing.
                .put("http.compression", false)
                .put("transport.host", "127.0.0.1")
                .put("transport.port", "0")
                // Percentages of a large disk are much more than one machine needs to stay healthy.
                .put("cluster.routing.allocation.disk.watermark.low", "2gb")
                .put("cluster.routing.allocation.disk.watermark.high", "1gb")
                .put("cluster.routing.allocation.disk.watermark.flood_stage", "500mb");
        if (!zstd) {
            System.err.println("No zstd library for this platform (" + platform()
                    + "): indices with codec best_compression cannot be written.");
        }
        EmbeddedNode node = new EmbeddedNode(
                InternalSettingsPreparer.prepareEnvironment(
                        settings.build(), Map.of(), home.resolve("config"), () -> "standalone"),
                List.of(Netty4Plugin.class, RootPlugin.class));
        try {
            node.start();
        } catch (RuntimeException | NodeValidationException e) {
            node.close();
            throw e;
        }
        return new ElasticsearchNode(node);
    }

    /** Puts the zstd library where the server looks for it; false if there is none for this platform. */
    private static boolean provideZstd(Path home) throws IOException {
        String platform = platform();
        String library = platform.startsWith("darwin") ? "libzstd.dylib" : "libzstd.so";
        String resource = "/aircompressor/" + aircompressorName(platform) + "/" + library;
        try (InputStream in = ElasticsearchNode.class.getResourceAsStream(resource)) {
            if (in == null) {
                return false;
            }
            Path directory = Files.createDirectories(home.resolve("lib/platform/" + platform));
            // Written beside and renamed: a kill must not leave half a library.
            Path half = directory.resolve(library + ".new");
            Files.copy(in, half, StandardCopyOption.REPLACE_EXISTING);
            Files.move(
                    half,
                    directory.resolve(library),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
            return true;
        }
    }

    /** The server's name of this platform, such as {@code linux-x64}. */
    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        String arch = System.getProperty("os.arch");
        return os + "-" + (arch.equals("amd64") || arch.equals("x86_64") ? "x64" : arch);
    }

    private static String aircompressorName(String platform) {
        return platform.replace("darwin", "macos").replace("x64", "amd64");
    }

    /** Stops the node in order; files are closed when this returns. */
    @Override
    public void close() {
        try {
            node.prepareForClose();
            node.close();
            if (!node.awaitClose(20, TimeUnit.SECONDS)) {
                System.err.println("The node did not stop within 20 seconds; its translog keeps what it had.");
            }
        } catch (IOException e) {
            System.err.println("The node did not close cleanly: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
