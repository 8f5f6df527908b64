package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.portledger.collector.capture.CaptureDissector;
import io.portledger.ipfix.IpfixFileReader;
import io.portledger.packet.CaptureFormatException;
import io.portledger.packet.CaptureReader;
import io.portledger.packet.CapturedPacket;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.syslog.SyslogFrame;
import io.portledger.syslog.SyslogFrameDecoder;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads files with what exporters said once: captures (pcap, pcapng), IPFIX files (RFC 5655) and logs of syslog, each
 * compressed by gzip or not, and hands over what they say as a collector does. What a file is, its content tells. Nothing
 * of a running collector is touched, its marks least of all. For one thread.
 *
 * <p>Files of one import are parts of one collection, in their order: templates and sequence numbers go on from one to the
 * next. The time of reception is that of the packet, the message's export time, or the time that the line was written.
 */
public final class FileImport implements AutoCloseable {

    private static final int PEEKED_OCTETS = 4096;
    private static final int MESSAGES_A_FLUSH = 512;
    private static final int FLUSHES_A_GAP_FLUSH = 16;

    /** A time without a year is taken as the nearest to a moment; this long before the last line all are before it. */
    private static final Duration MIDDLE_OF_A_YEAR = Duration.ofDays(181);

    /** Whoever restarts Kafka needs less. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration WAIT = Duration.ofMillis(2);

    /** Whatever has no template waits for it until the end. */
    private static final Map<String, String> FOR_FILES = Map.of(
            "PORTLEDGER_COLLECTOR_IPFIX_TEMPLATE_WAIT", "36500d",
            "PORTLEDGER_COLLECTOR_IPFIX_TEMPLATE_LIFETIME", "36500d",
            "PORTLEDGER_COLLECTOR_IPFIX_SESSION_IDLE", "36500d",
            "PORTLEDGER_COLLECTOR_IPFIX_SILENCE", "36500d",
            "PORTLEDGER_COLLECTOR_IPFIX_SILENCE_FORGOTTEN", "36500d",
            "PORTLEDGER_COLLECTOR_IPFIX_WAITING_OCTETS_PER_SESSION", "67108864",
            "PORTLEDGER_COLLECTOR_IPFIX_WAITING_OCTETS", "134217728");

    private final CollectorSettings settings;
    private final ImportOptions options;
    private final boolean isDry;
    private final Consumer<String> progress;
    private final Tally tally = new Tally();
    private final GapBoard gapBoard = new GapBoard();
    private final ImportCensus census = new ImportCensus(tally.read());
    private final Outbox outbox;
    private final Outbox.Batch batch;
    private final IpfixIntake ipfix;
    private final ImportTarget target;
    private final CapturedTraffic traffic;
    private final CaptureDissector dissector;
    private final Map<String, ExporterSession> sessions = new HashMap<>();
    private long messages;
    private long flushes;
    private long latestMillis;
    private boolean isGivenUp;
    private boolean isClosed;

