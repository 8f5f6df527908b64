package io.portledger.lwaftr.provisioning;

import io.netty.buffer.ByteBuf;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpRequestDecoder;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the PCP server answers (RFC 6887, RFC 7753): a datagram and its source in, a datagram out. Control thread only,
 * but for the counters.
 *
 * <h2>Port sets</h2>
 *
 * An lwB4 asks by MAP with PORT_SET for protocol 0 (all), internal port 1, size 65535. The lwAFTR rewrites no ports, so
 * internal and external ports are the same, and the answer is the first range of the lwB4's port set within the asked
 * window: First Internal Port and Assigned External Port are its first port. <b>The first MAP creates the lease and the
 * binding of the whole set.</b> With a = 0 that range is the set. With a &gt; 0 an lwB4 learns the further ranges by a
 * MAP for each, whose internal port is the one behind the range that it learnt last; when no range is left it is told
 * USER_EX_QUOTA. Every MAP of the set refreshes the one lease, and deleting any part of it deletes all of it, since a
 * set is renewed and deleted as a whole (RFC 7753 §6.1).
 *
 * <h2>Single ports</h2>
 *
 * MAP without PORT_SET and PEER create nothing: all ports of a binding are mapped to themselves already, for all
 * protocols and peers. They are answered as a stateless device does, by what the binding says: an own port with
 * SUCCESS, no longer than the lease lasts; a foreign one with CANNOT_PROVIDE_EXTERNAL to PEER and PREFER_FAILURE, else
 * USER_EX_QUOTA; NO_RESOURCES without a binding.
 */
public final class PcpService {

    private static final Set<Integer> OPTIONS = Set.of(PcpOption.PORT_SET, PcpOption.PREFER_FAILURE);
    private static final Set<Integer> OPTIONS_OF_TRUSTED =
            Set.of(PcpOption.PORT_SET, PcpOption.PREFER_FAILURE, PcpOption.THIRD_PARTY);
    private static final long FOR_EVER = 0xffff_ffffL;
    private static final int LAST_PORT = 0xffff;
    private static final int FIRST_PORT = 1;

    /** Whose epoch is forgotten gets the server's, which is older, and asks for its mapping again. */
    private static final int MOST_EPOCHS = 1 << 16;

    /** Where an answer goes. */
    @FunctionalInterface
    public interface Reply {
        /** Sends a datagram, once what it says is made to last; the octets now belong to the receiver. */
        void send(ByteBuf datagram);
    }

    private final Provisioner provisioner;
    private final @Nullable PcpProxy proxy;
    private final LeaseTable leases;
    private final List<Ipv6Prefix> thirdPartyFrom;
    private final Instant epochStart;

