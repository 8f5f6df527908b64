package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.bench.PacketStream.Flows;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.softwire.Binding;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One thread changes the table while another forwards.
 *
 * <p>The packets are of bindings that are there all the time, so each of them must be forwarded. A third of the changes
 * adds a binding, a third removes one, a third gives another lwB4 to a binding that has traffic from the Internet. The
 * table is as small as it can be at first, so that it grows under the traffic.
 */
final class UpdateRun {

    /** One binding in so many changes its lwB4. */
    static final int CHANGING = 16;

    private static final long OTHER_B4 = 1L << 28;
    private static final long WARM_UP = 2_000_000_000;
    private static final int USUAL_RATE = 100_000;

    /** Updates a second to try: none, as many as a lwAFTR must take, as many as it can. */
    private static final List<Integer> RATES = List.of(0, USUAL_RATE, Integer.MAX_VALUE);

    private final BindingTable table;
    private final int bindings;
    private final int others;
    private long added;
    private long removed;
    private long replaced;
    private long longestNanos;

    private UpdateRun(BindingTable table, int bindings) {
        this.table = table;
        this.bindings = bindings;
        this.others = bindings / 2;
    }

    /**
     * Prints a line of figures for each rate of updates.
     *
     * @param count bindings with traffic, made a multiple of {@link #CHANGING}
     * @param nanos how long to measure at each rate
     */
    static void run(int count, long nanos, Consumer<String> print) throws InterruptedException {
        int bindings = Math.max(CHANGING, count / CHANGING * CHANGING);
        try (BindingTable table = Workload.table(bindings);
                PacketStream stream = new PacketStream(Flows.withChangingBindings(bindings, CHANGING));
                Traffic traffic = new Traffic(table, stream)) {
            Worker worker = new Worker(traffic);
            Thread thread = Thread.ofPlatform().name("forwarding").start(worker);
            try {
                UpdateRun updates = new UpdateRun(table, bindings);
                long ignored = updates.runFor(WARM_UP, USUAL_RATE);
                for (int rate : RATES) {
                    table.trim();
                    worker.begin();
                    long start = System.nanoTime();
                    long done = updates.runFor(nanos, rate);
                    double seconds = (System.nanoTime() - start) / 1e9;
                    Phase phase = worker.end();
                    print.accept(new UpdateFigures(
                                    bindings,
                                    rate,
                                    done / seconds,
                                    phase.offered,
                                    phase.offered - phase.forwarded,
                                    phase.nanosPerPacket,
                                    phase.longestNanos / 1e3,
                                    updates.longestNanos / 1e3)
                            .toLine());
                }
            } finally {
                worker.isEnding = true;
                thread.join();
            }
        }
    }

    /** Updates at a rate; answers how many. */
    private long runFor(long nanos, int perSecond) {
        longestNanos = 0;
        long start = System.nanoTime();
        long done = 0;
        while (true) {
            long elapsed = System.nanoTime() - start;
            if (elapsed >= nanos) {
                return done;
            }
            if (done < elapsed / 1e9 * perSecond) {
                long before = System.nanoTime();
                update(done);
                longestNanos = Math.max(longestNanos, System.nanoTime() - before);
                done++;
            } else {
                LockSupport.parkNanos(100_000);
            }
        }
    }

    private void update(long step) {
        switch ((int) (step % 3)) {
            case 0 -> {
                table.put(Workload.binding(bindings + (int) (added % others)));
                added++;
            }
            case 1 -> {
                if (added - removed > others / 2) {
                    Binding old = Workload.binding(bindings + (int) (removed % others));
                    table.remove(old.ipv4(), old.ports());
                    removed++;
                } else {
                    replace();
                }
            }
            default -> replace();
        }
    }

    private void replace() {
        int changing = bindings / CHANGING;
        int binding = (int) (replaced % changing) * CHANGING;
        boolean isOther = replaced / changing % 2 == 0;
        table.put(Workload.binding(binding, Workload.b4High(binding) + (isOther ? OTHER_B4 : 0)));
        replaced++;
    }

    /** What the forwarding thread saw from {@link Worker#begin} to {@link Worker#end}. */
    private static final class Phase {
        private final CountDownLatch isOver = new CountDownLatch(1);
        private long offered;
        private long forwarded;
        private double nanosPerPacket;
        private long longestNanos;
    }

    private static final class Worker implements Runnable {

        private final Traffic traffic;
        private volatile Phase wanted = new Phase();
        private volatile boolean isEnding;

        Worker(Traffic traffic) {
            this.traffic = traffic;
        }

        void begin() {
            wanted = new Phase();
        }

        Phase end() throws InterruptedException {
            Phase ended = wanted;
            wanted = new Phase();
            ended.isOver.await();
            return ended;
        }

        @Override
        public void run() {
            while (!isEnding) {
                Phase phase = wanted;
                traffic.resetTimes();
                long before = traffic.forwarded();
                long last = System.nanoTime();
                long longest = 0;
                while (wanted == phase && !isEnding) {
                    long now = traffic.forwardBatches();
                    longest = Math.max(longest, now - last);
                    last = now;
                }
                phase.offered = traffic.offered();
                phase.forwarded = traffic.forwarded() - before;
                phase.nanosPerPacket = (traffic.downstreamNanosPerPacket() + traffic.upstreamNanosPerPacket()) / 2;
                phase.longestNanos = longest;
                phase.isOver.countDown();
            }
        }
    }
}
