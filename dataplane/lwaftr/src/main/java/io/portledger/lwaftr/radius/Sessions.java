package io.portledger.lwaftr.radius;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.radius.Session.Grant;
import io.portledger.radius.RadiusAttribute;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bindings that hold, by everything by which an AAA server may name them. An Acct-Session-Id is made of the time at
 * which the process started and a number, so that none comes twice. Control thread only.
 */
final class Sessions implements BindingListener {

    /** Grants of which nothing came are forgotten when there are more than this. */
    private static final int MAX_GRANTS = 10_000;

    private final LeaseTable leases;
    private final UserName userName;
    private final InstantSource clock;
    private final @Nullable RadiusAccounting accounting;
    private final String idPrefix;
    private long nextNumber = 1;
    private final LinkedHashMap<Ipv6Address, Grant> grants = new LinkedHashMap<>();
    private final Map<PublicPorts, Session> byPorts = new HashMap<>();
    private final Map<String, Session> byId = new HashMap<>();
    private final Map<Ipv6Address, List<Session>> byB4 = new HashMap<>();
    private final Map<Object, List<Session>> byUser = new HashMap<>();

    Sessions(LeaseTable leases, UserName userName, InstantSource clock, @Nullable RadiusAccounting accounting) {
        this.leases = leases;
        this.userName = userName;
        this.clock = clock;
        this.accounting = accounting;
        idPrefix = Long.toHexString(clock.instant().toEpochMilli()) + "-";
    }

    /** Keeps what an Access-Accept said until the binding is there. */
    void expect(Ipv6Address b4, Grant grant) {
        grants.remove(b4);
        grants.put(b4, grant);
        if (grants.size() > MAX_GRANTS) {
            grants.remove(grants.firstEntry().getKey());
        }
    }

    Optional<Session> withId(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    List<Session> of(Ipv6Address b4) {
        return byB4.getOrDefault(b4, List.of());
    }

    /** By User-Name, as text. */
    List<Session> ofUser(String name) {
        return byUser.getOrDefault(name, List.of());
    }

    /** By Chargeable-User-Identity. */
    List<Session> ofUser(RadiusAttribute chargeableUserIdentity) {
        return byUser.getOrDefault(chargeableUserIdentity, List.of());
    }

    Collection<Session> all() {
        return byId.values();
    }

    @Override
    public boolean hasRoomForSnapshot() {
        return accounting == null || accounting.hasRoomForRepetitions();
    }

    @Override
    public void onChange(BindingChange change) {
        switch (change.kind()) {
            case CREATED -> begin(change.binding(), change.at());
            case SNAPSHOT -> {
                // The process started again and the binding went on: this is a new session since now.
                if (!byPorts.containsKey(PublicPorts.of(change.binding()))) {
                    begin(change.binding(), clock.instant());
                }
            }
            case DELETED -> end(change.binding(), change.at(), change.volume());
        }
    }

    private void begin(Binding binding, Instant since) {
        PublicPorts ports = PublicPorts.of(binding);
        Grant grant = grants.remove(binding.b4());
        if (grant == null) {
            grant = new Grant(userName.of(binding.b4()), null, List.of(), null);
        }
        Lease lease = leases.holderOf(ports, Instant.EPOCH)
                .filter(holder -> holder.b4().equals(binding.b4()))
                .orElse(null);
        Session session = new Session(idPrefix + Long.toHexString(nextNumber++), binding, since, grant, lease);
        Session before = byPorts.put(ports, session);
        if (before != null) {
            forget(before);
        }
        byId.put(session.id, session);
        byB4.computeIfAbsent(binding.b4(), b4 -> new ArrayList<>(1)).add(session);
        byUser.computeIfAbsent(grant.userName(), name -> new ArrayList<>(1)).add(session);
        RadiusAttribute identity = grant.chargeableUserIdentity();
        if (identity != null) {
            byUser.computeIfAbsent(identity, name -> new ArrayList<>(1)).add(session);
        }
        if (accounting != null) {
            accounting.begin(session);
        }
    }

    private void end(Binding binding, Instant at, @Nullable BindingVolume volume) {
        Session session = byPorts.get(PublicPorts.of(binding));
        if (session != null && session.binding.b4().equals(binding.b4())) {
            byPorts.remove(PublicPorts.of(binding));
            forget(session);
            if (accounting != null) {
                accounting.end(session, at, volume, causeOf(session));
            }
        }
    }

    private static TerminateCause causeOf(Session session) {
        if (session.isEndedByServer) {
            return TerminateCause.ADMIN_RESET;
        }
        return session.lease != null && session.lease.hasExpired()
                ? TerminateCause.SESSION_TIMEOUT
                : TerminateCause.USER_REQUEST;
    }

    private void forget(Session session) {
        byId.remove(session.id);
        remove(byB4, session.binding.b4(), session);
        remove(byUser, session.grant.userName(), session);
        RadiusAttribute identity = session.grant.chargeableUserIdentity();
        if (identity != null) {
            remove(byUser, identity, session);
        }
    }

    private static <K> void remove(Map<K, List<Session>> index, K key, Session session) {
        List<Session> sessions = index.get(key);
        if (sessions != null && sessions.remove(session) && sessions.isEmpty()) {
            index.remove(key);
        }
    }
}
