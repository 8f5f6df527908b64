package io.portledger.radius;

import static io.portledger.radius.Vectors.CODEC;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class RadiusProperties {

    @Property
    void whatIsWrittenIsRead(@ForAll("configurations") Softwire46Configuration configuration) throws RadiusException {
        byte[] octets = CODEC.encodeRequest(
                new RadiusPacket(RadiusPacket.COA_REQUEST, 1, List.of(configuration.toAttribute())));

        assertThat(Softwire46Configuration.of(CODEC.decodeRequest(octets))).contains(configuration);
    }

    @Property
    void aPortRangeThatIsWrittenIsRead(
            @ForAll boolean isAllocated,
            @ForAll int ipv4,
            @ForAll("addresses") Ipv6Address b4,
            @ForAll("ports") int one,
            @ForAll("ports") int other)
            throws RadiusException {
        IpPortRange range = new IpPortRange(
                isAllocated, new Ipv4Address(ipv4), b4, new PortRange(Math.min(one, other), Math.max(one, other)));

        assertThat(IpPortRange.of(range.toAttribute())).contains(range);
    }

    @Property
    void packetsWithAnyAttributesAreReadAsWritten(@ForAll("packets") RadiusPacket packet) throws RadiusException {
        assertThat(CODEC.decodeRequest(CODEC.encodeRequest(packet))).isEqualTo(packet);
    }

    @Property(tries = 3000)
    void noOctetsAreTooWild(@ForAll @Size(max = 300) byte[] octets) {
        RadiusFuzz.fuzzerTestOneInput(octets);
    }

    @Property(tries = 3000)
    void noWoundOfAGoodPacketIsTooWild(
            @ForAll("goodPackets") byte[] octets, @ForAll("ports") int at, @ForAll byte octet) {
        byte[] wounded = octets.clone();
        wounded[at % wounded.length] = octet;
        RadiusFuzz.fuzzerTestOneInput(wounded);
    }

    @Provide
    Arbitrary<byte[]> goodPackets() {
        return Arbitraries.of(RadiusFuzz.seeds());
    }

    @Provide
    Arbitrary<RadiusPacket> packets() {
        Arbitrary<RadiusAttribute> attributes = Combinators.combine(
                        Arbitraries.integers()
                                .between(1, 255)
                                .filter(type -> type != RadiusAttribute.USER_PASSWORD
                                        && type != RadiusAttribute.MESSAGE_AUTHENTICATOR),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(253))
                .as(RadiusAttribute::ofOctets);
        return Combinators.combine(
                        Arbitraries.of(
                                RadiusPacket.ACCESS_REQUEST,
                                RadiusPacket.ACCOUNTING_REQUEST,
                                RadiusPacket.COA_REQUEST,
                                RadiusPacket.DISCONNECT_REQUEST),
                        Arbitraries.integers().between(0, 255),
                        attributes.list().ofMaxSize(10))
                .as(RadiusPacket::new);
    }

    @Provide
    Arbitrary<Softwire46Configuration> configurations() {
        Arbitrary<Ipv6Prefix> prefixes = Combinators.combine(
                        addresses(), Arbitraries.integers().between(0, 128))
                .as(Ipv6Prefix::containing);
        Arbitrary<PortSet> portSets = Combinators.combine(
                        Arbitraries.integers().between(0, 16),
                        Arbitraries.integers().between(0, 16),
                        ports())
                .filter((a, k, field) -> a + k <= 16)
                .as(PortSet::fromLeftAligned);
        return Combinators.combine(
                        addresses().list().ofMinSize(1).ofMaxSize(8),
                        Arbitraries.integers().map(Ipv4Address::new),
                        prefixes,
                        portSets.injectNull(0.1))
                .as(Softwire46Configuration::new);
    }

    @Provide
    Arbitrary<Ipv6Address> addresses() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    @Provide
    Arbitrary<Integer> ports() {
        return Arbitraries.integers().between(0, 0xffff);
    }
}
