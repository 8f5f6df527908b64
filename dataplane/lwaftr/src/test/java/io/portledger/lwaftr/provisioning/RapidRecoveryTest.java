package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client on loopback hears without having asked. */
class RapidRecoveryTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    private static final Nonce NONCE = new Nonce(1, 2);
    private static final long MILLI = 1_000_000;

    @TempDir
    private Path directory;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final BindingTable table = new BindingTable();
    private volatile Instant now = START;
    private long nanos;
    private DatagramSocket client;
    private LeaseTable leases;
    private PcpServer server;
    private RapidRecovery recovery;

    @BeforeEach
    void start() throws Exception {
        client = new DatagramSocket(0, InetAddress.ofLiteral("::1"));
        client.setSoTimeout(20_000);
        serve(new LeaseTable(List.of(new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.1"))), table, BR));
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        table.close();
    }

    private void serve(LeaseTable newLeases) {
        leases = newLeases;
        PcpService service =
                new PcpService(new Provisioner(leases, new Subscribers(), null, () -> now), null, List.of(), START);
        server = PcpServer.start(
                loop,
                new InetSocketAddress(InetAddress.ofLiteral("::1"), 0),
                service,
                new SourceLimit(SourceLimit.Rate.STANDARD, List.of(), System::nanoTime),
                leases,
                () -> now);
        recovery = new RapidRecovery(leases, service, server, () -> nanos);
    }

    @Test
    void aLeaseThatWasTakenAwayIsAnnouncedThreeTimesWithAnEpochThatRestarted() throws Exception {
        ask(7200);
        now = START.plusSeconds(100);
        onControl(() -> leases.revoke(leases.find(LOOPBACK, now).orElseThrow(), now));

        onControl(() -> recovery.turn(now));
        assertIsAnnouncement(receive());
        onControl(() -> recovery.turn(now));
        nanos += 249 * MILLI;
        onControl(() -> recovery.turn(now));
        assertThat(recovery.sent()).isOne();
        nanos += MILLI;
        onControl(() -> recovery.turn(now));
        assertIsAnnouncement(receive());
        nanos += 499 * MILLI;
        onControl(() -> recovery.turn(now));
        assertThat(recovery.sent()).isEqualTo(2);
        nanos += MILLI;
        onControl(() -> recovery.turn(now));
        assertIsAnnouncement(receive());
        nanos += 60_000 * MILLI;
        onControl(() -> recovery.turn(now));
        assertThat(recovery.sent()).isEqualTo(3);

        now = now.plusSeconds(7);
        assertThat(ask(7200).epochSeconds()).isEqualTo(7);
    }

    @Test
    void aBindingThatIsAssignedInThePlaceOfALeaseIsToldByAMappingUpdate() throws Exception {
        ask(7200);
        now = START.plusSeconds(100);
        Binding assigned = new Binding(LOOPBACK, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 34), BR);
        onControl(() -> assertThat(leases.edit(List.of(new Assignment(assigned, Origin.RESTCONF)), List.of(), now))
                .isEmpty());
        onControl(() -> recovery.turn(now));

        PcpResponse update = receive();
        assertThat(update)
                .isEqualTo(PcpResponse.success(
                        new PcpOperation.Map(NONCE, 0, 1, 34816, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))),
                        0xffff_ffffL,
                        100,
                        List.of(new PcpOption.PortSet(1024, 34816, false))));
    }

    @Test
    void whatTheLwb4ItselfReleasedOrLetExpireIsToldToNobody() throws Exception {
        ask(7200);
        ask(0);
        ask(120);
        now = START.plusSeconds(1000);
        onControl(() -> leases.expire(now));
        onControl(() -> recovery.turn(now));
        assertThat(recovery.sent()).isZero();
        client.setSoTimeout(200);
        assertThatThrownBy(this::receive).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aLeaseThatFitsNoPoolAfterAStartIsAnnouncedToThePortFromWhichItWasAskedFor() throws Exception {
        server.close();
        LeaseJournal journal = LeaseJournal.open(directory, false, START);
        serve(LeaseTable.recover(
                List.of(new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.1"))), table, BR, journal, START));
        ask(7200);
        journal.close();
        server.close();
        now = START.plusSeconds(100);
        try (BindingTable fresh = new BindingTable();
                LeaseJournal reopened = LeaseJournal.open(directory, false, now)) {
            serve(LeaseTable.recover(
                    List.of(new Pool(Pools.settings("p", 0, 6, 1024, "198.51.100.1"))), fresh, BR, reopened, now));
            onControl(() -> assertThat(leases.commit()).isTrue());
            onControl(() -> recovery.turn(now));
            assertIsAnnouncement(receive());
            PcpResponse again = ask(7200);
            assertThat(again.epochSeconds()).isZero();
            assertThat(again.isSuccess()).isTrue();
        }
    }

    private static void assertIsAnnouncement(PcpResponse response) {
        assertThat(response).isEqualTo(PcpResponse.success(new PcpOperation.Announce(), 0, 0, List.of()));
    }

    private void onControl(Runnable action) throws Exception {
        loop.submit(action).get();
    }

    private PcpResponse ask(long lifetime) throws IOException, PcpException {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        lifetime,
                        LOOPBACK,
                        new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                        List.of(new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        client.send(new DatagramPacket(out.array(), out.readableBytes(), server.address()));
        return receive();
    }

    private PcpResponse receive() throws IOException, PcpException {
        DatagramPacket in = new DatagramPacket(new byte[1200], 1200);
        client.receive(in);
        assertThat(in.getPort()).isEqualTo(server.address().getPort());
        return PcpResponse.decode(Unpooled.wrappedBuffer(in.getData(), 0, in.getLength()));
    }
}
