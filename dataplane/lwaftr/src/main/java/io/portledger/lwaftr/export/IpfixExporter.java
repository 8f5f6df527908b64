package io.portledger.lwaftr.export;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.settings.HostPort;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Exports binding changes to one collector by IPFIX over UDP (RFC 7011, RFC 8158), in one transport session.
 *
 * <p><b>Templates</b> are sent several times before the first record, again in every template interval, and after any
 * sign that the collector was not there. <b>Sequence numbers</b> count data records, those that were dropped included:
 * the collector sees a gap where records are missing. <b>Messages</b> are filled with what comes within a short delay.
 * <b>Statistics</b> (RFC 7011 §4) go with each repetition of the templates: the first copies come before there is anything
 * to tell.
 *
 * <p>Changes of bindings go first, then what happens to service classes, then what bindings carried. The last is in an
 * observation domain of its own, so that what is lost of it is no gap among the changes.
 */
public final class IpfixExporter extends BindingExporter {

    /** How many copies of the templates precede the first record; datagrams of a silent session get lost easily. */
    static final int TEMPLATE_COPIES = 3;

    /** By this bit the observation domain of what bindings carried differs from that of events. */
    static final long USAGE_DOMAIN = 0x8000_0000L;

    /** Octets of the commonest record, to tell when a message is likely to be full. */
    private static final int TYPICAL_RECORD_OCTETS = 57;

    private final ExportSettings.Ipfix settings;
    private final BindingTemplates templates;
    private final PoolTemplates poolTemplates;
    private final UsageTemplates usageTemplates;
    private final Template statistics;
    private final RecordMapping<Domain> statisticsMapping;
    private final SendQueue<BindingUsage> usages;
    private final Domain events;

    /** Null if nobody is told what bindings carried. */
    private final @Nullable Domain usage;

    private final InstantSource clock;

    // Confined to the event loop.
    private int templateCopiesDue;
    private boolean isStatisticsDue;
    private int messagesUnderWay;

    private IpfixExporter(EventLoop loop, HostPort collector, ExportSettings export, InstantSource clock) {
        super(
                loop,
                "IPFIX export",
                collector,
                export.ipfix().queueRecords(),
                export.ipfix().maxDelay().toMillis(),
                Math.max(1, export.ipfix().maxMessageOctets() / TYPICAL_RECORD_OCTETS));
        this.settings = export.ipfix();
        this.templates = new BindingTemplates(export.enterpriseNumber(), export.natInstance());
        this.poolTemplates = new PoolTemplates(Template.MIN_ID + BindingTemplates.COUNT, export.natInstance());
        int next = Template.MIN_ID + BindingTemplates.COUNT + PoolTemplates.COUNT;
        this.usageTemplates = new UsageTemplates(
                next,
                export.enterpriseNumber(),
                export.natInstance(),
                export.ipfix().usageSampling() > 0);
        this.statistics = Template.ofOptions(
                next + UsageTemplates.COUNT,
                1,
                Iana.EXPORTING_PROCESS_ID,
                Iana.EXPORTED_MESSAGE_TOTAL_COUNT,
                Iana.EXPORTED_FLOW_RECORD_TOTAL_COUNT,
                Iana.NOT_SENT_FLOW_TOTAL_COUNT);
        long process = ProcessHandle.current().pid() & 0xffff_ffffL;
        this.statisticsMapping = (domain, fields) -> fields.putUnsigned(process)
                .putUnsigned(domain.messagesSent)
                .putUnsigned(domain.recordsSent)
                .putUnsigned(domain.recordsDropped.get());
        this.usages = new SendQueue<>(settings.queueRecords());
        List<Template> ofEvents = new ArrayList<>(templates.all());
        ofEvents.addAll(poolTemplates.all());
        this.events = new Domain(settings.observationDomain(), ofEvents);
        this.usage = settings.tellsUsage()
                ? new Domain(settings.observationDomain() ^ USAGE_DOMAIN, usageTemplates.all())
                : null;
        this.clock = clock;
    }

    /**
     * Begins a transport session.
     *
     * @param loop the thread that sends
     * @param clock the time of the messages
     */
    public static IpfixExporter start(EventLoop loop, HostPort collector, ExportSettings export, InstantSource clock) {
        IpfixExporter exporter = new IpfixExporter(loop, collector, export, clock);
        exporter.start();
        return exporter;
    }

    @Override
    Bootstrap bootstrap() {
        return new Bootstrap().channel(NioDatagramChannel.class);
    }

    @Override
    void opened(Channel newChannel) {
        templateCopiesDue = TEMPLATE_COPIES;
        sendTemplates(newChannel);
        newChannel.flush();
        long intervalMillis = settings.templateInterval().toMillis();
        var refresh = newChannel
                .eventLoop()
                .scheduleAtFixedRate(
                        () -> {
                            templateCopiesDue = Math.max(1, templateCopiesDue);
                            isStatisticsDue = true;
                            drainIfOpen();
                        },
                        intervalMillis,
                        intervalMillis,
                        TimeUnit.MILLISECONDS);
        newChannel.closeFuture().addListener(_ -> refresh.cancel(false));
    }

    @Override
    void lost() {
        // Messages under way fail one by one, and are counted there.
    }

    /** Port unreachable: a collector that starts now has no templates. */
    @Override
    void failed() {
        templateCopiesDue = Math.max(1, templateCopiesDue);
    }

