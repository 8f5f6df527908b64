package io.portledger.lwb4;

import io.portledger.lwb4.fleet.Churn;
import io.portledger.lwb4.fleet.Fleet;
import io.portledger.lwb4.fleet.FleetSettings;
import io.portledger.lwb4.fleet.Tenure;
import io.portledger.lwb4.softwire.NftRules;
import io.portledger.lwb4.softwire.SoftwireSettings;
import io.portledger.settings.HostPort;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code lwb4}. */
@Command(
        name = "lwb4",
        description = "The lwB4 of RFC 7596: the subscriber's end of the softwire.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {Lwb4Command.Run.class, Lwb4Command.Nftables.class, Lwb4Command.RunFleet.class})
public final class Lwb4Command {

    private static final long RELEASE_SECONDS = 5;

    /** As a program of its own. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Lwb4Command()).execute(args));
    }

    @Command(
            name = "run",
            description = {
                "Runs one lwB4 until it is told to end (Ctrl-C).",
                "It gets its binding by the way that lwb4.provisioning says, prints it, renews it, and releases it at "
                        + "the end. With lwb4.softwire.tun-device set, it forwards packets through the softwire by "
                        + "that binding; the kernel translates them by the rules of lwb4.softwire.nftables."
            },
            mixinStandardHelpOptions = true)
    static final class Run implements Callable<Integer> {

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "Settings (YAML). Every key has a default; environment variables such as "
                        + "PORTLEDGER_LWB4_PCP_SERVER override the file.")
        private @Nullable Path config;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            try {
                Lwb4Settings settings = Lwb4Settings.read(config, System.getenv());
                HomeGateway gateway = HomeGateway.start(
                        settings, InstantSource.system(), new SecureRandom(), sentence -> print(out, sentence));
                print(out, "The lwB4 runs; Ctrl-C ends it.");
                untilToldToEnd(() -> {
                    gateway.close();
                    gateway.counters().ifPresent(counters -> print(out, "Packets: " + counters));
                });
                return 0;
            } catch (SettingsException | UncheckedIOException | IOException e) {
                spec.commandLine().getErr().println("lwb4: " + e.getMessage());
                return 2;
            }
        }

        private static void print(PrintWriter out, String sentence) {
            out.println(sentence);
            out.flush();
        }

        private static void untilToldToEnd(Runnable end) throws InterruptedException {
            CountDownLatch ended = new CountDownLatch(1);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("lwb4-end").unstarted(() -> {
                        end.run();
                        ended.countDown();
                    }));
            ended.await();
        }
    }

    @Command(
            name = "nftables",
            description = {
                "Prints the nftables rules by which the kernel translates what goes into a softwire to the public "
                        + "address and its ports: 'lwb4 nftables ... | nft -f -'. Nothing is applied.",
                "The binding is that of lwb4.softwire in the settings, or of the options."
            },
            mixinStandardHelpOptions = true)
    static final class Nftables implements Callable<Integer> {

        @Option(names = "--config", paramLabel = "FILE", description = "Settings (YAML), as for run.")
        private @Nullable Path config;

        @Option(names = "--device", paramLabel = "NAME", description = "The softwire's TUN device.")
        private @Nullable String device;

        @Option(names = "--ipv4", paramLabel = "IPV4", description = "The public address.")
        private @Nullable String ipv4;

        @Option(names = "--port-set", paramLabel = "A/K/PSID", description = "Its ports, such as 0/6/34.")
        private @Nullable String portSet;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            try {
                SoftwireSettings softwire =
                        Lwb4Settings.read(config, System.getenv()).softwire();
                String name = device == null ? softwire.tunDevice() : device;
                Ipv4Address address = ipv4 == null ? softwire.ipv4() : Ipv4Address.parse(ipv4);
                PortSet ports = portSet == null ? softwire.portSet() : PortSet.parse(portSet);
                if (name.isEmpty() || address == null || ports == null) {
                    throw new IllegalArgumentException("the device, the address and the port set are needed: set them "
                            + "under lwb4.softwire or by --device, --ipv4 and --port-set");
                }
                spec.commandLine().getOut().print(NftRules.of(name, address, ports));
                spec.commandLine().getOut().flush();
                return 0;
            } catch (SettingsException | IllegalArgumentException e) {
                spec.commandLine().getErr().println("lwb4 nftables: " + e.getMessage());
                return 2;
            }
        }
    }

    @Command(
            name = "fleet",
            description = {
                "Runs many lwB4s that come and go, until it is told to end (Ctrl-C) or for --duration.",
                "They ask by THIRD_PARTY: the lwAFTR must list this machine in lwaftr.pcp.third-party-from."
            },
            mixinStandardHelpOptions = true,
            showDefaultValues = true)
    static final class RunFleet implements Callable<Integer> {

        @Option(names = "--server", paramLabel = "HOST:PORT", description = "The lwAFTR's PCP server.")
        private String server = "[::1]:5351";

        @Option(names = "--clients", description = "How many lwB4s.")
        private int clients = 1000;

        @Option(names = "--first-client", paramLabel = "IPV6", description = "Address of the first; one /56 for each.")
        private String firstClient = "2001:db8:1::1";

        @Option(names = "--sockets", description = "Over how many sockets.")
        private int sockets = 4;

        @Option(names = "--lifetime", paramLabel = "SECONDS", description = "Lifetime asked for.")
        private long lifetimeSeconds = 600;

        @Option(names = "--churn", paramLabel = "RATE", description = "Subscribers that come, per second.")
        private double rate = 10;

        @Option(names = "--mean-hold", paramLabel = "SECONDS", description = "How long they stay on average.")
        private double meanHoldSeconds = 60;

        @Option(names = "--vanish-share", description = "Share of those that leave without a release, 0-1.")
        private double vanishShare = 0.1;

        @Option(names = "--seed", description = "The same seed plans the same.")
        private long seed = 1;

        @Option(names = "--duration", paramLabel = "SECONDS", description = "0: until Ctrl-C.")
        private long durationSeconds = 0;

        @Option(
                names = "--truth",
                paramLabel = "FILE",
                description = "At the end, write who held what and when to this CSV file.")
        private @Nullable Path truthFile;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            Fleet fleet;
            Churn churn;
            try {
                FleetSettings settings = new FleetSettings(
                        HostPort.parse(server).toSocketAddress(),
                        clients,
                        Ipv6Address.parse(firstClient),
                        sockets,
                        Duration.ofSeconds(lifetimeSeconds),
                        true,
                        true,
                        seed);
                Churn.Pattern pattern =
                        new Churn.Pattern(rate, Duration.ofMillis((long) (meanHoldSeconds * 1000)), vanishShare, seed);
                fleet = Fleet.start(settings, InstantSource.system());
                churn = new Churn(fleet, pattern);
            } catch (IllegalArgumentException | UncheckedIOException e) {
                spec.commandLine().getErr().println("lwb4 fleet: " + e.getMessage());
                return 2;
            }
            CountDownLatch ended = new CountDownLatch(1);
            CountDownLatch written = new CountDownLatch(1);
            Thread hook = Thread.ofPlatform().name("fleet-end").unstarted(() -> {
                ended.countDown();
                try {
                    written.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Runtime.getRuntime().addShutdownHook(hook);
            churn.run();
            Instant endsAt = durationSeconds == 0 ? Instant.MAX : Instant.now().plusSeconds(durationSeconds);
            try (fleet) {
                while (Instant.now().isBefore(endsAt) && !ended.await(1, TimeUnit.SECONDS)) {
                    report(out, fleet);
                }
                churn.close();
                fleet.idle().get(RELEASE_SECONDS, TimeUnit.SECONDS);
                return finish(out, fleet);
            } catch (TimeoutException e) {
                out.println("The lwAFTR does not answer.");
                return finish(out, fleet);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } finally {
                out.flush();
                written.countDown();
            }
        }

        private static void report(PrintWriter out, Fleet fleet) {
            List<Tenure> tenures = fleet.truth().tenures();
            Instant now = Instant.now();
            long held =
                    tenures.stream().filter(tenure -> tenure.mustHoldAt(now)).count();
            out.println(held + " lwB4s have a binding, " + tenures.size() + " bindings so far");
            out.flush();
        }

        private int finish(PrintWriter out, Fleet fleet) {
            report(out, fleet);
            if (truthFile == null) {
                return 0;
            }
            try (PrintWriter csv = new PrintWriter(Files.newBufferedWriter(truthFile))) {
                csv.println("b4,ipv4,ports,start-not-before,start-not-after,end-not-before,end-not-after");
                fleet.truth().tenures().forEach(tenure -> csv.println(tenure.toCsv()));
                return 0;
            } catch (IOException e) {
                spec.commandLine().getErr().println("lwb4 fleet: cannot write " + truthFile + ": " + e.getMessage());
                return 1;
            }
        }
    }
}
