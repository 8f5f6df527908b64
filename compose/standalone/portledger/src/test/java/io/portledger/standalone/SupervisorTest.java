package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private DataDirectory data;
    private Supervisor supervisor;

    @BeforeEach
    void open() throws StartException {
        data = DataDirectory.open(directory.resolve("data"));
        supervisor = new Supervisor(data, told::add);
    }

    @AfterEach
    void close() throws IOException {
        supervisor.close();
        data.close();
    }

    /** Writes its name to the file when it starts and, by a hook, "end NAME" when it is asked to end. */
    public static final class Worker {
        public static void main(String[] arguments) throws Exception {
            Path file = Path.of(arguments[0]);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> append(file, "end " + arguments[1])));
            System.out.println("working as " + arguments[1]);
            append(file, arguments[1]);
            Thread.currentThread().join();
        }

        private static void append(Path file, String line) {
            try {
                Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Says why it cannot work, and ends. */
    public static final class Failing {
        public static void main(String[] arguments) {
            System.out.println("the reason: " + arguments[0]);
            System.exit(9);
        }
    }

    /** A parent with one worker: arguments data directory, file of the worker. */
    public static final class Parent {
        public static void main(String[] arguments) throws Exception {
            Supervisor supervisor = new Supervisor(DataDirectory.open(Path.of(arguments[0])), line -> {});
            supervisor.start(worker("worker", Path.of(arguments[1])));
            Thread.currentThread().join();
        }
    }

    @Test
    void programIsReadyWhenItsProbeSaysSo() throws Exception {
        Path file = directory.resolve("a");
        Supervisor.Child child = supervisor.start(worker("a", file));
        child.awaitReady(PATIENCE);
        assertThat(file).hasContent("a");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(directory.resolve("data/logs/a.log"))
                        .content()
                        .contains("working as a"));
    }

    @Test
    void killedProgramIsStartedAgain() throws Exception {
        Path file = directory.resolve("a");
        Supervisor.Child child = supervisor.start(worker("a", file));
        child.awaitReady(PATIENCE);
        Process first = child.process().orElseThrow();
        first.destroyForcibly();
        await().atMost(PATIENCE).until(() -> told.contains("a is back"));
        assertThat(told.getFirst()).startsWith("a ended (killed) and is started again");
        assertThat(child.process().orElseThrow().pid()).isNotEqualTo(first.pid());
        assertThat(file).as("written by the second run alone").hasContent("a");
    }

    @Test
    void programsEndInOrderTheLastStartedFirst() throws Exception {
        Path file = directory.resolve("all");
        for (String name : List.of("a", "b", "c")) {
            supervisor
                    .start(new Program(
                            name,
                            command(Worker.class, file.toString(), name),
                            () -> Files.exists(file) && Files.readAllLines(file).contains(name)))
                    .awaitReady(PATIENCE);
        }
        supervisor.close();
        assertThat(Files.readAllLines(file)).containsExactly("a", "b", "c", "end c", "end b", "end a");
    }

    @Test
    void programThatCannotStartIsGivenUpWithItsReason() {
        Supervisor.Child child =
                supervisor.start(new Program("bad", command(Failing.class, "no such thing"), () -> false));
        assertThatThrownBy(() -> child.awaitReady(PATIENCE))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("bad does not start")
                .hasMessageContaining("exit code 9")
                .hasMessageContaining("the reason: no such thing")
                .hasMessageContaining("bad.log");
    }

    @Test
    void programThatDoesNotExistIsToldAtOnce() {
        Supervisor.Child child = supervisor.start(new Program("none", List.of("/nonexistent/program"), () -> false));
        assertThatThrownBy(() -> child.awaitReady(PATIENCE))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("none does not start");
    }

    @Test
    void programsEndWithAKilledParentAndTheNextRunWaitsForThem() throws Exception {
        Path other = directory.resolve("other");
        Path file = directory.resolve("worker");
        Process parent = new ProcessBuilder(command(Parent.class, other.toString(), file.toString())).start();
        await().atMost(PATIENCE).until(() -> Files.exists(file));
        long pid = Long.parseLong(
                Files.readString(other.resolve("children/worker")).split(" ", 2)[0]);
        ProcessHandle worker = ProcessHandle.of(pid).orElseThrow();
        parent.destroyForcibly().waitFor();
        try (DataDirectory next = DataDirectory.open(other)) {
            next.awaitFormerChildren(told::add);
            assertThat(worker.isAlive()).isFalse();
        }
        assertThat(file).content().contains("end worker");
    }

    @Test
    void memoryOfTheProgramsIsKnown() throws Exception {
        supervisor.start(worker("a", directory.resolve("a"))).awaitReady(PATIENCE);
        assertThat(supervisor.residentBytes()).isGreaterThan(1_000_000);
    }

    @Test
    void interruptOfTheTerminalDoesNotReachThePrograms() throws Exception {
        Path file = directory.resolve("a");
        Supervisor.Child child = supervisor.start(worker("a", file));
        child.awaitReady(PATIENCE);
        Process process = child.process().orElseThrow();
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        supervisor.start(worker("b", directory.resolve("b"))).awaitReady(PATIENCE);
        assertThat(process.isAlive()).isTrue();
        assertThat(file).hasContent("a");
    }

    private static Program worker(String name, Path file) {
        return new Program(name, command(Worker.class, file.toString(), name), Program.Probe.file(file));
    }

    private static List<String> command(Class<?> main, String... arguments) {
        List<String> list = new ArrayList<>(List.of(arguments));
        return new Installation(Path.of("")).own(List.of("-Xmx32m"), main.getName(), list);
    }
}
