package io.portledger.lwaftr.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Starts the processes in which things are measured: a JVM as the launcher starts it, and the C program. */
final class Processes {

    private static final String SOURCE = "minimal-loop.c";

    private Processes() {}

    /** Runs {@link Fork} in a new JVM; answers the lines that it printed. */
    static List<String> fork(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path", ""),
                Fork.class.getName()));
        command.addAll(arguments);
        return run(command);
    }

    /**
     * Compiles the C program.
     *
     * @return its file
     * @throws IOException if there is no gcc, or it fails
     */
    static Path compile(Path directory) throws IOException, InterruptedException {
        Path source = directory.resolve(SOURCE);
        try (InputStream in = Processes.class.getResourceAsStream(SOURCE)) {
            if (in == null) {
                throw new IOException(SOURCE + " is missing in this program");
            }
            Files.copy(in, source);
        }
        Path program = directory.resolve("minimal-loop");
        List<String> ignored = run(List.of("gcc", "-O3", "-march=native", "-o", program.toString(), source.toString()));
        return program;
    }

    /** Runs a program; answers the lines that it printed. */
    static List<String> run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectInput(new File("/dev/null"))
                .start();
        try (InputStream out = process.getInputStream()) {
            List<String> lines = new String(out.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException(
                        String.format(Locale.ROOT, "%s ended with status %d", command.getFirst(), status));
            }
            return lines;
        } finally {
            process.destroy();
        }
    }
}
