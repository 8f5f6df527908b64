package io.portledger.lwaftr.radius;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
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
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lwAFTR with real FreeRADIUS servers: who gets what, what is reported, and what the AAA server changes. */
class FreeRadiusTest {

    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address DETERMINED = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address GOLD = Ipv6Address.parse("2001:db8:0:200::1");
    private static final Ipv6Address PLAIN = Ipv6Address.parse("2001:db8:0:300::1");
    private static final Ipv6Address STRANGER = Ipv6Address.parse("2001:db8:0:900::1");
    private static final Nonce NONCE = new Nonce(1, 2);

    private static final String USERS = """
            2001:db8:0:100::1	Cleartext-Password := "lw4o6"
            	User-Name = "alice",
            	Class = 0x616263,
            	S46-Lw-BR = 2001:db8:ffff::1,
            	S46-Lw-V4V6Bind = 0x0d06c00002010e0b003820010db8000001,
            	S46-Lw-PSID-Offset = 0,
            	S46-Lw-PSID-Len = 6,
            	S46-Lw-PSID = 34816,
            	S46-Option-Code = 3,
            	DS-Lite-Tunnel-Name = "aftr.example.com"

            2001:db8:0:200::1	Cleartext-Password := "lw4o6"
            	Filter-Id = "gold",
            	User-Name = "bob",
            	Chargeable-User-Identity = "contract-17"

            2001:db8:0:300::1	Cleartext-Password := "lw4o6"
            	Session-Timeout = 300

            2001:db8:0:400::1	Cleartext-Password := "lw4o6"
            	S46-Lw-BR = 2001:db8:eeee::1,
            	S46-Lw-V4V6Bind = 0x0d06c00002010e0b003820010db8000004

            2001:db8:0:500::1	Cleartext-Password := "another"
            """;

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();
    private volatile Duration ahead = Duration.ZERO;
    private final InstantSource clock = () -> Instant.now().plus(ahead);

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private FreeRadius server;

    @SuppressWarnings("NullAway.Init")
    private Lwaftr lwaftr;

    @BeforeEach
    void start() throws IOException {
        server = FreeRadius.start(directory.resolve("one"), USERS);
        lwaftr = lwaftr(server, Map.of());
    }

    @AfterEach
    void close() {
        lwaftr.close();
        server.close();
    }

