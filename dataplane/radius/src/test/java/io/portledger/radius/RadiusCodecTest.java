package io.portledger.radius;

import static io.portledger.radius.Vectors.CODEC;
import static io.portledger.radius.Vectors.SECRET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.radius.RadiusException.Fault;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RadiusCodecTest {

    private static final RadiusCodec STRANGER = new RadiusCodec(new SharedSecret("another".getBytes(UTF_8)));

    @Test
    void anAccessRequestIsReadWithItsPassword() throws RadiusException {
        RadiusPacket request = CODEC.decodeRequest(Vectors.ACCESS_REQUEST);

        assertThat(request.code()).isEqualTo(RadiusPacket.ACCESS_REQUEST);
        assertThat(request.identifier()).isEqualTo(0x5d);
        assertThat(request.first(RadiusAttribute.USER_NAME).orElseThrow().asText())
                .contains("02-aa-bb-cc-dd-01");
        assertThat(request.first(RadiusAttribute.USER_PASSWORD).orElseThrow().asText())
                .contains("lw4o6");
        assertThat(request.first(RadiusAttribute.NAS_IPV6_ADDRESS).orElseThrow().asIpv6())
                .contains(Vectors.BR);
    }

    @Test
    void anAccessRequestIsWrittenAsItWasRead() throws RadiusException {
        byte[] authenticator = Arrays.copyOfRange(Vectors.ACCESS_REQUEST, 4, 20);
        RadiusCodec codec =
                new RadiusCodec(SECRET, octets -> System.arraycopy(authenticator, 0, octets, 0, octets.length));

        assertThat(codec.encodeRequest(CODEC.decodeRequest(Vectors.ACCESS_REQUEST)))
                .isEqualTo(Vectors.ACCESS_REQUEST);
    }

    @Test
    void anAccessAcceptIsReadAndWritten() throws RadiusException {
        RadiusPacket accept = CODEC.decodeResponse(Vectors.ACCESS_ACCEPT, Vectors.ACCESS_REQUEST, false);

        assertThat(accept.code()).isEqualTo(RadiusPacket.ACCESS_ACCEPT);
        assertThat(accept.first(RadiusAttribute.DS_LITE_TUNNEL_NAME)
                        .orElseThrow()
                        .asText())
                .contains("aftr.example.com");
        assertThat(Softwire46Configuration.of(accept)).contains(Vectors.CONFIGURATION);
        assertThat(Softwire46Priority.of(accept)).contains(Vectors.PRIORITY);
        assertThat(CODEC.encodeResponse(accept, Vectors.ACCESS_REQUEST)).isEqualTo(Vectors.ACCESS_ACCEPT);
    }

    @Test
    void anAccountingRequestIsReadAndWritten() throws RadiusException {
        RadiusPacket request = CODEC.decodeRequest(Vectors.ACCOUNTING_REQUEST);

        assertThat(request.first(RadiusAttribute.ACCT_STATUS_TYPE).orElseThrow().asInteger())
                .hasValue(1);
        assertThat(request.first(RadiusAttribute.EVENT_TIMESTAMP).orElseThrow().asTime())
                .contains(Vectors.EVENT);
        assertThat(request.first(RadiusAttribute.FRAMED_IP_ADDRESS)
                        .orElseThrow()
                        .asIpv4())
                .contains(Vectors.IPV4);
        assertThat(request.first(RadiusAttribute.FRAMED_IPV6_ADDRESS)
                        .orElseThrow()
                        .asIpv6())
                .contains(Vectors.B4);
        assertThat(Softwire46Configuration.of(request)).contains(Vectors.CONFIGURATION);
        assertThat(IpPortRange.of(request.attributes().getLast())).contains(Vectors.PORT_RANGE);
        assertThat(CODEC.encodeRequest(request)).isEqualTo(Vectors.ACCOUNTING_REQUEST);
    }

    @Test
    void anAccountingResponseIsReadAndWritten() throws RadiusException {
        RadiusPacket response = CODEC.decodeResponse(Vectors.ACCOUNTING_RESPONSE, Vectors.ACCOUNTING_REQUEST, false);

        assertThat(response).isEqualTo(new RadiusPacket(RadiusPacket.ACCOUNTING_RESPONSE, 0x7e, List.of()));
        assertThat(CODEC.encodeResponse(response, Vectors.ACCOUNTING_REQUEST)).isEqualTo(Vectors.ACCOUNTING_RESPONSE);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                RadiusPacket.ACCESS_REQUEST,
                RadiusPacket.ACCOUNTING_REQUEST,
                RadiusPacket.COA_REQUEST,
                RadiusPacket.DISCONNECT_REQUEST
            })
    void aRequestAndItsResponseWithMessageAuthenticatorsAreTakenFromWhoHasTheSecretOnly(int code)
            throws RadiusException {
        RadiusPacket request = new RadiusPacket(
                code,
                7,
                List.of(RadiusCodec.messageAuthenticator(), RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "u")));
        byte[] octets = CODEC.encodeRequest(request);
        assertThat(CODEC.decodeRequest(octets).first(RadiusAttribute.USER_NAME)).isPresent();
        assertFault(() -> STRANGER.decodeRequest(octets), Fault.NOT_AUTHENTIC);

        byte[] answer = CODEC.encodeResponse(
                new RadiusPacket(code + 1, 7, List.of(RadiusCodec.messageAuthenticator())), octets);
        assertThat(CODEC.decodeResponse(answer, octets, true).code()).isEqualTo(code + 1);
        assertFault(() -> STRANGER.decodeResponse(answer, octets, true), Fault.NOT_AUTHENTIC);
        assertFault(
                () -> CODEC.decodeResponse(answer, CODEC.encodeRequest(changed(request)), true), Fault.NOT_AUTHENTIC);
    }

    private static RadiusPacket changed(RadiusPacket request) {
        return new RadiusPacket(
                request.code(), request.identifier(), List.of(RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "v")));
    }

    @ParameterizedTest
    @ValueSource(ints = {RadiusPacket.COA_REQUEST, RadiusPacket.DISCONNECT_REQUEST, RadiusPacket.ACCOUNTING_REQUEST})
    void everyOctetOfARequestIsUnderItsAuthenticator(int code) {
        byte[] octets = CODEC.encodeRequest(new RadiusPacket(
                code,
                7,
                List.of(
                        RadiusAttribute.ofText(RadiusAttribute.USER_NAME, "somebody"),
                        RadiusCodec.messageAuthenticator())));
        for (int at = 0; at < octets.length; at++) {
            byte[] forged = octets.clone();
            forged[at] ^= 1;
            if (at != 0) {
                assertThatThrownBy(() -> CODEC.decodeRequest(forged)).isInstanceOf(RadiusException.class);
            }
        }
    }

    @Test
    void aResponseWithoutMessageAuthenticatorIsRefusedWhereOneIsNeeded() {
        assertFault(
                () -> CODEC.decodeResponse(Vectors.ACCESS_ACCEPT, Vectors.ACCESS_REQUEST, true),
                Fault.NO_MESSAGE_AUTHENTICATOR);
    }

    @Test
    void aResponseToAnotherRequestIsRefused() {
        byte[] other = CODEC.encodeRequest(new RadiusPacket(RadiusPacket.ACCESS_REQUEST, 0x5d, List.of()));
        byte[] otherIdentifier = CODEC.encodeRequest(new RadiusPacket(RadiusPacket.ACCESS_REQUEST, 0x5e, List.of()));

        assertFault(() -> CODEC.decodeResponse(Vectors.ACCESS_ACCEPT, other, false), Fault.NOT_AUTHENTIC);
        assertFault(() -> CODEC.decodeResponse(Vectors.ACCESS_ACCEPT, otherIdentifier, false), Fault.NOT_AUTHENTIC);
    }

    @Test
    void octetsBehindTheDeclaredLengthAreIgnored() throws RadiusException {
        byte[] padded = Arrays.copyOf(Vectors.ACCOUNTING_REQUEST, Vectors.ACCOUNTING_REQUEST.length + 5);

        assertThat(CODEC.decodeRequest(padded)).isEqualTo(CODEC.decodeRequest(Vectors.ACCOUNTING_REQUEST));
    }

    @Test
    void whatWasReceivedIsLeftAlone() throws RadiusException {
        byte[] octets = Vectors.ACCOUNTING_REQUEST.clone();
        CODEC.decodeRequest(octets);
        assertThat(octets).isEqualTo(Vectors.ACCOUNTING_REQUEST);
    }

    @ParameterizedTest
    @CsvSource({
        "'',                                           no packet",
        "01,                                           no packet",
        "01010013 00000000000000000000000000000000,    declares a length of 19",
        "01010015 00000000000000000000000000000000,    declares a length of 21",
        "01010015 00000000000000000000000000000000 01, does not fit",
        "01010016 00000000000000000000000000000000 0101, does not fit",
        "01010016 00000000000000000000000000000000 0103, does not fit",
        "01010016 00000000000000000000000000000000 0002, attribute 0",
        "00010014 00000000000000000000000000000000,    code 0",
        "01010017 00000000000000000000000000000000 020341, User-Password has 16 to 128",
        "01010017 00000000000000000000000000000000 500341, Message-Authenticator has 16 octets",
    })
    void aMalformedRequestIsRefusedWithItsFault(String digits, String message) {
        assertThatThrownBy(() -> CODEC.decodeRequest(Vectors.hex(digits.replace(" ", ""))))
                .isInstanceOfSatisfying(
                        RadiusException.class, e -> assertThat(e.fault()).isEqualTo(Fault.MALFORMED))
                .hasMessageContaining(message);
    }

    @Test
    void aSecondMessageAuthenticatorIsRefused() {
        byte[] octets = CODEC.encodeRequest(new RadiusPacket(
                RadiusPacket.ACCESS_REQUEST,
                1,
                List.of(RadiusCodec.messageAuthenticator(), RadiusCodec.messageAuthenticator())));

        assertFault(() -> CODEC.decodeRequest(octets), Fault.MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 128})
    void aPasswordOfAnyLengthIsHiddenAndFound(int length) throws RadiusException {
        String password = "x".repeat(length);
        byte[] octets = CODEC.encodeRequest(new RadiusPacket(
                RadiusPacket.ACCESS_REQUEST,
                1,
                List.of(RadiusAttribute.ofText(RadiusAttribute.USER_PASSWORD, password))));

        assertThat(octets).hasSize(22 + Math.max(16, (length + 15) / 16 * 16));
        assertThat(CODEC.decodeRequest(octets)
                        .first(RadiusAttribute.USER_PASSWORD)
                        .orElseThrow()
                        .octets())
                .isEqualTo(password.getBytes(UTF_8));
    }

    @Test
    void whatDoesNotFitIsNotWritten() {
        List<RadiusAttribute> many = Stream.generate(() -> RadiusAttribute.ofOctets(25, new byte[253]))
                .limit(17)
                .toList();
        assertThatThrownBy(() -> CODEC.encodeRequest(new RadiusPacket(RadiusPacket.ACCOUNTING_REQUEST, 1, many)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4096");
        assertThatThrownBy(() -> CODEC.encodeRequest(new RadiusPacket(
                        RadiusPacket.ACCESS_REQUEST,
                        1,
                        List.of(RadiusAttribute.ofText(RadiusAttribute.USER_PASSWORD, "x".repeat(129))))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128");
        assertThatThrownBy(() -> RadiusAttribute.ofText(1, "x".repeat(254)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RadiusPacket(1, 256, List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void secretsAndPasswordsAreNotShown() {
        assertThat(SECRET).hasToString("shared secret");
        assertThat(RadiusAttribute.ofText(RadiusAttribute.USER_PASSWORD, "lw4o6"))
                .hasToString("2 (hidden)");
    }

    private interface Reading {
        RadiusPacket read() throws RadiusException;
    }

    private static void assertFault(Reading reading, Fault fault) {
        assertThatThrownBy(reading::read)
                .isInstanceOfSatisfying(
                        RadiusException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }
}
