package io.portledger.softwire;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.PortSet.Stride;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The arithmetic against the definition in RFC 7597 §5.1, taken port by port. */
class PortSetProperties {

    /** Every legal (a, k), without leaving one to chance. */
    @Example
    void psidsOfEveryLegalDivisionPartitionThePortsThatAreNotExcluded() {
        for (int a = 0; a <= 16; a++) {
            for (int k = 0; a + k <= 16; k++) {
                int[] counts = new int[1 << k];
                int m = 16 - a - k;
                for (int port = 0; port <= 0xffff; port++) {
                    boolean excluded = a > 0 && port < 1 << (16 - a);
                    int expected = excluded ? PortSet.NO_PSID : port % (1 << (k + m)) / (1 << m);
                    if (PortSet.psidOf(a, k, port) != expected) {
                        throw new AssertionError("a=" + a + " k=" + k + " port " + port);
                    }
                    if (!excluded) {
                        counts[expected]++;
                    }
                }
                int formula = a == 0 ? 1 << (16 - k) : (1 << (16 - k)) - (1 << m);
                assertThat(counts).containsOnly(formula);
                assertThat(new PortSet(a, k, (1 << k) - 1).portCount()).isEqualTo(formula);
                assertThat(new PortSet(a, k, 0).sharingRatio()).isEqualTo(1 << k);
            }
        }
    }

    @Property(tries = 500)
    void membersRangesAndPositionsAgreeWithTheFormula(@ForAll("portSets") PortSet set) {
        BitSet ports = byFormula(set);

        BitSet byRanges = new BitSet();
        for (PortRange range : set.ranges()) {
            assertThat(range.size()).isEqualTo(set.rangeSize());
            byRanges.set(range.first(), range.last() + 1);
        }
        assertThat(byRanges).isEqualTo(ports);
        assertThat(set.portCount()).isEqualTo(ports.cardinality());
        int index = 0;
        for (int port = 0; port <= 0xffff; port++) {
            boolean member = ports.get(port);
            if (set.contains(port) != member
                    || (PortSet.psidOf(set.psidOffset(), set.psidLength(), port) == set.psid()) != member
                    || (member && set.portAt(index++) != port)) {
                throw new AssertionError(set + " port " + port);
            }
        }
        assertThat(set.firstPort()).isEqualTo(ports.nextSetBit(0));
    }

    @Property
    void nothingOutsideThePortSpaceIsAMember(@ForAll("portSets") PortSet set, @ForAll int port) {
        assertThat(set.contains(port))
                .isEqualTo(port >= 0 && port <= 0xffff && byFormula(set).get(port));
    }

    @Property
    void wireFormsReadBackAndIgnorePadBits(@ForAll("portSets") PortSet set, @ForAll @IntRange(max = 0xffff) int noise) {
        int pad = noise & (0xffff >>> set.psidLength());

        assertThat(set.leftAlignedPsid() & (0xffff >>> set.psidLength())).isZero();
        assertThat(PortSet.fromLeftAligned(set.psidOffset(), set.psidLength(), set.leftAlignedPsid() | pad))
                .isEqualTo(set);
        assertThat(PortSet.ofRadius(set.psidOffset(), set.psidLength(), set.leftAlignedPsid() | pad))
                .isEqualTo(set);
        if (set.psidOffset() < 16) {
            assertThat(PortSet.ofPortParams(set.toPortParams() | pad)).isEqualTo(set);
        }
    }

    @Property
    void anyDhcpBodyIsAPortSetOrAnIllegalArgument(@ForAll int body) {
        try {
            PortSet set = PortSet.ofPortParams(body);
            assertThat(set.toPortParams()).isEqualTo(body & -1 << (16 - set.psidLength()));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("PSID");
        }
    }

