package io.portledger.lwb4.fleet;

import io.portledger.pcp.PcpRequest;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Stands between clients and server and loses the first answers on their way back. */
final class LossyProxy implements AutoCloseable {

    private static final int NONCE_AT = 24;
    private static final int NONCE_OCTETS = 12;

    private final DatagramSocket front;
    private final InetSocketAddress server;
    private final int lost;
    private final Map<SocketAddress, DatagramSocket> backs = new ConcurrentHashMap<>();
    private final Map<String, List<String>> requests = new HashMap<>();
    private int answers;
    private int dropped;

    private LossyProxy(InetSocketAddress server, int lost) throws IOException {
        this.server = server;
        this.lost = lost;
        front = new DatagramSocket(0, InetAddress.ofLiteral("::1"));
    }

    static LossyProxy start(InetSocketAddress server, int lost) throws IOException {
        LossyProxy proxy = new LossyProxy(server, lost);
        Thread.ofVirtual().start(proxy::forward);
        return proxy;
    }

    InetSocketAddress address() {
        return (InetSocketAddress) front.getLocalSocketAddress();
    }

    synchronized int dropped() {
        return dropped;
    }

    /** The requests of each client, as hexadecimal digits, in their order. */
    synchronized Map<String, List<String>> requestsByNonce() {
        return Map.copyOf(requests);
    }

    @Override
    public void close() {
        front.close();
        backs.values().forEach(DatagramSocket::close);
    }

    private void forward() {
        try {
            while (true) {
                DatagramPacket packet = receive(front);
                byte[] octets = Arrays.copyOf(packet.getData(), packet.getLength());
                synchronized (this) {
                    requests.computeIfAbsent(
                                    HexFormat.of().formatHex(octets, NONCE_AT, NONCE_AT + NONCE_OCTETS),
                                    nonce -> new ArrayList<>())
                            .add(HexFormat.of().formatHex(octets));
                }
                back(packet.getSocketAddress()).send(new DatagramPacket(octets, octets.length, server));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private DatagramSocket back(SocketAddress client) throws IOException {
        DatagramSocket known = backs.get(client);
        if (known != null) {
            return known;
        }
        DatagramSocket back = new DatagramSocket(0, InetAddress.ofLiteral("::1"));
        backs.put(client, back);
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    DatagramPacket packet = receive(back);
                    if (isDelivered()) {
                        front.send(new DatagramPacket(packet.getData(), packet.getLength(), client));
                    }
                }
            } catch (IOException e) {
                // Closed.
            }
        });
        return back;
    }

    private synchronized boolean isDelivered() {
        boolean isLost = answers++ < lost;
        dropped += isLost ? 1 : 0;
        return !isLost;
    }

    private static DatagramPacket receive(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[PcpRequest.MAX_OCTETS], PcpRequest.MAX_OCTETS);
        socket.receive(packet);
        return packet;
    }
}
