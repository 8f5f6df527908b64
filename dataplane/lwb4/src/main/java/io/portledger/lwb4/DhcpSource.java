package io.portledger.lwb4;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.portledger.lwb4.dhcp.Dhcp4o6Answer;
import io.portledger.lwb4.dhcp.Dhcp4o6Client;
import io.portledger.lwb4.dhcp.Dhcp4o6Lease;
import io.portledger.lwb4.dhcp.Dhcp4o6Query;
import io.portledger.lwb4.dhcp.DhcpMessages;
import io.portledger.lwb4.dhcp.Dhcpv6Client;
import io.portledger.lwb4.dhcp.LeaseFile;
import io.portledger.lwb4.dhcp.Mechanism;
import io.portledger.lwb4.dhcp.NetworkInformation;
import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.lwb4.softwire.SoftwireWorker;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A binding by what the DHCPv6 server of the network offers: in its container, by DHCPv4 over DHCPv6, or by PCP from the
 * lwAFTR that it names. What it offers is asked for again in time, and what follows from it changes with it.
 *
 * <p>Everything happens on one event loop.
 */
final class DhcpSource implements BindingSource {

    private static final Logger log = LoggerFactory.getLogger(DhcpSource.class);

    private static final int CLIENT_PORT = 546;
    private static final int SERVER_PORT = 547;
    private static final int PCP_PORT = 5351;
    private static final String ALL_AGENTS_AND_SERVERS = "ff02::1:2";
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(10);

    private final Lwb4Settings settings;
    private final @Nullable SoftwireWorker worker;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Listener listener;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Channel socket;
    private final NetworkInterface network;
    private final DhcpMessages messages;
    private final Dhcpv6Client dhcpv6;
    private final Dhcp4o6Client dhcp4o6;
    private final LeaseFile leaseFile;

    private @Nullable NetworkInformation information;
    private @Nullable Mechanism mechanism;
    private @Nullable PcpSource pcp;
    private @Nullable LwaftrName pcpLwaftr;
    private @Nullable HostPort pcpServer;
    private @Nullable Ipv6Address source;
    private @Nullable Future<?> anotherAttempt;

