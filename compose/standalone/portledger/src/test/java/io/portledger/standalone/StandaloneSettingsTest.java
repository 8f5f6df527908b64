package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StandaloneSettingsTest {

    @Test
    void memoryThatIsLeftOutHasItsDefault() {
        StandaloneSettings settings = with(Map.of("kafka", "1g"));
        assertThat(settings.heapOption("kafka")).isEqualTo("-Xmx1g");
        assertThat(settings.heapOption("flink")).isEqualTo("-Xmx512m");
    }

    @ParameterizedTest
    @CsvSource({
        "kafak, 256m, allowed: collector",
        "kafka, 256, allowed: a number and m or g",
        "kafka, '', no size",
        "kafka, 0m, no size"
    })
    void wrongMemoryIsRefusedWithWhatIsAllowed(String program, String size, String message) {
        assertThatThrownBy(() -> with(Map.of(program, size))).hasMessageContaining(message);
    }

    private static StandaloneSettings with(Map<String, String> memory) {
        return new StandaloneSettings(PortPlan.defaults(), InetAddress.getLoopbackAddress(), memory);
    }
}
