package io.portledger.softwire;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class AddressProperties {

    @Property
    void ipv4TextAndOctetsReadBackAndAgreeWithTheJdk(@ForAll int bits) throws UnknownHostException {
        Ipv4Address address = new Ipv4Address(bits);

        assertThat(Ipv4Address.parse(address.toString())).isEqualTo(address);
        assertThat(Ipv4Address.fromBytes(address.toBytes(), 0)).isEqualTo(address);
        assertThat(InetAddress.getByAddress(address.toBytes()).getHostAddress()).isEqualTo(address.toString());
    }

    @Property
    void ipv6TextAndOctetsReadBackAndAgreeWithTheJdk(@ForAll("ipv6") Ipv6Address address) throws UnknownHostException {
        String text = address.toString();

        assertThat(Ipv6Address.parse(text)).isEqualTo(address);
        assertThat(Ipv6Address.fromBytes(address.toBytes(), 0)).isEqualTo(address);
        InetAddress jdk = InetAddress.getByName(text);
        byte[] octets = address.toBytes();
        assertThat(jdk.getAddress())
                .isEqualTo(address.isMapped() ? address.embeddedIpv4().toBytes() : octets);
        if (!address.isMapped()) {
            assertThat(Ipv6Address.parse(jdk.getHostAddress())).isEqualTo(address);
        }
    }

    /** RFC 5952 §4.1-4.3, read off the text. */
    @Property
    void ipv6TextIsCanonical(@ForAll("ipv6") Ipv6Address address) {
        String text = address.toString();
        if (address.isMapped()) {
            assertThat(text).isEqualTo("::ffff:" + address.embeddedIpv4());
            return;
        }
        assertThat(text)
                .matches("[0-9a-f:]+")
                .doesNotContainPattern("(^|:)0[0-9a-f]")
                .doesNotContain(":::");
        int[] words = new int[8];
        for (int i = 0; i < 8; i++) {
            words[i] = (int) ((i < 4 ? address.high() : address.low()) >>> (48 - 16 * (i % 4))) & 0xffff;
        }
        int longest = 0;
        int longestAt = 0;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && words[i + run] == 0) {
                run++;
            }
            if (run > longest) {
                longest = run;
                longestAt = i;
            }
        }
        if (longest < 2) {
            assertThat(text).doesNotContain("::");
        } else {
            String head = text.substring(0, text.indexOf("::"));
            String tail = text.substring(text.indexOf("::") + 2);
            assertThat(head.isEmpty() ? 0 : head.split(":", -1).length).isEqualTo(longestAt);
            assertThat(tail.isEmpty() ? 0 : tail.split(":", -1).length).isEqualTo(8 - longestAt - longest);
        }
    }

    @Property
    void addressesCompareLikeTheirNumbers(@ForAll("ipv6") Ipv6Address one, @ForAll("ipv6") Ipv6Address other) {
        assertThat(Integer.signum(one.compareTo(other)))
                .isEqualTo(new BigInteger(1, one.toBytes()).compareTo(new BigInteger(1, other.toBytes())));
    }

    /** The JDK reads more (zones, brackets, host names), so only its answer on plain text of our characters counts. */
    @Property(tries = 5000)
    void whatWeReadTheJdkReadsAlike(@ForAll("almostIpv6") String text) {
        Ipv6Address address;
        try {
            address = Ipv6Address.parse(text);
        } catch (IllegalArgumentException e) {
            return;
        }
        try {
            byte[] octets = InetAddress.getByName(text).getAddress();
            assertThat(octets)
                    .isEqualTo(address.isMapped() ? address.embeddedIpv4().toBytes() : address.toBytes());
        } catch (UnknownHostException e) {
            throw new AssertionError(text + " is no address for the JDK", e);
        }
    }

    private static final Pattern HOST_NAME = Pattern.compile(".*[^0-9a-fA-F:.].*|[^:]*|.*%.*", Pattern.DOTALL);

    @Property(tries = 5000)
    void whatTheJdkReadsAsIpv6WeReadToo(@ForAll("almostIpv6") String text) {
        if (HOST_NAME.matcher(text).matches()) {
            return;
        }
        byte[] octets;
        try {
            octets = InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            return;
        }
        // The JDK lets the dotted tail have leading zeros, and groups have more than four digits.
        if (text.matches(".*(^|[:.])0\\d+(\\.|$).*") || text.matches(".*[0-9a-fA-F]{5,}.*")) {
            return;
        }
        Ipv6Address address = Ipv6Address.parse(text);
        assertThat(octets.length == 4 ? address.embeddedIpv4().toBytes() : address.toBytes())
                .isEqualTo(octets);
    }

    @Property
    void garbageIsNeverAnythingButAnIllegalArgument(@ForAll("garbage") String text) {
        for (Parser parser :
                List.<Parser>of(Ipv4Address::parse, Ipv6Address::parse, Ipv4Prefix::parse, Ipv6Prefix::parse)) {
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

    @Property
    void prefixesReadBackAndContainExactlyTheAddressesThatShareTheirBits(
            @ForAll("ipv6") Ipv6Address address,
            @ForAll("ipv6") Ipv6Address other,
            @ForAll @IntRange(max = 128) int length) {
        Ipv6Prefix prefix = Ipv6Prefix.containing(address, length);
        BigInteger difference = new BigInteger(1, address.toBytes()).xor(new BigInteger(1, other.toBytes()));

        assertThat(Ipv6Prefix.parse(prefix.toString())).isEqualTo(prefix);
        assertThat(prefix.contains(address)).isTrue();
        assertThat(prefix.contains(other)).isEqualTo(difference.bitLength() <= 128 - length);
        assertThat(prefix.overlaps(new Ipv6Prefix(other, 128))).isEqualTo(prefix.contains(other));
        assertThat(new Ipv6Prefix(other, 128).overlaps(prefix)).isEqualTo(prefix.contains(other));
    }

    @Property
    void ipv4PrefixesReadBackAndContainExactlyTheAddressesThatShareTheirBits(
            @ForAll int bits, @ForAll int flip, @ForAll @IntRange(max = 32) int length) {
        long mask = 0xffff_ffffL << (32 - length) & 0xffff_ffffL;
        Ipv4Prefix prefix = new Ipv4Prefix(new Ipv4Address(bits & (int) mask), length);
        Ipv4Address other = new Ipv4Address(bits ^ flip);

        assertThat(Ipv4Prefix.parse(prefix.toString())).isEqualTo(prefix);
        assertThat(prefix.size()).isEqualTo(1L << (32 - length));
        assertThat(prefix.contains(other)).isEqualTo((flip & mask) == 0);
        assertThat(prefix.overlaps(new Ipv4Prefix(other, 32))).isEqualTo(prefix.contains(other));
        assertThat(new Ipv4Prefix(other, 32).overlaps(prefix)).isEqualTo(prefix.contains(other));
    }

    /** Many zero groups, so that the choice of the run to shorten is met often. */
    @Provide
    Arbitrary<Ipv6Address> ipv6() {
        Arbitrary<Long> half = Arbitraries.of(0L, 0L, 1L, 0xffffL, 0x10L)
                .list()
                .ofSize(4)
                .map(words -> words.get(0) << 48 | words.get(1) << 32 | words.get(2) << 16 | words.get(3));
        return Arbitraries.oneOf(
                Combinators.combine(half, half).as(Ipv6Address::new),
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new),
                Arbitraries.integers().map(bits -> Ipv6Address.mapped(new Ipv4Address(bits))));
    }

    @Provide
    Arbitrary<String> almostIpv6() {
        Arbitrary<String> pieces = Arbitraries.of(
                        "0", "1", "ff", "ABCD", "00a", ":", ":", ":", "::", "1.2.3.4", "10.0.0.255", "12345")
                .list()
                .ofMaxSize(17)
                .map(list -> String.join("", list));
        Arbitrary<String> nearMisses = Combinators.combine(
                        ipv6().map(Ipv6Address::toString),
                        Arbitraries.integers().between(0, 38),
                        Arbitraries.of("", ":", "0", "::", "."))
                .as((text, at, piece) -> {
                    int cut = Math.min(at, text.length() - 1);
                    return text.substring(0, cut) + piece + text.substring(cut + 1);
                });
        return Arbitraries.oneOf(pieces, nearMisses);
    }

    @Provide
    Arbitrary<String> garbage() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(60),
                Arbitraries.strings().withChars("0123456789abcdef:./").ofMaxLength(60),
                almostIpv6());
    }
}
