package io.portledger.collector;

import java.util.List;

/**
 * What an import came to.
 *
 * @param loaded whether everything that was found is in Kafka
 * @param files one by one, in their order
 * @param total all of them
 */
public record ImportSummary(boolean loaded, List<ImportedFile> files, ImportedFile total) {}
