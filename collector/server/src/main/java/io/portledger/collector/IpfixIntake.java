package io.portledger.collector;

import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.collection.LongObjectHashMap;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.IpfixException;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.Template;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes IPFIX over UDP (RFC 7011 §10.3): one datagram, one message. Keeps for each transport session its templates, its
 * sequence numbers, and the data sets that wait for their template. Everything happens on the channel's event loop.
 *
 * <p><b>Data before its template.</b> A set whose template is unknown waits, as octets. When a message of the session
 * defines the template, the set is decoded as if it came then, but with its own sequence numbers and receive time. While
 * sets of a domain wait, holes in its sequence are not published: the waiting records may be what is missing.
 *
 * <p><b>Whose gaps count.</b> Missing records matter only where records of bindings come from. Gaps of a domain are held
 * back until it defines a template with natEvent; flow exporters, some of which count in their own way, have none.
 *
 * <p><b>Restarts.</b> An exporter that begins anew usually sends from another port and thereby opens a new session; one
 * that keeps its port begins its sequence anew. Both are a RESTART, from the last message that came from this exporter's
 * observation domain.
 */
final class IpfixIntake extends SimpleChannelInboundHandler<DatagramPacket> {

    private static final Logger LOG = LoggerFactory.getLogger(IpfixIntake.class);

    /** Exporters with their observation domains that are remembered beyond their sessions. */
    private static final int MAX_REMEMBERED = 65_536;

    /** Silences told one by one; of more, the last stands for the rest. */
    private static final int MAX_SILENCES = 1_000;

    private final IpfixSettings settings;
    private final InstantSource clock;
    private final Outbox outbox;
    private final Outbox.Batch batch;
    private final GapBoard gapBoard;
    private final SkewWatch skewWatch;
    private final Tally tally;
    private final long gapMarginMillis;
    private final OptionalLong collectedUntilMillis;
    private final Lw4o6Elements elements;
    private final IpfixDecoder decoder;
    private final LinkedHashMap<InetSocketAddress, Session> sessions = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<Origin, Long> heardMillis = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<Origin, Long> lastMessageMillis = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, Long> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** What a waiting set costs beyond its octets. */
    private static final int WAITING_SET_OCTETS = 256;

    private long waitingOctetsOfAll;

    /** Observation domains of a session whose sequence is watched at a time. */
    private static final int MAX_DOMAINS = 256;

    private record Origin(String exporter, int observationDomain) {}

    private record WaitingSet(MessageHeader header, long sequence, int setId, ByteBuf octets, long receivedMillis) {

        byte[] copy() {
            return ByteBufUtil.getBytes(octets);
        }

        int cost() {
            return octets.readableBytes() + WAITING_SET_OCTETS;
        }
    }

    /** @param collectedUntilMillis until when collectors collected before this one; empty if there was none */
    IpfixIntake(
            IpfixSettings settings,
            long enterprise,
            InstantSource clock,
            Outbox outbox,
            GapBoard gapBoard,
            SkewWatch skewWatch,
            Tally tally,
            long gapMarginMillis,
            OptionalLong collectedUntilMillis) {
        this.settings = settings;
        this.clock = clock;
        this.outbox = outbox;
        this.gapBoard = gapBoard;
        this.skewWatch = skewWatch;
        this.tally = tally;
        this.gapMarginMillis = gapMarginMillis;
        this.collectedUntilMillis = collectedUntilMillis;
        batch = outbox.new Batch();
        elements = Lw4o6Elements.of(enterprise);
        decoder = new IpfixDecoder(ElementRegistry.iana().with(elements.all()));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket datagram) {
        take(datagram.sender(), datagram.content());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        batch.flush();
        context.fireChannelReadComplete();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.warn("IPFIX over UDP: {}", cause.toString());
    }

    void take(InetSocketAddress sender, ByteBuf datagram) {
        long now = clock.millis();
        if (!outbox.hasRoom()) {
            tally.count(Counter.DROPPED_DATAGRAMS);
            gapBoard.report(
                    Addresses.text(sender),
                    domainOf(datagram),
                    ExporterGap.Cause.NOT_COLLECTED,
                    now - gapMarginMillis,
                    now,
                    0);
            return;
        }
        Session session = sessions.get(sender);
        if (session == null) {
            session = new Session(Addresses.text(sender));
            sessions.put(sender, session);
            if (sessions.size() > settings.maxSessions()) {
                Iterator<Session> eldest = sessions.values().iterator();
                eldest.next().close(now);
                eldest.remove();
            }
        }
        session.take(datagram, now);
    }

