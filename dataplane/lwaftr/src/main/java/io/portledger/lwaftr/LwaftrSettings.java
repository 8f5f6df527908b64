package io.portledger.lwaftr;

import io.portledger.lwaftr.dhcp.DhcpSettings;
import io.portledger.lwaftr.export.ExportSettings;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.ForwardingSettings;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.lwaftr.radius.RadiusSettings;
import io.portledger.lwaftr.supporting.RestconfSettings;
import io.portledger.lwaftr.supporting.RoutingSettings;
import io.portledger.lwaftr.supporting.SupportingSettings;
import io.portledger.lwaftr.supporting.SupportingSystem;
import io.portledger.settings.HostPort;
import io.portledger.settings.Settings;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.table.BindInstance;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an lwAFTR: what stands under the key {@code lwaftr}. {@code lwaftr-defaults.yaml} explains each key.
 *
 * @param brAddresses tunnel end points; bindings that are allocated name the first
 * @param ipv4Address see {@link ForwardingSettings}
 * @param hairpinning see {@link ForwardingSettings}
 * @param tunnel see {@link ForwardingSettings}
 * @param ipv4Side see {@link ForwardingSettings}
 * @param ipv6Side see {@link ForwardingSettings}
 * @param bindingTable file with bindings that do not expire
 * @param tunDevice the TUN device through which packets are forwarded; empty: none. The sides may name Ethernet
 *     interfaces instead
 * @param workers how many threads forward, 1-256
 * @param metrics where they can be read
 * @param pcp the PCP server
 * @param requestLimit how many provisioning requests of one source are heard
 * @param serviceClasses what is allocated to whom, in the order in which a client's class is looked for
 * @param subscribers file of subscribers' names and service classes by IPv6 prefix
 * @param stateDirectory where leases outlive the process; null: nowhere
 * @param syncState whether leases outlive a failure of the machine too
 * @param radius the AAA servers
 * @param dhcp DHCP
 * @param restconf the server to which the supporting system writes bindings
 * @param supporting the supporting system whose bindings are followed
 * @param routing what the routing daemon is told
 * @param snapshotInterval time between two snapshots of all bindings
 * @param export who is told of bindings
 */
