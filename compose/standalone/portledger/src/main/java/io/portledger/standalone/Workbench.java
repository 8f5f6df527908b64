package io.portledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A directory and processes for one measurement; nothing of either is left when it is closed. For one thread. */
final class Workbench implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final List<Path> PROGRAMS = Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
            .map(Path::of)
            .toList();

    private final Path directory;
    private final Deque<Process> started = new ArrayDeque<>();

    private Workbench(Path directory) {
        this.directory = directory;
    }

    /** @param parent where the directory is made; null: where temporary files are */
    static Workbench in(@Nullable Path parent) throws IOException {
        return new Workbench(
                parent == null
                        ? Files.createTempDirectory("portledger-bench")
                        : Files.createTempDirectory(parent, "portledger-bench"));
    }

    Path directory() {
        return directory;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /** Starts a program that writes what it prints to {@code NAME.log}. */
    Process start(String name, List<String> program) throws IOException {
        Process process = new ProcessBuilder(program)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile())
                .start();
        started.push(process);
        return process;
    }

    /** What the program of that name printed. */
    Path log(String name) {
        return file(name + ".log");
    }

    /** Starts a program and waits until it does its work. */
    Process start(String name, List<String> program, Program.Probe ready)
            throws StartException, IOException, InterruptedException {
        Process process = start(name, program);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            if (!process.isAlive()) {
                throw new StartException(name + " ended with status " + process.exitValue() + ": "
                        + Files.readString(log(name)).strip());
            }
            try {
                if (ready.isReady()) {
                    return process;
                }
            } catch (IOException e) {
                // Not yet.
            }
            if (System.nanoTime() > deadline) {
                throw new StartException(name + " did not do its work within " + PATIENCE.toMinutes() + " minutes: "
                        + Files.readString(log(name)).strip());
            }
            TimeUnit.MILLISECONDS.sleep(250);
        }
    }

    /**
     * Starts a Kafka broker without any topics.
     *
     * @return the port on the loopback interface at which it serves
     */
    int startKafka() throws StartException, IOException, InterruptedException {
        int port = freePort();
        start(
                "kafka",
                Installation.find()
                        .node(
                                "kafka",
                                List.of("-Xmx512m"),
                                "io.portledger.standalone.kafka.KafkaNode",
                                List.of(
                                        file("kafka").toString(),
                                        Integer.toString(port),
                                        Integer.toString(freePort()))),
                Probes.tcp(port));
        return port;
    }

    /**
     * Runs a program to its end.
     *
     * @param worst the highest status that is no failure
     * @return what it printed
     * @throws IOException if it fails, with what it said
     */
    String run(int worst, List<String> program) throws IOException, InterruptedException {
        Path errors = file("errors");
        Process process = new ProcessBuilder(program)
                .directory(directory.toFile())
                .redirectError(errors.toFile())
                .start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() > worst) {
            throw new IOException(program + " ended with status " + process.exitValue() + ": "
                    + Files.readString(errors).strip() + printed.strip());
        }
        return printed;
    }

    static void stop(Process process) throws InterruptedException {
        process.destroy();
        process.waitFor();
    }

    static boolean isMissing(String program) {
        return PROGRAMS.stream().noneMatch(folder -> Files.isExecutable(folder.resolve(program)));
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    static int freeUdpPort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** The machine as far as it matters to figures: cores, Java, and how busy it is without us. */
    static String machine() throws IOException {
        Path load = Path.of("/proc/loadavg");
        return Runtime.getRuntime().availableProcessors() + " cores, Java " + Runtime.version() + ", load "
                + (Files.exists(load) ? Files.readString(load).split(" ", -1)[0] : "unknown");
    }

    @Override
    public void close() {
        started.forEach(Process::destroy);
        started.forEach(process -> process.onExit().join());
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
