package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.NetflowV9Decoder;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.v1.Evidence;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of exporters that send datagrams (RFC 7011 §10.3): one for each address, port and
 * protocol, IPFIX or NetFlow v9, which a datagram's version tells. Datagrams may come from a
 * socket or from a capture; nothing here reads a clock. For one thread.
 */
final class ExporterSessions {

    private static final Logger LOG = LoggerFactory.getLogger(ExporterSessions.class);

    private static final LogPace FORGOTTEN = new LogPace();

    /** How often templates are kept. */
    private static final long KEEP_MILLIS = 60_000;

    private final SessionContext context;
    private final IpfixDecoder ipfix;
    private final NetflowV9Decoder netflow;
    private final Readings batch;
    private String file;
    private final ElementRegistry registry;
    private final @Nullable TemplateKeeper keeper;
    private final LinkedHashMap<TemplateKeeper.Key, ExporterSession> sessions = new LinkedHashMap<>(64, 0.75f, true);
    private long templateFields;
    private long keptMillis;
    private boolean hasTaken;

    /**
     * No sessions yet.
     *
     * @param file as in {@link SessionSource}
     * @param keeper keeps templates beyond the process; null if they need not be kept
     */
    ExporterSessions(
            SessionContext context,
            ElementRegistry registry,
            Readings batch,
            String file,
            @Nullable TemplateKeeper keeper) {
        this.context = context;
        this.registry = registry;
        this.keeper = keeper;
        this.ipfix = new IpfixDecoder(registry);
        this.netflow = new NetflowV9Decoder(registry);
        this.batch = batch;
        this.file = file;
    }

    /**
     * Takes a datagram.
     *
     * @param transport as the evidence is to say it; for NetFlow v9, IPFIX_UDP becomes NETFLOW_V9_UDP
     * @param now when it was received, not before an earlier one's time
     */
    void take(InetSocketAddress sender, Evidence.Transport transport, ByteBuf datagram, long now) {
        boolean isNetflow = ExporterSession.versionOf(datagram) == NetflowV9Decoder.VERSION;
        TemplateKeeper.Key key =
                new TemplateKeeper.Key(sender, isNetflow ? NetflowV9Decoder.VERSION : MessageHeader.IPFIX_VERSION);
        ExporterSession session = sessions.get(key);
        long fieldsBefore = session == null ? 0 : session.templateFields();
        if (session == null) {
            session = begin(key, transport, now);
            sessions.put(key, session);
            if (sessions.size() > context.settings().maxSessions()) {
                forget(sessions.firstEntry().getKey(), now);
            }
        }
        session.take(datagram, now);
        templateFields += session.templateFields() - fieldsBefore;
        while (templateFields > context.settings().maxTemplateFields()) {
            forgetHeaviest(now);
        }
        hasTaken = true;
    }

    private void forget(TemplateKeeper.Key key, long now) {
        ExporterSession session = Objects.requireNonNull(sessions.remove(key));
        templateFields -= session.templateFields();
        session.close(now);
    }

    /** Whoever has most templates gives way: others' cannot be crowded out. */
    private void forgetHeaviest(long now) {
        TemplateKeeper.Key heaviest = null;
        int most = -1;
        for (Map.Entry<TemplateKeeper.Key, ExporterSession> session : sessions.entrySet()) {
            if (session.getValue().templateFields() > most) {
                most = session.getValue().templateFields();
                heaviest = session.getKey();
            }
        }
        long times = FORGOTTEN.cause();
        if (times > 0) {
            LOG.warn(
                    "IPFIX: forgot the templates of {}, {} fields: there are too many of all exporters"
                            + " (max-template-fields; {} such since this was said last)",
                    heaviest == null ? "" : Addresses.text(heaviest.sender()),
                    most,
                    times);
        }
        forget(Objects.requireNonNull(heaviest), now);
    }

    /** What comes now is from another file, which continues those before. */
    void continueIn(String nextFile) {
        file = nextFile;
        sessions.values().forEach(session -> session.continueIn(nextFile));
    }

    private ExporterSession begin(TemplateKeeper.Key key, Evidence.Transport transport, long now) {
        boolean isNetflow = key.version() == NetflowV9Decoder.VERSION;
        ExporterSession session = new ExporterSession(
                context,
                new SessionSource(
                        Addresses.text(key.sender()),
                        isNetflow && transport == Evidence.Transport.IPFIX_UDP
                                ? Evidence.Transport.NETFLOW_V9_UDP
                                : transport,
                        file),
                TemplateStore.Session.UNRELIABLE,
                key.version(),
                isNetflow ? netflow : ipfix,
                batch);
        byte[] kept = keeper == null ? null : keeper.take(key.sender(), key.version());
        if (kept != null) {
            try {
                session.read(new DataInputStream(new ByteArrayInputStream(kept)), registry, now);
            } catch (IOException e) {
                // The file was as it was written; what cannot be read was another version's.
                LOG.warn("Templates kept of {} cannot be used: {}", key.sender(), e.toString());
            }
        }
        return session;
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
        long fields = 0;
        Iterator<ExporterSession> oldestFirst = sessions.values().iterator();
        while (oldestFirst.hasNext()) {
            ExporterSession session = oldestFirst.next();
            session.expire(now);
            if (session.lastMillis() + context.settings().sessionIdle().toMillis() < now) {
                session.close(now);
                oldestFirst.remove();
            } else {
                fields += session.templateFields();
            }
        }
        templateFields = fields;
        batch.flush();
        if (keeper != null && hasTaken && keptMillis + KEEP_MILLIS <= now) {
            keeper.keep(sessions.reversed());
            keptMillis = now;
            hasTaken = false;
        }
    }

    /** Publishes what is still open. */
    void close(long now) {
        if (keeper != null) {
            keeper.keepNow(sessions.reversed());
        }
        sessions.values().forEach(session -> session.close(now));
        sessions.clear();
        templateFields = 0;
        batch.flush();
    }
}
