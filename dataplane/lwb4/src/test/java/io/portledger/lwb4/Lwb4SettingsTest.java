package io.portledger.lwb4;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.settings.SettingsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Lwb4SettingsTest {

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                            | set lwb4.pcp-server
            {provisioning: auto}                                                          | lwb4.dhcp.interface-name
            {provisioning: static}                                                        | lwb4.softwire.tun-device
            {provisioning: static, softwire: {tun-device: s}}                             | lwb4.softwire.ipv4
            {provisioning: static, softwire: {tun-device: s, ipv4: 192.0.2.1, port-set: 0/6/34}} | lwb4.softwire.lwaftr
            {pcp-server: "[::1]:5351", softwire: {tun-device: s}}                         | set lwb4.softwire.lwaftr
            {softwire: {tun-device: s, lwaftr: aftr.example.com}}                         | lwb4.softwire.prefix
            {softwire: {ipv4: 192.0.2.1, lwaftr: aftr.example.com}}                       | lwb4.provisioning to static
            """)
    void whatIsMissingForAWayOfProvisioningIsNamed(String settings, String expected) {
        assertThatThrownBy(() -> read(settings).requireConsistent())
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {pcp-server: "[::1]:5351"}
            {softwire: {lwaftr: aftr.example.com}}
            {provisioning: auto, dhcp: {interface-name: wan}}
            {provisioning: dhcp4o6, dhcp: {interface-name: wan}, softwire: {tun-device: s}}
            {softwire: {tun-device: s, lwaftr: aftr.example.com, prefix: "2001:db8::/56"}}
            """)
    void whatIsEnoughIsAccepted(String settings) {
        assertThatCode(() -> read(settings).requireConsistent()).doesNotThrowAnyException();
    }

    @Test
    void aPrefixThatLeavesNoRoomForAnAddressIsRefused() {
        assertThatThrownBy(() -> read("{softwire: {prefix: \"2001:db8::/80\"}}"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("0-64");
    }

    private Lwb4Settings read(String settings) throws Exception {
        return Lwb4Settings.read(Files.writeString(directory.resolve("lwb4.yaml"), "lwb4: " + settings), Map.of());
    }
}
