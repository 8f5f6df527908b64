package io.portledger.jobs;

import java.io.Serial;
import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the jobs must be told.
 *
 * @param kafka bootstrap servers, {@code host:port} separated by commas
 * @param elasticsearch such as {@code http://127.0.0.1:9200}
 * @param parallelism of every operator; 0 leaves it to the cluster
 * @param horizon how long the events of a closed interval are kept for repair by late ones; what comes later is reported
 *     as late and not used
 * @param sessionHorizon how long the events of a closed mapping or session of a NAT are kept for repair by late ones
 * @param flushInterval how long documents may wait to be written together
 * @param usageInterval how often changed accounts and counts are written
 */
public record JobsSettings(
        String kafka,
        URI elasticsearch,
        int parallelism,
        Duration horizon,
        Duration sessionHorizon,
        Duration flushInterval,
        Duration usageInterval)
        implements Serializable {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Seven days. */
    public static final Duration DEFAULT_HORIZON = Duration.ofDays(7);

    /** One day: sessions are many, and their records are told as they happen. */
    public static final Duration DEFAULT_SESSION_HORIZON = Duration.ofDays(1);

    /** Long enough to fill a batch under load, short against the seconds in which an answer is expected. */
    public static final Duration DEFAULT_FLUSH_INTERVAL = Duration.ofMillis(200);

    /** An account of a million bindings is then some thousand documents a second at most, in short bursts. */
    public static final Duration DEFAULT_USAGE_INTERVAL = Duration.ofMinutes(10);

    private static final Set<String> KEYS = Set.of(
            "kafka", "elasticsearch", "parallelism", "horizon", "session-horizon", "flush-interval", "usage-interval");

    /** @throws IllegalArgumentException naming the first setting that is out of its range */
    public JobsSettings {
        if (kafka.isBlank()) {
            throw invalid(kafka, "kafka", "it is empty", "host:port, several separated by commas");
        }
        if (parallelism < 0) {
            throw invalid(parallelism, "parallelism", "it is negative", "1 and more, 0 for the cluster's default");
        }
        if (horizon.compareTo(Duration.ofMinutes(1)) < 0 || horizon.compareTo(Duration.ofDays(366)) > 0) {
            throw invalid(horizon, "horizon", "it is out of range", "PT1M to P366D");
        }
        if (sessionHorizon.compareTo(Duration.ofMinutes(1)) < 0 || sessionHorizon.compareTo(Duration.ofDays(366)) > 0) {
            throw invalid(sessionHorizon, "session-horizon", "it is out of range", "PT1M to P366D");
        }
        if (flushInterval.compareTo(Duration.ofMillis(1)) < 0 || flushInterval.compareTo(Duration.ofMinutes(1)) > 0) {
            throw invalid(flushInterval, "flush-interval", "it is out of range", "PT0.001S to PT1M");
        }
        if (usageInterval.compareTo(Duration.ofMillis(100)) < 0 || usageInterval.compareTo(Duration.ofDays(1)) > 0) {
            throw invalid(usageInterval, "usage-interval", "it is out of range", "PT0.1S to PT24H");
        }
    }

    /** The defaults, on the given cluster. */
    public JobsSettings(String kafka, URI elasticsearch) {
        this(
                kafka,
                elasticsearch,
                0,
                DEFAULT_HORIZON,
                DEFAULT_SESSION_HORIZON,
                DEFAULT_FLUSH_INTERVAL,
                DEFAULT_USAGE_INTERVAL);
    }

    /**
     * Reads {@code --key value} pairs as {@code flink run} passes them on.
     *
     * @throws IllegalArgumentException saying which argument is wrong and what is allowed
     */
    public static JobsSettings parse(String... arguments) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            String key = arguments[i].startsWith("--") ? arguments[i].substring(2) : arguments[i];
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException(
                        "Unknown argument " + arguments[i]
                                + " (allowed: --kafka, --elasticsearch, --parallelism, --horizon, --session-horizon, --flush-interval, --usage-interval)");
            }
            if (i + 1 == arguments.length) {
                throw new IllegalArgumentException("Argument " + arguments[i] + " has no value");
            }
            values.put(key, arguments[i + 1]);
        }
        return new JobsSettings(
                values.getOrDefault("kafka", "127.0.0.1:9092"),
                address(values.getOrDefault("elasticsearch", "http://127.0.0.1:9200")),
                count(values.getOrDefault("parallelism", "0")),
                duration("horizon", values.getOrDefault("horizon", DEFAULT_HORIZON.toString())),
                duration("session-horizon", values.getOrDefault("session-horizon", DEFAULT_SESSION_HORIZON.toString())),
                duration("flush-interval", values.getOrDefault("flush-interval", DEFAULT_FLUSH_INTERVAL.toString())),
                duration("usage-interval", values.getOrDefault("usage-interval", DEFAULT_USAGE_INTERVAL.toString())));
    }

    private static URI address(String value) {
        try {
            return URI.create(value);
        } catch (IllegalArgumentException e) {
            throw invalid(value, "elasticsearch", "it is no address", "a form such as http://127.0.0.1:9200");
        }
    }

    private static int count(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw invalid(value, "parallelism", "it is no number", "1 and more, 0 for the cluster's default");
        }
    }

    private static Duration duration(String key, String value) {
        try {
            return Duration.parse(value);
        } catch (DateTimeParseException e) {
            throw invalid(value, key, "it is no duration", "ISO 8601 forms such as P7D, PT1H, PT0.2S");
        }
    }

    private static IllegalArgumentException invalid(Object value, String key, String reason, String allowed) {
        return new IllegalArgumentException(
                "Invalid value " + value + " for key " + key + ": " + reason + " (allowed: " + allowed + ")");
    }
}
