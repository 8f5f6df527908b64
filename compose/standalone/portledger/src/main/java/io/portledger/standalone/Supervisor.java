package io.portledger.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Runs programs as child processes: starts them, tells when they are ready, starts them again when they end, and stops
 * them in the reverse order.
 *
 * <p>A child has its standard input from this process, so that {@link io.portledger.standalone.child.Child} can end it
 * when this process ends; what it prints goes to {@code LOGS/NAME.log}. Signals of the terminal (Ctrl-C, hang-up) reach
 * this process only; the children are stopped one by one. Safe for use by several threads.
 */
final class Supervisor implements AutoCloseable {

    private static final long LOG_BYTES = 16L * 1024 * 1024;
    /** A child that never was ready and ended this often will not start the next time either. */
    private static final int ATTEMPTS = 3;

    private static final Duration TELL_EVERY = Duration.ofSeconds(15);
    private static final Duration PROBE_PAUSE = Duration.ofMillis(100);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** After this long in good health earlier failures are forgotten. */
    private static final Duration HEALTHY = Duration.ofMinutes(1);

    private final DataDirectory data;
    private final Consumer<String> progress;
    private final List<Child> children = new ArrayList<>();

    /**
     * @param data where logs go and children are remembered
     * @param progress takes one line for each event that an operator wants to see
     */
    Supervisor(DataDirectory data, Consumer<String> progress) {
        this.data = data;
        this.progress = progress;
    }

    /** Starts a program; returns at once. */
    synchronized Child start(Program program) {
        Child child = new Child(program);
        children.add(child);
        child.thread.start();
        return child;
    }

    /** Stops all children, the last started first. */
    @Override
    public synchronized void close() {
        for (Child child : children.reversed()) {
            child.stop();
        }
        children.clear();
    }

    /** The process of a program, while it runs. */
    synchronized Optional<ProcessHandle> process(String program) {
        return children.stream()
                .filter(child -> child.name().equals(program))
                .findFirst()
                .flatMap(Child::process)
                .map(Process::toHandle);
    }

    /** Whether the process of a program that runs now does its work, as far as was seen when it started. */
    synchronized boolean isUp(String program) {
        return children.stream()
                .filter(child -> child.name().equals(program))
                .anyMatch(child -> child.isUp && child.process().isPresent());
    }

    /** Resident memory of all children that run, in octets; 0 where the system does not tell. */
    synchronized long residentBytes() {
        return children.stream()
                .mapToLong(child -> child.process()
                        .map(process -> ResidentMemory.of(process.pid()))
                        .orElse(0L))
                .sum();
    }

    /** One program that is kept running. */
    final class Child {

        private final Program program;
        private final LogFile log;
        private final Thread thread;
        private final CompletableFuture<Duration> ready = new CompletableFuture<>();
        private final CountDownLatch stopping = new CountDownLatch(1);
        private final long started = System.nanoTime();
        private volatile @Nullable Process process;
        private volatile boolean isUp;

        private Child(Program program) {
            this.program = program;
            this.log = new LogFile(data.resolve("logs").resolve(program.name() + ".log"), LOG_BYTES);
            this.thread = Thread.ofPlatform()
                    .name("supervisor-" + program.name())
                    .daemon()
                    .unstarted(this::keepRunning);
        }

        String name() {
            return program.name();
        }

        Path logFile() {
            return log.path();
        }

        /** The process that runs now, if one does. */
        Optional<Process> process() {
            return Optional.ofNullable(process).filter(Process::isAlive);
        }

        boolean isReady() {
            return ready.isDone() && !ready.isCompletedExceptionally();
        }

