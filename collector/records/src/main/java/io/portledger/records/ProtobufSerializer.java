package io.portledger.records;

import com.google.protobuf.MessageLite;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the values of every {@link Topic}. Needs kafka-clients, which this module does not bring along.
 *
 * @param <T> the message
 */
public final class ProtobufSerializer<T extends MessageLite> implements Serializer<T> {

    @Override
    public byte @Nullable [] serialize(String topic, @Nullable T message) {
        return message == null ? null : message.toByteArray();
    }
}
