package io.portledger.lwb4;

import io.portledger.lwb4.softwire.KernelTranslation;
import io.portledger.lwb4.softwire.SoftwireCounters;
import io.portledger.lwb4.softwire.SoftwireWorker;
import io.portledger.softwire.Binding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A whole lwB4: gets its binding by the way of its settings, and forwards by it while it lasts.
 *
 * <p>Thread-safe. When the binding changes, forwarding rests until the kernel knows the new one, so that no packet is
 * translated by one binding and sent by another.
 */
public final class HomeGateway implements AutoCloseable {

    private static final Duration KERNEL_PATIENCE = Duration.ofSeconds(60);

    private final Lwb4Settings settings;
    private final Consumer<String> journal;
    private final @Nullable SoftwireWorker worker;
    private final KernelTranslation kernel;
    private final ExecutorService kernelThread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("lwb4-kernel").factory());
    private final BindingSource source;
    private @Nullable Binding binding;

    private HomeGateway(Lwb4Settings settings, InstantSource clock, RandomGenerator random, Consumer<String> journal)
            throws IOException {
        this.settings = settings;
        this.journal = journal;
        kernel = new KernelTranslation(settings.softwire(), journal);
        worker = settings.softwire().forwards() ? SoftwireWorker.start(settings.softwire()) : null;
        try {
            if (worker != null) {
                // It may set the routes by which the binding is asked for.
                kernelThread.submit(kernel::started).get();
            }
            source = BindingSource.start(settings, worker, clock, random, new Changes());
        } catch (IOException | UncheckedIOException e) {
            endForwarding();
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            endForwarding();
            throw new IOException("interrupted while it started", e);
        } catch (ExecutionException e) {
            endForwarding();
            throw new IllegalStateException(e.getCause());
        }
    }

    /**
     * Starts an lwB4.
     *
     * @param random for nonces and timers; a SecureRandom unless in a test
     * @param journal is told, by sentences for the operator, what happens; by any thread
     * @throws IOException if the TUN device cannot be opened, or a server cannot be reached from here
     * @throws io.portledger.settings.SettingsException if the settings do not say what is needed
     */
    public static HomeGateway start(
            Lwb4Settings settings, InstantSource clock, RandomGenerator random, Consumer<String> journal)
            throws IOException {
        settings.requireConsistent();
        return new HomeGateway(settings, clock, random, journal);
    }

    /** By what it forwards, or would if it had a device. */
    public synchronized Optional<Binding> binding() {
        return Optional.ofNullable(binding);
    }

    /** What happened to the packets; empty if it does not forward. */
    public Optional<SoftwireCounters> counters() {
        return Optional.ofNullable(worker).map(SoftwireWorker::counters);
    }

    /** Gives the binding back, as far as its way knows that, and ends. */
    @Override
    public void close() {
        source.close();
        endForwarding();
    }

    private void endForwarding() {
        SoftwireWorker forwarding = worker;
        if (forwarding != null) {
            forwarding.rest();
            kernelThread.execute(kernel::lost);
        }
        kernelThread.shutdown();
        try {
            if (!kernelThread.awaitTermination(KERNEL_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                journal.accept("The commands for the kernel have not ended yet.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (forwarding != null) {
            forwarding.close();
        }
    }

    private void toKernel(Runnable task) {
        try {
            kernelThread.execute(task);
        } catch (RejectedExecutionException e) {
            // It is ending, and the rules go anyway.
        }
    }

    private final class Changes implements BindingSource.Listener {

        @Override
        public void obtained(Binding obtained) {
            synchronized (HomeGateway.this) {
                if (obtained.equals(binding)) {
                    return;
                }
                binding = obtained;
            }
            SoftwireWorker forwarding = worker;
            if (forwarding == null) {
                return;
            }
            forwarding.rest();
            toKernel(() -> {
                kernel.obtained(obtained);
                if (binding().filter(obtained::equals).isPresent()) {
                    forwarding.follow(obtained);
                    journal.accept("Softwire " + obtained.b4() + " to " + obtained.br() + " for " + obtained.ipv4()
                            + " ports " + obtained.ports().key() + " through "
                            + settings.softwire().tunDevice() + "; Ctrl-C ends it.");
                }
            });
        }

        @Override
        public void lost() {
            synchronized (HomeGateway.this) {
                binding = null;
            }
            SoftwireWorker forwarding = worker;
            if (forwarding != null) {
                toKernel(() -> {
                    forwarding.rest();
                    kernel.lost();
                });
                forwarding.rest();
            }
        }

        @Override
        public void noted(String sentence) {
            journal.accept(sentence);
        }
    }
}
