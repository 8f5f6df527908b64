package io.portledger.jobs;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.VersionType;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import co.elastic.clients.elasticsearch.core.BulkResponse;
import co.elastic.clients.elasticsearch.core.bulk.BulkOperation;
import co.elastic.clients.elasticsearch.core.bulk.BulkResponseItem;
import co.elastic.clients.util.BinaryData;
import co.elastic.clients.util.ContentType;
import io.portledger.ledger.ElasticsearchConnection;
import io.portledger.ledger.LedgerIndices;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.base.sink.AsyncSinkBase;
import org.apache.flink.connector.base.sink.writer.AsyncSinkWriter;
import org.apache.flink.connector.base.sink.writer.AsyncSinkWriterStateSerializer;
import org.apache.flink.connector.base.sink.writer.BufferedRequestState;
import org.apache.flink.connector.base.sink.writer.DequeRequestBuffer;
import org.apache.flink.connector.base.sink.writer.ResultHandler;
import org.apache.flink.connector.base.sink.writer.SimpleBatchCreator;
import org.apache.flink.connector.base.sink.writer.config.AsyncSinkWriterConfiguration;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes documents to Elasticsearch in batches, at least once; ids and external versions make that effectively once, and
 * independent of the order in which batches arrive.
 *
 * <p>While the cluster is out of reach or overloaded, the sink tries again for ever and holds the stream back. A document
 * that the cluster refuses for what it is fails the job: dropping it would make answers wrong without a trace.
 */
