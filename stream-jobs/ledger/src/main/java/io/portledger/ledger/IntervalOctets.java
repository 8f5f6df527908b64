package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An interval as octets, but for its address, ports, start and end, which are stored beside them because searches need
 * them. Nothing is lost: what is read is equal to what was written, the octets of its evidence included.
 *
 * <p>The octets are made for a store that compresses blocks of neighbours, as {@code docs/decisions/0016} explains. What
 * the intervals of one exporter mostly have in common comes first, so that it is one match; what is different in each comes
 * last. The octets of a record mostly repeat what the interval says already, the address of the household or the time:
 * there a reference stands for it.
 *
 * <p>The first octet is the version of this form. A reader of a later version reads the earlier ones.
 */
final class IntervalOctets {

    private static final int VERSION = 1;

    private static final int HAS_B4 = 1;
    private static final int HAS_INSIDE_IPV4 = 2;
    private static final int HAS_SUBSCRIBER = 4;
    private static final int HAS_NAT_INSTANCE = 8;
    private static final int HAS_BR = 16;
    private static final int HAS_MAPPING = 32;
    private static final int HAS_START_EVIDENCE = 64;
    private static final int HAS_END_EVIDENCE = 128;

    private static final Boundary[] BOUNDARIES = {Boundary.LOGGED, Boundary.INFERRED, Boundary.UNKNOWN, Boundary.OPEN};

    /** In the octet that tells how an interval's ends are known: both records came the same way from the same exporter. */
    private static final int SAME_SOURCE = 16;

    private static final HexFormat HEX = HexFormat.of();

    private IntervalOctets() {}

    static byte[] write(BindingInterval interval) {
        Writer common = new Writer();
        Writer own = new Writer();
        Holder holder = interval.holder();
        Evidence start = interval.startEvidence();
        Evidence end = interval.endEvidence();
        boolean isSameSource = start != null && end != null && isSameSource(start, end);
        common.octet(VERSION);
        common.octet((holder.b4() != null ? HAS_B4 : 0)
                | (holder.insideIpv4() != null ? HAS_INSIDE_IPV4 : 0)
                | (holder.subscriber() != null ? HAS_SUBSCRIBER : 0)
                | (holder.natInstance() != 0 ? HAS_NAT_INSTANCE : 0)
                | (interval.br() != null ? HAS_BR : 0)
                | (interval.mapping() != null ? HAS_MAPPING : 0)
                | (start != null ? HAS_START_EVIDENCE : 0)
                | (end != null ? HAS_END_EVIDENCE : 0));
        common.octet(Arrays.asList(BOUNDARIES).indexOf(interval.startedBy())
                | Arrays.asList(BOUNDARIES).indexOf(interval.endedBy()) << 2
                | (isSameSource ? SAME_SOURCE : 0));
        if (interval.br() != null) {
            common.octets(interval.br().toBytes());
        }
        if (holder.natInstance() != 0) {
            common.number(holder.natInstance());
        }
        if (interval.mapping() != null) {
            NatMapping mapping = interval.mapping();
            common.octet(mapping.protocol());
            own.number(mapping.insidePort());
            own.number(
                    mapping.destination() == null
                            ? 0
                            : Integer.toUnsignedLong(mapping.destination().bits()));
            own.number(mapping.destinationPort());
        }
        Instant ended = interval.end() == null ? interval.start() : interval.end();
        List<byte[]> told = told(
                interval.ipv4(),
                interval.ports(),
                interval.mapping(),
                holder,
                interval.br(),
                interval.start(),
                interval.end());
        if (start != null) {
            writeSource(common, start);
            common.differingFrom(told, start.raw());
        }
        if (end != null) {
            if (!isSameSource) {
                writeSource(common, end);
            }
            common.differingFrom(told, end.raw());
        }
        if (holder.b4() != null) {
            common.splitAddress(own, holder.b4());
        }
        if (start != null) {
            common.split(own, start.sequence());
            common.split(own, start.received().toEpochMilli() - interval.start().toEpochMilli());
        }
        if (end != null) {
            common.split(own, end.sequence());
            common.split(own, end.received().toEpochMilli() - ended.toEpochMilli());
        }
        if (holder.subscriber() != null) {
            common.splitText(own, holder.subscriber());
        }
        if (holder.insideIpv4() != null) {
            own.octets(octets(holder.insideIpv4()));
        }
        common.octets(own.toOctets());
        return common.toOctets();
    }

