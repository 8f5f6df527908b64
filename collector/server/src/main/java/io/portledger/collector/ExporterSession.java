package io.portledger.collector;

import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.collection.LongObjectHashMap;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.IpfixException;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.MessageDecoder;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.NetflowV9Decoder;
import io.portledger.ipfix.Template;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One transport session of an exporter (RFC 7011 §8, §10), whatever the transport: fed with octets and the time when they
 * were received, it puts into a batch what their records say. It keeps the session's templates, its sequence numbers, and
 * the data sets that wait for their template. Reads no clock; for one thread.
 *
 * <p><b>Data before its template.</b> A set whose template is unknown waits, as octets. When a message of the session
 * defines the template, the set is decoded as if it came then, but with its own sequence numbers and receive time. While
 * sets of a domain wait, holes in its sequence are not published: the waiting records may be what is missing.
 *
 * <p><b>Restarts.</b> An exporter that begins anew usually opens a new session; one that keeps its port begins its
 * sequence anew. Both are a RESTART, from the last message that came from this exporter's observation domain.
 *
 * <p><b>The collector's own restart.</b> Templates that were kept are used until the exporter says otherwise: by a
 * sequence number behind the one expected, for then it has begun anew, or by another definition. What was read by one that
 * proves wrong is doubtful, from the first message on, and that stretch is a gap.
 */
final class ExporterSession implements IpfixVisitor {

    private static final Logger LOG = LoggerFactory.getLogger(ExporterSession.class);

    private static final LogPace FAULTS = new LogPace();

    /** Observation domains whose sequence is watched at a time. */
    private static final int MAX_DOMAINS = 256;

