package io.portledger.lwb4.fleet;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who held which ports when, built only from what the lwB4s of a fleet saw: when they asked, when they were answered,
 * and for how long. Independent of anything that the lwAFTR records, and so a judge of it.
 *
 * <p>What the network hides stays uncertain and is kept as such, in the bounds of each {@link Tenure}. If the clock
 * stands still during each exchange, the bounds coincide and the truth is known to the millisecond. A question is
 * answered completely only if nothing was {@linkplain #unresolved() unresolved}.
 *
 * <p>Thread-safe.
 */
public final class Truth {

    /** A tenure that may still grow; each belongs to one client of the fleet. */
    private static final class Running {
        private final int index;
        private Instant confirmedAt;

        Running(int index, Instant confirmedAt) {
            this.index = index;
            this.confirmedAt = confirmedAt;
        }
    }

    private final List<Tenure> tenures = new ArrayList<>();
    private final Map<Ipv4Address, Map<PortSet, List<Integer>>> byPorts = new HashMap<>();
    private final Map<Ipv6Address, Running> running = new HashMap<>();
    private int unresolved;

    Truth() {}

    /** The tenures that may cover that instant; one and only one lwB4's if nothing is uncertain there. */
    public synchronized List<Tenure> couldHaveHeld(Ipv4Address ipv4, int port, Instant time) {
        List<Tenure> possible = new ArrayList<>();
        byPorts.getOrDefault(ipv4, Map.of()).forEach((ports, indices) -> {
            if (ports.contains(port)) {
                for (int index : indices) {
                    Tenure tenure = tenures.get(index);
                    if (tenure.couldHoldAt(time)) {
                        possible.add(tenure);
                    }
                }
            }
        });
        return possible;
    }

    /** The tenure that covers that instant for certain. */
    public Optional<Tenure> mustHaveHeld(Ipv4Address ipv4, int port, Instant time) {
        return couldHaveHeld(ipv4, port, time).stream()
                .filter(tenure -> tenure.mustHoldAt(time))
                .findFirst();
    }

    /** All tenures, in the order of their beginnings as the fleet learnt of them. */
    public synchronized List<Tenure> tenures() {
        return List.copyOf(tenures);
    }

    /**
     * How many clients wait for an answer, or were told something that cannot be expressed here: while it is not zero,
     * somebody may hold ports without the fleet knowing.
     */
    public synchronized int unresolved() {
        return unresolved;
    }

    /**
     * The lwAFTR ended, by what an outsider knows of it, between two instants: nobody held anything beyond.
     *
     * @param notBefore it still ran then
     * @param notAfter it no longer ran then
     */
    public synchronized void serverEnded(Instant notBefore, Instant notAfter) {
        running.values()
                .forEach(open -> shorten(
                        open.index, notBefore.truncatedTo(ChronoUnit.MILLIS), notAfter.truncatedTo(ChronoUnit.MILLIS)));
        running.clear();
    }

    synchronized void sent() {
        unresolved++;
    }

    synchronized void answered() {
        unresolved--;
    }

    /** A client was told a binding: a new one, or the one that it has or had. */
    synchronized void opened(Tenure tenure) {
        Running last = running.get(tenure.b4());
        if (last != null) {
            Tenure before = tenures.get(last.index);
            boolean isSame =
                    before.ipv4().equals(tenure.ipv4()) && before.ports().equals(tenure.ports());
            if (isSame && tenure.startNotAfter().isBefore(before.endNotBefore())) {
                // Told before its time was over: the binding never ended.
                tenures.set(last.index, withEnd(before, tenure.endNotBefore(), tenure.endNotAfter()));
                last.confirmedAt = tenure.startNotBefore();
                return;
            }
            if (!isSame) {
                // It can hold only one, so the other had ended when this one began.
                boolean isInTime = !before.endNotBefore().isAfter(tenure.startNotAfter());
                shorten(last.index, isInTime ? before.endNotBefore() : last.confirmedAt, tenure.startNotAfter());
            }
        }
        int index = tenures.size();
        tenures.add(tenure);
        byPorts.computeIfAbsent(tenure.ipv4(), ipv4 -> new HashMap<>())
                .computeIfAbsent(tenure.ports(), ports -> new ArrayList<>(2))
                .add(index);
        running.put(tenure.b4(), new Running(index, tenure.startNotBefore()));
    }

    /**
     * The client was told that it has its binding for longer.
     *
     * @param askedAt when the exchange began
     * @param toldAt when it ended
     */
    synchronized void confirmed(
            Ipv6Address b4, Instant askedAt, Instant toldAt, Instant endNotBefore, Instant endNotAfter) {
        Running open = running.get(b4);
        if (open != null) {
            Tenure tenure = tenures.get(open.index);
            opened(new Tenure(b4, tenure.ipv4(), tenure.ports(), askedAt, toldAt, endNotBefore, endNotAfter));
        }
    }

    /** The client's binding ended within these bounds, or earlier by its lifetime. */
    synchronized void closed(Ipv6Address b4, Instant notBefore, Instant notAfter) {
        Running open = running.remove(b4);
        if (open != null) {
            shorten(open.index, notBefore, notAfter);
        }
    }

    /** The server lost the client's binding some time after it was last confirmed. */
    synchronized void lost(Ipv6Address b4, Instant notAfter) {
        Running open = running.get(b4);
        if (open != null) {
            closed(b4, open.confirmedAt, notAfter);
        }
    }

    private void shorten(int index, Instant notBefore, Instant notAfter) {
        Tenure tenure = tenures.get(index);
        // Nothing is held for less than a millisecond.
        Instant from = later(notBefore, tenure.startNotBefore().plusMillis(1));
        Instant to = later(notAfter, tenure.startNotAfter().plusMillis(1));
        tenures.set(index, withEnd(tenure, earlier(tenure.endNotBefore(), from), earlier(tenure.endNotAfter(), to)));
    }

    private static Tenure withEnd(Tenure tenure, Instant endNotBefore, Instant endNotAfter) {
        return new Tenure(
                tenure.b4(),
                tenure.ipv4(),
                tenure.ports(),
                tenure.startNotBefore(),
                tenure.startNotAfter(),
                endNotBefore,
                endNotAfter);
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
