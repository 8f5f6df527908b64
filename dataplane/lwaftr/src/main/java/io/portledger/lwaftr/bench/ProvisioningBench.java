package io.portledger.lwaftr.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.LeaseJournal;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code bench provisioning}. */
@Command(
        name = "provisioning",
        description = {
            "Measures how fast an lwAFTR gives leases by PCP and by DHCPv4 over DHCPv6 over UDP sockets, beside a server on the same kind of socket "
                    + "that sends back what it gets; then how fast the next start knows them, and how large they are.",
            "All of it on this machine's loopback interface and in a directory that is removed afterwards.",
            ""
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ProvisioningBench implements Callable<Integer> {

    private static final int INTERNAL_ADDRESS = 24 + 36 + 4;
    private static final int NONCE = 24;
    static final long PATIENCE_NANOS = 2_000_000_000L;

    @Option(names = "--leases", paramLabel = "N", defaultValue = "1000000", description = "How many lwB4s ask.")
    private int leases;

    @Option(
            names = "--window",
            paramLabel = "N",
            defaultValue = "256",
            description = "How many requests are under way at once.")
    private int window;

    @Option(
            names = "--directory",
            paramLabel = "DIRECTORY",
            description =
                    "Where the state is kept meanwhile; the disk counts. Default: the directory for temporary files.")
    private @Nullable Path parent;

    @Spec
    private CommandSpec spec;

    /** What giving leases took. */
    record Run(String name, int answers, int repeated, double seconds, double serverCpuSeconds) {
        double perSecond() {
            return answers / seconds;
        }

        double perCpuSecond() {
            return answers / serverCpuSeconds;
        }
    }

    @Override
    public Integer call() {
        @Nullable Path directory = null;
        try {
            directory = parent == null
                    ? Files.createTempDirectory("portledger-bench")
                    : Files.createTempDirectory(parent, "portledger-bench");
            print(Machine.description());
            print("| server | leases/s | leases per CPU-second of its thread | share of the echo's | asked again |");
            print("| :-- | --: | --: | --: | --: |");
            Run echo = echo();
            printRun(echo, echo);
            printRun(lease("PCP, leases in memory", Map.of()), echo);
            printRun(
                    lease(
                            "PCP, leases on disk, sync-state: false",
                            Map.of(
                                    "STATE_DIRECTORY",
                                    directory.resolve("unsynced").toString(),
                                    "SYNC_STATE",
                                    "false")),
                    echo);
            Path state = directory.resolve("synced");
            printRun(
                    lease(
                            "PCP, leases on disk, sync-state: true",
                            Map.of("STATE_DIRECTORY", state.toString(), "SYNC_STATE", "true")),
                    echo);
            printRun(
                    leaseByDhcp(
                            "DHCPv4 over DHCPv6, leases on disk, sync-state: true",
                            Map.of("STATE_DIRECTORY", directory.resolve("dhcp").toString(), "SYNC_STATE", "true")),
                    echo);
            measureStart(state);
            return 0;
        } catch (IOException | UncheckedIOException e) {
            spec.commandLine().getErr().println("bench provisioning: " + e.getMessage());
            return 1;
        } finally {
            if (directory != null) {
                delete(directory);
            }
        }
    }

    private Run echo() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("::1"), 0);
        try (EchoServer server = EchoServer.start(address)) {
            return ask("echo of the same datagrams", server.address(), EchoServer.THREAD);
        }
    }

    private Run lease(String name, Map<String, String> more) throws IOException {
        try (Lwaftr lwaftr = start(more)) {
            return checked(ask(name, lwaftr.pcpAddress(), "lwaftr-control"), lwaftr);
        }
    }

    private Run leaseByDhcp(String name, Map<String, String> more) throws IOException {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("DHCP_LISTEN", "[::1]:0");
        try (Lwaftr lwaftr = start(settings)) {
            InetSocketAddress server = lwaftr.dhcp().orElseThrow().address();
            return checked(new DhcpClients(leases, window).ask(name, server), lwaftr);
        }
    }

    private Run checked(Run run, Lwaftr lwaftr) throws IOException {
        if (lwaftr.bindingTable().size() != leases) {
            throw new IOException(
                    "there are " + lwaftr.bindingTable().size() + " bindings after " + leases + " successful answers");
        }
        return run;
    }

    private Lwaftr start(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>();
        environment.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0");
        environment.put("PORTLEDGER_LWAFTR_PCP_THIRD_PARTY_FROM", "[\"::1\"]");
        environment.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [" + prefix() + "], alarm-levels: []}]");
        more.forEach((key, value) -> environment.put("PORTLEDGER_LWAFTR_" + key, value));
        return Lwaftr.start(LwaftrSettings.read(null, environment), InstantSource.system());
    }

    /** Room for all, with 63 port sets for each address. */
    private Ipv4Prefix prefix() {
        int addresses = leases / 63 + 1;
        return Ipv4Prefix.parse("10.0.0.0/" + Integer.numberOfLeadingZeros(Math.max(1, addresses - 1)));
    }

    /** Asks for a lease for each lwB4, with a window, and again for those that get no answer. */
    private Run ask(String name, InetSocketAddress server, String thread) throws IOException {
        ByteBuffer request = request();
        ByteBuffer answer = ByteBuffer.allocateDirect(1200);
        byte[] isAnswered = new byte[leases];
        int answers = 0;
        int repeated = 0;
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 20);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, 4 << 20);
            channel.connect(server);
            channel.configureBlocking(false);
            long cpuBefore = cpuNanos(thread);
            long begun = System.nanoTime();
            long lastAnswer = begun;
            int next = 0;
            int underWay = 0;
            while (answers < leases) {
                while (underWay < window && next < leases) {
                    if (isAnswered[next] == 0 && !send(channel, request, next)) {
                        break;
                    }
                    underWay += isAnswered[next] == 0 ? 1 : 0;
                    next++;
                }
                answer.clear();
                if (channel.read(answer) > 0) {
                    int client = (int) answer.getLong(NONCE);
                    if (answer.get(3) != 0) {
                        throw new IOException("the server answered result " + answer.get(3));
                    }
                    underWay--;
                    if (isAnswered[client] == 0) {
                        isAnswered[client] = 1;
                        answers++;
                    }
                    lastAnswer = System.nanoTime();
                } else if (System.nanoTime() - lastAnswer > PATIENCE_NANOS) {
                    // Loopback loses datagrams only when a buffer overflows.
                    repeated += underWay;
                    underWay = 0;
                    next = 0;
                    lastAnswer = System.nanoTime();
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            return new Run(name, answers, repeated, seconds, (cpuNanos(thread) - cpuBefore) / 1e9);
        }
    }

    private static ByteBuffer request() {
        ByteBuf out = Unpooled.buffer();
        new PcpRequest(
                        86_400,
                        Ipv6Address.parse("::1"),
                        new PcpOperation.Map(new Nonce(0, 1), 0, 1, 0, Ipv6Address.mapped(new Ipv4Address(0))),
                        List.of(
                                new PcpOption.ThirdParty(Ipv6Address.parse("2001:db8::1")),
                                new PcpOption.PortSet(65535, 1, false)))
                .encode(out);
        return ByteBuffer.allocateDirect(out.readableBytes()).put(out.nioBuffer());
    }

    private static boolean send(DatagramChannel channel, ByteBuffer request, int client) throws IOException {
        request.clear();
        request.putLong(NONCE, client);
        request.putLong(INTERNAL_ADDRESS, 0x2001_0db8_0000_0000L + client);
        return channel.write(request) > 0;
    }

    static long cpuNanos(String threadName) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (ThreadInfo info : threads.dumpAllThreads(false, false, 0)) {
            if (info.getThreadName().startsWith(threadName)) {
                nanos += threads.getThreadCpuTime(info.getThreadId());
            }
        }
        return nanos;
    }

    private void measureStart(Path state) throws IOException {
        long diskOctets = octetsIn(state);
        long heapBefore = usedHeap();
        Instant now = Instant.now();
        try (BindingTable table = new BindingTable()) {
            Pool pool = new Pool(new ServiceClass(
                    "default",
                    List.of(prefix()),
                    0,
                    6,
                    1024,
                    List.of(),
                    Duration.ofMinutes(2),
                    Duration.ofDays(1),
                    Duration.ofMinutes(2),
                    List.of()));
            long begun = System.nanoTime();
            LeaseJournal journal = LeaseJournal.open(state, true, now);
            LeaseTable recovered =
                    LeaseTable.recover(List.of(pool), table, Ipv6Address.parse("2001:db8:ffff::1"), journal, now);
            double seconds = (System.nanoTime() - begun) / 1e9;
            if (recovered.size() != leases) {
                throw new IOException("only " + recovered.size() + " of " + leases + " leases were recovered");
            }
            long heap = usedHeap() - heapBefore;
            print("");
            print(String.format(
                    Locale.ROOT,
                    "Start with %,d leases: %.2f s. A lease has %.0f octets on the heap and %.0f of forwarding's table; %.0f"
                            + " on disk.",
                    leases,
                    seconds,
                    (double) heap / leases,
                    (double) table.memoryOctets() / leases,
                    (double) diskOctets / leases));
            journal.close();
            if (recovered.pools().getFirst().held() != leases) {
                throw new IOException("the pool has another number of leases");
            }
        }
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static long octetsIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void printRun(Run run, Run echo) {
        print(String.format(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f | %.2f | %d |",
                run.name(),
                run.perSecond(),
                run.perCpuSecond(),
                run.perCpuSecond() / echo.perCpuSecond(),
                run.repeated()));
    }

    private void print(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }
}