    @Property
    void aStrideHasExactlyThePortsOfTheSet(@ForAll("portSets") PortSet set) {
        Optional<Stride> stride = set.asStride();

        assertThat(stride.isPresent()).isEqualTo(set.asSingleRange().isPresent() || set.contiguousBits() == 0);
        stride.ifPresent(s -> {
            BitSet ports = new BitSet();
            for (int i = 0; i < s.count(); i++) {
                ports.set(s.first() + i * s.step());
            }
            assertThat(ports).isEqualTo(byFormula(set));
            assertThat(s.last()).isEqualTo(ports.length() - 1);
            assertThat(PortSet.ofStride(s.first(), s.step(), s.count())).contains(set.canonical());
        });
    }

    @Property
    void aStrideThatIsReadAsASetHasItsPorts(
            @ForAll @IntRange(max = 0xffff) int first,
            @ForAll("steps") int step,
            @ForAll @IntRange(min = 1, max = 0x10000) int count) {
        PortSet.ofStride(first, step, count).ifPresent(set -> {
            BitSet ports = new BitSet();
            for (int i = 0; i < count; i++) {
                ports.set(first + i * step);
            }
            assertThat(byFormula(set)).isEqualTo(ports);
        });
    }

    @Property
    void canonicalFormKeepsThePortsAndKeysReadBack(@ForAll("portSets") PortSet set) {
        assertThat(byFormula(set.canonical())).isEqualTo(byFormula(set));
        assertThat(set.canonical().canonical()).isEqualTo(set.canonical());
        assertThat(Ports.parse(set.key())).isEqualTo(set.canonical());
        assertThat(PortSet.parse(set.toString())).isEqualTo(set);
        set.asSingleRange().ifPresent(range -> assertThat(Ports.of(range)).isEqualTo(set.canonical()));
    }

    /** All 196606 or so sets by their lowest port, count and second range: equal ports, equal keys, and only then. */
    @Example
    void equalKeysAreEqualPorts() {
        Map<String, String> keyByShape = new HashMap<>();
        Map<String, String> shapeByKey = new HashMap<>();
        for (int a = 0; a <= 16; a++) {
            for (int k = 0; a + k <= 16; k++) {
                for (int psid = 0; psid < 1 << k; psid++) {
                    PortSet set = new PortSet(a, k, psid);
                    String shape = set.asSingleRange()
                            .map(PortRange::toString)
                            .orElseGet(() -> set.range(0) + " " + set.range(1) + " " + set.portCount());
                    String key = set.key();
                    assertThat(keyByShape.getOrDefault(shape, key)).isEqualTo(key);
                    assertThat(shapeByKey.getOrDefault(key, shape)).isEqualTo(shape);
                    keyByShape.put(shape, key);
                    shapeByKey.put(key, shape);
                }
            }
        }
    }

    @Property
    void rangesThatAreSetsHaveTheSetsKeyAndAllReadBack(@ForAll("ranges") PortRange range) {
        Ports ports = Ports.of(range);

        assertThat(byRanges(ports)).isEqualTo(byRanges(range));
        assertThat(range.key()).isEqualTo(ports.key());
        assertThat(Ports.parse(range.key())).isEqualTo(ports);
        assertThat(Ports.parse(range.toString())).isEqualTo(ports);
    }

    @Property
    void overlapAndIntersectionAgreeWithBruteForce(@ForAll("ports") Ports one, @ForAll("ports") Ports other) {
        boolean meet = byRanges(one).intersects(byRanges(other));

        assertThat(one.overlaps(other)).isEqualTo(meet);
        assertThat(other.overlaps(one)).isEqualTo(meet);
        if (other instanceof PortRange range) {
            assertThat(one.intersects(range)).isEqualTo(meet);
        }
    }

    /** Neighbours and near misses, which random pairs seldom are. */
    @Property
    void intersectionIsRightAtTheEdgesOfTheRanges(
            @ForAll("portSets") PortSet set,
            @ForAll @IntRange(max = 65535) int which,
            @ForAll @IntRange(max = 3) int size) {
        PortRange range = set.range(which % set.rangeCount());
        BitSet ports = byFormula(set);
        for (int first : new int[] {range.first() - 1 - size, range.first() - 1, range.last(), range.last() + 1}) {
            if (first >= 0 && first + size <= 0xffff) {
                PortRange probe = new PortRange(first, first + size);
                boolean expected = ports.get(first, first + size + 1).cardinality() > 0;
                assertThat(set.intersects(probe)).isEqualTo(expected);
            }
        }
    }

