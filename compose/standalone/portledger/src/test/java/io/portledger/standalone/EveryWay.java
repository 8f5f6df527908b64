package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.Dhcpv4Message;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Subscribers that came to their bindings by every way there is, each by the protocol itself, at two lwAFTRs: one of them
 * asks a FreeRADIUS server.
 */
final class EveryWay implements AutoCloseable {

    /**
     * Who has a port now, and how he came to it.
     *
     * @param subscriber by which name, if anybody knows it
     */
    record Held(
            String way,
            Ipv4Address ipv4,
            int port,
            Ipv6Address b4,
            @Nullable String subscriber) {}

    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final String TOKEN = "a-token-of-this-test-alone";

    private final Path directory;
    private final List<Held> held = new ArrayList<>();
    private final Process radius;
    private final Lwaftr lwaftr;
    private final Lwaftr asking;

    EveryWay(Path directory, InetSocketAddress ipfix, String kafka) throws Exception {
        this.directory = Files.createDirectories(directory);
        publish(kafka);
        Files.writeString(directory.resolve("bindings.csv"), """
                b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber
                2001:db8:f11e::1,198.18.1.1,0,6,34,,by-file
                """);
        Files.writeString(directory.resolve("subscribers.csv"), """
                prefix,subscriber,class
                2001:db8:9c9:100::/56,by-pcp,
                2001:db8:d4c9::/48,by-dhcp,
                """);
        secret("token", TOKEN);
        secret("secret", "testing123");
        secret("password", "lw4o6");
        int port = freePort();
        radius = startFreeRadius(port);
        String export = """
                  export:
                    ipfix: { collectors: ["%s:%d"], observation-domain: %%d }
                """.formatted(ipfix.getAddress().getHostAddress(), ipfix.getPort());
        lwaftr = start("lwaftr.yaml", """
                lwaftr:
                  pcp: { listen: "[::1]:0", third-party-from: ["::1"] }
                  service-classes: [{ name: scattered, prefixes: [198.18.2.0/30], psid-offset: 6, psid-length: 4 }]
                  dhcp: { listen: "[::1]:0" }
                  binding-table: bindings.csv
                  subscribers: subscribers.csv
                  state-directory: state
                  restconf: { listen: "127.0.0.1:0", token-file: token }
                  supporting: { kafka: { bootstrap-servers: "%s" } }
                """.formatted(kafka) + export.formatted(71));
        asking = start("asking.yaml", """
                lwaftr:
                  pcp: { listen: "[::1]:0", third-party-from: ["::1"] }
                  service-classes: [{ name: gold, prefixes: [198.18.3.0/30], psid-length: 2, clients: ["2001:db8:901d::/48"] }]
                  radius:
                    servers: [{ address: "127.0.0.1:%d", secret-file: secret }]
                    password-file: password
                    require-message-authenticator: false
                """.formatted(port) + export.formatted(72));
        held.add(new Held("file", Ipv4Address.parse("198.18.1.1"), 34816, b4("2001:db8:f11e::1"), "by-file"));
        held.add(new Held("Kafka", Ipv4Address.parse("198.18.1.2"), 35839, b4("2001:db8:4af4::1"), "by-kafka"));
        write();
        held.add(new Held("RESTCONF", Ipv4Address.parse("198.18.1.3"), 40000, b4("2001:db8:4e57::1"), "by-restconf"));
        ask(lwaftr, "PCP", "2001:db8:9c9:1aa::1", "by-pcp");
        ask(lwaftr, "PCP of somebody nobody knows", "2001:db8:9c9:200::1", null);
        askByDhcp("2001:db8:d4c9::1", "by-dhcp");
        ask(asking, "RADIUS, which chose the ports", "2001:db8:4ad1::1", "by-radius");
        ask(asking, "RADIUS, which chose the class", "2001:db8:4ad2::1", "by-class");
    }

    /** Who has what. */
    List<Held> held() {
        return List.copyOf(held);
    }