    /** @throws LedgerException if the octets are of a form that this version does not know */
    static BindingInterval read(Ipv4Address ipv4, Ports ports, Instant start, @Nullable Instant end, byte[] octets) {
        ByteBuffer in = ByteBuffer.wrap(octets);
        int version = in.get();
        if (version != VERSION) {
            throw new LedgerException(
                    "An interval of " + ipv4 + " is stored in form " + version + ", and this program knows form "
                            + VERSION + ": a newer Portledger has been at work. Upgrade this one.");
        }
        int has = in.get() & 0xff;
        int known = in.get();
        Ipv6Address br = (has & HAS_BR) != 0 ? address(in, 16) : null;
        int natInstance = (has & HAS_NAT_INSTANCE) != 0 ? (int) number(in) : 0;
        int protocol = (has & HAS_MAPPING) != 0 ? in.get() & 0xff : 0;
        Source startSource = (has & HAS_START_EVIDENCE) != 0 ? readSource(in) : null;
        List<Piece> startRaw = startSource == null ? List.of() : pieces(in);
        Source endSource =
                (has & HAS_END_EVIDENCE) == 0 ? null : (known & SAME_SOURCE) != 0 ? startSource : readSource(in);
        List<Piece> endRaw = endSource == null ? List.of() : pieces(in);
        int b4Length = (has & HAS_B4) != 0 ? in.get() : 0;
        int[] lengths = new int[4];
        for (int i = startSource == null ? 2 : 0; i < (endSource == null ? 2 : 4); i++) {
            lengths[i] = in.get();
        }
        int subscriberLength = (has & HAS_SUBSCRIBER) != 0 ? (int) number(in) : 0;
        // From here on what is the interval's own.
        NatMapping mapping = null;
        if ((has & HAS_MAPPING) != 0) {
            int insidePort = (int) number(in);
            int destination = (int) number(in);
            mapping = new NatMapping(
                    protocol, insidePort, destination == 0 ? null : new Ipv4Address(destination), (int) number(in));
        }
        Ipv6Address b4 = (has & HAS_B4) != 0 ? address(in, b4Length) : null;
        long startSequence = number(in, lengths[0]);
        long startReceived = number(in, lengths[1]);
        long endSequence = number(in, lengths[2]);
        long endReceived = number(in, lengths[3]);
        String subscriber = (has & HAS_SUBSCRIBER) != 0 ? text(in, subscriberLength) : null;
        Ipv4Address inside = (has & HAS_INSIDE_IPV4) != 0 ? new Ipv4Address(in.getInt()) : null;
        Holder holder = new Holder(b4, inside, subscriber, natInstance);
        List<byte[]> told = told(ipv4, ports, mapping, holder, br, start, end);
        Instant ended = end == null ? start : end;
        return new BindingInterval(
                ipv4,
                ports,
                mapping,
                holder,
                br,
                start,
                BOUNDARIES[known & 3],
                end,
                BOUNDARIES[known >>> 2 & 3],
                startSource == null
                        ? null
                        : startSource.evidence(startSequence, start.plusMillis(startReceived), raw(startRaw, told)),
                endSource == null
                        ? null
                        : endSource.evidence(endSequence, ended.plusMillis(endReceived), raw(endRaw, told)));
    }

