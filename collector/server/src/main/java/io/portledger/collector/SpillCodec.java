package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingEventBlock;
import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The form of an entry of the {@link Spill}: its body's length (four octets), the CRC-32C of that length and the body
 * (four octets), and the body, all big endian.
 *
 * <p>The body of a batch: type 1, how many records; of each the topic's code (one octet), the timestamp (eight), the
 * lengths of key (two) and value (four), key, value; and if there are events, when the oldest and the latest of them were
 * received (eight octets each), and their {@link BindingEventBlock}. The body of a mark: type 2, how far the collector had come when it
 * was set (eight octets), the number of the entry before which Kafka has all (eight), the {@code CollectorMark}.
 */
final class SpillCodec {

    /** Octets before the body. */
    static final int HEADER_OCTETS = 8;

    /** No entry is longer; a length beyond it is damage. */
    static final int LONGEST_BODY = 64 << 20;

    private static final int RECORD_HEADER_OCTETS = 15;
    private static final int BATCH_HEADER_OCTETS = 5;
    private static final byte BATCH = 1;
    private static final byte MARK = 2;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    private final CRC32C crc = new CRC32C();

    /** What an entry says: some events and other records, or a mark. */
    record Content(
            List<ProducerRecord<byte[], byte[]>> records,
            BindingEventBlock events,
            @Nullable Mark mark) {}

    /**
     * How far the collector had come.
     *
     * @param message what Kafka is told
     * @param collectedUntilMillis until when everything that was received is in the spill or in Kafka
     * @param doneBefore the number of the entry before which everything is in Kafka
     */
    record Mark(CollectorMark message, long collectedUntilMillis, long doneBefore) {}

    /** The octets of a batch, valid until the next call. */
    ByteBuffer encode(List<ProducerRecord<byte[], byte[]>> records, BindingEventBlock events) {
        int body = BATCH_HEADER_OCTETS + (events.count() == 0 ? 0 : 2 * Long.BYTES + events.length());
        for (ProducerRecord<byte[], byte[]> record : records) {
            body += RECORD_HEADER_OCTETS + record.key().length + record.value().length;
        }
        ByteBuffer out = begin(body).put(BATCH).putInt(records.size());
        for (ProducerRecord<byte[], byte[]> record : records) {
            out.put(code(record.topic()))
                    .putLong(record.timestamp())
                    .putChar((char) record.key().length)
                    .putInt(record.value().length)
                    .put(record.key())
                    .put(record.value());
        }
        if (events.count() > 0) {
            out.putLong(events.oldestMillis()).putLong(events.latestMillis()).put(events.octets(), 0, events.length());
        }
        return finish(out);
    }

    /** The octets of a mark, valid until the next call. */
    ByteBuffer encode(Mark mark) {
        byte[] message = mark.message().toByteArray();
        return finish(begin(17 + message.length)
                .put(MARK)
                .putLong(mark.collectedUntilMillis())
                .putLong(mark.doneBefore())
                .put(message));
    }

    private ByteBuffer begin(int body) {
        int octets = HEADER_OCTETS + body;
        if (buffer.capacity() < octets) {
            buffer = ByteBuffer.allocateDirect(Math.max(octets, 2 * buffer.capacity()));
        }
        return buffer.clear().putInt(body).putInt(0);
    }

    private ByteBuffer finish(ByteBuffer out) {
        out.flip();
        return out.putInt(4, checksum(out, 0, out.remaining() - HEADER_OCTETS));
    }

    private int checksum(ByteBuffer in, int start, int body) {
        crc.reset();
        crc.update(in.slice(start, 4));
        crc.update(in.slice(start + HEADER_OCTETS, body));
        return (int) crc.getValue();
    }

    /** Whether there is a whole sound entry at the buffer's position, whose body has that length. */
    boolean isSound(ByteBuffer in, int body) {
        return checksum(in, in.position(), body) == in.getInt(in.position() + 4);
    }

    /**
     * What a sound entry says.
     *
     * @param in the body
     * @throws IllegalArgumentException if it is of another form nevertheless
     */
    static Content decode(ByteBuffer in) {
        try {
            return switch (in.get()) {
                case BATCH -> new Content(records(in), events(in), null);
                case MARK -> {
                    long collectedUntilMillis = in.getLong();
                    long doneBefore = in.getLong();
                    yield new Content(
                            List.of(),
                            BindingEventBlock.EMPTY,
                            new Mark(CollectorMark.parseFrom(in), collectedUntilMillis, doneBefore));
                }
                default -> throw new IllegalArgumentException("an entry of a later version of Portledger");
            };
        } catch (BufferUnderflowException | InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("an entry of another form", e);
        }
    }

    private static BindingEventBlock events(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return BindingEventBlock.EMPTY;
        }
        long oldestMillis = in.getLong();
        long latestMillis = in.getLong();
        byte[] octets = new byte[in.remaining()];
        in.get(octets);
        return BindingEventBlock.of(octets, oldestMillis, latestMillis);
    }

    private static List<ProducerRecord<byte[], byte[]>> records(ByteBuffer in) {
        int count = in.getInt();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String topic = topicOf(in.get());
            long timestampMillis = in.getLong();
            byte[] key = new byte[in.getChar()];
            byte[] value = new byte[in.getInt()];
            in.get(key).get(value);
            records.add(new ProducerRecord<>(topic, null, timestampMillis, key, value));
        }
        return records;
    }

    private static byte code(String topicName) {
        for (Topic topic : Topic.values()) {
            if (topic.topicName().equals(topicName)) {
                return code(topic);
            }
        }
        throw new IllegalArgumentException("topic " + topicName + " is none of the collector's");
    }

    /** What stands for a topic on disk; never used for another. */
    private static byte code(Topic topic) {
        return switch (topic) {
            case NAT_EVENTS -> 1;
            case EXPORTER_HEALTH -> 2;
            case NAT_CONDITIONS -> 3;
            case PORT_USAGE -> 4;
            case UNDECODABLE -> 5;
            case COLLECTOR_MARKS -> 6;
        };
    }

    private static String topicOf(byte code) {
        for (Topic topic : Topic.values()) {
            if (code(topic) == code) {
                return topic.topicName();
            }
        }
        throw new IllegalArgumentException("topic " + code + " of a later version of Portledger");
    }
}
