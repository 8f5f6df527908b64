package io.portledger.lwaftr.export;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.BindingChange;
import io.portledger.settings.HostPort;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Exports binding changes to one collector by IPFIX over UDP (RFC 7011, RFC 8158): one transport session, one
 * observation domain.
 *
 * <p><b>Templates</b> are sent several times before the first record, again in every template interval, and after any
 * sign that the collector was not there. <b>Sequence numbers</b> count data records, those that were dropped included:
 * the collector sees a gap where records are missing. <b>Messages</b> are filled with what comes within a short delay.
 */
public final class IpfixExporter extends BindingExporter {

    /** How many copies of the templates precede the first record; datagrams of a silent session get lost easily. */
    static final int TEMPLATE_COPIES = 3;

    /** Octets of the commonest record, to tell when a message is likely to be full. */
    private static final int TYPICAL_RECORD_OCTETS = 57;

    private final ExportSettings.Ipfix settings;
    private final BindingTemplates templates;
    private final IpfixEncoder encoder;
    private final InstantSource clock;

    // Confined to the event loop.
    private int templateCopiesDue;
    private int messagesUnderWay;
    private @Nullable ByteBuf message;

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
        this.encoder = new IpfixEncoder(settings.observationDomain(), settings.maxMessageOctets());
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
    int abandon() {
        return 0;
    }

    @Override
    void drain(Channel to) {
        while (isWritable(to)) {
            sendTemplates(to);
            ChangeQueue.Entry entry = queue.poll();
            if (entry == null) {
                send(to);
                encoder.skip(queue.takeDroppedAtEnd());
                break;
            }
            if (entry.droppedBefore() > 0) {
                send(to);
                encoder.skip(entry.droppedBefore());
            }
            add(entry.change(), to);
        }
        send(to);
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
            send(to);
            for (Template template : templates.all()) {
                begin(to);
                if (!encoder.addTemplate(template)) {
                    send(to);
                    begin(to);
                    encoder.addTemplate(template);
                }
            }
            send(to);
        }
    }

    private void add(BindingChange change, Channel to) {
        Template template = templates.of(change.binding());
        try {
            begin(to);
            if (!encoder.addRecord(template, change, templates.mapping())) {
                send(to);
                begin(to);
                encoder.addRecord(template, change, templates.mapping());
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            send(to);
            encoder.skip(1);
            drops.incrementAndGet();
            warn("cannot be written: " + change + ": " + e.getMessage());
        }
    }

    private void begin(Channel to) {
        if (message == null) {
            message = to.alloc().buffer(settings.maxMessageOctets());
            encoder.begin(message, clock.instant().getEpochSecond());
        }
    }

    /** Ends the message, if one is begun, and hands it to the socket. */
    private void send(Channel to) {
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
        int recordsInMessage = encoder.end();
        messagesUnderWay++;
        to.write(finished).addListener((ChannelFuture written) -> {
            messagesUnderWay--;
            if (written.isSuccess()) {
                messages.incrementAndGet();
                records.addAndGet(recordsInMessage);
            } else {
                drops.addAndGet(recordsInMessage);
                failed();
                socketError(written.cause());
            }
        });
    }
}