    /** What records of one exporter that came the same way have in common. */
    private record Source(
            String exporter,
            String transport,
            long observationDomain,
            int templateId,
            String hostname,
            String dialect,
            String file) {

        static Source of(Evidence evidence) {
            return new Source(
                    evidence.exporter(),
                    evidence.transport(),
                    evidence.observationDomain(),
                    evidence.templateId(),
                    evidence.hostname(),
                    evidence.dialect(),
                    evidence.file());
        }

        Evidence evidence(long sequence, Instant received, String raw) {
            return new Evidence(
                    exporter,
                    transport,
                    observationDomain,
                    sequence,
                    templateId,
                    hostname,
                    dialect,
                    file,
                    received,
                    raw);
        }
    }

    private static boolean isSameSource(Evidence one, Evidence other) {
        return Source.of(one).equals(Source.of(other));
    }

    private static void writeSource(Writer out, Evidence evidence) {
        out.text(evidence.exporter());
        out.text(evidence.transport());
        out.number(evidence.observationDomain());
        out.number(evidence.templateId());
        out.text(evidence.hostname());
        out.text(evidence.dialect());
        out.text(evidence.file());
    }

    private static Source readSource(ByteBuffer in) {
        return new Source(
                text(in, (int) number(in)),
                text(in, (int) number(in)),
                number(in),
                (int) number(in),
                text(in, (int) number(in)),
                text(in, (int) number(in)),
                text(in, (int) number(in)));
    }

    /**
     * What the interval tells, in the forms in which records tell it: those of IPFIX and those of syslog. Its order and
     * content are part of the stored form; whatever is changed here needs another version.
     */
    private static List<byte[]> told(
            Ipv4Address ipv4,
            Ports ports,
            @Nullable NatMapping mapping,
            Holder holder,
            @Nullable Ipv6Address br,
            Instant start,
            @Nullable Instant end) {
        List<byte[]> told = new ArrayList<>(24);
        addAddress(told, holder.b4());
        addAddress(told, br);
        addAddress(told, ipv4);
        addAddress(told, holder.insideIpv4());
        addAddress(told, mapping == null ? null : mapping.destination());
        addTime(told, start);
        addTime(told, end);
        PortRange first = ports.ranges().getFirst();
        addPort(told, first.first());
        addPort(told, first.last());
        if (mapping != null) {
            addPort(told, mapping.insidePort());
            addPort(told, mapping.destinationPort());
        }
        if (holder.subscriber() != null) {
            told.add(holder.subscriber().getBytes(StandardCharsets.UTF_8));
        }
        return told;
    }

    private static void addAddress(List<byte[]> told, @Nullable Ipv6Address address) {
        if (address != null) {
            told.add(address.toBytes());
            told.add(ascii(address));
        }
    }

    private static void addAddress(List<byte[]> told, @Nullable Ipv4Address address) {
        if (address != null) {
            told.add(octets(address));
            told.add(ascii(address));
        }
    }

    private static void addTime(List<byte[]> told, @Nullable Instant time) {
        if (time != null) {
            told.add(ByteBuffer.allocate(8).putLong(time.toEpochMilli()).array());
            told.add(ByteBuffer.allocate(4).putInt((int) time.getEpochSecond()).array());
            // Without the zone, as exporters write it in several ways.
            told.add(Arrays.copyOf(ascii(time), 19));
        }
    }

    private static void addPort(List<byte[]> told, int port) {
        told.add(new byte[] {(byte) (port >>> 8), (byte) port});
        told.add(ascii(port));
    }

    private static byte[] ascii(Object value) {
        return value.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] octets(Ipv4Address address) {
        return ByteBuffer.allocate(4).putInt(address.bits()).array();
    }

    /** A part of a record: octets of its own in hexadecimal, or, if null, something that the interval tells. */
    private record Piece(@Nullable String own, int told) {}

    private static List<Piece> pieces(ByteBuffer in) {
        List<Piece> pieces = new ArrayList<>();
        for (long token = number(in); token != 0; token = number(in)) {
            if ((token & 1) == 0) {
                byte[] own = new byte[(int) (token >>> 1)];
                in.get(own);
                pieces.add(new Piece(HEX.formatHex(own), 0));
            } else {
                pieces.add(new Piece(null, (int) (token >>> 1)));
            }
        }
        return pieces;
    }

