package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.Topic;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Undecodable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Input that was kept because it could not be used: the topic {@code undecodable} as operators look at it. */
final class KeptInput implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaSettings settings;
    private final KafkaConsumer<byte[], byte[]> consumer;

    /**
     * One piece of input.
     */
    record Kept(int partition, long offset, Undecodable message) {

        String place() {
            return partition + ":" + offset;
        }

        Evidence source() {
            return message.getSource();
        }

        Instant received() {
            return Instant.ofEpochMilli(source().getReceivedMillis());
        }
    }

    /**
     * Which input is wanted.
     *
     * @param exporter its address, or null for all
     * @param since received then or later, or null
     * @param until received before, or null
     * @param reason part of the reason, in any letter case, or null
     * @param withOther whether also input that is sound but does not speak of bindings
     */
    record Filter(
            @Nullable String exporter,
            @Nullable Instant since,
            @Nullable Instant until,
            @Nullable String reason,
            boolean withOther) {

        boolean matches(Kept kept) {
            Undecodable message = kept.message();
            return (withOther || !message.getNotAboutBindings())
                    && (exporter == null || exporter.equals(message.getSource().getExporter()))
                    && (since == null || !kept.received().isBefore(since))
                    && (until == null || kept.received().isBefore(until))
                    && (reason == null
                            || message.getReason().toLowerCase(Locale.ROOT).contains(reason.toLowerCase(Locale.ROOT)));
        }
    }

    KeptInput(KafkaSettings settings) {
        this.settings = settings;
        try {
            consumer = new KafkaConsumer<>(
                    KafkaAccess.clientProperties(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            throw new CollectorException(
                    "Kafka's client cannot use its settings (collector.kafka): " + e.getMessage(), e);
        }
    }

    /** Shows all that is there now and is wanted, each partition in its order. */
    void forEach(Filter filter, Consumer<Kept> taker) {
        List<TopicPartition> partitions = partitions();
        if (partitions.isEmpty()) {
            return;
        }
        consumer.assign(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, settings.startTimeout());
        seek(partitions, filter.since());
        while (!isAtEnd(ends)) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                TopicPartition its = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.getOrDefault(its, 0L)) {
                    parse(record).filter(filter::matches).ifPresent(taker);
                }
            }
        }
    }

    private boolean isAtEnd(Map<TopicPartition, Long> ends) {
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            if (consumer.position(end.getKey(), settings.startTimeout()) < end.getValue()) {
                return false;
            }
        }
        return true;
    }

    private void seek(List<TopicPartition> partitions, @Nullable Instant since) {
        if (since == null) {
            consumer.seekToBeginning(partitions);
            return;
        }
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, since.toEpochMilli()));
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(wanted, settings.startTimeout());
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp first = found.get(partition);
            if (first == null) {
                consumer.seekToEnd(List.of(partition));
            } else {
                consumer.seek(partition, first.offset());
            }
        }
    }

    /** What is at one place; empty if there is nothing. */
    Optional<Kept> at(int partition, long offset) {
        TopicPartition its = new TopicPartition(Topic.UNDECODABLE.topicName(), partition);
        if (!partitions().contains(its)) {
            return Optional.empty();
        }
        consumer.assign(List.of(its));
        long begin =
                consumer.beginningOffsets(List.of(its), settings.startTimeout()).getOrDefault(its, 0L);
        long end = consumer.endOffsets(List.of(its), settings.startTimeout()).getOrDefault(its, 0L);
        if (offset < begin || offset >= end) {
            return Optional.empty();
        }
        consumer.seek(its, offset);
        while (consumer.position(its, settings.startTimeout()) <= offset) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                return record.offset() == offset ? parse(record) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private List<TopicPartition> partitions() {
        try {
            return consumer.partitionsFor(Topic.UNDECODABLE.topicName(), settings.startTimeout()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
        } catch (KafkaException e) {
            throw new CollectorException(
                    "Kafka at " + settings.bootstrapServers() + " does not answer: " + e.getMessage()
                            + "; start it, or set collector.kafka.bootstrap-servers",
                    e);
        }
    }

    private static Optional<Kept> parse(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Optional.of(new Kept(record.partition(), record.offset(), Undecodable.parseFrom(record.value())));
        } catch (InvalidProtocolBufferException e) {
            // Not of a collector, nor of a job.
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
