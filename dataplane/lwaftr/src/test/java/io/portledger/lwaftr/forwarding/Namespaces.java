package io.portledger.lwaftr.forwarding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Network namespaces for tests. */
final class Namespaces {

    private static final int CLONE_NEWNET = 0x4000_0000;

    private Namespaces() {}

    /** Runs a shell command in a namespace; it must print nothing. */
    static void in(String namespace, String command) throws Exception {
        ip("netns", "exec", namespace, "sh", "-c", command);
    }

    static void ip(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        String printed = run(command.toArray(String[]::new));
        assertThat(printed).as(String.join(" ", command)).isEmpty();
    }

    /** What the command printed; with its exit status, if that is not 0. */
    static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        int status = process.waitFor();
        return status == 0 ? printed : printed + " (exit status " + status + ")";
    }

    /** Runs something in a thread of its own that has entered the namespace; sockets made there stay there. */
    static <T> T inNamespace(String namespace, Callable<T> action) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                enter(namespace);
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get();
    }

    @SuppressWarnings("restricted") // setns(2) has no equivalent in Java.
    private static void enter(String namespace) throws Throwable {
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
            int fd = (int) open.invokeExact(arena.allocateFrom("/var/run/netns/" + namespace), 0);
            int outcome = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int ignored = (int) close.invokeExact(fd);
            if (outcome != 0) {
                throw new AssertionError("Cannot enter network namespace " + namespace + ": run this test as root");
            }
        }
    }
}
