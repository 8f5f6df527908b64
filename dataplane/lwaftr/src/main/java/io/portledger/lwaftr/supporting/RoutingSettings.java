package io.portledger.lwaftr.supporting;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the routing daemon is told; {@code lwaftr-defaults.yaml} explains each key.
 *
 * @param birdFile file in the form of BIRD 2; null: none
 * @param frrFile file in the form of FRR; null: none
 * @param nextHop where the routes lead: {@code blackhole}, an interface, or an IPv4 address
 * @param hook a program and its arguments, run after each change; empty: none
 * @param hookTimeout how long the program may run, 1s-10m
 */
public record RoutingSettings(
        @Nullable Path birdFile, @Nullable Path frrFile, String nextHop, List<String> hook, Duration hookTimeout) {

    private static final String NEXT_HOP = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    /** @throws IllegalArgumentException naming the key and what it allows */
    public RoutingSettings {
        hook = List.copyOf(hook);
        if (!nextHop.matches(NEXT_HOP)) {
            throw new IllegalArgumentException(
                    "Invalid value " + nextHop
                            + " for key next-hop: nothing a route can lead to (allowed: blackhole, an interface, an IPv4 address)");
        }
        if (hookTimeout.compareTo(Duration.ofSeconds(1)) < 0 || hookTimeout.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException(
                    "Invalid value " + hookTimeout + " for key hook-timeout: out of range (allowed: 1s-10m)");
        }
    }

    /** Whether anybody wants to be told. */
    boolean isWanted() {
        return birdFile != null || frrFile != null || !hook.isEmpty();
    }
}
