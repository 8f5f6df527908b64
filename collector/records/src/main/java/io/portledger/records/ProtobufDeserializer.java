package io.portledger.records;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the values of one {@link Topic}; what is no message of the type is a {@link SerializationException}. Whether
 * the message makes sense is not looked at: {@link BindingFact#from} does that.
 *
 * @param <T> the message
 */
public final class ProtobufDeserializer<T extends MessageLite> implements Deserializer<T> {

    private final Parser<T> parser;

    /** @param parser of the topic's message, such as {@code BindingEvent.parser()} */
    public ProtobufDeserializer(Parser<T> parser) {
        this.parser = parser;
    }

    @Override
    public @Nullable T deserialize(String topic, byte @Nullable [] octets) {
        if (octets == null) {
            return null;
        }
        try {
            return parser.parseFrom(octets);
        } catch (InvalidProtocolBufferException e) {
            throw new SerializationException(
                    octets.length + " octets in topic " + topic + " are no record of it: " + e.getMessage(), e);
        }
    }
}
