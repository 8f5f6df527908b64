package io.portledger.lwb4.softwire;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The rules by which the kernel's nftables translate what goes into a softwire to one public address and its ports.
 *
 * <p>With several ranges, the source of a packet chooses the range, so that a host's port keeps one of them whatever it
 * talks to, and the ranges fill evenly. A protocol without ports goes through only if the address is not shared.
 */
public final class NftRules {

    private static final List<String> PROTOCOLS = List.of("tcp", "udp", "sctp", "dccp", "icmp");
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9._-]{1,15}");
    private static final int WHOLE = 0x10000;

    private NftRules() {}

    /**
     * The text for {@code nft -f}. It makes the table {@code ip lwb4}, in place of one that is there; port forwarding is
     * added to its chain {@code to_hosts}.
     *
     * @param device the softwire's TUN device
     * @throws IllegalArgumentException if that is no name of a device
     */
    public static String of(String device, Ipv4Address ipv4, PortSet ports) {
        if (!DEVICE.matcher(device).matches()) {
            throw new IllegalArgumentException(
                    "Invalid interface name \"" + device + "\" (allowed: 1-15 letters, digits, dots, dashes)");
        }
        List<PortRange> ranges = ports.asSingleRange().map(List::of).orElseGet(ports::ranges);
        StringBuilder rules = new StringBuilder();
        rules.append("# What goes into softwire ")
                .append(device)
                .append(": ")
                .append(ipv4)
                .append(" ports ");
        rules.append(ports).append(", ").append(ports.portCount()).append(" ports.\n");
        rules.append("table ip lwb4 {}\ndelete table ip lwb4\n");
        rules.append("table ip lwb4 {\n");
        // What comes out of the softwire and is for no host must not go back into it.
        appendBaseChain(
                rules,
                "between",
                "filter hook forward priority filter",
                quoted("iifname", device) + quoted("oifname", device) + "drop");
        appendBaseChain(rules, "to_hosts", "nat hook prerouting priority dstnat", "");
        appendBaseChain(
                rules,
                "from_hosts",
                "nat hook postrouting priority srcnat",
                quoted("oifname", device) + "jump port_set");
        appendPortSet(rules, ipv4, ports, ranges);
        return rules.append("}\n").toString();
    }

    private static void appendPortSet(StringBuilder rules, Ipv4Address ipv4, PortSet ports, List<PortRange> ranges) {
        rules.append("\tchain port_set {\n");
        if (ranges.size() == 1) {
            appendRange(rules, ipv4, ranges.getFirst());
            if (ports.portCount() == WHOLE) {
                append(rules, "snat to " + ipv4);
            }
            rules.append("\t}\n");
            return;
        }
        String choice = " mod " + ranges.size() + " vmap { "
                + IntStream.range(0, ranges.size())
                        .mapToObj(i -> i + " : goto range_" + i)
                        .collect(Collectors.joining(", "))
                + " }";
        // Octets 4 and 5 of an ICMP message are its identifier; for others the source port comes first.
        append(rules, "meta l4proto icmp jhash ip saddr . @th,32,16" + choice);
        append(rules, "meta l4proto { tcp, udp, sctp, dccp } jhash ip saddr . @th,0,16" + choice);
        rules.append("\t}\n");
        for (int i = 0; i < ranges.size(); i++) {
            rules.append("\tchain range_").append(i).append(" {\n");
            appendRange(rules, ipv4, ranges.get(i));
            rules.append("\t}\n");
        }
    }

    private static void appendRange(StringBuilder rules, Ipv4Address ipv4, PortRange range) {
        // Nobody talks from port 0, although a port set may hold it.
        int first = Math.max(1, range.first());
        if (first > range.last()) {
            return;
        }
        String target = first == range.last() ? Integer.toString(first) : first + "-" + range.last();
        for (String protocol : PROTOCOLS) {
            append(rules, "meta l4proto " + protocol + " snat to " + ipv4 + ":" + target);
        }
    }

    private static void appendBaseChain(StringBuilder rules, String name, String hook, String rule) {
        rules.append("\tchain ").append(name).append(" {\n");
        append(rules, "type " + hook + "; policy accept;");
        if (!rule.isEmpty()) {
            append(rules, rule);
        }
        rules.append("\t}\n");
    }

    private static void append(StringBuilder rules, String rule) {
        rules.append("\t\t").append(rule).append('\n');
    }

    private static String quoted(String key, String device) {
        return key + " \"" + device + "\" ";
    }
}