    private DhcpSource(
            Lwb4Settings settings,
            @Nullable SoftwireWorker worker,
            InstantSource clock,
            RandomGenerator random,
            Listener listener)
            throws IOException {
        this.settings = settings;
        this.worker = worker;
        this.clock = clock;
        this.random = random;
        this.listener = listener;
        network = interfaceOf(settings.dhcp().interfaceName());
        messages = DhcpMessages.of(network);
        leaseFile = new LeaseFile(settings.dhcp().leaseFile());
        dhcpv6 = new Dhcpv6Client(random, new InformationEvents());
        dhcp4o6 = new Dhcp4o6Client(new Surroundings(), random, new LeaseEvents());
        group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("lwb4-dhcp", true), NioIoHandler.newFactory());
        loop = group.next();
        var bound = new Bootstrap()
                .group(loop)
                .channelFactory(() -> new NioDatagramChannel(SocketProtocolFamily.INET6))
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new Receiver())
                .bind(new InetSocketAddress("::", CLIENT_PORT))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            shutDown();
            throw new IOException(
                    "DHCPv6 needs UDP port " + CLIENT_PORT + ": "
                            + bound.cause().getMessage() + ". Run as root, or with CAP_NET_BIND_SERVICE, and see that "
                            + "no other DHCPv6 client has it.",
                    bound.cause());
        }
        socket = bound.channel();
        loop.execute(() -> {
            dhcpv6.start(clock.instant());
            watchTheClock();
        });
    }

    /**
     * Asks the network.
     *
     * @throws IOException if there is no such interface, or the port is not free
     */
    static DhcpSource start(
            Lwb4Settings settings,
            @Nullable SoftwireWorker worker,
            InstantSource clock,
            RandomGenerator random,
            Listener listener)
            throws IOException {
        return new DhcpSource(settings, worker, clock, random, listener);
    }

    private static NetworkInterface interfaceOf(String name) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(name);
        if (found == null) {
            throw new IOException("Invalid value \"" + name + "\" for key lwb4.dhcp.interface-name: there is no such "
                    + "interface (ip link shows all)");
        }
        return found;
    }

    @Override
    public void close() {
        CompletableFuture.runAsync(this::endMechanism, loop).join();
        // What was written last is sent by then.
        socket.close().awaitUninterruptibly();
        shutDown();
    }

    private void shutDown() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private void watchTheClock() {
        Instant now = clock.instant();
        dhcpv6.onTime(now);
        if (dhcp4o6.isRunning()) {
            watchTheSource(now);
            dhcp4o6.onTime(now);
        }
        Duration pause = LONGEST_PAUSE;
        for (Optional<Instant> due : List.of(dhcpv6.nextDue(), dhcp4o6.nextDue())) {
            if (due.isPresent() && due.get().isBefore(now.plus(pause))) {
                pause = Duration.between(now, due.get());
            }
        }
        if (!loop.isShuttingDown()) {
            var _ = loop.schedule(this::watchTheClock, Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS);
        }
    }

    // What the network offers ---------------------------------------------------------------------------------------

    private void follow(NetworkInformation learnt) {
        NetworkInformation before = information;
        information = learnt;
        Optional<Mechanism> chosen = Mechanism.choose(allowed(learnt), learnt.priority());
        if (chosen.isEmpty()) {
            listener.noted("The DHCPv6 server offers nothing that leads to a binding here.");
            endMechanism();
            return;
        }
        if (mechanism != chosen.get()) {
            endMechanism();
            mechanism = chosen.get();
            listener.noted("The DHCPv6 server offers a binding " + chosen.get() + ".");
        }
        if (!learnt.equals(before) || chosen.get() == Mechanism.PCP) {
            apply();
        }
    }

    private List<Mechanism> allowed(NetworkInformation learnt) {
        return switch (settings.provisioning()) {
            case STATIC -> List.of();
            case PCP -> offered(learnt, Mechanism.PCP);
            case DHCP4O6 -> offered(learnt, Mechanism.DHCP4O6);
            case DHCPV6 -> offered(learnt, Mechanism.CONTAINER);
            case AUTO -> offered(learnt, Mechanism.values());
        };
    }

    private List<Mechanism> offered(NetworkInformation learnt, Mechanism... mechanisms) {
        return List.of(mechanisms).stream()
                .filter(one -> switch (one) {
                    case CONTAINER ->
                        learnt.container() != null && learnt.container().bind() != null;
                    case DHCP4O6 -> learnt.dhcp4o6() != null;
                    case PCP ->
                        lwaftr(learnt).isPresent()
                                && (worker == null
                                        || settings.softwire()
                                                .addressToAskFrom()
                                                .isPresent());
                })
                .toList();
    }

    /** Where the lwAFTR is, unless a lease of DHCPv4 over DHCPv6 says it. */
    private Optional<LwaftrName> lwaftr(@Nullable NetworkInformation learnt) {
        if (settings.softwire().lwaftr() != null) {
            return Optional.of(settings.softwire().lwaftr());
        }
        if (learnt == null) {
            return Optional.empty();
        }
        NetworkInformation.Container container = learnt.container();
        return container != null
                ? Optional.of(LwaftrName.of(container.brs().getFirst()))
                : Optional.ofNullable(learnt.aftrName());
    }

    private void apply() {
        Mechanism chosen = mechanism;
        if (chosen == null) {
            return;
        }
        switch (chosen) {
            case CONTAINER -> bindByContainer();
            case DHCP4O6 -> runDhcp4o6();
            case PCP -> runPcp();
        }
    }

    private void endMechanism() {
        cancelAnotherAttempt();
        Mechanism ending = mechanism;
        mechanism = null;
        if (ending == Mechanism.CONTAINER) {
            listener.lost();
        } else if (ending == Mechanism.DHCP4O6) {
            // Without the offer not even a release may be sent (RFC 7341 §5).
            if (information != null && information.dhcp4o6() != null) {
                dhcp4o6.release();
            } else {
                dhcp4o6.stop();
            }
        } else if (pcp != null) {
            pcp.close();
            pcp = null;
            listener.lost();
        }
    }

    private void applyLater(String reason) {
        listener.noted(reason + "; next try in " + BETWEEN_ATTEMPTS.toSeconds() + " s");
        cancelAnotherAttempt();
        anotherAttempt = loop.schedule(this::apply, BETWEEN_ATTEMPTS.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void cancelAnotherAttempt() {
        if (anotherAttempt != null) {
            anotherAttempt.cancel(false);
            anotherAttempt = null;
        }
    }

    // The container --------------------------------------------------------------------------------------------------

    private void bindByContainer() {
        NetworkInformation known = information;
        if (known == null || known.container() == null || known.container().bind() == null) {
            return;
        }
        NetworkInformation.Bind bind = known.container().bind();
        Ipv6Address configured = settings.softwire().address();
        Ipv6Address address = configured != null ? configured : addressIn(bind.prefix(), bind.ipv4(), bind.ports());
        try {
            Ipv6Address br = lwaftr(known).orElseThrow().resolve(random);
            listener.noted("Binding: " + bind.ipv4() + " ports " + bind.ports().key() + " for " + address);
            listener.obtained(new Binding(address, bind.ipv4(), bind.ports(), br));
        } catch (UnknownHostException e) {
            applyLater(String.valueOf(e.getMessage()));
        }
    }

    private static Ipv6Address addressIn(Ipv6Prefix prefix, Ipv4Address ipv4, PortSet ports) {
        return prefix.length() == 128 ? prefix.first() : Softwire.address(prefix, ipv4, ports);
    }

    // PCP ------------------------------------------------------------------------------------------------------------

    private void runPcp() {
        NetworkInformation known = information;
        Optional<LwaftrName> lwaftr = lwaftr(known);
        if (known == null || lwaftr.isEmpty()) {
            return;
        }
        HostPort server = settings.pcpServer() != null
                ? settings.pcpServer()
                : known.pcpServers().isEmpty()
                        ? null
                        : new HostPort(known.pcpServers().getFirst().toString(), PCP_PORT);
        if (pcp != null) {
            if (lwaftr.get().equals(pcpLwaftr) && Objects.equals(server, pcpServer)) {
                return;
            }
            pcp.close();
            pcp = null;
        }
        try {
            pcp = PcpSource.start(settings, worker, lwaftr.get(), server, clock, random, listener);
            pcpLwaftr = lwaftr.get();
            pcpServer = server;
        } catch (IOException e) {
            applyLater(String.valueOf(e.getMessage()));
        }
    }

    // DHCPv4 over DHCPv6 ---------------------------------------------------------------------------------------------

    private void runDhcp4o6() {
        if (dhcp4o6.isRunning()) {
            dhcp4o6.lease().ifPresent(this::bind);
            return;
        }
        Instant now = clock.instant();
        try {
            Ipv6Address from = sourceOfQueries();
            source = from;
            Optional<Dhcp4o6Lease> former = leaseFile.read(from);
            if (former.isPresent()) {
                dhcp4o6.restart(former.get(), now);
            } else {
                dhcp4o6.start(now);
            }
        } catch (SocketException e) {
            applyLater("DHCPv4 over DHCPv6 has no address to ask from: " + e.getMessage());
        }
    }

    private void watchTheSource(Instant now) {
        try {
            Ipv6Address from = sourceOfQueries();
            if (!from.equals(source)) {
                source = from;
                listener.noted("The address of this machine is now " + from + "; the lease begins anew.");
                dhcp4o6.sourceChanged(now);
            }
        } catch (SocketException e) {
            // There is no route at the moment. What is sent now gets lost, and is sent again.
            log.debug("No source address", e);
        }
    }

    /** The address from which the kernel sends to the servers. */
    private Ipv6Address sourceOfQueries() throws SocketException {
        InetSocketAddress server = servers().getFirst();
        if (!server.getAddress().isMulticastAddress()) {
            return SocketLine.sourceTowards(server);
        }
        return network.inetAddresses()
                .filter(Inet6Address.class::isInstance)
                .filter(InetAddress::isLinkLocalAddress)
                .map(address -> Ipv6Address.fromBytes(address.getAddress(), 0))
                .findFirst()
                .orElseThrow(() -> new SocketException(network.getName() + " has no link-local address"));
    }

    private List<InetSocketAddress> servers() {
        NetworkInformation known = information;
        if (known == null
                || known.dhcp4o6() == null
                || known.dhcp4o6().addresses().isEmpty()) {
            return List.of(multicast());
        }
        return known.dhcp4o6().addresses().stream().map(this::toServer).toList();
    }

    private InetSocketAddress toServer(Ipv6Address address) {
        try {
            InetAddress plain = InetAddress.getByAddress(address.toBytes());
            return new InetSocketAddress(
                    plain.isLinkLocalAddress() || plain.isMulticastAddress()
                            ? Inet6Address.getByAddress(null, address.toBytes(), network)
                            : plain,
                    SERVER_PORT);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen octets are an address", e);
        }
    }

    private InetSocketAddress multicast() {
        return toServer(Ipv6Address.parse(ALL_AGENTS_AND_SERVERS));
    }

    private void bind(Dhcp4o6Lease lease) {
        Ipv6Address br = lease.br();
        try {
            if (br == null) {
                br = lwaftr(information)
                        .orElseThrow(
                                () -> new UnknownHostException("The lwAFTR is not known: set lwb4.softwire.lwaftr"))
                        .resolve(random);
            }
            listener.obtained(new Binding(lease.softwireAddress(), lease.ipv4(), lease.ports(), br));
        } catch (UnknownHostException e) {
            applyLater(String.valueOf(e.getMessage()));
        }
    }

    private final class Surroundings implements Dhcp4o6Client.Surroundings {

        @Override
        public Optional<Ipv6Address> softwireAddress(Ipv4Address ipv4, PortSet ports, @Nullable Ipv6Prefix bindPrefix) {
            Optional<Ipv6Address> configured = settings.softwire().addressFor(ipv4, ports);
            if (configured.isPresent()) {
                return configured;
            }
            if (bindPrefix != null && (bindPrefix.length() <= 64 || bindPrefix.length() == 128)) {
                return Optional.of(addressIn(bindPrefix, ipv4, ports));
            }
            // Without a device nothing is forwarded, and any address of this machine is as good.
            return worker == null ? Optional.ofNullable(source) : Optional.empty();
        }

        @Override
        public boolean knowsLwaftr() {
            return lwaftr(information).isPresent();
        }
    }

    private final class LeaseEvents implements Dhcp4o6Client.Events {

        @Override
        public void transmit(Dhcp4o6Query query) {
            for (InetSocketAddress server : servers()) {
                send(messages.query(query), server);
            }
        }

        @Override
        public void settled(Dhcp4o6Client.Outcome outcome) {
            switch (outcome) {
                case Dhcp4o6Client.Bound(Dhcp4o6Lease lease, boolean isNew) -> {
                    listener.noted((isNew
                                    ? "Binding: " + lease.ipv4() + " ports "
                                            + lease.ports().key() + " for " + lease.softwireAddress()
                                    : "Renewed")
                            + " until " + lease.expiresAt());
                    Ipv6Address from = source;
                    if (from != null) {
                        leaseFile.write(from, lease);
                    }
                    bind(lease);
                }
                case Dhcp4o6Client.Lost(Dhcp4o6Lease lease) -> {
                    listener.noted("No longer: " + lease.ipv4() + " ports "
                            + lease.ports().key());
                    leaseFile.delete();
                    listener.lost();
                }
                case Dhcp4o6Client.Refused(String reason) -> listener.noted("No: " + reason);
            }
        }
    }

    private final class InformationEvents implements Dhcpv6Client.Events {

        @Override
        public void transmit(int transactionId, Duration elapsed) {
            send(messages.informationRequest(transactionId, elapsed), multicast());
        }

        @Override
        public void learnt(NetworkInformation learnt) {
            follow(learnt);
        }
    }

    private void send(ByteBuf message, InetSocketAddress to) {
        var _ = socket.writeAndFlush(new DatagramPacket(message, to)).addListener(sent -> {
            if (!sent.isSuccess()) {
                log.debug("Not sent to {}", to, sent.cause());
            }
        });
    }

    private final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            Instant now = clock.instant();
            switch (messages.read(packet.content())) {
                case DhcpMessages.Reply(int transactionId, NetworkInformation learnt) -> {
                    var _ = dhcpv6.onReply(transactionId, learnt, now);
                }
                case DhcpMessages.Response(Dhcp4o6Answer answer) -> {
                    var _ = dhcp4o6.onAnswer(answer, now);
                }
                case DhcpMessages.Useless(String reason) ->
                    log.debug("A message of {} is of no use: {}", packet.sender(), reason);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                log.debug("DHCPv6 socket", cause);
            } else {
                log.error("A DHCPv6 message could not be taken", cause);
            }
        }
    }
}