public record LwaftrSettings(
        List<Ipv6Address> brAddresses,
        Ipv4Address ipv4Address,
        boolean hairpinning,
        ForwardingSettings.Tunnel tunnel,
        ForwardingSettings.Side ipv4Side,
        ForwardingSettings.Side ipv6Side,
        @Nullable Path bindingTable,
        String tunDevice,
        int workers,
        Metrics metrics,
        Pcp pcp,
        SourceLimit.Rate requestLimit,
        List<ServiceClassKeys> serviceClasses,
        @Nullable Path subscribers,
        @Nullable Path stateDirectory,
        boolean syncState,
        RadiusSettings radius,
        DhcpSettings dhcp,
        RestconfSettings restconf,
        SupportingSettings supporting,
        RoutingSettings routing,
        Duration snapshotInterval,
        ExportSettings export) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public LwaftrSettings {
        brAddresses = List.copyOf(brAddresses);
        serviceClasses = List.copyOf(serviceClasses);
        if (brAddresses.isEmpty()) {
            throw new IllegalArgumentException("Invalid value [] for key br-addresses: an lwAFTR needs a tunnel end "
                    + "point (allowed: one IPv6 address or more)");
        }
        if (snapshotInterval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("Invalid value " + snapshotInterval
                    + " for key snapshot-interval: too short (allowed: 1s and more)");
        }
        if (workers < 1 || workers > 256) {
            throw new IllegalArgumentException(
                    "Invalid value " + workers + " for key workers: out of range (allowed: 1-256)");
        }
        boolean isByEthernet = !ipv4Side.device().isEmpty();
        if (isByEthernet == ipv6Side.device().isEmpty()) {
            throw new IllegalArgumentException("Invalid value \"\" for key " + (isByEthernet ? "ipv6" : "ipv4")
                    + "-side.device: the other side has one (allowed: an interface, or none for both sides)");
        }
        if (isByEthernet && !tunDevice.isEmpty()) {
            throw new IllegalArgumentException("Invalid value \"" + tunDevice + "\" for key tun-device: the sides have"
                    + " Ethernet interfaces (allowed: one or the other)");
        }
        for (ServiceClassKeys keys : serviceClasses) {
            keys.serviceClass();
        }
    }

    /** Whether packets are forwarded through Ethernet interfaces. */
    public boolean isByEthernet() {
        return !ipv4Side.device().isEmpty();
    }

    /**
     * The metrics of Prometheus, by HTTP.
     *
     * @param listen where; null: nowhere
     */
    public record Metrics(@Nullable HostPort listen) {}

    /**
     * The PCP server (RFC 6887).
     *
     * @param listen the address to which the lwB4s send their requests
     * @param thirdPartyFrom sources that may ask for other hosts
     * @param mode where the bindings come from
     * @param centralServer of a proxy: the server that it asks
     * @param centralTimeout of a proxy: after which silence of the server an lwB4 is told, 1 second and more
     */
    public record Pcp(
            HostPort listen,
            List<Ipv6Prefix> thirdPartyFrom,
            PcpMode mode,
            @Nullable HostPort centralServer,
            Duration centralTimeout) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Pcp {
            thirdPartyFrom = List.copyOf(thirdPartyFrom);
            if (mode == PcpMode.PROXY && centralServer == null) {
                throw new IllegalArgumentException(
                        "Invalid value \"\" for key pcp.central-server: a proxy needs a server"
                                + " that it asks (allowed: host:port)");
            }
            if (centralTimeout.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("Invalid value " + centralTimeout
                        + " for key pcp.central-timeout: too short (allowed: 1s and more)");
            }
        }
    }

    /** Where the bindings come from that lwB4s obtain by PCP. */
    public enum PcpMode {
        /** From the service classes of this lwAFTR. */
        SERVER,
        /** From a central PCP server (RFC 7648). */
        PROXY
    }

    /**
     * A service class as it is written in the settings, where most keys may be left out.
     *
     * @param name null: {@code default}
     * @param prefixes never left out
     * @param psidOffset null: 0
     * @param psidLength null: 6
     * @param reservedPorts null: 1024
     * @param clients null: everybody who has no other class
     * @param minLifetime null: two minutes
     * @param maxLifetime null: a day
     * @param holdDown null: two minutes
     * @param alarmLevels null: 80 and 95 %
     */
    public record ServiceClassKeys(
            @Nullable String name,
            @Nullable List<Ipv4Prefix> prefixes,
            @Nullable Integer psidOffset,
            @Nullable Integer psidLength,
            @Nullable Integer reservedPorts,
            @Nullable List<Ipv6Prefix> clients,
            @Nullable Duration minLifetime,
            @Nullable Duration maxLifetime,
            @Nullable Duration holdDown,
            @Nullable List<Integer> alarmLevels) {

        /**
         * The class with its defaults.
         *
         * @throws IllegalArgumentException naming the key and what it allows
         */
        public ServiceClass serviceClass() {
            return new ServiceClass(
                    name == null ? "default" : name,
                    prefixes == null ? List.of() : prefixes,
                    psidOffset == null ? 0 : psidOffset,
                    psidLength == null ? 6 : psidLength,
                    reservedPorts == null ? 1024 : reservedPorts,
                    clients == null ? List.of() : clients,
                    minLifetime == null ? Duration.ofMinutes(2) : minLifetime,
                    maxLifetime == null ? Duration.ofDays(1) : maxLifetime,
                    holdDown == null ? Duration.ofMinutes(2) : holdDown,
                    alarmLevels == null ? List.of(80, 95) : alarmLevels);
        }
    }

    private record WholeFile(LwaftrSettings lwaftr) {}

    /**
     * Reads the settings: defaults, file, environment.
     *
     * @param file null for none
     * @throws SettingsException with a message for the operator
     */
    public static LwaftrSettings read(@Nullable Path file, Map<String, String> environment) {
        return Settings.read(WholeFile.class, "lwaftr-defaults.yaml", file, environment)
                .lwaftr();
    }

    /** The part that has to do with the operator's other systems. */
    SupportingSystem.Settings supportingSystem() {
        var limit = ipv6Side.icmpErrorLimit();
        BindInstance.IcmpPolicy icmp = new BindInstance.IcmpPolicy(
                ipv4Side.acceptIncomingIcmp(),
                null,
                ipv4Side.generateIcmpErrors(),
                ipv6Side.generateIcmpErrors(),
                Math.max(1L, limit.packets() / limit.perSeconds()));
        BindInstance instance = new BindInstance(
                restconf.instance(),
                null,
                null,
                0xffff_ffffL,
                Math.max(0, ipv6Side.mtu() - 40),
                ipv6Side.mtu(),
                hairpinning,
                icmp);
        return new SupportingSystem.Settings(restconf, supporting, routing, instance);
    }

    /** The part that forwarding follows. */
    public ForwardingSettings forwarding() {
        return new ForwardingSettings(brAddresses, ipv4Address, hairpinning, tunnel, ipv4Side, ipv6Side);
    }

    /**
     * The bindings of the file {@link #bindingTable}, or an empty table if there is none.
     *
     * @param workers how many threads will forward by it
     * @throws io.portledger.softwire.table.BindingTableException with a message for the operator
     */
    public BindingTable loadBindingTable(int workers) throws IOException {
        return bindingTable == null
                ? new BindingTable(0, workers)
                : BindingTable.load(bindingTable, brAddresses.getFirst(), workers);
    }
}
