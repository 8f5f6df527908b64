package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.MessageHeader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The data sets of one session that wait for their template, as octets, oldest first. There is room for so many octets of
 * the session, and for so many of all sessions.
 */
final class WaitingRoom {

    /** What a waiting set costs beyond its octets. */
    private static final int SET_OCTETS = 256;

    private final IpfixSettings settings;
    private final AtomicLong octetsOfAll;
    private final Deque<Waiting> sets = new ArrayDeque<>();
    private long octets;

    /**
     * A set.
     *
     * @param header of its message
     * @param sequence the sequence number of its first record, modulo 2<sup>32</sup>
     * @param octets without the set's header
     * @param source where it came from
     */
    record Waiting(
            MessageHeader header, long sequence, int setId, ByteBuf octets, long receivedMillis, SessionSource source) {

        byte[] copy() {
            return ByteBufUtil.getBytes(octets);
        }

        int domain() {
            return (int) header.observationDomainId();
        }

        private int cost() {
            return octets.readableBytes() + SET_OCTETS;
        }
    }

    /** @param octetsOfAll what waits in all sessions; shared by them */
    WaitingRoom(IpfixSettings settings, AtomicLong octetsOfAll) {
        this.settings = settings;
        this.octetsOfAll = octetsOfAll;
    }

    /**
     * Lets a set wait; its octets are copied. Whoever fills the room of all gives way himself: others' data cannot be
     * crowded out.
     *
     * @param givenUp takes those for which there is no more room
     */
    void add(
            MessageHeader header,
            long sequence,
            int setId,
            ByteBuf set,
            long receivedMillis,
            SessionSource source,
            Consumer<Waiting> givenUp) {
        Waiting waiting = new Waiting(header, sequence, setId, Unpooled.copiedBuffer(set), receivedMillis, source);
        sets.add(waiting);
        octets += waiting.cost();
        octetsOfAll.addAndGet(waiting.cost());
        while (!sets.isEmpty()
                && (octets > settings.waitingOctetsPerSession() || octetsOfAll.get() > settings.waitingOctets())) {
            givenUp.accept(leave(sets.remove()));
        }
    }

    /** Takes out those that wait for this template, oldest first. */
    List<Waiting> takeFor(long observationDomain, int templateId) {
        if (sets.isEmpty()) {
            return List.of();
        }
        List<Waiting> ready = new ArrayList<>();
        for (Iterator<Waiting> each = sets.iterator(); each.hasNext(); ) {
            Waiting set = each.next();
            if (set.setId() == templateId && set.header().observationDomainId() == observationDomain) {
                each.remove();
                ready.add(leave(set));
            }
        }
        return ready;
    }

    /** Takes out the oldest if it was received no later than that, or null. */
    @Nullable
    Waiting takeOlderThan(long receivedMillis) {
        Waiting eldest = sets.peek();
        return eldest == null || eldest.receivedMillis() > receivedMillis ? null : leave(sets.remove());
    }

    /** Since when the oldest waits; {@link Long#MAX_VALUE} if none does. */
    long sinceMillis() {
        Waiting eldest = sets.peek();
        return eldest == null ? Long.MAX_VALUE : eldest.receivedMillis();
    }

    /** Whether any set of the domain waits. */
    boolean hasAnyOf(int domain) {
        for (Waiting set : sets) {
            if (set.domain() == domain) {
                return true;
            }
        }
        return false;
    }

    private Waiting leave(Waiting set) {
        octets -= set.cost();
        octetsOfAll.addAndGet(-set.cost());
        return set;
    }
}