    @Property
    void allContainingHasTheOneSetOfEachDivisionInCanonicalForm(@ForAll @IntRange(max = 0xffff) int port) {
        List<PortSet> expected = new ArrayList<>();
        for (int a = 0; a <= 16; a++) {
            for (int k = 0; a + k <= 16; k++) {
                PortSet.owning(a, k, port).map(PortSet::canonical).ifPresent(expected::add);
            }
        }

        List<PortSet> found = PortSet.allContaining(port);

        assertThat(found).allMatch(set -> set.contains(port)).doesNotHaveDuplicates();
        assertThat(found).containsAll(expected).isSubsetOf(expected);
    }

    @Property
    void fromTheLowestPsidOnNoReservedPortIsOwned(
            @ForAll("portSets") PortSet set, @ForAll @IntRange(max = 0x10000) int reserved) {
        int a = set.psidOffset();
        int k = set.psidLength();
        int limit = a == 0 ? 0x10000 : 1 << (16 - a);
        int lowest = PortSet.lowestPsid(a, k, Math.min(reserved, limit));

        if (lowest < 1 << k) {
            assertThat(new PortSet(a, k, lowest).firstPort()).isGreaterThanOrEqualTo(Math.min(reserved, limit));
        }
        if (lowest > 0) {
            assertThat(new PortSet(a, k, lowest - 1).firstPort()).isLessThan(reserved);
        }
    }

    @Property
    void garbageIsNeverAnythingButAnIllegalArgument(@ForAll("almostKeys") String text) {
        for (Parser parser : List.<Parser>of(Ports::parse, PortSet::parse)) {
            try {
                parser.parse(text);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    private interface Parser {
        Object parse(String text);
    }

    @Provide
    Arbitrary<PortSet> portSets() {
        return Arbitraries.integers()
                .between(0, 16)
                .flatMap(a -> Arbitraries.integers()
                        .between(0, 16 - a)
                        .flatMap(k ->
                                Arbitraries.integers().between(0, (1 << k) - 1).map(psid -> new PortSet(a, k, psid))));
    }

    @Provide
    Arbitrary<PortRange> ranges() {
        Arbitrary<Integer> port = Arbitraries.integers().between(0, 0xffff);
        Arbitrary<PortRange> any = Combinators.combine(port, port)
                .as((one, other) -> new PortRange(Math.min(one, other), Math.max(one, other)));
        return Arbitraries.oneOf(
                any,
                portSets().map(set -> set.range(0)),
                portSets()
                        .filter(set -> set.psidLength() == 0)
                        .map(set -> set.asSingleRange().orElseThrow()));
    }

    @Provide
    Arbitrary<Ports> ports() {
        return Arbitraries.oneOf(portSets(), ranges());
    }

    @Provide
    Arbitrary<Integer> steps() {
        return Arbitraries.oneOf(Arbitraries.integers().between(0, 16).map(bits -> 1 << bits), Arbitraries.integers());
    }

    @Provide
    Arbitrary<String> almostKeys() {
        return Arbitraries.oneOf(
                Arbitraries.strings().withChars("0123456789/-").ofMaxLength(12),
                Arbitraries.strings().ofMaxLength(40));
    }

    private static BitSet byFormula(PortSet set) {
        int a = set.psidOffset();
        int m = 16 - a - set.psidLength();
        int blocks = 1 << m;
        int ratio = 1 << set.psidLength();
        BitSet ports = new BitSet();
        for (int i = a == 0 ? 0 : 1; i < 1 << a; i++) {
            int first = ratio * blocks * i + blocks * set.psid();
            ports.set(first, first + blocks);
        }
        return ports;
    }

    private static BitSet byRanges(Ports ports) {
        if (ports instanceof PortSet set) {
            return byFormula(set);
        }
        BitSet bits = new BitSet();
        Stream.of((PortRange) ports).forEach(range -> bits.set(range.first(), range.last() + 1));
        return bits;
    }
}
