package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.records.BindingEventBlock;
import io.portledger.records.Topic;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Undecodable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Decodes kept input again, with today's code and settings. What it says is told as if it had been understood when it
 * came: with the original receive time and exporter. Saying it twice changes nothing, as the jobs fold the set of events.
 */
final class Replay {

    private final IpfixIntake ipfix;
    private final SyslogIntake syslog;
    private final Outbox.Batch batch;
    private final ExporterSessions datagrams;
    private final Map<Session, ExporterSession> connections = new HashMap<>();

    private static final HandedOver NOTHING = HandedOver.batch(List.of(), BindingEventBlock.EMPTY);

    private record Session(String exporter, Evidence.Transport transport) {}

    /**
     * What became of a piece of input.
     *
     * @param told what can now be told; of nothing if nothing can
     * @param failure why not, or null
     */
    record Result(HandedOver told, @Nullable String failure) {}

    /** @param outbox gives the batch; what is replayed is handed over by whoever calls */
    Replay(CollectorSettings settings, Outbox outbox) {
        // Gaps and clocks were judged when the input came; what is found now goes nowhere.
        GapBoard nowhere = new GapBoard();
        Tally uncounted = new Tally();
        SkewWatch skewWatch = new SkewWatch(nowhere, Long.MAX_VALUE / 4, 0);
        ipfix = new IpfixIntake(
                settings.ipfix(),
                settings.enterpriseNumber(),
                () -> Instant.EPOCH,
                outbox,
                nowhere,
                skewWatch,
                uncounted,
                settings.gapMargin().toMillis(),
                OptionalLong.empty(),
                null);
        syslog = new SyslogIntake(
                settings.syslog(),
                SyslogIntake.dialects(settings.syslog()),
                settings.enterpriseNumber(),
                () -> Instant.EPOCH,
                outbox,
                nowhere,
                skewWatch,
                uncounted,
                settings.gapMargin().toMillis(),
                OptionalLong.empty());
        batch = outbox.new Batch();
        datagrams = ipfix.datagramSessions(batch, "");
    }

    Result decode(KeptInput.Kept kept) {
        Evidence source = kept.source();
        switch (source.getTransport()) {
            case SYSLOG_UDP, SYSLOG_TCP, SYSLOG_TLS ->
                syslog.take(
                        source.getRaw().toByteArray(),
                        null,
                        SyslogIntake.Source.kept(
                                source.getExporter(), source.getTransport(), source.getReceivedMillis(), null),
                        batch);
            case IPFIX_UDP, IPFIX_TCP, IPFIX_TLS, NETFLOW_V9_UDP -> {
                if (source.getTemplateId() != 0) {
                    return new Result(
                            NOTHING,
                            "only the octets of its record or set are kept, and not template " + source.getTemplateId()
                                    + " that describes them");
                }
                take(source);
            }
            case FILE -> {
                return new Result(NOTHING, "it is of file " + source.getFile() + "; import the file again");
            }
            case TRANSPORT_UNSPECIFIED, UNRECOGNIZED -> {
                return new Result(NOTHING, "it does not tell by which way it came");
            }
        }
        List<ProducerRecord<byte[], byte[]>> told = new ArrayList<>();
        String failure = null;
        HandedOver found = batch.takeBack();
        for (ProducerRecord<byte[], byte[]> record : found.records()) {
            if (record.topic().equals(Topic.UNDECODABLE.topicName())) {
                failure = reasonOf(record);
            } else {
                told.add(record);
            }
        }
        HandedOver all = HandedOver.batch(told, found.events());
        if (all.left() == 0 && failure == null) {
            failure = "it is readable now, but says nothing that is recorded";
        }
        return new Result(all, failure);
    }

    private void take(Evidence source) {
        ByteBuf octets = Unpooled.wrappedBuffer(source.getRaw().toByteArray());
        switch (source.getTransport()) {
            case IPFIX_TCP, IPFIX_TLS ->
                connections
                        .computeIfAbsent(
                                new Session(source.getExporter(), source.getTransport()),
                                its -> ipfix.stream(new SessionSource(its.exporter(), its.transport(), ""), batch))
                        .take(octets, source.getReceivedMillis());
            default -> {
                datagrams.take(
                        new InetSocketAddress(InetAddress.ofLiteral(source.getExporter()), 0),
                        source.getTransport(),
                        octets,
                        source.getReceivedMillis());
            }
        }
    }

    private static String reasonOf(ProducerRecord<byte[], byte[]> record) {
        try {
            return Undecodable.parseFrom(record.value()).getReason();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a record that was just made cannot be read", e);
        }
    }
}
