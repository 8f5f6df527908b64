package io.portledger.standalone;

import io.portledger.collector.CollectorException;
import io.portledger.collector.CollectorSettings;
import io.portledger.collector.FileImport;
import io.portledger.collector.ImportOptions;
import io.portledger.collector.ImportSummary;
import io.portledger.collector.ImportedFile;
import io.portledger.settings.SettingsException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import tools.jackson.databind.json.JsonMapper;

/** Loads captures and logs of others into the ledger of a running installation. */
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Load captures (pcap, pcapng), IPFIX files and logs of syslog, gzipped or not, into the ledger of a running"
                    + " portledger. The last line on standard output is a summary in JSON.",
            "The files of one command are parts of one collection, in their order. docs/importing.md tells what"
                    + " answers from them mean."
        },
        exitCodeListHeading = "%nExit code:%n",
        exitCodeList = {
            "0:everything was read, and loaded unless --dry-run; the summary tells what was skipped",
            "1:a file could not be read, or not to its end, or Kafka did not take everything",
            "2:wrong options",
            "3:read, and not loaded: no portledger runs here"
        })
final class ImportCommand implements Callable<Integer> {

    private static final int NOT_LOADED = 3;

    @Spec
    private CommandSpec command;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "What to load. Its content tells what it is.")
    private List<Path> files;

    @Option(names = "--dry-run", description = "Read, print the summary, and load nothing.")
    private boolean isDry;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Data directory of the portledger to load into. Default: the one that runs, main before demo.")
    private @Nullable Path data;

    @Option(names = "--kafka", paramLabel = "HOST:PORT", description = "Its Kafka, if it is elsewhere.")
    private @Nullable String kafka;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings of a collector, for its dialects, enterprise number and security of Kafka. Default:"
                    + " those of the portledger that runs.")
    private @Nullable Path config;

    @Option(
            names = "--exporter",
            paramLabel = "ADDRESS",
            description = "Who sent what is in IPFIX files and logs, which do not tell. Default: the file's name.")
    private @Nullable String exporter;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description =
                    "Time zone of RFC 3164 times that do not tell their own, such as Europe/Berlin. Default: as the"
                            + " collector's settings say, else UTC.")
    private @Nullable String zone;

    @Option(
            names = "--written-by",
            paramLabel = "TIME",
            description =
                    "When the last line of the logs was written, ISO 8601 with an offset: it tells the year of times"
                            + " that have none. Default: when each file was changed last.")
    private @Nullable String writtenBy;

    @Option(
            names = "--ports",
            split = ",",
            paramLabel = "PROTOCOL=PORT",
            description = "What is sent to a port of UDP or TCP, ipfix (and NetFlow v9) or syslog, such as"
                    + " ipfix=2055,syslog=1514. Default: recognised by what is sent.")
    private List<String> ports = List.of();

    @Option(
            names = "--continuous",
            description =
                    "What was sent before and after the files was collected as well: report no gaps at their edges.")
    private boolean isContinuous;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = command.commandLine().getErr();
        ImportOptions options = new ImportOptions(exporter, time(), isContinuous, ports());
        try {
            Path directory = directory();
            Optional<String> target = kafka(directory);
            boolean isLoading = !isDry && target.isPresent();
            CollectorSettings settings =
                    FileImport.settings(configuration(directory), environment(), target.orElse(null));
            ImportSummary summary = read(settings, options, !isLoading);
            command.commandLine().getOut().println(JsonMapper.shared().writeValueAsString(summary));
            command.commandLine().getOut().flush();
            return exitCode(summary, isLoading, directory);
        } catch (CollectorException | SettingsException e) {
            err.println("portledger: " + e.getMessage());
        } catch (IOException e) {
            err.println("portledger: cannot read the addresses of the installation: " + e.getMessage());
        }
        return Portledger.FAILED;
    }

    private ImportSummary read(CollectorSettings settings, ImportOptions options, boolean isDryRun)
            throws InterruptedException {
        PrintWriter err = command.commandLine().getErr();
        try (FileImport reading = new FileImport(settings, options, isDryRun, line -> {
            err.println(line);
            err.flush();
        })) {
            return reading.run(files);
        }
    }

    private int exitCode(ImportSummary summary, boolean isLoading, Path directory) {
        PrintWriter err = command.commandLine().getErr();
        if (summary.files().stream().map(ImportedFile::fault).anyMatch(fault -> fault != null)) {
            return Portledger.FAILED;
        }
        if (isLoading && !summary.loaded()) {
            err.println("portledger: Kafka did not take everything; look at its log and import the files again.");
            return Portledger.FAILED;
        }
        if (!isLoading && !isDry) {
            err.println("portledger: read, and not loaded: no portledger runs with its data in " + directory
                    + ". Start one with ./portledger up and import again, say where it is with --data or --kafka, or"
                    + " use --dry-run.");
            return NOT_LOADED;
        }
        return 0;
    }

    /** The directory asked for, else the standard one of an installation that runs, else the first standard one. */
    private Path directory() throws IOException {
        if (data != null) {
            return data;
        }
        for (String name : List.of("main", "demo")) {
            Path standard = DataDirectory.standard(name, System.getenv());
            if (DataDirectory.addresses(standard).isPresent()) {
                return standard;
            }
        }
        return DataDirectory.standard("main", System.getenv());
    }

    private Optional<String> kafka(Path directory) throws IOException {
        return kafka != null
                ? Optional.of(kafka)
                : DataDirectory.addresses(directory).map((Properties addresses) -> addresses.getProperty("kafka"));
    }

    private @Nullable Path configuration(Path directory) {
        Path running = directory.resolve("collector.yaml");
        return config == null && kafka == null && Files.isRegularFile(running) ? running : config;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        if (zone != null) {
            try {
                ZoneId.of(zone);
            } catch (DateTimeException e) {
                throw wrong("--zone", zone, "no time zone", "UTC, +01:00 or a name such as Europe/Berlin");
            }
            environment.put("PORTLEDGER_COLLECTOR_SYSLOG_RFC3164_ZONE", zone);
        }
        return environment;
    }

    private @Nullable Instant time() {
        if (writtenBy == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(writtenBy).toInstant();
        } catch (DateTimeException e) {
            throw wrong("--written-by", writtenBy, "no time with an offset", "a form such as 2026-11-23T14:02:07Z");
        }
    }

    private Map<Integer, ImportOptions.Protocol> ports() {
        Map<Integer, ImportOptions.Protocol> map = new HashMap<>();
        for (String said : new ArrayList<>(ports)) {
            String[] parts = said.split("=", 2);
            try {
                int port = Integer.parseInt(parts[parts.length - 1]);
                if (parts.length < 2 || port < 1 || port > 65_535) {
                    throw new NumberFormatException();
                }
                map.put(port, ImportOptions.Protocol.valueOf(parts[0].toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw wrong("--ports", said, "no protocol and port", "ipfix=PORT and syslog=PORT");
            }
        }
        return map;
    }

    private ParameterException wrong(String option, String value, String why, String allowed) {
        return new ParameterException(
                command.commandLine(),
                "Invalid value " + value + " for option " + option + ": " + why + " (allowed: " + allowed + ")");
    }
}
