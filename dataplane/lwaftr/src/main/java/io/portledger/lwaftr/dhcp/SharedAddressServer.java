package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.lwaftr.provisioning.Demand;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DHCPv4 server for shared addresses (RFC 2131, RFC 7618) that is asked over DHCPv6 (RFC 7341). Control thread only.
 *
 * <p>A lease belongs to a softwire: the address that the client gives by option 109 (RFC 8539), else the source of its
 * messages. An offer takes nothing from anybody; the DHCPREQUEST decides, and is refused if others were faster. Who knows
 * the client identifier may renew, move and release the lease.
 */
final class SharedAddressServer {

    private static final Logger log = LoggerFactory.getLogger(SharedAddressServer.class);

    /** How long a softwire stays where it is at least (RFC 8539 §8). */
    private static final Duration LEAST_STAY = Duration.ofSeconds(60);

    private static final Ipv4Address HOST_MASK = new Ipv4Address(-1);

    /** Clients that are remembered beside those that have a lease, before they are looked through. */
    private static final int FORGOTTEN_AT_ONCE = 1024;

    private final Provisioner provisioner;
    private final LeaseTable leases;
    private final DhcpSettings settings;
    private final Ipv4Address identifier;
    private final DhcpCounters counters;
    private final Outbound outbound;

    /** Where each client has or had its softwire. */
    private final Map<Nonce, Ipv6Address> softwires = new HashMap<>();

    /** @param identifier by which clients know this server */
    SharedAddressServer(
            Provisioner provisioner,
            DhcpSettings settings,
            Ipv4Address identifier,
            DhcpCounters counters,
            Outbound outbound) {
        this.provisioner = provisioner;
        this.leases = provisioner.leases();
        this.settings = settings;
        this.identifier = identifier;
        this.counters = counters;
        this.outbound = outbound;
        leases.forEach(lease -> {
            if (lease.origin() == Origin.DHCP) {
                softwires.put(lease.nonce(), lease.b4());
            }
        });
    }

    /** Serves a message of a client. */
    void serve(Query query, MessageType type, Instant now) {
        Optional<Ipv4Address> server =
                query.inner().option(Dhcpv4Option.ServerIdentifier.class).map(Dhcpv4Option.ServerIdentifier::address);
        if (server.isPresent() && !server.get().equals(identifier)) {
            counters.add(DhcpCounter.DROPPED_NOT_FOR_US);
            return;
        }
        switch (type) {
            case DISCOVER -> discover(query, now);
            case REQUEST -> request(query, server.isPresent(), now);
            case RELEASE -> release(query, query.inner().clientAddress(), DhcpCounter.RELEASED, now);
            case DECLINE ->
                release(
                        query,
                        query.inner()
                                .option(Dhcpv4Option.RequestedAddress.class)
                                .map(Dhcpv4Option.RequestedAddress::address)
                                .orElse(Dhcpv4Message.NO_ADDRESS),
                        DhcpCounter.DECLINED,
                        now);
            case INFORM -> inform(query);
            case OFFER, ACK, NAK -> counters.add(DhcpCounter.DROPPED_UNSUPPORTED);
        }
    }

    private void discover(Query query, Instant now) {
        Ipv6Address source = query.route().client();
        Ipv6Address b4 = softwires.getOrDefault(query.token(), source);
        boolean mayBeElsewhere = query.inner().asksFor(Dhcpv4Option.SOFTWIRE_SOURCE);
        boolean isOthers = leases.find(b4, now)
                .filter(lease -> !lease.nonce().equals(query.token()))
                .isPresent();
        if (isOthers && !mayBeElsewhere) {
            counters.add(DhcpCounter.DROPPED_UNSERVED);
            return;
        }
        Pool.Suggestion suggestion = query.inner()
                .option(Dhcpv4Option.RequestedAddress.class)
                .map(wish -> new Pool.Suggestion(
                        wish.address(), portsOf(query.inner()).firstPort()))
                .orElse(null);
        provisioner.preview(demand(query, b4, suggestion), now, offer -> {
            if (offer.isEmpty() || !isSendable(offer.get().ports())) {
                counters.add(DhcpCounter.DROPPED_UNSERVED);
            } else if (isShared(offer.get()) && !isSharing(query)) {
                counters.add(DhcpCounter.DROPPED_NOT_SHARING);
            } else {
                counters.add(DhcpCounter.OFFERED);
                answer(query, MessageType.OFFER, offer.get(), wanted(query), leases.br(), null);
            }
        });
    }

