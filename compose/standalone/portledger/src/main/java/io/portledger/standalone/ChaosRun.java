package io.portledger.standalone;

import io.portledger.standalone.HoldersClient.QuestionException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Binding changes over bad networks to an installation of which one process after the other is killed; then the whole
 * ledger and the answers to random questions are compared with the truth.
 *
 * <p>The seed decides what changes hands, what networks do to datagrams, and which process is killed how long after the
 * one before. The times at which the machine gets to it are its own.
 */
final class ChaosRun {

    private static final String CASE = "chaos";

    /** The programs whose death must not show in the ledger. */
    static final List<String> VICTIMS = List.of("collector", "kafka", "flink", "elasticsearch");

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    /** Before the first kill, so that there is a time of which answers are sure to be complete. */
    private static final Duration QUIET = Duration.ofSeconds(15);

    private static final Duration CATCH_UP = Duration.ofMinutes(5);
    private static final Duration TELL_EVERY = Duration.ofSeconds(10);

    /**
     * How hard it is.
     *
     * @param duration how long things change and processes are killed
     * @param seed of all that is random
     * @param changesPerSecond how many port sets change hands
     * @param questions how many random questions are asked at the end
     * @param mostKills after so many nothing is killed any more
     */
    record Plan(Duration duration, long seed, int changesPerSecond, int questions, int mostKills) {}

    /**
     * What came out.
     *
     * @param changes how often a port set changed hands
     * @param kills how often which program was killed
     * @param equal documents that are the truth
     * @param withinGaps documents that differ from it, or are missing, where records are known to be
     * @param questions how many questions were asked
     * @param complete how many of the answers were complete
     * @param gaps how many gaps there are of each cause
     * @param wrong all that is wrong
     */
    record Report(
            long changes,
            Map<String, Integer> kills,
            int equal,
            int withinGaps,
            int questions,
            int complete,
            Map<String, Integer> gaps,
            List<String> wrong) {

        Report {
            kills = Map.copyOf(kills);
            gaps = Map.copyOf(gaps);
            wrong = List.copyOf(wrong);
        }

        /** One line. */
        String summary() {
            int all = kills.values().stream().mapToInt(Integer::intValue).sum();
            return "%d changes, %d kills (%s), %d documents equal, %d differ within known gaps (%s), %d questions (%d answers complete), %d wrong"
                    .formatted(
                            changes,
                            all,
                            counts(kills),
                            equal,
                            withinGaps,
                            counts(gaps),
                            questions,
                            complete,
                            wrong.size());
        }

        private static String counts(Map<String, Integer> counts) {
            return counts.isEmpty()
                    ? "none"
                    : String.join(
                            ", ",
                            new TreeMap<>(counts)
                                    .entrySet().stream()
                                            .map(count -> count.getKey() + " " + count.getValue())
                                            .toList());
        }
    }

    private final Standalone standalone;
    private final Plan plan;
    private final Consumer<String> progress;
    private final SplittableRandom random;
    private final Map<String, Integer> kills = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private int complete;
    /** Whether senders have not yet been told that the collector is back. */
    private boolean isCollectorAwaited;

    private ChaosRun(Standalone standalone, Plan plan, Consumer<String> progress) {
        this.standalone = standalone;
        this.plan = plan;
        this.progress = progress;
        this.random = new SplittableRandom(plan.seed());
    }

    /**
     * Runs a plan on an installation whose ledger is empty.
     *
     * @param progress takes a line for each kill, and one now and then
     * @throws StartException if the ledger does not catch up, or cannot be read
     */
    static Report run(Standalone standalone, Plan plan, Consumer<String> progress)
            throws StartException, InterruptedException {
        try {
            return new ChaosRun(standalone, plan, progress).run();
        } catch (IOException | QuestionException e) {
            throw new StartException("The run could not be ended: " + e.getMessage(), e);
        }
    }