    @Test
    void theAaaServerDeterminesTheBinding() throws Exception {
        PcpResponse response = ask(DETERMINED, 7200);

        assertThat(response.isSuccess()).isTrue();
        assertThat(response.option(PcpOption.PortSet.class)).contains(new PcpOption.PortSet(1024, 34816, false));
        assertThat(changes)
                .extracting(BindingChange::binding)
                .containsExactly(
                        new Binding(DETERMINED, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 34), BR, "alice"));
    }

    @Test
    void accountingStartsWithThePortSetAndStopsWithIt() throws Exception {
        ask(DETERMINED, 7200);
        List<String> start = server.awaitAccounting("Start", record -> true).getFirst();
        ahead = Duration.ofSeconds(90);
        ask(DETERMINED, 0);
        List<String> stop = server.awaitAccounting("Stop", record -> true).getFirst();

        assertThat(server.accounting().getFirst()).contains("Acct-Status-Type = Accounting-On");
        assertThat(start)
                .contains(
                        "User-Name = \"alice\"",
                        "Class = 0x616263",
                        "NAS-Identifier = \"lwaftr1\"",
                        "NAS-IPv6-Address = 2001:db8:ffff::1",
                        "Framed-IP-Address = 192.0.2.1",
                        "Framed-IPv6-Address = 2001:db8:0:100::1",
                        "Calling-Station-Id = \"2001:db8:0:100::1\"",
                        "S46-Lw-BR = 2001:db8:ffff::1",
                        "S46-Lw-V4V6Bind = 0x0d06c00002010e14008020010db8000001000000000000000001",
                        "S46-Lw-PSID-Offset = 0",
                        "S46-Lw-PSID-Len = 6",
                        "S46-Lw-PSID = 34816",
                        "IP-Port-Range-Alloc = Allocation",
                        "IP-Port-Range-Range-Start = 34816",
                        "IP-Port-Range-Range-End = 35839")
                .noneMatch(line -> line.startsWith("Acct-Input-Octets") || line.startsWith("Acct-Session-Time"));
        assertThat(stop)
                .contains(
                        "Acct-Terminate-Cause = User-Request",
                        "Acct-Input-Octets = 0",
                        "Acct-Output-Octets = 0",
                        "Acct-Input-Gigawords = 0",
                        "Acct-Output-Packets = 0",
                        "S46-Lw-PSID = 34816")
                .contains(valueOf(start, "Acct-Session-Id"))
                .anyMatch(line -> line.matches("Acct-Session-Time = (89|90|91|1\\d\\d)"));
    }

    @Test
    void aServiceClassByFilterIdAndTheChargeableIdentityAsSubscriber() throws Exception {
        assertThat(ask(GOLD, 7200).isSuccess()).isTrue();

        Binding binding = changes.getFirst().binding();
        assertThat(binding.ipv4()).isEqualTo(Ipv4Address.parse("198.51.100.1"));
        assertThat(binding.ports().psidLength()).isEqualTo(2);
        assertThat(binding.subscriber()).isEqualTo("contract-17");
        assertThat(server.awaitAccounting("Start", record -> true).getFirst())
                .contains("User-Name = \"bob\"", "Chargeable-User-Identity = 0x636f6e74726163742d3137");
    }

    @Test
    void anAcceptWithoutMoreIsServedFromTheLocalPoolUpToItsSessionTimeout() throws Exception {
        PcpResponse response = ask(PLAIN, 7200);

        assertThat(response.isSuccess()).isTrue();
        assertThat(response.lifetimeSeconds()).isBetween(200L, 300L);
        Binding binding = changes.getFirst().binding();
        assertThat(binding.ipv4()).isEqualTo(Ipv4Address.parse("203.0.113.1"));
        assertThat(binding.subscriber()).isEqualTo("2001:db8:0:300::1");

        ahead = Duration.ofSeconds(301);
        lwaftr.expireLeases().join();
        assertThat(server.awaitAccounting("Stop", record -> true).getFirst())
                .contains("Acct-Terminate-Cause = Session-Timeout");
    }

    @Test
    void whoIsRejectedOrUnknownGetsNothing() throws Exception {
        assertThat(ask(STRANGER, 7200).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(ask(Ipv6Address.parse("2001:db8:0:500::1"), 7200).result())
                .isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(changes).isEmpty();
        assertThat(count(RadiusCounter.ACCESS_REJECTS)).isEqualTo(2);
    }

    @Test
    void anAcceptForAnotherLwaftrIsNotUsed() throws Exception {
        assertThat(ask(Ipv6Address.parse("2001:db8:0:400::1"), 7200).result())
                .isEqualTo(ResultCode.NOT_AUTHORIZED.code());
        assertThat(count(RadiusCounter.ACCESS_ACCEPTS_UNUSABLE)).isEqualTo(1);
    }

    @Test
    void whileOneServerIsDeadTheOtherAnswersAndTakesTheReports() throws Exception {
        lwaftr.close();
        try (FreeRadius second = FreeRadius.start(directory.resolve("two"), USERS)) {
            lwaftr = lwaftr(server, second, Map.of("DEAD_TIME", "1s"));
            ask(DETERMINED, 7200);
            server.awaitAccounting("Start", record -> record.contains("User-Name = \"alice\""));
            server.kill();

            assertThat(ask(GOLD, 7200).isSuccess()).isTrue();
            assertThat(ask(PLAIN, 7200).isSuccess()).isTrue();

            assertThat(second.awaitAccounting("Start", record -> record.contains("User-Name = \"bob\"")))
                    .hasSize(1);
            assertThat(count(RadiusCounter.FAILOVERS)).isPositive();

            server.restart();
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                ask(GOLD, 0);
                ask(GOLD, 7200);
                return server.accounting().stream().anyMatch(record -> record.contains("User-Name = \"bob\""));
            });
        }
    }

    @Test
    void reportsThatNobodyTookAreSentLaterAndSayHowMuchLater() throws Exception {
        lwaftr.close();
        lwaftr = lwaftr(server, Map.of("DEAD_TIME", "1s"));
        ask(DETERMINED, 7200);
        server.awaitAccounting("Start", record -> true);
        server.kill();
        ask(DETERMINED, 0);
        await().atMost(Duration.ofSeconds(60)).until(() -> count(RadiusCounter.ACCOUNTING_UNANSWERED) > 0);
        ahead = Duration.ofSeconds(30);
        server.restart();

        assertThat(server.awaitAccounting("Stop", record -> true).getFirst())
                .anyMatch(line -> line.matches("Acct-Delay-Time = [34]\\d"));
    }

    @Test
    void nobodyGetsABindingWhileNoServerAnswersUnlessLocalSettingsMayDecide() throws Exception {
        server.kill();
        assertThat(ask(GOLD, 7200).result()).isEqualTo(ResultCode.NETWORK_FAILURE.code());
        lwaftr.close();
        lwaftr = lwaftr(server, Map.of("ON_UNAVAILABLE", "local"));
        assertThat(ask(GOLD, 7200).isSuccess()).isTrue();
        assertThat(changes.getLast().binding().ipv4()).isEqualTo(Ipv4Address.parse("203.0.113.1"));
    }

    @Test
    void anAcceptWithoutMessageAuthenticatorCountsAsNoneUnlessTheSettingsAllowIt() throws Exception {
        lwaftr.close();
        try (FreeRadius old = FreeRadius.start(directory.resolve("old"), USERS, false)) {
            lwaftr = lwaftr(old, Map.of());
            assertThat(ask(GOLD, 7200).isSuccess()).isFalse();
            assertThat(count(RadiusCounter.REPLIES_WITHOUT_MESSAGE_AUTHENTICATOR))
                    .isPositive();
            lwaftr.close();
            lwaftr = lwaftr(old, Map.of("REQUIRE_MESSAGE_AUTHENTICATOR", "false"));
            assertThat(ask(GOLD, 7200).isSuccess()).isTrue();
        }
    }

    @Test
    void aWrongSecretIsNoAnswer() throws Exception {
        lwaftr.close();
        Path other = FreeRadius.secretFile(directory, "wrong");
        lwaftr = lwaftr(server, Map.of("SERVERS", "[" + entry(server.authPort, other) + "]"));
        assertThat(ask(GOLD, 7200).isSuccess()).isFalse();
        assertThat(changes).isEmpty();
    }

    @Test
    void interimReportsComeInTheirInterval() throws Exception {
        ask(GOLD, 86400);
        server.awaitAccounting("Start", record -> true);
        ahead = Duration.ofMinutes(11);

        assertThat(server.awaitAccounting("Interim-Update", record -> true).getFirst())
                .contains("Acct-Input-Octets = 0", "User-Name = \"bob\"")
                .anyMatch(line -> line.startsWith("Acct-Session-Time = 6"));
    }

    @Test
    void theEndOfTheProcessIsReportedWithEverySession() throws Exception {
        ask(GOLD, 7200);
        server.awaitAccounting("Start", record -> true);
        lwaftr.close();

        assertThat(server.awaitAccounting("Stop", record -> true).getFirst())
                .contains("Acct-Terminate-Cause = NAS-Reboot");
        assertThat(server.accounting().getLast()).contains("Acct-Status-Type = Accounting-Off");
    }

    @Test
    void bindingsThatOutliveTheProcessAreNewSessionsOfTheNextOne() throws Exception {
        lwaftr.close();
        Map<String, String> lasting =
                Map.of("/STATE_DIRECTORY", directory.resolve("state").toString());
        lwaftr = lwaftr(server, lasting);
        ask(GOLD, 7200);
        String first = valueOf(server.awaitAccounting("Start", record -> true).getFirst(), "Acct-Session-Id");
        lwaftr.close();
        lwaftr = lwaftr(server, lasting);

        List<List<String>> others = server.awaitAccounting("Start", record -> !record.contains(first));
        assertThat(others).hasSize(1);
        assertThat(others.getFirst()).contains("Framed-IPv6-Address = 2001:db8:0:200::1");
    }

    @Test
    void aDisconnectEndsTheLease() throws Exception {
        ask(GOLD, 7200);
        String session = valueOf(server.awaitAccounting("Start", record -> true).getFirst(), "Acct-Session-Id");

        assertThat(coa("disconnect", "User-Name = \"bob\"", session)).contains("Disconnect-ACK");

        assertThat(changes.getLast().kind()).isEqualTo(BindingChange.Kind.DELETED);
        assertThat(server.awaitAccounting("Stop", record -> true).getFirst())
                .contains("Acct-Terminate-Cause = Admin-Reset");
    }

    @Test
    void aCoaWithAConfigurationChangesTheBinding() throws Exception {
        ask(DETERMINED, 7200);
        server.awaitAccounting("Start", record -> true);

        assertThat(coa(
                        "coa",
                        "Framed-IPv6-Address = 2001:db8:0:100::1",
                        "S46-Lw-BR = 2001:db8:ffff::1",
                        "S46-Lw-V4V6Bind = 0x0d06c00002010e0b003820010db8000001",
                        "S46-Lw-PSID-Offset = 0",
                        "S46-Lw-PSID-Len = 6",
                        "S46-Lw-PSID = 0x00009000"))
                .contains("CoA-ACK");

        assertThat(changes)
                .extracting(BindingChange::kind)
                .containsExactly(BindingChange.Kind.CREATED, BindingChange.Kind.DELETED, BindingChange.Kind.CREATED);
        assertThat(changes.getLast().binding())
                .isEqualTo(new Binding(DETERMINED, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 36), BR, "alice"));
        assertThat(ask(DETERMINED, 7200).option(PcpOption.PortSet.class))
                .contains(new PcpOption.PortSet(1024, 36864, false));
        server.awaitAccounting("Stop", record -> record.contains("S46-Lw-PSID = 34816"));
        server.awaitAccounting(
                "Start", record -> record.contains("S46-Lw-PSID = 36864") && record.contains("Class = 0x616263"));
    }

    @Test
    void aCoaWithAFilterIdChangesTheServiceClass() throws Exception {
        ask(PLAIN, 7200);

        assertThat(coa("coa", "User-Name = \"2001:db8:0:300::1\"", "Filter-Id = \"gold\""))
                .contains("CoA-ACK");
        assertThat(changes.getLast().binding().ipv4()).isEqualTo(Ipv4Address.parse("198.51.100.1"));
        assertThat(coa("coa", "User-Name = \"2001:db8:0:300::1\"", "Filter-Id = \"silver\""))
                .contains("CoA-NAK", "Error-Cause = Invalid-Attribute-Value");
    }

    @Test
    void whatCannotBeDoneIsAnsweredWithItsCause() throws Exception {
        ask(GOLD, 7200);
        ask(DETERMINED, 7200);

        assertThat(coa("disconnect", "User-Name = \"nobody\"")).contains("Disconnect-NAK", "Session-Context-Not-Found");
        assertThat(coa("disconnect", "Reply-Message = \"x\"")).contains("Disconnect-NAK", "Missing-Attribute");
        assertThat(coa("disconnect", "User-Name = \"bob\"", "Calling-Station-Id = \"2001:db8::\""))
                .contains("Disconnect-NAK", "Session-Context-Not-Found");
        assertThat(coa("disconnect", "User-Name = \"bob\"", "NAS-Identifier = \"lwaftr2\""))
                .contains("Disconnect-NAK", "NAS-Identification-Mismatch");
        assertThat(coa("coa", "User-Name = \"bob\"", "Session-Timeout = 5"))
                .contains("CoA-NAK", "Unsupported-Attribute");
        assertThat(coa("coa", "User-Name = \"bob\"", "Service-Type = Authorize-Only"))
                .contains("CoA-NAK", "Unsupported-Service");
        assertThat(coa("coa", "User-Name = \"bob\"")).contains("CoA-NAK", "Missing-Attribute");
        // These ports are alice's.
        assertThat(coa(
                        "coa",
                        "User-Name = \"bob\"",
                        "S46-Lw-BR = 2001:db8:ffff::1",
                        "S46-Lw-V4V6Bind = 0x0d06c00002010e0b003820010db8000002",
                        "S46-Lw-PSID-Offset = 0",
                        "S46-Lw-PSID-Len = 6",
                        "S46-Lw-PSID = 34816"))
                .contains("CoA-NAK", "Resources-Unavailable");
        // Their address is divided in another way.
        assertThat(coa(
                        "coa",
                        "User-Name = \"bob\"",
                        "S46-Lw-BR = 2001:db8:ffff::1",
                        "S46-Lw-V4V6Bind = 0x0d06c00002010e0b003820010db8000002",
                        "S46-Lw-PSID-Offset = 0",
                        "S46-Lw-PSID-Len = 4",
                        "S46-Lw-PSID = 4096"))
                .contains("CoA-NAK", "Resources-Unavailable");
        assertThat(changes).hasSize(2);
    }

    @Test
    void aRequestUnderAnotherSecretOrFromAnotherTimeIsDropped() throws Exception {
        ask(GOLD, 7200);

        String wrong = server.radclient(
                "User-Name = \"bob\"\nEvent-Timestamp = " + Instant.now().getEpochSecond(),
                coaPort(),
                "disconnect",
                "wrong");
        String old = server.radclient(
                "User-Name = \"bob\"\nEvent-Timestamp = "
                        + Instant.now().minusSeconds(3600).getEpochSecond(),
                coaPort(),
                "disconnect",
                FreeRadius.SECRET);
        String timeless = server.radclient("User-Name = \"bob\"", coaPort(), "disconnect", FreeRadius.SECRET);

        assertThat(List.of(wrong, old, timeless)).noneMatch(said -> said.contains("Received"));
        assertThat(count(RadiusCounter.COA_NOT_AUTHENTIC)).isEqualTo(1);
        assertThat(count(RadiusCounter.COA_STALE)).isEqualTo(2);
        assertThat(changes).hasSize(1);
    }

    private String coa(String command, String... attributes) throws IOException, InterruptedException {
        return server.radclient(
                String.join("\n", attributes) + "\nEvent-Timestamp = "
                        + Instant.now().getEpochSecond(),
                coaPort(),
                command,
                FreeRadius.SECRET);
    }

    private int coaPort() {
        return lwaftr.radius().coaAddress().orElseThrow().getPort();
    }

    private long count(RadiusCounter counter) {
        return lwaftr.radius().counters().get(counter);
    }

    /** The line of that attribute. */
    private static String valueOf(List<String> record, String attribute) {
        return record.stream()
                .filter(line -> line.startsWith(attribute + " = "))
                .findFirst()
                .orElseThrow();
    }

    private Lwaftr lwaftr(FreeRadius one, Map<String, String> variables) throws IOException {
        return lwaftr(one, one, variables);
    }

    /** @param variables settings of {@code lwaftr.radius}, or of {@code lwaftr} with a slash before them */
    private Lwaftr lwaftr(FreeRadius one, FreeRadius other, Map<String, String> variables) throws IOException {
        Path secret = FreeRadius.secretFile(directory, FreeRadius.SECRET);
        Path password = FreeRadius.secretFile(directory, "lw4o6");
        Map<String, String> environment = new HashMap<>();
        environment.put("PCP_LISTEN", "[::1]:0");
        environment.put("PCP_THIRD_PARTY_FROM", "['::1']");
        environment.put(
                "SERVICE_CLASSES",
                "[{prefixes: [203.0.113.1]}, {name: gold, prefixes: [198.51.100.1], psid-length: 2, reserved-ports: 0,"
                        + " clients: ['2001:db8:aaaa::/48']}]");
        boolean isOne = one.equals(other);
        environment.put(
                "RADIUS_SERVERS",
                "[" + entry(one.authPort, secret) + (isOne ? "" : ", " + entry(other.authPort, secret)) + "]");
        environment.put(
                "RADIUS_ACCOUNTING_SERVERS",
                "[" + entry(one.acctPort, secret) + (isOne ? "" : ", " + entry(other.acctPort, secret)) + "]");
        environment.put("RADIUS_PASSWORD_FILE", password.toString());
        environment.put("RADIUS_NAS_IDENTIFIER", "lwaftr1");
        environment.put("RADIUS_TIMEOUT", "300ms");
        environment.put("RADIUS_COA_LISTEN", "127.0.0.1:0");
        environment.put("RADIUS_COA_CLIENTS", "[{address: '::ffff:127.0.0.1', secret-file: " + secret + "}]");
        variables.forEach(
                (key, value) -> environment.put(key.startsWith("/") ? key.substring(1) : "RADIUS_" + key, value));
        Map<String, String> prefixed = new HashMap<>();
        environment.forEach((key, value) -> prefixed.put("PORTLEDGER_LWAFTR_" + key, value));
        changes.clear();
        return Lwaftr.start(LwaftrSettings.read(null, prefixed), clock, changes::add);
    }

    private static String entry(int port, Path secret) {
        return "{address: '127.0.0.1:" + port + "', secret-file: " + secret + "}";
    }

    private PcpResponse ask(Ipv6Address b4, long lifetime) throws IOException, PcpException {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        lifetime,
                        LOOPBACK,
                        new PcpOperation.Map(NONCE, 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(new PcpOption.ThirdParty(b4), new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.setSoTimeout(30_000);
            socket.send(new DatagramPacket(request, request.length, lwaftr.pcpAddress()));
            DatagramPacket answer = new DatagramPacket(new byte[1100], 1100);
            socket.receive(answer);
            return PcpResponse.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()));
        }
    }
}
