package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What clients find by stateless DHCPv6 (RFC 8415 §18.3.6): how their softwires are provisioned, and what their binding
 * is if they have one (RFC 7598). Control thread only.
 */
final class InformationServer {

    private static final int IA_NA = 3;
    private static final int IA_TA = 4;
    private static final int IA_PD = 25;

    private final LeaseTable leases;
    private final DhcpSettings settings;
    private final Dhcpv6Option.ServerId identifier;
    private final DhcpCounters counters;
    private final Outbound outbound;

    InformationServer(LeaseTable leases, DhcpSettings settings, Octets duid, DhcpCounters counters, Outbound outbound) {
        this.leases = leases;
        this.settings = settings;
        this.identifier = new Dhcpv6Option.ServerId(duid);
        this.counters = counters;
        this.outbound = outbound;
    }

    void serve(Dhcpv6Message.Exchange request, Route route, Instant now) {
        Optional<Dhcpv6Option.ServerId> server = request.option(Dhcpv6Option.ServerId.class);
        if (server.isPresent() && !server.get().equals(identifier)) {
            counters.add(DhcpCounter.DROPPED_NOT_FOR_US);
            return;
        }
        boolean asksForAddresses = request.options().stream()
                .anyMatch(option -> option.code() == IA_NA || option.code() == IA_TA || option.code() == IA_PD);
        if (asksForAddresses) {
            // RFC 8415 §16.12.
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        List<Dhcpv6Option> options = new ArrayList<>();
        request.option(Dhcpv6Option.ClientId.class).ifPresent(options::add);
        options.add(identifier);
        boolean speaksLw4o6 =
                request.asksFor(Dhcpv6Option.S46_CONTAINER_LW) || request.asksFor(Dhcpv6Option.DHCP_4O6_SERVERS);
        String name = speaksLw4o6 ? settings.aftrName() : settings.dsLiteAftrName();
        if (request.asksFor(Dhcpv6Option.AFTR_NAME) && name != null) {
            options.add(new Dhcpv6Option.AftrName(name));
        }
        if (request.asksFor(Dhcpv6Option.PCP_SERVERS) && !settings.pcpServers().isEmpty()) {
            options.add(new Dhcpv6Option.PcpServers(settings.pcpServers()));
        }
        if (request.asksFor(Dhcpv6Option.DHCP_4O6_SERVERS)) {
            options.add(new Dhcpv6Option.Dhcp4o6Servers(settings.dhcp4o6Servers()));
        }
        if (request.asksFor(Dhcpv6Option.S46_CONTAINER_LW)) {
            options.add(container(route.client(), now));
        }
        if (request.asksFor(Dhcpv6Option.S46_PRIORITY) && !settings.priority().isEmpty()) {
            options.add(new Dhcpv6Option.S46Priority(settings.priority()));
        }
        counters.add(DhcpCounter.CONFIGURED);
        outbound.send(
                route.back(new Dhcpv6Message.Exchange(Dhcpv6Message.REPLY, request.transactionId(), options)),
                route.neighbour());
    }

    /** The tunnel end point, and the binding if there is one for that softwire. */
    private Dhcpv6Option container(Ipv6Address b4, Instant now) {
        Optional<Binding> binding = leases.assigned(b4).stream()
                .findFirst()
                .or(() -> leases.find(b4, now))
                .map(Lease::binding)
                .filter(one -> one.ports().psidOffset() < 16);
        List<Dhcpv6Option> options = new ArrayList<>();
        options.add(new Dhcpv6Option.S46Br(binding.map(Binding::br).orElse(leases.br())));
        binding.ifPresent(one -> options.add(new Dhcpv6Option.S46V4v6Binding(
                one.ipv4(),
                new Ipv6Prefix(one.b4(), 128),
                one.ports().equals(PortSet.WHOLE_ADDRESS)
                        ? List.of()
                        : List.of(new Dhcpv6Option.S46PortParameters(one.ports())))));
        return new Dhcpv6Option.S46Container(Dhcpv6Option.S46_CONTAINER_LW, options);
    }
}