    private Report run() throws IOException, QuestionException, StartException, InterruptedException {
        List<Holding> truth;
        long changes;
        Instant end;
        try (RoughNetwork network = new RoughNetwork(standalone.ipfix(), standalone.syslog(), random.nextLong())) {
            network.begin(plan.changesPerSecond());
            killAndWait(network);
            network.end();
            end = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            awaitAll();
            network.tellAgain();
            awaitTold(network);
            truth = network.holdings();
            changes = network.changes();
        }
        // A moment for what is under way on this machine; the marks speak of what was received.
        TimeUnit.SECONDS.sleep(1);
        Instant told = Instant.now();
        try (StoredLedger ledger = new StoredLedger(standalone.elasticsearch());
                HoldersClient client = new HoldersClient(standalone.web(), standalone.operatorToken())) {
            progress.accept("Waiting until the ledger has everything");
            await("the ledger has everything", () -> !ledger.completeUntil().isBefore(told));
            LedgerAudit audit = new LedgerAudit(truth, ledger.bindings().values(), ledger.gaps());
            wrong.addAll(audit.wrong());
            progress.accept("Asking " + plan.questions() + " questions");
            client.openOwnCase(CASE);
            for (int i = 0; i < plan.questions(); i++) {
                ask(client, audit, truth, end);
            }
            return new Report(
                    changes,
                    kills,
                    audit.equal(),
                    audit.withinGaps(),
                    plan.questions(),
                    complete,
                    audit.gapsByCause(),
                    wrong);
        }
    }

    private void killAndWait(RoughNetwork network) throws InterruptedException {
        long begun = System.nanoTime();
        long end = begun + plan.duration().toNanos();
        long told = begun;
        // Each of them once at least, however short the run.
        List<String> next = shuffled();
        long longest =
                Math.min(LONGEST_PAUSE.toMillis(), plan.duration().minus(QUIET).toMillis() * 9 / 10 / VICTIMS.size());
        long due = begun + QUIET.toNanos() + pauseNanos(longest);
        int killed = 0;
        while (System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(20);
            if (isCollectorAwaited && standalone.isUp("collector")) {
                isCollectorAwaited = false;
                network.tellAgain();
            }
            if (killed < plan.mostKills() && System.nanoTime() >= due) {
                if (next.isEmpty()) {
                    next = shuffled();
                }
                if (kill(next.getFirst(), begun)) {
                    next.removeFirst();
                    killed++;
                    due = System.nanoTime() + pauseNanos(longest);
                }
            }
            if (System.nanoTime() - told > TELL_EVERY.toNanos()) {
                told = System.nanoTime();
                progress.accept("%4d s  %d changes".formatted(secondsSince(begun), network.changes()));
            }
        }
    }

    private List<String> shuffled() {
        List<String> left = new ArrayList<>(VICTIMS);
        List<String> order = new ArrayList<>();
        while (!left.isEmpty()) {
            order.add(left.remove(random.nextInt(left.size())));
        }
        return order;
    }

    private long pauseNanos(long longestMillis) {
        return TimeUnit.MILLISECONDS.toNanos(random.nextLong(longestMillis / 3, longestMillis));
    }

    /** Kills a program, which may be busy starting; false if it has no process just now. */
    private boolean kill(String program, long begun) {
        Optional<ProcessHandle> process = standalone.process(program);
        if (process.isEmpty()) {
            return false;
        }
        boolean wasUp = standalone.isUp(program);
        process.get().destroyForcibly();
        kills.merge(program, 1, Integer::sum);
        if (program.equals("collector")) {
            isCollectorAwaited = true;
        }
        progress.accept("%4d s  killed %s (process %d)%s"
                .formatted(secondsSince(begun), program, process.get().pid(), wasUp ? "" : " while it started"));
        return true;
    }

