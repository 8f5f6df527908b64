package io.portledger.standalone.flink;

import io.portledger.jobs.Jobs;
import io.portledger.jobs.JobsSettings;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.flink.core.execution.JobClient;

/**
 * Runs the product's jobs on a {@link FlinkNode} until the process ends.
 *
 * <p>Arguments: data directory, port of the web interface, then those of {@link JobsSettings#parse}.
 */
public final class JobsNode {

    private JobsNode() {}

    /**
     * Runs the jobs.
     *
     * @throws Exception if the cluster or the job does not start
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("Usage: JobsNode DATA-DIRECTORY PORT [--kafka HOST:PORT] [--elasticsearch URL] ...");
            System.exit(2);
        }
        JobsSettings settings;
        try {
            settings = JobsSettings.parse(Arrays.copyOfRange(arguments, 2, arguments.length));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        JobClient client = FlinkNode.start(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                environment -> Jobs.define(environment, settings));
        System.err.println(FlinkNode.awaitEnd(client));
        System.exit(1);
    }
}
