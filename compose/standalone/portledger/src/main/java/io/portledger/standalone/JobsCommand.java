package io.portledger.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The stream jobs. */
@Command(
        name = "jobs",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "The Flink jobs, which make the ledger of the events in Kafka.",
        subcommands = {JobsCommand.Run.class, JobsCommand.Status.class, RebuildCommand.class})
final class JobsCommand {

    /** The jobs without the rest. */
    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description =
                    "Run the jobs in this process, for a Kafka and an Elasticsearch that run elsewhere, until Ctrl-C.")
    static final class Run implements Callable<Integer> {

        @Option(names = "--data", paramLabel = "DIR", required = true, description = "Directory of the checkpoints.")
        private Path data;

        @Option(
                names = "--port",
                paramLabel = "PORT",
                defaultValue = "8081",
                description = "Port of Flink's web interface. Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = "--memory",
                paramLabel = "SIZE",
                defaultValue = "512m",
                description = "Java heap. Default: ${DEFAULT-VALUE}.")
        private String memory;

        @Parameters(
                paramLabel = "ARGUMENT",
                description = "Settings of the jobs, behind --: --kafka HOST:PORT --elasticsearch URL [--parallelism N]"
                        + " [--horizon P7D] [--flush-interval PT0.2S].")
        private List<String> arguments = List.of();

        @Override
        public Integer call() throws StartException, IOException {
            Installation installation = Installation.find();
            List<String> all = new ArrayList<>(List.of(data.toString(), Integer.toString(port)));
            all.addAll(arguments);
            Process process = new ProcessBuilder(installation.node(
                            "flink",
                            List.of("-Xmx" + memory, "-XX:MaxDirectMemorySize=256m"),
                            "io.portledger.standalone.flink.JobsNode",
                            all))
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (Interruption _ = Interruption.onSignal()) {
                return process.waitFor();
            } catch (InterruptedException e) {
                process.getOutputStream().close();
                process.onExit().join();
                return 0;
            }
        }
    }

    /** What the jobs do. */
    @Command(
            name = "status",
            mixinStandardHelpOptions = true,
            description = "Tell the state of the jobs, of their newest checkpoint and of their restarts.")
    static final class Status implements Callable<Integer> {

        private static final Duration TIMEOUT = Duration.ofSeconds(10);

        @Spec
        private CommandSpec command;

        @Option(names = "--data", paramLabel = "DIR", description = "Data directory of a running portledger.")
        private @Nullable Path data;

        @Option(
                names = "--url",
                paramLabel = "URL",
                description = "Flink's REST interface. Default: that of the portledger with this data directory.")
        private @Nullable URI url;

        private final JsonMapper json = new JsonMapper();

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = command.commandLine().getOut();
            try (HttpClient http = HttpClient.newHttpClient()) {
                URI flink = flink();
                boolean allRun = true;
                for (JsonNode job : get(http, flink.resolve("/jobs/overview")).path("jobs")) {
                    String id = job.path("jid").asString("");
                    String state = job.path("state").asString("");
                    allRun &= state.equals("RUNNING");
                    JsonNode checkpoints = get(http, flink.resolve("/jobs/" + id + "/checkpoints"));
                    JsonNode newest = checkpoints.path("latest").path("completed");
                    out.println("%s  %s since %s"
                            .formatted(job.path("name").asString(""), state, time(job.path("start-time"))));
                    out.println("  checkpoints    %d completed, %d failed; newest %s, %d octets"
                            .formatted(
                                    checkpoints.path("counts").path("completed").asLong(0),
                                    checkpoints.path("counts").path("failed").asLong(0),
                                    newest.isMissingNode() || newest.isNull()
                                            ? "-"
                                            : time(newest.path("latest_ack_timestamp")),
                                    newest.path("state_size").asLong(0)));
                    JsonNode failures = get(http, flink.resolve("/jobs/" + id + "/exceptions"))
                            .path("exceptionHistory")
                            .path("entries");
                    out.println("  restarts       " + failures.size());
                    for (JsonNode failure : failures) {
                        out.println("    %s  %s"
                                .formatted(
                                        time(failure.path("timestamp")),
                                        failure.path("exceptionName").asString("")));
                    }
                }
                return allRun ? 0 : Portledger.FAILED;
            } catch (IOException | JacksonException e) {
                command.commandLine().getErr().println("portledger: Flink does not tell: " + e.getMessage());
                return Portledger.FAILED;
            }
        }

        private URI flink() throws IOException {
            if (url != null) {
                return url;
            }
            Path directory = data == null ? DataDirectory.standard("main", System.getenv()) : data;
            return URI.create(DataDirectory.addresses(directory)
                    .map(addresses -> addresses.getProperty("flink"))
                    .orElseThrow(() -> new IOException("no portledger runs with its data in " + directory
                            + "; say where it is with --data or --url")));
        }

        private JsonNode get(HttpClient http, URI uri) throws IOException, InterruptedException {
            return json.readTree(
                    http.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), BodyHandlers.ofString())
                            .body());
        }

        private static String time(JsonNode millis) {
            return Instant.ofEpochMilli(millis.asLong(0)).toString();
        }
    }
}