    private void request(Query query, boolean isSelecting, Instant now) {
        Dhcpv4Message message = query.inner();
        boolean hasAddress = !message.clientAddress().equals(Dhcpv4Message.NO_ADDRESS);
        Ipv4Address address = hasAddress
                ? message.clientAddress()
                : message.option(Dhcpv4Option.RequestedAddress.class)
                        .map(Dhcpv4Option.RequestedAddress::address)
                        .orElse(null);
        if (address == null) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        PublicPorts wanted = new PublicPorts(address, portsOf(message));
        Optional<Dhcpv4Option.SoftwireSource> given = message.option(Dhcpv4Option.SoftwireSource.class);
        Ipv6Address source = query.route().client();
        Ipv6Address b4 = given.map(Dhcpv4Option.SoftwireSource::address).orElse(source);
        if (!isPossible(b4, source)) {
            counters.add(DhcpCounter.DROPPED_SPOOFED);
            return;
        }
        Lease own = leaseOf(query.token(), now);
        if (own != null && !own.publicPorts().equals(wanted)) {
            refuse(query, "you have " + own.publicPorts());
            return;
        }
        if (own != null && !own.b4().equals(b4)) {
            if (given.isPresent() || isSelecting) {
                move(query, own, b4, given.isPresent(), now);
            } else {
                refuse(query, "your address is another one now");
            }
            return;
        }
        boolean isInitReboot = !isSelecting && !hasAddress;
        if (isInitReboot && own == null && leases.assigned(b4).isEmpty()) {
            if (isOfPool(address) && leases.holderOf(wanted, now).isEmpty()) {
                // RFC 2131 §4.3.2: of a client that it does not know, a server says nothing.
                counters.add(DhcpCounter.DROPPED_UNSERVED);
            } else {
                refuse(query, wanted + " cannot be yours");
            }
            return;
        }
        Demand demand = demand(query, b4, Pool.Suggestion.exactly(wanted));
        provisioner.obtain(demand, now, (outcome, then) -> requested(query, wanted, outcome, then));
    }

    private void requested(Query query, PublicPorts wanted, Provisioner.Outcome outcome, Instant now) {
        switch (outcome) {
            case Provisioner.Granted(Lease lease, boolean isNew) -> {
                if (lease.publicPorts().equals(wanted)) {
                    acknowledge(query, lease, now);
                } else {
                    refuse(query, "you have " + lease.publicPorts());
                }
            }
            case Provisioner.Assigned(List<Lease> assigned) -> {
                Optional<Lease> lease = assigned.stream()
                        .filter(one -> one.publicPorts().equals(wanted))
                        .findFirst();
                if (lease.isPresent()) {
                    acknowledge(query, lease.get(), now);
                } else {
                    refuse(query, "other ports are assigned to you");
                }
            }
            case Provisioner.NotYours(Lease lease) -> refuse(query, "that softwire is another client's");
            case Provisioner.NotAuthorized() -> refuse(query, "you may have nothing");
            case Provisioner.Exhausted() -> {
                if (isSharing(query) || isShared(wanted)) {
                    refuse(query, wanted + " is taken");
                } else {
                    // RFC 7618 §7.1: who does not share is not answered by who has but shared addresses.
                    counters.add(DhcpCounter.DROPPED_NOT_SHARING);
                }
            }
            case Provisioner.Unavailable() -> counters.add(DhcpCounter.DROPPED_UNSERVED);
        }
    }

