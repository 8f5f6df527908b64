package io.portledger.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** A program that runs beside the lab; what it prints, errors included, is kept line by line. */
public final class Program implements AutoCloseable {

    private static final long START_SECONDS = 60;
    private static final long END_SECONDS = 20;

    private final List<String> command;
    private final Process process;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final StringBuilder printed = new StringBuilder();
    private final CountDownLatch hasEnded = new CountDownLatch(1);

    private Program(List<String> command, Process process) {
        this.command = command;
        this.process = process;
        Thread.ofVirtual().start(this::read);
    }

    static Program start(List<String> command) {
        try {
            return new Program(
                    List.copyOf(command),
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new LabException(command.getFirst() + " cannot be started: " + e.getMessage(), e);
        }
    }

    private void read() {
        try (var reader = process.inputReader(UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line + "\n");
            }
        } catch (IOException | UncheckedIOException e) {
            // It was ended, and its output with it.
        } finally {
            hasEnded.countDown();
            add("");
        }
    }

    private void add(String text) {
        lock.lock();
        try {
            printed.append(text);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What it printed so far. */
    public String printed() {
        lock.lock();
        try {
            return printed.toString();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until it has printed something.
     *
     * @throws LabException if it ends before, or takes longer than a minute
     */
    public void awaitPrinted(Predicate<String> condition) {
        lock.lock();
        try {
            long nanos = TimeUnit.SECONDS.toNanos(START_SECONDS);
            while (!condition.test(printed.toString())) {
                if (hasEnded.getCount() == 0 || nanos <= 0) {
                    throw new LabException(this + (nanos <= 0 ? " is not ready: " : " has ended: ") + printed);
                }
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for its end.
     *
     * @return its exit status
     * @throws LabException if that takes longer than {@code seconds}; it is ended then
     */
    public int awaitEnd(long seconds) {
        try {
            if (process.waitFor(seconds, TimeUnit.SECONDS) && hasEnded.await(seconds, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            close();
            throw interrupted(e);
        }
        close();
        throw new LabException(this + " does not end: " + printed());
    }

    /** Asks it to end, and waits until it did. */
    public void end() {
        process.destroy();
        awaitEnd(END_SECONDS);
    }

    /** Ends it, whatever it does. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Its command. */
    @Override
    public String toString() {
        return String.join(" ", command);
    }

    static LabException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new LabException("interrupted", e);
    }
}
