package io.portledger.radius;

import static io.portledger.radius.Vectors.CONFIGURATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Softwire46AttributesTest {

    private static final String BR = "061220010db8ffff00000000000000000001";
    private static final String BIND = "08130d06c00002010e0b003820010db8000001";
    private static final String PORTS = "09140f0600000000100600000006110600008800";

    @Test
    void theConfigurationIsWrittenAsTheVector() {
        assertThat(CONFIGURATION.toAttribute())
                .isEqualTo(RadiusAttribute.ofExtended(241, 9, Vectors.hex(Vectors.CONFIGURATION_VALUE)));
    }

    @Test
    void thePriorityIsWrittenAsTheVector() {
        assertThat(Vectors.PRIORITY.toAttribute())
                .isEqualTo(RadiusAttribute.ofExtended(241, 10, Vectors.hex(Vectors.PRIORITY_VALUE)));
    }

    @Test
    void aPriorityKeepsItsOrder() throws RadiusException {
        Softwire46Priority priority = new Softwire46Priority(
                List.of(Softwire46Priority.DS_LITE, Softwire46Priority.LIGHTWEIGHT_4OVER6, Softwire46Priority.MAP_E));

        assertThat(Softwire46Priority.of(Vectors.packet(priority.toAttribute())))
                .contains(priority);
    }

    @Test
    void aBindPrefixWithAllOctetsIsReadToo() throws RadiusException {
        String bind = "081c0d06c00002010e14003820010db8000001000000000000000000";

        assertThat(read(BR + bind + PORTS)).isEqualTo(CONFIGURATION);
    }

    @Test
    void bitsBehindTheBindPrefixAreIgnored() throws RadiusException {
        String bind = "081c0d06c00002010e14003820010db80000010000000000000000ff";

        assertThat(read(BR + bind + PORTS)).isEqualTo(CONFIGURATION);
    }

    @Test
    void bitsBehindThePsidAreIgnored() throws RadiusException {
        assertThat(read(BR + BIND + "09140f06000000001006000000061106000088ff")).isEqualTo(CONFIGURATION);
    }

    @Test
    void withoutPortParametersTheAddressIsNotShared() throws RadiusException {
        Softwire46Configuration whole = read(BR + BIND);

        assertThat(whole.ports()).isNull();
        assertThat(Softwire46Configuration.of(Vectors.packet(whole.toAttribute())))
                .contains(whole);
    }

    @Test
    void severalBrAddressesKeepTheirOrder() throws RadiusException {
        Softwire46Configuration two = new Softwire46Configuration(
                List.of(Ipv6Address.parse("2001:db8:ffff::2"), Vectors.BR),
                Vectors.IPV4,
                Ipv6Prefix.parse("2001:db8:0:100:0:c000:201:22/128"),
                new PortSet(6, 8, 52));

        assertThat(Softwire46Configuration.of(Vectors.packet(two.toAttribute())))
                .contains(two);
    }

    @Test
    void moreBrAddressesThanFitAreNotWritten() {
        Softwire46Configuration many = new Softwire46Configuration(
                Collections.nCopies(14, Vectors.BR), Vectors.IPV4, CONFIGURATION.bindPrefix(), null);

        assertThatThrownBy(many::toAttribute).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void partsForOtherMechanismsAndUnknownTlvsArePassedOver() throws RadiusException {
        String mapE = "0114" + BR;
        assertThat(Softwire46Configuration.of(Vectors.configuration(mapE))).isEmpty();
        assertThat(Softwire46Configuration.of(Vectors.configuration(mapE + Vectors.CONFIGURATION_VALUE + "ff02")))
                .contains(CONFIGURATION);
        assertThat(read(BR + BIND + PORTS + "fe03aa")).isEqualTo(CONFIGURATION);
    }

    @Test
    void aPacketWithoutTheAttributesSaysNothing() throws RadiusException {
        assertThat(Softwire46Configuration.of(Vectors.packet())).isEmpty();
        assertThat(Softwire46Priority.of(Vectors.packet())).isEmpty();
        assertThat(IpPortRange.of(RadiusAttribute.ofText(1, "x"))).isEmpty();
    }

    @Test
    void anAttributeThatStandsThereTwiceIsRefused() {
        RadiusAttribute attribute = CONFIGURATION.toAttribute();
        assertThatThrownBy(() -> Softwire46Configuration.of(Vectors.packet(attribute, attribute)))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining("more than once");
    }

    @ParameterizedTest
    @CsvSource({
        "\'\',              Softwire46-V4V6Bind is missing",
        "'" + BR + "',    Softwire46-V4V6Bind is missing",
        "'" + BIND + "',  a softwire needs a BR address",
        "'0611000000000000000000000000000000" + BIND + "', Softwire46-BR has 15 octets",
    })
    void aConfigurationThatLacksSomethingIsRefused(String container, String message) {
        assertThatThrownBy(() -> read(container))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "08080d06c0000201,                               Bind-IPv6-Prefix is missing",
        "080d0e0b003820010db8000001,                     IPv4-Address is missing",
        "08120d05c000020e0b003820010db8000001,           IPv4-Address has 3 octets",
        "08120d06c00002010e0a003820010db80000,           Bind-IPv6-Prefix is no IPv6 prefix",
        "08130d06c00002010e0b008120010db8000001,         Bind-IPv6-Prefix is no IPv6 prefix",
        "08090d06c00002010e,                             TLV 14 does not fit",
        "080e0d06c00002010d06c0000201,                   TLV 13 stands there more than once",
    })
    void aBindThatCannotBeIsRefused(String bind, String message) {
        assertThatThrownBy(() -> read(BR + bind))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "0902,                                     PSID-Offset is missing",
        "090e0f0600000000100600000006,             PSID is missing",
        "09140f0600000000100600000006110600018800, bits above its low 16",
        "09140f0600000000100600000011110600008800, PSID length 17 is out of range",
        "09140f060000000b100600000006110600008800, together exceed the 16 bits",
        "09140f06ffffffff100600000006110600008800, PSID offset -1 is out of range",
        "09130f06000000001006000000061105008800, PSID has 3 octets",
    })
    void portParametersThatCannotBeAreRefused(String parameters, String message) {
        assertThatThrownBy(() -> read(BR + BIND + parameters))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"'', Option-Code is missing", "12050000, TLV 18 does not fit", "1205000003, Option-Code has 3 octets"})
    void aPriorityThatCannotBeIsRefused(String value, String message) {
        assertThatThrownBy(() ->
                        Softwire46Priority.of(Vectors.packet(RadiusAttribute.ofExtended(241, 10, Vectors.hex(value)))))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aPortRangeIsReadAndWritten() throws RadiusException {
        RadiusAttribute attribute = Vectors.PORT_RANGE.toAttribute();

        assertThat(attribute)
                .isEqualTo(
                        RadiusAttribute.ofExtended(
                                241,
                                6,
                                Vectors.hex(
                                        "0306c0000201051220010db8000001000000c000020100220806000000010906000088000a0600008bff")));
        assertThat(IpPortRange.of(attribute)).contains(Vectors.PORT_RANGE);
    }

    @ParameterizedTest
    @CsvSource({
        "0306c0000201051220010db8000001000000c00002010022, IP-Port-Alloc is missing",
        "080600000003, neither 1 nor 2",
        "080600000001, IP-Port-Ext-IPv4-Addr is missing",
        "0306c0000201051220010db8000001000000c00002010022080600000001, IP-Port-Range-Start is missing",
        "0306c0000201051220010db8000001000000c000020100220806000000010906000188000a0600008bff, IP-Port-Range",
        "0306c0000201051220010db8000001000000c000020100220806000000010906000088000a06000087ff, IP-Port-Range",
    })
    void aPortRangeThatCannotBeIsRefused(String value, String message) {
        assertThatThrownBy(() -> IpPortRange.of(RadiusAttribute.ofExtended(241, 6, Vectors.hex(value))))
                .isInstanceOf(RadiusException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anAttributeIsReadAsWhatItsOctetsAllow() {
        assertThat(RadiusAttribute.ofOctets(1, new byte[] {(byte) 0xff}).asText())
                .isEmpty();
        assertThat(RadiusAttribute.ofText(1, "a\nb").asText()).isEmpty();
        assertThat(RadiusAttribute.ofText(1, "").asText()).isEmpty();
        assertThat(RadiusAttribute.ofText(1, "Zoë").asText()).contains("Zoë");
        assertThat(RadiusAttribute.ofInteger(27, 0xffff_ffffL).asInteger()).hasValue(0xffff_ffffL);
        assertThat(RadiusAttribute.ofText(27, "abc").asInteger()).isEmpty();
        assertThat(RadiusAttribute.ofInteger(55, 0xf000_0000L).asTime()).contains(Instant.ofEpochSecond(0xf000_0000L));
        assertThat(RadiusAttribute.ofText(8, "abc").asIpv4()).isEmpty();
        assertThat(RadiusAttribute.ofText(168, "abc").asIpv6()).isEmpty();
        assertThatThrownBy(() -> RadiusAttribute.ofInteger(27, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Softwire46Configuration read(String lightweight) throws RadiusException {
        int length = lightweight.length() / 2 + 2;
        return Softwire46Configuration.of(Vectors.configuration("03%02x".formatted(length) + lightweight))
                .orElseThrow();
    }
}
