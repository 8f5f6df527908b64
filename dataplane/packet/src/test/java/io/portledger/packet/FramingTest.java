package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest {

    private static final MacAddress OWN = MacAddress.parse("12:12:12:12:12:12");
    private static final MacAddress NEXT_HOP = MacAddress.parse("68:68:68:68:68:68");

    /** Link type, VLAN, IP version, header. */
    @ParameterizedTest
    @CsvSource({
        "ETHERNET, 0, 4, 6868686868681212121212120800",
        "ETHERNET, 0, 6, 68686868686812121212121286dd",
        "ETHERNET, 1092, 4, 686868686868121212121212810004440800",
        "ETHERNET, 1092, 6, 6868686868681212121212128100044486dd",
        "NULL, 0, 4, 02000000",
        "NULL, 0, 6, 1e000000",
        "RAW, 0, 4, ''",
        "IPV4, 0, 4, ''",
        "IPV6, 0, 6, ''"
    })
    void takesOffWhatItPutsOn(LinkType linkType, int vlan, int version, String header) {
        Framing framing = new Framing(linkType, version == 6, OWN, NEXT_HOP, vlan);
        try (PacketBatch batch = PacketBatch.withMemory(1, 100)) {
            batch.add(new byte[] {(byte) (version << 4)});
            int length = framing.prepend(batch.address(0));
            long frame = batch.address(0) - length;
            assertThat(HexFormat.of().formatHex(Memory.toBytes(frame, length))).isEqualTo(header);
            assertThat(framing.headerLength(frame, length + 1)).isEqualTo(length);
        }
    }

    /** Frames that are not for an untagged IPv4 side, or not for VLAN 1092. */
    @ParameterizedTest
    @CsvSource({
        "0, 68686868686812121212121286dd60",
        "0, 6868686868681212121212120806ff",
        "0, 68686868686812121212121281000444080045",
        "0, 6868686868681212121212",
        "1092, 686868686868121212121212080045",
        "1092, 68686868686812121212121281000445080045",
        "1092, 6868686868681212121212128100044486dd60"
    })
    void refusesWhatIsOfAnotherKindOrVlan(int vlan, String frame) {
        assertThat(headerLength(new Framing(LinkType.ETHERNET, false, OWN, NEXT_HOP, vlan), frame))
                .isEqualTo(-1);
    }

    @Test
    void ignoresPriorityAndDropEligibilityOfTheTag() {
        String frame = "686868686868121212121212" + "8100f444" + "080045";
        assertThat(headerLength(new Framing(LinkType.ETHERNET, false, OWN, NEXT_HOP, 1092), frame))
                .isEqualTo(18);
    }

    @ParameterizedTest
    @CsvSource({
        "02000000, false, 4", "00000002, false, 4", "02000000, true, -1", "1e000000, true, 4", "0000001e, true, 4",
        "18000000, true, 4", "1c000000, true, 4", "0a000000, true, 4", "1e000000, false, -1", "07000000, true, -1",
        "0200, false, -1"
    })
    void knowsTheFamiliesOfAllSystems(String frame, boolean isIpv6, int length) {
        assertThat(headerLength(new Framing(LinkType.NULL, isIpv6, OWN, NEXT_HOP, 0), frame))
                .isEqualTo(length);
    }

    @Test
    void macAddressesReadBack() {
        assertThat(MacAddress.parse("0a:1B:2c:3d:4e:FF")).hasToString("0a:1b:2c:3d:4e:ff");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0a:1b:2c:3d:4e", "0a:1b:2c:3d:4e:5f:60", "0a-1b-2c-3d-4e-5f", "0g:00:00:00:00:00"})
    void refusesWhatIsNoMacAddress(String text) {
        assertThatThrownBy(() -> MacAddress.parse(text))
                .hasMessage("\"" + text + "\" is not an Ethernet address (expected a form such as 02:00:00:00:00:01)");
    }

    private static int headerLength(Framing framing, String frame) {
        byte[] octets = HexFormat.of().parseHex(frame);
        try (PacketBatch batch = PacketBatch.withMemory(1, 100)) {
            batch.add(octets);
            return framing.headerLength(batch.address(0), octets.length);
        }
    }
}
