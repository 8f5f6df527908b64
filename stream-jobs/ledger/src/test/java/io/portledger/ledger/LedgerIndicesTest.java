package io.portledger.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LedgerIndicesTest {

    private final ElasticsearchNode elasticsearch = ElasticsearchNode.shared();
    private final ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch.uri());

    @BeforeEach
    void wipe() throws IOException {
        elasticsearch.wipe();
    }

    @AfterEach
    void restore() throws IOException {
        connection.client().indices().deleteIndexTemplate(delete -> delete.name("gaps-v1"));
        elasticsearch.wipe();
        connection.close();
    }

    @Test
    void anOlderTemplateAndItsIndicesGetTheFieldsThatAreNew() throws IOException {
        putGaps("0", "");
        connection.client().index(index -> index.index("gaps-v1").withJson(new StringReader("{\"exporter\":\"a\"}")));

        LedgerIndices.install(connection);

        Gap gap = new Gap("192.0.2.1", 7, "SEQUENCE", Instant.EPOCH, Instant.EPOCH, 5);
        assertThatCode(() -> elasticsearch.store(List.of(), List.of(gap))).doesNotThrowAnyException();
        assertThat(Objects.requireNonNull(connection
                                .client()
                                .indices()
                                .getMapping(get -> get.index("gaps-v1"))
                                .mappings()
                                .get("gaps-v1"))
                        .mappings()
                        .properties())
                .containsKeys("exporter", "lostRecords");
    }

    @Test
    void aNewerTemplateStopsAProgramThatCouldNotReadAllOfIt() throws IOException {
        putGaps("77", ", \"novelty\": {\"type\": \"keyword\"}");

        assertThatThrownBy(() -> LedgerIndices.install(connection))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("gaps-v1")
                .hasMessageContaining("is of version 77, and this program knows version 1")
                .hasMessageContaining("Upgrade this one");
    }

    private void putGaps(String version, String more) throws IOException {
        connection
                .client()
                .indices()
                .putIndexTemplate(put -> put.name("gaps-v1").withJson(new StringReader("""
                {"index_patterns": ["gaps-v1"], "version": %s, "template": {"aliases": {"gaps": {}}, "mappings":
                {"dynamic": "strict", "properties": {"exporter": {"type": "keyword"} %s}}}}
                """.formatted(version, more))));
    }
}
