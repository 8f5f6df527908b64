package io.portledger.lwaftr.radius;

import io.portledger.lwaftr.provisioning.Authority;
import io.portledger.lwaftr.provisioning.Entitlement;
import io.portledger.lwaftr.radius.OwnSoftwires.UnusableException;
import io.portledger.lwaftr.radius.Session.Grant;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.Softwire46Configuration;
import io.portledger.radius.Softwire46Priority;
import io.portledger.softwire.Ipv6Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the AAA servers. An Access-Request says who asks and that lw4o6 is meant; an Access-Accept may determine the whole
 * binding by Softwire46-Configuration, or name the service class by Filter-Id, or say nothing more than yes. Questions
 * about one lwB4 that come while it is asked about wait for the same answer. Control thread only.
 */
final class RadiusAuthority implements Authority {

    private static final Logger log = LoggerFactory.getLogger(RadiusAuthority.class);

    private static final int FRAMED = 2;
    private static final int CALL_CHECK = 10;
    private static final int VIRTUAL = 5;

    private final RadiusClient client;
    private final RadiusSettings settings;
    private final UserName userName;
    private final @Nullable String sharedPassword;
    private final NasIdentity nas;
    private final OwnSoftwires softwires;
    private final Set<String> serviceClasses;
    private final Sessions sessions;
    private final RadiusCounters counters;
    private final Map<Ipv6Address, List<Consumer<Verdict>>> asked = new HashMap<>();

    /**
     * @param serviceClasses the names that Filter-Id may have
     * @param sharedPassword null if there is none
     */
    RadiusAuthority(
            RadiusClient client,
            RadiusSettings settings,
            UserName userName,
            @Nullable String sharedPassword,
            NasIdentity nas,
            OwnSoftwires softwires,
            Set<String> serviceClasses,
            Sessions sessions,
            RadiusCounters counters) {
        this.client = client;
        this.settings = settings;
        this.userName = userName;
        this.sharedPassword = sharedPassword;
        this.nas = nas;
        this.softwires = softwires;
        this.serviceClasses = Set.copyOf(serviceClasses);
        this.sessions = sessions;
        this.counters = counters;
    }

    @Override
    public void ask(Ipv6Address b4, Consumer<Verdict> answer) {
        List<Consumer<Verdict>> waiting = asked.get(b4);
        if (waiting != null) {
            waiting.add(answer);
            return;
        }
        if (!client.hasRoom()) {
            answer.accept(unanswered("too many requests wait for RADIUS servers"));
            return;
        }
        List<Consumer<Verdict>> first = new ArrayList<>(1);
        first.add(answer);
        asked.put(b4, first);
        counters.add(RadiusCounter.ACCESS_REQUESTS);
        List<RadiusAttribute> attributes = question(b4);
        client.send(RadiusPacket.ACCESS_REQUEST, () -> attributes, reply -> {
            Verdict verdict = reply == null ? unanswered("no RADIUS server answers") : verdict(b4, reply);
            List<Consumer<Verdict>> all = asked.remove(b4);
            if (all != null) {
                all.forEach(one -> one.accept(verdict));
            }
        });
    }

    private Verdict unanswered(String reason) {
        counters.add(RadiusCounter.ACCESS_UNANSWERED);
        return settings.onUnavailable() == RadiusSettings.OnUnavailable.LOCAL
                ? new Entitled(Entitlement.UNKNOWN)
                : new Unavailable(reason);
    }

    private List<RadiusAttribute> question(Ipv6Address b4) {
        List<RadiusAttribute> attributes = new ArrayList<>(12);
        // First, so that nobody can put a chosen prefix before it (CVE-2024-3596).
        attributes.add(RadiusCodec.messageAuthenticator());
        attributes.add(RadiusAttribute.ofText(RadiusAttribute.USER_NAME, userName.of(b4)));
        switch (settings.password()) {
            case SHARED -> {
                if (sharedPassword != null) {
                    attributes.add(RadiusAttribute.ofText(RadiusAttribute.USER_PASSWORD, sharedPassword));
                }
            }
            case USER_NAME -> attributes.add(RadiusAttribute.ofText(RadiusAttribute.USER_PASSWORD, userName.of(b4)));
            case NONE -> {
                // Service-Type says so.
            }
        }
        boolean isUnproven = settings.password() == RadiusSettings.Password.NONE;
        attributes.add(RadiusAttribute.ofInteger(RadiusAttribute.SERVICE_TYPE, isUnproven ? CALL_CHECK : FRAMED));
        attributes.addAll(nas.attributes());
        attributes.add(RadiusAttribute.ofInteger(RadiusAttribute.NAS_PORT_TYPE, VIRTUAL));
        attributes.add(RadiusAttribute.ofText(RadiusAttribute.CALLING_STATION_ID, b4.toString()));
        attributes.add(RadiusAttribute.ofIpv6(RadiusAttribute.FRAMED_IPV6_ADDRESS, b4));
        attributes.add(new Softwire46Priority(List.of(Softwire46Priority.LIGHTWEIGHT_4OVER6)).toAttribute());
        return attributes;
    }

