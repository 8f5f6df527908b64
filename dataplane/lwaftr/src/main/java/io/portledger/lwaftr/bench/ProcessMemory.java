package io.portledger.lwaftr.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory processes have, as Linux tells it; 0 elsewhere. */
final class ProcessMemory {

    private ProcessMemory() {}

    /** What this process has in physical memory now. */
    static long residentOctets() {
        return kibibytes("/proc/self/status", "VmRSS:") << 10;
    }

    /** The most that this process ever had. */
    static long peakOctets() {
        return kibibytes("/proc/self/status", "VmHWM:") << 10;
    }

    /** What the machine can still give. */
    static long availableOctets() {
        return kibibytes("/proc/meminfo", "MemAvailable:") << 10;
    }

    private static long kibibytes(String file, String name) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException e) {
            // Not a Linux.
        }
        return 0;
    }
}
