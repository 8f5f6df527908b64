package io.portledger.lwb4.fleet;

import io.portledger.lwb4.PcpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Subscribers come and go: at random times an lwB4 of the fleet that has nothing obtains a binding, keeps it for a random
 * time, and then releases it or falls silent. The same seed plans the same.
 *
 * <p>Arrivals are a Poisson process and holding times are exponential, by the fleet's clock. Runs on the fleet's thread;
 * the methods may be called from any.
 */
public final class Churn implements AutoCloseable {

    /**
     * How much comes and goes.
     *
     * @param arrivalsPerSecond more than 0; an arrival is skipped while every lwB4 has a binding
     * @param meanHold how long a binding is kept on average, more than 0
     * @param vanishShare share of the bindings that are not released but left to expire, 0-1
     * @param seed of all choices
     */
    public record Pattern(double arrivalsPerSecond, Duration meanHold, double vanishShare, long seed) {

        /** @throws IllegalArgumentException naming the first value that is out of its range */
        public Pattern {
            if (!(arrivalsPerSecond > 0 && arrivalsPerSecond <= 1e6)) {
                throw new IllegalArgumentException("Invalid value " + arrivalsPerSecond
                        + " for key rate: out of range (allowed: more than 0, up to 1000000 per second)");
            }
            if (!meanHold.isPositive()) {
                throw new IllegalArgumentException(
                        "Invalid value " + meanHold + " for key mean-hold: out of range (allowed: more than 0)");
            }
            if (!(vanishShare >= 0 && vanishShare <= 1)) {
                throw new IllegalArgumentException(
                        "Invalid value " + vanishShare + " for key vanish-share: out of range (allowed: 0-1)");
            }
        }
    }

    private record Event(Instant at, long order, Runnable action) {}

    private static final long TICK_MILLIS = 20;

    private final Fleet fleet;
    private final Pattern pattern;
    private final RandomGenerator random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::order));
    private final List<Integer> idle = new ArrayList<>();
    private long eventsPlanned;
    private boolean isEnded;

    /**
     * Makes a churn that does nothing yet; all of the fleet's lwB4s must be without a binding and are the churn's from
     * now on.
     */
    public Churn(Fleet fleet, Pattern pattern) {
        this.fleet = fleet;
        this.pattern = pattern;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(pattern.seed());
        for (int client = 0; client < fleet.settings().clients(); client++) {
            idle.add(client);
        }
        Instant start = fleet.clock().instant();
        fleet.loop().execute(() -> planArrival(start));
    }

    /** Lets it go by the clock until {@link #close()}. */
    public void run() {
        fleet.loop().execute(this::tick);
    }

    /**
     * Begins everything that is due by the fleet's clock, for those who drive the clock themselves.
     *
     * @return how much was begun; {@link Fleet#idle()} completes when it is done
     */
    public CompletableFuture<Integer> runDue() {
        return CompletableFuture.supplyAsync(this::beginDue, fleet.loop());
    }

    /** When something is due next. */
    public CompletableFuture<Instant> nextDue() {
        return CompletableFuture.supplyAsync(() -> events.element().at(), fleet.loop());
    }

    /** Nobody comes or goes any more; lwB4s that have a binding keep it. */
    @Override
    public void close() {
        CompletableFuture.runAsync(() -> isEnded = true, fleet.loop()).join();
    }

    private void tick() {
        if (isEnded || fleet.loop().isShuttingDown()) {
            return;
        }
        int _ = beginDue();
        var _ = fleet.loop().schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private int beginDue() {
        int begun = 0;
        Instant now = fleet.clock().instant();
        while (!isEnded && !events.isEmpty() && !events.element().at().isAfter(now)) {
            events.remove().action().run();
            begun++;
        }
        return begun;
    }

    private void planArrival(Instant after) {
        Instant at = after.plusNanos((long) (exponential() / pattern.arrivalsPerSecond() * 1e9));
        plan(at, () -> {
            planArrival(at);
            if (!idle.isEmpty()) {
                arrive(takeIdle());
            }
        });
    }

    private void arrive(int client) {
        var _ = fleet.obtain(client).whenComplete((outcome, failure) -> {
            if (outcome instanceof PcpClient.Bound) {
                Instant leavesAt = fleet.clock().instant().plusNanos((long)
                        (exponential() * pattern.meanHold().toNanos()));
                plan(leavesAt, () -> leave(client));
            } else {
                idle.add(client);
            }
        });
    }

    private void leave(int client) {
        if (random.nextDouble() >= pattern.vanishShare()) {
            var _ = fleet.release(client).whenComplete((outcome, failure) -> idle.add(client));
            return;
        }
        var _ = fleet.vanish(client).whenComplete((nothing, failure) -> {
            // It comes back only when nobody can take its binding for one that never ended.
            Instant overAt =
                    fleet.clock().instant().plus(fleet.settings().lifetime()).plusSeconds(1);
            plan(overAt, () -> idle.add(client));
        });
    }

    private void plan(Instant at, Runnable action) {
        events.add(new Event(at, eventsPlanned++, action));
    }

    private int takeIdle() {
        int at = random.nextInt(idle.size());
        int client = idle.get(at);
        int last = idle.removeLast();
        if (at < idle.size()) {
            idle.set(at, last);
        }
        return client;
    }

    private double exponential() {
        return -Math.log(1 - random.nextDouble());
    }
}
