package io.portledger.lwaftr.provisioning;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells lwB4s what they did not ask for (RFC 6887 §14): that the lease on which they count has ended, because it did not
 * fit at a start of the lwAFTR, or because somebody else took it away. Each is told three times, since nothing confirms
 * that it heard; a quarter of a second lies between the first two, twice as long between the others.
 *
 * <p>By unicast, from the port of the PCP server to the port from which the lwB4 asked last: multicast does not cross the
 * routers between them. At most {@value #MOST_AT_ONCE} are told in one turn, so that the lwB4s do not all come back at
 * the same time. Control thread only, but for the counter.
 */
public final class RapidRecovery {

    private static final Logger log = LoggerFactory.getLogger(RapidRecovery.class);
    private static final int MOST_AT_ONCE = 200;
    private static final int TIMES = 3;
    private static final long FIRST_GAP_NANOS = 250_000_000L;

    private record Notice(LeaseTable.Revocation revoked, int number, long dueNanos) {}

    private final LeaseTable leases;
    private final PcpService service;
    private final PcpServer server;
    private final LongSupplier nanoClock;
    private final Deque<LeaseTable.Revocation> untold = new ArrayDeque<>();

    /** By number: those that were told once, twice. Each is in the order in which its notices are due. */
    private final Deque<Notice> toldOnce = new ArrayDeque<>();

    private final Deque<Notice> toldTwice = new ArrayDeque<>();
    private final LongAdder sent = new LongAdder();

    /** @param nanoClock time from any origin, never backwards */
    public RapidRecovery(LeaseTable leases, PcpService service, PcpServer server, LongSupplier nanoClock) {
        this.leases = leases;
        this.service = service;
        this.server = server;
        this.nanoClock = nanoClock;
    }

    /** How many messages were sent that nobody had asked for. Any thread. */
    public long sent() {
        return sent.sum();
    }

    /** Sends what is due. To be called often, after a commit that succeeded. */
    public void turn(Instant now) {
        long nanos = nanoClock.getAsLong();
        for (LeaseTable.Revocation revoked : leases.takeRevocations()) {
            if (revoked.isOfStart()) {
                service.restartEpoch(revoked.b4(), now);
            } else if (leases.assigned(revoked.b4()).isEmpty()
                    && leases.find(revoked.b4(), now).isEmpty()) {
                service.restartEpoch(revoked.b4(), now);
            }
            if (untold.isEmpty()) {
                log.info("Tells lwB4s, beginning with {}, that their leases were taken away", revoked.b4());
            }
            untold.add(revoked);
        }
        int room = MOST_AT_ONCE;
        room -= sendDue(toldTwice, nanos, room, now);
        room -= sendDue(toldOnce, nanos, room, now);
        for (; room > 0 && !untold.isEmpty(); room--) {
            send(new Notice(untold.remove(), 0, nanos), now, nanos);
        }
    }

    private int sendDue(Deque<Notice> notices, long nanos, int room, Instant now) {
        int count = 0;
        while (count < room && !notices.isEmpty() && notices.peek().dueNanos() - nanos <= 0) {
            send(notices.remove(), now, nanos);
            count++;
        }
        return count;
    }

    private void send(Notice notice, Instant now, long nanos) {
        LeaseTable.Revocation revoked = notice.revoked();
        server.send(service.unsolicited(revoked, now), revoked.b4(), revoked.replyPort());
        sent.increment();
        int number = notice.number() + 1;
        if (number < TIMES) {
            Deque<Notice> next = number == 1 ? toldOnce : toldTwice;
            next.add(new Notice(revoked, number, nanos + number * FIRST_GAP_NANOS));
        }
    }
}
