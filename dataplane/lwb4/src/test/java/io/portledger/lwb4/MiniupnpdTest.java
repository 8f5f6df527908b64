package io.portledger.lwb4;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.EpochCheck;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client's side of PCP against a server that is not ours: Debian's miniupnpd, in a network namespace. */
@Timeout(120)
class MiniupnpdTest {

    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final Ipv6Address GATEWAY = Ipv6Address.mapped(Ipv4Address.parse("192.168.7.1"));
    private static final Ipv6Address EXTERNAL = Ipv6Address.mapped(Ipv4Address.parse("11.0.0.1"));
    private static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    private static final Nonce NONCE = new Nonce(0x0102_0304_0506_0708L, 9);

    private static final String CONFIGURATION = """
            ext_ifname=wan
            ext_ip=11.0.0.1
            listening_ip=lan
            http_port=0
            enable_natpmp=yes
            enable_upnp=no
            min_lifetime=120
            max_lifetime=86400
            secure_mode=no
            system_uptime=no
            uuid=11111111-2222-3333-4444-555555555555
            allow 1024-65535 0.0.0.0/0 1024-65535
            deny 0-65535 0.0.0.0/0 0-65535
            upnp_table_name=filter
            upnp_nat_table_name=filter
            upnp_forward_chain=miniupnpd
            upnp_nat_chain=prerouting_miniupnpd
            upnp_nat_postrouting_chain=postrouting_miniupnpd
            """;

    private static final String RULES = """
            table inet filter {
              chain forward { type filter hook forward priority 0; policy accept; }
              chain miniupnpd { }
              chain prerouting_miniupnpd { }
              chain postrouting_miniupnpd { }
            }
            """;

    @TempDir
    private Path directory;

    private final String namespace = "pl-mu-" + Integer.toHexString(new Random().nextInt(0x10000, 0x100000));
    private @Nullable Process server;
    private DatagramSocket socket;

    @BeforeEach
    void startServer() throws Exception {
        run("ip", "netns", "add", namespace);
        inside("ip", "link", "set", "lo", "up");
        addInterface("wan", "11.0.0.1/24");
        addInterface("lan", "192.168.7.1/24");
        inside("nft", "-f", Files.writeString(directory.resolve("rules"), RULES).toString());
        Path configuration = Files.writeString(directory.resolve("miniupnpd.conf"), CONFIGURATION);
        server = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        "/usr/sbin/miniupnpd",
                        "-d",
                        "-f",
                        configuration.toString(),
                        "-P",
                        directory.resolve("pid").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        socket = inNamespace(() -> new DatagramSocket(0, InetAddress.ofLiteral("192.168.7.1")));
        socket.connect(InetAddress.ofLiteral("192.168.7.1"), PcpRequest.SERVER_PORT);
        socket.setSoTimeout(2_000);
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptions()
                .until(() -> ask(new PcpRequest(0, GATEWAY, new PcpOperation.Announce(), List.of()))
                        .isSuccess());
    }

