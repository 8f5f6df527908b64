package io.portledger.lwb4.softwire;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells the kernel and the operator's command about the binding: rules for the NAPT, and an empty NAPT table when address
 * or ports are others (RFC 7596 §5.2). One thread.
 */
public final class KernelTranslation {

    /** What is told to the operator's command. */
    private enum Event {
        STARTED,
        OBTAINED,
        CHANGED,
        LOST
    }

    private static final long COMMAND_SECONDS = 30;
    private static final int LONGEST_OUTPUT = 2000;

    private final SoftwireSettings settings;
    private final Consumer<String> journal;
    private @Nullable Binding current;

    /**
     * @param journal is told, in sentences for the operator, what did not work; and the rules if they are to be printed
     */
    public KernelTranslation(SoftwireSettings settings, Consumer<String> journal) {
        this.settings = settings;
        this.journal = journal;
    }

    /** The device is there, and no binding yet. */
    public void started() {
        Map<String, String> variables = new TreeMap<>();
        settings.addressToAskFrom().ifPresent(address -> variables.put("LWB4_ADDRESS", address.toString()));
        tell(Event.STARTED, variables);
    }

    /** There is a binding, a first or another one, which may be the one that is there already. */
    public void obtained(Binding binding) {
        Binding before = current;
        if (binding.equals(before)) {
            return;
        }
        current = binding;
        boolean isTranslatedOtherwise = before == null
                || !before.ipv4().equals(binding.ipv4())
                || !before.ports().equals(binding.ports());
        if (isTranslatedOtherwise) {
            loadRules(binding);
        }
        if (before != null && isTranslatedOtherwise) {
            flush(before.ipv4());
        }
        Map<String, String> variables = describe("LWB4_", binding);
        if (before != null) {
            variables.putAll(describe("LWB4_OLD_", before));
        }
        tell(before == null ? Event.OBTAINED : Event.CHANGED, variables);
    }

    /** There is no binding any more. */
    public void lost() {
        Binding before = current;
        if (before == null) {
            return;
        }
        current = null;
        if (settings.nftables() == SoftwireSettings.Nftables.APPLY) {
            run(List.of("nft", "-f", "-"), Map.of(), "table ip lwb4 {}\ndelete table ip lwb4\n");
        }
        flush(before.ipv4());
        tell(Event.LOST, describe("LWB4_OLD_", before));
    }

    private void loadRules(Binding binding) {
        if (settings.nftables() == SoftwireSettings.Nftables.OFF) {
            return;
        }
        String rules = NftRules.of(settings.tunDevice(), binding.ipv4(), binding.ports());
        if (settings.nftables() == SoftwireSettings.Nftables.PRINT) {
            journal.accept(rules);
        } else {
            run(List.of("nft", "-f", "-"), Map.of(), rules);
        }
    }

    /** Those that were translated to the address, whatever they are to; connections between hosts and gateway stay. */
    private void flush(Ipv4Address ipv4) {
        if (settings.nftables() == SoftwireSettings.Nftables.APPLY) {
            // Its status is 1 if there were none.
            run(List.of("sh", "-c", "conntrack -D -q " + ipv4 + " 2>&1 || [ $? = 1 ]"), Map.of(), "");
        }
    }

    private void tell(Event event, Map<String, String> variables) {
        if (!settings.onBinding().isEmpty()) {
            Map<String, String> all = new TreeMap<>(variables);
            all.put("LWB4_EVENT", event.name().toLowerCase(Locale.ROOT));
            all.put("LWB4_DEVICE", settings.tunDevice());
            run(List.of("sh", "-c", settings.onBinding()), all, "");
        }
    }

    private static Map<String, String> describe(String prefix, Binding binding) {
        Map<String, String> variables = new TreeMap<>();
        variables.put(prefix + "ADDRESS", binding.b4().toString());
        variables.put(prefix + "LWAFTR", binding.br().toString());
        variables.put(prefix + "IPV4", binding.ipv4().toString());
        variables.put(prefix + "PORT_SET", binding.ports().toString());
        variables.put(
                prefix + "PORT_RANGES",
                binding.ports().ranges().stream().map(PortRange::toString).collect(Collectors.joining(" ")));
        return variables;
    }

    private void run(List<String> command, Map<String, String> variables, String input) {
        String shown = String.join(" ", command);
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(variables);
            Process process = builder.start();
            StringBuilder printed = new StringBuilder();
            Thread reader = Thread.ofVirtual().start(() -> read(process, printed));
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(UTF_8));
            }
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                journal.accept("Command " + shown + " was ended: it took longer than " + COMMAND_SECONDS + " s");
                return;
            }
            reader.join();
            if (process.exitValue() != 0) {
                journal.accept("Command " + shown + " ended with status " + process.exitValue() + ": "
                        + printed.toString().strip());
            }
        } catch (IOException e) {
            journal.accept("Command " + shown + " failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void read(Process process, StringBuilder printed) {
        try (var reader = process.inputReader(UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (printed.length() < LONGEST_OUTPUT) {
                    printed.append(line).append('\n');
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // It was ended, and its output with it.
        }
    }
}