    /** Since when data wait whose templates are unknown; {@link Long#MAX_VALUE} if none do. */
    long waitingSinceMillis() {
        long since = Long.MAX_VALUE;
        for (Session session : sessions.values()) {
            WaitingSet eldest = session.waiting.peek();
            if (eldest != null) {
                since = Math.min(since, eldest.receivedMillis());
            }
        }
        return since;
    }

    /** Exporters of bindings that are silent, those that are longest first. */
    List<CollectorMark.Silence> silences() {
        long latest = clock.millis() - settings.silence().toMillis();
        List<CollectorMark.Silence> silences = new ArrayList<>();
        for (Map.Entry<Origin, Long> heard : heardMillis.entrySet()) {
            // The map is in the order of hearing.
            if (heard.getValue() > latest) {
                break;
            }
            silences.add(CollectorMark.Silence.newBuilder()
                    .setExporter(
                            silences.size() < MAX_SILENCES - 1 ? heard.getKey().exporter() : GapBoard.ANY_EXPORTER)
                    .setObservationDomain(
                            silences.size() < MAX_SILENCES - 1 ? heard.getKey().observationDomain() : 0)
                    .setSinceMillis(Math.max(0, heard.getValue() - gapMarginMillis))
                    .build());
            if (silences.size() == MAX_SILENCES) {
                break;
            }
        }
        return silences;
    }

    private void onHeard(Origin origin, long now) {
        Long before = heardMillis.put(origin, now);
        if (before != null && now - before >= settings.silence().toMillis()) {
            reportSilence(origin, before, now);
        }
        if (heardMillis.size() > MAX_REMEMBERED) {
            forgetLongestSilent(now);
        }
    }

    private void forgetLongestSilent(long now) {
        Map.Entry<Origin, Long> eldest = heardMillis.entrySet().iterator().next();
        heardMillis.remove(eldest.getKey());
        if (now - eldest.getValue() >= settings.silence().toMillis()) {
            reportSilence(eldest.getKey(), eldest.getValue(), now);
        }
    }

    private void reportSilence(Origin origin, long lastMillis, long now) {
        gapBoard.report(
                origin.exporter(),
                origin.observationDomain(),
                ExporterGap.Cause.SILENT,
                lastMillis - gapMarginMillis,
                now,
                0);
    }

    /** Does what time demands: publishes gaps, gives up waiting sets, forgets idle sessions. On the event loop. */
    void expire() {
        long now = clock.millis();
        Iterator<Session> oldestFirst = sessions.values().iterator();
        while (oldestFirst.hasNext()) {
            Session session = oldestFirst.next();
            session.expire(now);
            if (session.lastMillis + settings.sessionIdle().toMillis() < now) {
                session.close(now);
                oldestFirst.remove();
            }
        }
        while (!heardMillis.isEmpty()
                && heardMillis.values().iterator().next()
                                + settings.silenceForgotten().toMillis()
                        < now) {
            forgetLongestSilent(now);
        }
        batch.flush();
    }

    /** Publishes what is still open. On the event loop, or after it has ended. */
    void close() {
        long now = clock.millis();
        sessions.values().forEach(session -> session.close(now));
        sessions.clear();
        batch.flush();
    }

    private static int domainOf(ByteBuf datagram) {
        int start = datagram.readerIndex();
        return datagram.readableBytes() >= MessageHeader.LENGTH
                        && datagram.getUnsignedShort(start) == MessageHeader.IPFIX_VERSION
                ? datagram.getInt(start + 12)
                : 0;
    }

    /** One transport session. */
    private final class Session implements IpfixVisitor {
        private final String exporter;
        private final TemplateStore templates = new TemplateStore(TemplateStore.Session.UNRELIABLE);
        private final LongObjectHashMap<BindingTemplate> bindingTemplates = new LongObjectHashMap<>();
        private final Map<Integer, Domain> domains = new LinkedHashMap<>(8, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Integer, Domain> eldest) {
                if (size() <= MAX_DOMAINS) {
                    return false;
                }
                eldest.getValue().close();
                return true;
            }
        };
        private final Deque<WaitingSet> waiting = new ArrayDeque<>();
        private final List<Template> arrived = new ArrayList<>();
        private long waitingOctets;
        private long lastMillis;

