package io.portledger.lwaftr.radius;

import io.portledger.lwaftr.provisioning.Demand;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.radius.OwnSoftwires.UnusableException;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.Softwire46Configuration;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a CoA-Request or Disconnect-Request does to a binding. A Disconnect ends the lease; a CoA with
 * Softwire46-Configuration puts the determined binding in the place of the old one, and one with Filter-Id a binding of
 * that service class. All that a request names of a session must be true of it. Control thread only.
 */
final class SessionChanges {

    private static final Logger log = LoggerFactory.getLogger(SessionChanges.class);

    /** What identifies the NAS and the session, and what may stand beside it (RFC 5176 §3). */
    private static final Set<Integer> ALWAYS_ALLOWED = Set.of(
            RadiusAttribute.USER_NAME,
            RadiusAttribute.NAS_IP_ADDRESS,
            RadiusAttribute.FRAMED_IP_ADDRESS,
            RadiusAttribute.CALLING_STATION_ID,
            RadiusAttribute.NAS_IDENTIFIER,
            RadiusAttribute.PROXY_STATE,
            RadiusAttribute.ACCT_SESSION_ID,
            RadiusAttribute.ACCT_TERMINATE_CAUSE,
            RadiusAttribute.EVENT_TIMESTAMP,
            RadiusAttribute.MESSAGE_AUTHENTICATOR,
            RadiusAttribute.CHARGEABLE_USER_IDENTITY,
            RadiusAttribute.NAS_IPV6_ADDRESS,
            RadiusAttribute.FRAMED_IPV6_ADDRESS,
            RadiusAttribute.REPLY_MESSAGE,
            RadiusAttribute.CLASS);

    private final LeaseTable leases;
    private final Sessions sessions;
    private final OwnSoftwires softwires;
    private final NasIdentity nas;

    SessionChanges(LeaseTable leases, Sessions sessions, OwnSoftwires softwires, NasIdentity nas) {
        this.leases = leases;
        this.sessions = sessions;
        this.softwires = softwires;
        this.nas = nas;
    }

    /**
     * Does what a request asks for.
     *
     * @return null if it is done, else why nothing was
     */
    @Nullable
    ErrorCause apply(RadiusPacket request, Instant now) {
        boolean isDisconnect = request.code() == RadiusPacket.DISCONNECT_REQUEST;
        ErrorCause fault = faultOf(request, isDisconnect);
        if (fault != null) {
            return fault;
        }
        // Leases that are over are no sessions any more.
        leases.expire(now);
        List<Session> found = find(request);
        if (found == null) {
            return ErrorCause.MISSING_ATTRIBUTE;
        }
        if (found.isEmpty()) {
            return ErrorCause.SESSION_CONTEXT_NOT_FOUND;
        }
        if (found.size() > 1) {
            return ErrorCause.MULTIPLE_SESSION_SELECTION_UNSUPPORTED;
        }
        Session session = found.getFirst();
        Optional<Lease> lease = leases.find(session.binding.b4(), now)
                .filter(held -> held.publicPorts().equals(PublicPorts.of(session.binding)));
        if (lease.isEmpty()) {
            // Assigned by the supporting system or a file, whose decision it is.
            return ErrorCause.ADMINISTRATIVELY_PROHIBITED;
        }
        if (!leases.isWritable()) {
            return ErrorCause.RESOURCES_UNAVAILABLE;
        }
        if (isDisconnect) {
            log.info("The AAA server ends {}", lease.get());
            session.isEndedByServer = true;
            leases.revoke(lease.get(), now);
            return null;
        }
        return change(session, lease.get(), request, now);
    }

    private @Nullable ErrorCause faultOf(RadiusPacket request, boolean isDisconnect) {
        if (!nas.isMeantBy(request)) {
            return ErrorCause.NAS_IDENTIFICATION_MISMATCH;
        }
        if (request.first(RadiusAttribute.SERVICE_TYPE).isPresent()) {
            return ErrorCause.UNSUPPORTED_SERVICE;
        }
        boolean isChanging = false;
        for (RadiusAttribute attribute : request.attributes()) {
            boolean isChange = attribute.type() == RadiusAttribute.FILTER_ID
                    || attribute.is(RadiusAttribute.EXTENDED_1, Softwire46Configuration.EXTENDED_TYPE);
            if (!ALWAYS_ALLOWED.contains(attribute.type()) && (isDisconnect || !isChange)) {
                return ErrorCause.UNSUPPORTED_ATTRIBUTE;
            }
            isChanging |= isChange;
        }
        return isDisconnect || isChanging ? null : ErrorCause.MISSING_ATTRIBUTE;
    }

    /** Those of which all is true that the request says; null if it names none. */
    private @Nullable List<Session> find(RadiusPacket request) {
        List<Session> candidates = null;
        Optional<RadiusAttribute> id = request.first(RadiusAttribute.ACCT_SESSION_ID);
        Optional<RadiusAttribute> b4 = request.first(RadiusAttribute.FRAMED_IPV6_ADDRESS);
        Optional<RadiusAttribute> identity = request.first(RadiusAttribute.CHARGEABLE_USER_IDENTITY);
        Optional<RadiusAttribute> name = request.first(RadiusAttribute.USER_NAME);
        if (id.isPresent()) {
            candidates =
                    id.get().asText().flatMap(sessions::withId).map(List::of).orElse(List.of());
        } else if (b4.isPresent()) {
            candidates = b4.get().asIpv6().map(sessions::of).orElse(List.of());
        } else if (identity.isPresent()) {
            candidates = sessions.ofUser(identity.get());
        } else if (name.isPresent()) {
            candidates = name.get().asText().map(sessions::ofUser).orElse(List.of());
        }
        if (candidates == null) {
            return null;
        }
        List<Session> found = new ArrayList<>(1);
        for (Session session : candidates) {
            if (isAllTrue(request, session)) {
                found.add(session);
            }
        }
        return found;
    }

