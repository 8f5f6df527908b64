package io.portledger.lwb4.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The octets of what an lwB4 says and hears by DHCP. Immutable.
 *
 * <p>The client is known by a DUID of its link-layer address (RFC 8415 §11.4), and for DHCPv4 by that with an IAID of 1 (RFC
 * 4361 §6.1).
 */
public final class DhcpMessages {

    /** A server's message, as far as it is of use. */
    public sealed interface Message {}

    /** A Reply to an Information-request. */
    public record Reply(int transactionId, NetworkInformation information) implements Message {}

    /** A DHCPV4-RESPONSE. */
    public record Response(Dhcp4o6Answer answer) implements Message {}

    /** Nothing that an lwB4 can use. */
    public record Useless(String reason) implements Message {}

    // Options of DHCPv6 that module dhcp leaves uninterpreted (RFC 8415 §21.9, §21.23, §21.25).
    private static final int ELAPSED_TIME = 8;
    private static final int REFRESH_TIME = 32;
    private static final int INF_MAX_RT = 83;

    private static final List<Integer> ASKED_BY_INFORMATION_REQUEST = List.of(
            Dhcpv6Option.AFTR_NAME,
            Dhcpv6Option.PCP_SERVERS,
            Dhcpv6Option.DHCP_4O6_SERVERS,
            Dhcpv6Option.S46_CONTAINER_LW,
            Dhcpv6Option.S46_PRIORITY,
            REFRESH_TIME,
            INF_MAX_RT);
    private static final List<Integer> ASKED_BY_QUERY = List.of(Dhcpv6Option.S46_BR, Dhcpv6Option.S46_BINDING_PREFIX);

    /** Subnet mask, router, DNS, lease time, server, T1, T2, softwire, ports: as other clients ask, so that none looks odd. */
    private static final List<Integer> ASKED_BY_DHCPV4 = List.of(
            Dhcpv4Option.SUBNET_MASK,
            3,
            6,
            Dhcpv4Option.LEASE_TIME,
            Dhcpv4Option.SERVER_IDENTIFIER,
            Dhcpv4Option.RENEWAL_TIME,
            Dhcpv4Option.REBINDING_TIME,
            Dhcpv4Option.SOFTWIRE_SOURCE,
            Dhcpv4Option.PORT_PARAMETERS);

    private static final int ETHERNET = 1;
    private static final int DUID_LL = 3;
    private static final int IAID = 1;
    private static final int MOST_ELAPSED = 0xffff;
    private static final long INFINITE = 0xffff_ffffL;

    private final Octets hardwareAddress;
    private final Octets duid;

    /** @param hardwareAddress of an Ethernet interface */
    public DhcpMessages(Octets hardwareAddress) {
        this.hardwareAddress = hardwareAddress;
        duid = Octets.of(
                Unpooled.buffer().writeShort(DUID_LL).writeShort(ETHERNET).writeBytes(hardwareAddress.toBytes()));
    }

    /**
     * For an interface; if it has no link-layer address, such as one of PPP, another one's is taken.
     *
     * @throws IOException if this machine has no link-layer address at all
     */
    public static DhcpMessages of(NetworkInterface network) throws IOException {
        byte[] own = network.getHardwareAddress();
        if (own == null) {
            own = NetworkInterface.networkInterfaces()
                    .map(DhcpMessages::hardwareAddressOf)
                    .flatMap(Optional::stream)
                    .findFirst()
                    .orElseThrow(() -> new IOException("DHCP needs an interface with a link-layer address, to tell "
                            + "this client from others; this machine has none"));
        }
        return new DhcpMessages(Octets.of(own));
    }

