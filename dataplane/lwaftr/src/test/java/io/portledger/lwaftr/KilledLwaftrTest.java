package io.portledger.lwaftr;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An lwAFTR as a process of its own that is killed while it gives leases, and started again. */
class KilledLwaftrTest {

    private static final int CLIENTS = 400;
    private static final int LIVES = 4;

    @TempDir
    private Path directory;

    private final Map<Integer, String> granted = new HashMap<>();
    private final Random random = new Random(4);

    @Test
    void whoeverWasAnsweredHasItsPortsAfterwardsAndNobodyElseEver() throws Exception {
        Path settings = Files.writeString(directory.resolve("lwaftr.yaml"), """
                lwaftr:
                  pcp: { listen: "[::1]:0", third-party-from: ["::1"] }
                  service-classes: [{ prefixes: [203.0.113.0/28] }]
                  state-directory: %s
                """.formatted(directory.resolve("state")));
        for (int life = 0; life < LIVES; life++) {
            Path ready = directory.resolve("ready" + life);
            Process process = start(settings, ready);
            try {
                Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> Files.exists(ready));
                int port = Integer.parseInt(Files.readString(ready).strip().replaceAll(".*:", ""));
                // What was answered in an earlier life stands, in any order.
                for (int client : granted.keySet().stream().toList()) {
                    if (random.nextInt(4) == 0) {
                        assertThat(ask(port, client)).as("client %s", client).isEqualTo(granted.get(client));
                    }
                }
                killWhileItGrants(process, port, 20 * (life + 1));
            } finally {
                process.destroyForcibly();
                process.waitFor();
            }
        }
        assertThat(granted).hasSizeGreaterThan(50);
        assertThat(granted.values()).doesNotHaveDuplicates();
    }

    /** @param least so many are answered before the kill may come */
    private void killWhileItGrants(Process process, int port, int least) {
        CountDownLatch answered = new CountDownLatch(least);
        Thread killer = Thread.ofVirtual().unstarted(() -> {
            try {
                answered.await();
                TimeUnit.MILLISECONDS.sleep(30 + random.nextInt(150));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.destroyForcibly();
        });
        killer.start();
        for (int client = 0; client < CLIENTS && process.isAlive(); client++) {
            try {
                String answer = ask(port, client);
                String before = granted.put(client, answer);
                assertThat(before == null || before.equals(answer))
                        .as("client %s had %s and has %s", client, before, answer)
                        .isTrue();
                answered.countDown();
            } catch (IOException e) {
                // It was killed under this request: the client knows nothing and asks again in the next life.
                return;
            }
        }
    }

    private static Process start(Path settings, Path ready) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.portledger.lwaftr.LwaftrCommand",
                        "run",
                        "--config",
                        settings.toString(),
                        "--ready-file",
                        ready.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        settings.resolveSibling("lwaftr.log").toFile()))
                .start();
    }

    /** The public address and first port that the client is told. */
    private static String ask(int port, int client) throws IOException {
        ByteBuf out = Unpooled.buffer();
        Ipv6Address source = Ipv6Address.parse("::1");
        new PcpRequest(
                        7200,
                        source,
                        new PcpOperation.Map(new Nonce(client, 77), 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(
                                new PcpOption.ThirdParty(new Ipv6Address(0x20010db8_0000_0000L, client + 1L)),
                                new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        byte[] request = Arrays.copyOf(out.array(), out.readableBytes());
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
            socket.setSoTimeout(2_000);
            socket.send(new DatagramPacket(request, request.length));
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            socket.receive(answer);
            PcpResponse response = PcpResponse.decode(Unpooled.wrappedBuffer(answer.getData(), 0, answer.getLength()));
            assertThat(response.isSuccess()).isTrue();
            return response.operation() instanceof PcpOperation.Map map
                    ? map.externalAddress() + " " + map.externalPort()
                    : "";
        } catch (SocketException | SocketTimeoutException e) {
            throw e;
        } catch (io.portledger.pcp.PcpException e) {
            throw new AssertionError(e);
        }
    }
}
