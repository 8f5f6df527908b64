package io.portledger.collector;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.portledger.ipfix.DataRecord;
import io.portledger.records.BindingEventWriter;
import io.portledger.records.BindingFact;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to Kafka: takes batches of records from any thread and feeds the producer from a thread of its own. Events go
 * many to a record of Kafka, whichever batches they came in ({@link EventRecords}).
 *
 * <p>What was taken is in the {@link Backlog} until Kafka acknowledges it, however long the broker is away. {@link
 * #hasRoom} says whether more should be taken. The limit is soft: what a listener has in hand when the room ends is still
 * taken, and gaps always are.
 *
 * <p><b>Failures.</b> A record that Kafka will never take, because it is too long or makes no sense to it, becomes a gap;
 * one of many events is sent again in as many records before.
 * Any other failure is one of Kafka or of its settings: the record is sent again until it is there, by another producer
 * if this one has failed for good.
 */
final class Outbox implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    /** A batch is handed over at this length, that nothing on disk is too long. */
    private static final long LONGEST_BATCH_OCTETS = 1 << 20;

    private static final long HOUSEKEEPING_MILLIS = 100;
    private static final long RETRY_MILLIS = 1_000;

    /** So long it waits for more events that may go into one record while few come, and while many do. */
    private static final long LINGER_MILLIS = 5;

    private static final long BUSY_LINGER_MILLIS = 50;

    /** So many events that went together the last time are many. */
    private static final int BUSY_EVENTS = 250;

    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final SessionSource NO_SESSION = new SessionSource("", Evidence.Transport.TRANSPORT_UNSPECIFIED, "");

    /** Where marks go: to every partition of what the jobs read. */
    private static final List<Topic> MARKED = List.of(Topic.NAT_EVENTS, Topic.EXPORTER_HEALTH);

    private final KafkaConnection connection;
    private final Backlog backlog;
    private final Tally tally;
    private final GapBoard gapBoard;
    private final boolean hasSpill;
    private final HeardExporters heard;
    private final Queue<Outgoing> again = new ConcurrentLinkedQueue<>();
    // Of the sender.
    private final EventRecords open = new EventRecords();
    private final AtomicInteger unansweredMarks = new AtomicInteger();
    private final Thread sender;
    private final Thread housekeeper;
    private int partitions;
    private int gathered;
    private volatile @Nullable KafkaSink sink;
    private volatile long lastAnswerNanos = System.nanoTime();
    private volatile boolean isEnding;
    private volatile boolean isClosing;
    private volatile boolean isBroken;
    private long lastWarningNanos = System.nanoTime() - WARNING_INTERVAL_NANOS;

    /** How Kafka is reached. */
    interface KafkaConnection {
        /** A way to topics that are there; waits until Kafka is. */
        KafkaSink connect() throws InterruptedException;
    }

    /** Holds what Kafka does not have in memory: for what can be read again if the process ends. */
    Outbox(KafkaSink sink, long limitOctets, Tally tally, GapBoard gapBoard) {
        this(() -> sink, limitOctets, null, null, tally, gapBoard, new HeardExporters(0));
    }

    /** Sends nothing at all: for batches that are only looked at. */
    static Outbox toNowhere(Tally tally) {
        KafkaConnection never = () -> {
            new CountDownLatch(1).await();
            throw new IllegalStateException("there is no Kafka");
        };
        return new Outbox(never, 0, null, null, tally, new GapBoard(), new HeardExporters(0));
    }

    /** @param limits what the spill may be; null if there is none */
    Outbox(
            KafkaConnection connection,
            long memoryLimitOctets,
            @Nullable Spill spill,
            @Nullable SpillSettings limits,
            Tally tally,
            GapBoard gapBoard,
            HeardExporters heard) {
        this.heard = heard;
        this.connection = connection;
        this.tally = tally;
        this.gapBoard = gapBoard;
        hasSpill = spill != null;
        backlog = new Backlog(spill, memoryLimitOctets, limits, tally);
        if (spill != null && spill.wasDamaged()) {
            tally.count(Counter.DAMAGED_SPILL);
        }
        sender = Thread.ofPlatform().name("portledger-outbox").daemon().start(this::send);
        housekeeper = Thread.ofPlatform().name("portledger-spill").daemon().start(this::keepHouse);
    }

    /** Collects the records of one listener; for one thread. */
    final class Batch implements Readings {
        private final BindingEventWriter events = new BindingEventWriter();
        private List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        private long octets;
        private byte[] raw = new byte[512];

        // The source that the writer was told: of a session, or without what is each event's own.
        private SessionSource toldSession = NO_SESSION;
        private int toldDomain;
        private int toldTemplate;
        private Evidence toldEvidence = Evidence.getDefaultInstance();
        private String heardExporter = "";
        private long heardMillis;

        /** Adds a binding event. */
        void add(BindingFact fact, Evidence evidence) {
            onHeard(evidence);
            Evidence common = evidence.toBuilder()
                    .clearSequence()
                    .clearReceivedMillis()
                    .clearRaw()
                    .build();
            if (!common.equals(toldEvidence)) {
                events.source(common);
                toldEvidence = common;
                toldSession = NO_SESSION;
            }
            byte[] its = evidence.getRaw().toByteArray();
            events.write(fact, evidence.getSequence(), evidence.getReceivedMillis(), its, its.length);
            flushIfLong();
        }

        @Override
        public void add(BindingFact fact, SessionSource source, DataRecord record, long receivedMillis) {
            onHeard(source.exporter(), receivedMillis);
            int domain = (int) record.header().observationDomainId();
            int template = record.template().id();
            if (!source.equals(toldSession) || domain != toldDomain || template != toldTemplate) {
                events.source(source.evidence(0, ByteString.EMPTY)
                        .setObservationDomain(domain)
                        .setTemplateId(template)
                        .build());
                toldSession = source;
                toldDomain = domain;
                toldTemplate = template;
                toldEvidence = Evidence.getDefaultInstance();
            }
            int length = record.rawLength();
            if (raw.length < length) {
                raw = new byte[length];
            }
            record.rawOctets(raw);
            events.write(fact, (int) record.sequenceNumber(), receivedMillis, raw, length);
            flushIfLong();
        }

        @Override
        public void add(NatCondition condition) {
            tally.count(Counter.NAT_CONDITIONS);
            Evidence evidence = condition.getEvidence();
            onHeard(evidence);
            add(Topic.NAT_CONDITIONS, RecordKey.of(condition), condition, evidence.getReceivedMillis());
        }

        @Override
        public void add(PortUsage usage) {
            tally.count(Counter.PORT_USAGE);
            Evidence evidence = usage.getEvidence();
            onHeard(evidence);
            add(Topic.PORT_USAGE, RecordKey.of(usage), usage, evidence.getReceivedMillis());
        }

        @Override
        public void add(Reading.NoBinding noBinding, Evidence evidence) {
            tally.count(noBinding.counter());
            onHeard(evidence);
            Undecodable undecodable = Undecodable.newBuilder()
                    .setSource(evidence)
                    .setReason(noBinding.reason())
                    .setNotAboutBindings(noBinding.isSound())
                    .build();
            add(Topic.UNDECODABLE, RecordKey.of(undecodable), undecodable, evidence.getReceivedMillis());
        }

        /** Adds a gap. */
        void add(ExporterGap gap, long nowMillis) {
            tally.count(
                    switch (gap.getCause()) {
                        case RESTART -> Counter.GAPS_RESTART;
                        case UNDECODABLE -> Counter.GAPS_UNDECODABLE;
                        case NOT_COLLECTED -> Counter.GAPS_NOT_COLLECTED;
                        case SILENT -> Counter.GAPS_SILENT;
                        case SKEW -> Counter.GAPS_SKEW;
                        default -> Counter.GAPS_SEQUENCE;
                    });
            add(Topic.EXPORTER_HEALTH, RecordKey.of(gap), gap, nowMillis);
        }

        private void onHeard(Evidence evidence) {
            onHeard(evidence.getExporter(), evidence.getReceivedMillis());
        }

        private void onHeard(String exporter, long atMillis) {
            // Once a second is enough.
            if (atMillis - heardMillis >= 1000 || !exporter.equals(heardExporter)) {
                heardExporter = exporter;
                heardMillis = atMillis;
                heard.onHeard(exporter, atMillis);
            }
        }

        private void add(Topic topic, byte[] key, MessageLite message, long timestampMillis) {
            add(topic, key, message.toByteArray(), timestampMillis);
        }

        private void add(Topic topic, byte[] key, byte[] value, long timestampMillis) {
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>(topic.topicName(), null, timestampMillis, key, value);
            records.add(record);
            octets += HandedOver.octets(record);
            flushIfLong();
        }

        private void flushIfLong() {
            if (octets + events.length() >= LONGEST_BATCH_OCTETS) {
                flush();
            }
        }

        /** Takes back what was collected and not handed over. */
        HandedOver takeBack() {
            tally.add(Counter.BINDING_EVENTS, events.count());
            HandedOver collected = HandedOver.batch(records.isEmpty() ? List.of() : records, events.take());
            if (!records.isEmpty()) {
                records = new ArrayList<>();
                octets = 0;
            }
            toldSession = NO_SESSION;
            toldEvidence = Evidence.getDefaultInstance();
            return collected;
        }

        @Override
        public void flush() {
            if (events.count() > 0 || !records.isEmpty()) {
                backlog.put(takeBack());
            }
        }
    }

    /** Hands over what a batch collected and gave back. */
    void handOver(HandedOver collected) {
        backlog.put(collected);
    }

    /** Whether listeners should go on taking. */
    boolean hasRoom() {
        return backlog.hasRoom();
    }

    /** Runs {@code task} once, on any thread, when there is ample room again; at once if there is now. */
    void whenRoom(Runnable task) {
        backlog.whenRoom(task);
    }

    /** Whether everything that was taken has been acknowledged or given up. */
    boolean isEmpty() {
        return backlog.isFinished();
    }

    /**
     * When the oldest record was received that was handed over and that Kafka neither acknowledged nor refused, or
     * before; {@link Long#MAX_VALUE} if there is none. Of a refused one there is a gap on the board by the time that this
     * passes it.
     */
    long oldestUnfinishedMillis() {
        return backlog.oldestUnfinishedMillis();
    }

    /** What the next start need not send again; to be asked before gaps are published that the mark is to follow. */
    long doneBefore() {
        return backlog.doneBefore();
    }

    /**
     * Sends a mark behind everything that was handed over before, to every partition that it speaks of, and keeps in the
     * spill how far the collector has come.
     */
    void mark(CollectorMark mark, long collectedUntilMillis, long doneBefore) {
        backlog.put(HandedOver.mark(new SpillCodec.Mark(mark, collectedUntilMillis, doneBefore)));
    }

    Backlog backlog() {
        return backlog;
    }

    /** For how long Kafka has not answered although it was asked, or could not even be asked. */
    Duration silenceOfKafka() {
        boolean isAsked = sink == null || unansweredMarks.get() > 0 || !backlog.isFinished();
        return isAsked ? Duration.ofNanos(System.nanoTime() - lastAnswerNanos) : Duration.ZERO;
    }

    /** Waits until everything handed over is acknowledged or refused, or time is up; answers which. */
    boolean awaitFinished(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!backlog.isFinished() && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return backlog.isFinished();
    }

    private void keepHouse() {
        try {
            while (!isClosing) {
                TimeUnit.MILLISECONDS.sleep(HOUSEKEEPING_MILLIS);
                backlog.keepHouse();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send() {
        try {
            sink = connection.connect();
            lastAnswerNanos = System.nanoTime();
            while (true) {
                sendAgain();
                HandedOver next;
                try {
                    next = backlog.take(open.isEmpty() ? RETRY_MILLIS : 0);
                } catch (Spill.DamagedException e) {
                    onDamaged(e);
                    continue;
                }
                if (next == null && !open.isEmpty()) {
                    sendOpen();
                    continue;
                }
                if (next == null) {
                    if (isEnding && again.isEmpty() && backlog.isDrained()) {
                        return;
                    }
                    continue;
                }
                for (ProducerRecord<byte[], byte[]> record : next.records()) {
                    backlog.onSending(HandedOver.octets(record));
                    send(Outgoing.of(next, record));
                }
                if (next.events().count() > 0) {
                    gather(next);
                }
                backlog.onSent(next);
                CollectorMark mark = next.message();
                if (mark != null) {
                    // It lies behind what was handed over before it.
                    sendOpen();
                    send(mark);
                }
            }
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Puts events into the records that are open, and sends those that are full. */
    private void gather(HandedOver handed) throws InterruptedException {
        if (open.isEmpty()) {
            partitions = partitionsOfEvents();
            if (!isEnding) {
                // Meanwhile more may come.
                TimeUnit.MILLISECONDS.sleep(gathered < BUSY_EVENTS ? LINGER_MILLIS : BUSY_LINGER_MILLIS);
            }
            gathered = 0;
        }
        gathered += handed.events().count();
        backlog.onSending(handed.events().eventOctets());
        for (Outgoing full : open.add(handed, partitions)) {
            send(full);
        }
    }

    private int partitionsOfEvents() throws InterruptedException {
        while (true) {
            KafkaSink current = connected();
            try {
                // An import that only looks has none.
                return Math.max(
                        1, current.partitionsFor(Topic.NAT_EVENTS.topicName()).size());
            } catch (InterruptException e) {
                throw e;
            } catch (RuntimeException e) {
                renewProducer(current, e);
            }
        }
    }

    private void sendOpen() throws InterruptedException {
        for (Outgoing record : open.takeAll()) {
            send(record);
        }
    }

    private void send(Outgoing outgoing) throws InterruptedException {
        KafkaSink current = connected();
        try {
            current.send(outgoing.record(), (_, failure) -> onDone(outgoing, failure));
        } catch (InterruptException e) {
            throw e;
        } catch (RuntimeException e) {
            again.add(outgoing);
            renewProducer(current, e);
        }
    }

    private KafkaSink connected() {
        KafkaSink current = sink;
        if (current == null) {
            throw new IllegalStateException("nothing is sent before Kafka is there");
        }
        return current;
    }

    private void renewProducer(KafkaSink broken, RuntimeException failure) throws InterruptedException {
        LOG.error("The Kafka producer failed for good; another takes its place", failure);
        isBroken = true;
        // What it holds fails now, and is sent again.
        broken.close(Duration.ZERO);
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        sink = connection.connect();
        isBroken = false;
    }

    private void sendAgain() throws InterruptedException {
        int waiting = again.size();
        if (waiting > 0) {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
        for (int i = 0; i < waiting; i++) {
            send(again.remove());
        }
    }

    /** What a segment held that cannot be read was received in a known stretch of time. */
    private void onDamaged(Spill.DamagedException damage) {
        tally.count(Counter.DAMAGED_SPILL);
        LOG.error("{}; it is kept, and what it held becomes a gap of all exporters", damage.getMessage());
        long now = System.currentTimeMillis();
        Batch batch = new Batch();
        batch.add(
                ExporterGap.newBuilder()
                        .setExporter(GapBoard.ANY_EXPORTER)
                        .setCause(ExporterGap.Cause.NOT_COLLECTED)
                        .setFromMillis(damage.fromMillis())
                        .setToMillis(Math.min(damage.toMillis(), now))
                        .build(),
                now);
        batch.flush();
    }

    private void send(CollectorMark mark) {
        KafkaSink current = sink;
        if (current != null) {
            try {
                send(mark, current);
            } catch (InterruptException e) {
                throw e;
            } catch (RuntimeException e) {
                // One that is lost is made up for by the next.
                LOG.warn("No mark was sent to Kafka: {}", e.toString());
            }
        }
    }

    private void send(CollectorMark mark, KafkaSink current) {
        int partitions = 0;
        for (Topic topic : MARKED) {
            partitions += current.partitionsFor(topic.topicName()).size();
        }
        CollectorMark whole = mark.toBuilder().setPartitions(partitions).build();
        for (Topic topic : MARKED) {
            byte[] value = topic == Topic.NAT_EVENTS
                    ? BindingEvents.newBuilder().setMark(whole).build().toByteArray()
                    : ExporterGap.newBuilder().setMark(whole).build().toByteArray();
            for (PartitionInfo partition : current.partitionsFor(topic.topicName())) {
                sendMark(
                        current,
                        new ProducerRecord<>(
                                topic.topicName(),
                                partition.partition(),
                                mark.getUntilMillis(),
                                RecordKey.of(mark),
                                value));
            }
        }
        sendMark(
                current,
                new ProducerRecord<>(
                        Topic.COLLECTOR_MARKS.topicName(),
                        null,
                        mark.getUntilMillis(),
                        RecordKey.of(mark),
                        whole.toByteArray()));
    }

    private void sendMark(KafkaSink current, ProducerRecord<byte[], byte[]> mark) {
        unansweredMarks.incrementAndGet();
        current.send(mark, (_, failure) -> {
            unansweredMarks.decrementAndGet();
            if (failure == null) {
                lastAnswerNanos = System.nanoTime();
            } else {
                LOG.warn("Kafka did not take a mark of topic {}: {}", mark.topic(), failure.toString());
            }
        });
    }

    private void onDone(Outgoing outgoing, @Nullable Exception failure) {
        ProducerRecord<byte[], byte[]> record = outgoing.record();
        int count = outgoing.count();
        if (failure == null) {
            lastAnswerNanos = System.nanoTime();
            tally.add(Counter.STORED, count);
            onDone(outgoing.parts());
        } else if (isFinal(failure) && count > 1) {
            lastAnswerNanos = System.nanoTime();
            LOG.warn("Kafka did not take {} events together; each is sent on its own", count, failure);
            again.addAll(outgoing.split());
        } else if (isFinal(failure)) {
            lastAnswerNanos = System.nanoTime();
            tally.count(Counter.NOT_STORED);
            LOG.error("Kafka did not take a record of topic {}", record.topic(), failure);
            RefusedRecord.report(record, gapBoard);
            onDone(outgoing.parts());
        } else if (!isClosing) {
            again.add(outgoing);
            warnOfFailure(record, failure);
        }
    }

    private void onDone(List<Outgoing.Part> parts) {
        for (Outgoing.Part part : parts) {
            backlog.onDone(part.handed(), part.count(), part.octets());
        }
    }

    /** Whether it is the record's own fault, and would be again. */
    private static boolean isFinal(Exception failure) {
        return failure instanceof RecordTooLargeException
                || failure instanceof RecordBatchTooLargeException
                || failure instanceof InvalidRecordException
                || failure instanceof InvalidTimestampException
                || failure instanceof SerializationException;
    }

    private void warnOfFailure(ProducerRecord<byte[], byte[]> record, Exception failure) {
        long now = System.nanoTime();
        if (!isBroken && now - lastWarningNanos >= WARNING_INTERVAL_NANOS) {
            lastWarningNanos = now;
            LOG.error("Kafka does not take records of topic {} now; they are sent again", record.topic(), failure);
        }
    }

    /** Sends what is held, for at most {@code timeout}; what is left then is in the spill, or not stored. */
    void close(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        isEnding = true;
        backlog.wake();
        try {
            if (!timeout.isZero()) {
                sender.join(timeout);
            }
            if (sender.isAlive()) {
                sender.interrupt();
                sender.join();
            }
            KafkaSink current = sink;
            if (current != null) {
                if (System.nanoTime() >= deadline) {
                    isClosing = true;
                }
                current.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            }
            isClosing = true;
            housekeeper.interrupt();
            housekeeper.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!hasSpill) {
            tally.add(Counter.NOT_STORED, backlog.unfinishedRecords());
        }
        backlog.close();
        long notStored = tally.read().get(Counter.NOT_STORED);
        if (notStored > 0) {
            LOG.error("{} records are not in Kafka: it refused them, or they were given up at the stop", notStored);
        }
    }

    @Override
    public void close() {
        close(Duration.ofSeconds(30));
    }

    /** Evidence with what every transport knows. */
    static Evidence.Builder evidence(
            String exporter, Evidence.Transport transport, long receivedMillis, ByteString raw) {
        return Evidence.newBuilder()
                .setExporter(exporter)
                .setTransport(transport)
                .setReceivedMillis(receivedMillis)
                .setRaw(raw);
    }
}