    private static Optional<byte[]> hardwareAddressOf(NetworkInterface network) {
        try {
            return Optional.ofNullable(network.getHardwareAddress());
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    /** An Information-request. */
    public ByteBuf informationRequest(int transactionId, Duration elapsed) {
        int hundredths = (int) Math.min(elapsed.toMillis() / 10, MOST_ELAPSED);
        Octets elapsedTime = Octets.of(Unpooled.buffer().writeShort(hundredths));
        return encoded(new Dhcpv6Message.Exchange(
                Dhcpv6Message.INFORMATION_REQUEST,
                transactionId,
                List.of(
                        new Dhcpv6Option.ClientId(duid),
                        new Dhcpv6Option.OptionRequest(ASKED_BY_INFORMATION_REQUEST),
                        new Dhcpv6Option.Uninterpreted(ELAPSED_TIME, elapsedTime))));
    }

    /** A DHCPV4-QUERY. */
    public ByteBuf query(Dhcp4o6Query query) {
        List<Dhcpv4Option> options = new ArrayList<>();
        options.add(new Dhcpv4Option.Type(
                switch (query.kind()) {
                    case DISCOVER -> MessageType.DISCOVER;
                    case SELECT, REBOOT, RENEW, REBIND -> MessageType.REQUEST;
                    case RELEASE -> MessageType.RELEASE;
                }));
        options.add(Dhcpv4Option.ClientIdentifier.of(IAID, duid));
        if (query.kind() != Dhcp4o6Query.Kind.RELEASE) {
            options.add(new Dhcpv4Option.ParameterRequest(ASKED_BY_DHCPV4));
        }
        if (query.requestedAddress() != null) {
            options.add(new Dhcpv4Option.RequestedAddress(query.requestedAddress()));
        }
        if (query.server() != null) {
            options.add(new Dhcpv4Option.ServerIdentifier(query.server()));
        }
        if (query.ports() != null) {
            options.add(new Dhcpv4Option.PortParameters(query.ports()));
        }
        if (query.softwireAddress() != null) {
            options.add(new Dhcpv4Option.SoftwireSource(query.softwireAddress()));
        }
        Ipv4Address client = query.clientAddress();
        Dhcpv4Message inner = new Dhcpv4Message(
                Dhcpv4Message.BOOT_REQUEST,
                ETHERNET,
                0,
                query.transactionId(),
                query.elapsedSeconds(),
                client == null ? Dhcpv4Message.BROADCAST : 0,
                client == null ? Dhcpv4Message.NO_ADDRESS : client,
                Dhcpv4Message.NO_ADDRESS,
                Dhcpv4Message.NO_ADDRESS,
                Dhcpv4Message.NO_ADDRESS,
                hardwareAddress,
                Octets.NONE,
                Octets.NONE,
                options);
        return encoded(new Dhcpv6Message.Dhcpv4Query(
                query.kind().isUnicast(),
                List.of(new Dhcpv6Option.OptionRequest(ASKED_BY_QUERY), Dhcpv6Option.Dhcpv4.of(inner))));
    }

    /** What a server's octets say to this client. */
    public Message read(ByteBuf message) {
        try {
            return switch (Dhcpv6Message.decode(message)) {
                case Dhcpv6Message.Exchange exchange when exchange.type() == Dhcpv6Message.REPLY -> reply(exchange);
                case Dhcpv6Message.Dhcpv4Response response -> response(response);
                case Dhcpv6Message other -> new Useless("type " + other.type() + " is none that a client hears");
            };
        } catch (DhcpException e) {
            return new Useless(String.valueOf(e.getMessage()));
        }
    }

    private Message reply(Dhcpv6Message.Exchange reply) {
        if (reply.option(Dhcpv6Option.ServerId.class).isEmpty()) {
            return new Useless("a Reply without server identifier (RFC 8415 section 16.10)");
        }
        Optional<Dhcpv6Option.ClientId> client = reply.option(Dhcpv6Option.ClientId.class);
        if (client.isPresent() && !client.get().duid().equals(duid)) {
            return new Useless("a Reply to another client");
        }
        return new Reply(
                reply.transactionId(),
                new NetworkInformation(
                        reply.option(Dhcpv6Option.AftrName.class)
                                .flatMap(DhcpMessages::nameOf)
                                .orElse(null),
                        reply.option(Dhcpv6Option.PcpServers.class)
                                .map(Dhcpv6Option.PcpServers::addresses)
                                .orElse(List.of()),
                        reply.option(Dhcpv6Option.Dhcp4o6Servers.class)
                                .map(servers -> new NetworkInformation.Dhcp4o6Servers(servers.addresses()))
                                .orElse(null),
                        containerOf(reply).orElse(null),
                        reply.option(Dhcpv6Option.S46Priority.class)
                                .map(Dhcpv6Option.S46Priority::codes)
                                .orElse(List.of()),
                        seconds(reply, REFRESH_TIME).orElse(NetworkInformation.DEFAULT_REFRESH),
                        seconds(reply, INF_MAX_RT).orElse(null)));
    }

    private static Optional<LwaftrName> nameOf(Dhcpv6Option.AftrName option) {
        try {
            return Optional.of(new LwaftrName(option.name()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<NetworkInformation.Container> containerOf(Dhcpv6Message.Exchange reply) {
        for (Dhcpv6Option option : reply.options()) {
            if (option instanceof Dhcpv6Option.S46Container container
                    && container.code() == Dhcpv6Option.S46_CONTAINER_LW) {
                return Optional.of(new NetworkInformation.Container(
                        container.brs(),
                        container.binding().flatMap(DhcpMessages::bindOf).orElse(null)));
            }
        }
        return Optional.empty();
    }

    private static Optional<NetworkInformation.Bind> bindOf(Dhcpv6Option.S46V4v6Binding binding) {
        try {
            return Optional.of(new NetworkInformation.Bind(binding.ipv4(), binding.prefix(), binding.ports()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> seconds(Dhcpv6Message.Exchange reply, int code) {
        for (Dhcpv6Option option : reply.options()) {
            if (option instanceof Dhcpv6Option.Uninterpreted(int found, Octets data)
                    && found == code
                    && data.length() == 4) {
                long seconds = data.toBuffer().getUnsignedInt(0);
                return Optional.of(Duration.ofSeconds(Math.min(seconds, INFINITE)));
            }
        }
        return Optional.empty();
    }

    private static Message response(Dhcpv6Message.Dhcpv4Response response) throws DhcpException {
        List<Dhcpv6Option.Dhcpv4> carried = response.options().stream()
                .filter(Dhcpv6Option.Dhcpv4.class::isInstance)
                .map(Dhcpv6Option.Dhcpv4.class::cast)
                .toList();
        if (carried.size() != 1) {
            return new Useless(carried.size() + " DHCPv4 messages in a response (RFC 7341 section 6.2 asks for one)");
        }
        Dhcpv4Message inner = carried.getFirst().message();
        if (inner.operation() != Dhcpv4Message.BOOT_REPLY) {
            return new Useless("DHCPv4 operation " + inner.operation() + " is no reply");
        }
        for (Dhcpv4Option option : inner.options()) {
            // Without its ports a shared address would look like a whole one.
            if (option instanceof Dhcpv4Option.Malformed malformed) {
                return new Useless(malformed.fault());
            }
        }
        Dhcp4o6Answer.Kind kind = kindOf(inner.type().orElse(null));
        if (kind == null) {
            return new Useless("a DHCPv4 message that is none of a server");
        }
        return new Response(new Dhcp4o6Answer(
                kind,
                inner.transactionId(),
                inner.yourAddress(),
                inner.option(Dhcpv4Option.ServerIdentifier.class)
                        .map(Dhcpv4Option.ServerIdentifier::address)
                        .orElse(null),
                portsOf(inner),
                inner.option(Dhcpv4Option.LeaseTime.class)
                        .map(Dhcpv4Option.LeaseTime::seconds)
                        .orElse(0L),
                inner.option(Dhcpv4Option.RenewalTime.class)
                        .map(Dhcpv4Option.RenewalTime::seconds)
                        .orElse(0L),
                inner.option(Dhcpv4Option.RebindingTime.class)
                        .map(Dhcpv4Option.RebindingTime::seconds)
                        .orElse(0L),
                inner.option(Dhcpv4Option.SoftwireSource.class)
                        .map(Dhcpv4Option.SoftwireSource::address)
                        .orElse(null),
                brsOf(response),
                response.option(Dhcpv6Option.S46BindingPrefix.class)
                        .map(Dhcpv6Option.S46BindingPrefix::prefix)
                        .orElse(null)));
    }

    private static @Nullable PortSet portsOf(Dhcpv4Message inner) {
        return inner.option(Dhcpv4Option.PortParameters.class)
                .map(Dhcpv4Option.PortParameters::ports)
                .orElse(null);
    }

    private static List<Ipv6Address> brsOf(Dhcpv6Message.Dhcpv4Response response) {
        return response.options().stream()
                .filter(Dhcpv6Option.S46Br.class::isInstance)
                .map(option -> ((Dhcpv6Option.S46Br) option).address())
                .filter(DhcpMessages::isUnicast)
                .toList();
    }

    private static boolean isUnicast(Ipv6Address address) {
        return address.high() >>> 56 != 0xff && !address.equals(Ipv6Address.UNSPECIFIED);
    }

    private static Dhcp4o6Answer.@Nullable Kind kindOf(@Nullable MessageType type) {
        if (type == null) {
            return null;
        }
        return switch (type) {
            case OFFER -> Dhcp4o6Answer.Kind.OFFER;
            case ACK -> Dhcp4o6Answer.Kind.ACK;
            case NAK -> Dhcp4o6Answer.Kind.NAK;
            case DISCOVER, REQUEST, DECLINE, RELEASE, INFORM -> null;
        };
    }

    private static ByteBuf encoded(Dhcpv6Message message) {
        ByteBuf out = Unpooled.buffer();
        message.encode(out);
        return out;
    }
}
