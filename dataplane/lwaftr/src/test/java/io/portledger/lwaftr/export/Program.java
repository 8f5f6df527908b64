package io.portledger.lwaftr.export;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of the system that runs beside a test; its output is kept line by line. */
final class Program implements AutoCloseable {

    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader;

    private Program(Process process) {
        this.process = process;
        reader = Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try {
            process.inputReader(StandardCharsets.UTF_8).lines().forEach(lines::add);
        } catch (UncheckedIOException e) {
            // It was ended, and its output with it.
        }
    }

    /** @param debianPackage what to install if the program is missing */
    static Program start(String debianPackage, String... command) throws IOException {
        try {
            return new Program(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new AssertionError(command[0] + " cannot be started: install the Debian package " + debianPackage, e);
        }
    }

    /** What a program wrote until it ended by itself, without error. */
    static List<String> run(String debianPackage, String... command) throws IOException, InterruptedException {
        try (Program program = start(debianPackage, command)) {
            int exitCode = program.process.waitFor();
            program.reader.join();
            if (exitCode != 0) {
                throw new AssertionError(command[0] + " ended with " + exitCode + ": " + program.lines);
            }
            return program.lines;
        }
    }

    /** What it wrote so far, errors included. */
    List<String> lines() {
        return lines;
    }

    /** Whether it listens on this UDP port. */
    static boolean isUdpPortOpen(int port) throws IOException {
        return udpSockets(port).findAny().isPresent();
    }

    /** Whether whoever listens on this UDP port has read all that came. */
    static boolean isUdpPortDrained(int port) throws IOException {
        return udpSockets(port).allMatch(fields -> fields[4].endsWith(":00000000"));
    }

    /** The lines of the kernel's tables of UDP sockets that are about this local port, as fields. */
    private static Stream<String[]> udpSockets(int port) throws IOException {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        return Stream.concat(
                        Files.readAllLines(Path.of("/proc/net/udp")).stream(),
                        Files.readAllLines(Path.of("/proc/net/udp6")).stream())
                .map(line -> line.strip().split("\\s+", -1))
                .filter(fields -> fields[1].endsWith(suffix));
    }

    /** Asks it to end, as Ctrl-C does, and waits until it did. */
    void stop() throws IOException, InterruptedException {
        run("procps", "kill", "-INT", Long.toString(process.pid()));
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the program does not end: " + lines);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
