package io.portledger.pcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.PcpRequestDecoder.Accepted;
import io.portledger.pcp.PcpRequestDecoder.Decoded;
import io.portledger.pcp.PcpRequestDecoder.Dropped;
import io.portledger.pcp.PcpRequestDecoder.Reason;
import io.portledger.pcp.PcpRequestDecoder.Refused;
import io.portledger.softwire.Ipv6Address;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PcpRequestDecoderTest {

    private static final PcpOption.PortSet SET = new PcpOption.PortSet(65535, 1, false);
    private static final PcpOption.ThirdParty THIRD_PARTY =
            new PcpOption.ThirdParty(Ipv6Address.parse("2001:db8:0:200::1"));
    private static final PcpOption.PreferFailure PREFER_FAILURE = new PcpOption.PreferFailure();
    private static final PcpOption.Filter FILTER = new PcpOption.Filter(0, 0, Vectors.ANY_IPV4);
    private static final PcpOption UNKNOWN_MANDATORY = new PcpOption.Unrecognised(77, new byte[4]);
    private static final PcpOption UNKNOWN_OPTIONAL = new PcpOption.Unrecognised(177, new byte[5]);

    static Stream<Arguments> rules() {
        return Stream.of(
                Arguments.of("an empty datagram", Unpooled.EMPTY_BUFFER, new Dropped(Reason.TOO_SHORT)),
                Arguments.of("one octet", Vectors.octets("02"), new Dropped(Reason.TOO_SHORT)),
                Arguments.of("a response", Vectors.octets("0281"), new Dropped(Reason.RESPONSE)),
                Arguments.of(
                        "a response of another version comes before the version",
                        Vectors.octets("0081"),
                        new Dropped(Reason.RESPONSE)),
                Arguments.of("NAT-PMP", Vectors.octets("0000"), new Refused(ResultCode.UNSUPP_VERSION)),
                Arguments.of("version 3", Vectors.octets("0301"), new Refused(ResultCode.UNSUPP_VERSION)),
                Arguments.of(
                        "23 octets",
                        Vectors.octets("0200000000000000" + "20010db80000010000000000000000"),
                        new Dropped(Reason.TOO_SHORT)),
                Arguments.of("no whole words", announce().writeByte(0), new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of("1104 octets", announce().writeZero(1080), new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of(
                        "length comes before the address",
                        announce().setByte(23, 9).writeByte(0),
                        new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of("MAP cut short", announce().setByte(1, 1), new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of(
                        "PEER cut short",
                        announce().writeZero(52).setByte(1, 2),
                        new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of("another source", announce().setByte(23, 9), new Refused(ResultCode.ADDRESS_MISMATCH)),
                Arguments.of(
                        "another source comes before the opcode",
                        announce().setByte(23, 9).setByte(1, 99),
                        new Refused(ResultCode.ADDRESS_MISMATCH)),
                Arguments.of("AUTHENTICATION", announce().setByte(1, 3), new Refused(ResultCode.UNSUPP_OPCODE)),
                Arguments.of("opcode 127", announce().setByte(1, 127), new Refused(ResultCode.UNSUPP_OPCODE)),
                Arguments.of(
                        "an option that is longer than the message",
                        announce().writeInt(0xc8000001),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "an option of 65535 octets",
                        announce().writeInt(0xc800ffff),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "an unknown mandatory option",
                        map(3600, 0, SET, UNKNOWN_MANDATORY),
                        new Refused(ResultCode.UNSUPP_OPTION)),
                Arguments.of(
                        "options are judged in their order: mandatory first",
                        map(3600, 0, UNKNOWN_MANDATORY, SET, SET),
                        new Refused(ResultCode.UNSUPP_OPTION)),
                Arguments.of(
                        "options are judged in their order: duplicate first",
                        map(3600, 0, SET, SET, UNKNOWN_MANDATORY),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "THIRD_PARTY twice",
                        map(3600, 0, THIRD_PARTY, THIRD_PARTY, SET),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "THIRD_PARTY of its own sender",
                        map(3600, 0, new PcpOption.ThirdParty(Vectors.CLIENT), SET),
                        new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of(
                        "THIRD_PARTY of the wrong length",
                        map(3600, 0, SET).writeInt(0x01000004).writeInt(0),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "THIRD_PARTY in ANNOUNCE",
                        Vectors.encoded(
                                new PcpRequest(0, Vectors.CLIENT, new PcpOperation.Announce(), List.of(THIRD_PARTY))),
                        new Refused(ResultCode.UNSUPP_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE twice",
                        map(3600, 35000, 6, PREFER_FAILURE, PREFER_FAILURE),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE without a suggested port",
                        map(3600, 0, 6, PREFER_FAILURE),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE in a delete",
                        map(0, 35000, 6, PREFER_FAILURE),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE before PORT_SET",
                        map(3600, 35000, PREFER_FAILURE, SET),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE behind PORT_SET",
                        map(3600, 35000, SET, PREFER_FAILURE),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PREFER_FAILURE in PEER",
                        Vectors.encoded(new PcpRequest(
                                600,
                                Vectors.CLIENT,
                                new PcpOperation.Peer(
                                        new PcpOperation.Map(Vectors.NONCE, 6, 40000, 0, Vectors.ANY_IPV4),
                                        443,
                                        Vectors.EXTERNAL),
                                List.of(PREFER_FAILURE))),
                        new Refused(ResultCode.MALFORMED_REQUEST)),
                Arguments.of("FILTER in a delete", map(0, 0, 6, FILTER), new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "FILTER with an IPv4 prefix that is too short",
                        map(3600, 0, 6, new PcpOption.Filter(24, 0, Vectors.EXTERNAL)),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "FILTER with a prefix that is too long",
                        map(3600, 0, 6, new PcpOption.Filter(129, 0, Vectors.CLIENT)),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of("PORT_SET twice", map(3600, 0, SET, SET), new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PORT_SET of no port",
                        map(3600, 0, new PcpOption.PortSet(0, 1, false)),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PORT_SET of another first port than MAP's",
                        map(3600, 0, new PcpOption.PortSet(65535, 2, false)),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of(
                        "PORT_SET of four octets",
                        map(3600, 0, 6).writeInt(0x82000004).writeInt(0xffff0001),
                        new Refused(ResultCode.MALFORMED_OPTION)),
                Arguments.of("a port of no protocol", map(3600, 0), new Refused(ResultCode.MALFORMED_REQUEST)));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("rules")
    void everyRuleHasItsAnswer(String name, ByteBuf datagram, Decoded expected) {
        assertThat(Vectors.DECODER.decode(datagram, Vectors.CLIENT, Vectors.ALL_OPTIONS))
                .isEqualTo(expected);
    }

    @Test
    void aDeleteMayCarryASizeOfZero() {
        assertThat(Vectors.DECODER.decode(
                        map(0, 0, new PcpOption.PortSet(0, 1, false)), Vectors.CLIENT, Vectors.ALL_OPTIONS))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void anUnknownOptionalOptionIsKeptAndPassedOver() {
        assertThat(Vectors.DECODER.decode(map(3600, 0, UNKNOWN_OPTIONAL, SET), Vectors.CLIENT, Vectors.ALL_OPTIONS))
                .isEqualTo(new Accepted(new PcpRequest(
                        3600,
                        Vectors.CLIENT,
                        new PcpOperation.Map(Vectors.NONCE, 0, 1, 0, Vectors.ANY_IPV4),
                        List.of(UNKNOWN_OPTIONAL, SET))));
    }

    @ParameterizedTest
    @MethodSource("options")
    void onlySupportedOptionsAreProcessed(PcpOption option) {
        ByteBuf datagram = map(3600, 35000, 6, option);
        assertThat(Vectors.DECODER.decode(datagram, Vectors.CLIENT, Vectors.ALL_OPTIONS))
                .isInstanceOf(Accepted.class);
        Decoded without = Vectors.DECODER.decode(datagram, Vectors.CLIENT, Set.of());
        if (option.isMandatory()) {
            assertThat(without).isEqualTo(new Refused(ResultCode.UNSUPP_OPTION));
        } else {
            assertThat(((Accepted) without).request().options())
                    .singleElement()
                    .isInstanceOf(PcpOption.Unrecognised.class);
        }
    }

    @Test
    void anOpcodeThatTheServerDoesNotOfferIsUnsupported() {
        PcpRequestDecoder mapOnly = new PcpRequestDecoder(Set.of(PcpOperation.MAP));
        assertThat(mapOnly.decode(announce(), Vectors.CLIENT, Set.of()))
                .isEqualTo(new Refused(ResultCode.UNSUPP_OPCODE));
    }

    static Stream<PcpOption> options() {
        return Stream.of(THIRD_PARTY, PREFER_FAILURE, FILTER, SET);
    }

    private static ByteBuf announce() {
        return Unpooled.buffer()
                .writeBytes(Vectors.octets(Vectors.REQUESTS.getFirst().hex()));
    }

    private static ByteBuf map(long lifetime, int suggestedPort, PcpOption... options) {
        return map(lifetime, suggestedPort, 0, options);
    }

    private static ByteBuf map(long lifetime, int suggestedPort, int protocol, PcpOption... options) {
        return Vectors.encoded(new PcpRequest(
                lifetime,
                Vectors.CLIENT,
                new PcpOperation.Map(Vectors.NONCE, protocol, 1, suggestedPort, Vectors.ANY_IPV4),
                Arrays.asList(options)));
    }
}
