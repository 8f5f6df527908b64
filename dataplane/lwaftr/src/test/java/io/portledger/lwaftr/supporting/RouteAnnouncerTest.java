package io.portledger.lwaftr.supporting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.portledger.lwaftr.BindingChange;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteAnnouncerTest {

    private static final List<Ipv4Prefix> CLASSES =
            List.of(Ipv4Prefix.parse("203.0.113.128/25"), Ipv4Prefix.parse("203.0.113.0/25"));
    private static final Binding OUTSIDE = TestLeases.binding("2001:db8::1", "192.0.2.1", 34);
    private static final Binding BESIDE = TestLeases.binding("2001:db8::2", "192.0.2.0", 35);

    private @TempDir @Nullable Path directory;
    private @Nullable RouteAnnouncer announcer;

    @AfterEach
    void stop() {
        if (announcer != null) {
            announcer.close();
        }
    }

    @Test
    void prefixesOfClassesAndAddressesOutsideThemAreAnnounced() throws Exception {
        start("blackhole", hook("cat >>\"$(dirname \"$0\")/told\""));
        await().until(() -> told().equals(List.of("announce 203.0.113.0/24")));

        change(BindingChange.Kind.CREATED, OUTSIDE);
        change(BindingChange.Kind.CREATED, BESIDE);
        await().until(() -> told().contains("announce 192.0.2.0/31"));
        change(BindingChange.Kind.CREATED, TestLeases.binding("2001:db8::3", "192.0.2.0", 36));
        change(BindingChange.Kind.CREATED, TestLeases.binding("2001:db8::4", "203.0.113.9", 36));
        change(BindingChange.Kind.DELETED, BESIDE);
        change(BindingChange.Kind.SNAPSHOT, OUTSIDE);
        change(BindingChange.Kind.DELETED, OUTSIDE);
        await().until(() -> told().contains("withdraw 192.0.2.0/31"));

        assertThat(told().getLast()).isEqualTo("announce 192.0.2.0/32");
        assertThat(Files.readString(file("frr.conf"))).isEqualTo("""
                        ! Written by the lwAFTR and replaced with each change.
                        ip route 192.0.2.0/32 blackhole
                        ip route 203.0.113.0/24 blackhole
                        !
                        """);
    }

    @Test
    void everythingIsWithdrawnAtTheEndAndWhenNothingIsForwarded() throws Exception {
        start("blackhole", hook("cat >>\"$(dirname \"$0\")/told\""));
        await().until(() -> told().size() == 1);

        Objects.requireNonNull(announcer).withdrawAll();
        await().until(() -> told().contains("withdraw 203.0.113.0/24"));
        change(BindingChange.Kind.CREATED, OUTSIDE);
        Objects.requireNonNull(announcer).close();

        assertThat(told()).containsExactly("announce 203.0.113.0/24", "withdraw 203.0.113.0/24");
        assertThat(Files.readString(file("bird.conf"))).doesNotContain("route ");
    }

    @Test
    void whatAnEarlierProcessLeftIsWithdrawn() throws Exception {
        Files.writeString(file("frr.conf"), "ip route 198.51.100.0/24 blackhole\nip route 203.0.113.0/24 blackhole\n");
        start("blackhole", hook("cat >>\"$(dirname \"$0\")/told\""));

        await().until(() -> told().equals(List.of("withdraw 198.51.100.0/24", "announce 203.0.113.0/24")));
    }

    @Test
    void aHookThatFailsIsCountedAndDoesNotHinder() throws Exception {
        start("blackhole", hook("echo no; exit 3"));

        await().until(() -> Objects.requireNonNull(announcer).failures() > 0);
        assertThat(Files.readString(file("bird.conf"))).contains("route 203.0.113.0/24 blackhole;");
    }

    @ParameterizedTest
    @CsvSource({"blackhole", "lwaftr0", "198.51.100.1"})
    void birdTakesTheFile(String nextHop) throws Exception {
        start(nextHop, List.of());
        await().until(() -> Files.exists(file("bird.conf")));
        Path whole = file("whole.conf");
        Files.writeString(whole, birdConfiguration());

        assertThat(run("bird", "-p", "-c", whole.toString())).isEmpty();
    }

    @Test
    void birdFollowsTheFile() throws Exception {
        Files.writeString(file("bird.conf"), "");
        Files.writeString(file("whole.conf"), birdConfiguration());
        Path socket = file("bird.ctl");
        Process bird = new ProcessBuilder(
                        "bird",
                        "-f",
                        "-c",
                        file("whole.conf").toString(),
                        "-s",
                        socket.toString(),
                        "-P",
                        file("bird.pid").toString())
                .redirectErrorStream(true)
                .redirectOutput(file("bird.log").toFile())
                .start();
        try {
            await().until(() -> Files.exists(socket));
            start("blackhole", List.of("birdc", "-s", socket.toString(), "configure"));
            await().untilAsserted(() -> assertThat(run("birdc", "-s", socket.toString(), "show route"))
                    .contains("203.0.113.0/24", "blackhole"));

            Objects.requireNonNull(announcer).close();

            await().untilAsserted(() -> assertThat(run("birdc", "-s", socket.toString(), "show route"))
                    .doesNotContain("203.0.113.0/24"));
        } finally {
            bird.destroy();
            bird.waitFor(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void frrTakesTheFileAndFollowsTheHook() throws Exception {
        // FRR's daemons have a user of their own.
        Path daemon = Files.createDirectory(
                Path.of("/tmp/portledger-frr-" + ProcessHandle.current().pid()));
        assertThat(run("chown", "frr:frrvty", daemon.toString())).isEmpty();
        Process staticd = new ProcessBuilder(
                        "/usr/lib/frr/staticd",
                        "--vty_socket",
                        daemon.toString(),
                        "-i",
                        daemon.resolve("pid").toString(),
                        "-z",
                        daemon.resolve("zserv").toString(),
                        "-P",
                        "0",
                        "-f",
                        "/dev/null")
                .redirectErrorStream(true)
                .redirectOutput(file("staticd.log").toFile())
                .start();
        try {
            await().until(() -> Files.exists(daemon.resolve("staticd.vty")));
            Path changes = file("changes.conf");
            start("blackhole", hook("""
                    sed -e 's/^announce \\(.*\\)/ip route \\1 blackhole/' \\
                      -e 's/^withdraw \\(.*\\)/no ip route \\1 blackhole/' >%s
                    exec vtysh --vty_socket %s -f %s""".formatted(changes, daemon, changes)));
            await().untilAsserted(() -> assertThat(staticRoutes(daemon)).contains("ip route 203.0.113.0/24 blackhole"));

            Objects.requireNonNull(announcer).close();
            assertThat(staticRoutes(daemon)).doesNotContain("ip route");

            for (String nextHop : List.of("blackhole", "198.51.100.1", "lo")) {
                start(nextHop, List.of());
                await().until(() -> Files.readString(file("frr.conf")).contains("203.0.113.0/24 " + nextHop));
                assertThat(run(
                                "vtysh",
                                "--vty_socket",
                                daemon.toString(),
                                "-f",
                                file("frr.conf").toString()))
                        .doesNotContain("ailed", "Unknown");
                assertThat(staticRoutes(daemon)).contains("ip route 203.0.113.0/24 " + nextHop);
                run(
                        "vtysh",
                        "--vty_socket",
                        daemon.toString(),
                        "-c",
                        "configure terminal",
                        "-c",
                        "no ip route 203.0.113.0/24 " + nextHop);
                Objects.requireNonNull(announcer).close();
            }
        } finally {
            staticd.destroy();
            staticd.waitFor(10, TimeUnit.SECONDS);
            run("rm", "-r", daemon.toString());
        }
    }

    private static String staticRoutes(Path daemon) throws Exception {
        return run("vtysh", "--vty_socket", daemon.toString(), "-d", "staticd", "-c", "show running-config");
    }

    @Test
    void settingsThatAreNoneAreNamed() {
        assertThatThrownBy(() -> new RoutingSettings(null, null, "a; b", List.of(), Duration.ofSeconds(5)))
                .hasMessageContaining("key next-hop");
        assertThatThrownBy(() -> new RoutingSettings(null, null, "blackhole", List.of(), Duration.ZERO))
                .hasMessageContaining("key hook-timeout");
        assertThat(RouteAnnouncer.start(
                        new RoutingSettings(null, null, "blackhole", List.of(), Duration.ofSeconds(5)), CLASSES))
                .isNull();
    }

    @Property
    void aggregatesAreTheSameAddressesAndAsFewAsCanBe(
            @ForAll @Size(max = 40) List<@IntRange(max = 63) Integer> addresses,
            @ForAll @IntRange(min = 28, max = 32) int length) {
        List<Ipv4Prefix> prefixes = new ArrayList<>();
        for (int i = 0; i < addresses.size(); i++) {
            int of = i % 2 == 0 ? 32 : length;
            int first = addresses.get(i) & -1 << (32 - of);
            prefixes.add(Ipv4Prefix.parse("192.0.2." + first + "/" + of));
        }

        List<Ipv4Prefix> aggregated = RouteAnnouncer.aggregate(prefixes);

        assertThat(addressesOf(aggregated)).isEqualTo(addressesOf(prefixes));
        assertThat(aggregated.stream().mapToLong(Ipv4Prefix::size).sum())
                .isEqualTo(addressesOf(prefixes).size());
        assertThat(RouteAnnouncer.aggregate(aggregated)).isEqualTo(aggregated);
    }

    private static Set<Integer> addressesOf(List<Ipv4Prefix> prefixes) {
        Set<Integer> addresses = new TreeSet<>();
        for (Ipv4Prefix prefix : prefixes) {
            for (int i = 0; i < prefix.size(); i++) {
                addresses.add(prefix.first().bits() + i);
            }
        }
        return addresses;
    }

    private void start(String nextHop, List<String> hook) {
        announcer = RouteAnnouncer.start(
                new RoutingSettings(file("bird.conf"), file("frr.conf"), nextHop, hook, Duration.ofSeconds(20)),
                CLASSES);
    }

    private void change(BindingChange.Kind kind, Binding binding) {
        Objects.requireNonNull(announcer).onChange(new BindingChange(kind, Instant.EPOCH, binding));
    }

    private List<String> told() throws IOException {
        return Files.exists(file("told")) ? Files.readAllLines(file("told")) : List.of();
    }

    private List<String> hook(String script) throws IOException {
        Path hook = file("hook");
        Files.writeString(hook, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
        return List.of(hook.toString());
    }

    private String birdConfiguration() {
        return "router id 192.0.2.254;\nprotocol device {}\ninclude \"" + file("bird.conf") + "\";\n";
    }

    private Path file(String name) {
        return Objects.requireNonNull(directory).resolve(name);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
