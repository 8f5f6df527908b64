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
    static PoolSettings settings(String name, int psidOffset, int psidLength, int reservedPorts, String... prefixes) {
        return new PoolSettings(
                name,
                Stream.of(prefixes).map(Ipv4Prefix::parse).toList(),
                psidOffset,
                psidLength,
                reservedPorts,
                List.of(),
                Duration.ofMinutes(2),
                Duration.ofDays(1),
                Duration.ofMinutes(2));
    }

    static PoolSettings forClients(PoolSettings pool, String... clients) {
        return new PoolSettings(
                pool.name(),
                pool.prefixes(),
                pool.psidOffset(),
                pool.psidLength(),
                pool.reservedPorts(),
                Stream.of(clients).map(Ipv6Prefix::parse).toList(),
                pool.minLifetime(),
                pool.maxLifetime(),
                pool.holdDown());
    }

    static PoolSettings withoutHoldDown(PoolSettings pool) {
        return new PoolSettings(
                pool.name(),
                pool.prefixes(),
                pool.psidOffset(),
                pool.psidLength(),
                pool.reservedPorts(),
                pool.clients(),
                pool.minLifetime(),
                pool.maxLifetime(),
                Duration.ZERO);
    }
}
