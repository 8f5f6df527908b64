package io.portledger.lwaftr.export;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reports once in each interval what every binding carried since its last report, if it carried anything, and the rest when
 * it is deleted. The sum of a binding's reports is what the forwarding table counted, as long as the receiver takes them.
 *
 * <p>The bindings take their turns spread over the interval. Counters are read one binding at a time, which no forwarding
 * worker notices. Control thread only.
 */
public final class UsageReporter implements BindingListener {

    /** Some milliseconds of work. */
    private static final int SLOTS_AT_ONCE = 20_000;

    private static final int SNAPSHOTS_AT_ONCE = 50_000;

    private final BindingTable table;
    private final Function<Ipv4Address, @Nullable String> serviceClasses;
    private final long intervalMillis;
    private final UsageReceiver receiver;
    private final ReportedVolumes reported = new ReportedVolumes();
    private final PortsSeen portsSeen = new PortsSeen();
    private final long startMillis;

    private long roundBegunMillis;
    private int cursor;
    private int snapshotsSinceTurn;

    /**
     * A reporter that counts from now on.
     *
     * @param serviceClasses the name of the service class of a public address, or null
     * @param interval between two reports of a binding, a millisecond or more
     */
    public UsageReporter(
            BindingTable table,
            Function<Ipv4Address, @Nullable String> serviceClasses,
            Duration interval,
            UsageReceiver receiver,
            Instant now) {
        this.table = table;
        this.serviceClasses = serviceClasses;
        this.intervalMillis = interval.toMillis();
        this.receiver = receiver;
        this.startMillis = now.toEpochMilli();
        this.roundBegunMillis = startMillis;
    }

    @Override
    public void onChange(BindingChange change) {
        hear(change, false);
    }

    @Override
    public void onChangeOfAll(BindingChange change) {
        hear(change, true);
    }

    @Override
    public boolean hasRoomForSnapshot() {
        return snapshotsSinceTurn < SNAPSHOTS_AT_ONCE;
    }

    private void hear(BindingChange change, boolean isOfAll) {
        Binding binding = change.binding();
        long key = ReportedVolumes.key(binding.ipv4().bits(), binding.ports());
        switch (change.kind()) {
            case CREATED -> reported.add(key, change.at().toEpochMilli());
            case SNAPSHOT -> {
                snapshotsSinceTurn++;
                // What was created before the process began to count carried nothing by these counters until then.
                reported.add(key, Math.max(change.at().toEpochMilli(), startMillis));
            }
            case DELETED -> {
                int slot = reported.find(key);
                if (slot >= 0) {
                    BindingVolume volume = change.volume();
                    if (volume != null) {
                        report(slot, binding, volume, change.at().toEpochMilli(), isOfAll);
                    }
                    portsSeen.take(key);
                    reported.remove(slot);
                }
            }
        }
    }

    /**
     * A packet of a binding went out by this port of its public address.
     *
     * @param ipv4 the public address
     * @param port 0-65535
     */
    public void onPortInUse(int ipv4, int port) {
        Optional<BindingTable.AddressUse> use = table.useOf(new Ipv4Address(ipv4));
        if (use.isEmpty()) {
            return;
        }
        Optional<PortSet> ports =
                PortSet.owning(use.get().psidOffset(), use.get().psidLength(), port);
        if (ports.isPresent()) {
            long key = ReportedVolumes.key(ipv4, ports.get());
            if (reported.find(key) >= 0) {
                portsSeen.add(key, ports.get(), port);
            }
        }
    }

    /**
     * Reports what is due. To be called often, when the listeners know all changes of the table: until then its counters may
     * be of another binding than the one that is known.
     */
    public void turn(Instant now) {
        long nowMillis = now.toEpochMilli();
        snapshotsSinceTurn = 0;
        if (nowMillis < roundBegunMillis) {
            roundBegunMillis = nowMillis;
        }
        long due = Math.min(reported.slots(), reported.slots() * (nowMillis - roundBegunMillis) / intervalMillis);
        long end = Math.min(due, (long) cursor + SLOTS_AT_ONCE);
        while (cursor < end && receiver.hasRoomForUsage()) {
            visit(cursor, nowMillis, false);
            cursor++;
        }
        if (cursor >= reported.slots()) {
            cursor = 0;
            boolean isLate = nowMillis - roundBegunMillis >= 2 * intervalMillis;
            roundBegunMillis = isLate ? nowMillis : roundBegunMillis + intervalMillis;
        }
    }

    /** Reports everything that has not been, because nothing more is counted. */
    public void finish(Instant now) {
        for (int slot = 0; slot < reported.slots(); slot++) {
            visit(slot, now.toEpochMilli(), true);
        }
    }

    private void visit(int slot, long nowMillis, boolean isOfAll) {
        long key = reported.keyAt(slot);
        if (key == 0) {
            return;
        }
        Ipv4Address ipv4 = ReportedVolumes.ipv4(key);
        PortSet ports = ReportedVolumes.ports(key);
        Optional<BindingVolume> volume = table.volume(ipv4, ports);
        if (volume.isEmpty()) {
            return;
        }
        if (volume.get().equals(reported.volumeAt(slot))) {
            if (nowMillis > reported.untilAt(slot)) {
                reported.reported(slot, nowMillis, volume.get());
            }
        } else if (nowMillis > reported.untilAt(slot) || isOfAll) {
            table.get(ipv4, ports).ifPresent(binding -> report(slot, binding, volume.get(), nowMillis, isOfAll));
        }
    }

    private void report(int slot, Binding binding, BindingVolume volume, long atMillis, boolean isOfAll) {
        BindingVolume before = reported.volumeAt(slot);
        if (volume.equals(before)) {
            return;
        }
        long from = reported.untilAt(slot);
        // A clock that was set back must not cost the volume.
        long to = Math.max(atMillis, from + 1);
        BindingVolume since = new BindingVolume(
                volume.downstreamPackets() - before.downstreamPackets(),
                volume.downstreamOctets() - before.downstreamOctets(),
                volume.upstreamPackets() - before.upstreamPackets(),
                volume.upstreamOctets() - before.upstreamOctets());
        int seen = portsSeen.take(reported.keyAt(slot));
        // What went upstream went by a port, though none of it may be among the samples.
        int portsInUse = seen == 0 && since.upstreamPackets() > 0 ? 1 : seen;
        reported.reported(slot, to, volume);
        receiver.onUsage(
                new BindingUsage(from, to, binding, serviceClasses.apply(binding.ipv4()), since, portsInUse), isOfAll);
    }
}
