package io.portledger.collector.dialect;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Exporters by their addresses; one of the two is null.
 *
 * @param ipv4 addresses of IPv4
 * @param ipv6 addresses of IPv6
 */
public record ExporterPrefix(
        @Nullable Ipv4Prefix ipv4, @Nullable Ipv6Prefix ipv6) {

    /**
     * Reads an address or a prefix.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static ExporterPrefix parse(String text) {
        boolean isAddress = text.indexOf('/') < 0;
        return text.indexOf(':') >= 0
                ? new ExporterPrefix(null, Ipv6Prefix.parse(isAddress ? text + "/128" : text))
                : new ExporterPrefix(Ipv4Prefix.parse(isAddress ? text + "/32" : text), null);
    }

    /** Whether an exporter, written as evidence has it, is among the addresses. */
    public boolean contains(String exporter) {
        try {
            return exporter.indexOf(':') >= 0
                    ? ipv6 != null && ipv6.contains(Ipv6Address.parse(exporter))
                    : ipv4 != null && ipv4.contains(Ipv4Address.parse(exporter));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Whether an exporter is in any of the prefixes. */
    public static boolean anyContains(List<ExporterPrefix> prefixes, String exporter) {
        for (ExporterPrefix prefix : prefixes) {
            if (prefix.contains(exporter)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return String.valueOf(ipv4 != null ? ipv4 : ipv6);
    }
}
