package io.portledger.standalone;

import io.portledger.collector.bench.MalformedInput;
import io.portledger.collector.bench.NumberedBindings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Many exporters that send a collector {@linkplain MalformedInput malformed input} by UDP and TCP from ever other addresses
 * and ports, open connections and break them off, and among them a few that are sound, each on a socket that it keeps. They
 * have a thread of their own, and end when they are closed.
 */
final class HostileExporters implements AutoCloseable {

    private static final int SOCKETS = 64;
    private static final int CONNECTIONS = 24;
    /** One message of so many is sound. */
    private static final int SOUND_ONE_OF = 100;

    /** In which way a sound binding is told: its number modulo four. */
    private static final int WAYS = 4;

    /** Observation domains of the sound exporters of IPFIX. */
    private static final int DATAGRAMS = 1;

    private static final int STREAM = 2;

    private final CollectorProcess collector;
    private final NumberedBindings bindings;
    private final int perSecond;
    private final SplittableRandom random;
    private final MalformedInput input;
    private final @Nullable NetworkChannel[] ipfixSockets = new NetworkChannel[SOCKETS];
    private final @Nullable NetworkChannel[] syslogSockets = new NetworkChannel[SOCKETS];
    private final @Nullable NetworkChannel[] ipfixConnections = new NetworkChannel[CONNECTIONS];
    private final @Nullable NetworkChannel[] syslogConnections = new NetworkChannel[CONNECTIONS];
    private final DatagramChannel soundIpfixSocket;
    private final DatagramChannel soundSyslogSocket;
    private final SocketChannel soundIpfixConnection;
    private final SocketChannel soundSyslogConnection;
    private final Thread thread;
    private volatile boolean isEnding;
    private volatile long sent;
    private final AtomicLong sessions = new AtomicLong();
    private final AtomicLong broken = new AtomicLong();
    private volatile @Nullable IOException failure;

    /**
     * Begins.
     *
     * @param bindings take what the sound ones tell
     * @param perSecond messages of all of them together
     * @param seed of all that is random but the machine itself
     */
    HostileExporters(CollectorProcess collector, NumberedBindings bindings, int perSecond, long seed)
            throws IOException {
        this.collector = collector;
        this.bindings = bindings;
        this.perSecond = perSecond;
        this.random = new SplittableRandom(seed);
        this.input = new MalformedInput(random.nextLong());
        soundIpfixSocket = DatagramChannel.open().connect(collector.address("ipfix.udp"));
        soundSyslogSocket = DatagramChannel.open().connect(collector.address("syslog.udp"));
        soundIpfixConnection = SocketChannel.open(collector.address("ipfix.tcp"));
        soundSyslogConnection = SocketChannel.open(collector.address("syslog.tcp"));
        thread = Thread.ofPlatform().name("hostile-exporters").start(this::run);
    }

    /** Whether a binding was told by a datagram, which nobody need wait for. */
    static boolean isDatagram(int number) {
        return number % WAYS < 2;
    }

    /** How many messages were sent. */
    long sent() {
        return sent;
    }

    /** How many sockets there were, each a session of its own to the collector. */
    long sessions() {
        return sessions.get();
    }

    /** How many messages could not be sent, most of them as the collector had closed the connection. */
    long broken() {
        return broken.get();
    }

    /** Why the sound ones had to end; null if they did not. */
    @Nullable
    IOException failure() {
        return failure;
    }

    private void run() {
        long began = System.nanoTime();
        long count = 0;
        try {
            while (!isEnding) {
                long due = began + (long) (count * 1e9 / perSecond);
                long early = due - System.nanoTime();
                if (early > 0) {
                    // Some messages at once: sleeping for each would cost more than sending it.
                    LockSupport.parkNanos(Math.max(early, 2_000_000));
                    continue;
                }
                if (count % SOUND_ONE_OF == 0) {
                    sendSound();
                } else {
                    sendHostile();
                }
                count++;
                sent = count;
            }
        } catch (IOException e) {
            if (!isEnding) {
                failure = e;
            }
        }
    }

