package io.portledger.lwb4.fleet;

import io.portledger.softwire.Ipv6Address;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What a fleet is made of.
 *
 * @param server the lwAFTR's PCP server, which must allow THIRD_PARTY from this machine
 * @param clients how many lwB4s, 1 to 16777216
 * @param firstClient address of the first; each further one is in the /56 behind that of the one before
 * @param sockets over how many sockets they send, 1 to 64
 * @param lifetime that they ask for, in whole seconds
 * @param learnsFurtherRanges whether they ask for the further ranges of scattered port sets
 * @param renews whether they renew by themselves, as real ones do, rather than only when told to
 * @param seed of everything that is random
 */
public record FleetSettings(
        InetSocketAddress server,
        int clients,
        Ipv6Address firstClient,
        int sockets,
        Duration lifetime,
        boolean learnsFurtherRanges,
        boolean renews,
        long seed) {

    /** @throws IllegalArgumentException naming the first value that is out of its range */
    public FleetSettings {
        require("clients", clients, 1, 1 << 24);
        require("sockets", sockets, 1, 64);
        require("lifetime", lifetime.toSeconds(), 1, 0xffff_ffffL);
    }

    /**
     * Clients {@code 2001:db8:1::1}, {@code 2001:db8:1:100::1} and so on, which ask for an hour over four sockets and
     * renew only when told to.
     */
    public static FleetSettings of(InetSocketAddress server, int clients) {
        return new FleetSettings(
                server, clients, Ipv6Address.parse("2001:db8:1::1"), 4, Duration.ofHours(1), true, false, 1);
    }

    /** The same with another lifetime. */
    public FleetSettings withLifetime(Duration other) {
        return new FleetSettings(server, clients, firstClient, sockets, other, learnsFurtherRanges, renews, seed);
    }

    /** The same with another first client. */
    public FleetSettings withFirstClient(Ipv6Address other) {
        return new FleetSettings(server, clients, other, sockets, lifetime, learnsFurtherRanges, renews, seed);
    }

    /** The same, renewing by themselves or not. */
    public FleetSettings withRenews(boolean other) {
        return new FleetSettings(server, clients, firstClient, sockets, lifetime, learnsFurtherRanges, other, seed);
    }

    /** The same with another seed. */
    public FleetSettings withSeed(long other) {
        return new FleetSettings(server, clients, firstClient, sockets, lifetime, learnsFurtherRanges, renews, other);
    }

    /** The softwire address of a client. */
    public Ipv6Address address(int client) {
        return new Ipv6Address(firstClient.high() + ((long) client << 8), firstClient.low());
    }

    private static void require(String key, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("Invalid value " + value + " for key " + key
                    + ": out of range (allowed: " + least + "-" + most + ")");
        }
    }
}