    @AfterEach
    void stopServer() throws Exception {
        if (socket != null) {
            socket.close();
        }
        Process started = server;
        if (started != null) {
            started.destroy();
            assertThat(started.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        run("ip", "netns", "del", namespace);
    }

    @Test
    void aMappingIsMadeRefreshedAndDeletedByOurMessages() throws Exception {
        PcpOperation.Map wanted = new PcpOperation.Map(NONCE, 17, 3000, 3001, EXTERNAL);
        PcpResponse made = ask(new PcpRequest(600, GATEWAY, wanted, List.of()));
        assertThat(made.isSuccess()).isTrue();
        assertThat(made.operation()).isEqualTo(wanted);
        assertThat(made.lifetimeSeconds()).isBetween(120L, 600L);
        assertThat(inside("nft", "list", "ruleset")).contains("dnat ip to 192.168.7.1:3000");

        assertThat(ask(new PcpRequest(900, GATEWAY, wanted, List.of())).operation())
                .isEqualTo(wanted);

        PcpResponse deleted =
                ask(new PcpRequest(0, GATEWAY, new PcpOperation.Map(NONCE, 17, 3000, 0, ANY_IPV4), List.of()));
        assertThat(deleted.isSuccess()).isTrue();
        assertThat(deleted.lifetimeSeconds()).isZero();
        assertThat(inside("nft", "list", "ruleset")).doesNotContain("dnat");
    }

    @Test
    void itsEpochRunsAsWeExpect() throws Exception {
        EpochCheck epoch = new EpochCheck();
        PcpRequest announce = new PcpRequest(0, GATEWAY, new PcpOperation.Announce(), List.of());
        for (int i = 0; i < 3; i++) {
            assertThat(epoch.accept(ask(announce).epochSeconds(), Instant.now()))
                    .isTrue();
            TimeUnit.MILLISECONDS.sleep(700);
        }
    }

    @Test
    void anAddressThatIsNotTheSourcesIsAMismatch() throws Exception {
        PcpRequest elsewhere = new PcpRequest(
                600,
                Ipv6Address.mapped(Ipv4Address.parse("192.168.7.9")),
                new PcpOperation.Map(NONCE, 17, 3000, 3001, EXTERNAL),
                List.of());
        assertThat(ask(elsewhere).result()).isEqualTo(ResultCode.ADDRESS_MISMATCH.code());
    }

    /** It does not know PORT_SET, though the option is optional, and no protocol 0 with a port either. */
    @Test
    void anLwb4HearsWhyItGetsNoPortSetAndWaitsBeforeItAsksAgain() throws Exception {
        List<PcpClient.Outcome> outcomes = new ArrayList<>();
        List<PcpRequest> sent = new ArrayList<>();
        PcpClient client =
                new PcpClient(new PcpClient.Wishes(GATEWAY, null, 600, false), new Random(1), new PcpClient.Events() {
                    @Override
                    public void transmit(PcpRequest request, @Nullable Duration retransmitAfter) {
                        sent.add(request);
                    }

                    @Override
                    public void settled(PcpClient.Outcome outcome) {
                        outcomes.add(outcome);
                    }
                });
        client.obtain(Instant.now());
        assertThat(client.onResponse(ask(sent.getLast()), Instant.now())).isTrue();
        assertThat(outcomes).singleElement().isInstanceOfSatisfying(PcpClient.Refused.class, refused -> {
            assertThat(refused.result()).isEqualTo(ResultCode.MALFORMED_OPTION.code());
            assertThat(refused.reason()).contains("MALFORMED_OPTION");
            assertThat(refused.retryAfter()).isPositive();
        });
        assertThat(client.holding()).isEmpty();
        assertThat(client.nextDue()).isPresent();
    }

    /** Asks until there is an answer; the server may be slow to begin with. */
    private PcpResponse ask(PcpRequest request) throws IOException, PcpException {
        ByteBuf out = Unpooled.buffer();
        request.encode(out);
        for (int tries = 0; ; tries++) {
            socket.send(new DatagramPacket(out.array(), out.readableBytes()));
            DatagramPacket in = new DatagramPacket(new byte[1200], 1200);
            try {
                socket.receive(in);
                return PcpResponse.decode(Unpooled.wrappedBuffer(in.getData(), 0, in.getLength()));
            } catch (SocketTimeoutException e) {
                if (tries == 4) {
                    throw e;
                }
            }
        }
    }

    private void addInterface(String name, String address) throws Exception {
        inside("ip", "link", "add", name, "type", "veth", "peer", "name", name + "-peer");
        inside("ip", "address", "add", address, "dev", name);
        inside("ip", "link", "set", name, "up");
        inside("ip", "link", "set", name + "-peer", "up");
    }

    private String inside(String... command) throws Exception {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        whole.addAll(List.of(command));
        return run(whole.toArray(String[]::new));
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor())
                .as(
                        "%s: %s (this test needs root, iproute2, nftables and miniupnpd-nftables)",
                        List.of(command), printed)
                .isZero();
        return printed;
    }

    /** Runs something in a thread of its own that has entered the namespace; sockets made there stay there. */
    private <T> T inNamespace(Callable<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                enter(namespace);
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get();
    }

    @SuppressWarnings("restricted") // setns(2) has no equivalent in Java.
    private static void enter(String namespace) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle setns = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setns"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) open.invokeExact(arena.allocateFrom("/var/run/netns/" + namespace), 0);
            int outcome = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int ignored = (int) close.invokeExact(fd);
            if (outcome != 0) {
                throw new AssertionError("Cannot enter network namespace " + namespace + ": run this test as root");
            }
        }
    }
}
