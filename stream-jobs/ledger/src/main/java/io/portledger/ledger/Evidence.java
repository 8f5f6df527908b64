package io.portledger.ledger;

import java.time.Instant;
import java.util.HexFormat;

/**
 * The record by which something is known, as the collector received it.
 *
 * @param exporter the sender's address as the collector saw it
 * @param transport IPFIX_UDP, IPFIX_TCP, IPFIX_TLS, NETFLOW_V9_UDP, SYSLOG_UDP, SYSLOG_TCP, SYSLOG_TLS or FILE
 * @param observationDomain IPFIX observation domain, unsigned; 0 for syslog
 * @param sequence IPFIX sequence number of the record, unsigned; 0 for syslog
 * @param templateId IPFIX template of the record; 0 for syslog
 * @param hostname HOSTNAME of a syslog message, or empty
 * @param dialect the syslog dialect by which the message was read, or empty
 * @param file the file from which the record was imported, or empty if it came over a network
 * @param received when the collector received it
 * @param raw the bytes in hexadecimal: the data record of an IPFIX message, or the whole syslog message
 */
public record Evidence(
        String exporter,
        String transport,
        long observationDomain,
        long sequence,
        int templateId,
        String hostname,
        String dialect,
        String file,
        Instant received,
        String raw) {

    /** The bytes as they came. */
    public byte[] rawBytes() {
        return HexFormat.of().parseHex(raw);
    }
}