    private void sendSound() throws IOException {
        switch (bindings.told() % WAYS) {
            case 0 -> soundIpfixSocket.write(ByteBuffer.wrap(bindings.ipfix(DATAGRAMS)));
            case 1 -> soundSyslogSocket.write(ByteBuffer.wrap(bindings.syslog()));
            case 2 -> write(soundIpfixConnection, bindings.ipfix(STREAM));
            default -> {
                byte[] line = bindings.syslog();
                write(soundSyslogConnection, (line.length + " ").getBytes(StandardCharsets.US_ASCII));
                write(soundSyslogConnection, line);
            }
        }
    }

    private void sendHostile() {
        int way = random.nextInt(20);
        if (way < 9) {
            send(ipfixSockets, "ipfix.udp", input.message(), 20);
        } else if (way < 12) {
            byte[] octets = input.message();
            // By TCP one malformed message ends the connection; many messages without an end are another matter.
            send(ipfixConnections, "ipfix.tcp", octets, 40);
        } else if (way < 16) {
            byte[] line = input.line();
            send(
                    syslogSockets,
                    "syslog.udp",
                    line.length <= MalformedInput.MAX_DATAGRAM
                            ? line
                            : Arrays.copyOf(line, MalformedInput.MAX_DATAGRAM),
                    200);
        } else {
            send(syslogConnections, "syslog.tcp", input.framed(input.line()), 100);
        }
    }

    /** Sends by one of the sockets, which gives way to another after some messages. */
    private void send(@Nullable NetworkChannel[] sockets, String listener, byte[] octets, int messagesEach) {
        int at = random.nextInt(sockets.length);
        NetworkChannel socket = sockets[at];
        boolean isReset = random.nextInt(4) == 0;
        boolean isCut = random.nextInt(8) == 0;
        try {
            if (socket == null) {
                socket = open(listener);
                sockets[at] = socket;
                sessions.incrementAndGet();
            }
            if (socket instanceof SocketChannel connection) {
                write(connection, isCut ? Arrays.copyOf(octets, random.nextInt(1, octets.length + 1)) : octets);
            } else {
                ((DatagramChannel) socket).write(ByteBuffer.wrap(octets));
            }
        } catch (IOException e) {
            // The collector need not keep a connection with such a peer.
            broken.incrementAndGet();
            close(socket);
            sockets[at] = null;
            return;
        }
        if (random.nextInt(messagesEach) == 0) {
            if (isReset && socket instanceof SocketChannel connection) {
                try {
                    connection.setOption(StandardSocketOptions.SO_LINGER, 0);
                } catch (IOException e) {
                    // It is gone already.
                }
            }
            close(socket);
            sockets[at] = null;
        }
    }

    /** A socket with a port of its own, and for most of them an address of its own. */
    private NetworkChannel open(String listener) throws IOException {
        InetSocketAddress from = new InetSocketAddress(
                InetAddress.getByAddress(new byte[] {
                    127, (byte) random.nextInt(4), (byte) random.nextInt(256), (byte) random.nextInt(1, 255)
                }),
                0);
        NetworkChannel socket = listener.endsWith("udp") ? DatagramChannel.open() : SocketChannel.open();
        try {
            socket.bind(from);
            if (socket instanceof DatagramChannel datagrams) {
                datagrams.connect(collector.address(listener));
            } else {
                ((SocketChannel) socket).connect(collector.address(listener));
            }
            return socket;
        } catch (IOException e) {
            close(socket);
            throw e;
        }
    }

    private static void write(SocketChannel connection, byte[] octets) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        while (buffer.hasRemaining()) {
            connection.write(buffer);
        }
    }

    private static void close(@Nullable NetworkChannel socket) {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // Then it is closed as far as it can be.
            }
        }
    }

    /** Lets none of them send any more; their sockets stay open. */
    void end() {
        isEnding = true;
        try {
            thread.join(5_000);
            // If the collector does not take what it is sent, the thread waits for it; this ends the waiting.
            thread.interrupt();
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end();
        for (NetworkChannel[] sockets : List.of(ipfixSockets, syslogSockets, ipfixConnections, syslogConnections)) {
            for (NetworkChannel socket : sockets) {
                close(socket);
            }
        }
        close(soundIpfixSocket);
        close(soundSyslogSocket);
        close(soundIpfixConnection);
        close(soundSyslogConnection);
    }
}
