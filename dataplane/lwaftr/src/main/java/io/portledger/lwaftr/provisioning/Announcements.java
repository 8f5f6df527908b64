package io.portledger.lwaftr.provisioning;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.PoolEvent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who hears of bindings, and when: changes at once or once they last, what ended before anybody listened, and snapshots as
 * far as each listener has room. Control thread only.
 */
final class Announcements {

    private static final Logger log = LoggerFactory.getLogger(Announcements.class);

    private final List<BindingListener> listeners = new ArrayList<>();
    private final List<BindingChange> before = new ArrayList<>();
    private final List<Kept> kept = new ArrayList<>();
    private final List<Walk> walks = new ArrayList<>();

    /** @param isOfAll whether it is one of as many changes as there are bindings, for which nobody may run out of room */
    private record Kept(BindingChange change, boolean isOfAll) {}

    /** A snapshot on its way to one listener. */
    private record Walk(BindingListener listener, Iterator<Lease> rest) {

        /** Goes on as far as there is room. */
        boolean isAtEnd() {
            while (rest.hasNext()) {
                if (!listener.hasRoomForSnapshot()) {
                    return false;
                }
                Lease lease = rest.next();
                if (lease.isInForce()) {
                    BindingChange change = new BindingChange(
                            BindingChange.Kind.SNAPSHOT, lease.createdAt(), lease.binding(), lease.origin(), null);
                    tell(change, () -> listener.onChange(change));
                }
            }
            return true;
        }
    }

    /**
     * Tells a new listener what ended before, and what holds as {@link #goOn} does.
     *
     * @param held what holds now
     */
    void add(BindingListener listener, List<Lease> held) {
        listeners.add(listener);
        for (BindingChange change : before) {
            tell(change, () -> listener.onChangeOfAll(change));
        }
        walks.add(new Walk(listener, held.iterator()));
    }

    /** Will be told to every listener that comes before the next snapshot. */
    void addBefore(BindingChange change) {
        before.add(change);
    }

    /** Is told now. */
    void tell(BindingChange change, boolean isOfAll) {
        for (BindingListener listener : listeners) {
            tell(change, () -> {
                if (isOfAll) {
                    listener.onChangeOfAll(change);
                } else {
                    listener.onChange(change);
                }
            });
        }
    }

    /** What happened to a service class is told now: it is no answer to anybody that would have to last. */
    void tell(PoolEvent event) {
        for (BindingListener listener : listeners) {
            try {
                listener.onPoolEvent(event);
            } catch (RuntimeException e) {
                log.error("A binding listener failed on service class {}", event.poolName(), e);
            }
        }
    }

    /** Is told by {@link #tellKept}. */
    void keep(BindingChange change, boolean isOfAll) {
        kept.add(new Kept(change, isOfAll));
    }

    /** Whether something waits for {@link #tellKept}. */
    boolean hasKept() {
        return !kept.isEmpty();
    }

    void tellKept() {
        if (hasKept()) {
            kept.forEach(one -> tell(one.change(), one.isOfAll()));
            kept.clear();
        }
    }

    /** Begins a snapshot for every listener that has heard the last one to its end. */
    void beginSnapshot(List<Lease> held) {
        before.clear();
        for (BindingListener listener : listeners) {
            if (walks.stream().noneMatch(walk -> walk.listener().equals(listener))) {
                walks.add(new Walk(listener, held.iterator()));
            }
        }
    }

    /**
     * Tells more of the snapshots to listeners that have room, unless a change waits that must come before.
     *
     * @return whether any has still to hear more
     */
    boolean goOn() {
        if (!hasKept()) {
            walks.removeIf(Walk::isAtEnd);
        }
        return !walks.isEmpty();
    }

    /** Nobody hears the rest of a snapshot. */
    void breakOff() {
        walks.clear();
    }

    private static void tell(BindingChange change, Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException e) {
            // Provisioning goes on: a broken exporter must not cost subscribers their bindings.
            log.error("A binding listener failed on a binding that is {}", change.kind(), e);
        }
    }
}
