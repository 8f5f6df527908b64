package io.portledger.lwaftr.export;

import io.portledger.settings.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A UDP socket on the loopback address that keeps every datagram. */
final class UdpReceiver implements AutoCloseable {

    private final DatagramSocket socket;
    private final List<byte[]> datagrams = new CopyOnWriteArrayList<>();

    private UdpReceiver(DatagramSocket socket) {
        this.socket = socket;
        Thread.ofVirtual().start(this::read);
    }

    /** @param port 0 lets the system choose */
    static UdpReceiver open(int port) throws IOException {
        DatagramSocket socket = new DatagramSocket(null);
        socket.setReceiveBufferSize(4 << 20);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return new UdpReceiver(socket);
    }

    /** A port on the loopback address that nobody listens on now. */
    static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    HostPort address() {
        return new HostPort(socket.getLocalAddress().getHostAddress(), socket.getLocalPort());
    }

    /** What has come so far, in the order of arrival. */
    List<byte[]> datagrams() {
        return datagrams;
    }

    private void read() {
        byte[] buffer = new byte[65536];
        while (!socket.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(packet);
                datagrams.add(Arrays.copyOf(buffer, packet.getLength()));
            } catch (SocketException e) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