    private static String raw(List<Piece> pieces, List<byte[]> told) {
        StringBuilder raw = new StringBuilder(128);
        for (Piece piece : pieces) {
            raw.append(piece.own() == null ? HEX.formatHex(told.get(piece.told())) : piece.own());
        }
        return raw.toString();
    }

    private static long number(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte octet = in.get();
            value |= (long) (octet & 0x7f) << shift;
            if (octet >= 0) {
                return value;
            }
        }
    }

    /** A number of whose octets it is known how many there are, and, by a negative number of them, its sign. */
    private static long number(ByteBuffer in, int length) {
        long value = 0;
        for (int i = Math.abs(length); i > 0; i--) {
            value = (value << 8) | (in.get() & 0xff);
        }
        return length < 0 ? -value : value;
    }

    private static Ipv6Address address(ByteBuffer in, int length) {
        byte[] octets = new byte[16];
        in.get(octets, 0, length);
        return Ipv6Address.fromBytes(octets, 0);
    }

    private static String text(ByteBuffer in, int length) {
        byte[] octets = new byte[length];
        in.get(octets);
        return new String(octets, StandardCharsets.UTF_8);
    }

    private static final class Writer {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

        void octet(int value) {
            out.write(value);
        }

        void octets(byte[] octets) {
            out.writeBytes(octets);
        }

        void number(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                out.write((int) ((rest & 0x7f) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        void text(String text) {
            splitText(this, text);
        }

        void splitText(Writer own, String text) {
            byte[] octets = text.getBytes(StandardCharsets.UTF_8);
            number(octets.length);
            own.octets(octets);
        }

        /** Here how many octets it has, and its sign; there the octets. */
        void split(Writer own, long value) {
            long magnitude = Math.abs(value);
            int length = (71 - Long.numberOfLeadingZeros(magnitude)) / 8;
            octet(value < 0 ? -length : length);
            for (int i = length - 1; i >= 0; i--) {
                own.octet((int) (magnitude >>> (8 * i)));
            }
        }

        /** Here how many octets are not zero but for those at its end; there these. */
        void splitAddress(Writer own, Ipv6Address address) {
            byte[] octets = address.toBytes();
            int length = octets.length;
            while (length > 0 && octets[length - 1] == 0) {
                length--;
            }
            octet(length);
            own.out.write(octets, 0, length);
        }

        /** A record's octets, with references for all that is told already. */
        void differingFrom(List<byte[]> told, String hex) {
            byte[] raw = HEX.parseHex(hex);
            List<Integer> longestFirst = IntStream.range(0, told.size())
                    .boxed()
                    .filter(i -> told.get(i).length > 1)
                    .sorted(Comparator.comparingInt(i -> -told.get(i).length))
                    .toList();
            int literal = 0;
            int at = 0;
            while (at < raw.length) {
                int reference = referenceAt(raw, at, told, longestFirst);
                if (reference < 0) {
                    at++;
                    continue;
                }
                literal(raw, literal, at);
                number(((long) reference << 1) | 1);
                at += told.get(reference).length;
                literal = at;
            }
            literal(raw, literal, at);
            number(0);
        }

        private void literal(byte[] raw, int from, int to) {
            if (to > from) {
                number((long) (to - from) << 1);
                out.write(raw, from, to - from);
            }
        }

        private static int referenceAt(byte[] raw, int at, List<byte[]> told, List<Integer> longestFirst) {
            for (int i : longestFirst) {
                byte[] one = told.get(i);
                if (one[0] == raw[at]
                        && raw.length - at >= one.length
                        && Arrays.equals(raw, at, at + one.length, one, 0, one.length)) {
                    return i;
                }
            }
            return -1;
        }

        byte[] toOctets() {
            return out.toByteArray();
        }
    }
}
