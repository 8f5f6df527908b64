package io.portledger.standalone;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Something that listens on a port of this machine. */
public enum Service {
    /** The web application and its REST interface. */
    WEB(8080, "web application"),
    /** Flink's web interface and REST. */
    FLINK(8081, "Flink web interface"),
    /** Kafka's listener for clients. */
    KAFKA(9092, "Kafka"),
    /** Kafka's listener for itself as controller. */
    KAFKA_CONTROLLER(9093, "Kafka controller"),
    /** Elasticsearch's HTTP interface. */
    ELASTICSEARCH(9200, "Elasticsearch"),
    /** The collector's IPFIX listener; 4739 is IANA's number. */
    IPFIX(4739, "collector, IPFIX"),
    /** The collector's syslog listener, on one number for both transports; IANA's 514 would need root. */
    SYSLOG(5514, "collector, syslog"),
    /** The demo lwAFTR's PCP server; 5351 is IANA's number. */
    PCP(5351, "demo lwAFTR, PCP");

    /** What a port number is a number of. */
    public enum Transport {
        /** RFC 9293. */
        TCP,
        /** RFC 768. */
        UDP
    }

    private final int defaultPort;
    private final String description;

    Service(int defaultPort, String description) {
        this.defaultPort = defaultPort;
        this.description = description;
    }

    /** The port if no option says otherwise. */
    public int defaultPort() {
        return defaultPort;
    }

    /** What it is, for messages. */
    public String description() {
        return description;
    }

    /** On which transports the port is used. */
    public Set<Transport> transports() {
        return switch (this) {
            case PCP -> Set.of(Transport.UDP);
            case IPFIX, SYSLOG -> Set.of(Transport.UDP, Transport.TCP);
            case WEB, FLINK, KAFKA, KAFKA_CONTROLLER, ELASTICSEARCH -> Set.of(Transport.TCP);
        };
    }

    /** Whether it is reached from this machine only, whatever address the others listen on. */
    public boolean isInternal() {
        return switch (this) {
            case KAFKA, KAFKA_CONTROLLER, ELASTICSEARCH, FLINK -> true;
            case WEB, IPFIX, SYSLOG, PCP -> false;
        };
    }

    /** The name in options, such as {@code kafka-controller}. */
    public String optionName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The service of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Service ofOptionName(String name) {
        for (Service service : values()) {
            if (service.optionName().equals(name)) {
                return service;
            }
        }
        throw new IllegalArgumentException(
                "Invalid value " + name + " for a service: there is no such service (allowed: "
                        + Arrays.stream(values()).map(Service::optionName).collect(Collectors.joining(", "))
                        + ")");
    }
}