    /** Lets the lease of a client go on at another end of its softwire (RFC 8539 §7.2). */
    private void move(Query query, Lease own, Ipv6Address b4, boolean isGiven, Instant now) {
        boolean isFree = leases.find(b4, now).isEmpty() && leases.assigned(b4).isEmpty();
        boolean isTooSoon = now.isBefore(own.createdAt().plus(LEAST_STAY));
        if (!leases.isWritable()) {
            counters.add(DhcpCounter.DROPPED_UNSERVED);
            return;
        }
        if (!isFree || (isGiven && isTooSoon)) {
            if (isGiven) {
                // The client sees by option 109 that nothing was changed.
                provisioner.obtain(demand(query, own.b4(), null), now, (outcome, then) -> {
                    if (outcome instanceof Provisioner.Granted(Lease lease, boolean isNew)) {
                        acknowledge(query, lease, then);
                    } else {
                        counters.add(DhcpCounter.DROPPED_UNSERVED);
                    }
                });
            } else {
                refuse(query, "that softwire is another client's");
            }
            return;
        }
        Binding before = own.binding();
        Demand demand = demand(query, b4, null);
        Duration lifetime = Duration.between(now, own.expiresAt());
        Instant limit = own.limit().orElse(null);
        leases.release(own, now);
        Binding binding = new Binding(
                b4,
                before.ipv4(),
                before.ports(),
                before.br(),
                provisioner.subscribers().of(b4).subscriber());
        Optional<Lease> lease = leases.allocate(
                new Demand(b4, Origin.DHCP, query.token(), lifetime, null, Demand.ANY_PORTS, 0), binding, limit, now);
        if (lease.isEmpty()) {
            refuse(query, "that softwire cannot be");
            return;
        }
        log.info("The softwire of {} moves from {} to {}", lease.get().publicPorts(), before.b4(), b4);
        provisioner.obtain(demand, now, (outcome, then) -> {
            if (outcome instanceof Provisioner.Granted(Lease renewed, boolean isNew)) {
                acknowledge(query, renewed, then);
            }
        });
    }

    private void release(Query query, Ipv4Address address, DhcpCounter counter, Instant now) {
        Lease own = leaseOf(query.token(), now);
        if (own == null || !own.publicPorts().ipv4().equals(address)) {
            counters.add(DhcpCounter.DROPPED_UNSERVED);
            return;
        }
        if (!isPossible(own.b4(), query.route().client())) {
            counters.add(DhcpCounter.DROPPED_SPOOFED);
            return;
        }
        if (counter == DhcpCounter.DECLINED) {
            log.warn("{} declines {}: it found somebody else there", own.b4(), own.publicPorts());
        }
        if (provisioner.release(own.b4(), query.token(), now) == null) {
            counters.add(counter);
        } else {
            counters.add(DhcpCounter.DROPPED_UNSERVED);
        }
    }

    /** Nothing is leased by this (RFC 2131 §4.3.5). */
    private void inform(Query query) {
        if (query.inner().clientAddress().equals(Dhcpv4Message.NO_ADDRESS)) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        counters.add(DhcpCounter.INFORMED);
        List<Dhcpv4Option> options = start(query, MessageType.ACK);
        send(
                query,
                query.inner()
                        .reply(Dhcpv4Message.NO_ADDRESS, options)
                        .withClientAddress(query.inner().clientAddress()),
                leases.br());
    }

    private void acknowledge(Query query, Lease lease, Instant now) {
        if (!isSendable(lease.publicPorts().ports())) {
            counters.add(DhcpCounter.DROPPED_UNSERVED);
            return;
        }
        boolean isAssigned = lease.expiresAt().equals(Instant.MAX);
        if (!isAssigned) {
            remember(query.token(), lease.b4());
        }
        counters.add(DhcpCounter.ACKNOWLEDGED);
        answer(
                query,
                MessageType.ACK,
                lease.publicPorts(),
                isAssigned ? wanted(query) : Duration.between(now, lease.expiresAt()),
                lease.binding().br(),
                lease.b4());
    }

    private void refuse(Query query, String reason) {
        counters.add(DhcpCounter.REFUSED);
        List<Dhcpv4Option> options = start(query, MessageType.NAK);
        options.add(new Dhcpv4Option.Message(reason));
        send(query, query.inner().reply(Dhcpv4Message.NO_ADDRESS, options), leases.br());
    }

    private void answer(
            Query query,
            MessageType type,
            PublicPorts ports,
            Duration lifetime,
            Ipv6Address br,
            @Nullable Ipv6Address b4) {
        Dhcpv4Message asked = query.inner();
        long seconds = Math.clamp(lifetime.toSeconds(), 1, 0xffff_fffeL);
        List<Dhcpv4Option> options = start(query, type);
        options.add(new Dhcpv4Option.LeaseTime(seconds));
        options.add(new Dhcpv4Option.RenewalTime(seconds / 2));
        options.add(new Dhcpv4Option.RebindingTime(seconds * 7 / 8));
        if (asked.asksFor(Dhcpv4Option.SUBNET_MASK)) {
            options.add(new Dhcpv4Option.SubnetMask(HOST_MASK));
        }
        if (isSharing(query)) {
            options.add(new Dhcpv4Option.PortParameters(ports.ports()));
        }
        boolean knowsOfSoftwires = asked.asksFor(Dhcpv4Option.SOFTWIRE_SOURCE)
                || asked.option(Dhcpv4Option.SoftwireSource.class).isPresent();
        if (b4 != null && knowsOfSoftwires) {
            options.add(new Dhcpv4Option.SoftwireSource(b4));
        }
        send(query, asked.reply(ports.ipv4(), options), br);
    }

