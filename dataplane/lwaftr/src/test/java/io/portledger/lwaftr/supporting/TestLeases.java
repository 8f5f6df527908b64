package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Conflict;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A lease table with a control thread of its own: 203.0.113.0/28 is a service class of 64 subscribers an address. */
final class TestLeases implements AutoCloseable {

    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    final ExecutorService control = Executors.newSingleThreadExecutor();
    final List<BindingChange> changes = new CopyOnWriteArrayList<>();
    final BindingTable table = new BindingTable(0, 1);
    volatile Instant now = Instant.parse("2026-11-25T12:00:00Z");
    final InstantSource clock = () -> now;
    final LeaseTable leases;

    TestLeases() {
        ServiceClass residential = new ServiceClass(
                "residential",
                List.of(Ipv4Prefix.parse("203.0.113.0/28")),
                0,
                6,
                1024,
                List.of(),
                Duration.ofMinutes(2),
                Duration.ofDays(1),
                Duration.ofMinutes(2),
                List.of(80, 95));
        leases = new LeaseTable(List.of(new Pool(residential)), table, BR);
        leases.addListener(recording(changes), now);
    }

    static BindingListener recording(List<BindingChange> changes) {
        return changes::add;
    }

    /** A binding whose lwB4 is named by the last word of its address. */
    static Binding binding(String b4, String ipv4, int psid) {
        return new Binding(Ipv6Address.parse(b4), Ipv4Address.parse(ipv4), new PortSet(0, 6, psid), BR);
    }

    List<Conflict> edit(Origin origin, List<Binding> puts, List<Binding> removals) throws Exception {
        return onControl(() -> leases.edit(
                puts.stream().map(binding -> new Assignment(binding, origin)).toList(),
                removals.stream().map(PublicPorts::of).toList(),
                now));
    }

    <T> T onControl(Callable<T> action) throws Exception {
        return control.submit(action).get();
    }

    @Override
    public void close() {
        control.shutdownNow();
        table.close();
    }
}
