package io.portledger.collector;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the operator says of the files of an import.
 *
 * @param exporter who sent what is in files that do not tell; null: by the name of each file
 * @param writtenBy when the last line of a log was written; null: when the file was changed last
 * @param isContinuous whether everything before and behind the files was collected as well
 * @param ports what is sent to a port of UDP or TCP; other ports are recognised by what comes
 */
public record ImportOptions(
        @Nullable String exporter, @Nullable Instant writtenBy, boolean isContinuous, Map<Integer, Protocol> ports) {

    /** What the collector reads. */
    public enum Protocol {
        /** IPFIX and NetFlow v9. */
        IPFIX,
        SYSLOG
    }
}