    /** The options of every answer. */
    private List<Dhcpv4Option> start(Query query, MessageType type) {
        List<Dhcpv4Option> options = new ArrayList<>();
        options.add(new Dhcpv4Option.Type(type));
        options.add(new Dhcpv4Option.ServerIdentifier(identifier));
        // RFC 6842 §3.
        options.add(query.identifier());
        query.inner().option(Dhcpv4Option.RelayAgentInformation.class).ifPresent(options::add);
        return options;
    }

    private void send(Query query, Dhcpv4Message answer, Ipv6Address br) {
        List<Dhcpv6Option> options = new ArrayList<>();
        options.add(Dhcpv6Option.Dhcpv4.of(answer));
        if (query.outer().asksFor(Dhcpv6Option.S46_BR)) {
            options.add(new Dhcpv6Option.S46Br(br));
        }
        if (query.outer().asksFor(Dhcpv6Option.S46_BINDING_PREFIX) && settings.softwirePrefixLength() > 0) {
            options.add(new Dhcpv6Option.S46BindingPrefix(
                    Ipv6Prefix.containing(query.route().client(), settings.softwirePrefixLength())));
        }
        outbound.send(
                query.route().back(new Dhcpv6Message.Dhcpv4Response(options)),
                query.route().neighbour());
    }

    private Demand demand(Query query, Ipv6Address b4, Pool.@Nullable Suggestion suggestion) {
        return new Demand(b4, Origin.DHCP, query.token(), wanted(query), suggestion, Demand.ANY_PORTS, 0);
    }

    /** How long the client would like to have its lease. */
    private Duration wanted(Query query) {
        return query.inner()
                .option(Dhcpv4Option.LeaseTime.class)
                .map(time -> Duration.ofSeconds(time.seconds()))
                .orElse(settings.leaseTime());
    }

    /** Whether a client that sends from there may have its softwire there. */
    private boolean isPossible(Ipv6Address b4, Ipv6Address source) {
        boolean isLinkLocal = b4.high() >>> 54 == 0x3fa;
        return LeaseTable.isSoftwireAddress(b4)
                && !isLinkLocal
                && Ipv6Prefix.containing(source, settings.softwirePrefixLength())
                        .contains(b4);
    }

    private boolean isOfPool(Ipv4Address address) {
        return leases.pools().stream().anyMatch(pool -> pool.contains(address));
    }

    private @Nullable Lease leaseOf(Nonce token, Instant now) {
        Ipv6Address b4 = softwires.get(token);
        return b4 == null
                ? null
                : leases.find(b4, now)
                        .filter(lease -> lease.nonce().equals(token))
                        .orElse(null);
    }

    private void remember(Nonce token, Ipv6Address b4) {
        softwires.put(token, b4);
        if (softwires.size() > 2 * leases.size() + FORGOTTEN_AT_ONCE) {
            Map<Nonce, Ipv6Address> held = new HashMap<>();
            leases.forEach(lease -> {
                if (lease.origin() == Origin.DHCP) {
                    held.put(lease.nonce(), lease.b4());
                }
            });
            softwires.keySet().retainAll(held.keySet());
        }
    }

    private static PortSet portsOf(Dhcpv4Message message) {
        return message.option(Dhcpv4Option.PortParameters.class)
                .map(Dhcpv4Option.PortParameters::ports)
                .orElse(PortSet.WHOLE_ADDRESS);
    }

    private static boolean isSharing(Query query) {
        return query.inner().asksFor(Dhcpv4Option.PORT_PARAMETERS);
    }

    private static boolean isShared(PublicPorts ports) {
        return !ports.ports().equals(PortSet.WHOLE_ADDRESS);
    }

    private static boolean isSendable(PortSet ports) {
        return ports.psidOffset() < 16;
    }
}
