package io.portledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How much processor time processes have used, as Linux tells it. */
final class CpuTime {

    /** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
    private static final double TICKS_A_SECOND = 100;

    // Of /proc/PID/stat, counted behind the program's name.
    private static final int OWN_IN_PROGRAM = 11;
    private static final int OF_ENDED_CHILDREN_IN_KERNEL = 14;

    private CpuTime() {}

    /** Seconds that a process and its descendants have used, those that have ended included. */
    static double seconds(ProcessHandle process) throws IOException {
        double seconds = 0;
        try (Stream<ProcessHandle> all = Stream.concat(Stream.of(process), process.descendants())) {
            for (ProcessHandle each : all.toList()) {
                seconds += ownSeconds(each.pid());
            }
        }
        return seconds;
    }

    private static double ownSeconds(long pid) throws IOException {
        try {
            return seconds(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (NoSuchFileException e) {
            // It has ended just now, and its parent has its time.
            return 0;
        }
    }

    /** Seconds by a line of {@code /proc/PID/stat}: in the program and in the kernel, of its own and of ended children. */
    static double seconds(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = 0;
        for (int i = OWN_IN_PROGRAM; i <= OF_ENDED_CHILDREN_IN_KERNEL; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks / TICKS_A_SECOND;
    }
}
