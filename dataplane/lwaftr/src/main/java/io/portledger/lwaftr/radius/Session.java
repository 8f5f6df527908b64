package io.portledger.lwaftr.radius;

import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.radius.RadiusAccounting.Report;
import io.portledger.radius.RadiusAttribute;
import io.portledger.softwire.Binding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A binding as the AAA server knows it. Control thread only. */
final class Session {

    /** More would take the room of the rest. */
    private static final int MAX_CLASSES = 4;

    /**
     * What an Access-Accept said that is told again in accounting.
     *
     * @param userName User-Name of the Accept, or that of the request
     * @param chargeableUserIdentity Chargeable-User-Identity, if there was one
     * @param classes the attributes Class, to be sent back as they are (RFC 2865 §5.25)
     * @param interimInterval Acct-Interim-Interval; null: that of the settings
     */
    record Grant(
            String userName,
            @Nullable RadiusAttribute chargeableUserIdentity,
            List<RadiusAttribute> classes,
            @Nullable Duration interimInterval) {

        Grant {
            classes = List.copyOf(classes.subList(0, Math.min(classes.size(), MAX_CLASSES)));
        }
    }

    /** Acct-Session-Id. */
    final String id;

    final Binding binding;
    final Instant since;
    final Grant grant;

    /** What the lwAFTR knows of the binding; null if it ended before that could be seen. */
    final @Nullable Lease lease;

    /** Whether it was ended by the AAA server. */
    boolean isEndedByServer;

    // Of accounting:
    boolean isOver;
    Instant nextInterim = Instant.MAX;
    boolean isReporting;
    final ArrayDeque<Report> waiting = new ArrayDeque<>(0);

    Session(String id, Binding binding, Instant since, Grant grant, @Nullable Lease lease) {
        this.id = id;
        this.binding = binding;
        this.since = since;
        this.grant = grant;
        this.lease = lease;
    }
}