        // Of the message at hand.
        private long receivedMillis;
        private int records;
        private MessageHeader header = new MessageHeader(MessageHeader.IPFIX_VERSION, 0, 0, 0, 0);
        private int templateId;
        private @Nullable BindingTemplate bindingTemplate;

        Session(String exporter) {
            this.exporter = exporter;
        }

        void take(ByteBuf datagram, long now) {
            lastMillis = now;
            receivedMillis = now;
            int domain = domainOf(datagram);
            byte[] whole = null;
            while (datagram.isReadable()) {
                int start = datagram.readerIndex();
                int end = datagram.writerIndex();
                records = 0;
                bindingTemplate = null;
                try {
                    decoder.decode(datagram, templates, this);
                    tally.count(Counter.IPFIX_MESSAGES);
                    onMessageEnd();
                    decodeWaiting();
                } catch (IpfixException e) {
                    whole = ByteBufUtil.getBytes(datagram, start, end - start);
                    unusable(Counter.UNDECODABLE_IPFIX_MESSAGE, String.valueOf(e.getMessage()), domain, whole, now);
                    return;
                } catch (RuntimeException e) {
                    LOG.error("The collector failed on an IPFIX message of {}", exporter, e);
                    whole = ByteBufUtil.getBytes(datagram, start, end - start);
                    unusable(Counter.UNDECODABLE_BY_FAULT, "the collector failed on it: " + e, domain, whole, now);
                    return;
                }
            }
        }

        @Override
        public void onMessage(MessageHeader messageHeader) {
            header = messageHeader;
        }

