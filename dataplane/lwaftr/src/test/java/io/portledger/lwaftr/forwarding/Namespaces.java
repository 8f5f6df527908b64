package io.portledger.lwaftr.forwarding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.NetworkNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Network namespaces for tests. */
final class Namespaces {

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
        return NetworkNamespace.call(namespace, action);
    }
}
