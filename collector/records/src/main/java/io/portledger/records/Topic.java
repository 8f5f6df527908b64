package io.portledger.records;

/** The Kafka topics of the chain. A topic's name carries the version of its schema. */
public enum Topic {
    /** {@code BindingEvents} and the marks of collectors; the public IPv4 address tells the partition, there is no key. */
    NAT_EVENTS("nat-events-v1"),
    /** {@code ExporterGap}s and the marks of collectors, keyed by the exporter's text. */
    EXPORTER_HEALTH("exporter-health-v1"),
    /** {@code NatCondition}s, keyed by the exporter's text. */
    NAT_CONDITIONS("nat-conditions-v1"),
    /** {@code PortUsage}, keyed by the four octets of the public IPv4 address. */
    PORT_USAGE("port-usage-v1"),
    /** {@code Undecodable} input, keyed by the exporter's text. */
    UNDECODABLE("undecodable-v1"),
    /** The newest {@code CollectorMark} of each collector, keyed by its name; compacted. */
    COLLECTOR_MARKS("collector-marks-v1");

    private final String topicName;

    Topic(String topicName) {
        this.topicName = topicName;
    }

    /** The name in Kafka. */
    public String topicName() {
        return topicName;
    }
}
