package io.portledger.lwaftr.radius;

import static io.portledger.lwaftr.radius.ScriptedServer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.Authority.Denied;
import io.portledger.lwaftr.provisioning.Authority.Entitled;
import io.portledger.lwaftr.provisioning.Authority.Unavailable;
import io.portledger.lwaftr.provisioning.Authority.Verdict;
import io.portledger.lwaftr.provisioning.Entitlement;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.radius.RadiusSettings.OnUnavailable;
import io.portledger.lwaftr.radius.RadiusSettings.Password;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.Softwire46Configuration;
import io.portledger.radius.Softwire46Priority;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RadiusAuthorityTest {

    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address OTHER_BR = Ipv6Address.parse("2001:db8:eeee::1");
    private static final Ipv4Address IPV4 = Ipv4Address.parse("192.0.2.1");
    private static final Ipv6Prefix PREFIX = Ipv6Prefix.parse("2001:db8:0:100::/56");
    private static final PortSet PORTS = new PortSet(0, 6, 34);

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final RadiusCounters counters = new RadiusCounters();
    private final BindingTable table = new BindingTable();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        table.close();
    }

    @Test
    void questionsAboutOneLwb4AreOneRequest() throws Exception {
        ScriptedServer server = serve((it, arrival) -> {});
        RadiusAuthority authority = authority(server, Password.SHARED, OnUnavailable.REFUSE, 10);
        List<CompletableFuture<Verdict>> verdicts = List.of(ask(authority, B4), ask(authority, B4), ask(authority, B4));
        await().until(() -> server.arrivals.size() == 1);
        ScriptedServer.accept(server, server.arrivals.getFirst());

        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict.join()).isInstanceOf(Entitled.class));
        assertThat(counters.get(RadiusCounter.ACCESS_REQUESTS)).isEqualTo(1);
        assertThat(server.arrivals.stream().map(ScriptedServer.Arrival::octets).distinct())
                .hasSize(1);
    }

    @Test
    void aQuestionBeyondTheAllowedNumberIsNotSent() {
        RadiusAuthority authority = authority(serve((it, arrival) -> {}), Password.SHARED, OnUnavailable.REFUSE, 1);
        var _ = ask(authority, B4);
        assertThat(ask(authority, Ipv6Address.parse("2001:db8::2")).join()).isInstanceOf(Unavailable.class);
    }

    @Test
    void localSettingsDecideWhenNoServerDoesIfTheyMay() {
        RadiusAuthority authority = authority(serve((it, arrival) -> {}), Password.SHARED, OnUnavailable.LOCAL, 1);
        var _ = ask(authority, B4);
        assertThat(ask(authority, Ipv6Address.parse("2001:db8::2")).join())
                .isEqualTo(new Entitled(Entitlement.UNKNOWN));
    }

    @ParameterizedTest
    @EnumSource
    void aRequestSaysWhoAsksForWhatByWhichPassword(Password password) throws RadiusException {
        ScriptedServer server = serve(ScriptedServer::accept);
        ask(authority(server, password, OnUnavailable.REFUSE, 10), B4).join();

        RadiusPacket request = server.arrivals.getFirst().packet();
        assertThat(request.attributes().getFirst().type()).isEqualTo(RadiusAttribute.MESSAGE_AUTHENTICATOR);
        assertThat(request.first(RadiusAttribute.USER_NAME).orElseThrow().asText())
                .contains("2001:db8:0:100::1@lw");
        assertThat(request.first(RadiusAttribute.USER_PASSWORD).flatMap(RadiusAttribute::asText))
                .isEqualTo(
                        switch (password) {
                            case SHARED -> Optional.of("lw4o6");
                            case USER_NAME -> Optional.of("2001:db8:0:100::1@lw");
                            case NONE -> Optional.empty();
                        });
        assertThat(request.first(RadiusAttribute.SERVICE_TYPE).orElseThrow().asInteger())
                .hasValue(password == Password.NONE ? 10 : 2);
        assertThat(request.first(RadiusAttribute.NAS_IDENTIFIER).orElseThrow().asText())
                .contains("lwaftr1");
        assertThat(request.first(RadiusAttribute.NAS_IPV6_ADDRESS).orElseThrow().asIpv6())
                .contains(BR);
        assertThat(request.first(RadiusAttribute.FRAMED_IPV6_ADDRESS)
                        .orElseThrow()
                        .asIpv6())
                .contains(B4);
        assertThat(request.first(RadiusAttribute.CALLING_STATION_ID)
                        .orElseThrow()
                        .asText())
                .contains("2001:db8:0:100::1");
        assertThat(Softwire46Priority.of(request))
                .contains(new Softwire46Priority(List.of(Softwire46Priority.LIGHTWEIGHT_4OVER6)));
    }

    @Test
    void aConfigurationDeterminesPortsAndTheFirstTunnelEndPointThatIsOurs() {
        Verdict verdict = answered(
                new Softwire46Configuration(List.of(OTHER_BR, BR), IPV4, PREFIX, PORTS).toAttribute(),
                RadiusAttribute.ofInteger(RadiusAttribute.SESSION_TIMEOUT, 3600),
                RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "alice"));

        assertThat(verdict)
                .isEqualTo(new Entitled(
                        new Entitlement("alice", null, new PublicPorts(IPV4, PORTS), BR, Duration.ofHours(1))));
    }

    @Test
    void aConfigurationWithoutPortParametersIsTheWholeAddress() {
        assertThat(answered(new Softwire46Configuration(List.of(BR), IPV4, PREFIX, null).toAttribute()))
                .isEqualTo(new Entitled(new Entitlement(
                        "2001:db8:0:100::1@lw", null, new PublicPorts(IPV4, PortSet.WHOLE_ADDRESS), BR, null)));
    }

    @Test
    void theSubscriberIsTheChargeableIdentityBeforeTheUserName() {
        assertThat(answered(
                        RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "alice"),
                        RadiusAttribute.ofText(RadiusAttribute.FILTER_ID, "gold"),
                        RadiusAttribute.ofText(RadiusAttribute.CHARGEABLE_USER_IDENTITY, "contract-17")))
                .isEqualTo(new Entitled(new Entitlement("contract-17", "gold", null, null, null)));
        assertThat(answered(
                        RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "alice"),
                        RadiusAttribute.ofOctets(RadiusAttribute.CHARGEABLE_USER_IDENTITY, new byte[] {0})))
                .isEqualTo(new Entitled(new Entitlement("alice", null, null, null, null)));
    }

    static Stream<Arguments> unusable() {
        return Stream.of(
                Arguments.of(
                        "is not ours",
                        new Softwire46Configuration(List.of(OTHER_BR), IPV4, PREFIX, PORTS).toAttribute()),
                Arguments.of(
                        "is not that of",
                        new Softwire46Configuration(List.of(BR), IPV4, Ipv6Prefix.parse("2001:db8:1::/48"), PORTS)
                                .toAttribute()),
                Arguments.of(
                        "nobody's",
                        new Softwire46Configuration(List.of(BR), Ipv4Address.parse("224.0.0.1"), PREFIX, PORTS)
                                .toAttribute()),
                Arguments.of("V4V6Bind is missing", RadiusAttribute.ofExtended(241, 9, new byte[] {3, 2})),
                Arguments.of("other mechanisms", new Softwire46Priority(List.of(1, 144)).toAttribute()),
                Arguments.of(
                        "no service class (allowed: default, gold)",
                        RadiusAttribute.ofText(RadiusAttribute.FILTER_ID, "silver")),
                Arguments.of("Session-Timeout is 0", RadiusAttribute.ofInteger(RadiusAttribute.SESSION_TIMEOUT, 0)),
                Arguments.of("Service-Type 6", RadiusAttribute.ofInteger(RadiusAttribute.SERVICE_TYPE, 6)));
    }

    @ParameterizedTest
    @MethodSource("unusable")
    void anAcceptThatSaysWhatCannotBeIsADenial(String reason, RadiusAttribute attribute) {
        assertThat(answered(attribute))
                .isInstanceOfSatisfying(
                        Denied.class, denied -> assertThat(denied.reason()).contains(reason));
        assertThat(counters.get(RadiusCounter.ACCESS_ACCEPTS_UNUSABLE)).isEqualTo(1);
    }

    @Test
    void aRejectAndAChallengeAreDenials() {
        RadiusAttribute message = RadiusAttribute.ofText(RadiusAttribute.REPLY_MESSAGE, "unpaid");
        assertThat(answered(RadiusPacket.ACCESS_REJECT, message))
                .isInstanceOfSatisfying(
                        Denied.class, denied -> assertThat(denied.reason()).contains("unpaid"));
        assertThat(answered(RadiusPacket.ACCESS_CHALLENGE)).isInstanceOf(Denied.class);
    }

    private Verdict answered(RadiusAttribute... attributes) {
        return answered(RadiusPacket.ACCESS_ACCEPT, attributes);
    }

    private Verdict answered(int code, RadiusAttribute... attributes) {
        ScriptedServer server = serve((it, arrival) -> it.send(reply(code, arrival, attributes), arrival));
        return ask(authority(server, Password.SHARED, OnUnavailable.REFUSE, 10), B4)
                .join();
    }

    private ScriptedServer serve(ScriptedServer.Script script) {
        ScriptedServer server = new ScriptedServer(script);
        opened.add(server);
        return server;
    }

    private RadiusAuthority authority(
            ScriptedServer server, Password password, OnUnavailable onUnavailable, int maxOutstanding) {
        RadiusClient client = new RadiusClient(
                loop,
                List.of(new RadiusClient.Server(server.address(), ScriptedServer.SECRET)),
                new RadiusClient.Patience(Duration.ofSeconds(30), 1, Duration.ofSeconds(30)),
                maxOutstanding,
                true,
                counters);
        opened.addFirst(client);
        UserName userName = new UserName("{b4}@lw");
        return new RadiusAuthority(
                client,
                TestSettings.radius(password, onUnavailable, 100),
                userName,
                "lw4o6",
                new NasIdentity("lwaftr1", BR),
                new OwnSoftwires(Set.of(BR)),
                Set.of("gold", "default"),
                new Sessions(new LeaseTable(List.of(), table, BR), userName, Instant::now, null),
                counters);
    }

    private CompletableFuture<Verdict> ask(RadiusAuthority authority, Ipv6Address b4) {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        loop.execute(() -> authority.ask(b4, verdict::complete));
        return verdict;
    }
}
