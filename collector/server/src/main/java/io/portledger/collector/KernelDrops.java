package io.portledger.collector;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How many datagrams the kernel dropped because a socket's receive buffer was full, as Linux tells. */
final class KernelDrops {

    private static final List<Path> TABLES = List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));

    private final int port;
    private long seen;

    KernelDrops(int port) {
        this.port = port;
        seen = total();
    }

    /** Drops since the last call or the construction; 0 where the system does not tell. */
    long more() {
        long total = total();
        long more = Math.max(0, total - seen);
        seen = total;
        return more;
    }

    private long total() {
        long total = 0;
        for (Path table : TABLES) {
            if (Files.isReadable(table)) {
                try {
                    for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
                        total += dropsOf(line, port);
                    }
                } catch (IOException e) {
                    return seen;
                }
            }
        }
        return total;
    }

    /** The last column of a line of the kernel's table, if the line's socket is bound to {@code port}; else 0. */
    static long dropsOf(String line, int port) {
        String[] columns = line.strip().split("\\s+", -1);
        if (columns.length < 13 || !columns[1].endsWith(String.format(":%04X", port))) {
            return 0;
        }
        try {
            return Long.parseLong(columns[columns.length - 1]);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
