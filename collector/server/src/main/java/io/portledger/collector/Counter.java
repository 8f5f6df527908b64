package io.portledger.collector;

/** What the collector counts, from its start on. */
public enum Counter {
    /** Well-formed IPFIX messages. */
    IPFIX_MESSAGES("IPFIX messages that were well-formed"),
    /** NetFlow v9 packets. */
    NETFLOW_PACKETS("NetFlow v9 packets that were well-formed"),
    /** Templates. */
    IPFIX_TEMPLATES("Templates of IPFIX and NetFlow v9 that were new or changed"),
    /** IPFIX data records. */
    IPFIX_RECORDS("Data records of IPFIX and NetFlow v9, of whatever kind, that a template described"),
    /** Syslog messages. */
    SYSLOG_MESSAGES("Syslog messages that are of RFC 5424 or RFC 3164"),
    /** Binding events. */
    BINDING_EVENTS("Records of a binding that was allocated or released, handed over to Kafka"),
    /** NAT conditions. */
    NAT_CONDITIONS("Records of a NAT's resources (exhaustion, quota, threshold), handed over to Kafka"),
    /** Port usage. */
    PORT_USAGE("Records of what a binding carried, handed over to Kafka"),
    /** Records that survive the collector's process. */
    ACCEPTED(
            "Events, and records of all other topics, that were written to the spill, and so survive the collector's process"),
    /** Records that Kafka has. */
    STORED("Events, and records of all other topics, that Kafka acknowledged"),
    /** Records that Kafka does not have. */
    NOT_STORED("Events, and records of all other topics, that Kafka refused for what they are; each is a gap"),
    /** Damage on disk. */
    DAMAGED_SPILL("Segments of the spill that could not be read to their end; what they held is a gap"),

    /** Undecodable: no IPFIX. */
    UNDECODABLE_IPFIX_MESSAGE(
            "Messages that are neither well-formed IPFIX nor NetFlow v9; none of their records counts"),
    /** Undecodable: no template. */
    UNDECODABLE_NO_TEMPLATE("IPFIX data sets whose template did not come in time, or did not fit the waiting room"),
    /** Undecodable: IPFIX record. */
    UNDECODABLE_IPFIX_RECORD("IPFIX records of a binding that lack something or hold what cannot be"),
    /** Undecodable: frame. */
    UNDECODABLE_SYSLOG_FRAME("Pieces of a TCP stream that are no whole syslog message"),
    /** Undecodable: no syslog. */
    UNDECODABLE_SYSLOG_MESSAGE("Messages for syslog that are neither of RFC 5424 nor of RFC 3164 nor of any dialect"),
    /** Undecodable: syslog record. */
    UNDECODABLE_SYSLOG_RECORD("Syslog messages of a binding that lack something or hold what cannot be"),
    /** Not allowed: syslog. */
    REFUSED_SYSLOG_MESSAGES("Syslog messages of exporters that may not send them: kept as undecodable, and no gap"),
    /** Undecodable: a fault of the collector. */
    UNDECODABLE_BY_FAULT("Input on which the collector itself failed; the log says more: please report it"),

    /** Not about bindings: other IPFIX records. */
    OTHER_IPFIX_RECORDS("IPFIX records without natEvent, such as flows and exporter statistics: not about bindings"),
    /** Not about bindings: other NAT events. */
    OTHER_NAT_EVENTS("NAT events that are known, and tell neither of bindings nor of the NAT's resources"),
    /** Not about bindings: other syslog. */
    OTHER_SYSLOG_MESSAGES("Syslog messages that are no NAT events: not about bindings"),

    /** Gaps by sequence. */
    GAPS_SEQUENCE(
            "Gaps published because sequence numbers are missing, or exporters told of records that they did not send"),
    /** Gaps by restart. */
    GAPS_RESTART("Gaps published because an exporter began anew"),
    /** Gaps by undecodable input. */
    GAPS_UNDECODABLE("Gaps published because input could not be decoded"),
    /** Gaps by the collector. */
    GAPS_NOT_COLLECTED("Gaps published because the collector was not running or had no room"),
    /** Gaps by silence. */
    GAPS_SILENT("Gaps published because an IPFIX exporter was silent for too long and came back, or was given up"),
    /** Gaps by clocks. */
    GAPS_SKEW("Gaps published because an exporter's clock and the collector's differ too much"),
    /** Late messages. */
    LATE_MESSAGES("IPFIX messages that came after one with a higher sequence number, or twice"),

    /** Datagrams dropped by the collector. */
    DROPPED_DATAGRAMS("Datagrams dropped because the buffer for Kafka was full"),
    /** Datagrams dropped by the kernel. */
    KERNEL_DROPS("Datagrams that the kernel dropped because the socket's receive buffer was full (Linux)"),
    /** TCP pauses. */
    TCP_PAUSES("Times that a connection was paused because the buffer for Kafka was full"),
    /** TCP connections refused. */
    REFUSED_CONNECTIONS("Connections closed at once because there are too many");

    private final String meaning;

    Counter(String meaning) {
        this.meaning = meaning;
    }

    /** What is counted, as a sentence for the operator. */
    public String meaning() {
        return meaning;
    }
}
