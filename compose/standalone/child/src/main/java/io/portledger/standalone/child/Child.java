package io.portledger.standalone.child;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;

/**
 * Runs another main class in a process that must not outlive its parent.
 *
 * <p>The parent holds the other end of standard input and never writes to it. When that end closes, because the parent
 * asks for the end or because it was killed, the process exits in order (its shutdown hooks run), and by force if that
 * takes longer than {@value #GRACE_SECONDS} seconds. Arguments: the main class, then its own arguments.
 */
public final class Child {

    /** How long shutdown hooks may take before the process is halted. */
    public static final int GRACE_SECONDS = 25;

    private Child() {}

    /**
     * Watches standard input and calls the {@code main} of {@code arguments[0]} with the remaining arguments.
     *
     * @throws Throwable whatever that {@code main} throws, or if there is no such class
     */
    public static void main(String[] arguments) throws Throwable {
        if (arguments.length == 0) {
            System.err.println("Usage: java -cp CLASSPATH " + Child.class.getName() + " MAIN-CLASS [ARGUMENT...]");
            System.exit(2);
        }
        Thread watcher = new Thread(() -> exitAtEndOf(System.in), "parent-watcher");
        watcher.setDaemon(true);
        watcher.start();
        Class<?> main = Class.forName(arguments[0]);
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        MethodHandles.publicLookup()
                .findStatic(main, "main", MethodType.methodType(void.class, String[].class))
                .invoke((Object) rest);
    }

    private static void exitAtEndOf(InputStream in) {
        try {
            while (in.read() >= 0) {
                // Whatever comes is of no interest.
            }
        } catch (IOException e) {
            System.err.println("Standard input broke (" + e.getMessage() + "): the parent is gone.");
        }
        Thread halter = new Thread(Child::haltAfterGrace, "parent-watcher-halt");
        halter.setDaemon(true);
        halter.start();
        System.exit(0);
    }

    private static void haltAfterGrace() {
        try {
            Thread.sleep(GRACE_SECONDS * 1000L);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }
}
