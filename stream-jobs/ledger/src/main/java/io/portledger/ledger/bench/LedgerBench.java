package io.portledger.ledger.bench;

import co.elastic.clients.elasticsearch._types.Level;
import co.elastic.clients.elasticsearch._types.VersionType;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import co.elastic.clients.elasticsearch.indices.segments.Segment;
import co.elastic.clients.elasticsearch.indices.stats.IndexStats;
import co.elastic.clients.util.BinaryData;
import co.elastic.clients.util.ContentType;
import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.Divisions;
import io.portledger.ledger.DivisionsDocument;
import io.portledger.ledger.ElasticsearchConnection;
import io.portledger.ledger.Ledger;
import io.portledger.ledger.LedgerIndices;
import io.portledger.ledger.Question;
import io.portledger.ledger.Verdict;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Fills the indices of bindings with a made-up history and asks about it. Each answer is compared with the truth; one
 * that is wrong ends the run.
 *
 * <p>Arguments: {@code fill URL INTERVALS}, {@code ask URL INTERVALS QUESTIONS [written]}, {@code merge URL}, {@code write FILE
 * INTERVALS sql|syslog|questions}, {@code netflow PORT INTERVALS RECORDS-A-SECOND}. Prints lines of {@code name=value}.
 */
public final class LedgerBench {

    private static final int BATCH = 4_000;
    private static final int IN_FLIGHT = 2;
    private static final int BULK = 5_000;

    private LedgerBench() {}

