package io.portledger.collector.dialect;

import io.portledger.settings.Settings;
import io.portledger.settings.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The dialects of a collector. Immutable; for any thread. */
public final class Dialects {

    /** Those that come with the collector, in the order in which they are tried. */
    private static final List<String> BUILT_IN = List.of(
            "juniper-pba",
            "juniper-pba-text",
            "juniper-ms-pic",
            "a10-cef",
            "a10-ascii",
            "nfware",
            "6wind",
            "f5-lsn",
            "nokia-sros");

    /** The {@link Dialect#origin()} of those that come with the collector. */
    public static final String BUILT_IN_ORIGIN = "built in";

    private final List<Dialect> all;

    private Dialects(List<Dialect> all) {
        this.all = List.copyOf(all);
    }

    /** What a dialect made of a message. */
    public record Found(Dialect dialect, Outcome outcome) {}

    /**
     * Those of the operator's directory, its {@code *.yaml} files in the order of their names, and then those that come
     * with the collector, except for those whose name the operator has taken.
     *
     * @param directory null: none
     * @param exporters who may speak a dialect, by its name, instead of whom its file names
     * @throws SettingsException if a file cannot be used or a name in {@code exporters} is no dialect's; the message is
     *     for the operator
     */
    public static Dialects load(@Nullable Path directory, Map<String, List<ExporterPrefix>> exporters) {
        Map<String, Dialect> byName = new LinkedHashMap<>();
        if (directory != null) {
            for (Path file : files(directory)) {
                Dialect dialect = read(file);
                Dialect earlier = byName.putIfAbsent(dialect.name(), dialect);
                if (earlier != null) {
                    throw new SettingsException(file + ": there is a dialect " + dialect.name() + " in "
                            + earlier.origin() + " already; rename one of them");
                }
            }
        }
        for (Dialect dialect : builtIn()) {
            byName.putIfAbsent(dialect.name(), dialect);
        }
        exporters.forEach((name, prefixes) -> {
            Dialect dialect = byName.get(name);
            if (dialect == null) {
                throw new SettingsException("collector.syslog.dialect-exporters: there is no dialect " + name
                        + " (allowed: " + String.join(", ", byName.keySet()) + ")");
            }
            byName.put(name, dialect.forExporters(prefixes));
        });
        return new Dialects(List.copyOf(byName.values()));
    }

    /** Those that come with the collector. */
    public static List<Dialect> builtIn() {
        List<Dialect> dialects = new ArrayList<>();
        for (String name : BUILT_IN) {
            DialectFile file =
                    Settings.readResource(DialectFile.class, "/io/portledger/collector/dialect/" + name + ".yaml");
            dialects.add(new Dialect(file, BUILT_IN_ORIGIN, file.exporters()));
        }
        return dialects;
    }

    /**
     * Reads one file.
     *
     * @throws SettingsException if it cannot be used; the message names file, line and key
     */
    public static Dialect read(Path path) {
        DialectFile file = Settings.readFile(DialectFile.class, path);
        return new Dialect(file, path.toString(), file.exporters());
    }

    private static List<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SettingsException(
                    "collector.syslog.dialects: cannot read the directory " + directory + ": " + e, e);
        }
    }

    /** The dialects, in the order in which they are tried. */
    public List<Dialect> all() {
        return all;
    }

    /**
     * What the message says by the first dialect that can use it; if none can, what the first says that knows it; null if
     * none knows it.
     *
     * @param exporter who sent it, as evidence has it; null: somebody who may speak any dialect
     */
    public @Nullable Found read(SyslogText text, @Nullable String exporter, Instant received) {
        Found first = null;
        for (Dialect dialect : all) {
            Outcome outcome = dialect.read(text, exporter, received);
            if (outcome instanceof Outcome.Fact || outcome instanceof Outcome.Ignored) {
                return new Found(dialect, outcome);
            }
            if (outcome != null && first == null) {
                first = new Found(dialect, outcome);
            }
        }
        return first;
    }
}
