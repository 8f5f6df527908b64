package io.portledger.lwaftr.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The machine on which figures were measured, in general terms. */
final class Machine {

    private Machine() {}

    static String description() {
        return String.format(
                Locale.ROOT,
                "%s, %d cores; %s %s; Java %s; load %s",
                first(Path.of("/proc/cpuinfo"), "model name"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.version(),
                load());
    }

    private static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).replaceAll(" .*\\s*", "");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String first(Path file, String name) {
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith(name)) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            // Not a Linux.
        }
        return System.getProperty("os.arch", "unknown");
    }
}
