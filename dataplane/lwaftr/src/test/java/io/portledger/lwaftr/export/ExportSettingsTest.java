package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.portledger.settings.HostPort;
import io.portledger.settings.Settings;
import io.portledger.settings.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExportSettingsTest {

    private record WholeFile(ExportSettings export) {}

    @TempDir
    private Path directory;

    @Test
    void areReadFromYaml() throws IOException {
        assertThat(read("""
                export:
                  nat-instance: 3
                  ipfix:
                    collectors: ["[2001:db8::4]:4739", "collector.example.net:4740"]
                    template-interval: 60s
                  syslog:
                    receivers: [udp://192.0.2.9:514, "tcp-lines://[::1]:601"]
                    hostname: lwaftr1.example.net
                """))
                .isEqualTo(new ExportSettings(
                        32473,
                        3,
                        new ExportSettings.Ipfix(
                                List.of(new HostPort("2001:db8::4", 4739), new HostPort("collector.example.net", 4740)),
                                1,
                                Duration.ofMinutes(1),
                                1232,
                                Duration.ofMillis(20),
                                100_000,
                                Duration.ofMinutes(5),
                                64),
                        new ExportSettings.Syslog(
                                List.of(
                                        new SyslogReceiver(
                                                SyslogReceiver.Transport.UDP, new HostPort("192.0.2.9", 514)),
                                        new SyslogReceiver(
                                                SyslogReceiver.Transport.TCP_LINES, new HostPort("::1", 601))),
                                "lwaftr1.example.net",
                                100_000)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            enterprise-number: 0                     | Invalid value 0 for key enterprise-number: out of range (allowed: 1-4294967295)
            nat-instance: 4294967296                 | Invalid value 4294967296 for key nat-instance: out of range (allowed: 0-4294967295)
            ipfix: { observation-domain: -1 }        | Invalid value -1 for key observation-domain: out of range (allowed: 0-4294967295)
            ipfix: { max-message-octets: 511 }       | Invalid value 511 for key max-message-octets: out of range (allowed: 512-65507)
            ipfix: { queue-records: 0 }              | Invalid value 0 for key queue-records: out of range (allowed: 1-2147483647)
            ipfix: { template-interval: 999ms }      | Invalid value PT0.999S for key template-interval: too short (allowed: 1s and more)
            ipfix: { max-delay: 2m }                 | Invalid value PT2M for key max-delay: not a short delay (allowed: 0s to 1m)
            ipfix: { usage-interval: 999ms }         | Invalid value PT0.999S for key usage-interval: too short (allowed: 1s and more, or 0s for none)
            ipfix: { usage-sampling: -1 }            | Invalid value -1 for key usage-sampling: out of range (allowed: 0-1000000)
            syslog: { queue-messages: 0 }            | Invalid value 0 for key queue-messages: out of range (allowed: 1-2147483647)
            syslog: { hostname: "a b" }              | Invalid value a b for key hostname: not a host name (allowed: 1-255 printable ASCII characters without space)
            syslog: { receivers: ["192.0.2.9:514"] } | "192.0.2.9:514" is no syslog receiver (allowed: udp://host:port, tcp://host:port, tcp-lines://host:port)
            """)
    void refuseWhatCannotBe(String line, String fault) {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> read("export:\n  " + line + "\n"))
                .withMessageContaining(fault);
    }

    @ParameterizedTest
    @ValueSource(strings = {"udp://192.0.2.9:514", "tcp://[2001:db8::9]:601", "tcp-lines://log.example.net:514"})
    void receiversKeepTheirTextForm(String text) {
        assertThat(SyslogReceiver.parse(text)).hasToString(text);
    }

    private ExportSettings read(String yaml) throws IOException {
        Path file = Files.writeString(directory.resolve("lwaftr.yaml"), yaml);
        return Settings.read(WholeFile.class, "export-defaults.yaml", file, Map.of())
                .export();
    }
}
