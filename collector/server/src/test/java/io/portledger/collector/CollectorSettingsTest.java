package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.settings.SettingsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectorSettingsTest {

    @Test
    void theDefaultsListenOnEveryAddressAndKeepEventsForEver() {
        CollectorSettings settings = CollectorSettings.read(null, Map.of());

        assertThat(settings.ipfix().udp()).hasToString("[::]:4739");
        assertThat(settings.ipfix().reorderWindow()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.enterpriseNumber()).isEqualTo(32473);
        assertThat(settings.kafka().natEvents()).isEqualTo(new KafkaSettings.TopicSettings(8, 1, null));
        assertThat(settings.kafka().undecodable().retention()).isEqualTo(Duration.ofDays(30));
    }

    @Test
    void ipfixByTcpIsTakenNowhereIfItIsSetToNothing(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("collector.yaml"), """
                collector:
                  ipfix:
                    tcp: null
                """);
        assertThat(CollectorSettings.read(file, Map.of()).ipfix().tcp()).isNull();
        assertThat(CollectorSettings.read(null, Map.of("PORTLEDGER_COLLECTOR_IPFIX_TCP", ""))
                        .ipfix()
                        .tcp())
                .isNull();
    }

    @Test
    void clientSettingsOfKafkaKeepTheirOwnNames(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("collector.yaml");
        Files.writeString(file, "collector: {kafka: {client: {security.protocol: SSL}}}");

        assertThat(CollectorSettings.read(file, Map.of()).kafka().client())
                .containsExactly(Map.entry("security.protocol", "SSL"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PORTLEDGER_COLLECTOR_ENTERPRISE_NUMBER | 0 | enterprise-number",
                "PORTLEDGER_COLLECTOR_THREADS | 0 | threads",
                "PORTLEDGER_COLLECTOR_SYSLOG_MAX_MESSAGE_OCTETS | 100 | max-message-octets",
                "PORTLEDGER_COLLECTOR_KAFKA_BUFFER_OCTETS | 5 | buffer-octets",
                "PORTLEDGER_COLLECTOR_IPFIX_UDP | nonsense | collector.ipfix.udp",
            })
    void aBadValueIsNamed(String variable, String value, String key) {
        assertThatThrownBy(() -> CollectorSettings.read(null, Map.of(variable, value)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(value);
    }
}
