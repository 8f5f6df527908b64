package io.portledger.lwaftr.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.DhcpException;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DHCP of a whole lwAFTR, over sockets. */
class DhcpServerTest {

    private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final PublicPorts FIRST = PublicPorts.parse("192.0.2.0/0/6/1");

    private final List<BindingChange> changes = new CopyOnWriteArrayList<>();

    @TempDir
    private Path directory;

    private static LwaftrSettings settings(Map<String, String> more) {
        Map<String, String> variables = new HashMap<>(Map.of(
                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                "PORTLEDGER_LWAFTR_DHCP_LISTEN", "[::1]:0",
                "PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.0/30]}]"));
        more.forEach((key, value) -> variables.put("PORTLEDGER_LWAFTR_" + key, value));
        return LwaftrSettings.read(null, variables);
    }

    private Lwaftr start(Map<String, String> more) {
        return Lwaftr.start(settings(more), () -> NOW, changes::add);
    }

    private static Dhcpv6Message exchange(Lwaftr lwaftr, Dhcpv6Message message) throws IOException, DhcpException {
        ByteBuf out = Unpooled.buffer();
        message.encode(out);
        byte[] octets = ByteBufUtil.getBytes(out);
        InetSocketAddress server = lwaftr.dhcp().orElseThrow().address();
        try (DatagramSocket socket =
                new DatagramSocket(new InetSocketAddress(InetAddress.getByAddress(ServedLink.LOOPBACK.toBytes()), 0))) {
            socket.setSoTimeout(20_000);
            socket.send(new DatagramPacket(octets, octets.length, server));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            socket.receive(answer);
            return Dhcpv6Message.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()));
        }
    }

    private static Dhcpv4Message ask(Lwaftr lwaftr, MessageType type, Dhcpv4Option... more)
            throws IOException, DhcpException {
        List<Dhcpv4Option> options =
                new ArrayList<>(List.of(new Dhcpv4Option.Type(type), ServedLink.CLIENT, ServedLink.everything()));
        options.addAll(List.of(more));
        Dhcpv4Message message = Dhcpv4Message.request(7, 0, 1, Octets.parse("02aabbccdd01"), options);
        return exchange(lwaftr, new Dhcpv6Message.Dhcpv4Query(false, List.of(Dhcpv6Option.Dhcpv4.of(message))))
                .option(Dhcpv6Option.Dhcpv4.class)
                .orElseThrow()
                .message();
    }

    private static Dhcpv4Message lease(Lwaftr lwaftr) throws IOException, DhcpException {
        Dhcpv4Message offer = ask(lwaftr, MessageType.DISCOVER);
        return ask(
                lwaftr,
                MessageType.REQUEST,
                offer.option(Dhcpv4Option.ServerIdentifier.class).orElseThrow(),
                new Dhcpv4Option.RequestedAddress(offer.yourAddress()),
                offer.option(Dhcpv4Option.PortParameters.class).orElseThrow());
    }

    @Test
    void aClientObtainsAShareOfAnAddressOverUdp() throws Exception {
        try (Lwaftr lwaftr = start(Map.of("METRICS_LISTEN", "127.0.0.1:0"))) {
            Dhcpv4Message ack = lease(lwaftr);

            assertThat(ack.type()).contains(MessageType.ACK);
            assertThat(ServedLink.ports(ack)).isEqualTo(FIRST);
            assertThat(changes).singleElement().satisfies(change -> {
                assertThat(change.kind()).isEqualTo(BindingChange.Kind.CREATED);
                assertThat(change.origin()).isEqualTo(Origin.DHCP);
                assertThat(change.binding().b4()).isEqualTo(LOOPBACK);
                assertThat(PublicPorts.of(change.binding())).isEqualTo(FIRST);
            });
            assertThat(metrics(lwaftr))
                    .contains("lwaftr_dhcp_total{counter=\"acknowledged\"} 1.0")
                    .contains("lwaftr_dhcp_total{counter=\"offered\"} 1.0");
        }
    }

    private static String metrics(Lwaftr lwaftr) throws IOException, InterruptedException {
        int port = lwaftr.metricsAddress().orElseThrow().getPort();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void aLeaseOutlivesTheProcessAndItsClientIsKnown() throws Exception {
        Map<String, String> lasting = Map.of("STATE_DIRECTORY", directory.toString());
        try (Lwaftr lwaftr = start(lasting)) {
            lease(lwaftr);
        }

        try (Lwaftr lwaftr = start(lasting)) {
            Dhcpv4Message ack = ask(
                    lwaftr,
                    MessageType.REQUEST,
                    new Dhcpv4Option.RequestedAddress(FIRST.ipv4()),
                    new Dhcpv4Option.PortParameters(FIRST.ports()));
            assertThat(ack.type()).as("INIT-REBOOT of a client that is known").contains(MessageType.ACK);
        }
        assertThat(changes).extracting(BindingChange::kind).containsOnlyOnce(BindingChange.Kind.CREATED);
    }

    @Test
    void anInformationRequestIsAnsweredWithTheBinding() throws Exception {
        try (Lwaftr lwaftr = start(Map.of("DHCP_AFTR_NAME", "lwaftr.example.com"))) {
            lease(lwaftr);

            Dhcpv6Message reply = exchange(
                    lwaftr,
                    new Dhcpv6Message.Exchange(
                            Dhcpv6Message.INFORMATION_REQUEST,
                            9,
                            List.of(new Dhcpv6Option.OptionRequest(List.of(64, 96)))));

            assertThat(reply.option(Dhcpv6Option.AftrName.class))
                    .contains(new Dhcpv6Option.AftrName("lwaftr.example.com"));
            assertThat(reply.option(Dhcpv6Option.S46Container.class)
                            .orElseThrow()
                            .binding()
                            .orElseThrow()
                            .ports())
                    .isEqualTo(FIRST.ports());
        }
    }

    /** With sockets and directories of the test's own. */
    @Test
    void theConfigurationOfTheManualServes() throws Exception {
        Path file = Files.writeString(directory.resolve("lwaftr.yaml"), configurationOfTheManual());
        LwaftrSettings settings = LwaftrSettings.read(
                file,
                Map.of(
                        "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                        "PORTLEDGER_LWAFTR_DHCP_LISTEN", "[::1]:0",
                        "PORTLEDGER_LWAFTR_STATE_DIRECTORY",
                                directory.resolve("state").toString()));
        try (Lwaftr lwaftr = Lwaftr.start(settings, () -> NOW, changes::add)) {
            Dhcpv4Message ack = lease(lwaftr);

            assertThat(ServedLink.ports(ack)).isEqualTo(PublicPorts.parse("203.0.113.128/0/6/1"));
            assertThat(ack.option(Dhcpv4Option.LeaseTime.class)).contains(new Dhcpv4Option.LeaseTime(4 * 3600));
        }
    }

    private static String configurationOfTheManual() throws IOException {
        try (Stream<Path> manuals = Files.list(Path.of("../../docs"))) {
            for (Path manual : manuals.filter(
                            file -> file.getFileName().toString().startsWith("provisioning"))
                    .toList()) {
                for (String block : Files.readString(manual).split("```", -1)) {
                    if (block.startsWith("yaml\n") && block.contains("mode: server")) {
                        return block.substring("yaml\n".length());
                    }
                }
            }
        }
        throw new AssertionError("no manual of provisioning has a configuration with mode: server");
    }

    @Test
    void withoutAnAddressToListenOnThereIsNoDhcp() {
        try (Lwaftr lwaftr = start(Map.of("DHCP_LISTEN", ""))) {
            assertThat(lwaftr.dhcp()).isEmpty();
        }
    }

    @Test
    void anInterfaceThatDoesNotExistStopsTheStart() {
        assertThatThrownBy(() -> start(Map.of("DHCP_INTERFACES", "[nowhere0]")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("Invalid value nowhere0 for key lwaftr.dhcp.interfaces");
    }

    @ParameterizedTest
    @CsvSource({
        "DHCP_MODE, relay, dhcp.server: mode is relay",
        "DHCP_LEASE_TIME, 0s, dhcp.lease-time",
        "DHCP_SOFTWIRE_PREFIX_LENGTH, 129, dhcp.softwire-prefix-length",
        "DHCP_AFTR_NAME, an aftr, dhcp.aftr-name",
        "DHCP_PRIORITY, '[96, 97]', dhcp.priority",
        "DHCP_PRIORITY, '[96, 96]', dhcp.priority",
        "DHCP_DUID, 00, dhcp.duid",
        "DHCP_DUID, xyz, dhcp.duid",
    })
    void aSettingThatCannotBeIsNamedWithWhatIsAllowed(String key, String value, String message) {
        assertThatThrownBy(() -> settings(Map.of(key, value)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("allowed");
    }
}
