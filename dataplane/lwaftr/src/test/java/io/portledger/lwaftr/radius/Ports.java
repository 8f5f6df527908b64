package io.portledger.lwaftr.radius;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** UDP ports of this machine. */
final class Ports {

    private Ports() {}

    /** A port that was free just now. */
    static int free() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    /** Whether somebody listens on it. */
    static boolean isBound(int port) throws IOException {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        return Stream.concat(
                        Files.readAllLines(Path.of("/proc/net/udp")).stream(),
                        Files.readAllLines(Path.of("/proc/net/udp6")).stream())
                .map(line -> line.strip().split("\\s+", -1))
                .anyMatch(fields -> fields.length > 1 && fields[1].endsWith(suffix));
    }
}
