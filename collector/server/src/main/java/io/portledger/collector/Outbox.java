package io.portledger.collector;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to Kafka: takes batches of records from any thread without ever blocking it, and feeds the producer from a
 * thread of its own.
 *
 * <p>What was taken is held in memory until Kafka acknowledges it, however long the broker is away. {@link #hasRoom}
 * says whether more should be taken. The limit is soft: what a listener has in hand when the room ends is still taken,
 * and gaps always are.
 */
final class Outbox implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    /** What a record costs beyond its octets: objects, headers, the producer's own. */
    private static final int OVERHEAD_OCTETS = 128;

    private static final HandedOver END = new HandedOver(List.of(), null, 0);

    /** Where marks go: to every partition of what the jobs read. */
    private static final List<Topic> MARKED = List.of(Topic.NAT_EVENTS, Topic.EXPORTER_HEALTH);

    private final Producer<byte[], byte[]> producer;
    private final long limitOctets;
    private final Tally tally;
    private final GapBoard gapBoard;
    private final BlockingQueue<HandedOver> queue = new LinkedBlockingQueue<>();

    // What was handed over and is not acknowledged, in this order; those in front that are done are taken out later.
    private final Queue<HandedOver> unfinished = new ConcurrentLinkedQueue<>();

    private final AtomicLong heldOctets = new AtomicLong();
    private final List<Runnable> waiting = new ArrayList<>();
    private final Thread sender;

    private record Outgoing(
            ProducerRecord<byte[], byte[]> record,
            int octets,
            @Nullable String exporter,
            int observationDomain,
            OptionalLong eventTimeMillis,
            @Nullable ExporterGap gap) {}

    /** What came together: records of one listener, or a mark. */
    private static final class HandedOver {
        private List<Outgoing> records;
        private final @Nullable CollectorMark mark;
        private final long oldestMillis;
        private final AtomicInteger left;

        HandedOver(List<Outgoing> records, @Nullable CollectorMark mark, long oldestMillis) {
            this.records = records;
            this.mark = mark;
            this.oldestMillis = oldestMillis;
            this.left = new AtomicInteger(records.size());
        }
    }

    Outbox(Producer<byte[], byte[]> producer, long limitOctets, Tally tally, GapBoard gapBoard) {
        this.producer = producer;
        this.limitOctets = limitOctets;
        this.tally = tally;
        this.gapBoard = gapBoard;
        sender = Thread.ofPlatform().name("portledger-outbox").daemon().start(this::send);
    }

    /** Collects the records of one listener; for one thread. */
    final class Batch {
        private List<Outgoing> records = new ArrayList<>();

        /** Adds a binding event. */
        void add(BindingEvent event) {
            tally.count(Counter.BINDING_EVENTS);
            Evidence evidence = event.getEvidence();
            add(
                    Topic.NAT_EVENTS,
                    RecordKey.of(event),
                    event,
                    evidence.getReceivedMillis(),
                    evidence,
                    OptionalLong.of(event.getEventTimeMillis()),
                    null);
        }

        /** Adds what a NAT told of its resources. */
        void add(NatCondition condition) {
            tally.count(Counter.NAT_CONDITIONS);
            Evidence evidence = condition.getEvidence();
            add(
                    Topic.NAT_CONDITIONS,
                    RecordKey.of(condition),
                    condition,
                    evidence.getReceivedMillis(),
                    evidence,
                    OptionalLong.empty(),
                    null);
        }

        /** Adds what a binding carried. */
        void add(PortUsage usage) {
            tally.count(Counter.PORT_USAGE);
            Evidence evidence = usage.getEvidence();
            add(
                    Topic.PORT_USAGE,
                    RecordKey.of(usage),
                    usage,
                    evidence.getReceivedMillis(),
                    evidence,
                    OptionalLong.empty(),
                    null);
        }

        /** Adds input that is no binding event, and counts it. */
        void add(Reading.NoBinding noBinding, Evidence evidence) {
            tally.count(noBinding.counter());
            Undecodable undecodable = Undecodable.newBuilder()
                    .setSource(evidence)
                    .setReason(noBinding.reason())
                    .setNotAboutBindings(noBinding.isSound())
                    .build();
            add(
                    Topic.UNDECODABLE,
                    RecordKey.of(undecodable),
                    undecodable,
                    evidence.getReceivedMillis(),
                    evidence,
                    OptionalLong.empty(),
                    null);
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
            add(Topic.EXPORTER_HEALTH, RecordKey.of(gap), gap, nowMillis, null, OptionalLong.empty(), gap);
        }

        private void add(
                Topic topic,
                byte[] key,
                MessageLite message,
                long timestampMillis,
                @Nullable Evidence evidence,
                OptionalLong eventTimeMillis,
                @Nullable ExporterGap gap) {
            byte[] value = message.toByteArray();
            records.add(new Outgoing(
                    new ProducerRecord<>(topic.topicName(), null, timestampMillis, key, value),
                    key.length + value.length + OVERHEAD_OCTETS,
                    evidence == null ? null : evidence.getExporter(),
                    evidence == null ? 0 : evidence.getObservationDomain(),
                    eventTimeMillis,
                    gap));
        }

        /** Hands over what was collected. */
        void flush() {
            if (!records.isEmpty()) {
                long octets = 0;
                long oldestMillis = Long.MAX_VALUE;
                for (Outgoing record : records) {
                    octets += record.octets();
                    oldestMillis = Math.min(oldestMillis, record.record().timestamp());
                }
                heldOctets.addAndGet(octets);
                HandedOver batch = new HandedOver(records, null, oldestMillis);
                unfinished.add(batch);
                queue.add(batch);
                records = new ArrayList<>();
            }
        }
    }

    /** Whether listeners should go on taking. */
    boolean hasRoom() {
        return heldOctets.get() < limitOctets;
    }

    /** Runs {@code task} once, on any thread, when half of the room is free again; at once if it is now. */
    void whenRoom(Runnable task) {
        synchronized (waiting) {
            if (heldOctets.get() > limitOctets / 2) {
                waiting.add(task);
                return;
            }
        }
        task.run();
    }

    /** Whether everything that was taken has been acknowledged or given up. */
    boolean isEmpty() {
        return heldOctets.get() == 0;
    }

    /**
     * When the oldest record was received that was handed over and that Kafka neither acknowledged nor refused; {@link
     * Long#MAX_VALUE} if there is none. Of a refused one there is a gap on the board by the time that this passes it.
     */
    long oldestUnfinishedMillis() {
        long oldest = Long.MAX_VALUE;
        for (HandedOver batch : unfinished) {
            if (batch.left.get() > 0) {
                oldest = Math.min(oldest, batch.oldestMillis);
            }
        }
        return oldest;
    }

    private @Nullable HandedOver firstUnfinished() {
        HandedOver first = unfinished.peek();
        while (first != null && first.left.get() == 0) {
            unfinished.remove(first);
            first = unfinished.peek();
        }
        return first;
    }

    /** Sends a mark behind everything that was handed over before, to every partition that it speaks of. */
    void mark(CollectorMark mark) {
        queue.add(new HandedOver(List.of(), mark, 0));
    }

    /** Waits until everything handed over is acknowledged or refused, or time is up; answers which. */
    boolean awaitFinished(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (firstUnfinished() != null && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return firstUnfinished() == null;
    }

    private void send() {
        int inHand = 0;
        try {
            for (HandedOver batch = queue.take(); batch != END; batch = queue.take()) {
                inHand = batch.records.size();
                for (Outgoing record : batch.records) {
                    // The call-back hears of success and failure; the future would tell the same again.
                    HandedOver its = batch;
                    Future<RecordMetadata> _ =
                            producer.send(record.record(), (_, failure) -> onDone(its, record, failure));
                    inHand--;
                }
                batch.records = List.of();
                if (batch.mark != null) {
                    send(batch.mark);
                }
            }
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("The Kafka producer failed for good; nothing is stored any more. Restart the collector.", e);
        }
        tally.add(Counter.NOT_STORED, inHand);
    }

    private void send(CollectorMark mark) {
        int partitions = 0;
        for (Topic topic : MARKED) {
            partitions += producer.partitionsFor(topic.topicName()).size();
        }
        CollectorMark whole = mark.toBuilder().setPartitions(partitions).build();
        for (Topic topic : MARKED) {
            byte[] value = topic == Topic.NAT_EVENTS
                    ? BindingEvent.newBuilder().setMark(whole).build().toByteArray()
                    : ExporterGap.newBuilder().setMark(whole).build().toByteArray();
            for (PartitionInfo partition : producer.partitionsFor(topic.topicName())) {
                sendMark(new ProducerRecord<>(
                        topic.topicName(), partition.partition(), mark.getUntilMillis(), RecordKey.of(mark), value));
            }
        }
        sendMark(new ProducerRecord<>(
                Topic.COLLECTOR_MARKS.topicName(),
                null,
                mark.getUntilMillis(),
                RecordKey.of(mark),
                whole.toByteArray()));
    }

    private void sendMark(ProducerRecord<byte[], byte[]> mark) {
        // One that is lost is made up for by the next.
        Future<RecordMetadata> _ = producer.send(mark, (_, failure) -> {
            if (failure != null) {
                LOG.warn("Kafka did not take a mark of topic {}: {}", mark.topic(), failure.toString());
            }
        });
    }

    private void onDone(HandedOver batch, Outgoing record, @Nullable Exception failure) {
        if (failure == null) {
            tally.count(Counter.STORED);
        } else {
            tally.count(Counter.NOT_STORED);
            LOG.error("Kafka did not take a record of topic {}", record.record().topic(), failure);
            if (record.exporter() != null) {
                long at = record.record().timestamp();
                gapBoard.reportLost(
                        record.exporter(),
                        record.observationDomain(),
                        ExporterGap.Cause.NOT_COLLECTED,
                        record.eventTimeMillis(),
                        at,
                        at,
                        at,
                        1);
            }
            ExporterGap gap = record.gap();
            if (gap != null) {
                gapBoard.report(
                        gap.getExporter(),
                        gap.getObservationDomain(),
                        gap.getCause(),
                        gap.getFromMillis(),
                        gap.getToMillis(),
                        gap.getLostRecords());
            }
        }
        if (batch.left.decrementAndGet() == 0) {
            firstUnfinished();
        }
        long left = heldOctets.addAndGet(-record.octets());
        if (left <= limitOctets / 2 && left + record.octets() > limitOctets / 2) {
            List<Runnable> tasks;
            synchronized (waiting) {
                tasks = List.copyOf(waiting);
                waiting.clear();
            }
            tasks.forEach(Runnable::run);
        }
    }

    /** Sends what is held, for at most {@code timeout}; what is left then is counted as not stored. */
    void close(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        queue.add(END);
        try {
            sender.join(timeout);
            if (sender.isAlive()) {
                sender.interrupt();
                sender.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        long given = 0;
        for (HandedOver batch = queue.poll(); batch != null; batch = queue.poll()) {
            given += batch.records.size();
        }
        if (given > 0) {
            tally.add(Counter.NOT_STORED, given);
        }
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
