package io.portledger.ledger;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch.indices.get_index_template.IndexTemplateItem;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The index templates of the ledger. They must be there before the first document is written; installing them again
 * changes nothing.
 *
 * <p>Each template has a version. A program that finds an older one brings it, and the indices made by it, up to its own:
 * a newer version only ever adds fields. One that would change the meaning of a field gets another name ({@code
 * bindings-v2}) and is filled by a rebuild. A program that finds a newer version stops, because it could not read all
 * that is there.
 */
public final class LedgerIndices {

    private static final List<String> NAMES = List.of(
            "bindings-v1",
            "sessions-v1",
            "gaps-v1",
            "marks-v1",
            "findings-v1",
            "usage-v1",
            "retention-v1",
            "divisions-v1");

    private static final long ABSENT = -1;

    private LedgerIndices() {}

    /**
     * Puts the templates into the cluster, and new fields into the indices that are there. Indices come into being with
     * their first document.
     *
     * @throws LedgerException if the cluster does not take them, or has newer ones
     */
    public static void install(ElasticsearchConnection connection) {
        try {
            for (String name : NAMES) {
                JsonNode template = template(name);
                long known = installedVersion(connection, name);
                long own = template.get("version").longValue();
                if (known > own) {
                    throw new LedgerException("The index template " + name + " in Elasticsearch at " + connection.uri()
                            + " is of version " + known + ", and this program knows version " + own
                            + ": a newer Portledger has been at work there. Upgrade this one.");
                }
                if (known == own) {
                    continue;
                }
                connection
                        .client()
                        .indices()
                        .putIndexTemplate(put -> put.name(name).withJson(new StringReader(template.toString())));
                if (known != ABSENT) {
                    String pattern = template.get("index_patterns").get(0).stringValue();
                    connection
                            .client()
                            .indices()
                            .putMapping(mapping -> mapping.index(pattern)
                                    .ignoreUnavailable(true)
                                    .allowNoIndices(true)
                                    .withJson(new StringReader(template.get("template")
                                            .get("mappings")
                                            .toString())));
                }
            }
        } catch (IOException | ElasticsearchException e) {
            throw new LedgerException(
                    "Elasticsearch at " + connection.uri() + " does not take the ledger's index templates: "
                            + e.getMessage(),
                    e);
        }
    }

    private static long installedVersion(ElasticsearchConnection connection, String name) throws IOException {
        if (!connection
                .client()
                .indices()
                .existsIndexTemplate(exists -> exists.name(name))
                .value()) {
            return ABSENT;
        }
        Long version = connection.client().indices().getIndexTemplate(get -> get.name(name)).indexTemplates().stream()
                .map(IndexTemplateItem::indexTemplate)
                .findFirst()
                .orElseThrow()
                .version();
        return version == null ? 0 : version;
    }

    private static JsonNode template(String name) throws IOException {
        try (InputStream resource = LedgerIndices.class.getResourceAsStream(name + ".json")) {
            if (resource == null) {
                throw new UncheckedIOException(
                        new IOException("resource " + name + ".json is missing from the ledger's jar"));
            }
            return BindingDocument.JSON.readTree(resource);
        }
    }
}
