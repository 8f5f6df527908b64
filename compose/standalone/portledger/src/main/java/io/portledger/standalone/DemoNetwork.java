package io.portledger.standalone;

import io.portledger.lwb4.fleet.Churn;
import io.portledger.lwb4.fleet.Fleet;
import io.portledger.lwb4.fleet.FleetSettings;
import io.portledger.lwb4.fleet.Truth;
import io.portledger.softwire.Ipv6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The subscribers of the demo: two fleets of lwB4s that come and go, one at a pool of contiguous port sets (PSID offset
 * 0), one at a pool of scattered sets (PSID offset 6), both behind one lwAFTR.
 */
public final class DemoNetwork implements AutoCloseable {

    private static final int PSID_LENGTH = 6;
    /** Short, so that the ports of somebody who fell silent soon get another holder. */
    private static final Duration LIFETIME = Duration.ofSeconds(20);

    /**
     * How many and how busy.
     *
     * @param clients lwB4s in both fleets together, 2-20000
     * @param arrivalsPerSecond how many of them obtain a binding each second
     * @param meanHold how long they keep it on average
     * @param seed of all chance
     */
    public record Size(int clients, double arrivalsPerSecond, Duration meanHold, long seed) {

        /** @throws IllegalArgumentException if there are too few or too many clients */
        public Size {
            if (clients < 2 || clients > 20_000) {
                throw new IllegalArgumentException(
                        "Invalid value " + clients + " for key clients: out of range (allowed: 2-20000)");
            }
        }

        private int perFleet() {
            return (clients + 1) / 2;
        }

        /** Length of a prefix with an address for each 40 subscribers, of the 63 that could share it; 24 to 29. */
        private int prefixLength() {
            int addresses = Math.max(8, (perFleet() + 39) / 40);
            return Integer.numberOfLeadingZeros(addresses - 1);
        }
    }

    private final List<Fleet> fleets = new ArrayList<>();
    private final List<Churn> churns = new ArrayList<>();
    private volatile Instant settledBefore = Instant.MIN;

    private DemoNetwork() {}

    /** The settings of the lwAFTR that serves these subscribers and tells the collector of their bindings. */
    static String lwaftrSettings(Size size, int pcpPort, String ipfix, String syslog) {
        int length = size.prefixLength();
        return """
                # The demo's lwAFTR; written anew at each start.
                lwaftr:
                  br-addresses: ["2001:db8:ffff::1"]
                  pcp:
                    listen: "[::1]:%1$d"
                    # The fleet asks from this machine for all of its lwB4s.
                    third-party-from: ["::1/128"]
                  service-classes:
                    - name: contiguous
                      prefixes: [203.0.113.0/%2$d]
                      psid-offset: 0
                      psid-length: %3$d
                      clients: ["2001:db8:100::/40"]
                      min-lifetime: 5s
                      hold-down: 2s
                    - name: scattered
                      prefixes: [198.51.100.0/%2$d]
                      psid-offset: 6
                      psid-length: %3$d
                      clients: ["2001:db8:200::/40"]
                      min-lifetime: 5s
                      hold-down: 2s
                  export:
                    ipfix:
                      collectors: ["%4$s"]
                      usage-interval: 30s
                    syslog:
                      receivers: ["tcp://%5$s"]
                """.formatted(pcpPort, length, PSID_LENGTH, ipfix, syslog);
    }

    /**
     * Connects the fleets to the lwAFTR and lets subscribers come and go.
     *
     * @param pcp the lwAFTR's PCP server
     */
    public static DemoNetwork start(Size size, InetSocketAddress pcp) {
        DemoNetwork network = new DemoNetwork();
        for (int i = 0; i < 2; i++) {
            Fleet fleet = Fleet.start(fleet(size, i, pcp), InstantSource.system());
            network.fleets.add(fleet);
            Churn churn = new Churn(
                    fleet, new Churn.Pattern(size.arrivalsPerSecond() / 2, size.meanHold(), 0.1, size.seed() + i));
            network.churns.add(churn);
            churn.run();
        }
        return network;
    }

    /** The first fleet (0) is served from the contiguous pool, the second (1) from the scattered one. */
    static FleetSettings fleet(Size size, int number, InetSocketAddress pcp) {
        return FleetSettings.of(pcp, size.perFleet())
                .withFirstClient(Ipv6Address.parse("2001:db8:" + (number + 1) + "00::1"))
                .withLifetime(LIFETIME)
                .withRenews(true)
                .withSeed(size.seed() + number);
    }

    /** What each fleet knows. */
    public List<Truth> truths() {
        return fleets.stream().map(Fleet::truth).toList();
    }

    /**
     * A moment before which the fleets know everything: at some time since nobody waited for an answer. Ask often; null as
     * long as there was no such moment.
     */
    public @Nullable Instant settledBefore() {
        Instant now = Instant.now();
        if (truths().stream().allMatch(truth -> truth.unresolved() == 0)) {
            settledBefore = now;
        }
        return settledBefore.equals(Instant.MIN) ? null : settledBefore;
    }

    /** How many bindings there have been. */
    public int bindingsSoFar() {
        return truths().stream().mapToInt(truth -> truth.tenures().size()).sum();
    }

    /** How many lwB4s certainly have a binding now. */
    public long bindingsNow() {
        Instant now = Instant.now();
        return truths().stream()
                .flatMap(truth -> truth.tenures().stream())
                .filter(tenure -> tenure.mustHoldAt(now))
                .count();
    }

    /**
     * Nobody comes or goes any more; who has a binding keeps and renews it.
     *
     * @return a moment before which the fleets know everything
     * @throws StartException if the lwAFTR does not answer what it was asked
     */
    public Instant pause() throws StartException, InterruptedException {
        churns.forEach(Churn::close);
        try {
            for (Fleet fleet : fleets) {
                fleet.idle().get(60, TimeUnit.SECONDS);
            }
            for (int i = 0; i < 600; i++) {
                Instant settled = settledBefore();
                if (settled != null && truths().stream().allMatch(truth -> truth.unresolved() == 0)) {
                    return settled;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } catch (TimeoutException e) {
            throw new StartException("The lwAFTR has not answered its subscribers for a minute; see its log.", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        throw new StartException("The lwAFTR has not answered its subscribers for a minute; see its log.");
    }

    @Override
    public void close() {
        fleets.forEach(Fleet::close);
    }
}
