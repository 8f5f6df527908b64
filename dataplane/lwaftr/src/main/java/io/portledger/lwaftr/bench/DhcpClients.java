package io.portledger.lwaftr.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Many clients of DHCPv4 over DHCPv6 behind one socket; each discovers and requests. */
final class DhcpClients {

    private static final String THREAD = "lwaftr-control";
    private static final List<Integer> PARAMETERS = List.of(51, 54, 58, 59, 109, 159);

    private final int clients;
    private final int window;
    private final ByteBuf out = Unpooled.directBuffer(1500);

    DhcpClients(int clients, int window) {
        this.clients = clients;
        this.window = window;
    }

    /** Lets every client obtain a lease, and asks again for those that get no answer. */
    ProvisioningBench.Run ask(String name, InetSocketAddress server) throws IOException {
        boolean[] isBound = new boolean[clients];
        int bound = 0;
        int repeated = 0;
        ByteBuffer answer = ByteBuffer.allocateDirect(2048);
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 20);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, 4 << 20);
            channel.connect(server);
            channel.configureBlocking(false);
            long cpuBefore = ProvisioningBench.cpuNanos(THREAD);
            long begun = System.nanoTime();
            long lastAnswer = begun;
            int next = 0;
            int underWay = 0;
            while (bound < clients) {
                while (underWay < window && next < clients) {
                    if (!isBound[next]) {
                        send(channel, next, MessageType.DISCOVER, List.of());
                        underWay++;
                    }
                    next++;
                }
                answer.clear();
                if (channel.read(answer) <= 0) {
                    if (System.nanoTime() - lastAnswer > ProvisioningBench.PATIENCE_NANOS) {
                        repeated += underWay;
                        underWay = 0;
                        next = 0;
                        lastAnswer = System.nanoTime();
                    }
                    continue;
                }
                lastAnswer = System.nanoTime();
                Dhcpv4Message message = read(answer.flip());
                int client = message.transactionId();
                switch (message.type().orElseThrow()) {
                    case OFFER ->
                        send(
                                channel,
                                client,
                                MessageType.REQUEST,
                                List.of(
                                        message.option(Dhcpv4Option.ServerIdentifier.class)
                                                .orElseThrow(),
                                        new Dhcpv4Option.RequestedAddress(message.yourAddress()),
                                        message.option(Dhcpv4Option.PortParameters.class)
                                                .orElseThrow()));
                    case ACK -> {
                        underWay--;
                        bound += isBound[client] ? 0 : 1;
                        isBound[client] = true;
                    }
                    // Another client was faster for what was offered.
                    default -> send(channel, client, MessageType.DISCOVER, List.of());
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            return new ProvisioningBench.Run(
                    name, bound, repeated, seconds, (ProvisioningBench.cpuNanos(THREAD) - cpuBefore) / 1e9);
        } finally {
            out.release();
        }
    }

    private void send(DatagramChannel channel, int client, MessageType type, List<Dhcpv4Option> more)
            throws IOException {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(
                new Dhcpv4Option.Type(type),
                new Dhcpv4Option.ClientIdentifier(
                        Octets.parse("ff00000001000300" + HexFormat.of().toHexDigits(client))),
                new Dhcpv4Option.ParameterRequest(PARAMETERS),
                new Dhcpv4Option.LeaseTime(86_400),
                new Dhcpv4Option.SoftwireSource(new Ipv6Address(0x2001_0db8_0000_0000L + client, 1))));
        options.addAll(more);
        Dhcpv4Message message = Dhcpv4Message.request(
                client, 0, 1, Octets.parse("02aa" + HexFormat.of().toHexDigits(client)), options);
        out.clear();
        new Dhcpv6Message.Dhcpv4Query(false, List.of(Dhcpv6Option.Dhcpv4.of(message))).encode(out);
        ByteBuffer datagram = out.nioBuffer();
        while (channel.write(datagram) == 0) {
            Thread.onSpinWait();
        }
    }

    private static Dhcpv4Message read(ByteBuffer datagram) throws IOException {
        try {
            return Dhcpv6Message.decode(Unpooled.wrappedBuffer(datagram))
                    .option(Dhcpv6Option.Dhcpv4.class)
                    .orElseThrow()
                    .message();
        } catch (DhcpException e) {
            throw new IOException(e);
        }
    }
}
