package io.portledger.pcp;

import java.time.Instant;

/**
 * Tells by a server's epoch times whether it lost its mappings (RFC 6887 §8.5): does its time run as ours does? One thread.
 */
public final class EpochCheck {

    private boolean isFirst = true;
    private long previousServer;
    private long previousClient;

    /**
     * Takes the epoch time of a response that came now.
     *
     * @return false if the server has lost its state since the response before
     */
    public boolean accept(long serverSeconds, Instant now) {
        long client = now.getEpochSecond();
        boolean isValid = isFirst || isPlausible(serverSeconds, client);
        isFirst = false;
        previousServer = serverSeconds;
        previousClient = client;
        return isValid;
    }

    private boolean isPlausible(long server, long client) {
        if (server + 1 < previousServer) {
            return false;
        }
        long clientDelta = client - previousClient;
        long serverDelta = server - previousServer;
        return clientDelta + 2 >= serverDelta - serverDelta / 16 && serverDelta + 2 >= clientDelta - clientDelta / 16;
    }
}
