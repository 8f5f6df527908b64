package io.portledger.lwaftr.radius;

import static io.portledger.radius.RadiusAttribute.ofInteger;

import io.netty.channel.EventLoop;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.radius.IpPortRange;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.Softwire46Configuration;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports bindings to the accounting servers (RFC 2866): Start when a port set is allocated, Interim-Update with the
 * volume so far, Stop with all of it; Accounting-On before the first and Accounting-Off behind the last.
 *
 * <p>Reports of one session go out one after the other. One that no server answers is tried again, with Acct-Delay-Time,
 * until it is answered. They wait in memory; when there are too many, new ones are dropped and counted, interim reports
 * first. Control thread only, but for what is said of {@link #close}.
 */
final class RadiusAccounting {

    private static final Logger log = LoggerFactory.getLogger(RadiusAccounting.class);
    private static final long TICK_MILLIS = 500;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private enum Status {
        START(1),
        STOP(2),
        INTERIM_UPDATE(3),
        ACCOUNTING_ON(7),
        ACCOUNTING_OFF(8);

        final int code;

        Status(int code) {
            this.code = code;
        }
    }

    /** One Accounting-Request to be. */
    record Report(
            @Nullable Session session,
            Status status,
            Instant at,
            @Nullable BindingVolume volume,
            @Nullable TerminateCause cause) {}

    private final EventLoop loop;
    private final RadiusClient client;
    private final RadiusSettings settings;
    private final NasIdentity nas;
    private final BindingTable table;
    private final InstantSource clock;
    private final RadiusCounters counters;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    private final ArrayDeque<Report> unanswered = new ArrayDeque<>();
    private final ArrayDeque<Report> queue = new ArrayDeque<>();
    private final PriorityQueue<Session> interims =
            new PriorityQueue<>(Comparator.comparing((Session session) -> session.nextInterim));
    private int queued;
    private int outstanding;
    private boolean isBegun;
    private boolean isPaused;
    private boolean isEnding;

    /** Whether the servers answer, as far as we know: else one report at a time finds out. */
    private boolean isAnswered;

    RadiusAccounting(
            EventLoop loop,
            RadiusClient client,
            RadiusSettings settings,
            NasIdentity nas,
            BindingTable table,
            InstantSource clock,
            RadiusCounters counters) {
        this.loop = loop;
        this.client = client;
        this.settings = settings;
        this.nas = nas;
        this.table = table;
        this.clock = clock;
        this.counters = counters;
        add(new Report(null, Status.ACCOUNTING_ON, clock.instant(), null, null));
    }

    /** From now on reports are sent, and interim reports made. */
    void goOn() {
        isBegun = true;
        pump();
        tick();
    }

    /** Whether half of the queue is free: more is for what happens. */
    boolean hasRoomForRepetitions() {
        return queued < Math.max(1, settings.queueRecords() / 2);
    }

    /** Reports that a session began. */
    void begin(Session session) {
        add(new Report(session, Status.START, session.since, null, null));
        schedule(session, session.since);
    }

    /** Reports that a session ended. */
    void end(Session session, Instant at, @Nullable BindingVolume volume, TerminateCause cause) {
        if (!session.isOver) {
            session.isOver = true;
            add(new Report(session, Status.STOP, at, volume, cause));
        }
    }

    /** Reports that all sessions end with the process; {@link #drained} says when that is answered. */
    void close(Iterable<Session> sessions) {
        if (!isBegun) {
            drained.complete(null);
            return;
        }
        Instant now = clock.instant();
        for (Session session : sessions) {
            end(session, now, volumeOf(session.binding), TerminateCause.NAS_REBOOT);
        }
        queue.add(new Report(null, Status.ACCOUNTING_OFF, now, null, null));
        queued++;
        isEnding = true;
        pump();
    }

    /** Completes when everything is answered after {@link #close}. */
    CompletableFuture<Void> drained() {
        return drained;
    }

    /** How many reports wait or are under way. */
    int queued() {
        return queued;
    }

    private void add(Report report) {
        if (queued >= settings.queueRecords() || isEnding) {
            if (counters.get(RadiusCounter.ACCOUNTING_DROPPED) == 0) {
                log.warn(
                        "{} accounting records wait, and more are dropped: see whether the accounting servers answer",
                        queued);
            }
            counters.add(RadiusCounter.ACCOUNTING_DROPPED);
            return;
        }
        queued++;
        queue.add(report);
        if (isBegun) {
            pump();
        }
    }

    private void pump() {
        while (isBegun && !isPaused && client.hasRoom() && (isAnswered || outstanding == 0)) {
            Report report = unanswered.poll();
            if (report == null) {
                report = queue.peek();
                if (report == null) {
                    break;
                }
                Session session = report.session();
                if (session == null && outstanding > 0) {
                    // Accounting-Off is about all sessions: their reports come first.
                    break;
                }
                queue.remove();
                if (session != null) {
                    if (session.isReporting) {
                        session.waiting.add(report);
                        continue;
                    }
                    session.isReporting = true;
                }
            }
            send(report);
        }
    }

    private void send(Report report) {
        counters.add(RadiusCounter.ACCOUNTING_REQUESTS);
        outstanding++;
        client.send(RadiusPacket.ACCOUNTING_REQUEST, () -> attributesOf(report), reply -> {
            outstanding--;
            if (reply == null) {
                counters.add(RadiusCounter.ACCOUNTING_UNANSWERED);
                unanswered.add(report);
                pause();
                return;
            }
            counters.add(RadiusCounter.ACCOUNTING_RESPONSES);
            isAnswered = true;
            queued--;
            Session session = report.session();
            if (session != null) {
                session.isReporting = false;
                Report next = session.waiting.poll();
                if (next != null) {
                    session.isReporting = true;
                    unanswered.addFirst(next);
                }
            }
            if (isEnding && queued == 0) {
                drained.complete(null);
            }
            pump();
        });
    }

    private void pause() {
        isAnswered = false;
        if (!isPaused) {
            isPaused = true;
            Duration pause = settings.deadTime().compareTo(LONGEST_PAUSE) < 0 ? settings.deadTime() : LONGEST_PAUSE;
            var _ = loop.schedule(
                    () -> {
                        isPaused = false;
                        pump();
                    },
                    pause.toMillis(),
                    TimeUnit.MILLISECONDS);
        }
    }

    private void tick() {
        Instant now = clock.instant();
        for (Session session = interims.peek();
                session != null && !session.nextInterim.isAfter(now);
                session = interims.peek()) {
            interims.remove();
            if (session.isOver) {
                continue;
            }
            if (hasRoomForRepetitions()) {
                add(new Report(session, Status.INTERIM_UPDATE, now, volumeOf(session.binding), null));
            } else {
                counters.add(RadiusCounter.ACCOUNTING_DROPPED);
            }
            schedule(session, now);
        }
        if (!loop.isShuttingDown()) {
            var _ = loop.schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void schedule(Session session, Instant from) {
        Duration interval = session.grant.interimInterval();
        if (interval == null) {
            interval = settings.interimInterval();
        }
        if (!interval.isZero()) {
            session.nextInterim = from.plus(interval);
            interims.add(session);
        }
    }

    private @Nullable BindingVolume volumeOf(Binding binding) {
        return table.volume(binding.ipv4(), binding.ports()).orElse(null);
    }

    private List<RadiusAttribute> attributesOf(Report report) {
        List<RadiusAttribute> attributes = new ArrayList<>(24);
        attributes.add(ofInteger(RadiusAttribute.ACCT_STATUS_TYPE, report.status().code));
        attributes.addAll(nas.attributes());
        attributes.add(RadiusAttribute.ofTime(RadiusAttribute.EVENT_TIMESTAMP, report.at()));
        long delay = Duration.between(report.at(), clock.instant()).toSeconds();
        attributes.add(ofInteger(RadiusAttribute.ACCT_DELAY_TIME, Math.clamp(delay, 0, 0xffff_ffffL)));
        Session session = report.session();
        if (session == null) {
            attributes.add(RadiusAttribute.ofText(RadiusAttribute.ACCT_SESSION_ID, nas.name()));
            return attributes;
        }
        Binding binding = session.binding;
        attributes.add(RadiusAttribute.ofText(RadiusAttribute.ACCT_SESSION_ID, session.id));
        attributes.add(RadiusAttribute.ofText(RadiusAttribute.USER_NAME, session.grant.userName()));
        RadiusAttribute identity = session.grant.chargeableUserIdentity();
        if (identity != null) {
            attributes.add(identity);
        }
        attributes.addAll(session.grant.classes());
        attributes.add(RadiusAttribute.ofText(
                RadiusAttribute.CALLING_STATION_ID, binding.b4().toString()));
        attributes.add(RadiusAttribute.ofIpv4(RadiusAttribute.FRAMED_IP_ADDRESS, binding.ipv4()));
        attributes.add(RadiusAttribute.ofIpv6(RadiusAttribute.FRAMED_IPV6_ADDRESS, binding.b4()));
        attributes.add(configurationOf(binding).toAttribute());
        if (report.status() != Status.START) {
            long seconds = Duration.between(session.since, report.at()).toSeconds();
            attributes.add(ofInteger(RadiusAttribute.ACCT_SESSION_TIME, Math.clamp(seconds, 0, 0xffff_ffffL)));
        }
        BindingVolume volume = report.volume();
        if (volume != null) {
            addVolume(volume, attributes);
        }
        TerminateCause cause = report.cause();
        if (cause != null) {
            attributes.add(ofInteger(RadiusAttribute.ACCT_TERMINATE_CAUSE, cause.code));
        }
        addRanges(binding, report.status() != Status.STOP, attributes);
        return attributes;
    }

    /** As many as there is room for: 241.9 says all of it in short. */
    private static void addRanges(Binding binding, boolean isAllocated, List<RadiusAttribute> attributes) {
        int room = RadiusPacket.MAX_OCTETS
                - RadiusPacket.HEADER_OCTETS
                - attributes.stream().mapToInt(RadiusAttribute::length).sum();
        for (int i = 0; i < binding.ports().rangeCount(); i++) {
            RadiusAttribute range = new IpPortRange(
                            isAllocated,
                            binding.ipv4(),
                            binding.b4(),
                            binding.ports().range(i))
                    .toAttribute();
            room -= range.length();
            if (room < 0) {
                return;
            }
            attributes.add(range);
        }
    }

    /** Input is what came from the subscriber (RFC 2866 §5.3). */
    private static void addVolume(BindingVolume volume, List<RadiusAttribute> attributes) {
        attributes.add(ofInteger(RadiusAttribute.ACCT_INPUT_OCTETS, volume.upstreamOctets() & 0xffff_ffffL));
        attributes.add(ofInteger(RadiusAttribute.ACCT_OUTPUT_OCTETS, volume.downstreamOctets() & 0xffff_ffffL));
        attributes.add(ofInteger(RadiusAttribute.ACCT_INPUT_GIGAWORDS, volume.upstreamOctets() >>> 32));
        attributes.add(ofInteger(RadiusAttribute.ACCT_OUTPUT_GIGAWORDS, volume.downstreamOctets() >>> 32));
        attributes.add(ofInteger(RadiusAttribute.ACCT_INPUT_PACKETS, volume.upstreamPackets() & 0xffff_ffffL));
        attributes.add(ofInteger(RadiusAttribute.ACCT_OUTPUT_PACKETS, volume.downstreamPackets() & 0xffff_ffffL));
    }

    static Softwire46Configuration configurationOf(Binding binding) {
        return new Softwire46Configuration(
                List.of(binding.br()),
                binding.ipv4(),
                new Ipv6Prefix(binding.b4(), 128),
                binding.ports().equals(PortSet.WHOLE_ADDRESS) ? null : binding.ports());
    }
}
