package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.table.BindInstance;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Everything of an lwAFTR that has to do with the operator's other systems: the topic that is followed, the RESTCONF
 * server, the routes. Methods may be called by any thread but the control thread.
 */
public final class SupportingSystem implements AutoCloseable {

    private final @Nullable BindingFollower follower;
    private final @Nullable RestconfServer restconf;
    private final @Nullable RouteAnnouncer routes;

    private SupportingSystem(
            @Nullable BindingFollower follower, @Nullable RestconfServer restconf, @Nullable RouteAnnouncer routes) {
        this.follower = follower;
        this.restconf = restconf;
        this.routes = routes;
    }

    /**
     * Which parts there are.
     *
     * @param instance what the bind-instance of RESTCONF holds beside its table
     */
    public record Settings(
            RestconfSettings restconf, SupportingSettings supporting, RoutingSettings routing, BindInstance instance) {}

    /**
     * Starts what the settings want; returns when all that is on the topic is done.
     *
     * @param control the thread of the tables and of {@code subscribers}
     * @param br the BR address of entries that name none
     * @throws IllegalArgumentException if the settings do not fit this machine
     * @throws java.io.UncheckedIOException if the topic could not be read in time
     * @throws IOException if the RESTCONF server cannot be started
     */
    public static SupportingSystem start(
            Settings settings,
            LeaseTable leases,
            BindingTable table,
            Subscribers subscribers,
            Executor control,
            InstantSource clock,
            Ipv6Address br)
            throws IOException {
        BindingFollower follower =
                BindingFollower.start(settings.supporting().kafka(), leases, table, subscribers, control, clock, br);
        RestconfServer restconf = null;
        try {
            restconf = RestconfServer.start(
                    settings.restconf(), new RestconfBindings(leases, control, clock, br, settings.instance()));
            RouteAnnouncer routes = RouteAnnouncer.start(
                    settings.routing(),
                    leases.pools().stream()
                            .map(Pool::serviceClass)
                            .flatMap(serviceClass -> serviceClass.prefixes().stream())
                            .toList());
            if (routes != null) {
                CompletableFuture.runAsync(
                                () -> {
                                    leases.commit();
                                    leases.addListener(routes, clock.instant());
                                    leases.forEach(lease ->
                                            routes.onPresent(lease.binding().ipv4()));
                                },
                                control)
                        .join();
            }
            return new SupportingSystem(follower, restconf, routes);
        } catch (IOException | RuntimeException e) {
            new SupportingSystem(follower, restconf, null).close();
            throw e;
        }
    }

    /** Where RESTCONF is served, if it is. */
    public Optional<InetSocketAddress> restconfAddress() {
        return Optional.ofNullable(restconf).map(RestconfServer::address);
    }

    /** Who follows the topic, if somebody does. */
    public Optional<BindingFollower> follower() {
        return Optional.ofNullable(follower);
    }

    /** Withdraws the routes, because nothing is forwarded any more. */
    public void forwardingFailed() {
        if (routes != null) {
            routes.withdrawAll();
        }
    }

    /** Tells Prometheus about the parts that there are. */
    public void register(PrometheusRegistry registry) {
        if (follower != null) {
            BindingFollower topic = follower;
            CounterWithCallback.builder()
                    .name("lwaftr_topic_records_total")
                    .help("Records read from the topic of bindings")
                    .labelNames("kind")
                    .callback(value -> {
                        value.call((double) (topic.records() - topic.faultyRecords()), "good");
                        value.call((double) topic.faultyRecords(), "faulty");
                    })
                    .register(registry);
            GaugeWithCallback.builder()
                    .name("lwaftr_topic_lag_records")
                    .help("Records of the topic that were not read yet when Kafka last answered")
                    .callback(value -> value.call((double) topic.lag()))
                    .register(registry);
            GaugeWithCallback.builder()
                    .name("lwaftr_topic_age_seconds")
                    .help("Time since it was last known that everything on the topic had been read")
                    .callback(value -> value.call(topic.age().toMillis() / 1000.0))
                    .register(registry);
            GaugeWithCallback.builder()
                    .name("lwaftr_topic_faulty_keys")
                    .help("Keys whose last record is faulty")
                    .callback(value -> value.call(topic.faults().size()))
                    .register(registry);
            GaugeWithCallback.builder()
                    .name("lwaftr_topic_pending_bindings")
                    .help("Bindings that the topic wants and that stand back for others")
                    .callback(value -> value.call(topic.pendingCount()))
                    .register(registry);
        }
        if (restconf != null) {
            RestconfServer server = restconf;
            CounterWithCallback.builder()
                    .name("lwaftr_restconf_requests_total")
                    .help("Requests of RESTCONF that changed bindings, or were answered by an error")
                    .labelNames("result")
                    .callback(value -> {
                        value.call((double) server.changes(), "changed");
                        value.call((double) server.refused(), "refused");
                    })
                    .register(registry);
        }
        if (routes != null) {
            RouteAnnouncer announcer = routes;
            GaugeWithCallback.builder()
                    .name("lwaftr_routes_announced")
                    .help("IPv4 prefixes that the routing daemon was told to announce")
                    .callback(value -> value.call(announcer.announced()))
                    .register(registry);
            CounterWithCallback.builder()
                    .name("lwaftr_routing_failures_total")
                    .help("How often a file for the routing daemon could not be written, or its hook failed")
                    .callback(value -> value.call((double) announcer.failures()))
                    .register(registry);
        }
    }

    /** Withdraws the routes, then answers and follows no longer. The bindings stay. */
    @Override
    public void close() {
        if (routes != null) {
            routes.close();
        }
        if (restconf != null) {
            restconf.close();
        }
        if (follower != null) {
            follower.close();
        }
    }
}
