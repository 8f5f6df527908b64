package io.portledger.collector;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an import came to, in short and then file by file.
 *
 * @param loaded whether all that was found is in Kafka
 * @param messages well-formed messages of all files, whatever the protocol
 * @param templates templates that were new or changed
 * @param records data records of IPFIX and NetFlow v9, and messages of syslog, which are one each
 * @param events what goes to the ledger, by kind
 * @param skipped what does not, by reason
 * @param files each file
 * @param total all files, in the form of each
 */
public record ImportSummary(
        boolean loaded,
        long messages,
        long templates,
        long records,
        Map<String, Long> events,
        Map<String, Long> skipped,
        List<ImportedFile> files,
        ImportedFile total) {

    static ImportSummary of(boolean loaded, List<ImportedFile> files, ImportedFile total) {
        Map<String, Long> skipped = new TreeMap<>();
        total.skipped()
                .values()
                .forEach(reasons -> reasons.forEach((reason, count) -> skipped.merge(reason, count, Long::sum)));
        return new ImportSummary(
                loaded,
                total.messages().values().stream().mapToLong(Long::longValue).sum(),
                total.templates(),
                total.records() + total.messages().getOrDefault("syslog", 0L),
                total.events(),
                skipped,
                files,
                total);
    }
}
