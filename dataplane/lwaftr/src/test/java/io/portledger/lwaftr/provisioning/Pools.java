package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Prefix;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Pools for tests. */
final class Pools {

    private Pools() {}

    /** A pool for everybody with lifetimes of 120 s to a day and a hold-down of 120 s. */
    static ServiceClass settings(String name, int psidOffset, int psidLength, int reservedPorts, String... prefixes) {
        return new ServiceClass(
                name,
                Stream.of(prefixes).map(Ipv4Prefix::parse).toList(),
                psidOffset,
                psidLength,
                reservedPorts,
                List.of(),
                Duration.ofMinutes(2),
                Duration.ofDays(1),
                Duration.ofMinutes(2),
                List.of(80, 95));
    }

    static ServiceClass forClients(ServiceClass pool, String... clients) {
        return new ServiceClass(
                pool.name(),
                pool.prefixes(),
                pool.psidOffset(),
                pool.psidLength(),
                pool.reservedPorts(),
                Stream.of(clients).map(Ipv6Prefix::parse).toList(),
                pool.minLifetime(),
                pool.maxLifetime(),
                pool.holdDown(),
                pool.alarmLevels());
    }

    static ServiceClass withoutHoldDown(ServiceClass pool) {
        return new ServiceClass(
                pool.name(),
                pool.prefixes(),
                pool.psidOffset(),
                pool.psidLength(),
                pool.reservedPorts(),
                pool.clients(),
                pool.minLifetime(),
                pool.maxLifetime(),
                Duration.ZERO,
                pool.alarmLevels());
    }
}
