package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exporters over TCP, by real sockets. */
class IpfixConnectionTest {

    private static final long T0 = Messages.EXPORT_SECONDS * 1000;

    private final TestClock clock = new TestClock(T0);
    private KafkaInMemory kafka = new KafkaInMemory(true, 1 << 20);
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final List<Socket> sockets = new ArrayList<>();
    private IpfixIntake intake = intake();
    private final Channel listener = listen();

    private IpfixIntake intake() {
        return Intakes.of(
                Intakes.settings(Map.of("max-connections", "2", "template-wait", "60s", "max-template-fields", "1000")),
                kafka,
                clock);
    }

    private Channel listen() {
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        intake.connection(Evidence.Transport.IPFIX_TCP).addTo(channel.pipeline());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        listener.close().syncUninterruptibly();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        kafka.close();
    }

    private OutputStream connect() throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), ((InetSocketAddress) listener.localAddress()).getPort());
        sockets.add(socket);
        return socket.getOutputStream();
    }

    private void await(Counter counter, long value) {
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> kafka.tally.read().get(counter) >= value);
    }

    private void awaitClosed(int socket) {
        Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> {
            try {
                return sockets.get(socket).getInputStream().read() < 0;
            } catch (IOException e) {
                return true;
            }
        });
    }

    @Test
    void messagesAreCutOutOfTheStreamWhereverItIsCut() throws Exception {
        OutputStream out = connect();
        byte[] both = Arrays.copyOf(Messages.TEMPLATES, Messages.TEMPLATES.length + Messages.RECORDS.length);
        System.arraycopy(Messages.RECORDS, 0, both, Messages.TEMPLATES.length, Messages.RECORDS.length);
        for (int i = 0; i < both.length; i += 101) {
            out.write(both, i, Math.min(101, both.length - i));
            out.flush();
        }
        await(Counter.BINDING_EVENTS, 8);

        assertThat(kafka.events()).hasSize(8).allSatisfy(event -> {
            assertThat(event.getEvidence().getTransport()).isEqualTo(Evidence.Transport.IPFIX_TCP);
            assertThat(event.getEvidence().getExporter()).isEqualTo("127.0.0.1");
        });
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void eachConnectionHasTemplatesAndASequenceOfItsOwn() throws Exception {
        OutputStream first = connect();
        first.write(Messages.TEMPLATES);
        first.write(Messages.RECORDS);
        await(Counter.BINDING_EVENTS, 8);
        OutputStream second = connect();
        second.write(Messages.RECORDS);
        await(Counter.IPFIX_MESSAGES, 3);
        Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> intake.waitingSinceMillis() == T0);
        assertThat(kafka.tally.read().get(Counter.BINDING_EVENTS)).isEqualTo(8);
        second.write(Messages.TEMPLATES);
        await(Counter.BINDING_EVENTS, 16);
        Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> intake.waitingSinceMillis() == Long.MAX_VALUE);
        assertThat(kafka.events()).hasSize(16);
    }

    @Test
    void anExporterThatConnectsAgainHasBegunAnew() throws Exception {
        connect().write(Messages.MINI);
        await(Counter.BINDING_EVENTS, 1);
        sockets.getFirst().close();
        clock.advance(5000);
        connect().write(Messages.MINI);
        await(Counter.BINDING_EVENTS, 2);

        assertThat(kafka.events()).extracting(BindingEvent::getPorts).containsExactly("0/6/34", "0/6/34");
        Awaitility.await()
                .atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(kafka.gaps())
                        .containsExactly(ExporterGap.newBuilder()
                                .setExporter("127.0.0.1")
                                .setObservationDomain(1)
                                .setCause(ExporterGap.Cause.RESTART)
                                .setFromMillis(T0 - 2000)
                                .setToMillis(T0 + 5000)
                                .build()));
    }

    @Test
    void withdrawalsAreObeyed() throws Exception {
        OutputStream out = connect();
        out.write(Messages.MINI);
        out.write(HexFormat.of().parseHex("000a00186553f1000000000100000001" + "0002000801000000"));
        // Another definition of what was withdrawn, and its data: no natEvent.
        out.write(HexFormat.of()
                .parseHex("000a00226553f1000000000100000001" + "0002000c0100000100040001" + "0100000611ff"));
        await(Counter.OTHER_IPFIX_RECORDS, 2);
        assertThat(kafka.tally.read().get(Counter.UNDECODABLE_IPFIX_MESSAGE)).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            000b0014000000000000000000000001ffffffff | message header: version 11, expected 10
            000a0003000000000000000000000001ffffffff | message header: length 3, expected at least 16
            000a0014000000000000000000000001ffffffff | set 65535: length 65535, but only 4 octets are left in the message
            """)
    void aConnectionWithAMalformedMessageIsKeptAsEvidenceAndClosed(String malformed, String reason) throws Exception {
        OutputStream out = connect();
        out.write(Messages.MINI);
        await(Counter.BINDING_EVENTS, 1);
        out.write(HexFormat.of().parseHex(malformed));
        awaitClosed(0);
        await(Counter.UNDECODABLE_IPFIX_MESSAGE, 1);

        assertThat(kafka.undecodable()).singleElement().satisfies(undecodable -> {
            assertThat(undecodable.getReason()).isEqualTo(reason);
            assertThat(undecodable.getSource().getRaw().size()).isEqualTo(20);
        });
        assertThat(kafka.events()).hasSize(1);
        assertThat(kafka.gaps()).extracting(ExporterGap::getCause).containsExactly(ExporterGap.Cause.UNDECODABLE);
    }

    @Test
    void aMessageThatIsNotWholeWhenTheConnectionEndsIsKept() throws Exception {
        OutputStream out = connect();
        out.write(Arrays.copyOf(Messages.MINI, 50));
        sockets.getFirst().shutdownOutput();
        await(Counter.UNDECODABLE_IPFIX_MESSAGE, 1);

        assertThat(kafka.undecodable())
                .singleElement()
                .satisfies(undecodable -> assertThat(undecodable.getReason())
                        .isEqualTo("message header: length 108, but only 50 octets are there"));
    }

    @Test
    void moreConnectionsThanAllowedAreClosed() throws Exception {
        for (int i = 0; i < 2; i++) {
            connect().write(Messages.MINI);
        }
        await(Counter.BINDING_EVENTS, 2);
        OutputStream _ = connect();
        awaitClosed(2);
        assertThat(kafka.tally.read().get(Counter.REFUSED_CONNECTIONS)).isEqualTo(1);
        sockets.getFirst().close();
        Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> {
            try {
                connect().write(Messages.MINI);
                return kafka.tally.read().get(Counter.BINDING_EVENTS) >= 3;
            } catch (IOException e) {
                return false;
            }
        });
    }

    @Test
    void aConnectionOnWhichNothingComesIsClosed() throws Exception {
        connect().write(Messages.MINI);
        await(Counter.BINDING_EVENTS, 1);
        clock.advance(3_600_001);
        awaitClosed(0);
    }

    @Test
    void aConnectionIsNotReadWhileThereIsNoRoomAndNothingIsLost() throws Exception {
        kafka.close();
        kafka = new KafkaInMemory(false, 2000);
        intake = intake();
        OutputStream out = connect();
        Messages.Exporter exporter = new Messages.Exporter();
        out.write(exporter.template(Messages.EXPORT_SECONDS));
        int sent = 0;
        for (int i = 0; i < 200; i++) {
            out.write(exporter.records(20, Messages.EXPORT_SECONDS));
            sent += 20;
        }
        await(Counter.TCP_PAUSES, 1);
        while (kafka.tally.read().get(Counter.STORED) < sent) {
            if (!kafka.producer.completeNext()) {
                Thread.onSpinWait();
            }
        }
        assertThat(kafka.events()).hasSize(sent);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void aConnectionThatBringsTooManyTemplatesIsClosedAndLeavesRoomForOthers() throws Exception {
        OutputStream flood = connect();
        flood.write(IpfixIntakeTest.template(256, 600));
        flood.write(IpfixIntakeTest.template(257, 600));
        awaitClosed(0);

        OutputStream sound = connect();
        Messages.Exporter exporter = new Messages.Exporter();
        sound.write(exporter.template(Messages.EXPORT_SECONDS));
        sound.write(exporter.records(3, Messages.EXPORT_SECONDS));

        await(Counter.BINDING_EVENTS, 3);
        assertThat(kafka.events()).hasSize(3);
    }
}