    /**
     * Runs one part of the measurement.
     *
     * @throws Exception if it cannot be done
     */
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "fill" -> fill(URI.create(arguments[1]), new History(Long.parseLong(arguments[2])));
            case "ask" ->
                ask(
                        URI.create(arguments[1]),
                        new History(Long.parseLong(arguments[2])),
                        Integer.parseInt(arguments[3]),
                        arguments.length > 4);
            case "merge" -> merge(URI.create(arguments[1]));
            case "write" -> write(Path.of(arguments[1]), new History(Long.parseLong(arguments[2])), arguments[3]);
            case "netflow" ->
                netflow(
                        Integer.parseInt(arguments[1]),
                        new History(Long.parseLong(arguments[2])),
                        Integer.parseInt(arguments[3]));
            default -> throw new IllegalArgumentException("fill, ask, merge, write or netflow, not " + arguments[0]);
        }
    }

    private static void fill(URI elasticsearch, History history) throws Exception {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch)) {
            LedgerIndices.install(connection);
            long begin = System.nanoTime();
            write(connection, history, 0, history.intervals(), new AtomicBoolean());
            double seconds = (System.nanoTime() - begin) / 1e9;
            connection.client().indices().refresh(all -> all.index(BindingDocument.ALIAS));
            print("documentsPerSecond", (double) history.intervals() / seconds);
            print("naturalOctets", (double) octets(connection));
        }
    }

    private static void merge(URI elasticsearch) throws Exception {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch)) {
            connection.client().indices().flush(flush -> flush.index(BindingDocument.ALIAS));
            // What Elasticsearch keeps of new documents in case a copy must be made from them goes with the first merge
            // after it has given up its claim, within half a minute; the product merges a month eight days after its
            // end.
            while (isClaimed(connection)) {
                Thread.sleep(1_000);
            }
            long begin = System.nanoTime();
            for (String index : connection
                    .client()
                    .indices()
                    .getAlias(get -> get.name(BindingDocument.ALIAS))
                    .aliases()
                    .keySet()) {
                var unused = connection
                        .asyncClient()
                        .indices()
                        .forcemerge(
                                merge -> merge.index(index).maxNumSegments(1L).waitForCompletion(false));
            }
            // The request is longer than any time-out; so look how many segments are left.
            while (segments(connection) > indices(connection) || isMerging(connection)) {
                Thread.sleep(1_000);
            }
            print("mergeSeconds", (System.nanoTime() - begin) / 1e9);
            print("mergedOctets", (double) octets(connection));
        }
    }

    /** @param isWritten whether to ask also while other intervals are written */
    private static void ask(URI elasticsearch, History history, int questions, boolean isWritten) throws Exception {
        try (Ledger ledger = Ledger.connect(elasticsearch);
                ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch)) {
            SplittableRandom random = new SplittableRandom(7);
            single(ledger, history, random, questions / 4, "");
            single(ledger, history, random, questions, "quiet");
            bulk(ledger, history, random, Math.max(BULK, questions * 4));

            if (!isWritten) {
                return;
            }
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong written = new AtomicLong();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    written.set(write(connection, history.elsewhere(), 0, history.intervals(), stop));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            long begin = System.nanoTime();
            single(ledger, history, random, questions, "whileWritten");
            stop.set(true);
            writing.join();
            print("writtenMeanwhilePerSecond", written.get() / ((System.nanoTime() - begin) / 1e9));
        }
    }

    private static void single(Ledger ledger, History history, SplittableRandom random, int questions, String name) {
        long[] nanos = new long[questions];
        for (int i = 0; i < questions; i++) {
            Question question = history.question(random);
            long begin = System.nanoTime();
            Answer answer = ledger.whoHeld(question);
            nanos[i] = System.nanoTime() - begin;
            check(history, question, answer);
        }
        Arrays.sort(nanos);
        if (!name.isEmpty()) {
            print(name + "P50Millis", nanos[questions / 2] / 1e6);
            print(name + "P99Millis", nanos[questions * 99 / 100] / 1e6);
        }
    }

    private static void bulk(Ledger ledger, History history, SplittableRandom random, int questions) {
        List<Question> batch = new ArrayList<>(BULK);
        long nanos = 0;
        int asked = 0;
        while (asked < questions) {
            batch.clear();
            for (int i = 0; i < BULK; i++) {
                batch.add(history.question(random));
            }
            long begin = System.nanoTime();
            List<Answer> answers = ledger.whoHeld(batch);
            nanos += System.nanoTime() - begin;
            for (int i = 0; i < BULK; i++) {
                check(history, batch.get(i), answers.get(i));
            }
            asked += BULK;
        }
        print("bulkPerSecond", asked / (nanos / 1e9));
    }

    private static void check(History history, Question question, Answer answer) {
        if (answer.verdict() != Verdict.HELD
                || !history.expected(question)
                        .equals(answer.holders().getFirst().holder().b4())) {
            throw new IllegalStateException("wrong answer to " + question + ": " + answer);
        }
    }

    private static long write(
            ElasticsearchConnection connection, History history, long from, long to, AtomicBoolean stop)
            throws Exception {
        Semaphore inFlight = new Semaphore(IN_FLIGHT);
        AtomicReference<@Nullable String> failure = new AtomicReference<>();
        long begin = System.nanoTime();
        long at = from;
        while (at < to && !stop.get() && failure.get() == null) {
            long first = at;
            long last = Math.min(to, first + BATCH);
            BulkRequest request = BulkRequest.of(bulk -> {
                for (long i = first; i < last; i++) {
                    long number = i;
                    BindingInterval interval = history.interval(i);
                    BindingDocument document = BindingDocument.of(interval, false);
                    if (history.isFirstOfItsAddress(i)) {
                        DivisionsDocument divisions = DivisionsDocument.of(
                                interval.ipv4(),
                                new Divisions(new TreeSet<>(Set.of(Divisions.of(interval.ports()))), new TreeSet<>()));
                        bulk.operations(operation -> operation.index(index -> index.index(divisions.index())
                                .id(divisions.id())
                                .document(BinaryData.of(
                                        divisions.json().getBytes(StandardCharsets.UTF_8),
                                        ContentType.APPLICATION_JSON))));
                    }
                    bulk.operations(operation -> operation.index(index -> index.index(document.index())
                            .id(document.id())
                            .routing(document.routing())
                            // As the jobs do, whose versions grow with the offsets of events.
                            .version(number + 1)
                            .versionType(VersionType.ExternalGte)
                            .document(BinaryData.of(
                                    document.json().getBytes(StandardCharsets.UTF_8), ContentType.APPLICATION_JSON))));
                }
                return bulk;
            });
            inFlight.acquire();
            var unused = connection.asyncClient().bulk(request).whenComplete((response, fault) -> {
                // Nothing of it is kept: there are thousands.
                if (fault != null) {
                    failure.set(fault.toString());
                } else if (response.errors()) {
                    failure.set("Elasticsearch refused documents");
                }
                inFlight.release();
            });
            at = last;
            if (at % (BATCH * 250L) == 0) {
                System.err.printf(
                        Locale.ROOT,
                        "%,d intervals, %,.0f a second%n",
                        at,
                        (at - from) / ((System.nanoTime() - begin) / 1e9));
            }
        }
        inFlight.acquire(IN_FLIGHT);
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
        return at - from;
    }

    /**
     * The same intervals as NetFlow v9, which collectors of others read with their port blocks: each interval's records
     * in datagrams to 127.0.0.1, no faster than told.
     */
    private static void netflow(int port, History history, int perSecond) throws Exception {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            ByteBuffer datagram = ByteBuffer.allocate(1_400);
            long begin = System.nanoTime();
            long records = 0;
            int sequence = 0;
            long i = 0;
            while (i < history.intervals()) {
                datagram.clear().position(20);
                int count = 0;
                if (sequence % 100 == 0) {
                    datagram.put(HexFormat.of().parseHex(V9_TEMPLATE));
                    count++;
                }
                int set = datagram.position();
                datagram.putShort((short) 256).putShort((short) 0);
                for (; i < history.intervals() && datagram.remaining() >= 2 * RECORD_OCTETS + 4; i++) {
                    BindingInterval interval = history.interval(i);
                    datagram.put(
                            Objects.requireNonNull(interval.startEvidence()).rawBytes());
                    count++;
                    if (interval.endEvidence() != null) {
                        datagram.put(interval.endEvidence().rawBytes());
                        count++;
                    }
                }
                while ((datagram.position() - set) % 4 != 0) {
                    datagram.put((byte) 0);
                }
                datagram.putShort(set + 2, (short) (datagram.position() - set));
                datagram.putShort(0, (short) 9)
                        .putShort(2, (short) count)
                        .putInt(4, 60_000)
                        .putInt(8, (int) (System.currentTimeMillis() / 1000))
                        .putInt(12, sequence++)
                        .putInt(16, 1);
                channel.write(datagram.flip());
                records += count;
                long due = begin + records * 1_000_000_000L / perSecond;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(100_000);
                }
            }
        }
    }

    private static final int RECORD_OCTETS = 41;

    /** Template 256 of the records that {@link History} makes. */
    private static final String V9_TEMPLATE =
            "0000002c010000090143000800e60001001b001000e1000401690002016a0002016b0002016c000201cf0004";

    /** The same intervals for others: rows for PostgreSQL's COPY, or two lines of syslog for each; or questions. */
    private static void write(Path file, History history, String form) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            if (form.equals("questions")) {
                SplittableRandom random = new SplittableRandom(11);
                for (int i = 1; i <= 10_000; i++) {
                    Question question = history.question(random);
                    out.write(i + "\t" + question.ipv4() + "\t" + question.port() + "\t" + question.at() + "\n");
                }
                return;
            }
            for (long i = 0; i < history.intervals(); i++) {
                BindingInterval interval = history.interval(i);
                if (form.equals("sql")) {
                    out.write(String.join(
                            "\t",
                            interval.ipv4().toString(),
                            Integer.toString(
                                    interval.ports().ranges().getFirst().first()),
                            Integer.toString(
                                    interval.ports().ranges().getFirst().last()),
                            Objects.toString(interval.holder().b4()),
                            Objects.toString(interval.holder().subscriber()),
                            interval.start().toString(),
                            interval.end() == null ? "infinity" : interval.end().toString(),
                            "\\\\x"
                                    + Objects.requireNonNull(interval.startEvidence())
                                            .raw(),
                            interval.endEvidence() == null
                                    ? "\\N"
                                    : "\\\\x" + interval.endEvidence().raw()));
                    out.write('\n');
                } else {
                    syslog(out, "PTADD", interval, interval.start().toString());
                    if (interval.end() != null) {
                        syslog(out, "PTDEL", interval, interval.end().toString());
                    }
                }
            }
        }
    }

    private static void syslog(BufferedWriter out, String event, BindingInterval interval, String at)
            throws IOException {
        out.write("<134>1 " + at + " lwaftr1.example.net NAT - " + event + " [nprng SSUBIX=\"1\" SV6ENC=\""
                + interval.holder().b4() + "\" IATYP=\"IPv6\" ISADDR=\""
                + interval.holder().b4()
                + "\" XATYP=\"IPv4\" XSADDR=\"" + interval.ipv4() + "\" PORTMN=\""
                + interval.ports().ranges().getFirst().first() + "\" PORTMX=\""
                + interval.ports().ranges().getFirst().last() + "\"][lw4o6@32473 SUBID=\""
                + interval.holder().subscriber() + "\"]\n");
    }

    /** Of all segments; the statistics of the store tell what was counted up to ten seconds ago. */
    private static long octets(ElasticsearchConnection connection) throws IOException {
        connection.client().indices().flush(flush -> flush.index(BindingDocument.ALIAS));
        connection.client().indices().refresh(all -> all.index(BindingDocument.ALIAS));
        return (long)
                connection
                        .client()
                        .indices()
                        .segments(segments -> segments.index(BindingDocument.ALIAS))
                        .indices()
                        .values()
                        .stream()
                        .flatMap(index -> index.shards().values().stream())
                        .flatMap(List::stream)
                        .filter(shard -> shard.routing().primary())
                        .flatMap(shard -> shard.segments().values().stream())
                        .mapToDouble(Segment::sizeInBytes)
                        .sum();
    }

    /** Whether a lease still keeps documents as they came for a copy of their shard. */
    private static boolean isClaimed(ElasticsearchConnection connection) throws IOException {
        return connection
                .client()
                .indices()
                .stats(stats -> stats.index(BindingDocument.ALIAS).level(Level.Shards))
                .indices()
                .values()
                .stream()
                .flatMap(index -> index.shards().values().stream())
                .flatMap(List::stream)
                .anyMatch(shard -> Objects.requireNonNull(shard.retentionLeases()).leases().stream()
                        .anyMatch(lease -> lease.retainingSeqNo()
                                <= Objects.requireNonNull(shard.seqNo()).maxSeqNo()));
    }

    private static long segments(ElasticsearchConnection connection) throws IOException {
        connection.client().indices().refresh(all -> all.index(BindingDocument.ALIAS));
        IndexStats total = Objects.requireNonNull(connection
                .client()
                .indices()
                .stats(stats -> stats.index(BindingDocument.ALIAS))
                .all()
                .primaries());
        return Objects.requireNonNull(total.segments()).count();
    }

    private static boolean isMerging(ElasticsearchConnection connection) throws IOException {
        IndexStats total = Objects.requireNonNull(connection
                .client()
                .indices()
                .stats(stats -> stats.index(BindingDocument.ALIAS))
                .all()
                .primaries());
        return Objects.requireNonNull(total.merges()).current() > 0;
    }

    private static int indices(ElasticsearchConnection connection) throws IOException {
        return connection
                .client()
                .indices()
                .getAlias(get -> get.name(BindingDocument.ALIAS))
                .aliases()
                .size();
    }

    private static void print(String name, double value) {
        System.out.printf(Locale.ROOT, "%s=%.3f%n", name, value);
    }
}
