package io.portledger.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * A program to run as a child process.
 *
 * @param name its name in messages, options and file names
 * @param command the command line, the executable first
 * @param ready tells whether it does its work
 * @param secret is given each line that it prints; those for which it returns true are not written to the log
 */
record Program(String name, List<String> command, Probe ready, Predicate<String> secret) {

    Program {
        command = List.copyOf(command);
    }

    /** A program that prints no secrets. */
    Program(String name, List<String> command, Probe ready) {
        this(name, command, ready, line -> false);
    }

    /** Whether a program does its work. */
    @FunctionalInterface
    interface Probe {

        /**
         * Asked again and again until true; an {@link IOException} means not yet.
         *
         * @throws IOException if it cannot be asked
         * @throws InterruptedException if the thread is interrupted
         */
        boolean isReady() throws IOException, InterruptedException;

        /**
         * Called before each start, so that a sign of an earlier run is not taken for one of this run.
         *
         * @throws IOException if the sign cannot be removed
         */
        default void reset() throws IOException {}

        /** Ready once the program has written {@code file}. */
        static Probe file(Path file) {
            return new Probe() {
                @Override
                public boolean isReady() {
                    return Files.exists(file);
                }

                @Override
                public void reset() throws IOException {
                    Files.deleteIfExists(file);
                }
            };
        }
    }
}
