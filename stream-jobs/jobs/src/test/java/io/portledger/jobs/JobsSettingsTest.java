package io.portledger.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobsSettingsTest {

    @Test
    void argumentsOverrideTheDefaults() {
        assertThat(JobsSettings.parse(
                        "--kafka",
                        "k1:9092,k2:9092",
                        "--horizon",
                        "PT1H",
                        "--parallelism",
                        "4",
                        "--session-horizon",
                        "PT2H",
                        "--flush-interval",
                        "PT0.5S",
                        "--elasticsearch",
                        "http://es:9200"))
                .isEqualTo(new JobsSettings(
                        "k1:9092,k2:9092",
                        URI.create("http://es:9200"),
                        4,
                        Duration.ofHours(1),
                        Duration.ofHours(2),
                        Duration.ofMillis(500),
                        Duration.ofMinutes(10)));
        assertThat(JobsSettings.parse())
                .isEqualTo(new JobsSettings("127.0.0.1:9092", URI.create("http://127.0.0.1:9200")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --horizont PT1H      | Unknown argument --horizont (allowed: --kafka, --elasticsearch, --parallelism, --horizon, --session-horizon, --flush-interval, --usage-interval)
            --kafka              | Argument --kafka has no value
            --horizon 7d         | Invalid value 7d for key horizon: it is no duration (allowed: ISO 8601 forms such as P7D, PT1H, PT0.2S)
            --horizon PT1S       | Invalid value PT1S for key horizon: it is out of range (allowed: PT1M to P366D)
            --flush-interval P1D | Invalid value PT24H for key flush-interval: it is out of range (allowed: PT0.001S to PT1M)
            --parallelism two    | Invalid value two for key parallelism: it is no number (allowed: 1 and more, 0 for the cluster's default)
            --parallelism -1     | Invalid value -1 for key parallelism: it is negative (allowed: 1 and more, 0 for the cluster's default)
            --elasticsearch ^    | Invalid value ^ for key elasticsearch: it is no address (allowed: a form such as http://127.0.0.1:9200)
            """)
    void aWrongArgumentIsNamedWithWhatIsAllowed(String arguments, String message) {
        assertThatThrownBy(() -> JobsSettings.parse(arguments.split(" ", -1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
