package io.portledger.softwire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The ports one subscriber may use of a shared IPv4 address, by the generalised modulus algorithm of RFC 7597 §5.1.
 *
 * <p>A 16-bit port reads, most significant bit first, as {@code A (a bits) | PSID (k bits) | j (m bits)} with
 * {@code a + k + m = 16}. The set of a PSID is every port that carries it in the middle and, if {@code a > 0}, any
 * {@code A} but zero: {@code 2^a - 1} ranges of {@code 2^m} ports each. With {@code a = 0} it is one range and nothing
 * is left out. With {@code k = 0} there is one set for the whole address.
 *
 * <p>All subscribers that share an address must use the same (a, k); two sets with equal (a, k) and different PSIDs
 * have no port in common.
 *
 * <p>How each protocol writes a set, and the call for it:
 *
 * <table>
 * <caption>wire forms</caption>
 * <tr><th>protocol</th><th>read</th><th>write</th></tr>
 * <tr><td>DHCPv6 option 93, DHCPv4 option 159</td><td>{@link #ofPortParams}</td><td>{@link #toPortParams}</td></tr>
 * <tr><td>RADIUS 241.9.3.9.15-17</td><td>{@link #ofRadius}</td>
 *     <td>{@link #psidOffset}, {@link #psidLength}, {@link #leftAlignedPsid}</td></tr>
 * <tr><td>YANG port-set (RFC 8676)</td><td>the constructor</td><td>{@link #requireYang}, then the components</td></tr>
 * <tr><td>PCP PORT_SET: first port and size</td><td>{@link #ofRange}</td><td>{@link #asSingleRange}</td></tr>
 * <tr><td>IPFIX port range (RFC 8158)</td><td>{@link #ofStride}</td><td>{@link #asStride}</td></tr>
 * <tr><td>interface identifier (RFC 7596 §5.1)</td><td colspan="2">{@link Softwire#address}</td></tr>
 * </table>
 *
 * @param psidOffset a, the number of offset bits, 0-16
 * @param psidLength k, the number of PSID bits, 0-16, with a + k at most 16; the sharing ratio is {@code 2^k}
 * @param psid the PSID as a plain integer, 0 to {@code 2^k - 1}
 */
public record PortSet(int psidOffset, int psidLength, int psid) implements Ports, Comparable<PortSet> {

    /** All 65536 ports: an address that is not shared. */
    public static final PortSet WHOLE_ADDRESS = new PortSet(0, 0, 0);

    /** What {@link #psidOf} answers for a port that no PSID owns. */
    public static final int NO_PSID = -1;

    /** @throws IllegalArgumentException naming the first parameter that is out of its range */
    public PortSet {
        requireLegal(psidOffset, psidLength);
        if (psid < 0 || psid >= 1 << psidLength) {
            throw new IllegalArgumentException("PSID " + psid + " does not fit PSID length " + psidLength
                    + " (allowed: 0-" + ((1 << psidLength) - 1) + ")");
        }
    }

    /**
     * Whether (a, k) describes a division of the port space.
     *
     * @throws IllegalArgumentException saying which bound is broken, if not
     */
    public static void requireLegal(int psidOffset, int psidLength) {
        if (psidOffset < 0 || psidOffset > 16) {
            throw new IllegalArgumentException("PSID offset " + psidOffset + " is out of range (allowed: 0-16)");
        }
        if (psidLength < 0 || psidLength > 16) {
            throw new IllegalArgumentException("PSID length " + psidLength + " is out of range (allowed: 0-16)");
        }
        if (psidOffset + psidLength > 16) {
            throw new IllegalArgumentException("PSID offset " + psidOffset + " and PSID length " + psidLength
                    + " together exceed the 16 bits of a port");
        }
    }

    /**
     * The PSID that owns {@code port} under (a, k), or {@link #NO_PSID} if the port is one of those that {@code a > 0}
     * keeps from everybody, 0 to {@code 2^(16-a) - 1}. The arguments are not checked: this is called per packet.
     */
    public static int psidOf(int psidOffset, int psidLength, int port) {
        if (psidOffset > 0 && port >>> (16 - psidOffset) == 0) {
            return NO_PSID;
        }
        return port >>> (16 - psidOffset - psidLength) & (1 << psidLength) - 1;
    }

    /** The set that owns {@code port} (0-65535) under (a, k), if any does. */
    public static Optional<PortSet> owning(int psidOffset, int psidLength, int port) {
        requireLegal(psidOffset, psidLength);
        requirePort(port);
        int psid = psidOf(psidOffset, psidLength, port);
        return psid == NO_PSID ? Optional.empty() : Optional.of(new PortSet(psidOffset, psidLength, psid));
    }

    /**
     * Every set of any legal (a, k) that contains {@code port} (0-65535), in {@linkplain #canonical() canonical} form: at
     * most one for each pair. A look-up that must be right for any mix of pools asks for exactly these.
     */
    public static List<PortSet> allContaining(int port) {
        requirePort(port);
        List<PortSet> sets = new ArrayList<>(153);
        for (int a = 0; a <= 16; a++) {
            for (int k = 0; a != 1 && a + k <= 16; k++) {
                int psid = psidOf(a, k, port);
                if (psid != NO_PSID) {
                    sets.add(new PortSet(a, k, psid));
                }
            }
        }
        return sets;
    }

    /**
     * The set that is exactly {@code range}, if there is one: its size is a power of two and it is aligned to its size
     * (a = 0), or it reaches from a power of two to the end (k = 0, a &gt; 1).
     */
    public static Optional<PortSet> ofRange(PortRange range) {
        int size = range.size();
        if (Integer.bitCount(size) == 1 && (range.first() & (size - 1)) == 0) {
            int k = 16 - Integer.numberOfTrailingZeros(size);
            return Optional.of(new PortSet(0, k, range.first() >>> (16 - k)));
        }
        if (range.last() == 0xffff && Integer.bitCount(range.first()) == 1) {
            return Optional.of(new PortSet(16 - Integer.numberOfTrailingZeros(range.first()), 0, 0));
        }
        return Optional.empty();
    }

    /**
     * The set of the ports {@code first}, {@code first + step}, ... of {@code count} ports, if it is one of this
     * algorithm: one range, or single ports (m = 0). Any numbers may be given.
     */
    public static Optional<PortSet> ofStride(int first, int step, int count) {
        if (first < 0 || first > 0xffff || count < 1 || count > 0x10000) {
            return Optional.empty();
        }
        if (step == 1 || count == 1) {
            return first + count <= 0x10000 ? ofRange(new PortRange(first, first + count - 1)) : Optional.empty();
        }
        if (step < 2 || step > 0x4000 || Integer.bitCount(step) != 1) {
            return Optional.empty();
        }
        int k = Integer.numberOfTrailingZeros(step);
        int a = 16 - k;
        boolean isSet = count == (1 << a) - 1 && first >= step && first < 2 * step;
        return isSet ? Optional.of(new PortSet(a, k, first - step)) : Optional.empty();
    }

    /** The set as first port, step and count; empty if it is neither one range nor made of single ports (m = 0). */
    public Optional<Stride> asStride() {
        Optional<PortRange> range = asSingleRange();
        if (range.isPresent()) {
            return Optional.of(new Stride(range.get().first(), 1, range.get().size()));
        }
        return contiguousBits() == 0
                ? Optional.of(new Stride(firstPort(), 1 << (16 - psidOffset), rangeCount()))
                : Optional.empty();
    }

    /**
     * Reads the body of DHCPv6 option 93 (RFC 7598 §4.5) or DHCPv4 option 159 (RFC 7618 §9): from the most significant
     * bit offset (8 bits), PSID length (8) and the PSID in the first k bits of the last 16. Bits behind the PSID are
     * ignored, as a receiver must.
     *
     * @throws IllegalArgumentException if offset and length are no legal (a, k)
     */
    public static PortSet ofPortParams(int body) {
        int psidOffset = body >>> 24;
        if (psidOffset == 16) {
            throw new IllegalArgumentException("PSID offset 16 is out of range in DHCP (allowed: 0-15)");
        }
        return fromLeftAligned(psidOffset, body >>> 16 & 0xff, body & 0xffff);
    }

    /**
     * The four octets of the body of DHCPv6 option 93 or DHCPv4 option 159, as {@link #ofPortParams} reads it; the bits
     * behind the PSID are zero.
     *
     * @throws IllegalArgumentException if the offset is 16, which DHCP cannot carry
     */
    public int toPortParams() {
        if (psidOffset == 16) {
            throw new IllegalArgumentException(
                    "port set " + this + " cannot be sent by DHCP, whose PSID offset ends at 15");
        }
        return psidOffset << 24 | psidLength << 16 | leftAlignedPsid();
    }

    /**
     * Reads the three integers of RADIUS (RFC 8658 §3.1.4): PSID-Offset, PSID-Len and PSID, the last being a 16-bit
     * field in the low half with the PSID in its first k bits; bits behind them are ignored.
     *
     * @throws IllegalArgumentException if offset and length are no legal (a, k) or {@code psidField} exceeds 16 bits
     */
    public static PortSet ofRadius(int psidOffset, int psidLength, int psidField) {
        if (psidField >>> 16 != 0) {
            throw new IllegalArgumentException("PSID field 0x" + Integer.toHexString(psidField)
                    + " has bits above its low 16 (expected the PSID left-aligned in 16 bits)");
        }
        return fromLeftAligned(psidOffset, psidLength, psidField);
    }

    /**
     * The set from (a, k) and a 16-bit field with the PSID in its first k bits, as DHCP and RADIUS write it. Bits behind
     * them are ignored, as a receiver must.
     *
     * @throws IllegalArgumentException if {@code psidOffset} and {@code psidLength} are no legal (a, k)
     */
    public static PortSet fromLeftAligned(int psidOffset, int psidLength, int field) {
        requireLegal(psidOffset, psidLength);
        return new PortSet(psidOffset, psidLength, (field & 0xffff) >>> (16 - psidLength));
    }

    /** The PSID in the first k bits of a 16-bit field, zeros behind it. */
    public int leftAlignedPsid() {
        return psid << (16 - psidLength);
    }

    /**
     * Checks that RFC 8676 can express the set.
     *
     * @throws IllegalArgumentException if k is 16: psid-len ends at 15 there
     */
    public void requireYang() {
        if (psidLength == 16) {
            throw new IllegalArgumentException(
                    "port set " + this + " cannot be written by RFC 8676, whose psid-len ends at 15");
        }
    }

    /**
     * The lowest PSID under (a, k) that owns none of the ports 0 to {@code reservedPorts} - 1; {@code 2^k}, which is no
     * PSID, if every one does. All higher PSIDs are free of them too.
     *
     * @throws IllegalArgumentException if (a, k) is not legal, {@code reservedPorts} is not 0-65536, or a &gt; 0 and
     *     more ports are reserved than the offset keeps from everybody: then every PSID owns some, and only a smaller
     *     offset helps
     */
    public static int lowestPsid(int psidOffset, int psidLength, int reservedPorts) {
        requireLegal(psidOffset, psidLength);
        if (reservedPorts < 0 || reservedPorts > 0x10000) {
            throw new IllegalArgumentException(reservedPorts + " reserved ports are out of range (allowed: 0-65536)");
        }
        if (psidOffset == 0) {
            int m = 16 - psidLength;
            return (reservedPorts + (1 << m) - 1) >>> m;
        }
        if (reservedPorts > 1 << (16 - psidOffset)) {
            throw new IllegalArgumentException(reservedPorts + " ports cannot be reserved with PSID offset "
                    + psidOffset + " (allowed: 0-" + (1 << (16 - psidOffset)) + ", the ports it gives to nobody)");
        }
        return 0;
    }

    /** m, the number of contiguous bits: each range has {@code 2^m} ports. */
    public int contiguousBits() {
        return 16 - psidOffset - psidLength;
    }

    /** Ports in each contiguous range, {@code 2^m}. */
    public int rangeSize() {
        return 1 << contiguousBits();
    }

    /** Number of contiguous ranges: 1 for a = 0, else {@code 2^a - 1}. */
    public int rangeCount() {
        return psidOffset == 0 ? 1 : (1 << psidOffset) - 1;
    }

    @Override
    public int portCount() {
        return rangeCount() << contiguousBits();
    }

    /** How many subscribers can share one address, {@code 2^k}. */
    public int sharingRatio() {
        return 1 << psidLength;
    }

    @Override
    public boolean contains(int port) {
        return port >>> 16 == 0 && psidOf(psidOffset, psidLength, port) == psid;
    }

    /** Contiguous range number {@code index}, 0 to {@link #rangeCount()} - 1, in ascending order. */
    public PortRange range(int index) {
        if (index < 0 || index >= rangeCount()) {
            throw new IndexOutOfBoundsException("range " + index + " of " + rangeCount());
        }
        int i = psidOffset == 0 ? 0 : index + 1;
        int first = (i << (16 - psidOffset)) + (psid << contiguousBits());
        return new PortRange(first, first + rangeSize() - 1);
    }

    @Override
    public List<PortRange> ranges() {
        return IntStream.range(0, rangeCount()).mapToObj(this::range).toList();
    }

    /**
     * The set as one range; empty if it is scattered, that is, if a &gt; 1 and k &gt; 0. With k = 0 the ranges of the
     * algorithm touch: all ports but the lowest.
     */
    public Optional<PortRange> asSingleRange() {
        if (rangeCount() == 1) {
            return Optional.of(range(0));
        }
        return psidLength == 0 ? Optional.of(new PortRange(firstPort(), 0xffff)) : Optional.empty();
    }

    /** Port number {@code index} of the set in ascending order, 0 to {@link #portCount()} - 1. */
    public int portAt(int index) {
        if (index < 0 || index >= portCount()) {
            throw new IndexOutOfBoundsException("port " + index + " of " + portCount());
        }
        return range(index >>> contiguousBits()).first() + (index & rangeSize() - 1);
    }

    /** The lowest port of the set, as {@code portAt(0)}. */
    public int firstPort() {
        return range(0).first();
    }

    /**
     * The same ports in the form that is used as a key: a set with a = 1 is one aligned range and becomes its a = 0
     * form; every other set is its own.
     */
    public PortSet canonical() {
        return psidOffset == 1 ? new PortSet(0, psidLength + 1, 1 << psidLength | psid) : this;
    }

    @Override
    public String key() {
        return canonical().toString();
    }

    @Override
    public boolean overlaps(Ports other) {
        return switch (other) {
            case PortRange range -> intersects(range);
            case PortSet set -> overlaps(set);
        };
    }

    /**
     * Two sets each fix some bits of a port. If they agree where both do, the highest port with those bits has the
     * highest A under either offset, so it is in both sets if any port is.
     */
    private boolean overlaps(PortSet other) {
        int fixed = psidMask();
        int otherFixed = other.psidMask();
        int bits = psid << contiguousBits();
        int otherBits = other.psid << other.contiguousBits();
        if (((bits ^ otherBits) & fixed & otherFixed) != 0) {
            return false;
        }
        int highest = bits | otherBits | (0xffff & ~(fixed | otherFixed));
        return contains(highest) && other.contains(highest);
    }

    @Override
    public boolean intersects(PortRange range) {
        int spacing = psidOffset == 0 ? 0x10000 : 1 << (16 - psidOffset);
        int first = range(0).first();
        int nearest = range.first() <= first ? 0 : (range.first() - first) / spacing;
        for (int i = nearest; i < Math.min(nearest + 2, rangeCount()); i++) {
            if (range(i).intersects(range)) {
                return true;
            }
        }
        return false;
    }

    /** Orders by offset, then length, then PSID. */
    @Override
    public int compareTo(PortSet other) {
        return Integer.compare(packed(), other.packed());
    }

    /** The set as {@code a/k/psid}, for example {@code 0/6/34}. */
    @Override
    public String toString() {
        return psidOffset + "/" + psidLength + "/" + psid;
    }

    /**
     * Reads the form of {@link #toString()}.
     *
     * @throws IllegalArgumentException if {@code text} is not of that form or no legal set
     */
    public static PortSet parse(String text) {
        int first = text.indexOf('/');
        int second = text.indexOf('/', first + 1);
        if (first > 0 && second > 0) {
            int psidOffset = decimal(text, 0, first);
            int psidLength = decimal(text, first + 1, second);
            int psid = decimal(text, second + 1, text.length());
            if (psidOffset >= 0 && psidLength >= 0 && psid >= 0) {
                return new PortSet(psidOffset, psidLength, psid);
            }
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a port set (expected a/k/psid such as 0/6/34)");
    }

    /** The number of one to five digits without leading zeros that stands there; -1 if anything else does. */
    static int decimal(String text, int from, int to) {
        if (to <= from || to - from > 5 || (text.charAt(from) == '0' && to - from > 1)) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private int psidMask() {
        return ((1 << psidLength) - 1) << contiguousBits();
    }

    private int packed() {
        return psidOffset << 24 | psidLength << 16 | psid;
    }

    private static void requirePort(int port) {
        if (port >>> 16 != 0) {
            throw new IllegalArgumentException("port " + port + " is out of range (allowed: 0-65535)");
        }
    }

    /**
     * Ports {@code first}, {@code first + step}, ... of {@code count} ports, as IPFIX writes them with
     * portRangeStepSize and portRangeNumPorts (RFC 8158).
     */
    public record Stride(int first, int step, int count) {

        /** The highest of the ports. */
        public int last() {
            return first + step * (count - 1);
        }
    }
}
