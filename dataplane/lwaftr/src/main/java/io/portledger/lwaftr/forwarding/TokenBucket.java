package io.portledger.lwaftr.forwarding;

/** Lets through at most so many packets at once, and so many in a time. One thread. */
final class TokenBucket {

    private final double capacity;
    private final double tokensPerNano;
    private double tokens;
    private long lastNanos;

    TokenBucket(ForwardingSettings.RateLimit limit, long nowNanos) {
        this.capacity = limit.packets();
        this.tokensPerNano = limit.packets() / (limit.perSeconds() * 1e9);
        this.tokens = capacity;
        this.lastNanos = nowNanos;
    }

    /** Takes a token if there is one. */
    boolean take(long nowNanos) {
        tokens = Math.min(capacity, tokens + Math.max(0, nowNanos - lastNanos) * tokensPerNano);
        lastNanos = nowNanos;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
