package io.portledger.lwaftr.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.provisioning.Demand;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.pcp.Nonce;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The central DHCP server, to which the lwAFTR is a relay (RFC 8415 §19, RFC 7341 §10) that learns from the answers which
 * binding a client has. Control thread only.
 *
 * <p>A client hears of a lease only once the binding is in the table. What the server says is done: a lease that it gave
 * before ends for one that it gives now. What others assigned or leased is not touched; then the client hears nothing.
 */
final class CentralServer {

    private static final Logger log = LoggerFactory.getLogger(CentralServer.class);

    /** Queries that are remembered until they are answered. */
    private static final int REMEMBERED = 1 << 16;

    /** Octets of what the relay writes into the option Interface-Id for itself: port and scope. */
    private static final int NOTE_OCTETS = 6;

    /** fe80::/10. */
    private static final int LINK_LOCAL = 0x3fa;

    private static final int LINK_LOCAL_BITS = 64 - 10;

    private final Provisioner provisioner;
    private final LeaseTable leases;
    private final Ipv6Address linkAddress;
    private final Peer server;
    private final DhcpCounters counters;
    private final Outbound outbound;

    private record Transaction(Ipv6Address client, int id) {}

    private record Asked(
            Nonce token, MessageType type, @Nullable Ipv6Address softwire) {}

