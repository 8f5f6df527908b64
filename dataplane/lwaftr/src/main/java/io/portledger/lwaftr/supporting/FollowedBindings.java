package io.portledger.lwaftr.supporting;

import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Conflict;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PublicPorts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bindings of a topic in the lease table: {@link Origin#KAFKA}. What cannot be assigned because of others is held
 * pending and tried again. Confined to the control thread.
 */
final class FollowedBindings {

    private static final Logger log = LoggerFactory.getLogger(FollowedBindings.class);

    private final LeaseTable leases;
    private final BindingTable table;
    private final Subscribers subscribers;
    private final Set<Ipv6Prefix> learned = new HashSet<>();
    private final Map<PublicPorts, Pending> pending = new LinkedHashMap<>();

    /**
     * A binding that is wanted and stands back.
     *
     * @param reason for the operator
     * @param since when it was found
     */
    record Pending(Binding binding, String reason, Instant since) {}

    FollowedBindings(LeaseTable leases, BindingTable table, Subscribers subscribers) {
        this.leases = leases;
        this.table = table;
        this.subscribers = subscribers;
    }

    /**
     * Makes everything as a whole topic says, and nothing else.
     *
     * @param statements by the keys of their records, in the order of the topic
     */
    void become(Map<String, TopicStatement> statements, Instant now) {
        Map<PublicPorts, Optional<Binding>> wanted = new LinkedHashMap<>();
        leases.forEachAssigned(assigned -> {
            if (assigned.origin() == Origin.KAFKA) {
                wanted.put(PublicPorts.of(assigned.binding()), Optional.empty());
            }
        });
        Set<Ipv6Prefix> gone = new HashSet<>(learned);
        for (TopicStatement statement : statements.values()) {
            if (statement instanceof TopicStatement.Known known) {
                gone.remove(known.prefix());
            } else if (statement instanceof TopicStatement.Held held) {
                // Behind those that are there already, so that the order is that of the topic.
                PublicPorts ports = PublicPorts.of(held.binding());
                wanted.remove(ports);
                wanted.put(ports, Optional.of(held.binding()));
            }
        }
        pending.keySet().removeIf(ports -> !wanted.containsKey(ports));
        gone.forEach(prefix -> learn(new TopicStatement.Forgotten(prefix)));
        statements.values().forEach(this::learn);
        change(wanted, now);
    }

    /** Follows some records, the last of each key. */
    void follow(Collection<TopicStatement> statements, Instant now) {
        Map<PublicPorts, Optional<Binding>> wanted = new LinkedHashMap<>();
        for (TopicStatement statement : statements) {
            switch (statement) {
                case TopicStatement.Held(Binding binding) -> wanted.put(PublicPorts.of(binding), Optional.of(binding));
                case TopicStatement.Withdrawn(PublicPorts ports) -> wanted.put(ports, Optional.empty());
                case TopicStatement.Known known -> learn(known);
                case TopicStatement.Forgotten forgotten -> learn(forgotten);
            }
        }
        change(wanted, now);
    }

    /** Tries what is pending again, {@code atMost} of it, the one that waited longest first. */
    void retry(int atMost, Instant now) {
        Map<PublicPorts, Pending> tried = new LinkedHashMap<>();
        for (Map.Entry<PublicPorts, Pending> entry : pending.entrySet()) {
            if (tried.size() == atMost) {
                break;
            }
            tried.put(entry.getKey(), entry.getValue());
        }
        tried.keySet().forEach(pending::remove);
        place(tried.values().stream().map(Pending::binding).toList(), List.of(), tried, now);
        tried.forEach((ports, before) -> {
            if (!pending.containsKey(ports)) {
                log.info(
                        "{} is {}'s now, as the topic says",
                        ports,
                        before.binding().b4());
            }
        });
    }

    /** What is wanted and stands back. */
    List<Pending> pending() {
        return List.copyOf(pending.values());
    }

    /** How much of it there is. */
    int pendingCount() {
        return pending.size();
    }

    private void learn(TopicStatement statement) {
        if (statement instanceof TopicStatement.Known known) {
            subscribers.put(known.prefix(), known.subscriber(), known.serviceClass());
            learned.add(known.prefix());
        } else if (statement instanceof TopicStatement.Forgotten(Ipv6Prefix prefix) && learned.remove(prefix)) {
            subscribers.remove(prefix);
        }
    }

    private void change(Map<PublicPorts, Optional<Binding>> wanted, Instant now) {
        List<Binding> puts = new ArrayList<>();
        List<PublicPorts> removals = new ArrayList<>();
        Map<PublicPorts, Pending> before = new LinkedHashMap<>();
        wanted.forEach((ports, binding) -> {
            Pending waiting = pending.remove(ports);
            if (waiting != null) {
                before.put(ports, waiting);
            }
            Optional<Binding> present = present(ports);
            if (!present.equals(binding)) {
                present.ifPresent(_ -> removals.add(ports));
                binding.ifPresent(puts::add);
            }
        });
        place(puts, removals, before, now);
    }

    /** Does what can be done, and holds the rest pending. */
    private void place(List<Binding> puts, List<PublicPorts> removals, Map<PublicPorts, Pending> before, Instant now) {
        Map<PublicPorts, Assignment> left = new LinkedHashMap<>();
        for (Binding binding : puts) {
            Lease other = assigned(binding);
            if (other != null
                    && other.origin() != Origin.KAFKA
                    && other.binding().equals(binding)) {
                hold(binding, "it has it already, by " + other.origin(), before, now);
            } else {
                left.put(PublicPorts.of(binding), new Assignment(binding, Origin.KAFKA));
            }
        }
        if (left.isEmpty() && removals.isEmpty()) {
            return;
        }
        List<Conflict> conflicts = leases.edit(left.values(), removals, now);
        while (!conflicts.isEmpty()) {
            for (Conflict conflict : conflicts) {
                Assignment refused = left.remove(conflict.wanted());
                if (refused != null) {
                    hold(refused.binding(), conflict.reason(), before, now);
                }
            }
            conflicts = leases.edit(left.values(), removals, now);
        }
        leases.commit();
    }

    private void hold(Binding binding, String reason, Map<PublicPorts, Pending> before, Instant now) {
        PublicPorts ports = PublicPorts.of(binding);
        Pending earlier = before.get(ports);
        boolean isNews = earlier == null || !earlier.binding().equals(binding);
        pending.put(ports, new Pending(binding, reason, earlier == null || isNews ? now : earlier.since()));
        if (isNews) {
            log.warn("{} cannot be {}'s as the topic says: {}; it is tried again", ports, binding.b4(), reason);
        }
    }

    /** The binding of a port set, if it came from the topic. */
    private Optional<Binding> present(PublicPorts ports) {
        return table.owner(ports.ipv4(), ports.ports().firstPort())
                .filter(owner -> PublicPorts.of(owner).equals(ports))
                .map(this::assigned)
                .filter(lease -> lease.origin() == Origin.KAFKA)
                .map(Lease::binding);
    }

    /** Who has the ports of a binding by assignment, if it is the binding's lwB4. */
    private @Nullable Lease assigned(Binding binding) {
        for (Lease lease : leases.assigned(binding.b4())) {
            if (PublicPorts.of(lease.binding()).equals(PublicPorts.of(binding))) {
                return lease;
            }
        }
        return null;
    }
}