    /** Of lwB4s whose lease the server could not keep: since when it has kept what it promised to them. */
    private final Map<Ipv6Address, Instant> epochStarts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Ipv6Address, Instant> eldest) {
            return size() > MOST_EPOCHS;
        }
    };

    private final PcpRequestDecoder decoder =
            new PcpRequestDecoder(Set.of(PcpOperation.ANNOUNCE, PcpOperation.MAP, PcpOperation.PEER));
    private final Map<ResultCode, LongAdder> answered = new EnumMap<>(ResultCode.class);
    private final LongAdder dropped = new LongAdder();

    /** A refusal on its way to the error response. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;
        private final ResultCode code;
        private final long lifetimeSeconds;

        Refusal(ResultCode code, long lifetimeSeconds) {
            super(code.name(), null, false, false);
            this.code = code;
            this.lifetimeSeconds = lifetimeSeconds;
        }

        Refusal(ResultCode code) {
            this(code, code.lifetimeSeconds());
        }
    }

    /** What an lwB4 has, with how long it still lasts. */
    private record Holding(Binding binding, long remainingSeconds) {
        long lifetimeFor(PcpRequest request) {
            return remainingSeconds == FOR_EVER ? FOR_EVER : Math.min(request.lifetimeSeconds(), remainingSeconds);
        }
    }

    /**
     * A service of leases.
     *
     * @param proxy obtains them from a central server; null: they are this lwAFTR's own
     * @param thirdPartyFrom sources that may ask for other hosts by THIRD_PARTY
     * @param epochStart when the server's state began: its epoch is 0 then
     */
    public PcpService(
            Provisioner provisioner, @Nullable PcpProxy proxy, List<Ipv6Prefix> thirdPartyFrom, Instant epochStart) {
        this.provisioner = provisioner;
        this.proxy = proxy;
        this.leases = provisioner.leases();
        this.thirdPartyFrom = List.copyOf(thirdPartyFrom);
        this.epochStart = epochStart;
        for (ResultCode code : ResultCode.values()) {
            answered.put(code, new LongAdder());
        }
    }

    /** How many responses of that result were made. Any thread. */
    public long answered(ResultCode code) {
        LongAdder adder = answered.get(code);
        return adder == null ? 0 : adder.sum();
    }

    /** How many datagrams got no answer, being responses or too short. Any thread. */
    public long dropped() {
        return dropped.sum();
    }

    /**
     * Carries out one datagram.
     *
     * @param datagram its readable octets; indices are left alone
     * @param source where it came from, an IPv4 address in its mapped form
     * @param b4 whose softwire it came by or will use; the source itself, if it came in plain IPv6
     * @param port the UDP port from which it came
     * @param reply gets the answer if there is one, before this method returns or later
     */
    public void serve(ByteBuf datagram, Ipv6Address source, Ipv6Address b4, int port, Instant now, Reply reply) {
        switch (decoder.decode(datagram, source, isTrusted(source) ? OPTIONS_OF_TRUSTED : OPTIONS)) {
            case PcpRequestDecoder.Dropped ignored -> dropped.increment();
            case PcpRequestDecoder.Refused(ResultCode code) -> {
                count(code);
                ByteBuf out = datagram.alloc().buffer(PcpRequest.MAX_OCTETS);
                PcpResponse.writeError(datagram, code, code.lifetimeSeconds(), epoch(source, now), false, out);
                reply.send(out);
            }
            case PcpRequestDecoder.Accepted(PcpRequest request) -> {
                Answer answer = new Answer(datagram.retainedSlice(), source, reply);
                try {
                    carryOut(request, b4, port, now, answer);
                } catch (Refusal refusal) {
                    answer.refuse(refusal, now);
                }
            }
        }
    }

    /** The answer to one request that could be read, now or later. */
    private final class Answer {
        private final ByteBuf request;
        private final Ipv6Address source;
        private final Reply reply;

        Answer(ByteBuf request, Ipv6Address source, Reply reply) {
            this.request = request;
            this.source = source;
            this.reply = reply;
        }

        void succeed(PcpOperation operation, long lifetimeSeconds, List<PcpOption> processed, Instant now) {
            count(ResultCode.SUCCESS);
            ByteBuf out = request.alloc().buffer(PcpRequest.MAX_OCTETS);
            PcpResponse.success(operation, lifetimeSeconds, epoch(source, now), processed)
                    .encode(out);
            send(out);
        }

        void refuse(Refusal refusal, Instant now) {
            count(refusal.code);
            ByteBuf out = request.alloc().buffer(PcpRequest.MAX_OCTETS);
            PcpResponse.writeError(request, refusal.code, refusal.lifetimeSeconds, epoch(source, now), true, out);
            send(out);
        }

        private void send(ByteBuf out) {
            request.release();
            reply.send(out);
        }
    }

    /** RFC 6887 §8.5 lets each client have its own: it restarts if the server did not keep that client's mapping. */
    private long epoch(Ipv6Address client, Instant now) {
        Instant start = epochStarts.getOrDefault(client, epochStart);
        return Math.max(0, Duration.between(start, now).toSeconds()) & FOR_EVER;
    }

    /** Restarts the epoch of an lwB4 whose lease the server could not keep, so that it asks again. */
    void restartEpoch(Ipv6Address client, Instant now) {
        epochStarts.remove(client);
        epochStarts.put(client, now);
    }

    /**
     * What an lwB4 is told that did not ask (RFC 6887 §14): if it has other ports than it knows, which ones, by a mapping
     * update; if it has none, that its epoch has restarted, by an announcement, upon which it asks.
     */
    PcpResponse unsolicited(LeaseTable.Revocation revoked, Instant now) {
        List<Lease> assigned = leases.assigned(revoked.b4());
        Optional<Lease> lease =
                leases.find(revoked.b4(), now).filter(found -> found.nonce().equals(revoked.nonce()));
        if (assigned.isEmpty() && lease.isEmpty()) {
            return PcpResponse.success(new PcpOperation.Announce(), 0, epoch(revoked.b4(), now), List.of());
        }
        Binding binding = lease.orElseGet(assigned::getLast).binding();
        long lifetime = assigned.isEmpty() ? remainingSeconds(lease.orElseThrow(), now) : FOR_EVER;
        PortRange range = binding.ports().range(0);
        int first = Math.max(FIRST_PORT, range.first());
        int size = range.last() - first + 1;
        return PcpResponse.success(
                assigned(
                        new PcpOperation.Map(revoked.nonce(), 0, FIRST_PORT, 0, Ipv6Address.UNSPECIFIED),
                        binding.ipv4(),
                        first),
                lifetime,
                epoch(revoked.b4(), now),
                size == 1 ? List.of() : List.of(new PcpOption.PortSet(size, first, false)));
    }

    private void carryOut(PcpRequest request, Ipv6Address sender, int port, Instant now, Answer answer) throws Refusal {
        Optional<PcpOption.ThirdParty> thirdParty = request.option(PcpOption.ThirdParty.class);
        Ipv6Address b4 = thirdParty.map(PcpOption.ThirdParty::internalAddress).orElse(sender);
        List<PcpOption> processed = new ArrayList<>(2);
        thirdParty.ifPresent(processed::add);
        switch (request.operation()) {
            case PcpOperation.Announce announce -> answer.succeed(announce, 0, List.of(), now);
            case PcpOperation.Map map -> {
                requireSoftwireAddress(b4, thirdParty.isPresent());
                Optional<PcpOption.PortSet> set = request.option(PcpOption.PortSet.class);
                if (request.lifetimeSeconds() == 0) {
                    set.ifPresent(processed::add);
                    delete(b4, map, set, processed, now, answer);
                } else if (set.isPresent()) {
                    mapSet(
                            b4,
                            map,
                            set.get(),
                            request.lifetimeSeconds(),
                            thirdParty.isPresent() ? 0 : port,
                            processed,
                            now,
                            answer);
                } else {
                    boolean isPreferFailure =
                            request.option(PcpOption.PreferFailure.class).isPresent();
                    if (isPreferFailure) {
                        processed.add(new PcpOption.PreferFailure());
                    }
                    Holding holding = holdingOf(b4, map, now);
                    PcpOperation.Map mapped = mapOwnPort(map, holding, isPreferFailure, ResultCode.USER_EX_QUOTA);
                    answer.succeed(mapped, holding.lifetimeFor(request), processed, now);
                }
            }
            case PcpOperation.Peer peer -> {
                requireSoftwireAddress(b4, thirdParty.isPresent());
                Holding holding = holdingOf(b4, peer.mapping(), now);
                PcpOperation.Map mapped = mapOwnPort(peer.mapping(), holding, true, ResultCode.CANNOT_PROVIDE_EXTERNAL);
                answer.succeed(
                        new PcpOperation.Peer(mapped, peer.remotePort(), peer.remoteAddress()),
                        holding.lifetimeFor(request),
                        processed,
                        now);
            }
        }
    }

    private void mapSet(
            Ipv6Address b4,
            PcpOperation.Map map,
            PcpOption.PortSet asked,
            long lifetimeSeconds,
            int port,
            List<PcpOption> processed,
            Instant now,
            Answer answer)
            throws Refusal {
        if (map.protocol() != 0) {
            throw new Refusal(ResultCode.UNSUPP_PROTOCOL);
        }
        PortRange window = windowOf(map.internalPort(), asked.size());
        // What is asked for beyond the ports that the lwB4 has is refused before it renews anything.
        Optional<Lease> present = leases.find(b4, now);
        if (present.isPresent()) {
            requireNonce(present.get(), map, now);
            firstWithin(present.get().binding().ports(), window);
        }
        Pool.Suggestion suggestion = map.externalPort() != 0
                        && map.externalAddress().isMapped()
                        && map.externalAddress().embeddedIpv4().bits() != 0
                ? new Pool.Suggestion(map.externalAddress().embeddedIpv4(), map.externalPort())
                : null;
        Demand demand =
                new Demand(b4, Origin.PCP, map.nonce(), Duration.ofSeconds(lifetimeSeconds), suggestion, window, port);
        PcpProxy central = proxy;
        if (central != null && leases.assigned(b4).isEmpty()) {
            central.obtain(demand, now, (result, then) -> {
                try {
                    switch (result) {
                        case PcpProxy.Granted(Lease lease) ->
                            grant(
                                    lease.binding(),
                                    window,
                                    map,
                                    asked,
                                    remainingSeconds(lease, then),
                                    processed,
                                    then,
                                    answer);
                        case PcpProxy.Refused(ResultCode code, long lifetime) -> throw new Refusal(code, lifetime);
                        case PcpProxy.Released ignored -> throw new IllegalStateException("a demand was a release");
                    }
                } catch (Refusal refusal) {
                    answer.refuse(refusal, then);
                }
            });
            return;
        }
        provisioner.obtain(demand, now, (outcome, then) -> {
            try {
                switch (outcome) {
                    case Provisioner.Granted(Lease lease, boolean ignored) ->
                        grant(
                                lease.binding(),
                                window,
                                map,
                                asked,
                                remainingSeconds(lease, then),
                                processed,
                                then,
                                answer);
                    case Provisioner.Assigned(List<Lease> assigned) ->
                        grant(assigned.getLast().binding(), window, map, asked, FOR_EVER, processed, then, answer);
                    case Provisioner.NotYours(Lease lease) ->
                        throw new Refusal(ResultCode.NOT_AUTHORIZED, remainingSeconds(lease, then));
                    case Provisioner.NotAuthorized ignored -> throw new Refusal(ResultCode.NOT_AUTHORIZED);
                    case Provisioner.Exhausted ignored -> throw new Refusal(ResultCode.NO_RESOURCES);
                    case Provisioner.Unavailable ignored -> throw new Refusal(ResultCode.NETWORK_FAILURE);
                }
            } catch (Refusal refusal) {
                answer.refuse(refusal, then);
            }
        });
    }

    /** The answer that names the first ports of the binding within the window. */
    private static void grant(
            Binding binding,
            PortRange window,
            PcpOperation.Map map,
            PcpOption.PortSet asked,
            long lifetimeSeconds,
            List<PcpOption> processed,
            Instant now,
            Answer answer)
            throws Refusal {
        PortRange granted = firstWithin(binding.ports(), window);
        if (granted.size() > 1) {
            processed.add(new PcpOption.PortSet(granted.size(), granted.first(), asked.parity()));
        }
        answer.succeed(assigned(map, binding.ipv4(), granted.first()), lifetimeSeconds, processed, now);
    }

    private static PortRange firstWithin(PortSet ports, PortRange window) throws Refusal {
        int spacing = ports.psidOffset() == 0 ? LAST_PORT + 1 : 1 << (16 - ports.psidOffset());
        int index = Math.max(0, (window.first() - ports.firstPort()) / spacing);
        for (; index < ports.rangeCount(); index++) {
            PortRange range = ports.range(index);
            if (range.intersects(window)) {
                return new PortRange(Math.max(range.first(), window.first()), Math.min(range.last(), window.last()));
            }
            if (range.first() > window.last()) {
                break;
            }
        }
        throw new Refusal(ResultCode.USER_EX_QUOTA);
    }

    private void delete(
            Ipv6Address b4,
            PcpOperation.Map map,
            Optional<PcpOption.PortSet> set,
            List<PcpOption> processed,
            Instant now,
            Answer answer)
            throws Refusal {
        boolean isWholeHost = map.protocol() == 0 && map.internalPort() == 0;
        if (set.isEmpty() && !isWholeHost) {
            // One port of a set cannot be deleted alone, and no other mapping exists.
            if (holds(b4, map, now)) {
                throw new Refusal(ResultCode.NOT_AUTHORIZED);
            }
            answer.succeed(map, 0, processed, now);
            return;
        }
        PortRange window = isWholeHost
                ? new PortRange(0, LAST_PORT)
                : windowOf(map.internalPort(), set.orElseThrow().size());
        for (Lease lease : leases.assigned(b4)) {
            if (lease.binding().ports().intersects(window)) {
                throw new Refusal(ResultCode.NOT_AUTHORIZED, FOR_EVER);
            }
        }
        Optional<Lease> lease = leases.find(b4, now);
        if (lease.isPresent() && lease.get().binding().ports().intersects(window)) {
            requireNonce(lease.get(), map, now);
            PcpProxy central = proxy;
            if (central != null) {
                central.release(lease.get(), now, (result, then) -> {
                    if (result instanceof PcpProxy.Refused(ResultCode code, long lifetime)) {
                        answer.refuse(new Refusal(code, lifetime), then);
                    } else {
                        answer.succeed(map, 0, processed, then);
                    }
                });
                return;
            }
            if (provisioner.release(b4, map.nonce(), now) instanceof Provisioner.Unavailable) {
                throw new Refusal(ResultCode.NETWORK_FAILURE);
            }
        }
        answer.succeed(map, 0, processed, now);
    }

    private boolean holds(Ipv6Address b4, PcpOperation.Map map, Instant now) {
        return leases.assigned(b4).stream()
                        .anyMatch(lease -> lease.binding().ports().contains(map.internalPort()))
                || leases.find(b4, now)
                        .filter(lease -> lease.binding().ports().contains(map.internalPort()))
                        .isPresent();
    }

    private Holding holdingOf(Ipv6Address b4, PcpOperation.Map map, Instant now) throws Refusal {
        List<Lease> assigned = leases.assigned(b4);
        for (Lease lease : assigned) {
            if (lease.binding().ports().contains(map.internalPort())) {
                return new Holding(lease.binding(), FOR_EVER);
            }
        }
        if (!assigned.isEmpty()) {
            return new Holding(assigned.getLast().binding(), FOR_EVER);
        }
        Lease lease = leases.find(b4, now).orElseThrow(() -> new Refusal(ResultCode.NO_RESOURCES));
        return new Holding(lease.binding(), remainingSeconds(lease, now));
    }

    /** The mapping of an own port to itself. */
    private static PcpOperation.Map mapOwnPort(
            PcpOperation.Map map, Holding holding, boolean isSuggestionBinding, ResultCode foreignPort) throws Refusal {
        Binding binding = holding.binding();
        boolean isAll = map.protocol() == 0 || map.internalPort() == 0;
        boolean isOwn = isAll
                ? binding.ports().equals(PortSet.WHOLE_ADDRESS)
                : binding.ports().contains(map.internalPort());
        if (isSuggestionBinding) {
            boolean isOtherPort = map.externalPort() != 0 && map.externalPort() != map.internalPort();
            Ipv6Address suggested = map.externalAddress();
            boolean isOtherAddress = suggested.isMapped()
                    ? suggested.embeddedIpv4().bits() != 0
                            && !suggested.embeddedIpv4().equals(binding.ipv4())
                    : !suggested.equals(Ipv6Address.UNSPECIFIED);
            if (!isOwn || isOtherPort || isOtherAddress) {
                throw new Refusal(ResultCode.CANNOT_PROVIDE_EXTERNAL);
            }
        }
        if (!isOwn) {
            throw new Refusal(foreignPort);
        }
        return assigned(map, binding.ipv4(), map.internalPort());
    }

    private static PcpOperation.Map assigned(PcpOperation.Map map, Ipv4Address ipv4, int port) {
        return new PcpOperation.Map(map.nonce(), map.protocol(), map.internalPort(), port, Ipv6Address.mapped(ipv4));
    }

    private static PortRange windowOf(int first, int size) {
        return new PortRange(first, Math.min(LAST_PORT, first + Math.max(1, size) - 1));
    }

    private static void requireNonce(Lease lease, PcpOperation.Map map, Instant now) throws Refusal {
        if (!lease.nonce().equals(map.nonce())) {
            throw new Refusal(ResultCode.NOT_AUTHORIZED, remainingSeconds(lease, now));
        }
    }

    private static long remainingSeconds(Lease lease, Instant now) {
        return Duration.between(now, lease.expiresAt()).plusMillis(999).toSeconds();
    }

    private static void requireSoftwireAddress(Ipv6Address b4, boolean isThirdParty) throws Refusal {
        if (!LeaseTable.isSoftwireAddress(b4)) {
            throw new Refusal(isThirdParty ? ResultCode.MALFORMED_OPTION : ResultCode.NOT_AUTHORIZED);
        }
    }

    private boolean isTrusted(Ipv6Address source) {
        for (Ipv6Prefix prefix : thirdPartyFrom) {
            if (prefix.contains(source)) {
                return true;
            }
        }
        return false;
    }

    private void count(ResultCode code) {
        LongAdder adder = answered.get(code);
        if (adder != null) {
            adder.increment();
        }
    }
}
