package io.portledger.ledger;

import static io.portledger.ledger.Samples.household;
import static io.portledger.ledger.Samples.logged;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deletion on a real Elasticsearch node. */
class RetentionTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("203.0.113.7");
    private static final PortSet PORTS = PortSet.parse("0/6/34");
    private static final Instant CUTOFF = Instant.parse("2025-03-15T00:00:00Z");

    private final ElasticsearchNode elasticsearch = ElasticsearchNode.shared();
    private final Retention retention = Retention.connect(elasticsearch.uri());
    private final Ledger ledger = Ledger.connect(elasticsearch.uri());

    @BeforeEach
    void wipe() throws IOException {
        elasticsearch.wipe();
        elasticsearch.store(new Mark("c1", "nat-events-v1", 0, 1, Instant.now(), List.of()));
    }

    @AfterEach
    void close() throws IOException {
        retention.close();
        ledger.close();
        elasticsearch.wipe();
    }

    @Test
    void whatEndedBeforeTheCutoffIsGoneAndTheLedgerSaysThatItKnowsNothingOfIt() throws IOException {
        BindingInterval january =
                logged(ADDRESS, PORTS, household(1), Instant.parse("2025-01-10T00:00:00Z"), CUTOFF.minusSeconds(9));
        BindingInterval atTheCutoff =
                logged(ADDRESS, PORTS, household(2), Instant.parse("2025-03-14T23:59:55Z"), CUTOFF.plusMillis(1));
        BindingInterval openSinceJanuary =
                logged(ADDRESS, PortSet.parse("0/6/35"), household(3), Instant.parse("2025-01-10T00:00:00Z"), null);
        BindingInterval wholeMonth = logged(
                ADDRESS,
                PORTS,
                household(4),
                Instant.parse("2024-11-10T00:00:00Z"),
                Instant.parse("2024-11-11T00:00:00Z"));
        List<BindingInterval> all = new ArrayList<>(List.of(january, atTheCutoff, openSinceJanuary, wholeMonth));
        for (int i = 0; i < 6_000; i++) {
            all.add(logged(
                    ADDRESS.plus(1 + i),
                    PORTS,
                    household(1),
                    Instant.parse("2025-01-10T00:00:00Z"),
                    Instant.parse("2025-01-11T00:00:00Z")));
        }
        elasticsearch.store(all, List.of());
        List<String> witnessed = new ArrayList<>();
        Retention.Witness witness = (kept, cutoff, documents) -> {
            witnessed.add(kept + " " + cutoff + " " + documents);
            assertThat(ledgerSize())
                    .as("nothing is deleted before it is witnessed")
                    .isEqualTo(6_004);
        };
        List<Long> progress = new ArrayList<>();

        assertThat(retention.round(Retention.Kept.BINDINGS, CUTOFF, witness, progress::add))
                .as("readers must know first")
                .isEmpty();
        assertThat(witnessed).isEmpty();
        assertThatThrownBy(() -> retention.round(
                        Retention.Kept.BINDINGS,
                        CUTOFF,
                        (kept, cutoff, documents) -> {
                            throw new IllegalStateException("no audit log");
                        },
                        progress::add))
                .hasMessage("no audit log");
        assertThat(ledgerSize()).as("what nobody witnesses is not done").isEqualTo(6_004);
        Retention.Deleted deleted = retention
                .round(Retention.Kept.BINDINGS, CUTOFF.minusSeconds(1), witness, progress::add)
                .orElseThrow();

        assertThat(witnessed).containsExactly("BINDINGS " + CUTOFF + " 6002");
        assertThat(deleted)
                .isEqualTo(
                        new Retention.Deleted(Retention.Kept.BINDINGS, CUTOFF, 6_002, List.of("bindings-v1-2024.11")));
        assertThat(progress).isSorted().last().isEqualTo(6_002L);
        assertThat(ledger.freshness().intervals()).isEqualTo(2);
        Answer before = ask(PORTS, CUTOFF.minusSeconds(10));
        assertThat(before.verdict()).isEqualTo(Verdict.NOT_HELD);
        assertThat(before.gaps()).extracting(Gap::cause).containsExactly(Retention.EXPIRED);
        Answer after = ask(PORTS, CUTOFF);
        assertThat(after.holders()).containsExactly(atTheCutoff);
        assertThat(after.complete()).isTrue();
        assertThat(ask(PortSet.parse("0/6/35"), CUTOFF).holders()).containsExactly(openSinceJanuary);
        assertThat(retention.round(Retention.Kept.BINDINGS, CUTOFF, witness, more -> {}))
                .as("another round has nothing to do")
                .isEmpty();
        assertThat(retention.announce(Retention.Kept.BINDINGS, CUTOFF.minusSeconds(1)))
                .as("a cutoff never moves back")
                .isEqualTo(CUTOFF);
    }

    @Test
    void whereNothingIsKeptNothingIsDeleted() {
        for (Retention.Kept kept : Retention.Kept.values()) {
            for (int i = 0; i < 2; i++) {
                assertThat(retention.round(kept, CUTOFF, (nothing, cutoff, documents) -> {}, deleted -> {}))
                        .isEmpty();
            }
        }
    }

    private long ledgerSize() {
        return ledger.freshness().intervals();
    }

    private Answer ask(PortSet ports, Instant at) {
        return ledger.whoHeld(ADDRESS, ports.firstPort(), at, Duration.ZERO);
    }
}
