package io.portledger.standalone;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C, hang-up and termination into an interruption of the thread that works, and lets the process live until
 * that thread has cleaned up and left the {@code try} block of this object.
 */
final class Interruption implements AutoCloseable {

    private static final long GRACE_SECONDS = 120;

    private final Thread worker = Thread.currentThread();
    private final CountDownLatch left = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interruptAndWait, "signal");

    private Interruption() {}

    /** For the current thread. */
    static Interruption onSignal() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /**
     * Waits for the signal.
     *
     * @throws InterruptedException always, when it comes
     */
    void await() throws InterruptedException {
        left.await();
    }

    private void interruptAndWait() {
        worker.interrupt();
        try {
            if (!left.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("Not everything stopped in time; nothing is lost by that.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        left.countDown();
    }
}
