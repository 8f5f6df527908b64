package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.BindingTable.Found;
import io.portledger.lwaftr.forwarding.BindingTable.Reader;
import io.portledger.lwaftr.forwarding.BindingTable.View;
import io.portledger.packet.Ecn;
import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketOutput;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The lwAFTR's forwarding engine (RFC 7596 §6): takes batches of IP packets from either side and gives batches to the
 * two outputs.
 *
 * <p>Packets are changed in place, so each packet of an input batch needs {@link PacketBatch#HEAD_ROOM} free octets
 * before it, which may be overwritten, by the outputs too. All packets that a batch leads to are with the outputs when
 * the call returns. The order of packets of a flow is kept.
 *
 * <p>Belongs to one thread; several forwarders may share a table.
 */
public final class Forwarder implements AutoCloseable {

    /*
     * A batch is gone through in three passes, so that the cache misses of its look-ups overlap instead of following
     * one another:
     *
     * 1. Check each packet (this is where its octets are compared with its length, and nowhere later), find its port
     *    and compute where its binding's line should be.
     * 2. Load all these lines, after a look at the table's tags, which tell whether it is another one.
     * 3. Find the bindings, write the headers.
     *
     * What is not an ordinary packet (a whole TCP or UDP packet without IPv4 options or IPv6 extension headers, with a
     * right checksum, hops left, not too big, with a binding that is in order) goes through SlowPath in pass 3, from its
     * beginning, so that packets leave in the order in which they came.
     */

    private static final int WINDOW = 256;
    private static final int LONGEST = Ipv6.HEADER + 0xffff;
    private static final int NO_OPTIONS = 0x45;
    private static final int SHORTEST = Ipv4.MIN_HEADER + 8;
    private static final long FRAGMENT = 0x3fff;
    private static final long SLOW = 0;

    private final Reader reader;
    private final Egress egress;
    private final Counters counters = new Counters();
    private final SlowPath slowPath;
    private final LongSupplier nanoClock;
    private final OuterHeader outerHeader;
    private final Found found = new Found();
    private final int ownIpv4;
    private final int ipv4Mtu;
    private final int ipv6Mtu;
    private final boolean hairpins;
    private final boolean takesOuterDscp;
    private final boolean clampsMss;
    private final PathMtus pathMtus;
    private final FragmentExchange.@Nullable Desk exchange;
    private final ProvisioningDesk provisioning;
    private final Ingress ipv4Ingress;
    private final Ingress ipv6Ingress;
    private final PacketBatch takenOver = PacketBatch.withMemory(1, LONGEST);

    private final long[] keys = new long[WINDOW];
    private final long[] homes = new long[WINDOW];
    private final long[] tags = new long[WINDOW];
    private final long[] lines = new long[WINDOW];
    private final int[] shapes = new int[WINDOW];

    private final PortSamples portSamples = new PortSamples();
    private volatile int sampling;
    private int untilSample;

    /** The packet of the window at hand whose port becomes a sample if it is forwarded; -1: none. */
    private int sampled = -1;

    private int sampledIpv4;
    private int sampledPort;

    @SuppressWarnings("UnusedVariable") // Written, so that the loads of touchLines are not taken for useless.
    private long touched;

    /**
     * A forwarder that works alone and gives its packets to two outputs.
     *
     * @param nanoClock time for limits and reassembly, from any origin, never backwards
     * @param fragmentIdentifications for IPv6 fragments; should not be predictable (RFC 7739)
     */
    public Forwarder(
            BindingTable table,
            ForwardingSettings settings,
            PacketOutput ipv4Side,
            PacketOutput ipv6Side,
            LongSupplier nanoClock,
            IntSupplier fragmentIdentifications) {
        this(
                table,
                settings,
                ipv4Side,
                ipv6Side,
                nanoClock,
                fragmentIdentifications,
                new PathMtus(),
                null,
                new ProvisioningDesk(ControlPlane.SILENT));
    }

    /**
     * One of several forwarders.
     *
     * @param pathMtus what all of them have learned
     * @param exchange where this one finds the fragments that the others got; null if it is alone
     * @param provisioning where it hands provisioning requests over
     */
    Forwarder(
            BindingTable table,
            ForwardingSettings settings,
            PacketOutput ipv4Side,
            PacketOutput ipv6Side,
            LongSupplier nanoClock,
            IntSupplier fragmentIdentifications,
            PathMtus pathMtus,
            FragmentExchange.@Nullable Desk exchange,
            ProvisioningDesk provisioning) {
        this.reader = table.newReader();
        this.egress = new Egress(
                ipv4Side,
                ipv6Side,
                settings.ipv4Side().egressFilter(),
                settings.ipv6Side().egressFilter(),
                counters);
        this.ipv4Ingress = new Ingress(
                settings.ipv4Side().ingressFilter(), counters, Counter.IN_IPV4, Counter.DROP_IN_BY_FILTER_IPV4);
        this.ipv6Ingress = new Ingress(
                settings.ipv6Side().ingressFilter(), counters, Counter.IN_IPV6, Counter.DROP_IN_BY_FILTER_IPV6);
        this.pathMtus = pathMtus;
        this.exchange = exchange;
        this.provisioning = provisioning;
        this.clampsMss = settings.tunnel().clampMss();
        this.nanoClock = nanoClock;
        this.outerHeader = new OuterHeader(settings.tunnel());
        this.ownIpv4 = settings.ipv4Address().bits();
        this.ipv4Mtu = settings.ipv4Side().mtu();
        this.ipv6Mtu = settings.ipv6Side().mtu();
        this.hairpins = settings.hairpinning();
        this.takesOuterDscp = settings.tunnel().dscpMode() == ForwardingSettings.DscpMode.UNIFORM;
        try {
            this.slowPath = new SlowPath(
                    settings,
                    reader.enter(),
                    egress,
                    counters,
                    fragmentIdentifications,
                    pathMtus,
                    exchange,
                    provisioning,
                    nanoClock.getAsLong());
        } finally {
            reader.exit();
        }
    }

    /** What happened to the packets; may be read by any thread. */
    public Counters counters() {
        return counters;
    }

    /** Public ports by which packets went upstream, as far as {@link #samplePorts} wants them. */
    PortSamples portSamples() {
        return portSamples;
    }

    /**
     * Notes the public port of one of so many ordinary upstream packets, at most one of each {@value #WINDOW} that come at
     * once.
     *
     * @param oneOf 0: of none
     */
    void samplePorts(int oneOf) {
        sampling = oneOf;
    }

    /** How many packets wait for fragments of theirs. */
    public int packetsInReassembly() {
        return slowPath.packetsInReassembly();
    }

    /** Whether reassembly has little room left (RFC 6333 §6.3); may be asked by any thread. */
    public boolean isReassemblyNearlyFull() {
        return slowPath.isReassemblyNearlyFull();
    }

    /**
     * Sends the answers to provisioning requests, and takes the fragments that other forwarders left for this one. To be
     * called often.
     */
    public void takeOver() {
        sendReplies();
        if (exchange == null) {
            return;
        }
        FragmentExchange.Fragment fragment = exchange.take();
        if (fragment == null) {
            return;
        }
        View view = reader.enter();
        try {
            slowPath.begin(view, nanoClock.getAsLong());
            while (fragment != null) {
                takenOver.clear();
                fragment.addTo(takenOver);
                slowPath.takeOver(takenOver.address(0), takenOver.length(0), fragment.isFromIpv6Side());
                // Before its memory is used again.
                egress.flush();
                fragment = exchange.take();
            }
        } finally {
            reader.exit();
        }
    }

    /** Whether an answer to a provisioning request may come soon. */
    boolean awaitsReply() {
        return provisioning.awaitsReply(nanoClock.getAsLong());
    }

    /** What {@link ProvisioningRequest#reply} sends from {@code br} to {@code b4}. Any thread. */
    ProvisioningRequest plainAnswer(Ipv6Address br, int port, Ipv6Address b4, int b4Port) {
        return ProvisioningRequest.plain(provisioning, b4, br, b4Port, port, new byte[0]);
    }

    private void sendReplies() {
        ProvisioningRequest.Reply reply = provisioning.takeReply();
        if (reply == null) {
            return;
        }
        View view = reader.enter();
        try {
            slowPath.begin(view, nanoClock.getAsLong());
            while (reply != null) {
                slowPath.send(reply);
                reply = provisioning.takeReply();
            }
            egress.flush();
        } finally {
            reader.exit();
        }
    }

    /** Forwards packets that came from the Internet. */
    public void fromIpv4Side(PacketBatch received) {
        PacketBatch batch = ipv4Ingress.filtered(received);
        View view = reader.enter();
        try {
            slowPath.begin(view, nanoClock.getAsLong());
            for (int start = 0; start < batch.size(); start += WINDOW) {
                int end = Math.min(batch.size(), start + WINDOW);
                prepareDownstream(view, batch, start, end);
                touchLines(view, end - start);
                finishDownstream(view, batch, start, end);
            }
            egress.flush();
        } finally {
            reader.exit();
        }
    }

    /** Forwards packets that came from the lwB4s. */
    public void fromIpv6Side(PacketBatch received) {
        PacketBatch batch = ipv6Ingress.filtered(received);
        View view = reader.enter();
        try {
            slowPath.begin(view, nanoClock.getAsLong());
            for (int start = 0; start < batch.size(); start += WINDOW) {
                int end = Math.min(batch.size(), start + WINDOW);
                prepareUpstream(view, batch, start, end);
                chooseSample(batch, start, end);
                touchLines(view, end - start);
                finishUpstream(view, batch, start, end);
            }
            egress.flush();
        } finally {
            reader.exit();
        }
    }

    /** Whether an IPv6 address is a tunnel end point of this lwAFTR. */
    boolean isOwnIpv6(long high, long low) {
        View view = reader.enter();
        try {
            slowPath.begin(view, nanoClock.getAsLong());
            return slowPath.isOurs(high, low);
        } finally {
            reader.exit();
        }
    }

    /** Counts a frame that holds no packet of the IPv4 side's kind, such as one of another VLAN. */
    public void countForeignFrameOnIpv4Side(int octets) {
        counters.count(Counter.IN_IPV4, octets);
        counters.count(Counter.DROP_MISPLACED_NOT_IPV4, octets);
    }

    /** Counts a frame that holds no packet of the IPv6 side's kind, such as one of another VLAN. */
    public void countForeignFrameOnIpv6Side(int octets) {
        counters.count(Counter.IN_IPV6, octets);
        counters.count(Counter.DROP_MISPLACED_NOT_IPV6, octets);
    }

    /** Frees what the forwarder took; the outputs stay open. */
    @Override
    public void close() {
        reader.close();
        egress.close();
        takenOver.close();
    }

    private void prepareDownstream(View view, PacketBatch batch, int start, int end) {
        int mtu = Math.min(ipv6Mtu, pathMtus.lowest());
        long octets = 0;
        for (int i = start; i < end; i++) {
            long packet = batch.address(i);
            int length = batch.length(i);
            octets += SlowPath.ipv4Octets(packet, length);
            homes[i - start] = SLOW;
            if (length < SHORTEST) {
                continue;
            }
            long first = Memory.getLong(packet);
            long second = Memory.getLong(packet + 8);
            long third = Memory.getLong(packet + 16);
            int total = totalLength(first);
            int destination = (int) (third >>> 32);
            if (!isOrdinary(first, second, third)
                    || total > length
                    || total + Ipv6.HEADER > mtu
                    || destination == ownIpv4
                    || (clampsMss && protocol(second) == IpProtocol.TCP && mayBeSyn(packet, total))) {
                continue;
            }
            prepare(view, i - start, destination, (int) third & 0xffff);
        }
        counters.add(Counter.IN_IPV4, end - start, octets);
    }

    private void prepareUpstream(View view, PacketBatch batch, int start, int end) {
        long octets = 0;
        for (int i = start; i < end; i++) {
            long outer = batch.address(i);
            int length = batch.length(i);
            octets += SlowPath.ipv6Octets(outer, length);
            homes[i - start] = SLOW;
            if (length < Ipv6.HEADER + SHORTEST) {
                continue;
            }
            long packet = outer + Ipv6.HEADER;
            long outerFirst = Memory.getLong(outer);
            int payloadLength = (int) (outerFirst >>> 16) & 0xffff;
            if (outerFirst >>> 60 != 6
                    || ((int) (outerFirst >>> 8) & 0xff) != IpProtocol.IPV4
                    || Ipv6.HEADER + payloadLength > length) {
                continue;
            }
            long first = Memory.getLong(packet);
            long second = Memory.getLong(packet + 8);
            long third = Memory.getLong(packet + 16);
            int total = totalLength(first);
            int destination = (int) (third >>> 32);
            int outerEcn = (int) (outerFirst >>> 52) & 3;
            if (!isOrdinary(first, second, third)
                    || total > payloadLength
                    || total > ipv4Mtu
                    || (outerEcn != Ecn.NOT_ECT && outerEcn != ((int) (first >>> 48) & 3))
                    || destination == ownIpv4
                    || destination == SlowPath.WELL_KNOWN_AFTR
                    || (hairpins && view.holds(destination))
                    || (clampsMss && protocol(second) == IpProtocol.TCP && mayBeSyn(packet, total))) {
                continue;
            }
            prepare(view, i - start, (int) second, (int) (third >>> 16) & 0xffff);
        }
        counters.add(Counter.IN_IPV6, end - start, octets);
    }

    /** Before the packets are given away; so the loop over them does nothing for the sample. */
    private void chooseSample(PacketBatch batch, int start, int end) {
        int oneOf = sampling;
        sampled = -1;
        if (oneOf == 0) {
            return;
        }
        untilSample -= end - start;
        if (untilSample >= 0) {
            return;
        }
        int index = Math.max(start, end + untilSample);
        untilSample = Math.floorMod(untilSample, oneOf);
        if (homes[index - start] != SLOW) {
            long packet = batch.address(index) + Ipv6.HEADER;
            sampled = index;
            sampledIpv4 = (int) Memory.getLong(packet + 8);
            sampledPort = (int) (Memory.getLong(packet + 16) >>> 16) & 0xffff;
        }
    }

    private static boolean mayBeSyn(long packet, int total) {
        return total < Ipv4.MIN_HEADER + 14 || MaximumSegmentSize.isSyn(packet + Ipv4.MIN_HEADER);
    }

    /*
     * Headers are read eight octets at a time: version to fragment offset, TTL to source, destination to ports. The
     * compiler gives up on a loop with many single reads, each of which it takes for a large piece of code.
     */

    private static int totalLength(long first) {
        return (int) (first >>> 32) & 0xffff;
    }

    private static int protocol(long second) {
        return (int) (second >>> 48) & 0xff;
    }

    /** Whether it is a whole TCP or UDP packet without options, with hops left and a right checksum. */
    private static boolean isOrdinary(long first, long second, long third) {
        int protocol = protocol(second);
        return first >>> 56 == NO_OPTIONS
                && totalLength(first) >= SHORTEST
                && (first & FRAGMENT) == 0
                && second >>> 56 > 1
                && (protocol == IpProtocol.TCP || protocol == IpProtocol.UDP)
                && InternetChecksum.fold(
                                InternetChecksum.sumOf(first) + InternetChecksum.sumOf(second) + (third >>> 32))
                        == 0xffff;
    }

    private void prepare(View view, int index, int ipv4, int port) {
        int shape = view.shapeOf(ipv4);
        if (shape < 0) {
            return;
        }
        int psid = PortSet.psidOf(shape >>> 8, shape & 0xff, port);
        if (psid == PortSet.NO_PSID) {
            return;
        }
        long key = BindingTable.key(ipv4, psid);
        keys[index] = key;
        shapes[index] = shape;
        homes[index] = view.home(key);
    }

    /*
     * Loops that do nearly nothing: the less a turn does, the more turns wait for memory at the same time.
     */
    private void touchLines(View view, int count) {
        long[] homesOf = homes;
        long[] linesOf = lines;
        long[] tagsOf = tags;
        for (int i = 0; i < count; i++) {
            if (homesOf[i] != SLOW) {
                tagsOf[i] = view.tags(homesOf[i]);
            }
        }
        for (int i = 0; i < count; i++) {
            linesOf[i] = homesOf[i] == SLOW ? SLOW : view.guess(homesOf[i], keys[i], tagsOf[i]);
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            if (linesOf[i] != SLOW) {
                sum += view.touch(linesOf[i]);
            }
        }
        touched = sum;
    }

    private void finishDownstream(View view, PacketBatch batch, int start, int end) {
        for (int i = start; i < end; i++) {
            i = finishOrdinaryDownstream(view, batch, start, i, end);
            if (i < end) {
                slowPath.fromIpv4Side(batch.address(i), batch.length(i));
            }
        }
    }

    private void finishUpstream(View view, PacketBatch batch, int start, int end) {
        for (int i = start; i < end; i++) {
            i = finishOrdinaryUpstream(view, batch, start, i, end);
            if (i < end) {
                slowPath.fromIpv6Side(batch.address(i), batch.length(i));
            }
        }
    }

    /*
     * These two loops stand alone, without the slow path: when the compiler has both in one method, it keeps the
     * variables of the loop in memory.
     */

    /** Forwards packets from {@code first} on; answers which one is not ordinary, or {@code end}. */
    private int finishOrdinaryDownstream(View view, PacketBatch batch, int start, int first, int end) {
        long octets = 0;
        int i = first;
        for (; i < end; i++) {
            int index = i - start;
            long home = homes[index];
            long line = home == SLOW ? 0 : view.find(lines[index], home, keys[index], shapes[index], found);
            if (line == 0) {
                break;
            }
            long packet = batch.address(i);
            int total = Ipv4.totalLength(packet);
            view.count(line, BindingTable.DOWNSTREAM_PACKETS, total);
            Ipv4.forward(packet);
            long br = found.br & Memory.ADDRESS;
            outerHeader.prepend(packet, total, Memory.getLong(br), Memory.getLong(br + 8), found.b4High, found.b4Low);
            egress.toIpv6Side(packet - Ipv6.HEADER, total + Ipv6.HEADER);
            octets += total;
        }
        int packets = i - first;
        counters.add(Counter.ENCAPSULATED_IPV4, packets, octets);
        counters.add(Counter.OUT_IPV6, packets, octets + (long) packets * Ipv6.HEADER);
        return i;
    }

    /** Forwards packets from {@code first} on; answers which one is not ordinary, or {@code end}. */
    private int finishOrdinaryUpstream(View view, PacketBatch batch, int start, int first, int end) {
        long octets = 0;
        long outerOctets = 0;
        int i = first;
        for (; i < end; i++) {
            int index = i - start;
            long home = homes[index];
            long line = home == SLOW ? 0 : view.find(lines[index], home, keys[index], shapes[index], found);
            long outer = batch.address(i);
            long br = found.br & Memory.ADDRESS;
            if (line == 0
                    || found.b4Low != Ipv6.sourceLow(outer)
                    || found.b4High != Ipv6.sourceHigh(outer)
                    || Memory.getLong(br) != Ipv6.destinationHigh(outer)
                    || Memory.getLong(br + 8) != Ipv6.destinationLow(outer)) {
                break;
            }
            long packet = outer + Ipv6.HEADER;
            int total = Ipv4.totalLength(packet);
            view.count(line, BindingTable.UPSTREAM_PACKETS, total);
            if (takesOuterDscp) {
                Ipv4.forward(packet, (Ipv6.trafficClass(outer) & 0xfc) | (Ipv4.tos(packet) & 3));
            } else {
                Ipv4.forward(packet);
            }
            egress.toIpv4Side(packet, total);
            octets += total;
            outerOctets += Ipv6.HEADER + Ipv6.payloadLength(outer);
        }
        int packets = i - first;
        counters.add(Counter.DECAPSULATED_IPV6, packets, outerOctets);
        counters.add(Counter.OUT_IPV4, packets, octets);
        if (sampled >= first && sampled < i) {
            portSamples.add(sampledIpv4, sampledPort);
        }
        return i;
    }
}
