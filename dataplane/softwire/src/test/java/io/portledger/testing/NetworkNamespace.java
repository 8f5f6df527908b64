package io.portledger.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A network namespace of a test: made by it, entered by threads of it, and taken away with everything in it. */
public final class NetworkNamespace implements AutoCloseable {

    private static final int CLONE_NEWNET = 0x4000_0000;

    private final String name = "pl-" + Integer.toHexString(new Random().nextInt(0x1000_0000, 0x7fff_ffff));

    private NetworkNamespace() {}

    /**
     * A new namespace with nothing in it but the loopback interface.
     *
     * @param settings of the kernel for it, such as {@code net.ipv4.ip_forward=1}
     */
    public static NetworkNamespace make(String... settings) throws IOException {
        NetworkNamespace namespace = new NetworkNamespace();
        try {
            command("ip netns add " + namespace.name);
        } catch (IOException | AssertionError e) {
            throw new AssertionError(
                    "This test makes network namespaces: run it as root, with the Debian package iproute2", e);
        }
        for (String setting : settings) {
            namespace.run("sysctl -q -w " + setting);
        }
        namespace.run("ip link set lo up");
        return namespace;
    }

    /** By which ip-netns(8) knows it. */
    public String name() {
        return name;
    }

    /** Connects it to another namespace by a pair of interfaces that are up. */
    public void connect(String interfaceName, NetworkNamespace other, String otherInterface) throws IOException {
        run("ip link add " + interfaceName + " type veth peer name " + otherInterface + " netns " + other.name);
        run("ip link set " + interfaceName + " up");
        other.run("ip link set " + otherInterface + " up");
    }

    /** Runs a command line in it, which must print nothing. */
    public void run(String commandLine) throws IOException {
        command("ip netns exec " + name + " " + commandLine);
    }

    /** As {@link #call(String, Callable)}, in this namespace. */
    public <T> T call(Callable<T> action) throws Exception {
        return call(name, action);
    }

    /** Does something in a thread of its own that has entered a namespace; sockets made there stay there. */
    public static <T> T call(String namespace, Callable<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                enter(namespace);
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        command("ip netns del " + name);
    }

    private static void command(String line) throws IOException {
        Process process =
                new ProcessBuilder(line.split(" ")).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        int status = process.onExit().join().exitValue();
        if (status != 0 || !printed.isEmpty()) {
            throw new AssertionError(line + ": exit status " + status + ", " + printed);
        }
    }

    @SuppressWarnings("restricted") // setns(2) has no equivalent in Java.
    private static void enter(String name) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle setns = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setns"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        MethodHandle open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        MethodHandle close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) open.invokeExact(arena.allocateFrom("/var/run/netns/" + name), 0);
            int outcome = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int ignored = (int) close.invokeExact(fd);
            if (outcome != 0) {
                throw new AssertionError("Cannot enter network namespace " + name + ": run this test as root");
            }
        }
    }
}
