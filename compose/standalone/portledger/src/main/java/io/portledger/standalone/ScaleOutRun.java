package io.portledger.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * The jar of the jobs on a Flink cluster with several tasks of each kind against three Kafka brokers, of which processes
 * are killed and which is upgraded by a savepoint meanwhile; then the ledger is compared with the truth and, document for
 * document, with the one that a single process with one task of each kind makes of the same records.
 */
final class ScaleOutRun {

    private static final List<String> VICTIMS = List.of("kafka-1", "kafka-2", "kafka-3");

    private final Cluster cluster;
    private final FlinkRest flink;
    private final StoredLedger ledger;
    private final ChaosRun.Plan plan;
    private final Consumer<String> progress;
    private final SplittableRandom random;
    private final Map<String, Integer> kills = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final long begun = System.nanoTime();

    private ScaleOutRun(
            Cluster cluster, FlinkRest flink, StoredLedger ledger, ChaosRun.Plan plan, Consumer<String> progress) {
        this.cluster = cluster;
        this.flink = flink;
        this.ledger = ledger;
        this.plan = plan;
        this.progress = progress;
        this.random = new SplittableRandom(plan.seed());
    }

    /**
     * Runs a plan on a cluster of its own.
     *
     * @param directory for the cluster's data; nobody else's
     * @throws StartException if the cluster does not start, or the ledger does not catch up
     */
    static ChaosRun.Report run(Path directory, ChaosRun.Plan plan, Consumer<String> progress)
            throws StartException, InterruptedException {
        try (Cluster cluster = Cluster.start(directory, progress);
                FlinkRest flink = new FlinkRest(cluster.flink());
                StoredLedger ledger = new StoredLedger(cluster.elasticsearch())) {
            return new ScaleOutRun(cluster, flink, ledger, plan, progress).run();
        } catch (IOException e) {
            throw new StartException("The run could not be ended: " + e.getMessage(), e);
        }
    }

    private ChaosRun.Report run() throws IOException, StartException, InterruptedException {
        String jar = flink.upload(Installation.find().jobsJar());
        List<String> arguments = List.of(
                "--kafka",
                cluster.kafka(),
                "--elasticsearch",
                cluster.elasticsearch().toString());
        String job = flink.run(jar, arguments, Cluster.SLOTS, null);
        awaitRunning(job);
        tell("the jobs run with " + Cluster.SLOTS + " tasks of each kind");

        List<Holding> truth;
        long changes;
        try (RoughNetwork network = new RoughNetwork(cluster.ipfix(), cluster.syslog(), random.nextLong())) {
            network.begin(plan.changesPerSecond());
            Duration part = plan.duration().dividedBy(5);
            pause(part);
            kill(VICTIMS.get(random.nextInt(VICTIMS.size())));
            pause(part);
            kill("taskmanager-" + (1 + random.nextInt(Cluster.TASK_MANAGERS)));
            pause(part);
            awaitRunning(job);
            awaitCheckpoint(job);
            job = upgrade(job, jar, arguments);
            pause(part);
            // Not before all copies of the first one are back: more than one of three may not be away.
            kill("taskmanager-" + (1 + random.nextInt(Cluster.TASK_MANAGERS)));
            pause(part);
            network.end();
            awaitBack();
            awaitRunning(job);
            network.tellAgain();
            ChaosRun.awaitTold(network);
            truth = network.holdings();
            changes = network.changes();
        }
        TimeUnit.SECONDS.sleep(1);
        awaitEverything(Instant.now());
        Map<String, JsonNode> bindings = ledger.bindings();
        Map<String, JsonNode> gaps = ledger.gaps();
        LedgerAudit audit = new LedgerAudit(truth, bindings.values(), gaps);
        wrong.addAll(audit.wrong());

        tell("the ledger is compared with what one process makes of the same records");
        String last = job;
        flink.cancel(last);
        ChaosRun.await("the jobs have ended", () -> flink.state(last).equals("CANCELED"));
        ledger.delete();
        cluster.startSingleJobs();
        awaitEverything(Instant.now());
        compare("interval", bindings, ledger.bindings());
        compare("gap", gaps, ledger.gaps());
        return new ChaosRun.Report(changes, kills, audit.equal(), audit.withinGaps(), 0, 0, audit.gapsByCause(), wrong);
    }

    /** What an operator does: stop with a savepoint, start the new jar from there; with other tasks, as it may be. */
    private String upgrade(String job, String jar, List<String> arguments)
            throws IOException, StartException, InterruptedException {
        URI savepoints = cluster.place("savepoints");
        String savepoint = flink.stop(job, savepoints);
        ChaosRun.await("the jobs have ended", () -> flink.state(job).equals("FINISHED"));
        String next = flink.run(jar, arguments, Cluster.SLOTS - 1, savepoint);
        awaitRunning(next);
        tell("stopped with %s, and started again from it with %d tasks of each kind"
                .formatted(savepoint.substring(savepoint.lastIndexOf('/') + 1), Cluster.SLOTS - 1));
        return next;
    }

    private void kill(String program) throws StartException, InterruptedException {
        ChaosRun.await(program + " runs", () -> cluster.process(program).isPresent());
        cluster.process(program).ifPresent(ProcessHandle::destroyForcibly);
        kills.merge(program.substring(0, program.indexOf('-')), 1, Integer::sum);
        tell("killed " + program);
    }

    private void awaitBack() throws StartException, InterruptedException {
        // A process that was killed just now may still count as one that runs.
        TimeUnit.SECONDS.sleep(1);
        ChaosRun.await(
                "all brokers and TaskManagers are back",
                () -> VICTIMS.stream().allMatch(cluster::isUp) && flink.slots() == Cluster.SLOTS);
    }

    private void awaitRunning(String job) throws StartException, InterruptedException {
        ChaosRun.await("the jobs run", () -> flink.isRunning(job));
    }

    private void awaitCheckpoint(String job) throws StartException, InterruptedException, IOException {
        int before = flink.checkpoints(job);
        ChaosRun.await("the jobs save their state", () -> flink.checkpoints(job) > before);
    }

    private void awaitEverything(Instant until) throws StartException, InterruptedException {
        ChaosRun.await(
                "the ledger has everything", () -> !ledger.completeUntil().isBefore(until));
    }

    private void compare(String what, Map<String, JsonNode> scaled, Map<String, JsonNode> single) {
        scaled.forEach((id, document) -> {
            if (!document.equals(single.get(id))) {
                wrong.add("%s %s is %s with many tasks, and %s with one".formatted(what, id, document, single.get(id)));
            }
        });
        single.forEach((id, document) -> {
            if (!scaled.containsKey(id)) {
                wrong.add("%s %s is missing with many tasks, and %s with one".formatted(what, id, document));
            }
        });
    }

    private static void pause(Duration pause) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    }

    private void tell(String what) {
        progress.accept("%4d s  %s".formatted(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun), what));
    }
}