        /**
         * Waits until it is ready for the first time.
         *
         * @return how long that took
         * @throws StartException if it does not start, or not within {@code patience}; the message ends with the last
         *     lines of its log
         */
        Duration awaitReady(Duration patience) throws StartException, InterruptedException {
            long deadline = System.nanoTime() + patience.toNanos();
            try {
                while (true) {
                    try {
                        return ready.get(TELL_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                    } catch (TimeoutException e) {
                        if (System.nanoTime() > deadline) {
                            throw new StartException("%s is not ready after %d s. The last lines of %s:%n  %s"
                                    .formatted(program.name(), patience.toSeconds(), log.path(), tail()));
                        }
                        progress.accept("%-14s still starting after %d s"
                                .formatted(name(), since(started).toSeconds()));
                    }
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StartException failure) {
                    throw failure;
                }
                throw new StartException(program.name() + " does not start: " + e.getCause(), e);
            }
        }

        private void keepRunning() {
            Duration pause = FIRST_PAUSE;
            int failures = 0;
            try {
                while (stopping.getCount() > 0) {
                    long begun = System.nanoTime();
                    String end = runOnce();
                    if (stopping.getCount() == 0) {
                        return;
                    }
                    failures++;
                    if (!isReady() && failures >= ATTEMPTS) {
                        throw new StartException(neverReady(end));
                    }
                    pause = since(begun).compareTo(HEALTHY) > 0 ? FIRST_PAUSE : longer(pause);
                    progress.accept("%s %s and is started again in %.1f s; see %s"
                            .formatted(program.name(), end, pause.toMillis() / 1000.0, log.path()));
                    if (stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                        return;
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (StartException e) {
                ready.completeExceptionally(e);
            }
        }

        /** Runs the program until it ends, and tells how it ended. */
        private String runOnce() throws InterruptedException {
            try {
                Process running = spawn();
                if (running == null) {
                    return "was stopped";
                }
                boolean wasReady = awaitReadyOrEnd(running);
                isUp = wasReady;
                if (wasReady && !ready.complete(since(started))) {
                    progress.accept(program.name() + " is back");
                }
                int exit = running.waitFor();
                isUp = false;
                return "ended (" + reason(exit) + ")";
            } catch (IOException e) {
                // For want of memory or processes, for instance, which may be there the next time.
                return "could not be started (" + e.getMessage() + ")";
            }
        }

        /** Starts the process, or returns null if it is to be stopped. */
        private @Nullable Process spawn() throws IOException {
            program.ready().reset();
            // A process that ignores a signal when it begins goes on to ignore it: Ctrl-C and hang-up
            // are for this process, which then stops the children in order.
            List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"));
            command.addAll(program.command());
            synchronized (this) {
                if (stopping.getCount() == 0) {
                    return null;
                }
                Process running =
                        new ProcessBuilder(command).redirectErrorStream(true).start();
                process = running;
                Thread.ofVirtual().start(() -> log.take(running.getInputStream(), program.secret()));
                try {
                    data.remember(program.name(), running.toHandle());
                } catch (UncheckedIOException e) {
                    progress.accept("%s runs, but the next start would not wait for it if this one is killed: %s"
                            .formatted(program.name(), e.getMessage()));
                }
                return running;
            }
        }

        private boolean awaitReadyOrEnd(Process running) throws InterruptedException {
            while (!running.waitFor(PROBE_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    if (program.ready().isReady()) {
                        return true;
                    }
                } catch (IOException | JacksonException e) {
                    // Not yet.
                }
            }
            return false;
        }

        private String neverReady(String end) {
            return "%s does not start: it %s, %d times. The last lines of %s:%n  %s"
                    .formatted(program.name(), end, ATTEMPTS, log.path(), tail());
        }

        private String tail() {
            return String.join(System.lineSeparator() + "  ", log.lastLines(15));
        }

        private synchronized void stop() {
            stopping.countDown();
            Process running = process;
            if (running == null) {
                return;
            }
            try {
                running.getOutputStream().close();
            } catch (IOException e) {
                // It closed its end already.
            }
            try {
                int grace = io.portledger.standalone.child.Child.GRACE_SECONDS + 5;
                if (!running.waitFor(grace, TimeUnit.SECONDS)) {
                    running.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                running.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }

    private static String reason(int exit) {
        return switch (exit) {
            case 3 -> "out of memory: give it more with --memory";
            case 137 -> "killed";
            case 143 -> "terminated";
            default -> "exit code " + exit;
        };
    }
}