    @Override
    boolean isUnderWay() {
        return messagesUnderWay > 0;
    }

    @Override
    void dropped() {
        events.recordsDropped.incrementAndGet();
    }

    @Override
    int abandon() {
        int given = 0;
        while (usages.poll() != null) {
            given++;
        }
        return given;
    }

    @Override
    int otherQueuedCount() {
        return usages.size();
    }

    /** Takes what a binding carried, from any thread; neither blocks nor throws. */
    void onUsage(BindingUsage what, boolean isOfAll) {
        Domain domain = usage;
        if (domain == null) {
            return;
        }
        boolean isQueued = !isClosing();
        if (isQueued && isOfAll) {
            usages.add(what);
        } else if (isQueued) {
            isQueued = usages.offer(what);
        }
        if (!isQueued) {
            domain.recordsDropped.incrementAndGet();
        }
        took(isQueued);
    }

    /** Whether half of the room for what bindings carried is free; the other half is for what cannot come later. */
    boolean hasRoomForUsage() {
        return usage != null && usages.isHalfFree();
    }

    @Override
    void drain(Channel to) {
        while (isWritable(to)) {
            sendTemplates(to);
            boolean isSomethingTaken = events.takeOne(
                            queue, change -> templates.of(change.binding()), templates.mapping(), to)
                    || events.takeOne(poolEvents, poolTemplates::of, poolTemplates.mapping(), to)
                    || (usage != null && usage.takeOne(usages, usageTemplates::of, usageTemplates.mapping(), to));
            if (!isSomethingTaken) {
                break;
            }
        }
        events.send(to);
        if (usage != null) {
            usage.send(to);
        }
        to.flush();
    }

    private static boolean isWritable(Channel to) {
        if (!to.isWritable()) {
            to.flush();
        }
        return to.isWritable();
    }

    private void sendTemplates(Channel to) {
        for (; templateCopiesDue > 0; templateCopiesDue--) {
            boolean hasStatistics = isStatisticsDue && templateCopiesDue == 1;
            events.sendTemplates(hasStatistics, to);
            if (usage != null) {
                usage.sendTemplates(hasStatistics, to);
            }
            isStatisticsDue &= !hasStatistics;
        }
    }

    /** One observation domain: its sequence numbers, and the message that is being filled. Confined to the event loop. */
    private final class Domain {
        private final IpfixEncoder encoder;
        private final List<Template> ownTemplates;
        private @Nullable ByteBuf message;
        private int statisticsInMessage;

        private long messagesSent;
        private long recordsSent;

        /** From any thread, if a queue drops. */
        private final AtomicLong recordsDropped = new AtomicLong();

        Domain(long id, List<Template> templates) {
            encoder = new IpfixEncoder(id, settings.maxMessageOctets());
            ownTemplates = new ArrayList<>(templates);
            ownTemplates.add(statistics);
        }

        void sendTemplates(boolean hasStatistics, Channel to) {
            send(to);
            for (Template template : ownTemplates) {
                begin(to);
                if (!encoder.addTemplate(template)) {
                    send(to);
                    begin(to);
                    encoder.addTemplate(template);
                }
            }
            if (hasStatistics) {
                write(statistics, this, statisticsMapping, to);
                statisticsInMessage = 1;
            }
            send(to);
        }

        /** Writes what waits first in a queue; answers whether anything waited. */
        <T> boolean takeOne(SendQueue<T> from, Function<T, Template> template, RecordMapping<T> mapping, Channel to) {
            SendQueue.Entry<T> entry = from.poll();
            long dropped = entry == null ? from.takeDroppedAtEnd() : entry.droppedBefore();
            if (dropped > 0) {
                send(to);
                encoder.skip(dropped);
            }
            if (entry == null) {
                return false;
            }
            try {
                write(template.apply(entry.what()), entry.what(), mapping, to);
            } catch (IllegalArgumentException | ArithmeticException e) {
                send(to);
                encoder.skip(1);
                drop(1);
                warn("cannot be written: " + entry.what() + ": " + e.getMessage());
            }
            return true;
        }

        private <T> void write(Template template, T what, RecordMapping<? super T> mapping, Channel to) {
            begin(to);
            if (!encoder.addRecord(template, what, mapping)) {
                send(to);
                begin(to);
                encoder.addRecord(template, what, mapping);
            }
        }

        private void begin(Channel to) {
            if (message == null) {
                message = to.alloc().buffer(settings.maxMessageOctets());
                encoder.begin(message, clock.instant().getEpochSecond());
            }
        }

        /** Ends the message, if one is begun, and hands it to the socket. */
        void send(Channel to) {
            ByteBuf finished = message;
            if (finished == null) {
                return;
            }
            message = null;
            if (encoder.isEmpty()) {
                encoder.end();
                finished.release();
                return;
            }
            int recordsInMessage = encoder.end() - statisticsInMessage;
            statisticsInMessage = 0;
            messagesUnderWay++;
            to.write(finished).addListener((ChannelFuture written) -> {
                messagesUnderWay--;
                if (written.isSuccess()) {
                    messagesSent++;
                    recordsSent += recordsInMessage;
                    messages.incrementAndGet();
                    records.addAndGet(recordsInMessage);
                } else {
                    drop(recordsInMessage);
                    failed();
                    socketError(written.cause());
                }
            });
        }

        private void drop(int count) {
            recordsDropped.addAndGet(count);
            drops.addAndGet(count);
        }
    }
}