    private final Map<Transaction, Asked> asked = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Transaction, Asked> eldest) {
            return size() > REMEMBERED;
        }
    };

    CentralServer(Provisioner provisioner, DhcpSettings settings, DhcpCounters counters, Outbound outbound) {
        this.provisioner = provisioner;
        this.leases = provisioner.leases();
        this.linkAddress = settings.linkAddress();
        this.counters = counters;
        this.outbound = outbound;
        server = peer(settings);
    }

    private static Peer peer(DhcpSettings settings) {
        HostPort address = settings.server();
        InetAddress found = address == null ? null : address.toSocketAddress().getAddress();
        byte[] octets = found == null ? new byte[0] : found.getAddress();
        if (address == null || octets.length != 16) {
            throw new IllegalArgumentException("Invalid value " + address
                    + " for key dhcp.server: no IPv6 address is known for it (allowed: such as [2001:db8:1::1]:547)");
        }
        return new Peer(Ipv6Address.fromBytes(octets, 0), address.port(), 0);
    }

    /**
     * Passes a query on.
     *
     * @param datagram what came, octet by octet
     */
    void ask(Query query, MessageType type, Octets datagram, Instant now) {
        int hops = query.route().relays().isEmpty()
                ? 0
                : query.route().relays().getFirst().hopCount() + 1;
        if (hops > Dhcpv6Message.Relay.HOP_COUNT_LIMIT) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Peer neighbour = query.route().neighbour();
        Ipv6Address client = query.route().client();
        if (type == MessageType.RELEASE || type == MessageType.DECLINE) {
            giveBack(query, type, now);
        } else {
            asked.put(
                    new Transaction(client, query.inner().transactionId()),
                    new Asked(
                            query.token(),
                            type,
                            query.inner()
                                    .option(Dhcpv4Option.SoftwireSource.class)
                                    .map(Dhcpv4Option.SoftwireSource::address)
                                    .orElse(null)));
        }
        ByteBuf note = Unpooled.buffer(NOTE_OCTETS);
        note.writeShort(neighbour.port()).writeInt(neighbour.scope());
        counters.add(DhcpCounter.RELAYED);
        outbound.send(
                new Dhcpv6Message.Relay(
                        Dhcpv6Message.RELAY_FORWARD,
                        hops,
                        // Behind another relay the server goes by that one's (RFC 8415 section 19.1.2).
                        hops == 0 ? linkAddress : Ipv6Address.UNSPECIFIED,
                        neighbour.address(),
                        List.of(
                                new Dhcpv6Option.InterfaceId(Octets.of(note)),
                                new Dhcpv6Option.RelayMessage(datagram))),
                server);
    }

    /** Neither message names the softwire, but both name what it had. */
    private void giveBack(Query query, MessageType type, Instant now) {
        Ipv4Address address = type == MessageType.RELEASE
                ? query.inner().clientAddress()
                : query.inner()
                        .option(Dhcpv4Option.RequestedAddress.class)
                        .map(Dhcpv4Option.RequestedAddress::address)
                        .orElse(Dhcpv4Message.NO_ADDRESS);
        leases.holderOf(new PublicPorts(address, portsOf(query.inner())), now)
                .filter(lease -> lease.origin() == Origin.DHCP && lease.nonce().equals(query.token()))
                .ifPresent(lease -> {
                    leases.release(lease, now);
                    counters.add(type == MessageType.RELEASE ? DhcpCounter.RELEASED : DhcpCounter.DECLINED);
                });
    }

    private static PortSet portsOf(Dhcpv4Message message) {
        return message.option(Dhcpv4Option.PortParameters.class)
                .map(Dhcpv4Option.PortParameters::ports)
                .orElse(PortSet.WHOLE_ADDRESS);
    }

    /**
     * Passes an answer on to its client, once the table has what it says.
     *
     * @throws DhcpException if it carries what is no message
     */
    void answered(Dhcpv6Message.Relay reply, Peer sender, Instant now) throws DhcpException {
        if (!sender.address().equals(server.address()) || sender.port() != server.port()) {
            counters.add(DhcpCounter.DROPPED_SPOOFED);
            return;
        }
        Optional<Dhcpv6Option.RelayMessage> relayed = reply.option(Dhcpv6Option.RelayMessage.class);
        Octets note = reply.option(Dhcpv6Option.InterfaceId.class)
                .map(Dhcpv6Option.InterfaceId::identifier)
                .orElse(Octets.NONE);
        if (relayed.isEmpty() || note.length() != NOTE_OCTETS) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Dhcpv6Message outer = relayed.get().message();
        Dhcpv6Message message = outer;
        Ipv6Address client = reply.peer();
        int depth = 0;
        while (message instanceof Dhcpv6Message.Relay inner) {
            Optional<Dhcpv6Option.RelayMessage> further = inner.option(Dhcpv6Option.RelayMessage.class);
            if (further.isEmpty() || depth++ > Dhcpv6Message.Relay.HOP_COUNT_LIMIT) {
                counters.add(DhcpCounter.DROPPED_MALFORMED);
                return;
            }
            client = inner.peer();
            message = further.get().message();
        }
        Optional<Dhcpv6Option.Dhcpv4> carried = message.option(Dhcpv6Option.Dhcpv4.class);
        if (!(message instanceof Dhcpv6Message.Dhcpv4Response) || carried.isEmpty()) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Dhcpv4Message inner = carried.get().message();
        // Each question is answered once: what comes again is replayed.
        Asked question = asked.remove(new Transaction(client, inner.transactionId()));
        if (question == null || inner.operation() != Dhcpv4Message.BOOT_REPLY || !isFor(question, inner)) {
            counters.add(DhcpCounter.DROPPED_SPOOFED);
            return;
        }
        if (!learn(inner, question, client, now)) {
            counters.add(DhcpCounter.DROPPED_CONFLICT);
            return;
        }
        counters.add(DhcpCounter.RELAYED_BACK);
        ByteBuf noted = note.toBuffer();
        outbound.send(outer, new Peer(reply.peer(), noted.getUnsignedShort(0), noted.getInt(2)));
    }

    /** A server that says for whom the answer is, says the same (RFC 6842). */
    private static boolean isFor(Asked question, Dhcpv4Message answer) {
        return answer.option(Dhcpv4Option.ClientIdentifier.class)
                .map(identifier -> Query.token(identifier).equals(question.token()))
                .orElse(true);
    }

    /** Does what the answer says; false if that cannot be. */
    private boolean learn(Dhcpv4Message answer, Asked question, Ipv6Address client, Instant now) {
        MessageType type = answer.type().orElse(null);
        if (question.type() != MessageType.REQUEST || (type != MessageType.ACK && type != MessageType.NAK)) {
            return true;
        }
        Ipv6Address b4 = softwireOf(answer, client);
        Optional<Lease> present = leases.find(b4, now);
        if (type == MessageType.NAK) {
            Ipv6Address refused = question.softwire() == null ? client : question.softwire();
            leases.find(refused, now)
                    .filter(lease -> lease.nonce().equals(question.token()))
                    .ifPresent(lease -> leases.release(lease, now));
            return true;
        }
        Optional<Dhcpv4Option.LeaseTime> time = answer.option(Dhcpv4Option.LeaseTime.class);
        PublicPorts ports = new PublicPorts(answer.yourAddress(), portsOf(answer));
        boolean isWhole = time.isPresent()
                && !answer.yourAddress().equals(Dhcpv4Message.NO_ADDRESS)
                && !DhcpService.isBroken(answer, Dhcpv4Option.PORT_PARAMETERS)
                && !DhcpService.isBroken(answer, Dhcpv4Option.SOFTWIRE_SOURCE);
        if (!isWhole) {
            return conflict(ports, b4, "the answer lacks lease time or address, or its ports cannot be read");
        }
        if (!LeaseTable.isSoftwireAddress(b4) || b4.high() >>> LINK_LOCAL_BITS == LINK_LOCAL) {
            return conflict(
                    ports,
                    b4,
                    "no softwire can end there (allowed: a global address, that of option 109 or else"
                            + " the source of the request)");
        }
        Duration lifetime = Duration.ofSeconds(time.orElseThrow().seconds());
        List<Lease> assigned = leases.assigned(b4);
        if (!assigned.isEmpty()) {
            return assigned.stream().anyMatch(one -> one.publicPorts().equals(ports))
                    || conflict(ports, b4, "other ports are assigned to it");
        }
        if (present.isPresent()
                && present.get().publicPorts().equals(ports)
                && present.get().nonce().equals(question.token())) {
            leases.renew(present.get(), lifetime, now);
            return true;
        }
        return begin(ports, b4, question.token(), lifetime, present, now);
    }

    private boolean begin(
            PublicPorts ports, Ipv6Address b4, Nonce token, Duration lifetime, Optional<Lease> present, Instant now) {
        Optional<Lease> holder = leases.holderOf(ports, now);
        List<Lease> ended = new ArrayList<>();
        if (present.isPresent()) {
            if (present.get().origin() != Origin.DHCP) {
                return conflict(ports, b4, "it has a lease by " + present.get().origin());
            }
            ended.add(present.get());
        }
        if (holder.isPresent() && !holder.get().b4().equals(b4)) {
            if (holder.get().origin() != Origin.DHCP || !holder.get().nonce().equals(token)) {
                return conflict(ports, b4, holder.get().b4() + " has it");
            }
            ended.add(holder.get());
        }
        if (!leases.isWritable()) {
            return conflict(ports, b4, "leases cannot be written");
        }
        ended.forEach(lease -> leases.release(lease, now));
        Binding binding = new Binding(
                b4,
                ports.ipv4(),
                ports.ports(),
                leases.br(),
                provisioner.subscribers().of(b4).subscriber());
        Demand demand = new Demand(b4, Origin.DHCP, token, lifetime, null, Demand.ANY_PORTS, 0);
        return leases.allocate(demand, binding, null, now).isPresent()
                || conflict(ports, b4, "another has these ports, or their address is divided in another way");
    }

    private static boolean conflict(PublicPorts ports, Ipv6Address b4, String reason) {
        log.warn(
                "The central server gives {} to {}, which is not done: {}. The client does not hear of it.",
                ports,
                b4,
                reason);
        return false;
    }

    private static Ipv6Address softwireOf(Dhcpv4Message message, Ipv6Address client) {
        return message.option(Dhcpv4Option.SoftwireSource.class)
                .map(Dhcpv4Option.SoftwireSource::address)
                .orElse(client);
    }

    /** Where the central server is. */
    @Override
    public String toString() {
        return "central DHCP server " + server.address() + " port " + server.port();
    }
}
