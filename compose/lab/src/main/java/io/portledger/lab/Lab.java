package io.portledger.lab;

import io.portledger.lwaftr.LwaftrCommand;
import io.portledger.lwb4.Lwb4Command;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Two households that share an IPv4 address, and what is between them and the Internet.
 *
 * <pre>
 *  host 1 ── gateway 1 ──┐
 *            (lwB4, NAT) ├── router ── lwAFTR ── Internet host
 *  host 2 ── gateway 2 ──┘   IPv6              IPv4
 * </pre>
 *
 * <p>Everything is gone after {@link #close()}, and when this process ends by itself or by a signal that can be caught.
 */
public final class Lab implements AutoCloseable {

    /** The shared public address. */
    public static final String PUBLIC_ADDRESS = "192.0.2.1";

    /** The lwAFTR's end of the softwires. */
    public static final String BR_ADDRESS = "2001:db8:ffff::1";

    /** Where the lwAFTR's ICMPv4 errors come from. */
    public static final String LWAFTR_ADDRESS = "203.0.113.1";

    /** Of the machine on which the lwAFTR runs, towards the Internet host. */
    public static final String LWAFTR_ROUTER_ADDRESS = "198.51.100.1";

    /** The Internet host's interface to the lwAFTR, and the router's. */
    public static final String CORE_INTERFACE = "core";

    /** The Internet host has the addresses 198.51.100.7 to .31, so that each test can use one that no other did. */
    private static final String INTERNET = "198.51.100.";

    private static final int FIRST_INTERNET_ADDRESS = 7;
    private static final int LAST_INTERNET_ADDRESS = 31;

    /** The lwAFTR's own machine, where it serves PCP. */
    private static final String LWAFTR_CONTROL_ADDRESS = "2001:db8:f::2";

    private static final Pattern OBTAINED = Pattern.compile("Softwire (\\S+) to \\S+ for \\S+ ports (\\S+) through");

    /** By which way the households have their bindings. */
    public enum Provisioning {
        /** They stand in everybody's settings: a scattered port set for each. */
        STATIC,
        /** The gateways ask by PCP, from the address of the softwire. */
        PCP,
        /** The gateways ask the router by DHCPv6, and find the binding in its container: a scattered port set each. */
        DHCPV6,
        /** The router's DHCPv6 leads the gateways to the lwAFTR, whose own server gives them shares by DHCPv4. */
        DHCP4O6
    }

    private final Path directory;
    private final Provisioning provisioning;
    private final String suffix =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()).substring(3);
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Thread closing = Thread.ofPlatform().name("lab-end").unstarted(this::closeAll);
    private final List<Household> households = new ArrayList<>();
    private final Namespace router;
    private final Namespace lwaftr;
    private final Namespace internet;
    private String publicAddress = PUBLIC_ADDRESS;
    private @Nullable Program lwaftrProgram;

    private Lab(Path directory, Provisioning provisioning) throws IOException {
        this.directory = directory;
        this.provisioning = provisioning;
        Runtime.getRuntime().addShutdownHook(closing);
        try {
            router = namespace("router");
            lwaftr = namespace("lwaftr");
            internet = namespace("internet");
            connectCore();
            List<Home> homes = List.of(home(1), home(2));
            if (provisioning == Provisioning.STATIC || provisioning == Provisioning.DHCPV6) {
                homes.forEach(home -> households.add(home.with(portsOf(home))));
            }
            startLwaftr();
            if (provisioning == Provisioning.STATIC) {
                for (Household household : households) {
                    startLwb4(household);
                }
            } else {
                if (provisioning != Provisioning.PCP) {
                    startDhcpv6(homes);
                }
                households.clear();
                for (Home home : homes) {
                    households.add(startLwb4(home));
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Builds a lab.
     *
     * @param directory for the configuration of its programs
     * @throws LabException if a command fails: mostly because this is not root, or a program is missing
     */
    public static Lab build(Path directory) throws IOException {
        return new Lab(directory, Provisioning.STATIC);
    }

    /** Builds a lab whose households get their bindings from the lwAFTR. */
    public static Lab build(Path directory, Provisioning provisioning) throws IOException {
        return new Lab(directory, provisioning);
    }

    /** The households, both with a share of {@link #PUBLIC_ADDRESS}. */
    public List<Household> households() {
        return List.copyOf(households);
    }

    /** Between the households and the lwAFTR; its interface to the lwAFTR is {@link #CORE_INTERFACE}. */
    public Namespace router() {
        return router;
    }

    /** Where the lwAFTR runs. */
    public Namespace lwaftr() {
        return lwaftr;
    }

    /** A host of the IPv4 Internet. */
    public Namespace internet() {
        return internet;
    }

    /** One of the Internet host's addresses, 0 to 24. */
    public static String internetAddress(int index) {
        return INTERNET + (FIRST_INTERNET_ADDRESS + index);
    }

    /** Sets the MTU of the link between router and lwAFTR, on both ends. */
    public void setCoreMtu(int mtu) {
        router.ip("link set core mtu " + mtu);
        lwaftr.ip("link set core mtu " + mtu);
    }

    /** Ends the lwAFTR and starts it without any memory, and with another public address for everybody. */
    public void replaceLwaftr(String newPublicAddress) throws IOException {
        if (lwaftrProgram != null) {
            lwaftrProgram.end();
        }
        publicAddress = newPublicAddress;
        startLwaftr();
    }

    /** Starts a program in a namespace that ends with the lab. */
    public Program start(Namespace namespace, String... command) {
        Program program = namespace.start(command);
        opened.push(program);
        return program;
    }

    /** Ends all programs and removes all namespaces. */
    @Override
    public void close() {
        closeAll();
        try {
            Runtime.getRuntime().removeShutdownHook(closing);
        } catch (IllegalStateException e) {
            // The process is ending already.
        }
    }

    private void closeAll() {
        synchronized (opened) {
            while (!opened.isEmpty()) {
                try {
                    opened.pop().close();
                } catch (Exception e) {
                    // The others must be closed all the same, and this is the only one to tell.
                    System.err.println("lab: " + e);
                }
            }
        }
    }

    private Namespace namespace(String role) {
        Namespace namespace = Namespace.create("pl-" + role + "-" + suffix);
        opened.push(namespace);
        return namespace;
    }

    private void connectCore() {
        Namespace.connect(router, CORE_INTERFACE, lwaftr, CORE_INTERFACE);
        Namespace.connect(lwaftr, "internet", internet, "eth0");
        router.forward();
        lwaftr.forward();
        router.ip("""
                address add 2001:db8:f::1/64 dev core nodad
                -6 route add 2001:db8:ffff::/48 via 2001:db8:f::2""");
        lwaftr.ip("""
                address add 2001:db8:f::2/64 dev core nodad
                -6 route add default via 2001:db8:f::1
                address add 198.51.100.1/24 dev internet""");
        for (int i = FIRST_INTERNET_ADDRESS; i <= LAST_INTERNET_ADDRESS; i++) {
            internet.ip("address add " + INTERNET + i + "/24 dev eth0");
        }
        internet.ip("route add default via 198.51.100.1");
    }

    private Home home(int number) {
        Namespace host = namespace("host" + number);
        Namespace gateway = namespace("gateway" + number);
        Home home = new Home(number, host, gateway);
        Namespace.connect(host, "eth0", gateway, "lan");
        Namespace.connect(gateway, "wan", router, "access" + number);
        gateway.forward();
        host.ip("address add " + home.hostAddress() + "/24 dev eth0\nroute add default via " + home.gatewayAddress());
        gateway.ip("address add " + home.gatewayAddress() + "/24 dev lan");
        gateway.ip("address add " + home.access() + "2/64 dev wan nodad");
        gateway.ip("-6 route add default via " + home.access() + "1");
        router.ip("address add " + home.access() + "1/64 dev access" + number + " nodad");
        router.ip("-6 route add " + home.prefix() + " via " + home.access() + "2");
        return home;
    }

    private void startLwaftr() throws IOException {
        String bindings = switch (provisioning) {
            case STATIC, DHCPV6 -> {
                writeBindings();
                yield "binding-table: bindings.csv";
            }
            case PCP -> "pcp: { listen: \"[" + LWAFTR_CONTROL_ADDRESS + "]:5351\" }\n" + serviceClass();
            case DHCP4O6 ->
                "dhcp: { listen: \"[" + LWAFTR_CONTROL_ADDRESS + "]:547\", lease-time: 8s }\n" + serviceClass();
        };
        Path config = Files.writeString(
                directory.resolve("lwaftr.yaml"), """
                lwaftr:
                  br-addresses: ["%s"]
                  ipv4-address: %s
                  tunnel: { path-mtu-discovery: true }
                  tun-device: softwires
                  %s
                """.formatted(BR_ADDRESS, LWAFTR_ADDRESS, bindings));
        lwaftrProgram = start(lwaftr, java(LwaftrCommand.class, "run", "--config", config.toString()));
        lwaftrProgram.awaitPrinted(printed -> printed.contains("Ctrl-C ends it"));
        lwaftr.ip("""
                link set softwires up
                -6 route add 2001:db8:ffff::1/128 dev softwires
                route add 192.0.2.0/24 dev softwires
                route add 203.0.113.1/32 dev softwires""");
    }

    private String serviceClass() {
        return "  service-classes: [ { name: default, prefixes: [ " + publicAddress + " ], min-lifetime: 4s } ]";
    }

    private void writeBindings() throws IOException {
        Files.writeString(
                directory.resolve("bindings.csv"),
                households.stream()
                        .map(household -> String.join(
                                ",",
                                household.softwireAddress().toString(),
                                PUBLIC_ADDRESS,
                                household.ports().toString().replace('/', ','),
                                BR_ADDRESS))
                        .collect(Collectors.joining("\n")));
    }

    private void startLwb4(Household household) throws IOException {
        int number = household.home().number();
        Path config = Files.writeString(directory.resolve("lwb4-" + number + ".yaml"), """
                lwb4:
                  provisioning: static
                  softwire:
                    tun-device: softwire
                    lwaftr: "%s"
                    address: "%s"
                    ipv4: %s
                    port-set: %s
                """.formatted(
                        BR_ADDRESS, household.softwireAddress(), PUBLIC_ADDRESS, household.ports()));
        Namespace gateway = household.gateway();
        start(gateway, java(Lwb4Command.class, "run", "--config", config.toString()))
                .awaitPrinted(printed -> OBTAINED.matcher(printed).find());
        gateway.ip("link set softwire mtu 65535 up");
        gateway.ip("-6 route add " + household.softwireAddress() + "/128 dev softwire");
        gateway.ip("route add default dev softwire src " + household.gatewayAddress());
        String rules = gateway.run(java(Lwb4Command.class, "nftables", "--config", config.toString()));
        Path file = Files.writeString(directory.resolve("rules-" + number), rules);
        gateway.run("nft", "-f", file.toString());
    }

    /** The router tells each household its share, which the lwAFTR has in its table, or who gives it one. */
    private void startDhcpv6(List<Home> homes) throws IOException {
        String subnets = homes.stream()
                .map(home -> """
                        { "id": %1$d, "subnet": "%2$s/64", "interface": "access%1$d", "option-data": [ %3$s ] }""".formatted(home.number(), home.access(), optionsFor(home)))
                .collect(Collectors.joining(",\n"));
        opened.push(Kea.dhcp6(router, directory, """
                { "Dhcp6": { "data-directory": "%s", "interfaces-config": { "interfaces": [ "access1", "access2" ] },
                  "lease-database": { "type": "memfile", "persist": false }, "subnet6": [ %s ] } }
                """.formatted(directory, subnets)));
    }

    private String optionsFor(Home home) {
        if (provisioning == Provisioning.DHCP4O6) {
            return """
                    { "name": "dhcp4o6-server-addr", "data": "%s" }""".formatted(LWAFTR_CONTROL_ADDRESS);
        }
        PortSet ports = portsOf(home);
        return """
                { "name": "s46-cont-lw" },
                { "space": "s46-cont-lw-options", "name": "s46-br", "data": "%s" },
                { "space": "s46-cont-lw-options", "name": "s46-v4v6bind", "data": "%s, %s" },
                { "space": "s46-v4v6bind-options", "name": "s46-portparams", "data": "%d, %d/%d" }""".formatted(
                BR_ADDRESS, PUBLIC_ADDRESS, home.prefix(), ports.psidOffset(), ports.psid(), ports.psidLength());
    }

    /** The share of a household that the operator has chosen for it. */
    private static PortSet portsOf(Home home) {
        return new PortSet(4, 6, 33 + home.number());
    }

    /** A gateway that does everything by itself. */
    private Household startLwb4(Home home) throws IOException {
        String source = switch (provisioning) {
            case PCP -> """
                            provisioning: pcp
                              pcp-server: "[%s]:5351"
                              lifetime: 8s
                              softwire:
                                lwaftr: "%s"
                                prefix: "%s"
                            """.formatted(LWAFTR_CONTROL_ADDRESS, BR_ADDRESS, home.prefix());
            case DHCPV6 -> """
                            provisioning: auto
                              dhcp: { interface-name: wan }
                              softwire:
                            """;
            case DHCP4O6 -> """
                            provisioning: auto
                              dhcp: { interface-name: wan }
                              softwire:
                                prefix: "%s"
                            """.formatted(home.prefix());
            case STATIC -> throw new IllegalStateException("it has a binding");
        };
        Path config = Files.writeString(
                directory.resolve("lwb4-" + home.number() + ".yaml"), """
                lwb4:
                  %s    tun-device: softwire
                    nftables: apply
                    on-binding: >
                      ip link set $LWB4_DEVICE mtu 65535 up &&
                      if [ -n "$LWB4_ADDRESS" ]; then ip -6 route replace $LWB4_ADDRESS/128 dev $LWB4_DEVICE; fi &&
                      ip route replace default dev $LWB4_DEVICE src %s
                """.formatted(source, home.gatewayAddress()));
        Program lwb4 = start(home.gateway(), java(Lwb4Command.class, "run", "--config", config.toString()));
        lwb4.awaitPrinted(printed -> OBTAINED.matcher(printed).find());
        Matcher obtained = OBTAINED.matcher(lwb4.printed());
        if (!obtained.find()) {
            throw new IllegalStateException("it was there");
        }
        return home.with(PortSet.parse(obtained.group(2)), Ipv6Address.parse(obtained.group(1)));
    }

    static String[] java(Class<?> program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }
}
