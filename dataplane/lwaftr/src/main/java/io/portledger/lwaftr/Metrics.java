package io.portledger.lwaftr;

import io.portledger.lwaftr.dhcp.DhcpCounter;
import io.portledger.lwaftr.dhcp.DhcpServer;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.Counter;
import io.portledger.lwaftr.forwarding.Counters;
import io.portledger.lwaftr.forwarding.Forwarding;
import io.portledger.lwaftr.provisioning.DataPathRequests;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.PcpService;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.lwaftr.radius.RadiusCounter;
import io.portledger.lwaftr.radius.RadiusCounters;
import io.portledger.lwaftr.supporting.SupportingSystem;
import io.portledger.pcp.ResultCode;
import io.portledger.settings.HostPort;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the lwAFTR tells Prometheus: {@code GET /metrics}.
 *
 * <p>Numbers only, nothing about single subscribers; there is no access control of its own.
 */
final class Metrics implements AutoCloseable {

    private final HTTPServer server;
    private final InetSocketAddress address;

    private Metrics(HTTPServer server, InetSocketAddress address) {
        this.server = server;
        this.address = address;
    }

    /**
     * Serves them.
     *
     * @param forwarding null if this lwAFTR forwards nothing
     * @return null if the settings want none
     * @throws IOException if the address cannot be had
     */
    static @Nullable Metrics start(
            LwaftrSettings.Metrics settings,
            BindingTable table,
            LeaseTable leases,
            PcpService pcp,
            SourceLimit requestLimit,
            DataPathRequests requests,
            RadiusCounters radius,
            Optional<DhcpServer> dhcp,
            SupportingSystem supporting,
            @Nullable Forwarding forwarding)
            throws IOException {
        HostPort listen = settings.listen();
        if (listen == null) {
            return null;
        }
        PrometheusRegistry registry = new PrometheusRegistry();
        GaugeWithCallback.builder()
                .name("lwaftr_bindings")
                .help("Bindings in the table")
                .callback(value -> value.call(table.size()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("lwaftr_binding_table_bytes")
                .help("Memory of the binding table outside the heap")
                .callback(value -> value.call((double) table.memoryOctets()))
                .register(registry);
        register(leases.pools(), registry);
        CounterWithCallback.builder()
                .name("lwaftr_radius_total")
                .help("RADIUS requests, replies and what was dropped, by what happened")
                .labelNames("counter")
                .callback(value -> {
                    for (RadiusCounter counter : RadiusCounter.values()) {
                        value.call((double) radius.get(counter), counter.label());
                    }
                })
                .register(registry);
        dhcp.ifPresent(server -> CounterWithCallback.builder()
                .name("lwaftr_dhcp_total")
                .help("DHCP messages, by what happened")
                .labelNames("counter")
                .callback(value -> {
                    for (DhcpCounter counter : DhcpCounter.values()) {
                        value.call((double) server.counters().get(counter), counter.label());
                    }
                })
                .register(registry));
        register(pcp, registry);
        register(requestLimit, registry);
        register(requests, registry);
        supporting.register(registry);
        if (forwarding != null) {
            register(forwarding, registry);
        }
        InetSocketAddress wanted = listen.toSocketAddress();
        try {
            HTTPServer server = HTTPServer.builder()
                    .inetAddress(wanted.getAddress())
                    .port(wanted.getPort())
                    .registry(registry)
                    .buildAndStart();
            return new Metrics(server, new InetSocketAddress(wanted.getAddress(), server.getPort()));
        } catch (IOException e) {
            throw new IOException("Cannot serve metrics on " + listen + ": " + e.getMessage(), e);
        }
    }

    private static void register(List<Pool> pools, PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("lwaftr_port_sets")
                .help("Port sets of a service class: all there are, held now, and held before and not now")
                .labelNames("class", "state")
                .callback(value -> {
                    for (Pool pool : pools) {
                        String name = pool.serviceClass().name();
                        value.call(pool.size(), name, "total");
                        value.call(pool.held(), name, "held");
                        value.call(pool.resting(), name, "resting");
                    }
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("lwaftr_port_set_alarms")
                .help("How many of a service class's alarm levels are exceeded")
                .labelNames("class")
                .callback(value -> pools.forEach(
                        pool -> value.call(pool.alarms(), pool.serviceClass().name())))
                .register(registry);
        CounterWithCallback.builder()
                .name("lwaftr_port_sets_refused_total")
                .help("How often no port set of a service class was left")
                .labelNames("class")
                .callback(value -> pools.forEach(pool ->
                        value.call((double) pool.refusals(), pool.serviceClass().name())))
                .register(registry);
    }

    private static void register(PcpService pcp, PrometheusRegistry registry) {
        CounterWithCallback.builder()
                .name("lwaftr_pcp_responses_total")
                .help("PCP responses, by their result")
                .labelNames("result")
                .callback(value -> {
                    for (ResultCode code : ResultCode.values()) {
                        value.call((double) pcp.answered(code), code.name());
                    }
                })
                .register(registry);
        CounterWithCallback.builder()
                .name("lwaftr_pcp_unanswered_total")
                .help("PCP datagrams that got no answer: too short ones, and responses")
                .callback(value -> value.call((double) pcp.dropped()))
                .register(registry);
    }

    private static void register(SourceLimit requestLimit, PrometheusRegistry registry) {
        CounterWithCallback.builder()
                .name("lwaftr_requests_over_limit_total")
                .help("Provisioning requests that were not heard, because their source sent too many")
                .callback(value -> value.call((double) requestLimit.refused()))
                .register(registry);
    }

    private static void register(DataPathRequests requests, PrometheusRegistry registry) {
        CounterWithCallback.builder()
                .name("lwaftr_data_path_unsent_replies_total")
                .help("Answers to provisioning requests from the data path that were lost: too many waited to be sent")
                .callback(value -> value.call((double) requests.unsent()))
                .register(registry);
    }

    private static void register(Forwarding forwarding, PrometheusRegistry registry) {
        CounterWithCallback.builder()
                .name("lwaftr_packets_total")
                .help("Packets, by what happened to them")
                .labelNames("counter", "kind")
                .callback(value -> {
                    Counters counters = forwarding.counters();
                    for (Counter counter : Counter.values()) {
                        value.call((double) counters.packets(counter), counter.label(), kind(counter));
                    }
                })
                .register(registry);
        CounterWithCallback.builder()
                .name("lwaftr_bytes_total")
                .help("Octets of those packets")
                .labelNames("counter", "kind")
                .callback(value -> {
                    Counters counters = forwarding.counters();
                    for (Counter counter : Counter.values()) {
                        value.call((double) counters.octets(counter), counter.label(), kind(counter));
                    }
                })
                .register(registry);
        CounterWithCallback.builder()
                .name("lwaftr_device_unsent_packets_total")
                .help("Packets on their way out that a device did not take")
                .callback(value -> value.call((double) forwarding.unsentPackets()))
                .register(registry);
        CounterWithCallback.builder()
                .name("lwaftr_device_lost_packets_total")
                .help("Packets that a device dropped before they were received")
                .callback(value -> value.call((double) forwarding.lostPackets()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("lwaftr_reassembly_nearly_full")
                .help("1 if reassembly has little room left")
                .callback(value -> value.call(forwarding.isReassemblyNearlyFull() ? 1 : 0))
                .register(registry);
        GaugeWithCallback.builder()
                .name("lwaftr_forwarding_workers")
                .help("Threads that forward; 0 if forwarding has failed")
                .callback(value -> value.call(forwarding.failure().isDone() ? 0 : forwarding.workers()))
                .register(registry);
    }

    private static String kind(Counter counter) {
        return counter.kind().name().toLowerCase(Locale.ROOT);
    }

    /** Where they are served. */
    InetSocketAddress address() {
        return address;
    }

    @Override
    public void close() {
        server.close();
    }
}
