package io.portledger.lwaftr.radius;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.SharedSecret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A RADIUS server that does what a test says, such as what a real one would never do. */
final class ScriptedServer implements AutoCloseable {

    static final SharedSecret SECRET = new SharedSecret(FreeRadius.SECRET.getBytes(UTF_8));
    static final RadiusCodec CODEC = new RadiusCodec(SECRET);

    /** A request that came. */
    record Arrival(RadiusPacket packet, Octets octets, InetSocketAddress sender) {}

    /** Octets by value. */
    record Octets(List<Byte> list) {
        static Octets of(byte[] octets) {
            Byte[] boxed = new Byte[octets.length];
            Arrays.setAll(boxed, i -> octets[i]);
            return new Octets(List.of(boxed));
        }

        byte[] array() {
            byte[] octets = new byte[list.size()];
            for (int i = 0; i < octets.length; i++) {
                octets[i] = list.get(i);
            }
            return octets;
        }
    }

    /** What is done with a request. */
    interface Script {
        void serve(ScriptedServer server, Arrival arrival) throws IOException;
    }

    final DatagramSocket socket;
    final List<Arrival> arrivals = new CopyOnWriteArrayList<>();

    ScriptedServer(Script script) {
        try {
            socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(() -> run(script));
    }

    private void run(Script script) {
        while (!socket.isClosed()) {
            DatagramPacket datagram = new DatagramPacket(new byte[4096], 4096);
            try {
                socket.receive(datagram);
                byte[] octets = Arrays.copyOf(datagram.getData(), datagram.getLength());
                Arrival arrival = new Arrival(CODEC.decodeRequest(octets), Octets.of(octets), (InetSocketAddress)
                        datagram.getSocketAddress());
                arrivals.add(arrival);
                script.serve(this, arrival);
            } catch (IOException e) {
                return;
            } catch (RadiusException e) {
                throw new AssertionError(e);
            }
        }
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    void send(byte[] octets, Arrival to) throws IOException {
        socket.send(new DatagramPacket(octets, octets.length, to.sender()));
    }

    /** An authentic reply with a Message-Authenticator. */
    static byte[] reply(int code, Arrival to, RadiusAttribute... attributes) {
        return CODEC.encodeResponse(
                new RadiusPacket(
                        code,
                        to.packet().identifier(),
                        Stream.concat(Stream.of(RadiusCodec.messageAuthenticator()), Stream.of(attributes))
                                .toList()),
                to.octets().array());
    }

    /** The script that says yes to everything. */
    static void accept(ScriptedServer server, Arrival arrival) throws IOException {
        int code = arrival.packet().code() == RadiusPacket.ACCESS_REQUEST
                ? RadiusPacket.ACCESS_ACCEPT
                : RadiusPacket.ACCOUNTING_RESPONSE;
        server.send(reply(code, arrival), arrival);
    }

    @Override
    public void close() {
        socket.close();
    }
}
