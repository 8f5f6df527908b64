package io.portledger.jobs;

import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What truly happened: a household had ports from {@code start} to {@code end}, milliseconds, or still has them. */
record Truth(
        Ipv4Address ipv4,
        Ports ports,
        int household,
        long start,
        @Nullable Long end) {

    private static final int[][] DIVISIONS = {{0, 2}, {4, 3}, {0, 4}, {6, 2}};

    /**
     * Households come and go on three sets of one division of the address, and there may be a second era with another.
     *
     * @param begin where it begins
     * @param eraLength longest era, milliseconds
     */
    static List<Truth> random(Random random, Ipv4Address ipv4, long begin, int eraLength) {
        List<Truth> truth = new ArrayList<>();
        long now = begin;
        int eras = 1 + random.nextInt(2);
        for (int era = 0; era < eras; era++) {
            int[] division = DIVISIONS[random.nextInt(DIVISIONS.length)];
            long eraEnd = now + 1 + random.nextInt(eraLength);
            boolean last = era == eras - 1;
            for (int psid = 0; psid < 3; psid++) {
                PortSet ports = new PortSet(division[0], division[1], psid);
                long at = now + random.nextInt(50);
                while (at < eraEnd) {
                    long end = at + 1 + random.nextInt(random.nextBoolean() ? 5 : 3_000);
                    boolean open = last && end >= eraEnd;
                    truth.add(new Truth(
                            ipv4, ports, 1 + random.nextInt(4), at, open ? null : Long.valueOf(Math.min(end, eraEnd))));
                    at = end + (random.nextBoolean() ? 0 : random.nextInt(500));
                }
            }
            now = eraEnd + random.nextInt(10);
        }
        return truth;
    }

    /** The facts that an exporter would report, in order of time. */
    static List<BindingFact> facts(List<Truth> truth) {
        List<BindingFact> facts = new ArrayList<>();
        for (Truth held : truth) {
            facts.add(Events.fact(
                    BindingEvent.Kind.ALLOCATED, held.ipv4(), held.ports(), held.household(), held.start()));
            if (held.end() != null) {
                facts.add(Events.fact(
                        BindingEvent.Kind.RELEASED, held.ipv4(), held.ports(), held.household(), held.end()));
            }
        }
        facts.sort(Comparator.comparingLong(BindingFact::eventTimeMillis));
        return facts;
    }

    boolean isHeldAt(int port, long millis) {
        return ports.contains(port) && start <= millis && (end == null || millis < end);
    }
}
