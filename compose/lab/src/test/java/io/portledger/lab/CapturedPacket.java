package io.portledger.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A packet as tshark reads it.
 *
 * @param fields by tshark's names; each has all its occurrences, outermost first
 */
record CapturedPacket(Map<String, List<String>> fields) {

    private static final List<String> FIELDS = List.of(
            "frame.number",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.nxt",
            "ipv6.hlim",
            "ipv6.fraghdr.nxt",
            "ip.src",
            "ip.frag_offset",
            "ip.flags.mf",
            "tcp.srcport",
            "tcp.dstport",
            "udp.srcport",
            "udp.dstport",
            "icmp.type",
            "icmp.ident",
            "ip.checksum.status",
            "tcp.checksum",
            "tcp.checksum.status",
            "udp.checksum.status",
            "icmp.checksum.status",
            "_ws.malformed");
    private static final String BAD_CHECKSUM = "0";

    /** All packets of a capture file. What TCP and UDP carry is not looked into: it is random here. */
    static List<CapturedPacket> read(Namespace namespace, Path file) {
        List<String> command = new ArrayList<>(List.of(
                "tshark",
                "-Q",
                "-n",
                "-r",
                file.toString(),
                "-o",
                "ip.check_checksum:TRUE",
                "-o",
                "tcp.check_checksum:TRUE",
                "-o",
                "udp.check_checksum:TRUE",
                "-d",
                "tcp.port==1-65535,data",
                "-d",
                "udp.port==1-65535,data",
                "-T",
                "fields",
                "-E",
                "separator=/t",
                "-E",
                "occurrence=a",
                "-E",
                "aggregator=,"));
        FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
        return namespace
                .run(command.toArray(String[]::new))
                .lines()
                .filter(line -> line.indexOf('\t') > 0)
                .map(CapturedPacket::parse)
                .toList();
    }

    private static CapturedPacket parse(String line) {
        String[] columns = line.split("\t", -1);
        return new CapturedPacket(IntStream.range(0, FIELDS.size())
                .boxed()
                .collect(Collectors.toMap(
                        FIELDS::get, i -> columns[i].isEmpty() ? List.of() : List.of(columns[i].split(",", -1)))));
    }

    List<String> all(String field) {
        return fields.getOrDefault(field, List.of());
    }

    /** The outermost occurrence; empty if there is none. */
    String first(String field) {
        return all(field).isEmpty() ? "" : all(field).getFirst();
    }

    boolean has(String field) {
        return !all(field).isEmpty();
    }

    boolean isIcmpv6() {
        return first("ipv6.nxt").equals("58");
    }

    boolean isFragment() {
        return has("ipv6.fraghdr.nxt");
    }

    boolean carriesIpv4() {
        return first(isFragment() ? "ipv6.fraghdr.nxt" : "ipv6.nxt").equals("4");
    }

    boolean isInnerFragment() {
        return first("ip.flags.mf").equals("1")
                || (has("ip.frag_offset") && !first("ip.frag_offset").equals("0"));
    }

    boolean isBroken() {
        return has("_ws.malformed")
                || all("ip.checksum.status").contains(BAD_CHECKSUM)
                || first("icmp.checksum.status").equals(BAD_CHECKSUM)
                || (!has("icmp.type") && hasBadTransportChecksum());
    }

    /**
     * Linux writes a TCP checksum of 0 as 0xffff, which adds up as well, but tshark wants the other. What an ICMP error
     * quotes is cut off, and has none that could be right.
     */
    private boolean hasBadTransportChecksum() {
        return first("udp.checksum.status").equals(BAD_CHECKSUM)
                || (first("tcp.checksum.status").equals(BAD_CHECKSUM)
                        && !first("tcp.checksum").equals("0xffff"));
    }

    /** What tells the subscriber that sent it: source port, identifier, or the destination port that an error quotes. */
    List<String> subscriberPorts() {
        String icmp = first("icmp.type");
        if (icmp.equals("3") || icmp.equals("11")) {
            return has("udp.dstport") ? all("udp.dstport") : all("tcp.dstport");
        }
        return icmp.isEmpty() ? all(has("tcp.srcport") ? "tcp.srcport" : "udp.srcport") : all("icmp.ident");
    }
}
