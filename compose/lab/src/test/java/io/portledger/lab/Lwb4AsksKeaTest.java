package io.portledger.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.LwaftrCommand;
import io.portledger.lwb4.Lwb4Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One lwB4 on a link with the DHCP servers of ISC, which we did not write: what it is told, what it is given, and what it
 * makes of it. Needs root and the Debian packages iproute2, kea-dhcp4-server and kea-dhcp6-server.
 */
@Timeout(120)
class Lwb4AsksKeaTest {

    private static final String CONTAINER = """
            { "name": "s46-cont-lw" },
            { "space": "s46-cont-lw-options", "name": "s46-br", "data": "2001:db8:ffff::1" },
            { "space": "s46-cont-lw-options", "name": "s46-v4v6bind", "data": "192.0.2.1, 2001:db8:0:100::/56" },
            { "space": "s46-v4v6bind-options", "name": "s46-portparams", "data": "0, 34/6" }""";
    private static final String AFTR_NAME = """
            { "name": "aftr-name", "data": "lw.example.net" }""";
    private static final String DHCP4O6_UNICAST = """
            { "name": "dhcp4o6-server-addr", "data": "2001:db8:1::1" }""";
    private static final String PREFERS_DHCP4O6 = """
            { "name": "s46-priority", "data": "88, 96" }""";

    @TempDir
    private Path directory;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Namespace server;
    private Namespace client;

