package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PcpServiceTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Instant HORIZON = START.plusSeconds(100_000);
    private static final Ipv6Address CLIENT = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    private static final Nonce NONCE = new Nonce(0xa1b2c3d4e5f60718L, 0x293a4b5c);
    private static final Nonce OTHER_NONCE = new Nonce(1, 2);

    private final List<BindingChange> changes = new ArrayList<>();
    private BindingTable table = new BindingTable();
    private Instant now = START;
    private LeaseTable leases = leasesOf(Pools.settings("p", 0, 6, 1024, "192.0.2.1"));
    private PcpService service = new PcpService(provisioner(), null, List.of(Ipv6Prefix.parse("::1")), START);

    @Test
    void theExchangeOfTheFactSheetIsAnsweredOctetByOctet() {
        service = new PcpService(provisioner(), null, List.of(), START.minusSeconds(12345));
        leases.addPermanent(
                List.of(new Binding(
                                Ipv6Address.parse("2001:db8::dead"),
                                Ipv4Address.parse("192.0.2.1"),
                                new PortSet(0, 6, 1),
                                BR))
                        .iterator(),
                now);
        String portSetRequest =
                "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000ffffc000020182000005ffff000100000000";

        assertThat(hex(portSetRequest))
                .isEqualTo(
                        "0281000000000e1000003039000000000000000000000000a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000ffffc0000201820000050400880000000000");
        assertThat(hex("020000000000000020010db8000001000000000000000001"))
                .isEqualTo("028000000000000000003039000000000000000000000000");
        assertThat(
                        hex(
                                "020200000000025820010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c060000008804000000000000000000000000ffff0000000001bb000000000000000000000000ffffcb007107"))
                .isEqualTo(
                        "028200000000025800003039000000000000000000000000a1b2c3d4e5f60718293a4b5c060000008804880400000000000000000000ffffc000020101bb000000000000000000000000ffffcb007107");
    }

    @Test
    void theFirstMapCreatesTheBindingInTheTableAndTellsIt() {
        PcpResponse response = ask(mapSet(CLIENT, NONCE, 7200, 1));

        Binding binding = new Binding(CLIENT, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 1), BR);
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.lifetimeSeconds()).isEqualTo(7200);
        assertThat(response.options()).containsExactly(new PcpOption.PortSet(1024, 1024, false));
        assertThat(changes).containsExactly(new BindingChange(BindingChange.Kind.CREATED, START, binding));
        assertThat(table.get(binding.ipv4(), binding.ports())).contains(binding);
    }

    @Test
    void aRetransmissionChangesNothingButTheExpiry() {
        PcpResponse first = ask(mapSet(CLIENT, NONCE, 7200, 1));
        now = now.plusSeconds(3);
        PcpResponse second = ask(mapSet(CLIENT, NONCE, 7200, 1));

        assertThat(second.operation()).isEqualTo(first.operation());
        assertThat(second.options()).isEqualTo(first.options());
        assertThat(second.epochSeconds()).isEqualTo(3);
        assertThat(changes).hasSize(1);
        assertThat(leases.nextExpiry(HORIZON)).contains(now.plusSeconds(7200));
    }

    @ParameterizedTest
    @CsvSource({"1, 120", "119, 120", "120, 120", "7200, 7200", "86400, 86400", "86401, 86400", "4294967295, 86400"})
    void lifetimesAreKeptWithinThePoolsBounds(long requested, long granted) {
        assertThat(ask(mapSet(CLIENT, NONCE, requested, 1)).lifetimeSeconds()).isEqualTo(granted);
        assertThat(leases.nextExpiry(HORIZON)).contains(START.plusSeconds(granted));
    }

    @Test
    void aStrangersNonceIsNotAuthorizedForTheRemainingLifetime() {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        now = now.plusMillis(1_500);

        for (long lifetime : List.of(7200L, 0L)) {
            PcpResponse response = ask(mapSet(CLIENT, OTHER_NONCE, lifetime, 1));
            assertThat(response.result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
            assertThat(response.lifetimeSeconds()).isEqualTo(7199);
        }
        assertThat(changes).hasSize(1);
        assertThat(leases.nextExpiry(HORIZON)).contains(START.plusSeconds(7200));
    }

    @Test
    void aDeleteEndsTheBindingAndAnswersWithLifetimeZero() {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        now = now.plusSeconds(10);
        PcpResponse response = ask(mapSet(CLIENT, NONCE, 0, 1));

        assertThat(response.isSuccess()).isTrue();
        assertThat(response.lifetimeSeconds()).isZero();
        assertThat(response.operation()).isEqualTo(new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4));
        assertThat(response.options()).containsExactly(new PcpOption.PortSet(65535, 1, false));
        assertThat(changes).last().satisfies(change -> {
            assertThat(change.kind()).isEqualTo(BindingChange.Kind.DELETED);
            assertThat(change.at()).isEqualTo(now);
        });
        assertThat(table.size()).isZero();
    }

    @Test
    void aDeleteOfNothingSucceeds() {
        PcpResponse response = ask(mapSet(CLIENT, NONCE, 0, 1));
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.lifetimeSeconds()).isZero();
        assertThat(changes).isEmpty();
    }

    @Test
    void aDeleteOfAllMappingsOfTheHostEndsTheBinding() {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        assertThat(ask(single(CLIENT, NONCE, 0, 0, 0, 0)).isSuccess()).isTrue();
        assertThat(leases.size()).isZero();
    }

    @Test
    void aDeleteOfForeignPortsLeavesTheBinding() {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        PcpRequest request = new PcpRequest(
                0,
                CLIENT,
                new PcpOperation.Map(NONCE, 0, 40000, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(100, 40000, false)));
        assertThat(ask(request).isSuccess()).isTrue();
        assertThat(leases.size()).isOne();
    }

    @Test
    void aLeaseThatExpiredIsGoneForTheNextRequest() {
        ask(mapSet(CLIENT, NONCE, 120, 1));
        now = START.plusSeconds(120);
        PcpResponse response = ask(mapSet(CLIENT, OTHER_NONCE, 120, 1));

        assertThat(response.isSuccess()).isTrue();
        assertThat(changes)
                .extracting(BindingChange::kind, BindingChange::at)
                .containsExactly(
                        tuple(BindingChange.Kind.CREATED, START),
                        tuple(BindingChange.Kind.DELETED, now),
                        tuple(BindingChange.Kind.CREATED, now));
    }

    @Test
    void anExhaustedPoolSaysNoResources() {
        fill(63);
        PcpResponse response = ask(mapSet(CLIENT, NONCE, 7200, 1));
        assertThat(response.result()).isEqualTo(ResultCode.NO_RESOURCES.code());
        assertThat(response.lifetimeSeconds()).isEqualTo(30);
        assertThat(changes).hasSize(63);
    }

    @Test
    void aClientOfNoPoolIsNotAuthorized() {
        serve(Pools.forClients(Pools.settings("p", 0, 6, 1024, "192.0.2.1"), "2001:db8:5::/48"));
        assertThat(ask(mapSet(CLIENT, NONCE, 7200, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
    }

    @Test
    void thePoolIsTheFirstThatNamesTheClientElseTheDefault() {
        serve(
                Pools.settings("everybody", 0, 6, 1024, "192.0.2.1"),
                Pools.forClients(Pools.settings("few", 0, 4, 1024, "192.0.2.2"), "2001:db8:0:100::/64"),
                Pools.forClients(Pools.settings("fewer", 0, 2, 1024, "192.0.2.3"), "2001:db8:0:100::/56"));
        assertThat(assignedTo(CLIENT)).isEqualTo("192.0.2.2");
        assertThat(assignedTo(Ipv6Address.parse("2001:db8:0:101::1"))).isEqualTo("192.0.2.3");
        assertThat(assignedTo(Ipv6Address.parse("2001:db8:0:200::1"))).isEqualTo("192.0.2.1");
    }

    @Test
    void aScatteredSetIsToldRangeByRangeAndIsOneBinding() {
        serve(Pools.settings("gma", 6, 8, 1024, "192.0.2.1"));
        PortSet expected = new PortSet(6, 8, 0);
        int next = 1;
        for (int i = 0; i < 63; i++) {
            PcpResponse response = ask(mapSet(CLIENT, NONCE, 7200, next));
            assertThat(response.isSuccess()).isTrue();
            PcpOption.PortSet set = response.option(PcpOption.PortSet.class).orElseThrow();
            assertThat(set.firstInternalPort()).isEqualTo(expected.range(i).first());
            assertThat(set.size()).isEqualTo(4);
            assertThat(((PcpOperation.Map) Objects.requireNonNull(response.operation())).externalPort())
                    .isEqualTo(set.firstInternalPort());
            next = set.firstInternalPort() + set.size();
        }
        PcpResponse last = ask(mapSet(CLIENT, NONCE, 7200, next));
        assertThat(last.result()).isEqualTo(ResultCode.USER_EX_QUOTA.code());
        assertThat(changes).singleElement().satisfies(change -> {
            assertThat(change.kind()).isEqualTo(BindingChange.Kind.CREATED);
            assertThat(change.binding().ports()).isEqualTo(expected);
        });
    }

    @Test
    void aRefusedFurtherRangeDoesNotRenew() {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        now = now.plusSeconds(100);
        assertThat(ask(mapSet(CLIENT, NONCE, 7200, 2048)).result()).isEqualTo(ResultCode.USER_EX_QUOTA.code());
        assertThat(leases.nextExpiry(HORIZON)).contains(START.plusSeconds(7200));
    }

    @Test
    void deletingOneRangeDeletesTheSet() {
        serve(Pools.settings("gma", 6, 8, 1024, "192.0.2.1"));
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        ask(mapSet(CLIENT, NONCE, 0, 2048));
        assertThat(leases.size()).isZero();
    }

    @Test
    void aSinglePortIsAnsweredWithoutPortSet() {
        serve(Pools.settings("single", 6, 10, 1024, "192.0.2.1"));
        PcpResponse response = ask(mapSet(CLIENT, NONCE, 7200, 1));
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.options()).isEmpty();
        assertThat(response.operation())
                .isEqualTo(new PcpOperation.Map(NONCE, 0, 1, 1024, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))));
    }

    @Test
    void neverMorePortsThanAskedForAreMapped() {
        PcpRequest request = new PcpRequest(
                7200,
                CLIENT,
                new PcpOperation.Map(NONCE, 0, 1500, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(10, 1500, true)));
        assertThat(ask(request).options()).containsExactly(new PcpOption.PortSet(10, 1500, true));
    }

    @Test
    void aWindowThatNoFreeSetMeetsCreatesNothing() {
        PcpRequest request = new PcpRequest(
                7200,
                CLIENT,
                new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(10, 1, false)));
        assertThat(ask(request).result()).isEqualTo(ResultCode.NO_RESOURCES.code());
        assertThat(changes).isEmpty();
        assertThat(leases.pools().getFirst().held()).isZero();
    }

    @Test
    void aWholeAddressIsGivenFromPortOneOn() {
        serve(Pools.settings("whole", 0, 0, 1024, "192.0.2.1"));
        assertThat(ask(mapSet(CLIENT, NONCE, 7200, 1)).options())
                .containsExactly(new PcpOption.PortSet(65535, 1, false));
        assertThat(changes.getFirst().binding().ports()).isEqualTo(PortSet.WHOLE_ADDRESS);
    }

    @Test
    void aPortSetOfOneProtocolIsUnsupported() {
        PcpRequest request = new PcpRequest(
                7200,
                CLIENT,
                new PcpOperation.Map(NONCE, 17, 1, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(65535, 1, false)));
        assertThat(ask(request).result()).isEqualTo(ResultCode.UNSUPP_PROTOCOL.code());
    }

    @Test
    void aThirdPartyGetsTheBindingIfTheSourceIsTrusted() {
        Ipv6Address trusted = Ipv6Address.parse("::1");
        PcpRequest request = thirdParty(trusted, CLIENT);
        PcpResponse response = ask(request);
        assertThat(response.isSuccess()).isTrue();
        assertThat(response.options())
                .containsExactly(new PcpOption.ThirdParty(CLIENT), new PcpOption.PortSet(1024, 1024, false));
        assertThat(changes.getFirst().binding().b4()).isEqualTo(CLIENT);
    }

    @Test
    void aThirdPartyIsUnsupportedFromAnywhereElse() {
        assertThat(ask(thirdParty(Ipv6Address.parse("::2"), CLIENT)).result())
                .isEqualTo(ResultCode.UNSUPP_OPTION.code());
        assertThat(changes).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"::ffff:192.0.2.9", "ff02::1", "::"})
    void whatCannotEndASoftwireGetsNoBinding(String address) {
        Ipv6Address b4 = Ipv6Address.parse(address);
        assertThat(ask(thirdParty(Ipv6Address.parse("::1"), b4)).result())
                .isEqualTo(ResultCode.MALFORMED_OPTION.code());
        assertThat(ask(mapSet(b4, NONCE, 7200, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(changes).isEmpty();
    }

    static Stream<Arguments> singlePorts() {
        return Stream.of(
                Arguments.of("own port", single(CLIENT, NONCE, 600, 17, 1500, 0), ResultCode.SUCCESS),
                Arguments.of("foreign port", single(CLIENT, NONCE, 600, 17, 5000, 0), ResultCode.USER_EX_QUOTA),
                Arguments.of("all ports of TCP", single(CLIENT, NONCE, 600, 6, 0, 0), ResultCode.USER_EX_QUOTA),
                Arguments.of("everything", single(CLIENT, NONCE, 600, 0, 0, 0), ResultCode.USER_EX_QUOTA),
                Arguments.of(
                        "own port and nothing else",
                        single(CLIENT, NONCE, 600, 17, 1500, 1500, new PcpOption.PreferFailure()),
                        ResultCode.SUCCESS),
                Arguments.of(
                        "another external port and nothing else",
                        single(CLIENT, NONCE, 600, 17, 1500, 1501, new PcpOption.PreferFailure()),
                        ResultCode.CANNOT_PROVIDE_EXTERNAL),
                Arguments.of(
                        "foreign port and nothing else",
                        single(CLIENT, NONCE, 600, 17, 5000, 5000, new PcpOption.PreferFailure()),
                        ResultCode.CANNOT_PROVIDE_EXTERNAL),
                Arguments.of(
                        "a filter",
                        single(CLIENT, NONCE, 600, 17, 1500, 0, new PcpOption.Filter(0, 0, ANY_IPV4)),
                        ResultCode.UNSUPP_OPTION),
                Arguments.of("delete own port", single(CLIENT, NONCE, 0, 17, 1500, 0), ResultCode.NOT_AUTHORIZED),
                Arguments.of("delete foreign port", single(CLIENT, NONCE, 0, 17, 5000, 0), ResultCode.SUCCESS),
                Arguments.of("peer from own port", peer(1500, 0, ANY_IPV4), ResultCode.SUCCESS),
                Arguments.of("peer from foreign port", peer(5000, 0, ANY_IPV4), ResultCode.CANNOT_PROVIDE_EXTERNAL),
                Arguments.of("peer to other port", peer(1500, 1600, ANY_IPV4), ResultCode.CANNOT_PROVIDE_EXTERNAL),
                Arguments.of(
                        "peer to other address",
                        peer(1500, 1500, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.2"))),
                        ResultCode.CANNOT_PROVIDE_EXTERNAL));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("singlePorts")
    void singlePortsAreAnsweredByWhatTheBindingSays(String name, PcpRequest request, ResultCode expected) {
        ask(mapSet(CLIENT, NONCE, 7200, 1));
        assertThat(ask(request).result()).isEqualTo(expected.code());
        assertThat(changes).hasSize(1);
    }

    @Test
    void anOwnPortIsMappedToItselfNoLongerThanTheLeaseLasts() {
        ask(mapSet(CLIENT, NONCE, 120, 1));
        now = now.plusSeconds(20);
        PcpResponse response = ask(single(CLIENT, OTHER_NONCE, 600, 17, 1500, 0));
        assertThat(response.lifetimeSeconds()).isEqualTo(100);
        assertThat(response.operation())
                .isEqualTo(new PcpOperation.Map(
                        OTHER_NONCE, 17, 1500, 1500, Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"))));
    }

    @Test
    void withoutABindingThereIsNothingToMapTo() {
        assertThat(ask(single(CLIENT, NONCE, 600, 17, 1500, 0)).result()).isEqualTo(ResultCode.NO_RESOURCES.code());
        assertThat(ask(peer(1500, 0, ANY_IPV4)).result()).isEqualTo(ResultCode.NO_RESOURCES.code());
    }

    @Test
    void aPermanentBindingIsToldForEverAndCannotBeDeleted() {
        Binding binding = new Binding(CLIENT, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 34), BR);
        leases.addPermanent(List.of(binding).iterator(), now);

        PcpResponse response = ask(mapSet(CLIENT, NONCE, 7200, 1));
        assertThat(response.lifetimeSeconds()).isEqualTo(0xffff_ffffL);
        assertThat(response.options()).containsExactly(new PcpOption.PortSet(1024, 34816, false));
        assertThat(ask(mapSet(CLIENT, OTHER_NONCE, 7200, 1)).isSuccess()).isTrue();
        assertThat(ask(mapSet(CLIENT, NONCE, 0, 1)).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(ask(single(CLIENT, NONCE, 60, 6, 34816, 0)).lifetimeSeconds())
                .isEqualTo(0xffff_ffffL);
        assertThat(changes)
                .containsExactly(new BindingChange(BindingChange.Kind.CREATED, START, binding, Origin.FILE, null));
    }

    @Test
    void portsOfAPermanentBindingAreGivenToNobodyElse() {
        Binding binding = new Binding(CLIENT, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 34), BR);
        leases.addPermanent(List.of(binding).iterator(), now);
        fill(62);
        assertThat(ask(mapSet(Ipv6Address.parse("2001:db8::beef"), NONCE, 7200, 1))
                        .result())
                .isEqualTo(ResultCode.NO_RESOURCES.code());
        assertThat(changes.stream()
                        .filter(change -> change.binding().ports().psid() == 34)
                        .count())
                .isOne();
    }

    @Test
    void theAnswerToARequestFromBehindANatIsAddressMismatch() {
        ByteBuf datagram = encoded(mapSet(CLIENT, NONCE, 7200, 1));
        ByteBuf out = answer(datagram, Ipv6Address.parse("2001:db8::bad"));
        assertThat(Objects.requireNonNull(out).getUnsignedByte(3))
                .isEqualTo((short) ResultCode.ADDRESS_MISMATCH.code());
        assertThat(service.answered(ResultCode.ADDRESS_MISMATCH)).isOne();
        assertThat(changes).isEmpty();
    }

    @Test
    void aResponseIsNeverAnswered() {
        assertThat(answer(
                        Unpooled.wrappedBuffer(
                                ByteBufUtil.decodeHexDump("028000000000000000003039000000000000000000000000")),
                        CLIENT))
                .isNull();
        assertThat(service.dropped()).isOne();
    }

    @AfterEach
    void freeTheTable() {
        table.close();
    }

    private void serve(ServiceClass... pools) {
        leases = leasesOf(pools);
        service = new PcpService(provisioner(), null, List.of(Ipv6Prefix.parse("::1")), START);
    }

    private LeaseTable leasesOf(ServiceClass... pools) {
        table.close();
        table = new BindingTable();
        LeaseTable fresh = new LeaseTable(Stream.of(pools).map(Pool::new).toList(), table, BR);
        fresh.addListener(changes::add, now);
        return fresh;
    }

    private Provisioner provisioner() {
        return new Provisioner(leases, new Subscribers(), null, () -> now);
    }

    /** What is answered to a datagram; null if nothing is. */
    private @Nullable ByteBuf answer(ByteBuf datagram, Ipv6Address source) {
        AtomicReference<@Nullable ByteBuf> answer = new AtomicReference<>();
        service.serve(datagram, source, source, 40000, now, octets -> {
            answer.set(Unpooled.copiedBuffer(octets));
            octets.release();
        });
        return answer.get();
    }

    private void fill(int clients) {
        for (int i = 0; i < clients; i++) {
            assertThat(ask(mapSet(new Ipv6Address(0x20010db8_0001_0000L + i, 1), NONCE, 7200, 1))
                            .isSuccess())
                    .isTrue();
        }
    }

    private String assignedTo(Ipv6Address client) {
        PcpOperation.Map map = (PcpOperation.Map)
                Objects.requireNonNull(ask(mapSet(client, NONCE, 7200, 1)).operation());
        return map.externalAddress().embeddedIpv4().toString();
    }

    private String hex(String request) {
        return ByteBufUtil.hexDump(
                Objects.requireNonNull(answer(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(request)), CLIENT)));
    }

    private PcpResponse ask(PcpRequest request) {
        try {
            return PcpResponse.decode(Objects.requireNonNull(answer(encoded(request), request.clientAddress())));
        } catch (PcpException e) {
            throw new AssertionError(e);
        }
    }

    private static ByteBuf encoded(PcpRequest request) {
        ByteBuf in = Unpooled.buffer();
        request.encode(in);
        return in;
    }

    private static PcpRequest mapSet(Ipv6Address client, Nonce nonce, long lifetime, int firstPort) {
        return new PcpRequest(
                lifetime,
                client,
                new PcpOperation.Map(nonce, 0, firstPort, 0, ANY_IPV4),
                List.of(new PcpOption.PortSet(65535, firstPort, false)));
    }

    private static PcpRequest thirdParty(Ipv6Address source, Ipv6Address internal) {
        return new PcpRequest(
                7200,
                source,
                new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                List.of(new PcpOption.ThirdParty(internal), new PcpOption.PortSet(65535, 1, false)));
    }

    private static PcpRequest single(
            Ipv6Address client,
            Nonce nonce,
            long lifetime,
            int protocol,
            int port,
            int suggestedPort,
            PcpOption... options) {
        return new PcpRequest(
                lifetime,
                client,
                new PcpOperation.Map(nonce, protocol, port, suggestedPort, ANY_IPV4),
                List.of(options));
    }

    private static PcpRequest peer(int port, int suggestedPort, Ipv6Address suggestedAddress) {
        return new PcpRequest(
                600,
                CLIENT,
                new PcpOperation.Peer(
                        new PcpOperation.Map(NONCE, 6, port, suggestedPort, suggestedAddress),
                        443,
                        Ipv6Address.mapped(Ipv4Address.parse("203.0.113.7"))),
                List.of());
    }
}
