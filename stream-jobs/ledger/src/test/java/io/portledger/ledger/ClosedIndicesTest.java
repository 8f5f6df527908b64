package io.portledger.ledger;

import static io.portledger.ledger.Samples.household;
import static io.portledger.ledger.Samples.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClosedIndicesTest {

    private static final Instant NOW = Instant.parse("2026-11-09T12:00:00Z");

    private final ElasticsearchNode elasticsearch = ElasticsearchNode.shared();
    private final ClosedIndices closed =
            new ClosedIndices(ElasticsearchConnection.open(elasticsearch.uri()), Clock.fixed(NOW, ZoneOffset.UTC));

    @BeforeEach
    void wipe() throws IOException {
        elasticsearch.wipe();
    }

    @AfterEach
    void close() {
        closed.close();
    }

    @Test
    void theOldestIndexOfAMonthThatIsOverBecomesOneSegmentAndYoungerOnesDoNot() throws IOException {
        for (int i = 1; i <= 3; i++) {
            for (String month : List.of("2026-09", "2026-10", "2026-11")) {
                elasticsearch.store(
                        List.of(logged(
                                Ipv4Address.parse("203.0.113.7"),
                                PortSet.parse("0/6/" + i),
                                household(i),
                                Instant.parse(month + "-05T00:00:00Z"),
                                null)),
                        List.of());
            }
        }

        assertThat(closed.mergeOldest()).contains("bindings-v1-2026.09");
        Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            elasticsearch.refresh();
            return closed.mergeOldest().equals(Optional.of("bindings-v1-2026.10"));
        });
        Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            elasticsearch.refresh();
            return closed.mergeOldest().isEmpty();
        });
    }
}
