package io.portledger.lwaftr.export;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.lwaftr.export.SyslogReceiver.Transport;
import io.portledger.syslog.SyslogMessage;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Exports binding changes to one receiver as syslog messages (RFC 5424), one for each change.
 *
 * <p>Over TCP, what was not yet handed to the network when the connection broke is sent again by the next one. What the
 * network had taken and the receiver never read is lost without anyone knowing: syslog has no acknowledgements.
 */
public final class SyslogExporter extends BindingExporter {

    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int TYPICAL_MESSAGE_OCTETS = 512;

    private final Transport transport;
    private final NatSyslogMessages format;

    // Confined to the event loop. Over TCP, messages in the order of their writing whose write has not ended.
    private final ArrayDeque<SyslogMessage> underWay = new ArrayDeque<>();
    private final ArrayDeque<SyslogMessage> again = new ArrayDeque<>();

    private SyslogExporter(EventLoop loop, SyslogReceiver receiver, ExportSettings export) {
        super(loop, "syslog export", receiver.address(), export.syslog().queueMessages(), 0, 1);
        this.transport = receiver.transport();
        String hostname = export.syslog().hostname();
        this.format = new NatSyslogMessages(
                hostname == null ? hostnameOfThisMachine() : hostname,
                Long.toString(ProcessHandle.current().pid()),
                export.enterpriseNumber(),
                export.natInstance());
    }

    /**
     * Begins to send.
     *
     * @param loop the thread that sends
     */
    public static SyslogExporter start(EventLoop loop, SyslogReceiver receiver, ExportSettings export) {
        SyslogExporter exporter = new SyslogExporter(loop, receiver, export);
        exporter.start();
        return exporter;
    }

    @Override
    Bootstrap bootstrap() {
        return transport == Transport.UDP
                ? new Bootstrap().channel(NioDatagramChannel.class)
                : new Bootstrap()
                        .channel(NioSocketChannel.class)
                        .option(ChannelOption.SO_KEEPALIVE, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS);
    }

    @Override
    void opened(Channel newChannel) {
        // A receiver needs no introduction.
    }

    @Override
    void lost() {
        // By now every write has failed; what is left under way stands in order.
        while (!underWay.isEmpty()) {
            again.addFirst(underWay.removeLast());
        }
    }

    @Override
    void failed() {
        // Nothing to make up for: each message stands for itself.
    }

    @Override
    boolean isUnderWay() {
        return !underWay.isEmpty() || !again.isEmpty();
    }

    @Override
    int abandon() {
        int given = underWay.size() + again.size();
        underWay.clear();
        again.clear();
        return given;
    }

    @Override
    void drain(Channel to) {
        while (to.isWritable()) {
            SyslogMessage message = next();
            if (message == null) {
                break;
            }
            ByteBuf octets = to.alloc().buffer(TYPICAL_MESSAGE_OCTETS);
            write(message, octets);
            underWay.addLast(message);
            to.write(octets).addListener((ChannelFuture written) -> ended(written));
        }
        to.flush();
    }

    @Override
    void dropped() {
        // Counted by the exporter; syslog has no way to tell.
    }

    @Override
    int otherQueuedCount() {
        return 0;
    }

    private @Nullable SyslogMessage next() {
        SyslogMessage message = again.pollFirst();
        while (message == null) {
            SendQueue.Entry<BindingChange> change = queue.poll();
            SendQueue.Entry<PoolEvent> event = change == null ? poolEvents.poll() : null;
            if (change == null && event == null) {
                return null;
            }
            try {
                message = change != null ? format.of(change.what()) : event != null ? format.of(event.what()) : null;
            } catch (IllegalArgumentException e) {
                drops.incrementAndGet();
                warn("cannot be written: " + (change != null ? change : event) + ": " + e.getMessage());
            }
        }
        return message;
    }

    private void ended(ChannelFuture written) {
        if (written.isSuccess()) {
            underWay.pollFirst();
            records.incrementAndGet();
            messages.incrementAndGet();
        } else if (transport == Transport.UDP) {
            if (underWay.pollFirst() != null) {
                drops.incrementAndGet();
            }
            socketError(written.cause());
        }
        // Over TCP a write fails only because the connection is lost, and then lost() takes back what is under way.
    }

    private void write(SyslogMessage message, ByteBuf out) {
        switch (transport) {
            case UDP -> message.writeTo(out);
            case TCP -> message.writeOctetCounted(out);
            case TCP_LINES -> {
                message.writeTo(out);
                // A line feed within the message would end it; only a subscriber's name could have one.
                for (int i = out.readerIndex(); i < out.writerIndex(); i++) {
                    if (out.getByte(i) == '\n') {
                        out.setByte(i, ' ');
                    }
                }
                out.writeByte('\n');
            }
        }
    }

    private static @Nullable String hostnameOfThisMachine() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return ExportSettings.isHostname(name) ? name : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
