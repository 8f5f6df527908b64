package io.portledger.collector;

import com.sun.net.httpserver.HttpExchange;
import io.portledger.settings.HostPort;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the collector tells Prometheus ({@code GET /metrics}), and whether it is healthy ({@code GET /health}: 200, or 503
 * with one sentence a line).
 *
 * <p>Numbers and addresses of exporters, nothing about subscribers; there is no access control of its own.
 */
final class Metrics implements AutoCloseable {

    private final HTTPServer server;
    private final HostPort address;

    private Metrics(HTTPServer server, HostPort address) {
        this.server = server;
        this.address = address;
    }

    /** What is told beside the counters; everything is asked anew each time. */
    interface Source {
        CollectorCounters counters();

        /** Octets of the spill on disk. */
        long spillOctets();

        /** Octets of records in memory. */
        long bufferOctets();

        /** For how long the oldest record that Kafka does not have has been here, in seconds; 0 if Kafka has all. */
        double oldestUnstoredSeconds();

        /** How long ago the moment is up to when Kafka has everything, in seconds. */
        double markAgeSeconds();

        /** For how long Kafka has left questions unanswered, in seconds. */
        double kafkaSilenceSeconds();

        /** Connections of exporters that are open. */
        long connections();

        /** Exporters with when each was heard last, those longest ago first. */
        Map<String, Long> lastHeardMillis();

        /** What is not well, one sentence each; empty if all is. */
        List<String> complaints();
    }

    /**
     * Serves them.
     *
     * @return null if the settings want none
     * @throws CollectorException if the address cannot be had
     */
    static @Nullable Metrics start(MetricsSettings settings, SpillSettings limits, KafkaSettings kafka, Source source) {
        HostPort listen = settings.listen();
        if (listen == null) {
            return null;
        }
        PrometheusRegistry registry = new PrometheusRegistry();
        for (Counter counter : Counter.values()) {
            CounterWithCallback.builder()
                    .name(nameOf(counter))
                    .help(counter.meaning())
                    .callback(value -> value.call((double) source.counters().get(counter)))
                    .register(registry);
        }
        gauge(registry, "collector_spill_octets", "Octets of the spill on disk", source::spillOctets);
        gauge(registry, "collector_spill_limit_octets", "Octets that the spill may be", limits::maxOctets);
        gauge(registry, "collector_buffer_octets", "Octets of records in memory", source::bufferOctets);
        gauge(registry, "collector_buffer_limit_octets", "Octets of records that memory may hold", kafka::bufferOctets);
        gauge(registry, "collector_connections", "Connections of exporters that are open", source::connections);
        seconds(
                registry,
                "collector_oldest_unstored_seconds",
                "Age of the oldest record that Kafka does not have; 0 if it has all",
                source::oldestUnstoredSeconds);
        seconds(
                registry,
                "collector_mark_age_seconds",
                "Age of the mark: since then answers are not complete",
                source::markAgeSeconds);
        seconds(
                registry,
                "collector_kafka_silence_seconds",
                "For how long Kafka has left questions unanswered",
                source::kafkaSilenceSeconds);
        gauge(
                registry,
                "collector_healthy",
                "1 if /health says so",
                () -> source.complaints().isEmpty() ? 1 : 0);
        GaugeWithCallback.builder()
                .name("collector_exporter_last_heard_timestamp_seconds")
                .help("When an exporter was heard last, since 1970-01-01T00:00Z")
                .labelNames("exporter")
                .callback(value ->
                        source.lastHeardMillis().forEach((exporter, millis) -> value.call(millis / 1000.0, exporter)))
                .register(registry);
        InetSocketAddress wanted = listen.toSocketAddress();
        try {
            HTTPServer server = HTTPServer.builder()
                    .inetAddress(wanted.getAddress())
                    .port(wanted.getPort())
                    .registry(registry)
                    .registerHealthHandler(false)
                    .metricsHandlerPath("/metrics")
                    .defaultHandler(exchange -> answer(exchange, source))
                    .buildAndStart();
            return new Metrics(server, new HostPort(listen.host(), server.getPort()));
        } catch (IOException e) {
            throw new CollectorException(
                    "collector.metrics.listen: cannot listen on " + listen + ": " + e.getMessage()
                            + "; stop what uses the port, or set another",
                    e);
        }
    }

    private static void answer(HttpExchange exchange, Source source) throws IOException {
        int status;
        String text;
        if (exchange.getRequestURI().getPath().equals("/health")) {
            List<String> complaints = source.complaints();
            status = complaints.isEmpty() ? 200 : 503;
            text = complaints.isEmpty() ? "healthy" : String.join("\n", complaints);
        } else {
            status = 404;
            text = "There is /metrics and /health.";
        }
        byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** {@code IPFIX_MESSAGES} is {@code collector_ipfix_messages}; Prometheus appends {@code _total}. */
    static String nameOf(Counter counter) {
        return "collector_" + counter.name().toLowerCase(Locale.ROOT);
    }

    private static void gauge(PrometheusRegistry registry, String name, String help, LongSupplier value) {
        seconds(registry, name, help, () -> (double) value.getAsLong());
    }

    private static void seconds(PrometheusRegistry registry, String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsDouble()))
                .register(registry);
    }

    /** Where they are served. */
    HostPort address() {
        return address;
    }

    @Override
    public void close() {
        server.close();
    }
}
