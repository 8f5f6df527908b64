package io.portledger.lwaftr.export;

import io.portledger.settings.HostPort;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is told of bindings and how.
 *
 * @param enterpriseNumber private enterprise number of the fields that have no number of IANA's, 1-4294967295
 * @param natInstance natInstanceID of IPFIX and NATINST of syslog, unsigned 32 bits; 0 says nothing, and syslog leaves
 *     it out
 * @param ipfix export by IPFIX
 * @param syslog export by syslog
 */
public record ExportSettings(long enterpriseNumber, long natInstance, Ipfix ipfix, Syslog syslog) {

    /** @throws IllegalArgumentException naming the key and what it allows */
    public ExportSettings {
        requireWithin("enterprise-number", enterpriseNumber, 1, 0xffff_ffffL);
        requireWithin("nat-instance", natInstance, 0, 0xffff_ffffL);
    }

    /**
     * Export by IPFIX over UDP, to each collector in a transport session of its own.
     *
     * @param collectors to whom
     * @param observationDomain the observation domain of all records, unsigned 32 bits
     * @param templateInterval time between two repetitions of the templates, a second or more
     * @param maxMessageOctets the longest message, without UDP and IP headers, 512-65507; what the path takes without
     *     fragments
     * @param maxDelay how long a record waits for others to share its message
     * @param queueRecords how many records wait at most
     * @param usageInterval time between two records of what a binding carried, a second or more; zero: none are sent
     * @param usageSampling of how many packets one is looked at to see which ports are in use, 1-1000000; 0: none
     */
    public record Ipfix(
            List<HostPort> collectors,
            long observationDomain,
            Duration templateInterval,
            int maxMessageOctets,
            Duration maxDelay,
            int queueRecords,
            Duration usageInterval,
            int usageSampling) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Ipfix {
            collectors = List.copyOf(collectors);
            requireWithin("observation-domain", observationDomain, 0, 0xffff_ffffL);
            requireWithin("max-message-octets", maxMessageOctets, 512, 65507);
            requireWithin("queue-records", queueRecords, 1, Integer.MAX_VALUE);
            requireWithin("usage-sampling", usageSampling, 0, 1_000_000);
            if (!usageInterval.isZero() && usageInterval.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("Invalid value " + usageInterval
                        + " for key usage-interval: too short (allowed: 1s and more, or 0s for none)");
            }
            if (templateInterval.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("Invalid value " + templateInterval
                        + " for key template-interval: too short (allowed: 1s and more)");
            }
            if (maxDelay.isNegative() || maxDelay.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException(
                        "Invalid value " + maxDelay + " for key max-delay: not a short delay (allowed: 0s to 1m)");
            }
        }

        /** Whether anybody is told what bindings carried. */
        public boolean tellsUsage() {
            return !usageInterval.isZero() && !collectors.isEmpty();
        }
    }

    /**
     * Export by syslog.
     *
     * @param receivers to whom
     * @param hostname HOSTNAME of the messages, 1-255 printable ASCII characters; null: this machine's name
     * @param queueMessages how many messages wait at most for each receiver
     */
    public record Syslog(
            List<SyslogReceiver> receivers, @Nullable String hostname, int queueMessages) {

        /** @throws IllegalArgumentException naming the key and what it allows */
        public Syslog {
            receivers = List.copyOf(receivers);
            requireWithin("queue-messages", queueMessages, 1, Integer.MAX_VALUE);
            if (hostname != null && !isHostname(hostname)) {
                throw new IllegalArgumentException(
                        "Invalid value " + hostname
                                + " for key hostname: not a host name (allowed: 1-255 printable ASCII characters without space)");
            }
        }
    }

    static boolean isHostname(String text) {
        return !text.isEmpty() && text.length() <= 255 && text.chars().allMatch(c -> c > 32 && c < 127);
    }

    private static void requireWithin(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    "Invalid value " + value + " for key " + key + ": out of range (allowed: " + min + "-" + max + ")");
        }
    }
}
