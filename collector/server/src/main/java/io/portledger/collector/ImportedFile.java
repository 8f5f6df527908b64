package io.portledger.collector;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an import found in a file, or in all of them.
 *
 * @param file its name; null: all
 * @param format as it was recognised: {@code pcap}, {@code pcapng}, {@code ipfix}, {@code syslog}, {@code empty}; null if
 *     it could not be read, or for all
 * @param fault why it could not be read, or not to its end; null if it could
 * @param packets of a capture
 * @param messages well-formed ones by protocol: {@code ipfix}, {@code netflow9}, {@code syslog}
 * @param templates that were new or changed
 * @param records data records of IPFIX and NetFlow v9
 * @param events what goes to the ledger, by kind: {@code bindings}, {@code mappings}, {@code sessions}, {@code
 *     conditions}, {@code usage}
 * @param firstEvent the earliest time of a binding, mapping or session; null if there is none
 * @param lastEvent the latest
 * @param gaps by cause
 * @param skipped by kind, and by reason: {@code undecodable}, which is kept; {@code notAboutBindings}, which is kept as
 *     well; {@code notRead}, which is not
 */
public record ImportedFile(
        @Nullable String file,
        @Nullable String format,
        @Nullable String fault,
        long packets,
        Map<String, Long> messages,
        long templates,
        long records,
        Map<String, Long> events,
        @Nullable Instant firstEvent,
        @Nullable Instant lastEvent,
        Map<String, Long> gaps,
        Map<String, Map<String, Long>> skipped) {}
