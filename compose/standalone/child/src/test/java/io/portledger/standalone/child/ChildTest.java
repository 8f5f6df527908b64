package io.portledger.standalone.child;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChildTest {

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
    }

    /** Prints its arguments, then a line from its shutdown hook, and would otherwise run for ever. */
    public static final class Endless {
        public static void main(String[] arguments) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook ran")));
            System.out.println("started with " + String.join(",", arguments));
            Thread.currentThread().join();
        }
    }

    /** A parent that starts an endless child, prints its process id and waits. */
    public static final class Parent {
        public static void main(String[] arguments) throws IOException, InterruptedException {
            Process child = command(Child.class, Endless.class.getName()).start();
            System.out.println(child.pid());
            System.out.println(child.inputReader().readLine());
            child.waitFor();
        }
    }

    @Test
    void runsTheMainClassWithItsArguments() throws IOException {
        Process child = start(Child.class, Endless.class.getName(), "one", "two");
        assertThat(child.inputReader().readLine()).isEqualTo("started with one,two");
    }

    @Test
    void exitsInOrderWhenTheParentClosesStandardInput() throws Exception {
        Process child = start(Child.class, Endless.class.getName());
        BufferedReader out = child.inputReader(StandardCharsets.UTF_8);
        assertThat(out.readLine()).startsWith("started");
        child.outputWriter().close();
        assertThat(out.readLine()).isEqualTo("hook ran");
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isZero();
    }

    @Test
    void diesWithAParentThatIsKilled() throws Exception {
        Process parent = start(Parent.class);
        BufferedReader out = parent.inputReader();
        ProcessHandle child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
        assertThat(out.readLine()).startsWith("started");
        parent.destroyForcibly();
        assertThat(child.onExit().get(60, TimeUnit.SECONDS).isAlive()).isFalse();
    }

    @Test
    void saysHowToBeCalledWithoutArguments() throws Exception {
        Process child = start(Child.class);
        assertThat(child.errorReader().readLine()).contains("MAIN-CLASS");
        assertThat(child.waitFor()).isEqualTo(2);
    }

    private Process start(Class<?> main, String... arguments) throws IOException {
        Process process = command(main, arguments).start();
        started.add(process);
        return process;
    }

    private static ProcessBuilder command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