    @BeforeEach
    void connect() {
        String suffix = Integer.toString((int) (ProcessHandle.current().pid() % 10_000));
        server = Namespace.create("pl-kea-" + suffix);
        opened.push(server);
        client = Namespace.create("pl-cpe-" + suffix);
        opened.push(client);
        Namespace.connect(server, "vs", client, "wan");
        server.ip("address add 2001:db8:1::1/64 dev vs nodad\naddress add 192.0.2.254/24 dev vs");
        client.ip("address add 2001:db8:1::100/64 dev wan nodad");
        for (Namespace one : new Namespace[] {server, client}) {
            // A tentative link-local address cannot be used yet.
            Awaitility.await()
                    .until(() -> !one.run("ip", "-6", "address", "show").contains("tentative")
                            && one.run("ip", "-6", "address", "show").contains("fe80"));
        }
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    @Test
    void theContainerOfAnInformationRequestIsTheBinding() throws Exception {
        startDhcp6(CONTAINER);
        Program lwb4 = startLwb4("auto", "");
        lwb4.awaitPrinted(printed -> printed.contains("a binding by option 96"));
        lwb4.awaitPrinted(
                printed -> printed.contains("Binding: 192.0.2.1 ports 0/6/34 for 2001:db8:0:100:0:c000:201:22"));
    }

    @Test
    void theAftrNameLeadsToTheLwaftrThatServesPcp() throws Exception {
        startDhcp6(AFTR_NAME);
        startPcpServer();
        startLwb4("auto", "").awaitPrinted(printed -> printed.contains("Binding: 192.0.2.77 ports 1024-2047"));
    }

    @Test
    void thePcpServerOfOption86IsAskedWhereverTheLwaftrIs() throws Exception {
        startDhcp6(AFTR_NAME.replace("lw.example.net", "elsewhere.example.net") + """
                , { "code": 86, "space": "dhcp6", "csv-format": false, "data": "20010db8000100000000000000000001" }""");
        startPcpServer();
        startLwb4("pcp", "").awaitPrinted(printed -> printed.contains("Binding: 192.0.2.77 ports 1024-2047"));
    }

    @Test
    void dhcp4o6GivesAShareOfAnAddressAndTakesItBack() throws Exception {
        startDhcp6(DHCP4O6_UNICAST);
        Program dhcp4 = startDhcp4();
        Program lwb4 = startLwb4("dhcp4o6", """
                softwire: { lwaftr: "2001:db8:ffff::1", prefix: "2001:db8:0:100::/56" }""");
        lwb4.awaitPrinted(
                printed -> printed.contains("Binding: 192.0.2.1 ports 0/6/34 for 2001:db8:0:100:0:c000:201:22 until "));
        assertThat(dhcp4.printed()).contains("DHCP4_LEASE_ALLOC");
        lwb4.end();
        dhcp4.awaitPrinted(printed -> printed.contains("DHCP4_RELEASE"));
    }

    @Test
    void theLeaseIsRenewedAndAfterACrashAskedForAgain() throws Exception {
        startDhcp6("""
                { "name": "dhcp4o6-server-addr", "data": "" , "csv-format": false }""");
        Program dhcp4 = startDhcp4();
        String more = """
                softwire: { lwaftr: "2001:db8:ffff::1", prefix: "2001:db8:0:100::/56" }""";
        Program lwb4 = startLwb4("auto", more);
        lwb4.awaitPrinted(printed -> printed.contains("Renewed until"));
        Path lease = directory.resolve("lease");
        assertThat(lease).exists();
        lwb4.close();
        Program next = startLwb4("auto", more);
        next.awaitPrinted(printed -> printed.contains("Binding: 192.0.2.1 ports 0/6/34"));
        assertThat(dhcp4.printed().lines().filter(line -> line.contains("DHCPDISCOVER (type 1) received")))
                .as("only the first time")
                .hasSize(1);
        next.end();
        assertThat(Files.exists(lease)).isFalse();
    }

    @Test
    void theServersPriorityDecides() throws Exception {
        startDhcp6(CONTAINER + ",\n" + DHCP4O6_UNICAST + ",\n" + PREFERS_DHCP4O6);
        startDhcp4();
        startLwb4("auto", """
                softwire: { prefix: "2001:db8:0:100::/56" }""").awaitPrinted(printed -> printed.contains("a binding by DHCPv4 over DHCPv6"));
    }

    private void startDhcp6(String options) throws Exception {
        opened.push(Kea.dhcp6(server, directory, """
                { "Dhcp6": { "data-directory": "%s", "interfaces-config": { "interfaces": [ "vs", "vs/2001:db8:1::1" ] },
                  "lease-database": { "type": "memfile", "persist": false }, "dhcp4o6-port": 6767,
                  "option-def": [ { "name": "s46-priority", "code": 111, "space": "dhcp6", "type": "uint16", "array": true } ],
                  "option-data": [ %s ],
                  "subnet6": [ { "subnet": "2001:db8:1::/64", "interface": "vs" } ] } }
                """.formatted(directory, options)));
    }

    private Program startDhcp4() throws Exception {
        Program kea = Kea.dhcp4(server, directory, """
                { "Dhcp4": { "interfaces-config": { "interfaces": [ "vs" ] },
                  "lease-database": { "type": "memfile", "persist": false }, "dhcp4o6-port": 6767,
                  "valid-lifetime": 12, "renew-timer": 3, "rebind-timer": 8, "loggers": [ { "name": "kea-dhcp4",
                  "severity": "DEBUG", "debuglevel": 55, "output_options": [ { "output": "stdout" } ] } ],
                  "option-def": [ { "name": "dhcp4o6-s46-saddr", "code": 109, "space": "dhcp4", "type": "ipv6-address" } ],
                  "subnet4": [ { "subnet": "192.0.2.0/24", "4o6-interface": "vs", "4o6-subnet": "2001:db8:1::/64",
                    "pools": [ { "pool": "192.0.2.1 - 192.0.2.1" } ],
                    "option-data": [ { "name": "v4-portparams", "data": "0, 34/6" } ] } ] } }
                """);
        opened.push(kea);
        return kea;
    }

    private void startPcpServer() throws Exception {
        Path config = Files.writeString(directory.resolve("lwaftr.yaml"), """
                lwaftr:
                  pcp: { listen: "[2001:db8:1::1]:5351" }
                  service-classes: [ { name: default, prefixes: [ 192.0.2.77 ] } ]
                """);
        Program lwaftr = server.start(Lab.java(LwaftrCommand.class, "run", "--config", config.toString()));
        opened.push(lwaftr);
        lwaftr.awaitPrinted(printed -> printed.contains("Ctrl-C ends it"));
    }

    private Program startLwb4(String provisioning, String more) throws Exception {
        Path config = Files.writeString(directory.resolve("lwb4.yaml"), """
                lwb4:
                  provisioning: %s
                  dhcp: { interface-name: wan, lease-file: lease }
                  %s
                """.formatted(provisioning, more));
        Path hosts = Files.writeString(directory.resolve("hosts"), """
                2001:db8:1::1 lw.example.net
                2001:db8:ffff::1 elsewhere.example.net
                """);
        List<String> command = new ArrayList<>(List.of("env", "JAVA_TOOL_OPTIONS=-Djdk.net.hosts.file=" + hosts));
        command.addAll(List.of(Lab.java(Lwb4Command.class, "run", "--config", config.toString())));
        Program lwb4 = client.start(command.toArray(String[]::new));
        opened.push(lwb4);
        return lwb4;
    }
}
