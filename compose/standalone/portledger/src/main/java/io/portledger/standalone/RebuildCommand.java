package io.portledger.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prepares a standalone installation to make its ledger anew of the records in Kafka. */
@Command(
        name = "rebuild",
        mixinStandardHelpOptions = true,
        description = {
            "Have the ledger made anew of all records in Kafka, for a portledger that is stopped: put the ledger and what"
                    + " the jobs remember aside, so that the next start reads every record from the first on.",
            "Nothing is deleted, and nothing is done without --yes."
        })
final class RebuildCommand implements Callable<Integer> {

    private static final String ASIDE = "before-rebuild";

    /** In this order: jobs without memory on an old ledger do no harm, but jobs that go on with an empty one would. */
    private static final List<String> MADE_ANEW = List.of("flink", "elasticsearch");

    @Spec
    private CommandSpec command;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data directory of the portledger. Default: that of ./portledger up.")
    private @Nullable Path data;

    @Option(names = "--yes", description = "Do it.")
    private boolean isConfirmed;

    @Override
    public Integer call() throws StartException, InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        Path directory = (data == null ? DataDirectory.standard("main", System.getenv()) : data).toAbsolutePath();
        if (!Files.isDirectory(directory.resolve("kafka"))) {
            throw new StartException("There are no records in " + directory.resolve("kafka")
                    + " of which a ledger could be made. Say where the data are with --data.");
        }
        try (DataDirectory locked = DataDirectory.open(directory)) {
            locked.awaitFormerChildren(out::println);
            Path aside = directory.resolve(ASIDE);
            for (String name : MADE_ANEW) {
                if (Files.exists(directory.resolve(name)) && Files.exists(aside.resolve(name))) {
                    throw new StartException(
                            aside + " still holds the ledger from before an earlier rebuild. Remove it first.");
                }
            }
            out.println("Will move " + String.join(" and ", MADE_ANEW) + " in " + directory + " to " + aside + ".");
            out.println("The next start makes the ledger anew of the records in " + directory.resolve("kafka")
                    + ". Until it has, answers are called incomplete.");
            if (!isConfirmed) {
                out.println("Nothing was changed. Say --yes to do it.");
                return Portledger.FAILED;
            }
            Files.createDirectories(aside);
            for (String name : MADE_ANEW) {
                if (Files.exists(directory.resolve(name))) {
                    Files.move(directory.resolve(name), aside.resolve(name));
                }
            }
            out.println("Done. Start it now with ./portledger up; when all is well, remove " + aside + ".");
            return 0;
        } catch (IOException e) {
            throw new StartException("Cannot put the ledger in " + directory + " aside: " + e, e);
        }
    }
}
