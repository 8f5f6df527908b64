package io.portledger.lwaftr.radius;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingChange.Kind;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.radius.RadiusSettings.OnUnavailable;
import io.portledger.lwaftr.radius.RadiusSettings.Password;
import io.portledger.radius.IpPortRange;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.Softwire46Configuration;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RadiusAccountingTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final long ON = 7;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final RadiusCounters counters = new RadiusCounters();
    private final BindingTable table = new BindingTable();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private volatile boolean isSilent;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        table.close();
    }

    @Test
    void theFinalVolumeIsToldInOctetsAndGigawords() {
        ScriptedServer server = server();
        Sessions sessions = sessions(server, 100);
        Binding binding = binding(1, new PortSet(0, 6, 1));
        tell(sessions, Kind.CREATED, binding, null);
        tell(sessions, Kind.DELETED, binding, new BindingVolume(3, (5L << 32) + 6, 4, (7L << 32) + 0xffff_fff0L));

        RadiusPacket stop = await().until(
                        () -> server.arrivals.size() >= 3
                                ? server.arrivals.get(2).packet()
                                : null,
                        it -> it != null);
        assertThat(integer(stop, RadiusAttribute.ACCT_STATUS_TYPE)).isEqualTo(2);
        assertThat(integer(stop, RadiusAttribute.ACCT_INPUT_OCTETS)).isEqualTo(0xffff_fff0L);
        assertThat(integer(stop, RadiusAttribute.ACCT_INPUT_GIGAWORDS)).isEqualTo(7);
        assertThat(integer(stop, RadiusAttribute.ACCT_OUTPUT_OCTETS)).isEqualTo(6);
        assertThat(integer(stop, RadiusAttribute.ACCT_OUTPUT_GIGAWORDS)).isEqualTo(5);
        assertThat(integer(stop, RadiusAttribute.ACCT_INPUT_PACKETS)).isEqualTo(4);
        assertThat(integer(stop, RadiusAttribute.ACCT_OUTPUT_PACKETS)).isEqualTo(3);
        assertThat(integer(stop, RadiusAttribute.ACCT_SESSION_TIME)).isEqualTo(60);
        assertThat(stop.first(RadiusAttribute.EVENT_TIMESTAMP).orElseThrow().asTime())
                .contains(START.plusSeconds(60));
    }

    @Test
    void aScatteredPortSetIsToldRangeByRange() throws RadiusException {
        ScriptedServer server = server();
        PortSet scattered = new PortSet(6, 8, 52);
        Binding binding = binding(1, scattered);
        tell(sessions(server, 100), Kind.CREATED, binding, null);

        RadiusPacket start = await().until(
                        () -> server.arrivals.size() >= 2
                                ? server.arrivals.get(1).packet()
                                : null,
                        it -> it != null);
        List<PortRange> told = new ArrayList<>();
        for (RadiusAttribute attribute : start.attributes()) {
            IpPortRange.of(attribute).ifPresent(range -> told.add(range.range()));
        }
        assertThat(told).isEqualTo(scattered.ranges());
        assertThat(Softwire46Configuration.of(start).orElseThrow().ports()).isEqualTo(scattered);
    }

    @Test
    void aReportTellsAsManyRangesAsItHasRoomFor() throws RadiusException {
        ScriptedServer server = server();
        Sessions sessions = sessions(server, 100);
        PortSet scattered = new PortSet(8, 8, 52);
        Binding binding = binding(1, scattered);
        RadiusAttribute longest = RadiusAttribute.ofOctets(RadiusAttribute.CLASS, new byte[253]);
        loop.execute(() -> sessions.expect(
                binding.b4(), new Session.Grant("u".repeat(253), longest, Collections.nCopies(9, longest), null)));
        tell(sessions, Kind.CREATED, binding, null);

        ScriptedServer.Arrival start =
                await().until(() -> server.arrivals.size() >= 2 ? server.arrivals.get(1) : null, it -> it != null);
        List<PortRange> told = new ArrayList<>();
        for (RadiusAttribute attribute : start.packet().attributes()) {
            IpPortRange.of(attribute).ifPresent(range -> told.add(range.range()));
        }
        assertThat(told).isNotEmpty().isEqualTo(scattered.ranges().subList(0, told.size()));
        assertThat(start.octets().list()).hasSizeBetween(RadiusPacket.MAX_OCTETS - 60, RadiusPacket.MAX_OCTETS);
        assertThat(Softwire46Configuration.of(start.packet()).orElseThrow().ports())
                .isEqualTo(scattered);
    }

    @Test
    void nothingIsToldBeforeTheServerKnowsThatWeStarted() {
        isSilent = true;
        ScriptedServer server = server();
        Sessions sessions = sessions(server, 100);
        for (int i = 1; i < 10; i++) {
            tell(sessions, Kind.CREATED, binding(i, new PortSet(0, 6, i)), null);
        }
        await().until(() -> counters.get(RadiusCounter.ACCOUNTING_UNANSWERED) > 0);
        assertThat(server.arrivals)
                .allSatisfy(arrival -> assertThat(integer(arrival.packet(), RadiusAttribute.ACCT_STATUS_TYPE))
                        .isEqualTo(ON));
        isSilent = false;
        await().atMost(Duration.ofSeconds(60)).until(() -> counters.get(RadiusCounter.ACCOUNTING_RESPONSES) == 10);
    }

    @Test
    void reportsOfASessionComeInTheirOrder() {
        ScriptedServer server = server();
        Sessions sessions = sessions(server, 10_000);
        for (int i = 1; i < 60; i++) {
            Binding binding = binding(i, new PortSet(0, 6, i));
            tell(sessions, Kind.CREATED, binding, null);
            tell(sessions, Kind.DELETED, binding, new BindingVolume(0, 0, 0, 0));
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> counters.get(RadiusCounter.ACCOUNTING_RESPONSES) == 119);

        for (int i = 1; i < 60; i++) {
            String b4 = binding(i, new PortSet(0, 6, i)).b4().toString();
            assertThat(server.arrivals.stream()
                            .map(ScriptedServer.Arrival::packet)
                            .filter(packet -> packet.first(RadiusAttribute.CALLING_STATION_ID)
                                    .flatMap(RadiusAttribute::asText)
                                    .filter(b4::equals)
                                    .isPresent())
                            .map(packet -> integer(packet, RadiusAttribute.ACCT_STATUS_TYPE))
                            .distinct())
                    .containsExactly(1L, 2L);
        }
        assertThat(server.arrivals.stream()
                        .map(arrival -> arrival.packet()
                                .first(RadiusAttribute.ACCT_SESSION_ID)
                                .orElseThrow()
                                .asText()
                                .orElseThrow())
                        .distinct())
                .hasSize(60);
    }

    @Test
    void whatExceedsTheQueueIsDroppedAndCounted() {
        isSilent = true;
        Sessions sessions = sessions(server(), 5);
        for (int i = 1; i < 10; i++) {
            tell(sessions, Kind.CREATED, binding(i, new PortSet(0, 6, i)), null);
        }
        // Accounting-On is the fifth.
        await().until(() -> counters.get(RadiusCounter.ACCOUNTING_DROPPED) == 5);
        assertThat(CompletableFuture.supplyAsync(sessions::hasRoomForSnapshot, loop)
                        .join())
                .isFalse();
    }

    @Test
    void aSnapshotOfAKnownSessionIsNoNewOne() {
        ScriptedServer server = server();
        Sessions sessions = sessions(server, 100);
        Binding binding = binding(1, new PortSet(0, 6, 1));
        tell(sessions, Kind.CREATED, binding, null);
        tell(sessions, Kind.SNAPSHOT, binding, null);
        tell(sessions, Kind.DELETED, binding, null);
        await().until(() -> counters.get(RadiusCounter.ACCOUNTING_RESPONSES) == 3);
        assertThat(counters.get(RadiusCounter.ACCOUNTING_REQUESTS)).isEqualTo(3);
    }

    private ScriptedServer server() {
        ScriptedServer server = new ScriptedServer((it, arrival) -> {
            if (!isSilent) {
                ScriptedServer.accept(it, arrival);
            }
        });
        opened.add(server);
        return server;
    }

    private Sessions sessions(ScriptedServer server, int queueRecords) {
        RadiusClient client = new RadiusClient(
                loop,
                List.of(new RadiusClient.Server(server.address(), ScriptedServer.SECRET)),
                new RadiusClient.Patience(Duration.ofMillis(200), 2, Duration.ofMillis(100)),
                100,
                false,
                counters);
        opened.addFirst(client);
        RadiusAccounting accounting = new RadiusAccounting(
                loop,
                client,
                TestSettings.radius(Password.NONE, OnUnavailable.REFUSE, queueRecords),
                new NasIdentity("lwaftr1", BR),
                table,
                () -> START,
                counters);
        loop.execute(accounting::goOn);
        return new Sessions(new LeaseTable(List.of(), table, BR), new UserName("{b4}"), () -> START, accounting);
    }

    private void tell(Sessions sessions, Kind kind, Binding binding, @Nullable BindingVolume volume) {
        Instant at = kind == Kind.DELETED ? START.plusSeconds(60) : START;
        loop.execute(() -> sessions.onChange(new BindingChange(kind, at, binding, Origin.PCP, volume)));
    }

    private static Binding binding(int number, PortSet ports) {
        return new Binding(
                new Ipv6Address(0x2001_0db8_0000_0000L + number, 1), Ipv4Address.parse("192.0.2.1"), ports, BR, "s");
    }

    private static long integer(RadiusPacket packet, int type) {
        return packet.first(type).orElseThrow().asInteger().orElseThrow();
    }
}