        @Override
        public void onTemplate(TemplateChange change, Template changed) {
            if (change == TemplateChange.DEFINED || change == TemplateChange.REPLACED) {
                tally.count(Counter.IPFIX_TEMPLATES);
                arrived.add(changed);
                if (changed.has(Iana.NAT_EVENT)) {
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
            Evidence evidence = evidence((int) header.observationDomainId(), record.rawOctets(), receivedMillis)
                    .setSequence((int) record.sequenceNumber())
                    .setTemplateId(templateId)
                    .build();
            Reading reading = bindingTemplate.read(record);
            if (reading instanceof Reading.Binding binding) {
                reading = binding.receivedAt(receivedMillis, Counter.UNDECODABLE_IPFIX_RECORD);
            }
            switch (reading) {
                case Reading.Binding binding -> batch.add(binding.fact().toEvent(evidence));
                case Reading.Condition condition ->
                    batch.add(condition.condition().toBuilder()
                            .setEvidence(evidence)
                            .build());
                case Reading.Usage usage ->
                    batch.add(usage.usage().toBuilder().setEvidence(evidence).build());
                case Reading.NoBinding noBinding -> {
                    batch.add(noBinding, evidence);
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

        private BindingTemplate bindingTemplateOf(Template template) {
            BindingTemplate known = bindingTemplates.get(keyOf(template));
            if (known == null) {
                known = new BindingTemplate(template, elements);
                bindingTemplates.put(keyOf(template), known);
            }
            return known;
        }

        private long keyOf(Template template) {
            return header.observationDomainId() << 16 | template.id();
        }

        @Override
        public void onUnknownSet(int setId, ByteBuf octets) {
            if (!octets.isReadable()) {
                return;
            }
            WaitingSet set = new WaitingSet(
                    header,
                    (header.sequenceNumber() + records) & 0xffff_ffffL,
                    setId,
                    Unpooled.copiedBuffer(octets),
                    receivedMillis);
            waiting.add(set);
            waitingOctets += set.cost();
            waitingOctetsOfAll += set.cost();
            // Whoever fills the room of all gives way himself: others' data cannot be crowded out.
            while (waitingOctets > settings.waitingOctetsPerSession()
                    || (waitingOctetsOfAll > settings.waitingOctets() && !waiting.isEmpty())) {
                giveUpEldest("there was no room to wait any longer for its template");
            }
        }

        private void onMessageEnd() {
            tally.add(Counter.IPFIX_RECORDS, records);
            int domain = (int) header.observationDomainId();
            long exportMillis = header.exportTimeSeconds() * 1000;
            Domain its = domain(domain);
            boolean isInOrder = its.onMessage(header, records, receivedMillis);
            if (!isInOrder) {
                tally.count(Counter.LATE_MESSAGES);
            }
            Origin origin = new Origin(exporter, domain);
            lastMessageMillis.put(origin, Math.min(receivedMillis, exportMillis));
            if (its.isSpeakingOfBindings) {
                if (isInOrder) {
                    skewWatch.compare(exporter, domain, exportMillis, exportMillis + 999, receivedMillis);
                }
                onHeard(origin, receivedMillis);
            }
        }

        private Domain domain(int id) {
            Domain known = domains.get(id);
            if (known == null) {
                known = new Domain(exporter, id);
                // One that gave way to others may have defined its templates long ago.
                if (templates.anyHas(Integer.toUnsignedLong(id), Iana.NAT_EVENT)) {
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
                long domain = header.observationDomainId();
                List<WaitingSet> ready = new ArrayList<>();
                waiting.removeIf(set -> {
                    boolean isReady = set.setId() == came.id() && set.header().observationDomainId() == domain;
                    if (isReady) {
                        ready.add(set);
                        noLongerWaits(set);
                    }
                    return isReady;
                });
                ready.forEach(this::decodeLate);
            }
        }

        private void decodeLate(WaitingSet set) {
            MessageHeader original = set.header();
            int length = MessageHeader.LENGTH + 4 + set.octets().readableBytes();
            ByteBuf message = Unpooled.buffer(length)
                    .writeShort(MessageHeader.IPFIX_VERSION)
                    .writeShort(length)
                    .writeInt((int) original.exportTimeSeconds())
                    .writeInt((int) set.sequence())
                    .writeInt((int) original.observationDomainId())
                    .writeShort(set.setId())
                    .writeShort(set.octets().readableBytes() + 4)
                    .writeBytes(set.octets(), 0, set.octets().readableBytes());
            MessageHeader current = header;
            long currentReceivedMillis = receivedMillis;
            receivedMillis = set.receivedMillis();
            records = 0;
            bindingTemplate = null;
            try {
                decoder.decode(message, templates, this);
                tally.add(Counter.IPFIX_RECORDS, records);
                domain((int) original.observationDomainId()).onDecodedLater(set.sequence(), records);
            } catch (IpfixException e) {
                giveUp(set, "set " + set.setId() + " does not fit the template that came later: " + e.getMessage());
            } finally {
                header = current;
                receivedMillis = currentReceivedMillis;
            }
        }

        private void giveUpEldest(String why) {
            WaitingSet set = waiting.remove();
            noLongerWaits(set);
            giveUp(set, "set " + set.setId() + " has no template, and " + why);
        }

        private void noLongerWaits(WaitingSet set) {
            waitingOctets -= set.cost();
            waitingOctetsOfAll -= set.cost();
        }

        private void giveUp(WaitingSet set, String reason) {
            Evidence evidence = evidence((int) set.header().observationDomainId(), set.copy(), set.receivedMillis())
                    .setSequence((int) set.sequence())
                    .setTemplateId(set.setId())
                    .build();
            batch.add(
                    new Reading.NoBinding(
                            Counter.UNDECODABLE_NO_TEMPLATE,
                            reason + " (the octets are the set's, without its header)"),
                    evidence);
            long exportMillis = set.header().exportTimeSeconds() * 1000;
            gapBoard.report(
                    exporter,
                    (int) set.header().observationDomainId(),
                    ExporterGap.Cause.UNDECODABLE,
                    Math.min(set.receivedMillis(), exportMillis) - gapMarginMillis,
                    Math.max(set.receivedMillis(), exportMillis + 999),
                    0);
        }

        void expire(long now) {
            while (!waiting.isEmpty()
                    && waiting.element().receivedMillis()
                                    + settings.templateWait().toMillis()
                            <= now) {
                giveUpEldest("none came within " + settings.templateWait().toSeconds() + " s");
            }
            domains.forEach((id, domain) -> {
                if (!isWaiting(id)) {
                    domain.expire(now);
                }
            });
        }

        private boolean isWaiting(int domain) {
            for (WaitingSet set : waiting) {
                if ((int) set.header().observationDomainId() == domain) {
                    return true;
                }
            }
            return false;
        }

        void close(long now) {
            while (!waiting.isEmpty()) {
                giveUpEldest("the session ended before one came");
            }
            expire(now);
            domains.values().forEach(Domain::close);
        }

        private void unusable(Counter counter, String reason, int domain, byte[] octets, long now) {
            batch.add(
                    new Reading.NoBinding(counter, reason),
                    evidence(domain, octets, now).build());
            reportUndecodable(domain, now / 1000, OptionalLong.empty(), 0);
        }

        private void reportUndecodable(
                int domain, long exportTimeSeconds, OptionalLong eventTimeMillis, long lostRecords) {
            gapBoard.reportLost(
                    exporter,
                    domain,
                    ExporterGap.Cause.UNDECODABLE,
                    eventTimeMillis,
                    receivedMillis,
                    Math.min(receivedMillis, exportTimeSeconds * 1000) - gapMarginMillis,
                    Math.max(receivedMillis, exportTimeSeconds * 1000 + 999),
                    lostRecords);
        }

        private Evidence.Builder evidence(int domain, byte[] octets, long at) {
            return Outbox.evidence(exporter, Evidence.Transport.IPFIX_UDP, at, UnsafeByteOperations.unsafeWrap(octets))
                    .setObservationDomain(domain);
        }
    }

    /** One observation domain in a session. */
    private final class Domain {
        private final String exporter;
        private final int id;
        private final List<ExporterGap> heldBack = new ArrayList<>();
        private @Nullable SequenceTracker tracker;
        private boolean isSpeakingOfBindings;

        Domain(String exporter, int id) {
            this.exporter = exporter;
            this.id = id;
        }

        boolean onMessage(MessageHeader header, int records, long receivedMillis) {
            long exportMillis = header.exportTimeSeconds() * 1000;
            if (tracker == null) {
                tracker = begin(header.sequenceNumber(), exportMillis, receivedMillis);
            }
            return tracker.onMessage(header.sequenceNumber(), records, exportMillis, receivedMillis);
        }

        private SequenceTracker begin(long sequence, long exportMillis, long receivedMillis) {
            SequenceTracker begun = new SequenceTracker(
                    settings.reorderWindow().toMillis(), this::report, sequence, exportMillis, receivedMillis);
            Long before = lastMessageMillis.get(new Origin(exporter, id));
            if (before != null) {
                report(ExporterGap.Cause.RESTART, before, Math.max(receivedMillis, exportMillis + 999), 0);
                begun.expectFromZero(before);
            } else if (collectedUntilMillis.isPresent()) {
                report(ExporterGap.Cause.NOT_COLLECTED, collectedUntilMillis.getAsLong(), receivedMillis, 0);
            } else {
                begun.expectFromZero(0);
            }
            return begun;
        }

        private void report(ExporterGap.Cause cause, long fromMillis, long toMillis, long lostRecords) {
            if (isSpeakingOfBindings) {
                gapBoard.report(exporter, id, cause, fromMillis - gapMarginMillis, toMillis, lostRecords);
                return;
            }
            // One for each cause is enough: they are joined before it is known whether anybody wants them.
            ExporterGap held = ExporterGap.newBuilder()
                    .setCause(cause)
                    .setFromMillis(fromMillis)
                    .setToMillis(toMillis)
                    .setLostRecords(lostRecords)
                    .build();
            for (int i = 0; i < heldBack.size(); i++) {
                ExporterGap other = heldBack.get(i);
                if (other.getCause() == cause) {
                    heldBack.set(
                            i,
                            held.toBuilder()
                                    .setFromMillis(Math.min(fromMillis, other.getFromMillis()))
                                    .setToMillis(Math.max(toMillis, other.getToMillis()))
                                    .setLostRecords(lostRecords + other.getLostRecords())
                                    .build());
                    return;
                }
            }
            heldBack.add(held);
        }

        void speakOfBindings() {
            if (!isSpeakingOfBindings) {
                isSpeakingOfBindings = true;
                heldBack.forEach(
                        gap -> report(gap.getCause(), gap.getFromMillis(), gap.getToMillis(), gap.getLostRecords()));
                heldBack.clear();
            }
        }

        void onDecodedLater(long sequence, int records) {
            if (tracker != null) {
                tracker.onDecodedLater(sequence, records);
            }
        }

        void expire(long now) {
            if (tracker != null) {
                tracker.expire(now);
            }
        }

        void close() {
            if (tracker != null) {
                tracker.close();
            }
        }
    }
}