    /**
     * Settings for an import: a collector's, as far as they matter.
     *
     * @param config the collector's file, or null for the defaults
     * @param environment the process's environment
     * @param kafka where Kafka is, host:port; null: nowhere, or where the settings say
     */
    public static CollectorSettings settings(
            @Nullable Path config, Map<String, String> environment, @Nullable String kafka) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(FOR_FILES);
        if (kafka != null) {
            all.put("PORTLEDGER_COLLECTOR_KAFKA_BOOTSTRAP_SERVERS", kafka);
        }
        return CollectorSettings.read(config, all);
    }

    /**
     * Begins.
     *
     * @param isDry whether nothing goes to Kafka
     * @param progress hears how it goes on, in sentences for the operator
     * @throws CollectorException if Kafka does not answer
     */
    public FileImport(CollectorSettings settings, ImportOptions options, boolean isDry, Consumer<String> progress) {
        this(settings, options, isDry, progress, isDry ? null : connect(settings));
    }

    private static KafkaSink connect(CollectorSettings settings) {
        // The name is nobody's: only the topics matter here, not how far a collector came.
        OptionalLong _ = KafkaAccess.prepareTopics(settings.kafka(), "import");
        return KafkaAccess.producer(settings.kafka());
    }

    FileImport(
            CollectorSettings settings,
            ImportOptions options,
            boolean isDry,
            Consumer<String> progress,
            @Nullable KafkaSink kafka) {
        this.settings = settings;
        this.options = options;
        this.isDry = isDry;
        this.progress = progress;
        outbox = new Outbox(
                new ImportSink(kafka, census::count, InstantSource.system()),
                settings.kafka().bufferOctets(),
                tally,
                gapBoard);
        batch = outbox.new Batch();
        long gapMarginMillis = settings.gapMargin().toMillis();
        // Between a clock of then and one of now there is no difference that would tell anything.
        SkewWatch skewWatch = new SkewWatch(gapBoard, Long.MAX_VALUE, 0);
        ipfix = IpfixIntake.ofFiles(
                settings.ipfix(),
                settings.enterpriseNumber(),
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                options.isContinuous() ? SessionContext.Edges.CONTINUOUS : SessionContext.Edges.OPEN);
        SyslogIntake syslog = new SyslogIntake(
                settings.syslog(),
                SyslogIntake.dialects(settings.syslog()),
                settings.enterpriseNumber(),
                InstantSource.system(),
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                OptionalLong.empty());
        target = new ImportTarget(ipfix, syslog, gapBoard, batch, census, gapMarginMillis, options.isContinuous());
        traffic = new CapturedTraffic(target, options.ports());
        dissector = new CaptureDissector(traffic);
    }

    /**
     * Reads all files and waits until Kafka has what they say. Once.
     *
     * @throws InterruptedException if the thread was interrupted; Kafka has a part then
     */
    public ImportSummary run(List<Path> files) throws InterruptedException {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < files.size(); i++) {
            Path file = files.get(i);
            String name = String.valueOf(file.getFileName());
            name = names.add(name) ? name : file.toString();
            census.begin(name);
            target.continueIn(name);
            traffic.continueIn(name);
            progress.accept("Reading " + file);
            read(file, name);
            if (i == files.size() - 1) {
                end();
            }
            flush();
            awaitKafka();
            census.counted(tally.read());
        }
        close();
        return census.summary(!isDry && !isGivenUp && tally.read().get(Counter.NOT_STORED) == 0);
    }

    private void read(Path file, String name) throws InterruptedException {
        try (InputStream in = open(file)) {
            byte[] first = peek(in);
            if (first.length == 0) {
                census.format("empty");
            } else if (isCapture(first)) {
                census.format(first[0] == 0x0a ? "pcapng" : "pcap");
                readCapture(in, file);
            } else if (isIpfix(first)) {
                census.format("ipfix");
                readIpfix(in, exporter(name));
            } else if (isMostlyText(first)) {
                census.format("syslog");
                readLog(in, exporter(name), writtenBy(file));
            } else {
                fault(file + " is none of pcap, pcapng, an IPFIX file, or lines of syslog");
            }
        } catch (java.nio.file.NoSuchFileException e) {
            fault("there is no file " + file);
        } catch (CaptureFormatException e) {
            fault(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            fault("cannot read " + file + ": " + e.getMessage());
        }
    }

    private void fault(String fault) {
        census.fault(fault);
        progress.accept(fault);
    }

    private static InputStream open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("it is a directory; name its files");
        }
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            byte[] first = peek(in);
            return first.length > 2 && (first[0] & 0xff) == 0x1f && (first[1] & 0xff) == 0x8b
                    ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16)
                    : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static byte[] peek(InputStream in) throws IOException {
        in.mark(PEEKED_OCTETS);
        byte[] first = in.readNBytes(PEEKED_OCTETS);
        in.reset();
        return first;
    }

    private static boolean isCapture(byte[] first) {
        if (first.length < 4) {
            return false;
        }
        long magic = (long) CapturedTraffic.u16(first, 0) << 16 | CapturedTraffic.u16(first, 2);
        return magic == 0x0a0d0d0aL
                || magic == 0xa1b2c3d4L
                || magic == 0xd4c3b2a1L
                || magic == 0xa1b23c4dL
                || magic == 0x4d3cb2a1L;
    }

    private static boolean isIpfix(byte[] first) {
        return first.length >= 16 && CapturedTraffic.u16(first, 0) == 10 && CapturedTraffic.u16(first, 2) >= 16;
    }

    /** Some write colours, or NUL, into their logs. */
    private static boolean isMostlyText(byte[] first) {
        int controls = 0;
        for (byte octet : first) {
            controls += octet >= 0 && octet < ' ' && octet != '\n' && octet != '\r' && octet != '\t' ? 1 : 0;
        }
        return controls <= first.length / 10;
    }

    /** Who stands for the sender where the file does not tell. */
    private String exporter(String name) {
        if (options.exporter() != null) {
            return options.exporter();
        }
        String plain = name.replaceAll("[^A-Za-z0-9._-]+", "-");
        return plain.substring(Math.max(0, plain.length() - 100));
    }

    private Instant writtenBy(Path file) throws IOException {
        return options.writtenBy() != null
                ? options.writtenBy()
                : Files.getLastModifiedTime(file).toInstant();
    }

    private void readCapture(InputStream in, Path file) throws IOException, InterruptedException {
        try (CaptureReader reader = new CaptureReader(in, file.toString())) {
            for (Optional<CapturedPacket> next = reader.next(); next.isPresent(); next = reader.next()) {
                census.packet();
                dissector.take(next.get());
                latestMillis = Math.max(latestMillis, next.get().at().toEpochMilli());
                onMessage();
            }
        }
    }

    private void readIpfix(InputStream in, String exporter) throws IOException, InterruptedException {
        ExporterSession session = sessions.get(exporter);
        if (session == null) {
            session = ipfix.stream(new SessionSource(exporter, Evidence.Transport.FILE, target.file()), batch);
            sessions.put(exporter, session);
        }
        session.continueIn(target.file());
        IpfixFileReader reader = new IpfixFileReader(in);
        for (ByteBuf message = reader.next(); message != null; message = reader.next()) {
            long exportMillis = message.getUnsignedInt(message.readerIndex() + 4) * 1000;
            session.take(message, exportMillis);
            latestMillis = Math.max(latestMillis, exportMillis);
            session.expire(latestMillis);
            onMessage();
        }
        if (reader.skippedOctets() > 0) {
            census.notRead("octets in which no IPFIX message could be found", reader.skippedOctets());
            gapBoard.report(
                    exporter,
                    0,
                    ExporterGap.Cause.UNDECODABLE,
                    latestMillis - settings.gapMargin().toMillis(),
                    latestMillis,
                    0);
        }
    }

    private void readLog(InputStream in, String exporter, Instant writtenBy) throws IOException, InterruptedException {
        EmbeddedChannel frames =
                new EmbeddedChannel(new SyslogFrameDecoder(settings.syslog().maxMessageOctets()));
        long atMillis = -1;
        byte[] chunk = new byte[1 << 15];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            frames.writeInbound(Unpooled.copiedBuffer(chunk, 0, read));
            atMillis = takeFrames(frames, exporter, writtenBy, atMillis);
        }
        // The last line need not have an end.
        frames.writeInbound(Unpooled.wrappedBuffer(new byte[] {'\n'}));
        frames.finish();
        takeFrames(frames, exporter, writtenBy, atMillis);
    }

    private long takeFrames(EmbeddedChannel frames, String exporter, Instant writtenBy, long before)
            throws InterruptedException {
        long atMillis = before;
        for (SyslogFrame frame = frames.readInbound(); frame != null; frame = frames.readInbound()) {
            // A line without a time was written when the one before it was.
            atMillis = target.syslog()
                    .writtenMillis(frame.octets(), writtenBy.minus(MIDDLE_OF_A_YEAR))
                    .orElse(atMillis < 0 ? writtenBy.toEpochMilli() : atMillis);
            target.takeSyslog(frame.octets(), frame.fault(), exporter, Evidence.Transport.FILE, atMillis);
            latestMillis = Math.max(latestMillis, atMillis);
            onMessage();
        }
        return atMillis;
    }

    private void onMessage() throws InterruptedException {
        if (++messages % MESSAGES_A_FLUSH == 0) {
            batch.flush();
            if (++flushes % FLUSHES_A_GAP_FLUSH == 0) {
                flush();
            }
            if (!outbox.hasRoom() && !isGivenUp) {
                awaitKafka();
            }
        }
    }

    private void flush() {
        for (ExporterGap gap : gapBoard.flush()) {
            batch.add(gap, latestMillis);
        }
        batch.flush();
    }

    private void awaitKafka() throws InterruptedException {
        long finished = -1;
        long since = System.nanoTime();
        while (!outbox.isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(WAIT.toMillis());
            CollectorCounters now = tally.read();
            long more = now.get(Counter.STORED) + now.get(Counter.NOT_STORED);
            if (more != finished) {
                finished = more;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > PATIENCE.toNanos()) {
                isGivenUp = true;
                progress.accept("Kafka has taken nothing for " + PATIENCE.toSeconds() + " s; giving up");
                return;
            }
        }
    }

    /** The last file has ended: what waited for more gets nothing any more. */
    private void end() {
        dissector.close();
        traffic.close();
        sessions.values().forEach(session -> session.close(latestMillis));
        sessions.clear();
        target.close();
    }

    /** What Kafka did not take, and waits, is given up. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            dissector.close();
            outbox.close(settings.kafka().stopTimeout());
        }
    }
}
