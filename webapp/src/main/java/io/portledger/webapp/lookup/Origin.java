package io.portledger.webapp.lookup;

/**
 * Where a question came from.
 *
 * @param channel by which door
 * @param address the asker's network address as the server saw it
 */
public record Origin(Channel channel, String address) {

    /** The doors. */
    public enum Channel {
        /** The views in the browser. */
        BROWSER,
        /** The REST interface, which the command line uses too. */
        REST
    }
}
