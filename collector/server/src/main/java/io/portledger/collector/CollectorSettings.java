package io.portledger.collector;

import io.portledger.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a collector: section {@code collector} of its file. collector-defaults.yaml explains each.
 *
 * @param name the collector's name, which no other has that feeds the same Kafka; null: this machine's name
 * @param stateDirectory where the collector keeps what must outlive its process; made if need be, belongs to one collector
 * @param ipfix how IPFIX is taken
 * @param syslog how syslog is taken
 * @param tls what the collector proves itself with to those who connect by TLS, and what it asks of them
 * @param enterpriseNumber the private enterprise number of our own IPFIX elements and SD-ELEMENT
 * @param udpReceiveBufferOctets size of the kernel's buffer of each UDP socket
 * @param gapMargin how long before its export an event may have happened
 * @param maxSkew how far an exporter's clock and the collector's may differ
 * @param threads event loops; UDP listeners keep to one each
 * @param kafka how records reach Kafka
 * @param spill what is kept on disk until Kafka has it
 * @param metrics where numbers and health are told
 */
public record CollectorSettings(
        @Nullable String name,
        Path stateDirectory,
        IpfixSettings ipfix,
        SyslogSettings syslog,
        TlsSettings tls,
        long enterpriseNumber,
        int udpReceiveBufferOctets,
        Duration gapMargin,
        Duration maxSkew,
        int threads,
        KafkaSettings kafka,
        SpillSettings spill,
        MetricsSettings metrics) {

    private static final String DEFAULTS = "collector-defaults.yaml";

    /** The whole file. */
    private record File(CollectorSettings collector) {}

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public CollectorSettings {
        if (enterpriseNumber < 1 || enterpriseNumber > 0xffff_ffffL) {
            throw new IllegalArgumentException("Invalid value " + enterpriseNumber
                    + " for key enterprise-number: out of range (allowed: 1-4294967295)");
        }
        if (name != null && !name.matches("[A-Za-z0-9._-]{1,100}")) {
            throw new IllegalArgumentException("Invalid value " + name
                    + " for key name: no name (allowed: 1-100 letters, digits, dots, hyphens and underscores)");
        }
        if ((ipfix.tls() != null || syslog.tls() != null) && !tls.isComplete()) {
            throw new IllegalArgumentException("Keys ipfix.tls and syslog.tls need tls.certificate, tls.key and"
                    + " tls.trusted (or tls.client-authentication: none): PEM files");
        }
        requireAtLeast("udp-receive-buffer-octets", udpReceiveBufferOctets, 65_536);
        requireAtLeast("gap-margin", gapMargin, Duration.ZERO);
        requireAtLeast("max-skew", maxSkew, Duration.ZERO);
        requireAtLeast("threads", threads, 1);
    }

    /**
     * Reads the settings.
     *
     * @param file the operator's file, or null for the defaults
     * @param environment the process's environment
     * @throws io.portledger.settings.SettingsException if they cannot be used; the message is for the operator
     */
    public static CollectorSettings read(@Nullable Path file, Map<String, String> environment) {
        return Settings.read(File.class, DEFAULTS, file, environment).collector();
    }

    static void requireAtLeast(String key, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "Invalid value " + value + " for key " + key + ": too small (allowed: " + least + " or more)");
        }
    }

    static void requireAtLeast(String key, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException("Invalid value " + value + " for key " + key + ": too short (allowed: "
                    + least.toMillis() + " ms or more)");
        }
    }
}
