package io.portledger.standalone.flink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A Flink mini cluster with web interface and REST on the loopback interface, which runs one job.
 *
 * <p>State is in RocksDB and checkpointed every second. A node that was killed and started again on the same directory
 * goes on from the newest complete checkpoint, under the same job id, so that numbering and shared files go on too.
 * There is no orderly stop beyond that: ending the process is always safe.
 */
public final class FlinkNode {

    /** The job's id in every run. */
    public static final String JOB_ID = "706f72746c6564676572000000000001";

    private FlinkNode() {}

    /** Adds sources, operators and sinks to an environment. */
    @FunctionalInterface
    public interface Job {

        /**
         * Defines the job.
         *
         * @throws Exception if it cannot be defined
         */
        void define(StreamExecutionEnvironment environment) throws Exception;
    }

    /**
     * Starts a cluster and the job, which runs when its REST interface says so.
     *
     * @param data the cluster's directory, created if need be
     * @param restPort port of the web interface on 127.0.0.1
     * @param job the job
     * @return the running job
     * @throws Exception if the job cannot be defined or started
     */
    public static JobClient start(Path data, int restPort, Job job) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.createLocalEnvironmentWithWebUI(configuration(data, restPort));
        job.define(environment);
        return environment.executeAsync("portledger");
    }

    /**
     * Waits until the job ends, which it should never do.
     *
     * @return why it ended
     * @throws InterruptedException if the thread is interrupted
     */
    static String awaitEnd(JobClient client) throws InterruptedException {
        try {
            client.getJobExecutionResult().get();
            return "The job ended, although its sources never do.";
        } catch (ExecutionException e) {
            return "The job failed: " + e.getCause();
        }
    }

    private static Configuration configuration(Path data, int restPort) throws IOException {
        Path home = data.toAbsolutePath();
        Path checkpoints = Files.createDirectories(home.resolve("checkpoints"));
        Path scratch = emptied(home.resolve("tmp"));

        Configuration c = new Configuration();
        c.setString("rest.address", "127.0.0.1");
        c.setString("rest.bind-address", "127.0.0.1");
        c.setString("rest.port", Integer.toString(restPort));
        c.setString("rest.bind-port", Integer.toString(restPort));
        // Whoever reaches the port may look, and neither bring code nor stop the job.
        c.setString("web.submit.enable", "false");
        c.setString("web.cancel.enable", "false");
        c.setString("taskmanager.bind-host", "127.0.0.1");
        c.setString("taskmanager.host", "127.0.0.1");
        c.setString("jobmanager.bind-host", "127.0.0.1");

        int slots = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
        c.setString("parallelism.default", Integer.toString(slots));
        c.setString("taskmanager.numberOfTaskSlots", Integer.toString(slots));
        // Never changes, so that a checkpoint fits a machine with other cores.
        c.setString("pipeline.max-parallelism", "128");
        // Kryo would need open packages; a type that needs it fails when the job is defined.
        c.setString("pipeline.generic-types", "false");
        c.setString("$internal.pipeline.job-id", JOB_ID);

        c.setString("taskmanager.memory.managed.size", "128m");
        c.setString("taskmanager.memory.network.min", "32m");
        c.setString("taskmanager.memory.network.max", "32m");
        c.setString("io.tmp.dirs", scratch.toString());

        c.setString("state.backend.type", "rocksdb");
        c.setString("execution.checkpointing.interval", "1s");
        c.setString("execution.checkpointing.incremental", "true");
        c.setString("execution.checkpointing.dir", checkpoints.toUri().toString());
        c.setString("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        c.setString("execution.checkpointing.num-retained", "2");
        c.setString("execution.checkpointing.tolerable-failed-checkpoints", "100");
        c.setString("restart-strategy.type", "exponential-delay");
        c.setString("restart-strategy.exponential-delay.initial-backoff", "500ms");
        c.setString("restart-strategy.exponential-delay.max-backoff", "10s");
        Optional<Path> newest = Checkpoints.newest(checkpoints.resolve(JOB_ID));
        if (newest.isPresent()) {
            System.out.println("Going on from checkpoint " + newest.get());
            c.setString("execution.state-recovery.path", newest.get().toUri().toString());
            c.setString("execution.state-recovery.claim-mode", "CLAIM");
        }
        return c;
    }

    /** Working files are of use to the process that wrote them only; one that was killed leaves them behind. */
    private static Path emptied(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        return Files.createDirectories(directory);
    }
}
