package io.portledger.pcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PcpCodecProperties {

    @Property
    void whatIsWrittenIsReadAgain(@ForAll("responses") PcpResponse response) throws PcpException {
        assertThat(PcpResponse.decode(Vectors.encoded(response))).isEqualTo(response);
    }

    @Property
    void aLawfulRequestIsReadAsItWasWritten(@ForAll("requests") PcpRequest request) {
        assertThat(Vectors.DECODER.decode(Vectors.encoded(request), request.clientAddress(), Vectors.ALL_OPTIONS))
                .isEqualTo(new PcpRequestDecoder.Accepted(request));
    }

    @Property(tries = 5_000)
    void noOctetsAreTooWildForTheServer(@ForAll byte[] octets, @ForAll("wounds") List<Wound> wounds) {
        surviveAsServer(Unpooled.wrappedBuffer(octets));
        surviveAsServer(wounded(wounds, Vectors.REQUESTS.get(4).hex()));
        surviveAsServer(wounded(wounds, Vectors.MAP_PORT_SET_REQUEST));
    }

    @Property(tries = 5_000)
    void noOctetsAreTooWildForTheClient(@ForAll byte[] octets, @ForAll("wounds") List<Wound> wounds) {
        surviveAsClient(Unpooled.wrappedBuffer(octets));
        surviveAsClient(wounded(wounds, Vectors.RESPONSES.get(1).hex()));
        surviveAsClient(wounded(wounds, Vectors.MAP_ERROR_USER_EX_QUOTA));
    }

    record Wound(int at, byte octet, int cut) {}

    @Provide
    Arbitrary<List<Wound>> wounds() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 83),
                        Arbitraries.bytes(),
                        Arbitraries.integers().between(0, 84))
                .as(Wound::new)
                .list()
                .ofMaxSize(4);
    }

    @Provide
    Arbitrary<PcpRequest> requests() {
        Arbitrary<List<PcpOption>> options = Combinators.combine(
                        addresses().map(PcpOption.ThirdParty::new), unrecognised(128))
                .as((thirdParty, rest) -> List.<PcpOption>of(rest, thirdParty));
        return Combinators.combine(lifetimes(), addresses(), maps(), options)
                .as((lifetime, client, map, some) -> new PcpRequest(lifetime, client, map, some))
                .filter(request -> !request.option(PcpOption.ThirdParty.class)
                        .orElseThrow()
                        .internalAddress()
                        .equals(request.clientAddress()));
    }

    @Provide
    Arbitrary<PcpResponse> responses() {
        Arbitrary<PcpOption> portSets = Combinators.combine(ports(), ports(), Arbitraries.of(true, false))
                .as(PcpOption.PortSet::new);
        Arbitrary<PcpOption> options = Arbitraries.oneOf(
                portSets,
                unrecognised(4).map(option -> option),
                addresses().map(PcpOption.ThirdParty::new),
                Arbitraries.just(new PcpOption.PreferFailure()));
        Arbitrary<PcpOperation> peers =
                Combinators.combine(maps(), ports(), addresses()).as(PcpOperation.Peer::new);
        Arbitrary<PcpOperation> operations =
                Arbitraries.oneOf(Arbitraries.just(new PcpOperation.Announce()), maps().map(map -> map), peers);
        return Combinators.combine(
                        operations, lifetimes(), lifetimes(), options.list().ofMaxSize(5))
                .as(PcpResponse::success);
    }

    private static Arbitrary<PcpOperation.Map> maps() {
        Arbitrary<Nonce> nonces =
                Combinators.combine(Arbitraries.longs(), Arbitraries.integers()).as(Nonce::new);
        return Combinators.combine(nonces, Arbitraries.integers().between(1, 255), ports(), ports(), addresses())
                .as(PcpOperation.Map::new);
    }

    private static Arbitrary<PcpOption.Unrecognised> unrecognised(int lowestCode) {
        return Combinators.combine(
                        Arbitraries.integers().between(lowestCode, 255).filter(code -> code != PcpOption.PORT_SET),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(40))
                .as(PcpOption.Unrecognised::new);
    }

    private static Arbitrary<Ipv6Address> addresses() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    private static Arbitrary<Integer> ports() {
        return Arbitraries.integers().between(0, 0xffff);
    }

    private static Arbitrary<Long> lifetimes() {
        return Arbitraries.longs().between(0, 0xffff_ffffL);
    }

    private static ByteBuf wounded(List<Wound> wounds, String hex) {
        ByteBuf octets = Vectors.octets(hex);
        for (Wound wound : wounds) {
            if (wound.at() < octets.writerIndex()) {
                octets.setByte(wound.at(), wound.octet());
            }
            if (wound.cut() > 20 && wound.cut() < octets.writerIndex()) {
                octets.writerIndex(wound.cut());
            }
        }
        return octets;
    }

    private static void surviveAsServer(ByteBuf octets) {
        switch (Vectors.DECODER.decode(octets, Vectors.CLIENT, Vectors.ALL_OPTIONS)) {
            case PcpRequestDecoder.Accepted(PcpRequest request) -> {
                assertThat(request.clientAddress()).isEqualTo(Vectors.CLIENT);
                assertThat(request.encodedLength()).isEqualTo(octets.readableBytes());
            }
            case PcpRequestDecoder.Refused(ResultCode code) -> {
                ByteBuf answer = Unpooled.buffer();
                PcpResponse.writeError(octets, code, 1, 2, false, answer);
                assertThat(answer.readableBytes()).isBetween(24, PcpRequest.MAX_OCTETS);
                surviveAsClient(answer);
            }
            case PcpRequestDecoder.Dropped dropped -> {
                if (dropped.reason() == PcpRequestDecoder.Reason.RESPONSE) {
                    assertThat(octets.getByte(1)).isNegative();
                } else {
                    assertThat(octets.readableBytes()).isLessThan(24);
                }
            }
        }
    }

    private static void surviveAsClient(ByteBuf octets) {
        try {
            PcpResponse response = PcpResponse.decode(octets);
            assertThat(response.result()).isBetween(0, 255);
        } catch (PcpException e) {
            assertThat(e).hasMessageMatching("(?s).+");
        }
    }
}
