package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.util.List;

/**
 * What subscribers of one kind get: public IPv4 addresses that are divided in one way, and for how long.
 *
 * @param name how messages, the AAA server and the supporting system call it
 * @param prefixes the addresses, at least one prefix
 * @param psidOffset a, 0-16; lw4o6 asks for 0 (RFC 7596 §5.1)
 * @param psidLength k, 0-16 with a + k at most 16; 2^k subscribers share an address
 * @param reservedPorts ports 0 to reservedPorts - 1 are given to nobody unless k is 0, 0-65535
 * @param clients whose class this is, by the lwB4's address; empty: everybody's who has no other class
 * @param minLifetime of a lease, at least one second
 * @param maxLifetime of a lease, at least {@code minLifetime}
 * @param holdDown how long ports rest before another lwB4 may get them (RFC 6888 REQ-8)
 * @param alarmLevels at which percentages of its port sets in use an alarm is raised, 1-100, ascending
 */
public record ServiceClass(
        String name,
        List<Ipv4Prefix> prefixes,
        int psidOffset,
        int psidLength,
        int reservedPorts,
        List<Ipv6Prefix> clients,
        Duration minLifetime,
        Duration maxLifetime,
        Duration holdDown,
        List<Integer> alarmLevels) {

    private static final long MAX_LIFETIME_SECONDS = 0xffff_fffeL;

    /** @throws IllegalArgumentException naming the first value that cannot be */
    public ServiceClass {
        prefixes = List.copyOf(prefixes);
        clients = List.copyOf(clients);
        alarmLevels = List.copyOf(alarmLevels);
        if (prefixes.isEmpty()) {
            throw new IllegalArgumentException("Invalid value [] for key prefixes: service class " + name
                    + " has no addresses (allowed: one IPv4 prefix or more)");
        }
        PortSet.requireLegal(psidOffset, psidLength);
        if (reservedPorts < 0 || reservedPorts > 0xffff) {
            throw new IllegalArgumentException("Invalid value " + reservedPorts
                    + " for key reserved-ports: not a number of ports (allowed: 0-65535)");
        }
        if (psidOffset > 0 && 1 << (16 - psidOffset) < reservedPorts) {
            throw new IllegalArgumentException("Invalid value " + reservedPorts
                    + " for key reserved-ports: psid-offset "
                    + psidOffset + " keeps only ports 0-" + ((1 << (16 - psidOffset)) - 1)
                    + " from subscribers (allowed: 0-" + (1 << (16 - psidOffset)) + ", or a smaller psid-offset)");
        }
        if (minLifetime.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("Invalid value " + minLifetime
                    + " for key min-lifetime: a lease must last (allowed: one second or more)");
        }
        if (maxLifetime.compareTo(minLifetime) < 0 || maxLifetime.toSeconds() > MAX_LIFETIME_SECONDS) {
            throw new IllegalArgumentException(
                    "Invalid value " + maxLifetime + " for key max-lifetime: not a lifetime (allowed: min-lifetime to "
                            + MAX_LIFETIME_SECONDS + " s)");
        }
        if (holdDown.isNegative()) {
            throw new IllegalArgumentException(
                    "Invalid value " + holdDown + " for key hold-down: negative (allowed: zero or more)");
        }
        int below = 0;
        for (int level : alarmLevels) {
            if (level <= below || level > 100) {
                throw new IllegalArgumentException("Invalid value " + alarmLevels
                        + " for key alarm-levels: not ascending percentages (allowed: such as [80, 95], each 1-100)");
            }
            below = level;
        }
        if (lowestPsid(psidOffset, psidLength, reservedPorts) >= 1 << psidLength) {
            throw new IllegalArgumentException("Invalid value " + reservedPorts
                    + " for key reserved-ports: no port is left for subscribers (allowed: less than "
                    + (65536 - (1 << (16 - psidLength))) + ")");
        }
    }

    /** The lowest PSID that has none of the reserved ports. */
    int lowestPsid() {
        return lowestPsid(psidOffset, psidLength, reservedPorts);
    }

    private static int lowestPsid(int psidOffset, int psidLength, int reservedPorts) {
        if (psidOffset > 0 || psidLength == 0) {
            return 0;
        }
        int rangeSize = 1 << (16 - psidLength);
        return (reservedPorts + rangeSize - 1) / rangeSize;
    }
}
