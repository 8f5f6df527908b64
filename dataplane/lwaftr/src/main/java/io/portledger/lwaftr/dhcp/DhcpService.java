package io.portledger.lwaftr.dhcp;

import io.netty.buffer.ByteBuf;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each datagram and gives it to who serves it. Control thread only, but for the counters.
 *
 * <p>Messages of relays are looked into; answers go back through the same relays. What is not served is dropped and
 * counted: DHCP has no error messages for it.
 */
final class DhcpService {

    private static final int DUID_BY_ENTERPRISE = 2;
    private static final int ENTERPRISE_OF_DOCUMENTATION = 32473;

    private final DhcpCounters counters = new DhcpCounters();
    private final SourceLimit limit;
    private final List<Ipv6Prefix> trustedRelays;
    private final InformationServer information;
    private final @Nullable SharedAddressServer server;
    private final @Nullable CentralServer central;

    /**
     * @param ipv4Address by which DHCPv4 clients know this server
     * @param limit which clients are heard
     */
    DhcpService(
            Provisioner provisioner,
            DhcpSettings settings,
            Ipv4Address ipv4Address,
            SourceLimit limit,
            Outbound outbound) {
        this.limit = limit;
        trustedRelays = settings.relays();
        information = new InformationServer(
                provisioner.leases(),
                settings,
                duid(settings, provisioner.leases().br()),
                counters,
                outbound);
        boolean isServer = settings.mode() == DhcpSettings.Mode.SERVER;
        server = isServer ? new SharedAddressServer(provisioner, settings, ipv4Address, counters, outbound) : null;
        central = isServer ? null : new CentralServer(provisioner, settings, counters, outbound);
    }

    private static Octets duid(DhcpSettings settings, Ipv6Address br) {
        return settings.duid() != null
                ? Octets.parse(settings.duid())
                : Octets.parse(String.format("%04x%08x", DUID_BY_ENTERPRISE, ENTERPRISE_OF_DOCUMENTATION)
                        + Octets.of(br.toBytes()));
    }

    DhcpCounters counters() {
        return counters;
    }

    /**
     * Serves one datagram.
     *
     * @param datagram its readable octets; indices are left alone
     */
    void serve(ByteBuf datagram, Peer sender, Instant now) {
        Dhcpv6Message message;
        List<Dhcpv6Message.Relay> relays = new ArrayList<>();
        try {
            message = Dhcpv6Message.decode(datagram);
            if (message.type() == Dhcpv6Message.RELAY_REPLY) {
                if (central == null) {
                    counters.add(DhcpCounter.DROPPED_UNSUPPORTED);
                } else {
                    central.answered((Dhcpv6Message.Relay) message, sender, now);
                }
                return;
            }
            // Whoever passes on what others said can say anything in their name.
            if (message instanceof Dhcpv6Message.Relay
                    && trustedRelays.stream().noneMatch(prefix -> prefix.contains(sender.address()))) {
                counters.add(DhcpCounter.DROPPED_SPOOFED);
                return;
            }
            while (message instanceof Dhcpv6Message.Relay relay) {
                Optional<Dhcpv6Option.RelayMessage> relayed = relay.option(Dhcpv6Option.RelayMessage.class);
                boolean isForward = relay.type() == Dhcpv6Message.RELAY_FORWARD;
                if (relayed.isEmpty() || !isForward || relays.size() > Dhcpv6Message.Relay.HOP_COUNT_LIMIT) {
                    counters.add(DhcpCounter.DROPPED_MALFORMED);
                    return;
                }
                relays.add(relay);
                message = relayed.get().message();
            }
        } catch (DhcpException e) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Route route = new Route(sender, relays);
        // Among the packets it was looked at before it got here.
        if (sender.scope() != Peer.AMONG_PACKETS && !limit.admits(route.client())) {
            counters.add(DhcpCounter.DROPPED_FLOOD);
            return;
        }
        switch (message) {
            case Dhcpv6Message.Dhcpv4Query query -> query(query, datagram, route, now);
            case Dhcpv6Message.Exchange exchange
            when exchange.type() == Dhcpv6Message.INFORMATION_REQUEST -> information.serve(exchange, route, now);
            default -> counters.add(DhcpCounter.DROPPED_UNSUPPORTED);
        }
    }

    private void query(Dhcpv6Message.Dhcpv4Query outer, ByteBuf datagram, Route route, Instant now) {
        List<Dhcpv6Option.Dhcpv4> carried = outer.options().stream()
                .filter(Dhcpv6Option.Dhcpv4.class::isInstance)
                .map(Dhcpv6Option.Dhcpv4.class::cast)
                .toList();
        Dhcpv4Message inner;
        try {
            if (carried.size() != 1) {
                counters.add(DhcpCounter.DROPPED_MALFORMED);
                return;
            }
            inner = carried.getFirst().message();
        } catch (DhcpException e) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Optional<MessageType> type = inner.type();
        Optional<Dhcpv4Option.ClientIdentifier> identifier = inner.option(Dhcpv4Option.ClientIdentifier.class);
        boolean isWhole = inner.operation() == Dhcpv4Message.BOOT_REQUEST
                && type.isPresent()
                && identifier.isPresent()
                && !isBroken(inner, Dhcpv4Option.PORT_PARAMETERS)
                && !isBroken(inner, Dhcpv4Option.SOFTWIRE_SOURCE);
        if (!isWhole) {
            counters.add(DhcpCounter.DROPPED_MALFORMED);
            return;
        }
        Query query = new Query(outer, inner, identifier.get(), Query.token(identifier.get()), route);
        if (server != null) {
            server.serve(query, type.get(), now);
        } else if (central != null) {
            central.ask(query, type.get(), Octets.of(datagram), now);
        }
    }

    /** Whether the message has that option, but not as its definition says. */
    static boolean isBroken(Dhcpv4Message message, int code) {
        return message.options().stream()
                .anyMatch(option -> option instanceof Dhcpv4Option.Malformed && option.code() == code);
    }
}
