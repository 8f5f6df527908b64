package io.portledger.collector;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.records.v1.Evidence;
import io.portledger.settings.SettingsException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** {@code collector undecodable}: looks at input that could not be used, and decodes it again. */
@Command(
        name = "undecodable",
        mixinStandardHelpOptions = true,
        description = "Looks at input that could not be used, and decodes it again.",
        subcommands = {
            UndecodableCommand.ListCommand.class,
            UndecodableCommand.ShowCommand.class,
            UndecodableCommand.ReplayCommand.class
        })
final class UndecodableCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Say what: list, show or replay");
    }

    /** The settings of the collector. */
    static final class ConfigOption {
        @Option(names = "--config", paramLabel = "FILE", description = "The collector's settings.")
        private @Nullable Path config;

        CollectorSettings settings() {
            return CollectorSettings.read(config, System.getenv());
        }
    }

    /** Which input. */
    static final class FilterOptions {
        @Option(names = "--exporter", paramLabel = "ADDRESS", description = "Only of this exporter.")
        private @Nullable String exporter;

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description = "Only what was received then or later, as in" + " 2026-11-23T14:02:07Z.")
        private @Nullable Instant since;

        @Option(names = "--until", paramLabel = "TIME", description = "Only what was received before.")
        private @Nullable Instant until;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Only if the reason has this in it.")
        private @Nullable String reason;

        @Option(names = "--other", description = "Also sound input that does not speak of bindings.")
        private boolean withOther;

        KeptInput.Filter filter() {
            return new KeptInput.Filter(exporter, since, until, reason, withOther);
        }
    }

    private static int run(CommandSpec spec, Callable<Integer> work) {
        try {
            return work.call();
        } catch (SettingsException | CollectorException e) {
            spec.commandLine().getErr().println("collector: " + e.getMessage());
            return 2;
        } catch (Exception e) {
            spec.commandLine().getErr().println("collector: " + e);
            return 2;
        }
    }

    private static final Pattern PARTICULARS = Pattern.compile("\"[^\"]*\"|[0-9]+");

    /** Reasons that differ only in what was found are one. */
    static String kindOf(String reason) {
        return PARTICULARS.matcher(reason).replaceAll(found -> found.group().startsWith("\"") ? "\"...\"" : "N");
    }

    /** {@code list}: how much, of whom, and why. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Counts input by exporter and reason.")
    static final class ListCommand implements Callable<Integer> {

        /** Rows kept at a time; of more, the rest is counted as one. */
        private static final int MAX_ROWS = 1_000;

        @Spec
        private CommandSpec spec;

        @Mixin
        private ConfigOption config;

        @Mixin
        private FilterOptions filter;

        @Option(names = "--json", description = "Print one JSON array.")
        private boolean isJson;

        private record Key(String exporter, String kind) {}

        private static final class Row {
            private long count;
            private Instant first = Instant.MAX;
            private Instant last = Instant.MIN;
            private String newest = "";
            private String reason = "";
        }

        @Override
        public Integer call() {
            return UndecodableCommand.run(spec, this::list);
        }

        private int list() {
            Map<Key, Row> rows = new LinkedHashMap<>();
            try (KeptInput input = new KeptInput(config.settings().kafka())) {
                input.forEach(filter.filter(), kept -> {
                    Key key = new Key(
                            kept.source().getExporter(), kindOf(kept.message().getReason()));
                    if (rows.size() >= MAX_ROWS && !rows.containsKey(key)) {
                        key = new Key("*", "other reasons");
                    }
                    Row row = rows.computeIfAbsent(key, _ -> new Row());
                    row.count++;
                    if (kept.received().isBefore(row.first)) {
                        row.first = kept.received();
                    }
                    if (!kept.received().isBefore(row.last)) {
                        row.last = kept.received();
                        row.newest = kept.place();
                        row.reason = kept.message().getReason();
                    }
                });
            }
            List<Map.Entry<Key, Row>> sorted = rows.entrySet().stream()
                    .sorted(Comparator.comparingLong((Map.Entry<Key, Row> row) -> -row.getValue().count))
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (isJson) {
                out.println(json(sorted));
            } else {
                out.printf(
                        "%10s  %-24s %-24s %-12s %s%n", "count", "exporter", "newest", "place", "reason of the newest");
                sorted.forEach(row -> out.printf(
                        "%10d  %-24s %-24s %-12s %s%n",
                        row.getValue().count,
                        row.getKey().exporter(),
                        row.getValue().last,
                        row.getValue().newest,
                        printable(row.getValue().reason)));
            }
            out.flush();
            return 0;
        }

        private static String json(List<Map.Entry<Key, Row>> rows) {
            StringWriter text = new StringWriter();
            try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
                json.writeStartArray();
                for (Map.Entry<Key, Row> row : rows) {
                    json.writeStartObject()
                            .writeNumberProperty("count", row.getValue().count)
                            .writeStringProperty("exporter", row.getKey().exporter())
                            .writeStringProperty("kind", row.getKey().kind())
                            .writeStringProperty("reason", row.getValue().reason)
                            .writeStringProperty("first", row.getValue().first.toString())
                            .writeStringProperty("last", row.getValue().last.toString())
                            .writeStringProperty("newest", row.getValue().newest)
                            .writeEndObject();
                }
                json.writeEndArray();
            }
            return text.toString();
        }
    }

    /** {@code show}: one piece of input, whole. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one piece of input, whole.")
    static final class ShowCommand implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private ConfigOption config;

        @Parameters(paramLabel = "PARTITION:OFFSET", description = "Where it is, as list tells.")
        private String place;

        @Override
        public Integer call() {
            return UndecodableCommand.run(spec, this::show);
        }

        private int show() {
            if (!place.matches("\\d{1,9}:\\d{1,18}")) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(), "\"" + place + "\" is no place; it is PARTITION:OFFSET, as list tells");
            }
            int colon = place.indexOf(':');
            try (KeptInput input = new KeptInput(config.settings().kafka())) {
                KeptInput.Kept kept = input.at(
                                Integer.parseInt(place.substring(0, colon)), Long.parseLong(place.substring(colon + 1)))
                        .orElseThrow(() -> new CollectorException("there is nothing at " + place
                                + "; it may be older than the topic keeps it (kafka.undecodable.retention)"));
                Evidence source = kept.source();
                byte[] raw = source.getRaw().toByteArray();
                PrintWriter out = spec.commandLine().getOut();
                out.println("exporter:   " + printable(source.getExporter()));
                out.println("transport:  " + source.getTransport());
                out.println("received:   " + kept.received());
                if (source.getObservationDomain() != 0 || source.getTemplateId() != 0) {
                    out.println("domain:     " + Integer.toUnsignedString(source.getObservationDomain()) + ", template "
                            + source.getTemplateId() + ", sequence " + Integer.toUnsignedString(source.getSequence()));
                }
                if (!source.getFile().isEmpty()) {
                    out.println("file:       " + printable(source.getFile()));
                }
                out.println("reason:     " + printable(kept.message().getReason()));
                out.println("bindings:   " + (kept.message().getNotAboutBindings() ? "sound, but of none" : "perhaps"));
                out.println("octets:     " + raw.length);
                if (raw.length > 0) {
                    out.println(ByteBufUtil.prettyHexDump(Unpooled.wrappedBuffer(raw)));
                    out.println("text:       " + printable(new String(raw, StandardCharsets.UTF_8)));
                }
                out.flush();
            }
            return 0;
        }
    }

    /** {@code replay}: decodes again. */
    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description =
                    "Decodes input again, with today's code and settings, and hands what it says to Kafka with the"
                            + " original exporter and receive time. Doing it twice changes nothing.")
    static final class ReplayCommand implements Callable<Integer> {

        private static final int MAX_FAILURES = 1_000;

        @Spec
        private CommandSpec spec;

        @Mixin
        private ConfigOption config;

        @Mixin
        private FilterOptions filter;

        @Option(names = "--dry-run", description = "Hand nothing to Kafka.")
        private boolean isDry;

        private long replayed;
        private long told;
        private long failed;

        @Override
        public Integer call() {
            return UndecodableCommand.run(spec, this::replay);
        }

        private int replay() throws InterruptedException {
            CollectorSettings settings = config.settings();
            PrintWriter out = spec.commandLine().getOut();
            Map<String, Long> failures = new LinkedHashMap<>();
            Tally tally = new Tally();
            Outbox outbox = isDry
                    ? Outbox.toNowhere(tally)
                    : new Outbox(
                            KafkaAccess.producer(settings.kafka()),
                            settings.kafka().bufferOctets(),
                            tally,
                            new GapBoard());
            boolean isStored;
            try (KeptInput input = new KeptInput(settings.kafka())) {
                Replay replay = new Replay(settings, outbox);
                input.forEach(filter.filter(), kept -> {
                    Replay.Result result = replay.decode(kept);
                    int records = result.told().left();
                    if (records > 0) {
                        replayed++;
                        told += records;
                        out.println(kept.place() + " of "
                                + printable(kept.source().getExporter()) + ", received " + kept.received() + ": "
                                + records + " records");
                        if (!isDry) {
                            awaitRoom(outbox);
                            outbox.handOver(result.told());
                        }
                    }
                    String failure = result.failure();
                    if (failure != null) {
                        failed++;
                        String kind = kindOf(failure);
                        failures.merge(
                                failures.size() < MAX_FAILURES || failures.containsKey(kind) ? kind : "other reasons",
                                1L,
                                Long::sum);
                    }
                });
                isStored = isDry || outbox.awaitFinished(settings.kafka().startTimeout());
            } finally {
                outbox.close(isDry ? Duration.ZERO : settings.kafka().stopTimeout());
            }
            failures.forEach((kind, count) -> out.println(count + " still fail: " + printable(kind)));
            out.println(replayed + " replayed with " + told + " records, " + failed + " still fail"
                    + (isDry ? "; nothing was handed to Kafka" : ""));
            out.flush();
            if (!isStored || tally.read().get(Counter.NOT_STORED) > 0) {
                throw new CollectorException("Kafka did not take everything; repeat the replay");
            }
            return 0;
        }
    }

    private static void awaitRoom(Outbox outbox) {
        CountDownLatch room = new CountDownLatch(1);
        if (!outbox.hasRoom()) {
            outbox.whenRoom(room::countDown);
            try {
                room.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CollectorException("the replay was interrupted; repeat it", e);
            }
        }
    }

    /** Text of others on a terminal: nothing in it controls the terminal. */
    static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || c == 0xfffd) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }
}
