package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a routing daemon which IPv4 prefixes lead here: those of the service classes, and the addresses outside them of
 * bindings that somebody else determined, aggregated.
 *
 * <p>Files are replaced as a whole, then the hook is run with what changed since it last succeeded; a hook that fails is
 * run again. All of it happens on a thread of its own: {@link #onChange} only counts.
 */
public final class RouteAnnouncer implements BindingListener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RouteAnnouncer.class);

    /** Many bindings come at once. */
    private static final long GATHER_MILLIS = 200;

    private static final long RETRY_MILLIS = 10_000;
    private static final Pattern PREFIX = Pattern.compile("route (\\d+\\.\\d+\\.\\d+\\.\\d+/\\d+) ");

    private final RoutingSettings settings;
    private final List<Ipv4Prefix> ofClasses;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("routing").factory());
    private final LongAdder failures = new LongAdder();

    /** How many bindings each address outside the service classes has. Guarded by itself. */
    private final Map<Ipv4Address, Integer> outside = new HashMap<>();

    /** Whether a run is on its way that will see every change so far. Guarded by {@link #outside}. */
    private boolean isDue;

    private volatile boolean isWithdrawn;
    private volatile boolean isClosed;

    /** What the hook was last told with success. Of the thread. */
    private SequencedSet<Ipv4Prefix> told = new TreeSet<>(RouteAnnouncer::compare);

    /** Whether the hook has been told everything once. Of the thread. */
    private boolean isTold;

    private volatile int announced;

    private RouteAnnouncer(RoutingSettings settings, List<Ipv4Prefix> ofClasses) {
        this.settings = settings;
        this.ofClasses = List.copyOf(ofClasses);
        told.addAll(known(settings.birdFile()));
        told.addAll(known(settings.frrFile()));
    }

    /**
     * Announces the prefixes of the service classes, and whatever it will hear of.
     *
     * @return null if the settings want nothing
     */
    public static @Nullable RouteAnnouncer start(RoutingSettings settings, List<Ipv4Prefix> ofClasses) {
        if (!settings.isWanted()) {
            return null;
        }
        RouteAnnouncer announcer = new RouteAnnouncer(settings, ofClasses);
        announcer.runSoon();
        return announcer;
    }

    @Override
    public void onChange(BindingChange change) {
        Ipv4Address ipv4 = change.binding().ipv4();
        for (Ipv4Prefix prefix : ofClasses) {
            if (prefix.contains(ipv4)) {
                return;
            }
        }
        synchronized (outside) {
            int before = outside.size();
            switch (change.kind()) {
                case CREATED -> outside.merge(ipv4, 1, Integer::sum);
                case DELETED -> outside.computeIfPresent(ipv4, (_, count) -> count == 1 ? null : count - 1);
                case SNAPSHOT -> {
                    // Told before, by onPresent or by CREATED.
                }
            }
            if (outside.size() == before) {
                return;
            }
        }
        runSoon();
    }

    /** Counts a binding that holds already when this listener is added; to be called behind that. */
    public void onPresent(Ipv4Address ipv4) {
        for (Ipv4Prefix prefix : ofClasses) {
            if (prefix.contains(ipv4)) {
                return;
            }
        }
        synchronized (outside) {
            outside.merge(ipv4, 1, Integer::sum);
        }
        runSoon();
    }

    /** Withdraws everything because nothing is forwarded any more, and announces nothing again. */
    public void withdrawAll() {
        isWithdrawn = true;
        runSoon();
    }

    /** How many prefixes are announced. */
    public int announced() {
        return announced;
    }

    /** How often a file could not be written, or the hook failed. */
    public long failures() {
        return failures.sum();
    }

    /** Withdraws everything and waits until that is done, as long as the hook may run. Idempotent. */
    @Override
    public void close() {
        isWithdrawn = true;
        if (isClosed) {
            return;
        }
        isClosed = true;
        Future<?> last = thread.submit(this::run);
        try {
            last.get(2 * settings.hookTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("The routes may not be withdrawn: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.shutdownNow();
    }

    /** The fewest prefixes that are exactly these addresses. */
    static List<Ipv4Prefix> aggregate(Collection<Ipv4Prefix> prefixes) {
        List<Ipv4Prefix> sorted = new ArrayList<>(prefixes);
        sorted.sort(RouteAnnouncer::compare);
        List<Ipv4Prefix> merged = new ArrayList<>();
        for (Ipv4Prefix prefix : sorted) {
            if (!merged.isEmpty() && merged.getLast().overlaps(prefix)) {
                continue;
            }
            merged.add(prefix);
            while (merged.size() > 1) {
                Ipv4Prefix right = merged.getLast();
                Ipv4Prefix left = merged.get(merged.size() - 2);
                int length = right.length() - 1;
                if (left.length() != right.length()
                        || (left.first().bits() ^ right.first().bits()) != 1 << (31 - length)) {
                    break;
                }
                merged.removeLast();
                merged.removeLast();
                merged.add(new Ipv4Prefix(left.first(), length));
            }
        }
        return merged;
    }

    private static int compare(Ipv4Prefix one, Ipv4Prefix other) {
        int first = Integer.compareUnsigned(one.first().bits(), other.first().bits());
        return first != 0 ? first : Integer.compare(one.length(), other.length());
    }

    private void runSoon() {
        synchronized (outside) {
            if (isDue || isClosed) {
                return;
            }
            isDue = true;
        }
        schedule(GATHER_MILLIS);
    }

    private void schedule(long millis) {
        try {
            var _ = thread.schedule(this::run, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("The process ends", e);
        }
    }

    private void run() {
        List<Ipv4Prefix> wanted;
        synchronized (outside) {
            isDue = false;
            List<Ipv4Prefix> all = new ArrayList<>();
            if (!isWithdrawn) {
                all.addAll(ofClasses);
                outside.keySet().forEach(address -> all.add(new Ipv4Prefix(address, 32)));
            }
            wanted = aggregate(all);
        }
        try {
            write(settings.birdFile(), () -> bird(wanted));
            write(settings.frrFile(), () -> frr(wanted));
            List<String> changes = new ArrayList<>();
            for (Ipv4Prefix before : told) {
                if (!wanted.contains(before)) {
                    changes.add("withdraw " + before);
                }
            }
            for (Ipv4Prefix prefix : wanted) {
                if (!told.contains(prefix) || !isTold) {
                    changes.add("announce " + prefix);
                }
            }
            if (!changes.isEmpty()) {
                if (!settings.hook().isEmpty()) {
                    runHook(changes);
                }
                log.info("Routes: {}", String.join(", ", changes.size() > 20 ? changes.subList(0, 20) : changes));
            }
            told = new TreeSet<>(RouteAnnouncer::compare);
            told.addAll(wanted);
            isTold = true;
            announced = wanted.size();
        } catch (IOException | RuntimeException e) {
            failures.increment();
            log.error("The routing daemon could not be told; it is tried again: {}", e.getMessage(), e);
            if (!isClosed) {
                schedule(RETRY_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String bird(List<Ipv4Prefix> prefixes) {
        String target = switch (kindOfNextHop()) {
            case BLACKHOLE -> "blackhole";
            case ADDRESS -> "via " + settings.nextHop();
            case INTERFACE -> "via \"" + settings.nextHop() + "\"";
        };
        StringBuilder text = new StringBuilder("""
                # Written by the lwAFTR and replaced with each change.
                protocol static portledger {
                  ipv4;
                """);
        prefixes.forEach(prefix -> text.append("  route ")
                .append(prefix)
                .append(' ')
                .append(target)
                .append(";\n"));
        return text.append("}\n").toString();
    }

    private String frr(List<Ipv4Prefix> prefixes) {
        String target = kindOfNextHop() == NextHop.BLACKHOLE ? "blackhole" : settings.nextHop();
        StringBuilder text = new StringBuilder("! Written by the lwAFTR and replaced with each change.\n");
        prefixes.forEach(prefix -> text.append("ip route ")
                .append(prefix)
                .append(' ')
                .append(target)
                .append('\n'));
        return text.append("!\n").toString();
    }

    private enum NextHop {
        BLACKHOLE,
        ADDRESS,
        INTERFACE
    }

    private NextHop kindOfNextHop() {
        if (settings.nextHop().equals("blackhole")) {
            return NextHop.BLACKHOLE;
        }
        try {
            Objects.requireNonNull(Ipv4Address.parse(settings.nextHop()));
            return NextHop.ADDRESS;
        } catch (IllegalArgumentException e) {
            return NextHop.INTERFACE;
        }
    }

    private static void write(@Nullable Path file, Supplier<String> text) throws IOException {
        if (file == null) {
            return;
        }
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            Files.writeString(partial, text.get());
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** The prefixes in a file that an earlier process wrote. */
    private static List<Ipv4Prefix> known(@Nullable Path file) {
        List<Ipv4Prefix> prefixes = new ArrayList<>();
        if (file != null) {
            try {
                Matcher matcher = PREFIX.matcher(Files.readString(file));
                while (matcher.find()) {
                    prefixes.add(Ipv4Prefix.parse(matcher.group(1)));
                }
            } catch (NoSuchFileException e) {
                // the first start
            } catch (IOException | IllegalArgumentException e) {
                log.warn("{} cannot be read and is written anew: {}", file, e.getMessage());
            }
        }
        return prefixes;
    }

    /** Runs it with a line for each change. */
    private void runHook(List<String> changes) throws IOException, InterruptedException {
        Path output = Files.createTempFile("routing-hook", ".log");
        Path input = Files.createTempFile("routing-hook", ".txt");
        try {
            Files.writeString(input, String.join("\n", changes) + "\n");
            Process process = new ProcessBuilder(settings.hook())
                    .redirectErrorStream(true)
                    .redirectInput(input.toFile())
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(settings.hookTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException("the hook " + settings.hook() + " did not end within "
                        + settings.hookTimeout().toSeconds() + " s");
            }
            if (process.exitValue() != 0) {
                byte[] said = Files.readAllBytes(output);
                throw new IOException("the hook " + settings.hook() + " ended with " + process.exitValue() + ": "
                        + new String(said, 0, Math.min(said.length, 1000), StandardCharsets.UTF_8).strip());
            }
        } finally {
            Files.deleteIfExists(input);
            Files.deleteIfExists(output);
        }
    }
}