    private static boolean isAllTrue(RadiusPacket request, Session session) {
        for (RadiusAttribute attribute : request.attributes()) {
            boolean isTrue = switch (attribute.type()) {
                case RadiusAttribute.ACCT_SESSION_ID ->
                    attribute.asText().filter(session.id::equals).isPresent();
                case RadiusAttribute.USER_NAME ->
                    attribute.asText().filter(session.grant.userName()::equals).isPresent();
                case RadiusAttribute.CHARGEABLE_USER_IDENTITY ->
                    Objects.equals(attribute, session.grant.chargeableUserIdentity());
                case RadiusAttribute.FRAMED_IPV6_ADDRESS ->
                    attribute.asIpv6().filter(session.binding.b4()::equals).isPresent();
                case RadiusAttribute.FRAMED_IP_ADDRESS ->
                    attribute.asIpv4().filter(session.binding.ipv4()::equals).isPresent();
                case RadiusAttribute.CALLING_STATION_ID ->
                    attribute
                            .asText()
                            .filter(session.binding.b4().toString()::equals)
                            .isPresent();
                default -> true;
            };
            if (!isTrue) {
                return false;
            }
        }
        return true;
    }

    private @Nullable ErrorCause change(Session session, Lease lease, RadiusPacket request, Instant now) {
        Ipv6Address b4 = lease.b4();
        try {
            Optional<Softwire46Configuration> configuration = Softwire46Configuration.of(request);
            if (configuration.isPresent()) {
                PublicPorts ports = softwires.ports(b4, configuration.get());
                Ipv6Address br = softwires.br(configuration.get());
                return replace(
                        session, lease, new Binding(b4, ports.ipv4(), ports.ports(), br, lease.subscriber()), now);
            }
            Optional<RadiusAttribute> filter = request.first(RadiusAttribute.FILTER_ID);
            Optional<String> name = filter.flatMap(RadiusAttribute::asText);
            if (name.isEmpty()) {
                // A Softwire46-Configuration without a part for lw4o6, or a name that is none.
                return ErrorCause.INVALID_ATTRIBUTE_VALUE;
            }
            Optional<Pool> pool = leases.poolNamed(name.get());
            if (pool.isEmpty()) {
                return ErrorCause.INVALID_ATTRIBUTE_VALUE;
            }
            return move(session, lease, pool.get(), now);
        } catch (RadiusException | UnusableException e) {
            log.warn("The AAA server's CoA-Request for {} cannot be carried out: {}", b4, e.getMessage());
            return ErrorCause.INVALID_ATTRIBUTE_VALUE;
        }
    }

    private @Nullable ErrorCause move(Session session, Lease lease, Pool pool, Instant now) {
        if (pool.equals(lease.pool())) {
            return null;
        }
        Instant limit = lease.limit().orElse(null);
        Demand again = again(lease, now);
        if (leases.preview(lease.b4(), pool, null, now).isEmpty()) {
            return ErrorCause.RESOURCES_UNAVAILABLE;
        }
        log.info(
                "The AAA server moves {} to service class {}",
                lease,
                pool.serviceClass().name());
        end(session, lease, now);
        return done(leases.allocate(again, pool, lease.subscriber(), limit, now));
    }

    private @Nullable ErrorCause replace(Session session, Lease lease, Binding binding, Instant now) {
        if (binding.equals(lease.binding())) {
            return null;
        }
        PublicPorts ports = PublicPorts.of(binding);
        if (!leases.isFreeInPlaceOf(lease, binding)) {
            log.warn(
                    "The AAA server gives {} to {}, but another has these ports, or their address is divided in another"
                            + " way",
                    ports,
                    binding.b4());
            return ErrorCause.RESOURCES_UNAVAILABLE;
        }
        Instant limit = lease.limit().orElse(null);
        Demand again = again(lease, now);
        log.info("The AAA server changes {} to {}", lease, ports);
        end(session, lease, now);
        return done(leases.allocate(again, binding, limit, now));
    }

    private void end(Session session, Lease lease, Instant now) {
        session.isEndedByServer = true;
        sessions.expect(lease.b4(), session.grant);
        leases.revoke(lease, now);
    }

    private static @Nullable ErrorCause done(Optional<Lease> lease) {
        return lease.isPresent() ? null : ErrorCause.RESOURCES_UNAVAILABLE;
    }

    /** What the lwB4 would ask for to have as much time as it has left. */
    private static Demand again(Lease lease, Instant now) {
        Duration left = Duration.between(now, lease.expiresAt());
        return new Demand(lease.b4(), Origin.RADIUS, lease.nonce(), left, null, Demand.ANY_PORTS, lease.replyPort());
    }
}
