package io.portledger.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** A network namespace: a machine of the lab. */
public final class Namespace implements AutoCloseable {

    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final long COMMAND_SECONDS = 40;

    private final String name;

    private Namespace(String name) {
        this.name = name;
    }

    /** Makes one; its loopback is up and it forwards nothing. */
    static Namespace create(String name) {
        String printed = run(List.of("ip", "netns", "add", name), 0);
        if (!printed.isEmpty()) {
            throw new LabException(printed);
        }
        Namespace namespace = new Namespace(name);
        namespace.run("ip", "link", "set", "lo", "up");
        // Nobody else is on its links, and who starts at once needs a link-local address at once.
        namespace.run("sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0");
        return namespace;
    }

    /** Joins two by a cable. */
    static void connect(Namespace one, String interfaceOfOne, Namespace other, String interfaceOfOther) {
        one.run(("ip link add " + interfaceOfOne + " type veth peer name " + interfaceOfOther + " netns " + other.name)
                .split(" ", -1));
        one.run("ip", "link", "set", interfaceOfOne, "up");
        other.run("ip", "link", "set", interfaceOfOther, "up");
    }

    /** Runs {@code ip} with each line of {@code arguments}. */
    void ip(String arguments) {
        arguments.lines().forEach(line -> run(("ip " + line).split(" ", -1)));
    }

    /** Makes it a router. */
    void forward() {
        run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    }

    /**
     * Runs a command in it to its end.
     *
     * @return what it printed
     * @throws LabException if it ends with a status other than 0
     */
    public String run(String... command) {
        return run(inHere(command), 0);
    }

    /** Runs a command that must end with a given exit status. */
    public String runExpecting(int status, String... command) {
        return run(inHere(command), status);
    }

    /** Starts a command in it. */
    public Program start(String... command) {
        return Program.start(inHere(command));
    }

    private List<String> inHere(String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name));
        whole.addAll(List.of(command));
        return whole;
    }

    private static String run(List<String> command, int expected) {
        try (Program program = Program.start(command)) {
            int status = program.awaitEnd(COMMAND_SECONDS);
            if (status != expected) {
                throw new LabException(program + " ended with " + status + ": " + program.printed());
            }
            return program.printed();
        }
    }

    /** Starts something in a thread of this process that has entered the namespace; sockets made there stay there. */
    public <T> CompletableFuture<T> call(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                enter();
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    @SuppressWarnings("restricted") // setns(2) has no equivalent in Java.
    private void enter() throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle setns = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setns"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) open.invokeExact(arena.allocateFrom("/var/run/netns/" + name), 0);
            int outcome = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int ignored = (int) close.invokeExact(fd);
            if (outcome != 0) {
                throw new LabException("cannot enter network namespace " + name + ": root is needed");
            }
        }
    }

    /** Removes it with all its interfaces; processes in it should have ended. */
    @Override
    public void close() {
        try (Program program = Program.start(List.of("ip", "netns", "del", name))) {
            program.awaitEnd(COMMAND_SECONDS);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