    private final SessionContext context;
    private SessionSource source;
    private final int version;
    private final MessageDecoder decoder;
    private final Readings batch;
    private final TemplateStore templates;
    private final WaitingRoom waiting;
    private final LongObjectHashMap<BindingTemplate> bindingTemplates = new LongObjectHashMap<>();
    private final List<Template> arrived = new ArrayList<>();
    private final Map<Integer, DomainWatch> domains = new LinkedHashMap<>(8, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, DomainWatch> eldest) {
            if (size() <= MAX_DOMAINS) {
                return false;
            }
            eldest.getValue().close();
            return true;
        }
    };
    private final Map<Integer, Long> expectedBefore = new HashMap<>();
    private final Set<Long> unconfirmed = new HashSet<>();
    private long unconfirmedSinceMillis = Long.MAX_VALUE;
    private long lastMillis;

    // Of the message at hand.
    private long receivedMillis;
    private int records;
    private MessageHeader header = new MessageHeader(MessageHeader.IPFIX_VERSION, 0, 0, 0, 0);
    private int templateId;
    private @Nullable BindingTemplate bindingTemplate;

    /**
     * A session that begins now.
     *
     * @param version of the session's messages, which {@code decoder} reads
     * @param decoder may serve other sessions of the same thread
     * @param batch takes what the records say; whoever feeds the session flushes it
     */
    ExporterSession(
            SessionContext context,
            SessionSource source,
            TemplateStore.Session reliability,
            int version,
            MessageDecoder decoder,
            Readings batch) {
        this.context = context;
        this.source = source;
        this.version = version;
        this.decoder = decoder;
        this.batch = batch;
        templates = new TemplateStore(reliability);
        waiting = new WaitingRoom(context.settings(), context.waitingOctets());
    }

    /**
     * Takes whole messages, one after the other, and moves the reader index behind them.
     *
     * @return false if one was malformed, after which nothing more was read of {@code octets}
     */
    boolean take(ByteBuf octets, long now) {
        lastMillis = now;
        receivedMillis = now;
        templates.setTime(now);
        while (octets.isReadable()) {
            int start = octets.readerIndex();
            int end = octets.writerIndex();
            records = 0;
            bindingTemplate = null;
            if (!expectedBefore.isEmpty()) {
                checkKeptTemplates(octets);
            }
            try {
                decoder.decode(octets, templates, this);
                context.tally()
                        .count(
                                version == MessageHeader.IPFIX_VERSION
                                        ? Counter.IPFIX_MESSAGES
                                        : Counter.NETFLOW_PACKETS);
                onMessageEnd();
                decodeWaiting();
            } catch (IpfixException e) {
                unusable(Counter.UNDECODABLE_IPFIX_MESSAGE, String.valueOf(e.getMessage()), octets, start, end);
                return false;
            } catch (RuntimeException e) {
                long faults = FAULTS.cause();
                if (faults > 0) {
                    LOG.error("The collector failed on an IPFIX message of {} ({} such)", source.exporter(), faults, e);
                }
                unusable(Counter.UNDECODABLE_BY_FAULT, "the collector failed on it: " + e, octets, start, end);
                return false;
            }
        }
        return true;
    }

    /** The session begins, though nothing has come yet. */
    void begin(long now) {
        lastMillis = now;
    }

    /** What comes now is from another file, which continues those before. */
    void continueIn(String file) {
        source = new SessionSource(source.exporter(), source.transport(), file);
    }

    /** When something came last. */
    long lastMillis() {
        return lastMillis;
    }

    /** Since when data wait whose templates are unknown; {@link Long#MAX_VALUE} if none do. */
    long waitingSinceMillis() {
        return waiting.sinceMillis();
    }

    /** Does what time demands: publishes gaps, gives up waiting sets. */
    void expire(long now) {
        long wait = context.settings().templateWait().toMillis();
        giveUpOlderThan(
                now - wait,
                "none came within " + context.settings().templateWait().toSeconds() + " s");
        if (templates.session() == TemplateStore.Session.UNRELIABLE) {
            templates.expire(now - context.settings().templateLifetime().toMillis());
        }
        domains.forEach((id, domain) -> {
            if (!waiting.hasAnyOf(id)) {
                domain.expire(now);
            }
        });
    }

    /** Publishes what is still open: nothing comes any more. */
    void close(long now) {
        giveUpOlderThan(Long.MAX_VALUE, "the session ended before one came");
        expire(now);
        domains.values().forEach(DomainWatch::close);
    }

    /** How many fields the session's templates have. */
    int templateFields() {
        return templates.fieldCount();
    }

    /** Whether there is anything that {@link #write} could keep. */
    boolean hasTemplates() {
        return templates.size() > 0;
    }

    /** Writes what a later process needs to go on with the session. */
    void write(DataOutput out) throws IOException {
        out.writeLong(lastMillis);
        out.writeInt(domains.size());
        for (Map.Entry<Integer, DomainWatch> domain : domains.entrySet()) {
            out.writeInt(domain.getKey());
            out.writeLong(domain.getValue().expected());
        }
        templates.write(out);
    }

    /**
     * Goes on with a session of an earlier process, before anything is taken.
     *
     * @param elements as the decoder knows them
     * @throws IOException if this is not what {@link #write} wrote
     */
    void read(DataInput in, ElementRegistry elements, long now) throws IOException {
        if (in.readLong() + context.settings().sessionIdle().toMillis() < now) {
            return;
        }
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            expectedBefore.put(in.readInt(), in.readLong());
        }
        templates.read(in, elements);
        templates.expire(now - context.settings().templateLifetime().toMillis());
        unconfirmedSinceMillis = now;
        templates.forEach((domain, template) -> unconfirmed.add(keyOf(domain, template)));
    }

    /** Gives up the kept templates of a domain whose exporter has begun anew. */
    private void checkKeptTemplates(ByteBuf octets) {
        int at = octets.readerIndex() + (version == MessageHeader.IPFIX_VERSION ? 8 : 12);
        if (versionOf(octets) != version || octets.writerIndex() - at < Integer.BYTES) {
            return;
        }
        int domain = domainOf(octets);
        Long expected = expectedBefore.remove(domain);
        if (expected != null && expected >= 0 && (int) (octets.getUnsignedInt(at) - expected) < 0) {
            templates.forget(Integer.toUnsignedLong(domain));
        }
    }

    /** The observation domain of the message that begins there; 0 if it is none. */
    static int domainOf(ByteBuf octets) {
        int at = octets.readerIndex();
        return switch (versionOf(octets)) {
            case MessageHeader.IPFIX_VERSION ->
                octets.readableBytes() >= MessageHeader.LENGTH ? octets.getInt(at + 12) : 0;
            case NetflowV9Decoder.VERSION ->
                octets.readableBytes() >= NetflowV9Decoder.HEADER_LENGTH ? octets.getInt(at + 16) : 0;
            default -> 0;
        };
    }

    /** The version of the message that begins there, or what is in its place; 0 if there is none. */
    static int versionOf(ByteBuf octets) {
        return octets.readableBytes() >= 2 ? octets.getUnsignedShort(octets.readerIndex()) : 0;
    }

    @Override
    public void onMessage(MessageHeader messageHeader) {
        header = messageHeader;
    }

    @Override
    public void onTemplate(TemplateChange change, Template changed) {
        if (unconfirmed.remove(keyOf(changed)) && change == TemplateChange.REPLACED) {
            context.gapBoard()
                    .report(
                            source.exporter(),
                            (int) header.observationDomainId(),
                            ExporterGap.Cause.UNDECODABLE,
                            unconfirmedSinceMillis - context.gapMarginMillis(),
                            receivedMillis,
                            0);
        }
        if (change == TemplateChange.DEFINED || change == TemplateChange.REPLACED) {
            context.tally().count(Counter.IPFIX_TEMPLATES);
            arrived.add(changed);
            if (BindingTemplate.speaksOfBindings(changed)) {
                domain((int) header.observationDomainId()).speakOfBindings();
            }
            bindingTemplates.remove(keyOf(changed));
            bindingTemplate = null;
        }
    }

    @Override
    public void onRecord(DataRecord record) {
        records++;
        if (bindingTemplate == null || templateId != record.template().id()) {
            bindingTemplate = bindingTemplateOf(record.template());
            templateId = record.template().id();
        }
        if (bindingTemplate.hasNotSent()) {
            domain((int) header.observationDomainId())
                    .onNotSent(bindingTemplate.scope(record), bindingTemplate.notSent(record), header, receivedMillis);
        }
        Reading reading = bindingTemplate.read(record);
        if (reading instanceof Reading.Binding binding) {
            reading = binding.receivedAt(receivedMillis, Counter.UNDECODABLE_IPFIX_RECORD);
        }
        switch (reading) {
            case Reading.Binding binding -> batch.add(binding.fact(), source, record, receivedMillis);
            case Reading.Condition condition ->
                batch.add(condition.condition().toBuilder()
                        .setEvidence(evidence(record))
                        .build());
            case Reading.Usage usage ->
                batch.add(
                        usage.usage().toBuilder().setEvidence(evidence(record)).build());
            case Reading.NoBinding noBinding -> {
                batch.add(noBinding, evidence(record));
                if (!noBinding.isSound()) {
                    reportUndecodable(
                            (int) header.observationDomainId(),
                            header.exportTimeSeconds(),
                            bindingTemplate.eventTimeMillis(record),
                            1);
                }
            }
        }
    }

    @Override
    public void onUnknownSet(int setId, ByteBuf octets) {
        if (octets.isReadable()) {
            int before = version == MessageHeader.IPFIX_VERSION ? records : 0;
            waiting.add(
                    header,
                    (header.sequenceNumber() + before) & 0xffff_ffffL,
                    setId,
                    octets,
                    receivedMillis,
                    source,
                    set -> giveUp(set, "there was no room to wait any longer for its template"));
        }
    }

    private BindingTemplate bindingTemplateOf(Template template) {
        BindingTemplate known = bindingTemplates.get(keyOf(template));
        if (known == null) {
            known = new BindingTemplate(template, context.elements());
            bindingTemplates.put(keyOf(template), known);
        }
        return known;
    }

    private long keyOf(Template template) {
        return keyOf(header.observationDomainId(), template);
    }

    private static long keyOf(long domain, Template template) {
        return domain << 16 | template.id();
    }

    private void onMessageEnd() {
        context.tally().add(Counter.IPFIX_RECORDS, records);
        if (!domain((int) header.observationDomainId()).onMessage(header, records, receivedMillis)) {
            context.tally().count(Counter.LATE_MESSAGES);
        }
    }

    private DomainWatch domain(int id) {
        DomainWatch known = domains.get(id);
        if (known == null) {
            known = new DomainWatch(context, source.exporter(), id, version);
            // One that gave way to others may have defined its templates long ago.
            if (templates.anyMatches(Integer.toUnsignedLong(id), BindingTemplate::speaksOfBindings)) {
                known.speakOfBindings();
            }
            domains.put(id, known);
        }
        return known;
    }

    /** Decodes the sets whose template came with the message just decoded. */
    private void decodeWaiting() {
        while (!arrived.isEmpty()) {
            Template came = arrived.removeFirst();
            waiting.takeFor(header.observationDomainId(), came.id()).forEach(this::decodeLate);
        }
    }

    private void decodeLate(WaitingRoom.Waiting set) {
        MessageHeader current = header;
        long currentReceivedMillis = receivedMillis;
        SessionSource currentSource = source;
        receivedMillis = set.receivedMillis();
        source = set.source();
        records = 0;
        bindingTemplate = null;
        try {
            decoder.decodeSet(
                    set.header().withSequenceNumber(set.sequence()), set.setId(), set.octets(), templates, this);
            context.tally().add(Counter.IPFIX_RECORDS, records);
            domain(set.domain()).onDecodedLater(set.sequence(), records);
        } catch (IpfixException e) {
            undecodable(set, "set " + set.setId() + " does not fit the template that came later: " + e.getMessage());
        } finally {
            header = current;
            receivedMillis = currentReceivedMillis;
            source = currentSource;
        }
    }

    private void giveUpOlderThan(long millis, String why) {
        for (WaitingRoom.Waiting set = waiting.takeOlderThan(millis);
                set != null;
                set = waiting.takeOlderThan(millis)) {
            giveUp(set, why);
        }
    }

    private void giveUp(WaitingRoom.Waiting set, String why) {
        undecodable(set, "set " + set.setId() + " has no template, and " + why);
    }

    private void undecodable(WaitingRoom.Waiting set, String reason) {
        Evidence evidence = set.source()
                .evidence(set.receivedMillis(), UnsafeByteOperations.unsafeWrap(set.copy()))
                .setObservationDomain(set.domain())
                .setSequence((int) set.sequence())
                .setTemplateId(set.setId())
                .build();
        batch.add(
                new Reading.NoBinding(
                        Counter.UNDECODABLE_NO_TEMPLATE, reason + " (the octets are the set's, without its header)"),
                evidence);
        long exportMillis = set.header().exportTimeSeconds() * 1000;
        context.gapBoard()
                .report(
                        source.exporter(),
                        set.domain(),
                        ExporterGap.Cause.UNDECODABLE,
                        Math.min(set.receivedMillis(), exportMillis) - context.gapMarginMillis(),
                        Math.max(set.receivedMillis(), exportMillis + 999),
                        0);
    }

    private void unusable(Counter counter, String reason, ByteBuf octets, int start, int end) {
        int domain = domainOf(octets.slice(start, end - start));
        batch.add(
                new Reading.NoBinding(counter, reason),
                evidence(domain, ByteBufUtil.getBytes(octets, start, end - start), receivedMillis)
                        .build());
        reportUndecodable(domain, receivedMillis / 1000, OptionalLong.empty(), 0);
    }

    private void reportUndecodable(int domain, long exportTimeSeconds, OptionalLong eventTimeMillis, long lostRecords) {
        context.gapBoard()
                .reportLost(
                        source.exporter(),
                        domain,
                        ExporterGap.Cause.UNDECODABLE,
                        eventTimeMillis,
                        receivedMillis,
                        Math.min(receivedMillis, exportTimeSeconds * 1000) - context.gapMarginMillis(),
                        Math.max(receivedMillis, exportTimeSeconds * 1000 + 999),
                        lostRecords);
    }

    private Evidence evidence(DataRecord record) {
        return evidence((int) record.header().observationDomainId(), record.rawOctets(), receivedMillis)
                .setSequence((int) record.sequenceNumber())
                .setTemplateId(record.template().id())
                .build();
    }

    private Evidence.Builder evidence(int domain, byte[] octets, long at) {
        return source.evidence(at, UnsafeByteOperations.unsafeWrap(octets)).setObservationDomain(domain);
    }
}
