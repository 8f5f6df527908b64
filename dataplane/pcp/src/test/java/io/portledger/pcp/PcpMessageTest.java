package io.portledger.pcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class PcpMessageTest {

    @ParameterizedTest
    @FieldSource("io.portledger.pcp.Vectors#REQUESTS")
    void aRequestIsWrittenOctetByOctet(Vectors.RequestVector vector) {
        ByteBuf out = Vectors.encoded(vector.request());
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(vector.hex());
        assertThat(vector.request().encodedLength()).isEqualTo(out.readableBytes());
    }

    @ParameterizedTest
    @FieldSource("io.portledger.pcp.Vectors#REQUESTS")
    void aRequestIsRead(Vectors.RequestVector vector) {
        assertThat(Vectors.DECODER.decode(Vectors.octets(vector.hex()), Vectors.CLIENT, Vectors.ALL_OPTIONS))
                .isEqualTo(new PcpRequestDecoder.Accepted(vector.request()));
    }

    @ParameterizedTest
    @FieldSource("io.portledger.pcp.Vectors#RESPONSES")
    void aResponseIsWrittenOctetByOctet(Vectors.ResponseVector vector) {
        assertThat(ByteBufUtil.hexDump(Vectors.encoded(vector.response()))).isEqualTo(vector.hex());
    }

    @ParameterizedTest
    @FieldSource("io.portledger.pcp.Vectors#RESPONSES")
    void aResponseIsRead(Vectors.ResponseVector vector) throws PcpException {
        assertThat(PcpResponse.decode(Vectors.octets(vector.hex()))).isEqualTo(vector.response());
    }

    @Test
    void anErrorResponseIsACopyOfTheRequestUnderAResponseHeader() {
        ByteBuf out = Unpooled.buffer();
        PcpResponse.writeError(
                Vectors.octets(Vectors.MAP_PORT_SET_REQUEST), ResultCode.USER_EX_QUOTA, 30, Vectors.EPOCH, true, out);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(Vectors.MAP_ERROR_USER_EX_QUOTA);
    }

    @Test
    void anErrorResponseToWhatCouldNotBeParsedKeepsTheEndOfTheClientAddress() {
        ByteBuf out = Unpooled.buffer();
        PcpResponse.writeError(
                Vectors.octets(Vectors.MAP_PORT_SET_REQUEST),
                ResultCode.MALFORMED_OPTION,
                1800,
                Vectors.EPOCH,
                false,
                out);
        assertThat(ByteBufUtil.hexDump(out, 0, 24)).isEqualTo("028100060000070800003039" + "000001000000000000000001");
    }

    @ParameterizedTest
    @CsvSource({"2, 24", "24, 24", "25, 28", "60, 60", "1099, 1100", "1100, 1100", "1101, 1100", "2000, 1100"})
    void anErrorResponseIsPaddedToWordsAndCutAtTheLimit(int requestOctets, int responseOctets) {
        ByteBuf request = Unpooled.buffer().writeZero(requestOctets);
        request.setByte(0, 2).setByte(1, 1);
        ByteBuf out = Unpooled.buffer();
        PcpResponse.writeError(request, ResultCode.MALFORMED_REQUEST, 1800, 0, false, out);
        assertThat(out.readableBytes()).isEqualTo(responseOctets);
        assertThat(request.readerIndex()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "too short | 0280 | message length 2",
                "not words | 02800000000000000000303900000000000000000000000000 | message length 25",
                "a request | 020000000000000020010db8000001000000000000000001 | R bit",
                "version 1 | 018000000000000000003039000000000000000000000000 | version 1, expected 2",
                "cut short | 028100000000000000003039000000000000000000000000 | too short for opcode 1",
                "unknown opcode | 02ff00000000000000003039000000000000000000000000 | opcode 127 is unknown",
                "option too long | 02800000000000000000303900000000000000000000000082000005 | option 130: length 5 but 0",
                "PORT_SET of 4 | 0280000000000000000030390000000000000000000000008200000404000001 | PORT_SET: option length 4"
            })
    void whatIsNoResponseIsRefusedWithItsFault(String name, String hex, String fault) {
        assertThatThrownBy(() -> PcpResponse.decode(Vectors.octets(hex)))
                .as(name)
                .isInstanceOf(PcpException.class)
                .hasMessageContaining(fault);
    }

    @Test
    void anErrorResponseIsReadEvenIfItRepeatsWhatNobodyCanRead() throws PcpException {
        ByteBuf request = Vectors.octets(Vectors.MAP_PORT_SET_REQUEST);
        request.setShort(62, 0xfff0);
        ByteBuf out = Unpooled.buffer();
        PcpResponse.writeError(request, ResultCode.MALFORMED_OPTION, 1800, 7, false, out);

        PcpResponse response = PcpResponse.decode(out);

        assertThat(response.result()).isEqualTo(ResultCode.MALFORMED_OPTION.code());
        assertThat(response.epochSeconds()).isEqualTo(7);
        assertThat(response.operation()).isInstanceOf(PcpOperation.Map.class);
        assertThat(response.options()).isEmpty();
    }

    @Test
    void aServerOfAnotherVersionIsUnderstood() throws PcpException {
        PcpResponse response = PcpResponse.decode(Vectors.octets("038000010000070800000000000000000000000000000000"));
        assertThat(response.version()).isEqualTo(3);
        assertThat(response.result()).isEqualTo(ResultCode.UNSUPP_VERSION.code());
    }

    @Test
    void aRequestThatExceedsTheLimitIsNotWritten() {
        PcpRequest request = new PcpRequest(
                0,
                Vectors.CLIENT,
                new PcpOperation.Announce(),
                Collections.nCopies(2, new PcpOption.Unrecognised(200, new byte[600])));
        assertThatThrownBy(() -> request.encode(Unpooled.buffer()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("allowed: at most 1100");
    }

    @Test
    void anOptionNobodyKnowsKeepsItsOctets() throws PcpException {
        PcpResponse response = PcpResponse.success(
                new PcpOperation.Announce(), 0, 1, List.of(new PcpOption.Unrecognised(200, new byte[] {1, 2, 3})));
        ByteBuf out = Vectors.encoded(response);
        assertThat(ByteBufUtil.hexDump(out, 24, 8)).isEqualTo("c800000301020300");
        assertThat(PcpResponse.decode(out)).isEqualTo(response);
    }

    @Test
    void resultCodesAreTheirNumbers() {
        for (ResultCode code : ResultCode.values()) {
            assertThat(ResultCode.of(code.code())).contains(code);
        }
        assertThat(ResultCode.of(10)).contains(ResultCode.USER_EX_QUOTA);
        assertThat(ResultCode.of(26)).contains(ResultCode.UNSUPP_THIRD_PARTY_ID_LENGTH);
        assertThat(ResultCode.of(27)).isEmpty();
        assertThat(ResultCode.of(255)).isEmpty();
        assertThat(ResultCode.of(-1)).isEmpty();
    }
}
