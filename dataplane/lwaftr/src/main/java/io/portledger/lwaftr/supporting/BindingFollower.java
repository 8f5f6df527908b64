package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the compacted topic on which a supporting system publishes bindings and subscribers.
 *
 * <p>{@link #start} returns when everything that was on the topic is done. From then on each record is done as it comes.
 * While Kafka cannot be reached, what is known goes on to hold. The topic is read from its beginning again, and what is
 * gone from it is withdrawn, whenever tombstones may have been missed: after {@link #TOMBSTONES_LAST} without contact, or
 * if the topic was made anew.
 *
 * <p>Any number of lwAFTRs may follow; none of them leaves anything in Kafka. Methods may be called by any thread.
 */
public final class BindingFollower implements AutoCloseable {

    /** Without contact for so long, a tombstone may be gone that was not seen: the default of Kafka is a day. */
    static final Duration TOMBSTONES_LAST = Duration.ofHours(1);

    private static final Logger log = LoggerFactory.getLogger(BindingFollower.class);

    private static final int MOST_FAULTS = 10_000;
    private static final int PENDING_AT_ONCE = 1_000;
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ASK = Duration.ofSeconds(5);

    private final SupportingSettings.Kafka settings;
    private final FollowedBindings bindings;
    private final Executor control;
    private final InstantSource clock;
    private final Ipv6Address br;
    private final Thread thread;
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final LongAdder records = new LongAdder();
    private final LongAdder faultyRecords = new LongAdder();
    private volatile String trouble = "Kafka has not answered";
    private volatile long lag;
    private volatile long caughtUpNanos = System.nanoTime();
    private volatile int pendingCount;
    private volatile boolean isClosed;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;

    /** By key, of those whose last record is faulty. Guarded by itself. */
    private final Map<String, Fault> faults = new LinkedHashMap<>();

    /**
     * A record that says nothing that could be done.
     *
     * @param key of the record, as far as it is text
     * @param reason for the operator
     */
    public record Fault(String key, int partition, long offset, String reason) {}

    /**
     * A binding that the topic wants and that stands back for another one.
     *
     * @param key of the record
     * @param b4 whose it would be
     * @param reason for the operator
     * @param since when that was found
     */
    public record PendingBinding(String key, Ipv6Address b4, String reason, Instant since) {}

    private BindingFollower(
            SupportingSettings.Kafka settings,
            FollowedBindings bindings,
            Executor control,
            InstantSource clock,
            Ipv6Address br) {
        this.settings = settings;
        this.bindings = bindings;
        this.control = control;
        this.clock = clock;
        this.br = br;
        thread = Thread.ofPlatform().name("bindings-topic").daemon().unstarted(this::run);
    }

    /**
     * Follows a topic; returns when everything that was on it is done.
     *
     * @param control the thread of the tables and of {@code subscribers}
     * @param br the BR address of entries that name none
     * @return null if the settings want none
     * @throws IllegalArgumentException if Kafka's client cannot use its settings
     * @throws UncheckedIOException if the topic could not be read in time
     */
    public static @Nullable BindingFollower start(
            SupportingSettings.Kafka settings,
            LeaseTable leases,
            BindingTable table,
            Subscribers subscribers,
            Executor control,
            InstantSource clock,
            Ipv6Address br) {
        if (settings.bootstrapServers().isBlank()) {
            return null;
        }
        BindingTopic.open(settings).close();
        BindingFollower follower =
                new BindingFollower(settings, new FollowedBindings(leases, table, subscribers), control, clock, br);
        follower.thread.start();
        try {
            follower.complete.get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
            return follower;
        } catch (TimeoutException | ExecutionException | CancellationException e) {
            follower.close();
            String message = "The bindings of topic " + settings.topic() + " at Kafka " + settings.bootstrapServers()
                    + " could not be read within " + settings.startTimeout().toSeconds() + " s: " + follower.trouble
                    + "; see that Kafka runs and has the topic, or set lwaftr.supporting.kafka";
            throw new UncheckedIOException(message, new IOException(message, e));
        } catch (InterruptedException e) {
            follower.close();
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("the start was interrupted", e));
        }
    }

    /** How many records were read since the start. */
    public long records() {
        return records.sum();
    }

    /** How many of them were faulty. */
    public long faultyRecords() {
        return faultyRecords.sum();
    }

    /** How many records of the topic were not read yet when Kafka last said how many there are. */
    public long lag() {
        return lag;
    }

    /** For how long it is not known that everything on the topic has been read. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - caughtUpNanos);
    }

    /** How many bindings the topic wants that stand back for others. */
    public int pendingCount() {
        return pendingCount;
    }

    /** The keys whose last record is faulty, up to {@value #MOST_FAULTS} of them, and why. */
    public List<Fault> faults() {
        synchronized (faults) {
            return List.copyOf(faults.values());
        }
    }

    /** The bindings that the topic wants and that stand back for others. */
    public CompletableFuture<List<PendingBinding>> pending() {
        return CompletableFuture.supplyAsync(
                () -> bindings.pending().stream()
                        .map(each -> new PendingBinding(
                                new TopicStatement.Held(each.binding()).key(),
                                each.binding().b4(),
                                each.reason(),
                                each.since()))
                        .toList(),
                control);
    }

    /** Follows no longer; the bindings stay. */
    @Override
    public void close() {
        isClosed = true;
        Consumer<byte[], byte[]> running = consumer;
        if (running != null) {
            running.wakeup();
        }
        ended.countDown();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!isClosed) {
            try (Consumer<byte[], byte[]> opened = BindingTopic.open(settings)) {
                consumer = opened;
                List<TopicPartition> partitions = readAll(opened);
                complete.complete(null);
                follow(opened, partitions);
            } catch (WakeupException | InterruptException | RejectedExecutionException e) {
                // The process ends.
                return;
            } catch (InvalidOffsetException e) {
                log.warn("Topic {} was cut or made anew; it is read again", settings.topic());
            } catch (KafkaException e) {
                trouble = e.getMessage() == null ? e.toString() : e.getMessage();
                log.warn("Cannot follow topic {} at the moment: {}", settings.topic(), trouble);
                if (!pause()) {
                    return;
                }
            } catch (RuntimeException e) {
                trouble = e.toString();
                log.error("Following topic {} failed; it is read again", settings.topic(), e);
                if (!pause()) {
                    return;
                }
            }
        }
    }

    /** Whether to go on after it. */
    private boolean pause() {
        try {
            return !ended.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** Reads what is on the topic now, and makes the bindings so. */
    private List<TopicPartition> readAll(Consumer<byte[], byte[]> reader) {
        List<TopicPartition> partitions = BindingTopic.partitions(reader, settings.topic());
        reader.assign(partitions);
        reader.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = reader.endOffsets(partitions, ASK);
        Map<String, TopicStatement> statements = new LinkedHashMap<>();
        synchronized (faults) {
            faults.clear();
        }
        long told = System.nanoTime();
        long read = 0;
        while (left(reader, ends) > 0) {
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
                read++;
                TopicStatement statement = statement(record);
                if (statement != null) {
                    // The last one of a key counts, at its own place.
                    statements.remove(statement.key());
                    statements.put(statement.key(), statement);
                }
            }
            if (System.nanoTime() - told > ASK.toNanos()) {
                told = System.nanoTime();
                trouble = left(reader, ends) + " records were left";
                log.info("Read {} records of topic {}, up to {} are left", read, settings.topic(), left(reader, ends));
            }
        }
        onControl(() -> bindings.become(statements, clock.instant()));
        caughtUpNanos = System.nanoTime();
        lag = 0;
        log.info(
                "Follows topic {} at {}: {} records read, {} faulty, {} bindings stand back",
                settings.topic(),
                settings.bootstrapServers(),
                read,
                faults().size(),
                pendingCount);
        return partitions;
    }

    private static long left(Consumer<byte[], byte[]> reader, Map<TopicPartition, Long> ends) {
        long left = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            left += Math.max(0, end.getValue() - reader.position(end.getKey()));
        }
        return left;
    }

    /** Returns when the topic must be read from its beginning. */
    private void follow(Consumer<byte[], byte[]> reader, List<TopicPartition> partitions) {
        long asked = System.nanoTime();
        long retried = asked;
        long contact = asked;
        boolean isOut = false;
        while (true) {
            Map<String, TopicStatement> statements = new LinkedHashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
                TopicStatement statement = statement(record);
                if (statement != null) {
                    statements.remove(statement.key());
                    statements.put(statement.key(), statement);
                }
            }
            if (!statements.isEmpty()) {
                Collection<TopicStatement> batch = statements.values();
                onControl(() -> bindings.follow(batch, clock.instant()));
            }
            long now = System.nanoTime();
            if (pendingCount > 0 && now - retried > TimeUnit.SECONDS.toNanos(1)) {
                retried = now;
                onControl(() -> bindings.retry(PENDING_AT_ONCE, clock.instant()));
            }
            if (now - asked > TimeUnit.SECONDS.toNanos(2)) {
                try {
                    Map<TopicPartition, Long> ends = reader.endOffsets(partitions, ASK);
                    if (System.nanoTime() - contact > TOMBSTONES_LAST.toNanos()
                            || ends.entrySet().stream().anyMatch(end -> end.getValue() < reader.position(end.getKey()))
                            || BindingTopic.partitions(reader, settings.topic()).size() != partitions.size()) {
                        log.warn("Topic {} is read again from its beginning", settings.topic());
                        return;
                    }
                    contact = System.nanoTime();
                    isOut = false;
                    lag = left(reader, ends);
                    if (lag == 0) {
                        caughtUpNanos = contact;
                    }
                } catch (org.apache.kafka.common.errors.TimeoutException e) {
                    if (!isOut) {
                        log.warn("Kafka at {} does not answer; bindings stay as they are", settings.bootstrapServers());
                    }
                    isOut = true;
                }
                asked = System.nanoTime();
            }
        }
    }

    private @Nullable TopicStatement statement(ConsumerRecord<byte[], byte[]> record) {
        records.increment();
        byte[] octets = record.key();
        String key = octets == null ? "" : new String(octets, StandardCharsets.UTF_8);
        try {
            TopicStatement statement = TopicStatement.parse(record.key(), record.value(), br);
            synchronized (faults) {
                faults.remove(key);
            }
            return statement;
        } catch (IllegalArgumentException e) {
            Fault fault = new Fault(key, record.partition(), record.offset(), String.valueOf(e.getMessage()));
            faultyRecords.increment();
            log.warn(
                    "Record {} of partition {} of topic {} is faulty and passed over: key \"{}\": {}",
                    fault.offset(),
                    fault.partition(),
                    settings.topic(),
                    key,
                    fault.reason());
            synchronized (faults) {
                // A tombstone of something that never was valid mends it.
                faults.remove(key);
                if (record.value() != null && faults.size() < MOST_FAULTS) {
                    faults.put(key, fault);
                }
            }
            return null;
        }
    }

    private void onControl(Runnable action) {
        FutureTask<Void> task = new FutureTask<>(
                () -> {
                    action.run();
                    pendingCount = bindings.pendingCount();
                },
                null);
        control.execute(task);
        try {
            task.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the records could not be followed", e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
