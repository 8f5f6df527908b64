package io.portledger.collector;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** What an import sends its records with: each is shown to a census first, and may go to Kafka or nowhere. */
final class ImportProducer {

    private final @Nullable Producer<byte[], byte[]> kafka;
    private final Consumer<ProducerRecord<byte[], byte[]>> census;
    private final InstantSource clock;

    private ImportProducer(
            @Nullable Producer<byte[], byte[]> kafka,
            Consumer<ProducerRecord<byte[], byte[]>> census,
            InstantSource clock) {
        this.kafka = kafka;
        this.census = census;
        this.clock = clock;
    }

    /** @param kafka takes the records; null: nobody does */
    @SuppressWarnings("unchecked")
    static Producer<byte[], byte[]> of(
            @Nullable Producer<byte[], byte[]> kafka,
            Consumer<ProducerRecord<byte[], byte[]>> census,
            InstantSource clock) {
        ImportProducer own = new ImportProducer(kafka, census, clock);
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(
                ImportProducer.class.getClassLoader(),
                new Class<?>[] {Producer.class},
                (_, method, arguments) -> own.call(method, arguments));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // It is handed on to whoever called.
    private @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getName().equals("send") && arguments != null && arguments.length == 2) {
            return send(record(arguments[0]), (Callback) arguments[1]);
        }
        if (kafka == null) {
            if (method.getName().equals("close")) {
                return null;
            }
            throw new UnsupportedOperationException(method.toString());
        }
        try {
            return method.invoke(kafka, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @SuppressWarnings("unchecked")
    private static ProducerRecord<byte[], byte[]> record(Object argument) {
        return (ProducerRecord<byte[], byte[]>) argument;
    }

    private Future<?> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        census.accept(record);
        if (kafka == null) {
            callback.onCompletion(null, null);
            return CompletableFuture.completedFuture(null);
        }
        // Kafka keeps a record for so long after its time: it is to count from now, however old the file is.
        return kafka.send(
                new ProducerRecord<>(record.topic(), record.partition(), clock.millis(), record.key(), record.value()),
                callback);
    }
}
