package io.portledger.standalone;

import io.portledger.standalone.HoldersClient.QuestionException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** Asks the ledger from the command line, through the web application, which audits it. */
@Command(
        name = "who",
        mixinStandardHelpOptions = true,
        description = "Who held this port of this public address at this time? Asks the web application of a running"
                + " portledger, which writes the question to its audit log.",
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {
            "0:there is an answer, whatever it is",
            "1:there is none: nobody answers, or the question cannot be asked",
            "2:wrong options"
        })
final class WhoCommand implements Callable<Integer> {

    private static final String OWN_CASE = "command line";

    @Spec
    private CommandSpec command;

    @Parameters(
            index = "0",
            paramLabel = "IP:PORT",
            description = "Public IPv4 address and port, such as 203.0.113.7:40123, and the protocol if it is known:"
                    + " 203.0.113.7:40123/tcp.")
    private String socket;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "TIME",
            description = "The moment: ISO 8601 with an offset, such as 2026-11-23T14:02:07Z, the form of log files and"
                    + " mail headers, or seconds since 1970. Without an offset it is UTC.")
    private List<String> time;

    @Option(
            names = "--to",
            paramLabel = "IP[:PORT]",
            defaultValue = "",
            description = "The far end, if it is known. It matters where a NAT gives one port to several households for"
                    + " different far ends.")
    private String to;

    @Option(names = "--json", description = "Print the whole answer as JSON.")
    private boolean asJson;

    @Option(
            names = "--tolerance",
            paramLabel = "DURATION",
            defaultValue = "0s",
            description = "How far the asker's clock may be off, either way, such as 2s. Default: ${DEFAULT-VALUE}.")
    private String tolerance;

    @Option(
            names = "--case",
            paramLabel = "REFERENCE",
            description = "The open case that the question belongs to. Default: \"" + OWN_CASE
                    + "\", which is opened if need be, for questions of whoever runs this network.")
    private @Nullable String reference;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data directory of the portledger to ask. Default: the one that runs, main before demo.")
    private @Nullable Path data;

    @Option(names = "--url", paramLabel = "URL", description = "The web application to ask, if it is elsewhere.")
    private @Nullable URI url;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File with the API token. Default: operator.token in the data directory.")
    private @Nullable Path tokenFile;

    @Override
    public Integer call() throws InterruptedException {
        int colon = socket.lastIndexOf(':');
        if (colon < 0) {
            throw new ParameterException(
                    command.commandLine(),
                    "Invalid value " + socket + " for IP:PORT: there is no port, and only the port tells the households"
                            + " of a shared address apart (allowed: a form such as 203.0.113.7:40123)");
        }
        PrintWriter out = command.commandLine().getOut();
        try {
            Path directory = directory();
            try (HoldersClient client = new HoldersClient(web(directory), token(directory))) {
                if (reference == null) {
                    client.openOwnCase(OWN_CASE);
                }
                JsonNode answer = client.ask(
                        socket.substring(0, colon),
                        socket.substring(colon + 1),
                        to,
                        String.join(" ", time),
                        tolerance,
                        reference == null ? OWN_CASE : reference);
                out.println(asJson ? answer.toPrettyString() : AnswerText.of(answer));
                return 0;
            }
        } catch (QuestionException e) {
            command.commandLine().getErr().println("portledger: " + e.getMessage());
            return Portledger.FAILED;
        }
    }

    /** The directory asked for, else the standard one of an installation that runs, else the first standard one. */
    private Path directory() throws QuestionException {
        if (data != null) {
            return data;
        }
        for (String name : List.of("main", "demo")) {
            Path standard = DataDirectory.standard(name, System.getenv());
            if (addresses(standard).isPresent()) {
                return standard;
            }
        }
        return DataDirectory.standard("main", System.getenv());
    }

    private URI web(Path directory) throws QuestionException {
        if (url != null) {
            return url;
        }
        String web = addresses(directory)
                .map(addresses -> addresses.getProperty("web"))
                .orElseThrow(() -> new QuestionException("No portledger runs with its data in " + directory
                        + ". Start one with ./portledger up, or say where it is with --data or --url."));
        return URI.create(web);
    }

    private static Optional<Properties> addresses(Path directory) throws QuestionException {
        try {
            return DataDirectory.addresses(directory);
        } catch (IOException e) {
            throw new QuestionException("Cannot read " + directory + ": " + e);
        }
    }

    private String token(Path directory) throws QuestionException {
        Path file = tokenFile == null ? directory.resolve("operator.token") : tokenFile;
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new QuestionException("The API token cannot be read: " + e + ". Say where it is with --token-file.");
        }
    }
}
