package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The index templates of the ledger. They must be there before the first document is written; installing them again
 * changes nothing.
 */
public final class LedgerIndices {

    private LedgerIndices() {}

    /**
     * Puts the templates into the cluster and creates {@code gaps-v1}. Indices of intervals come into being with their
     * first document.
     *
     * @throws LedgerException if the cluster does not take them
     */
    public static void install(ElasticsearchConnection connection) {
        try {
            for (String name :
                    new String[] {"bindings-v1", "sessions-v1", "gaps-v1", "marks-v1", "findings-v1", "usage-v1"}) {
                try (InputStream body = resource(name + ".json")) {
                    connection
                            .client()
                            .indices()
                            .putIndexTemplate(template -> template.name(name).withJson(body));
                }
            }
        } catch (IOException | ElasticsearchException e) {
            throw new LedgerException(
                    "Elasticsearch at " + connection.uri() + " does not take the ledger's index templates: "
                            + e.getMessage(),
                    e);
        }
    }

    private static InputStream resource(String name) {
        InputStream resource = LedgerIndices.class.getResourceAsStream(name);
        if (resource == null) {
            throw new UncheckedIOException(new IOException("resource " + name + " is missing from the ledger's jar"));
        }
        return resource;
    }
}