final class ElasticsearchSink extends AsyncSinkBase<LedgerWrite, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final Logger LOG = LoggerFactory.getLogger(ElasticsearchSink.class);

    private static final int MAX_BATCH = 1_000;
    private static final int MAX_IN_FLIGHT = 4;
    private static final int MAX_BUFFERED = 10_000;
    private static final long MAX_BATCH_BYTES = 8 << 20;
    // A Kafka record has 1 MiB at most; a document carries two as hexadecimal digits.
    private static final long MAX_DOCUMENT_BYTES = 6 << 20;
    private static final Duration PAUSE_BEFORE_RETRY = Duration.ofMillis(500);

    private final URI elasticsearch;

    ElasticsearchSink(URI elasticsearch, Duration flushInterval) {
        super(
                (write, context) -> write,
                MAX_BATCH,
                MAX_IN_FLIGHT,
                MAX_BUFFERED,
                MAX_BATCH_BYTES,
                flushInterval.toMillis(),
                MAX_DOCUMENT_BYTES);
        this.elasticsearch = elasticsearch;
    }

    @Override
    public SinkWriter<LedgerWrite> createWriter(WriterInitContext context) {
        return new Writer(this, context, List.of());
    }

    @Override
    public StatefulSinkWriter<LedgerWrite, BufferedRequestState<LedgerWrite>> restoreWriter(
            WriterInitContext context, Collection<BufferedRequestState<LedgerWrite>> recovered) {
        return new Writer(this, context, recovered);
    }

    @Override
    public SimpleVersionedSerializer<BufferedRequestState<LedgerWrite>> getWriterStateSerializer() {
        return new StateSerializer();
    }

    private static final class Writer extends AsyncSinkWriter<LedgerWrite, LedgerWrite> {

        private final ElasticsearchConnection connection;

        Writer(
                ElasticsearchSink sink,
                WriterInitContext context,
                Collection<BufferedRequestState<LedgerWrite>> recovered) {
            super(
                    sink.getElementConverter(),
                    context,
                    AsyncSinkWriterConfiguration.builder()
                            .setMaxBatchSize(sink.getMaxBatchSize())
                            .setMaxBatchSizeInBytes(sink.getMaxBatchSizeInBytes())
                            .setMaxInFlightRequests(sink.getMaxInFlightRequests())
                            .setMaxBufferedRequests(sink.getMaxBufferedRequests())
                            .setMaxTimeInBufferMS(sink.getMaxTimeInBufferMS())
                            .setMaxRecordSizeInBytes(sink.getMaxRecordSizeInBytes())
                            .build(),
                    recovered,
                    new SimpleBatchCreator<>(sink.getMaxBatchSizeInBytes()),
                    new DequeRequestBuffer<>());
            connection = ElasticsearchConnection.open(sink.elasticsearch);
            LedgerIndices.install(connection);
        }

        /**
         * Waits until everything is written, also at a checkpoint: a complete one then tells that all before it is in
         * the ledger.
         */
        @Override
        public void flush(boolean endOfInput) throws InterruptedException {
            super.flush(true);
        }

        @Override
        protected void submitRequestEntries(List<LedgerWrite> entries, ResultHandler<LedgerWrite> handler) {
            BulkRequest request = BulkRequest.of(bulk ->
                    bulk.operations(entries.stream().map(Writer::operation).toList()));
            // The handler may be called by any thread.
            var unused = connection.asyncClient().bulk(request).whenComplete((response, fault) -> {
                if (fault == null) {
                    finish(entries, response, handler);
                } else {
                    finish(entries, fault, handler);
                }
            });
        }

        @Override
        protected long getSizeInBytes(LedgerWrite entry) {
            return 128L
                    + entry.id().length()
                    + (entry.json() == null ? 0 : entry.json().length());
        }

        @Override
        public void close() {
            super.close();
            connection.close();
        }

        private static BulkOperation operation(LedgerWrite write) {
            Long version = write.version() > 0 ? write.version() : null;
            VersionType versionType = version == null ? null : VersionType.ExternalGte;
            String json = write.json();
            if (json == null) {
                return BulkOperation.of(operation -> operation.delete(delete -> delete.index(write.index())
                        .id(write.id())
                        .routing(write.routing())
                        .version(version)
                        .versionType(versionType)));
            }
            return BulkOperation.of(operation -> operation.index(index -> index.index(write.index())
                    .id(write.id())
                    .routing(write.routing())
                    .version(version)
                    .versionType(versionType)
                    .document(BinaryData.of(json.getBytes(StandardCharsets.UTF_8), ContentType.APPLICATION_JSON))));
        }

        private static void finish(
                List<LedgerWrite> entries, BulkResponse response, ResultHandler<LedgerWrite> handler) {
            List<LedgerWrite> again = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                BulkResponseItem item = response.items().get(i);
                if (isTransient(item.status())) {
                    again.add(entries.get(i));
                } else if (!isDone(item, entries.get(i))) {
                    handler.completeExceptionally(new IOException("Elasticsearch refuses document " + item.id()
                            + " of index " + item.index() + " with status " + item.status() + ": "
                            + (item.error() == null
                                    ? "no reason given"
                                    : item.error().reason())));
                    return;
                }
            }
            if (again.isEmpty()) {
                handler.complete();
            } else {
                LOG.warn("Elasticsearch is overloaded: {} of {} documents wait", again.size(), entries.size());
                retry(again, handler);
            }
        }

        private static void finish(List<LedgerWrite> entries, Throwable fault, ResultHandler<LedgerWrite> handler) {
            Throwable cause = fault instanceof CompletionException ? fault.getCause() : fault;
            if (cause instanceof IOException
                    || (cause instanceof ElasticsearchException refusal && isTransient(refusal.status()))) {
                LOG.warn(
                        "Elasticsearch does not take {} documents, trying again: {}", entries.size(), cause.toString());
                retry(entries, handler);
            } else {
                handler.completeExceptionally(new IOException("Elasticsearch refuses a batch of documents", cause));
            }
        }

        private static void retry(List<LedgerWrite> entries, ResultHandler<LedgerWrite> handler) {
            Executor later = CompletableFuture.delayedExecutor(PAUSE_BEFORE_RETRY.toMillis(), TimeUnit.MILLISECONDS);
            later.execute(() -> handler.retryForEntries(entries));
        }

        private static boolean isTransient(int status) {
            return status == 429 || status >= 500;
        }

        private static boolean isDone(BulkResponseItem item, LedgerWrite write) {
            boolean newerIsThere = item.status() == 409;
            boolean isGoneAlready = item.status() == 404 && write.json() == null;
            return item.status() < 300 || newerIsThere || isGoneAlready;
        }
    }

    private static final class StateSerializer extends AsyncSinkWriterStateSerializer<LedgerWrite> {

        @Override
        protected void serializeRequestToStream(LedgerWrite write, DataOutputStream out) throws IOException {
            out.writeUTF(write.index());
            out.writeUTF(write.id());
            writeOptional(write.routing(), out);
            out.writeLong(write.version());
            writeOptional(write.json(), out);
        }

        @Override
        protected LedgerWrite deserializeRequestFromStream(long size, DataInputStream in) throws IOException {
            return new LedgerWrite(in.readUTF(), in.readUTF(), readOptional(in), in.readLong(), readOptional(in));
        }

        @Override
        public int getVersion() {
            return 1;
        }

        private static void writeOptional(@Nullable String text, DataOutputStream out) throws IOException {
            if (text == null) {
                out.writeInt(-1);
            } else {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }

        private static @Nullable String readOptional(DataInputStream in) throws IOException {
            int length = in.readInt();
            return length < 0 ? null : new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
    }
}
