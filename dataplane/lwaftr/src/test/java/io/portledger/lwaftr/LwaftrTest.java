package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.table.BindingTableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LwaftrTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00.123456Z");
    private static final Instant START_MILLIS = Instant.parse("2026-11-23T12:00:00.123Z");
    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final Nonce NONCE = new Nonce(1, 2);
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();
    private volatile Instant now = START;
    private final InstantSource clock = () -> now;
    private Lwaftr lwaftr = start(Map.of());

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        lwaftr.close();
    }

    @Test
    void tellsPrometheusWhatItHas() throws Exception {
        lwaftr.close();
        lwaftr = start(Map.of("METRICS_LISTEN", "127.0.0.1:0"));
        ask(7200);
        URI metrics = URI.create(
                "http://127.0.0.1:" + lwaftr.metricsAddress().orElseThrow().getPort() + "/metrics");

        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString());

        assertThat(response.body().lines())
                .contains(
                        "lwaftr_bindings 1.0",
                        "lwaftr_port_sets{class=\"default\",state=\"held\"} 1.0",
                        "lwaftr_port_sets{class=\"default\",state=\"total\"} 63.0",
                        "lwaftr_port_set_alarms{class=\"default\"} 0.0",
                        "lwaftr_port_sets_refused_total{class=\"default\"} 0.0")
                .anyMatch(line -> line.startsWith("lwaftr_binding_table_bytes "));
    }

    @Test
    void whoAsksTooOftenIsNotHeardForAWhile() throws Exception {
        lwaftr.close();
        lwaftr = start(
                Map.of("REQUEST_LIMIT_PER_SECOND", "1", "REQUEST_LIMIT_BURST", "2", "METRICS_LISTEN", "127.0.0.1:0"));
        URI metrics = URI.create(
                "http://127.0.0.1:" + lwaftr.metricsAddress().orElseThrow().getPort() + "/metrics");
        byte[] nonsense = new byte[24];
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            for (int i = 0; i < 100; i++) {
                socket.send(new DatagramPacket(nonsense, nonsense.length, lwaftr.pcpAddress()));
            }
        }

        Awaitility.await()
                .until(() -> HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                        .body()
                        .lines()
                        .anyMatch(line ->
                                line.startsWith("lwaftr_requests_over_limit_total ") && !line.endsWith(" 0.0")));
    }

    @Test
    void servesNoMetricsUnlessToldTo() {
        assertThat(lwaftr.metricsAddress()).isEmpty();
    }

    @Test
    void anLwb4ObtainsItsBindingOverUdp() throws IOException, PcpException {
        PcpResponse response = ask(7200);

        assertThat(response.isSuccess()).isTrue();
        assertThat(response.option(PcpOption.PortSet.class)).contains(new PcpOption.PortSet(1024, 1024, false));
        Binding binding = new Binding(LOOPBACK, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 1), BR);
        assertThat(changes).containsExactly(new BindingChange(BindingChange.Kind.CREATED, START_MILLIS, binding));
        assertThat(lwaftr.bindingTable().owner(binding.ipv4(), 2047)).contains(binding);
        assertThat(lwaftr.bindingTable().owner(binding.ipv4(), 2048)).isEmpty();
    }

    @Test
    void aLeaseEndsByTheClockEvenIfNobodyAsks() throws IOException, PcpException {
        ask(120);
        now = START.plusSeconds(119);
        assertThat(lwaftr.expireLeases().join()).isZero();
        now = START.plusSeconds(500);
        Awaitility.await().until(() -> changes.size() == 2);
        assertThat(changes.getLast().kind()).isEqualTo(BindingChange.Kind.DELETED);
        assertThat(changes.getLast().at()).isEqualTo(START_MILLIS.plusSeconds(120));
        assertThat(lwaftr.bindingTable().size()).isZero();
    }

    @Test
    void theEpochCountsSecondsSinceTheStart() throws IOException, PcpException {
        assertThat(ask(120).epochSeconds()).isZero();
        now = START.plusSeconds(77);
        assertThat(ask(120).epochSeconds()).isEqualTo(77);
    }

    @Test
    void aListenerThatComesLaterIsToldWhatThereIsAndThenWhatChanges() throws IOException, PcpException {
        ask(7200);
        List<BindingChange> late = new CopyOnWriteArrayList<>();
        now = START.plusSeconds(10);
        lwaftr.addListener(late::add).join();
        assertThat(late)
                .containsExactly(new BindingChange(
                        BindingChange.Kind.SNAPSHOT,
                        START_MILLIS,
                        changes.getFirst().binding()));
        ask(0);
        assertThat(late).hasSize(2).last().isEqualTo(changes.getLast());
    }

    @Test
    void aListenerThatFailsHarmsNobody() throws IOException, PcpException {
        List<BindingChange> late = new CopyOnWriteArrayList<>();
        lwaftr.addListener(change -> {
                    throw new IllegalStateException("on purpose");
                })
                .join();
        lwaftr.addListener(late::add).join();
        assertThat(ask(7200).isSuccess()).isTrue();
        assertThat(late).hasSize(1);
    }

    @Test
    void aSnapshotIsToldInItsInterval() throws IOException, PcpException {
        ask(7200);
        now = START.plus(Duration.ofMinutes(59));
        lwaftr.expireLeases().join();
        assertThat(changes).hasSize(1);
        now = START.plus(Duration.ofMinutes(60));
        Awaitility.await().until(() -> changes.size() == 2);
        assertThat(changes.getLast())
                .isEqualTo(new BindingChange(
                        BindingChange.Kind.SNAPSHOT,
                        START_MILLIS,
                        changes.getFirst().binding()));
    }

    @Test
    void closingEndsEveryBinding() throws IOException, PcpException {
        ask(7200);
        now = START.plusSeconds(60);
        lwaftr.close();
        lwaftr.close();
        assertThat(changes).hasSize(2);
        assertThat(changes.getLast().kind()).isEqualTo(BindingChange.Kind.DELETED);
        assertThat(changes.getLast().at()).isEqualTo(START_MILLIS.plusSeconds(60));
    }

    @Test
    void bindingsOfAFileAreThereFromTheStartAndTakenFromThePool() throws IOException, PcpException {
        Path table = directory.resolve("bindings.csv");
        Files.writeString(table, """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address
                2001:db8:7::1,192.0.2.1,0,6,1,
                2001:db8:8::1,198.51.100.1,6,8,52,2001:db8:ffff::2
                """);
        restart(Map.of("BINDING_TABLE", table.toString()));

        assertThat(changes)
                .extracting(BindingChange::binding)
                .containsExactly(
                        new Binding(
                                Ipv6Address.parse("2001:db8:7::1"),
                                Ipv4Address.parse("192.0.2.1"),
                                new PortSet(0, 6, 1),
                                BR),
                        new Binding(
                                Ipv6Address.parse("2001:db8:8::1"),
                                Ipv4Address.parse("198.51.100.1"),
                                new PortSet(6, 8, 52),
                                Ipv6Address.parse("2001:db8:ffff::2")));
        assertThat(ask(7200).option(PcpOption.PortSet.class)).contains(new PcpOption.PortSet(1024, 2048, false));
        lwaftr.snapshot().join();
        assertThat(changes).hasSize(6);
    }

    @Test
    void aFileThatDividesAnAddressOtherwiseThanThePoolIsRefused() throws IOException {
        Path table = directory.resolve("bindings.csv");
        Files.writeString(table, "2001:db8:7::1,192.0.2.1,0,8,5,\n");
        assertThatThrownBy(() -> restart(Map.of("BINDING_TABLE", table.toString())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("service class default divides that address as 0/6");
    }

    @Test
    void aFileThatGivesPortsTwiceIsRefused() throws IOException {
        Path table = directory.resolve("bindings.csv");
        Files.writeString(table, "2001:db8:7::1,192.0.2.1,0,6,5,\n2001:db8:8::1,192.0.2.1,0,6,5,\n");
        assertThatThrownBy(() -> restart(Map.of("BINDING_TABLE", table.toString())))
                .isInstanceOf(BindingTableException.class)
                .hasMessageContaining("bindings.csv");
    }

    @Test
    void bindingsAreExportedToTheReceiversOfTheSettings() throws Exception {
        try (DatagramSocket receiver = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            BlockingQueue<String> messages = new LinkedBlockingQueue<>();
            Thread.ofVirtual().start(() -> {
                while (!receiver.isClosed()) {
                    DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
                    try {
                        receiver.receive(packet);
                        messages.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            restart(Map.of("EXPORT_SYSLOG_RECEIVERS", "['udp://[::1]:" + receiver.getLocalPort() + "']"));
            ask(7200);
            assertThat(messages.poll(20, TimeUnit.SECONDS)).contains("2026-11-23T12:00:00.123Z", "192.0.2.1");
            now = START.plusSeconds(1);
            lwaftr.close();
            assertThat(messages.poll(20, TimeUnit.SECONDS)).contains("2026-11-23T12:00:01.123Z", "192.0.2.1");
        }
    }

    @Test
    void anAddressThatIsTakenIsNamedWithWhatToDo() {
        assertThatThrownBy(() -> start(
                        Map.of("PCP_LISTEN", "[::1]:" + lwaftr.pcpAddress().getPort())))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("port " + lwaftr.pcpAddress().getPort())
                .hasMessageContaining("lwaftr.pcp.listen");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "SERVICE_CLASSES | [{prefixes: [192.0.2.1], psid-ofset: 6}] | psid-offset",
                "SERVICE_CLASSES | [{name: empty}] | Invalid value [] for key prefixes: service class empty has no addresses",
                "SERVICE_CLASSES | [{prefixes: [192.0.2.1/24]}] | did you mean 192.0.2.0/24",
                "SERVICE_CLASSES | [{prefixes: [192.0.2.1], min-lifetime: 2h, max-lifetime: 1h}] | key max-lifetime",
                "SERVICE_CLASSES | [{prefixes: [192.0.2.1], psid-offset: 8, psid-length: 8}] | or a smaller psid-offset",
                "PCP_THIRD_PARTY_FROM | [here] | here",
                "BR_ADDRESSES | [] | needs a tunnel end point",
                "SNAPSHOT_INTERVAL | 10ms | allowed: 1s and more"
            })
    void settingsThatAreNotRightAreNamed(String key, String value, String message) {
        assertThatThrownBy(() -> settings(Map.of(key, value)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[{name: a, prefixes: [192.0.2.0/24]}, {name: b, prefixes: [192.0.2.7]}] | overlaps 192.0.2.0/24 of service class a",
                "[{name: a, prefixes: [192.0.2.0/24]}, {name: a, prefixes: [198.51.100.0/24]}] | allowed: each name once"
            })
    void poolsThatAreAtOddsAreNamed(String pools, String message) {
        assertThatThrownBy(() -> start(Map.of("SERVICE_CLASSES", pools)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void whatAPoolLeavesOutIsAsTheDefaultsSay() {
        var pool = settings(Map.of("SERVICE_CLASSES", "[{prefixes: [192.0.2.0/24]}]"))
                .serviceClasses()
                .getFirst()
                .serviceClass();
        assertThat(pool.name()).isEqualTo("default");
        assertThat(List.of(pool.psidOffset(), pool.psidLength(), pool.reservedPorts()))
                .containsExactly(0, 6, 1024);
        assertThat(List.of(pool.minLifetime(), pool.maxLifetime(), pool.holdDown()))
                .containsExactly(Duration.ofMinutes(2), Duration.ofHours(24), Duration.ofMinutes(2));
        assertThat(pool.clients()).isEmpty();
    }

    @Test
    void theDefaultsAloneAreAnLwaftrThatAllocatesNothing() throws IOException, PcpException {
        lwaftr.close();
        lwaftr = Lwaftr.start(
                LwaftrSettings.read(null, Map.of("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0")), clock, changes::add);
        assertThat(ask(7200).result()).isEqualTo(ResultCode.NOT_AUTHORIZED.code());
    }

    @Test
    void aStartThatFailsLeavesTheStateDirectoryToTheNext() throws Exception {
        String state = directory.resolve("state").toString();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            assertThatThrownBy(() -> start(
                            Map.of("STATE_DIRECTORY", state, "METRICS_LISTEN", "127.0.0.1:" + taken.getLocalPort())))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("Cannot serve metrics");
        }
        restart(Map.of("STATE_DIRECTORY", state));
        assertThat(ask(7200).isSuccess()).isTrue();
    }

    private void restart(Map<String, String> variables) {
        lwaftr.close();
        changes.clear();
        lwaftr = start(variables);
    }

    private Lwaftr start(Map<String, String> variables) {
        return Lwaftr.start(settings(variables), clock, changes::add);
    }

    private static LwaftrSettings settings(Map<String, String> variables) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.1]}]");
        environment.put("PORTLEDGER_LWAFTR_SNAPSHOT_INTERVAL", "1h");
        variables.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        return LwaftrSettings.read(null, environment);
    }

    private PcpResponse ask(long lifetime) throws IOException, PcpException {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        lifetime,
                        LOOPBACK,
                        new PcpOperation.Map(NONCE, 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.setSoTimeout(20_000);
            socket.send(new DatagramPacket(request, request.length, lwaftr.pcpAddress()));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            socket.receive(answer);
            return PcpResponse.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()));
        }
    }
}
