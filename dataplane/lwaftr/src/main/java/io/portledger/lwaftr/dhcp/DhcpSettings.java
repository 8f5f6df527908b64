package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.Octets;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the lwAFTR does by DHCP. {@code lwaftr-defaults.yaml} explains each key.
 *
 * @param listen where; null: nowhere
 * @param interfaces on which it hears what is sent to all servers
 * @param mode who answers DHCPv4 over DHCPv6
 * @param server the central server, in mode RELAY
 * @param linkAddress by which the central server knows the clients' link
 * @param leaseTime of a client that asks for no other
 * @param softwirePrefixLength how many first bits a client's softwire address and the source of its messages share, 0-128
 * @param aftrName the lwAFTR's name for clients of lw4o6; null: none
 * @param dsLiteAftrName the AFTR's name for clients of DS-Lite alone; null: none
 * @param dhcp4o6Servers addresses for DHCPv4 over DHCPv6; empty: all servers
 * @param pcpServers addresses of the PCP server
 * @param priority codes of the mechanisms, the most preferred first
 * @param duid of this server, in hexadecimal digits; null: made from the first tunnel end point
 * @param relays who may pass on messages of others
 */
public record DhcpSettings(
        @Nullable HostPort listen,
        List<String> interfaces,
        Mode mode,
        @Nullable HostPort server,
        Ipv6Address linkAddress,
        Duration leaseTime,
        int softwirePrefixLength,
        @Nullable String aftrName,
        @Nullable String dsLiteAftrName,
        List<Ipv6Address> dhcp4o6Servers,
        List<Ipv6Address> pcpServers,
        List<Integer> priority,
        @Nullable String duid,
        List<Ipv6Prefix> relays) {

    private static final Set<Integer> MECHANISMS = Set.of(
            Dhcpv6Option.AFTR_NAME,
            Dhcpv6Option.DHCP_4O6_SERVERS,
            Dhcpv6Option.S46_CONTAINER_MAP_E,
            Dhcpv6Option.S46_CONTAINER_MAP_T,
            Dhcpv6Option.S46_CONTAINER_LW);

    /** Who answers DHCPv4 over DHCPv6. */
    public enum Mode {
        /** The lwAFTR, from its service classes. */
        SERVER,
        /** A central DHCP server, by way of the lwAFTR. */
        RELAY
    }

    /** @throws IllegalArgumentException naming the key and what it allows */
    public DhcpSettings {
        interfaces = List.copyOf(interfaces);
        dhcp4o6Servers = List.copyOf(dhcp4o6Servers);
        pcpServers = List.copyOf(pcpServers);
        priority = List.copyOf(priority);
        relays = List.copyOf(relays);
        if (mode == Mode.RELAY && listen != null && (server == null || server.port() == 0)) {
            throw new IllegalArgumentException("Invalid value \"" + (server == null ? "" : server)
                    + "\" for key dhcp.server: mode is relay, but it leads nowhere (allowed: the central server, such as"
                    + " [2001:db8:1::1]:547)");
        }
        if (leaseTime.compareTo(Duration.ofSeconds(1)) < 0 || leaseTime.toSeconds() >= 0xffff_ffffL) {
            throw new IllegalArgumentException("Invalid value " + leaseTime
                    + " for key dhcp.lease-time: no lease lasts so long (allowed: 1s to" + " 4294967294s)");
        }
        if (softwirePrefixLength < 0 || softwirePrefixLength > 128) {
            throw new IllegalArgumentException("Invalid value " + softwirePrefixLength
                    + " for key dhcp.softwire-prefix-length: no prefix length (allowed: 0-128)");
        }
        requireName("aftr-name", aftrName);
        requireName("ds-lite-aftr-name", dsLiteAftrName);
        if (!MECHANISMS.containsAll(priority) || new HashSet<>(priority).size() < priority.size()) {
            throw new IllegalArgumentException("Invalid value " + priority
                    + " for key dhcp.priority: not mechanisms (allowed: each of 64, 88, 94, 95, 96 once)");
        }
        if (duid != null) {
            int octets;
            try {
                octets = Octets.parse(duid).length();
            } catch (IllegalArgumentException e) {
                octets = 0;
            }
            if (octets < 3 || octets > 130) {
                throw new IllegalArgumentException("Invalid value " + duid
                        + " for key dhcp.duid: not a DUID (allowed: 3 to 130 octets in hexadecimal digits)");
            }
        }
    }

    private static void requireName(String key, @Nullable String name) {
        if (name != null) {
            try {
                var _ = new Dhcpv6Option.AftrName(name);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "Invalid value " + name + " for key dhcp." + key + ": " + e.getMessage(), e);
            }
        }
    }
}
