package io.portledger.ipfix;

import java.util.HexFormat;

/** NetFlow v9 packets for tests, in hexadecimal digits. */
final class NetflowV9Packets {

    /** Template 263 of a firewall's NAT events, with Cisco's own field types, and a record of it. */
    static final String FIREWALL = packet(
            2,
            7,
            flowset(
                    0,
                    template(
                            263,
                            "00940004",
                            "00080004",
                            "00070002",
                            "000c0004",
                            "000b0002",
                            "00040001",
                            "9c410004",
                            "9c420004",
                            "9c430002",
                            "9c440002",
                            "9c450001",
                            "01430008")),
            flowset(
                    263,
                    "00000001" + "c0a80a01" + "d431" + "c6336401" + "01bb" + "06" + "c0000201" + "c6336401" + "8801"
                            + "01bb" + "01" + "0000018bcfe5687b" + "0000"));

    private NetflowV9Packets() {}

    /** A packet of source 5 sent at 1700000000. */
    static String packet(int count, int sequence, String... flowsets) {
        return String.format("0009%04x000f42406553f100%08x00000005", count, sequence) + String.join("", flowsets);
    }

    static String flowset(int id, String... content) {
        String octets = String.join("", content);
        return String.format("%04x%04x", id, 4 + octets.length() / 2) + octets;
    }

    static String template(int id, String... fields) {
        return String.format("%04x%04x", id, fields.length) + String.join("", fields);
    }

    static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