    private static long secondsSince(long nanoTime) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanoTime);
    }

    private void awaitAll() throws StartException, InterruptedException, IOException {
        // A process that was killed just now may still count as one that runs.
        TimeUnit.SECONDS.sleep(1);
        await("all programs run again", () -> VICTIMS.stream().allMatch(standalone::isUp));
    }

    /** Waits until everything that was told has left the exporters. */
    static void awaitTold(RoughNetwork network) throws StartException, InterruptedException {
        await("the exporters have sent everything", network::isTold);
        if (network.dropped() > 0) {
            throw new StartException(
                    "The exporters had no room for " + network.dropped() + " records. Choose a lower --rate.");
        }
    }

    /** Something that is true or not yet. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Waits until something is true. */
    static void await(String what, Condition condition) throws StartException, InterruptedException {
        long deadline = System.nanoTime() + CATCH_UP.toNanos();
        String last = "";
        while (System.nanoTime() < deadline) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                // A store that was killed a moment ago.
                last = "; " + e;
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        throw new StartException("Not within " + CATCH_UP.toMinutes() + " minutes: " + what + last);
    }

    private void ask(HoldersClient client, LedgerAudit audit, List<Holding> truth, Instant end)
            throws QuestionException, InterruptedException {
        Holding about = truth.get(random.nextInt(truth.size()));
        Instant moment = moment(about, end);
        int port = about.ports().portAt(random.nextInt(about.ports().portCount()));
        int tolerance = random.nextInt(3) > 0 ? 0 : random.nextInt(5);
        if (moment.plusSeconds(tolerance).isAfter(end)) {
            moment = end.minusSeconds(tolerance);
        }
        Instant from = moment.minusSeconds(tolerance);
        Instant to = moment.plusSeconds(tolerance);
        JsonNode answer =
                client.ask(about.ipv4().toString(), Integer.toString(port), moment.toString(), tolerance + "s", CASE);
        String asked = "%s port %d at %s within %d s".formatted(about.ipv4(), port, moment, tolerance);
        List<Holding> holders = audit.holders(about.ipv4(), port, from, to);
        List<String> true_ =
                holders.stream().map(holder -> holder.b4().toString()).toList();
        List<String> named = new ArrayList<>();
        answer.path("holders").forEach(holder -> named.add(holder.path("b4").asString("")));
        String verdict = answer.path("verdict").asString("");
        boolean isTrue = verdict.equals(verdict(holders, from, to)) && named.equals(true_);
        boolean isComplete = answer.path("complete").asBoolean(false);
        if (audit.isExact(about) && !isTrue) {
            wrong.add("%s: the ledger has it, and yet the answer is %s, but true is %s"
                    .formatted(asked, answer, holders));
        } else if (isComplete && !isTrue && !(verdict.equals("AMBIGUOUS") && named.containsAll(true_))) {
            wrong.add("%s: %s is answered, complete, but true is %s".formatted(asked, answer, holders));
        }
        if (isComplete) {
            complete++;
        } else if (answer.path("gaps").isEmpty()) {
            wrong.add(asked + ": called incomplete without a gap: " + answer);
        } else {
            for (JsonNode gap : answer.path("gaps")) {
                if (!audit.isKnown(gap)) {
                    wrong.add(asked + ": called incomplete for a gap that is none: " + gap);
                }
            }
        }
    }

    /** Half of them at the boundaries, where errors live. */
    private Instant moment(Holding holding, Instant end) {
        Instant last = holding.end() == null ? end : holding.end();
        return switch (random.nextInt(8)) {
            case 0 -> holding.start().minusMillis(1);
            case 1 -> holding.start();
            case 2 -> last.minusMillis(1);
            case 3 -> last;
            default ->
                holding.start()
                        .plusMillis(random.nextLong(Math.max(
                                1, Duration.between(holding.start(), last).toMillis())));
        };
    }

    private static String verdict(List<Holding> holders, Instant from, Instant to) {
        if (holders.isEmpty()) {
            return "NOT_HELD";
        }
        boolean isOne = holders.stream().map(Holding::b4).distinct().count() == 1;
        Instant covered = from;
        boolean isWhole = true;
        for (Holding holding : holders) {
            isWhole &= !holding.start().isAfter(covered);
            covered = holding.end() == null ? Instant.MAX : holding.end();
        }
        return isOne && isWhole && covered.isAfter(to) ? "HELD" : "AMBIGUOUS";
    }
}
