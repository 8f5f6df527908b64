package io.portledger.lwaftr.export;

import static io.portledger.lwaftr.export.Changes.BR;
import static io.portledger.lwaftr.export.Changes.RANGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.export.SyslogReceiver.Transport;
import io.portledger.settings.HostPort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SyslogExporterTest {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final NatSyslogMessages format = new NatSyslogMessages(
            "lwaftr1.example.net", Long.toString(ProcessHandle.current().pid()), 32473, 0);

    @AfterEach
    void closeLoop() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void sendsEachMessageInADatagramOfItsOwn() throws Exception {
        try (UdpReceiver receiver = UdpReceiver.open(0);
                SyslogExporter exporter = start(Transport.UDP, receiver.address(), 100)) {
            exporter.onChange(Changes.created(RANGE, BR, "a\nb"));
            exporter.onChange(Changes.numbered(1));
            await().until(() -> receiver.datagrams().size() == 2);
            assertThat(receiver.datagrams())
                    .extracting(SyslogExporterTest::text)
                    .containsExactly(
                            format.of(Changes.created(RANGE, BR, "a\nb")).toString(), line(1));
            await().until(() -> exporter.recordCount() == 2);
            assertThat(exporter.messageCount()).isEqualTo(2);
        }
    }

    @Test
    void sendsEachMessageWithItsLengthInFront() throws Exception {
        try (TcpReceiver receiver = TcpReceiver.listen(0);
                SyslogExporter exporter = start(Transport.TCP, receiver.address(), 100)) {
            exporter.onChange(Changes.created(RANGE, BR, "Zoë\n2"));
            exporter.onChange(Changes.numbered(1));
            String first = format.of(Changes.created(RANGE, BR, "Zoë\n2")).toString();
            String expected =
                    first.getBytes(StandardCharsets.UTF_8).length + " " + first + line(1).length() + " " + line(1);
            await().until(() -> receiver.text().length() >= expected.length());
            assertThat(receiver.text()).isEqualTo(expected);
        }
    }

    @Test
    void sendsEachMessageAsALineThatNoNameCanBreak() throws Exception {
        try (TcpReceiver receiver = TcpReceiver.listen(0);
                SyslogExporter exporter = start(Transport.TCP_LINES, receiver.address(), 100)) {
            exporter.onChange(Changes.created(RANGE, BR, "a\nb"));
            exporter.onChange(Changes.numbered(1));
            String expected = format.of(Changes.created(RANGE, BR, "a b")) + "\n" + line(1) + "\n";
            await().until(() -> receiver.text().length() >= expected.length());
            assertThat(receiver.text()).isEqualTo(expected);
        }
    }

    @Test
    void waitsForTheReceiverAndKeepsTheOldest() throws Exception {
        int port = TcpReceiver.freePort();
        try (SyslogExporter exporter = start(Transport.TCP_LINES, new HostPort("127.0.0.1", port), 10)) {
            for (int i = 0; i < 15; i++) {
                exporter.onChange(Changes.numbered(i));
            }
            assertThat(exporter.queuedCount()).isEqualTo(10);
            assertThat(exporter.dropCount()).isEqualTo(5);
            await().until(() -> exporter.socketErrorCount() > 0);
            try (TcpReceiver receiver = TcpReceiver.listen(port)) {
                await().until(() -> receiver.lines().size() == 10);
                assertThat(receiver.lines()).isEqualTo(lines(0, 10));
            }
        }
    }

    @Test
    void connectsAgainAfterTheConnectionWasLost() throws Exception {
        try (TcpReceiver receiver = TcpReceiver.listen(0);
                SyslogExporter exporter = start(Transport.TCP_LINES, receiver.address(), 100)) {
            exporter.onChange(Changes.numbered(0));
            await().until(() -> receiver.lines().size() == 1);
            receiver.closeConnection();
            await().until(() -> exporter.socketErrorCount() == 1);
            exporter.onChange(Changes.numbered(1));
            exporter.onChange(Changes.numbered(2));
            await().until(() -> receiver.lines().size() == 3);
            assertThat(receiver.lines()).isEqualTo(lines(0, 3));
            assertThat(exporter.dropCount()).isZero();
        }
    }

    @Test
    void sendsAgainWhatTheNetworkHadNotTakenWhenTheConnectionBroke() throws Exception {
        int changes = 30_000;
        try (TcpReceiver receiver = TcpReceiver.listenWithoutReading();
                SyslogExporter exporter = start(Transport.TCP_LINES, receiver.address(), changes)) {
            for (int i = 0; i < changes; i++) {
                exporter.onChange(Changes.numbered(i));
            }
            await().until(() -> exporter.recordCount() > 0 && hasMessagesUnderWay(exporter));
            receiver.closeConnectionAndReadTheNext();
            await().until(() -> exporter.recordCount() == changes);
            await().until(() -> receiver.text().endsWith(line(changes - 1) + "\n"));
            List<String> lines = receiver.lines();
            assertThat(lines).isEqualTo(lines(changes - lines.size(), changes));
            assertThat(exporter.dropCount()).isZero();
        }
    }

    @Test
    void sendsWhatWaitsWhenItIsClosed() throws Exception {
        try (TcpReceiver receiver = TcpReceiver.listen(0)) {
            SyslogExporter exporter = start(Transport.TCP_LINES, receiver.address(), 100);
            whileTheLoopIsBusy(() -> IntStream.range(0, 50).forEach(i -> exporter.onChange(Changes.numbered(i))));
            exporter.close();
            assertThat(exporter.recordCount()).isEqualTo(50);
            await().until(() -> receiver.lines().size() == 50);
        }
    }

    @Test
    void countsWhatItCouldNotSendWhenItIsClosed() throws Exception {
        SyslogExporter exporter = start(Transport.TCP, new HostPort("127.0.0.1", TcpReceiver.freePort()), 100);
        exporter.onChange(Changes.numbered(0));
        exporter.onChange(Changes.numbered(1));
        exporter.close();
        assertThat(exporter.dropCount()).isEqualTo(2);
        assertThat(exporter.recordCount()).isZero();
    }

    @Test
    void dropsWhatIsNoUnicodeText() throws Exception {
        try (UdpReceiver receiver = UdpReceiver.open(0);
                SyslogExporter exporter = start(Transport.UDP, receiver.address(), 100)) {
            exporter.onChange(Changes.created(RANGE, BR, "\ud800"));
            exporter.onChange(Changes.numbered(1));
            await().until(() -> receiver.datagrams().size() == 1);
            assertThat(exporter.dropCount()).isEqualTo(1);
        }
    }

    /** Whether the network takes no more for now. */
    private boolean hasMessagesUnderWay(SyslogExporter exporter) throws Exception {
        return loop.submit(() -> exporter.channel != null && !exporter.channel.isWritable())
                .get();
    }

    private SyslogExporter start(Transport transport, HostPort to, int queueMessages) {
        SyslogReceiver receiver = new SyslogReceiver(transport, to);
        return SyslogExporter.start(loop, receiver, Changes.toSyslog(receiver, queueMessages));
    }

    private void whileTheLoopIsBusy(Runnable action) throws InterruptedException {
        CountDownLatch isBusy = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        loop.execute(() -> {
            isBusy.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        isBusy.await();
        try {
            action.run();
        } finally {
            mayGoOn.countDown();
        }
    }

    private String line(int number) {
        return format.of(Changes.numbered(number)).toString();
    }

    private List<String> lines(int from, int to) {
        return IntStream.range(from, to).mapToObj(this::line).toList();
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.UTF_8);
    }

    /** Accepts one connection after the other on the loopback address and keeps what it reads. */
    private static final class TcpReceiver implements AutoCloseable {
        private static final int RECEIVE_BUFFER_OCTETS = 65536;

        private final ServerSocket server;
        private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
        private final CountDownLatch mayRead;
        private volatile Socket connection = new Socket();

        private TcpReceiver(ServerSocket server, boolean isReading) {
            this.server = server;
            mayRead = new CountDownLatch(isReading ? 0 : 1);
            Thread.ofVirtual().start(this::accept);
        }

        static TcpReceiver listen(int port) throws IOException {
            return new TcpReceiver(bind(port), true);
        }

        static TcpReceiver listenWithoutReading() throws IOException {
            return new TcpReceiver(bind(0), false);
        }

        static int freePort() throws IOException {
            try (ServerSocket server = bind(0)) {
                return server.getLocalPort();
            }
        }

        private static ServerSocket bind(int port) throws IOException {
            ServerSocket server = new ServerSocket();
            server.setReuseAddress(true);
            server.setReceiveBufferSize(RECEIVE_BUFFER_OCTETS);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return server;
        }

        HostPort address() {
            return new HostPort(server.getInetAddress().getHostAddress(), server.getLocalPort());
        }

        String text() {
            synchronized (octets) {
                return octets.toString(StandardCharsets.UTF_8);
            }
        }

        List<String> lines() {
            String text = text();
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        }

        void closeConnection() throws IOException {
            connection.close();
        }

        void closeConnectionAndReadTheNext() throws IOException {
            connection.close();
            mayRead.countDown();
        }

        private void accept() {
            while (!server.isClosed()) {
                try (Socket accepted = server.accept()) {
                    connection = accepted;
                    mayRead.await();
                    byte[] buffer = new byte[RECEIVE_BUFFER_OCTETS];
                    for (int length = read(accepted, buffer); length >= 0; length = read(accepted, buffer)) {
                        synchronized (octets) {
                            octets.write(buffer, 0, length);
                        }
                    }
                } catch (IOException e) {
                    // The connection or the server was closed; the loop's condition tells which.
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private static int read(Socket from, byte[] buffer) throws IOException {
            return from.getInputStream().read(buffer);
        }

        @Override
        public void close() throws IOException {
            mayRead.countDown();
            server.close();
            connection.close();
        }
    }
}