    private Verdict verdict(Ipv6Address b4, RadiusPacket reply) {
        if (reply.code() != RadiusPacket.ACCESS_ACCEPT) {
            counters.add(RadiusCounter.ACCESS_REJECTS);
            // A challenge would be for somebody who can answer it (RFC 2865 §4.4: treated as a reject).
            String message = reply.first(RadiusAttribute.REPLY_MESSAGE)
                    .flatMap(RadiusAttribute::asText)
                    .orElse("it gives no reason");
            return new Denied("the RADIUS server refuses it: " + message);
        }
        try {
            Entitlement entitlement = entitlement(b4, reply);
            counters.add(RadiusCounter.ACCESS_ACCEPTS);
            sessions.expect(b4, grant(b4, reply));
            return new Entitled(entitlement);
        } catch (RadiusException | UnusableException e) {
            counters.add(RadiusCounter.ACCESS_ACCEPTS_UNUSABLE);
            log.warn("The RADIUS server's Access-Accept for {} cannot be used: {}", b4, e.getMessage());
            return new Denied("the RADIUS server's answer cannot be used: " + e.getMessage());
        }
    }

    private Entitlement entitlement(Ipv6Address b4, RadiusPacket accept) throws RadiusException, UnusableException {
        OptionalLong service = integer(accept, RadiusAttribute.SERVICE_TYPE);
        if (service.isPresent() && service.getAsLong() != FRAMED && service.getAsLong() != CALL_CHECK) {
            throw new UnusableException("its Service-Type " + service.getAsLong()
                    + " is none of ours (allowed: 2 Framed, 10 Call-Check, or none)");
        }
        Optional<Softwire46Priority> priority = Softwire46Priority.of(accept);
        if (priority.isPresent() && !priority.get().mechanisms().contains(Softwire46Priority.LIGHTWEIGHT_4OVER6)) {
            throw new UnusableException("its Softwire46-Priority allows other mechanisms only (allowed: 3, lw4o6)");
        }
        Optional<String> serviceClass = accept.first(RadiusAttribute.FILTER_ID).flatMap(RadiusAttribute::asText);
        if (serviceClass.isPresent()) {
            requireServiceClass(serviceClass.get());
        }
        Optional<Softwire46Configuration> configuration = Softwire46Configuration.of(accept);
        OptionalLong timeout = integer(accept, RadiusAttribute.SESSION_TIMEOUT);
        if (timeout.isPresent() && timeout.getAsLong() == 0) {
            throw new UnusableException("its Session-Timeout is 0 (allowed: one second or more)");
        }
        Duration lifetime = timeout.isPresent() ? Duration.ofSeconds(timeout.getAsLong()) : null;
        String subscriber = subscriber(b4, accept);
        return configuration.isPresent()
                ? new Entitlement(
                        subscriber,
                        serviceClass.orElse(null),
                        softwires.ports(b4, configuration.get()),
                        softwires.br(configuration.get()),
                        lifetime)
                : new Entitlement(subscriber, serviceClass.orElse(null), null, null, lifetime);
    }

    private void requireServiceClass(String name) throws UnusableException {
        if (!serviceClasses.contains(name)) {
            throw new UnusableException("its Filter-Id \"" + name + "\" is no service class (allowed: "
                    + String.join(", ", serviceClasses.stream().sorted().toList()) + ")");
        }
    }

    /** By Chargeable-User-Identity if it can be shown, else by User-Name. */
    private String subscriber(Ipv6Address b4, RadiusPacket accept) {
        return accept.first(RadiusAttribute.CHARGEABLE_USER_IDENTITY)
                .flatMap(RadiusAttribute::asText)
                .or(() -> accept.first(RadiusAttribute.USER_NAME).flatMap(RadiusAttribute::asText))
                .orElseGet(() -> userName.of(b4));
    }

    private Grant grant(Ipv6Address b4, RadiusPacket accept) {
        OptionalLong interim = integer(accept, RadiusAttribute.ACCT_INTERIM_INTERVAL);
        return new Grant(
                accept.first(RadiusAttribute.USER_NAME)
                        .flatMap(RadiusAttribute::asText)
                        .orElseGet(() -> userName.of(b4)),
                accept.first(RadiusAttribute.CHARGEABLE_USER_IDENTITY).orElse(null),
                accept.all(RadiusAttribute.CLASS),
                // Less than a minute is forbidden (RFC 2869 §5.16).
                interim.isPresent() ? Duration.ofSeconds(Math.max(60, interim.getAsLong())) : null);
    }

    private static OptionalLong integer(RadiusPacket packet, int type) {
        Optional<RadiusAttribute> attribute = packet.first(type);
        return attribute.isPresent() ? attribute.get().asInteger() : OptionalLong.empty();
    }
}
