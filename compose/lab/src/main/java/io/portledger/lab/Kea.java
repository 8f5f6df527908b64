package io.portledger.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The DHCP servers of ISC in a namespace of a test; its files are in a directory of the test. */
final class Kea {

    private Kea() {}

    /** Starts {@code kea-dhcp6} with a configuration and waits until it serves. */
    static Program dhcp6(Namespace namespace, Path directory, String configuration) throws IOException {
        return start(namespace, directory, "kea-dhcp6", configuration, "DHCP6_STARTED");
    }

    /** Starts {@code kea-dhcp4} with a configuration and waits until it serves. */
    static Program dhcp4(Namespace namespace, Path directory, String configuration) throws IOException {
        return start(namespace, directory, "kea-dhcp4", configuration, "DHCP4_STARTED");
    }

    private static Program start(
            Namespace namespace, Path directory, String program, String configuration, String started)
            throws IOException {
        Path file = Files.writeString(directory.resolve(program + ".json"), configuration);
        Program kea = namespace.start(
                "env", "KEA_PIDFILE_DIR=" + directory, "KEA_LOCKFILE_DIR=" + directory, program, "-c", file.toString());
        try {
            kea.awaitPrinted(printed -> printed.contains(started));
            return kea;
        } catch (LabException e) {
            kea.close();
            throw e;
        }
    }
}
