package io.portledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A network path for datagrams on which they are delayed and so change places, arrive twice, or not at all. Receivers see
 * a source address of the path's own, which stands for an exporter.
 */
final class RoughPath implements AutoCloseable {

    /** Less than the time that the collector waits for a message out of order. */
    private static final int LONGEST_DELAY_MILLIS = 600;

    private final DatagramSocket entry;
    private final DatagramSocket exit;
    private final InetSocketAddress destination;
    private final double loss;
    private final SplittableRandom random;
    private final ScheduledExecutorService sending = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("rough-path").factory());

    private RoughPath(
            DatagramSocket entry, DatagramSocket exit, InetSocketAddress destination, double loss, long seed) {
        this.entry = entry;
        this.exit = exit;
        this.destination = destination;
        this.loss = loss;
        this.random = new SplittableRandom(seed);
        Thread.ofPlatform().daemon().name("rough-path-entry").start(this::receive);
    }

    /**
     * Opens a path.
     *
     * @param source the source address that receivers see; where this machine does not have it, the usual one
     * @param loss share of datagrams that are lost
     * @throws IOException if there are no sockets
     */
    static RoughPath open(String source, InetSocketAddress destination, double loss, long seed) throws IOException {
        DatagramSocket entry = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        return new RoughPath(entry, exit(source), destination, loss, seed);
    }

    private static DatagramSocket exit(String source) throws SocketException {
        try {
            return new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(source), 0));
        } catch (SocketException e) {
            // Only Linux has all of 127.0.0.0/8.
            return new DatagramSocket();
        }
    }

    /** Where the path begins. */
    InetSocketAddress entry() {
        return (InetSocketAddress) entry.getLocalSocketAddress();
    }

    private void receive() {
        byte[] buffer = new byte[65535];
        while (true) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                entry.receive(packet);
            } catch (IOException e) {
                // Closed.
                return;
            }
            byte[] octets = java.util.Arrays.copyOf(buffer, packet.getLength());
            if (random.nextDouble() < loss) {
                continue;
            }
            forward(octets);
            if (random.nextInt(10) == 0) {
                forward(octets);
            }
        }
    }

    private void forward(byte[] octets) {
        long delay = random.nextInt(5) == 0 ? random.nextInt(LONGEST_DELAY_MILLIS) : 0;
        try {
            var _ = sending.schedule(() -> send(octets), delay, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile.
        }
    }

    private void send(byte[] octets) {
        try {
            exit.send(new DatagramPacket(octets, octets.length, destination));
        } catch (IOException e) {
            // Nobody listens just now: lost, as on any network.
        }
    }

    /** Lets what is under way arrive, and ends the path. */
    @Override
    public void close() {
        entry.close();
        sending.shutdown();
        try {
            if (!sending.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new UncheckedIOException(new IOException("A path to " + destination + " does not empty itself."));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exit.close();
    }
}
