package io.portledger.lwaftr.dhcp;

import static org.awaitility.Awaitility.await;

import io.portledger.testing.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Kea's two servers, which together serve DHCPv4 over DHCPv6, in a namespace; ended by their processes. */
final class Kea implements AutoCloseable {

    private static final String DHCP6 = """
            { "Dhcp6": {
              "data-directory": "DIRECTORY",
              "interfaces-config": { "interfaces": [ "DEVICE", "DEVICE/2001:db8:1::1" ] },
              "lease-database": { "type": "memfile", "persist": false },
              "dhcp4o6-port": 6767,
              "loggers": [ { "name": "kea-dhcp6", "output_options": [ { "output": "stdout" } ], "severity": "DEBUG",
                "debuglevel": 40 } ],
              "subnet6": [ { "subnet": "2001:db8:1::/64", "interface": "DEVICE",
                "pools": [ { "pool": "2001:db8:1::1000-2001:db8:1::1fff" } ] } ] } }
            """;

    /** Kea has no port sets of its own: each address of the subnet comes with the same. */
    private static final String DHCP4 = """
            { "Dhcp4": {
              "interfaces-config": { "interfaces": [ "DEVICE" ] },
              "lease-database": { "type": "memfile", "persist": false },
              "dhcp4o6-port": 6767,
              "valid-lifetime": 4000,
              "authoritative": true,
              "loggers": [ { "name": "kea-dhcp4", "output_options": [ { "output": "stdout" } ], "severity": "DEBUG",
                "debuglevel": 40 } ],
              "subnet4": [ { "subnet": "192.0.2.0/24", "4o6-interface": "DEVICE", "4o6-subnet": "2001:db8:1::/64",
                "pools": [ { "pool": "192.0.2.1 - 192.0.2.2" } ],
                "option-data": [ { "name": "v4-portparams", "data": "0, 34/6" } ] } ] } }
            """;

    private final List<Process> processes = new ArrayList<>();
    private final Path directory;

    private Kea(Path directory) {
        this.directory = directory;
    }

    /** @param device whose addresses are 2001:db8:1::1 and an IPv4 address, without which Kea answers nothing */
    static Kea start(NetworkNamespace namespace, String device, Path directory) throws IOException {
        Kea kea = new Kea(directory);
        try {
            kea.run(namespace, "kea-dhcp4", DHCP4.replace("DEVICE", device), "DHCP4_STARTED");
            kea.run(namespace, "kea-dhcp6", DHCP6.replace("DEVICE", device), "DHCP6_STARTED");
        } catch (IOException | RuntimeException | AssertionError e) {
            kea.close();
            throw e;
        }
        return kea;
    }

    private void run(NetworkNamespace namespace, String program, String configuration, String sign) throws IOException {
        Path file = Files.writeString(
                directory.resolve(program + ".conf"), configuration.replace("DIRECTORY", directory.toString()));
        Path output = directory.resolve(program + ".log");
        ProcessBuilder builder =
                new ProcessBuilder("ip", "netns", "exec", namespace.name(), program, "-c", file.toString());
        builder.environment().put("KEA_PIDFILE_DIR", directory.toString());
        builder.environment().put("KEA_LOCKFILE_DIR", directory.toString());
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        // "ip netns exec" becomes the program: its process is the server's.
        Process process = builder.start();
        processes.add(process);
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            String said = Files.readString(output);
            if (!process.isAlive()) {
                throw new AssertionError(
                        program + " ended: install the Debian packages kea-dhcp4-server and kea-dhcp6-server. " + said);
            }
            return said.contains(sign);
        });
    }

    /** What both said so far. */
    String said() throws IOException {
        return Files.readString(directory.resolve("kea-dhcp4.log"))
                + Files.readString(directory.resolve("kea-dhcp6.log"));
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        for (Process process : processes) {
            process.onExit().join();
        }
    }
}
