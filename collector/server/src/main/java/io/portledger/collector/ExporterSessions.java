package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.v1.Evidence;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;

/**
 * The sessions of exporters that send datagrams (RFC 7011 §10.3): one for each address and port. Datagrams may come from a
 * socket or from a capture; nothing here reads a clock. For one thread.
 */
final class ExporterSessions {

    private final SessionContext context;
    private final IpfixDecoder decoder;
    private final Outbox.Batch batch;
    private final String file;
    private final LinkedHashMap<InetSocketAddress, ExporterSession> sessions = new LinkedHashMap<>(64, 0.75f, true);

    /**
     * No sessions yet.
     *
     * @param file as in {@link SessionSource}
     */
    ExporterSessions(SessionContext context, IpfixDecoder decoder, Outbox.Batch batch, String file) {
        this.context = context;
        this.decoder = decoder;
        this.batch = batch;
        this.file = file;
    }

    /**
     * Takes a datagram.
     *
     * @param transport as the evidence is to say it
     * @param now when it was received, not before an earlier one's time
     */
    void take(InetSocketAddress sender, Evidence.Transport transport, ByteBuf datagram, long now) {
        ExporterSession session = sessions.get(sender);
        if (session == null) {
            session = new ExporterSession(
                    context,
                    new SessionSource(Addresses.text(sender), transport, file),
                    TemplateStore.Session.UNRELIABLE,
                    decoder,
                    batch);
            sessions.put(sender, session);
            if (sessions.size() > context.settings().maxSessions()) {
                Iterator<ExporterSession> eldest = sessions.values().iterator();
                eldest.next().close(now);
                eldest.remove();
            }
        }
        session.take(datagram, now);
    }

    /** Hands over what the records said. */
    void flush() {
        batch.flush();
    }

    /** Since when data wait whose templates are unknown; {@link Long#MAX_VALUE} if none do. */
    long waitingSinceMillis() {
        long since = Long.MAX_VALUE;
        for (ExporterSession session : sessions.values()) {
            since = Math.min(since, session.waitingSinceMillis());
        }
        return since;
    }

    /** Does what time demands: publishes gaps, gives up waiting sets, forgets idle sessions. */
    void expire(long now) {
        Iterator<ExporterSession> oldestFirst = sessions.values().iterator();
        while (oldestFirst.hasNext()) {
            ExporterSession session = oldestFirst.next();
            session.expire(now);
            if (session.lastMillis() + context.settings().sessionIdle().toMillis() < now) {
                session.close(now);
                oldestFirst.remove();
            }
        }
        batch.flush();
    }

    /** Publishes what is still open. */
    void close(long now) {
        sessions.values().forEach(session -> session.close(now));
        sessions.clear();
        batch.flush();
    }
}