    private Lwaftr start(String name, String yaml) throws Exception {
        return Lwaftr.start(
                LwaftrSettings.read(Files.writeString(directory.resolve(name), yaml), Map.of()),
                InstantSource.system());
    }

    private void secret(String name, String text) throws Exception {
        Path file = Files.writeString(directory.resolve(name), text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static int freePort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static Ipv6Address b4(String text) {
        return Ipv6Address.parse(text);
    }

    private static void publish(String kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
            admin.createTopics(List.of(
                            new NewTopic("bindings", 2, (short) 1).configs(Map.of("cleanup.policy", "compact"))))
                    .all()
                    .get();
        }
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("bindings", "198.18.1.2/0/6/34", """
                            {"binding-ipv6info":"2001:db8:4af4::1","binding-ipv4-addr":"198.18.1.2",
                             "port-set":{"psid-offset":0,"psid-len":6,"psid":34},"br-ipv6-addr":"2001:db8:ffff::1",
                             "portledger-softwire:subscriber":"by-kafka"}
                            """))
                    .get();
        }
    }

    private void write() throws Exception {
        InetSocketAddress restconf = lwaftr.restconfAddress().orElseThrow();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restconf.getPort()
                                    + "/restconf/data/ietf-softwire-br:br-instances/binding/bind-instance=portledger"
                                    + "/binding-table/binding-entry=2001%3Adb8%3A4e57%3A%3A1"))
                            .header("Authorization", "Bearer " + TOKEN)
                            .header("Content-Type", "application/yang-data+json")
                            .PUT(HttpRequest.BodyPublishers.ofString("""
                                    {"ietf-softwire-br:binding-entry":[
                                      {"binding-ipv6info":"2001:db8:4e57::1","binding-ipv4-addr":"198.18.1.3",
                                       "port-set":{"psid-offset":4,"psid-len":4,"psid":12},
                                       "br-ipv6-addr":"2001:db8:ffff::1",
                                       "portledger-softwire:subscriber":"by-restconf"}]}
                                    """))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        }
    }

    private void ask(Lwaftr server, String way, String b4, @Nullable String subscriber) throws Exception {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        7200,
                        LOOPBACK,
                        new PcpOperation.Map(new Nonce(1, 2), 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(new PcpOption.ThirdParty(b4(b4)), new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.setSoTimeout(20_000);
            socket.send(new DatagramPacket(request, request.length, server.pcpAddress()));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            socket.receive(answer);
            PcpResponse response = PcpResponse.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()));
            assertThat(response.isSuccess())
                    .as("%s: result %s", way, response.result())
                    .isTrue();
            PcpOperation.Map map = (PcpOperation.Map) Objects.requireNonNull(response.operation());
            held.add(new Held(way, map.externalAddress().embeddedIpv4(), map.externalPort(), b4(b4), subscriber));
        }
    }

    private void askByDhcp(String b4, String subscriber) throws Exception {
        Dhcpv4Message offer = exchange(MessageType.DISCOVER, b4, List.of());
        Dhcpv4Message ack = exchange(
                MessageType.REQUEST,
                b4,
                List.of(
                        offer.option(Dhcpv4Option.ServerIdentifier.class).orElseThrow(),
                        new Dhcpv4Option.RequestedAddress(offer.yourAddress()),
                        offer.option(Dhcpv4Option.PortParameters.class).orElseThrow()));
        assertThat(ack.type()).contains(MessageType.ACK);
        int port = ack.option(Dhcpv4Option.PortParameters.class)
                .orElseThrow()
                .ports()
                .portAt(100);
        held.add(new Held("DHCPv4 over DHCPv6", ack.yourAddress(), port, b4(b4), subscriber));
    }

    private Dhcpv4Message exchange(MessageType type, String b4, List<Dhcpv4Option> more) throws Exception {
        List<Dhcpv4Option> options = new ArrayList<>(List.of(
                new Dhcpv4Option.Type(type),
                new Dhcpv4Option.ClientIdentifier(Octets.parse("ff00000001000300010203")),
                new Dhcpv4Option.ParameterRequest(List.of(51, 54, 109, 159)),
                new Dhcpv4Option.SoftwireSource(b4(b4))));
        options.addAll(more);
        ByteBuf out = Unpooled.buffer();
        new Dhcpv6Message.Dhcpv4Query(
                        false,
                        List.of(Dhcpv6Option.Dhcpv4.of(
                                Dhcpv4Message.request(7, 0, 1, Octets.parse("02aabbccdd01"), options))))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.setSoTimeout(20_000);
            socket.send(new DatagramPacket(
                    request, request.length, lwaftr.dhcp().orElseThrow().address()));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            socket.receive(answer);
            return Dhcpv6Message.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()))
                    .option(Dhcpv6Option.Dhcpv4.class)
                    .orElseThrow()
                    .message();
        }
    }

    private Process startFreeRadius(int port) throws Exception {
        Files.createDirectories(directory.resolve("log"));
        Files.writeString(directory.resolve("dictionary"), """
                $INCLUDE /usr/share/freeradius/dictionary
                ATTRIBUTE Softwire46-Configuration 241.9        tlv
                ATTRIBUTE Softwire46-Lw4o6         241.9.3      tlv
                ATTRIBUTE S46-Lw-BR                241.9.3.6    ipv6addr
                ATTRIBUTE S46-Lw-V4V6Bind          241.9.3.8    octets
                ATTRIBUTE S46-Lw-PortParams        241.9.3.9    tlv
                ATTRIBUTE S46-Lw-PSID-Offset       241.9.3.9.15 integer
                ATTRIBUTE S46-Lw-PSID-Len          241.9.3.9.16 integer
                ATTRIBUTE S46-Lw-PSID              241.9.3.9.17 integer
                """);
        // 198.18.1.4, prefix 2001:db8:4ad1::/48.
        Files.writeString(directory.resolve("users"), """
                2001:db8:4ad1::1	Cleartext-Password := "lw4o6"
                	User-Name = "by-radius",
                	S46-Lw-BR = 2001:db8:ffff::1,
                	S46-Lw-V4V6Bind = 0x0d06c61201040e0a003020010db84ad1,
                	S46-Lw-PSID-Offset = 0,
                	S46-Lw-PSID-Len = 6,
                	S46-Lw-PSID = 34816

                2001:db8:4ad2::1	Cleartext-Password := "lw4o6"
                	User-Name = "by-class",
                	Filter-Id = "gold"
                """);
        Files.writeString(directory.resolve("radiusd.conf"), """
                prefix = /usr
                raddbdir = DIRECTORY
                logdir = ${raddbdir}/log
                run_dir = ${raddbdir}
                libdir = /usr/lib/freeradius
                pidfile = ${run_dir}/radiusd.pid
                log {
                	destination = files
                	file = ${logdir}/radius.log
                }
                security {
                	max_attributes = 200
                	reject_delay = 0
                }
                client loopback {
                	ipaddr = 127.0.0.0/8
                	secret = testing123
                }
                modules {
                	pap {
                	}
                	files {
                		usersfile = ${raddbdir}/users
                	}
                }
                server default {
                	listen {
                		type = auth
                		ipaddr = 127.0.0.1
                		port = PORT
                	}
                	authorize {
                		files
                		pap
                	}
                	authenticate {
                		Auth-Type PAP {
                			pap
                		}
                	}
                }
                """.replace("DIRECTORY", directory.toString())
                .replace("PORT", Integer.toString(port)));
        Process process = new ProcessBuilder("freeradius", "-d", directory.toString(), "-f")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        Path log = directory.resolve("log/radius.log");
        await("FreeRADIUS serves")
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(log)
                        && Files.readString(log, StandardCharsets.ISO_8859_1).contains("Ready to process requests"));
        return process;
    }

    @Override
    public void close() {
        lwaftr.close();
        asking.close();
        radius.destroy();
        radius.onExit().join();
    }
}
