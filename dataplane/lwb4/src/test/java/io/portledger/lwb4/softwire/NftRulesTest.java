package io.portledger.lwb4.softwire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.lwb4.Lwb4Command;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class NftRulesTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");

    @TempDir
    private Path directory;

    @Test
    void oneRangeHasOneRuleForEachProtocol() {
        assertThat(rules("0/6/34"))
                .contains("oifname \"softwire\" jump port_set")
                .contains("meta l4proto tcp snat to 192.0.2.1:34816-35839\n")
                .contains("meta l4proto udp snat to 192.0.2.1:34816-35839\n")
                .contains("meta l4proto icmp snat to 192.0.2.1:34816-35839\n")
                .doesNotContain("vmap")
                .doesNotContain("snat to 192.0.2.1\n");
    }

    @Test
    void severalRangesAreChosenByTheSource() {
        assertThat(rules("2/8/1"))
                .contains("meta l4proto icmp jhash ip saddr . @th,32,16 mod 3 vmap { 0 : goto range_0,")
                .contains("snat to 192.0.2.1:16448-16511\n")
                .contains("snat to 192.0.2.1:32832-32895\n")
                .contains("snat to 192.0.2.1:49216-49279\n")
                .doesNotContain("range_3");
    }

    @Test
    void portZeroIsNotUsedAndAWholeAddressCarriesEveryProtocol() {
        assertThat(rules("0/0/0")).contains("tcp snat to 192.0.2.1:1-65535\n").contains("\t\tsnat to 192.0.2.1\n");
        assertThat(rules("4/0/0"))
                .contains("tcp snat to 192.0.2.1:4096-65535\n")
                .doesNotContain("vmap");
        assertThat(rules("0/16/0")).doesNotContain("snat to");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0/6/34", "0/0/0", "2/0/0", "4/6/34", "6/6/1", "4/12/7", "0/16/5", "0/16/0"})
    void nftUnderstandsThem(String ports) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve("rules"), rules(ports));
        assertThat(nft("-c", "-f", file.toString())).isEmpty();
    }

    @Test
    void aNameThatIsNoDevicesIsRefused() {
        assertThatThrownBy(() -> NftRules.of("a\" drop; \"", ADDRESS, PortSet.WHOLE_ADDRESS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Invalid interface name");
    }

    @Test
    void theCommandPrintsTheRulesOfTheSettingsOrOfTheOptions() throws IOException {
        Path config = Files.writeString(directory.resolve("lwb4.yaml"), """
                lwb4:
                  softwire:
                    tun-device: softwire
                    address: "2001:db8:0:100:0:c000:201:22"
                    ipv4: 192.0.2.1
                    port-set: 0/6/34
                """);
        assertThat(command(0, "nftables", "--config", config.toString())).isEqualTo(rules("0/6/34"));
        assertThat(command(0, "nftables", "--device=softwire", "--ipv4=192.0.2.1", "--port-set=2/8/1"))
                .isEqualTo(rules("2/8/1"));
        assertThat(command(2, "nftables", "--ipv4=192.0.2.1"))
                .contains("--port-set")
                .doesNotContain("Exception");
    }

    @Test
    void aDeviceWithoutABindingIsRefusedByName() throws IOException {
        Path config = Files.writeString(directory.resolve("lwb4.yaml"), """
                lwb4:
                  provisioning: static
                  softwire:
                    tun-device: softwire
                    address: "2001:db8:0:100:0:c000:201:22"
                    ipv4: 192.0.2.1
                """);
        assertThat(command(2, "run", "--config", config.toString()))
                .contains("Key lwb4.softwire.port-set needs a value")
                .doesNotContain("Exception");
    }

    private static String rules(String ports) {
        return NftRules.of("softwire", ADDRESS, PortSet.parse(ports));
    }

    private static String command(int expected, String... arguments) {
        StringWriter printed = new StringWriter();
        PrintWriter writer = new PrintWriter(printed, true);
        int code =
                new CommandLine(new Lwb4Command()).setOut(writer).setErr(writer).execute(arguments);
        assertThat(code).as(printed.toString()).isEqualTo(expected);
        return printed.toString();
    }

    private static String nft(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "nft";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
            process.waitFor();
            return printed;
        } catch (IOException e) {
            throw new AssertionError("nft cannot be started: install the Debian package nftables", e);
        }
    }
}
