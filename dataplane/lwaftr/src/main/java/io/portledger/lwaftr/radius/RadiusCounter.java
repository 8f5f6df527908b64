package io.portledger.lwaftr.radius;

import java.util.Locale;

/** What is counted of RADIUS. */
public enum RadiusCounter {
    /** Access-Requests that were made, each counted once. */
    ACCESS_REQUESTS,
    /** Answers that an lwB4 may have a binding. */
    ACCESS_ACCEPTS,
    /** Answers that it may not. */
    ACCESS_REJECTS,
    /** Accepts that say what cannot be: refused. */
    ACCESS_ACCEPTS_UNUSABLE,
    /** Access-Requests that no server answered, or that were never sent because too many wait. */
    ACCESS_UNANSWERED,
    /** Accounting-Requests that were made. */
    ACCOUNTING_REQUESTS,
    /** Accounting-Responses. */
    ACCOUNTING_RESPONSES,
    /** Times that no server answered an Accounting-Request; it is tried again. */
    ACCOUNTING_UNANSWERED,
    /** Accounting records that were dropped because too many wait. */
    ACCOUNTING_DROPPED,
    /** Requests that were sent to the same server again. */
    RETRANSMISSIONS,
    /** Requests that went on to another server. */
    FAILOVERS,
    /** Datagrams to our sockets from somebody who is not the server. */
    REPLIES_FROM_STRANGERS,
    /** Replies that are no RADIUS packets. */
    REPLIES_MALFORMED,
    /** Replies whose authenticator is wrong. */
    REPLIES_NOT_AUTHENTIC,
    /** Replies without the Message-Authenticator that they must have. */
    REPLIES_WITHOUT_MESSAGE_AUTHENTICATOR,
    /** Replies for which nobody waits (any more), or of another kind. */
    REPLIES_UNEXPECTED,
    /** CoA-Requests and Disconnect-Requests that were served, with either answer. */
    COA_REQUESTS,
    /** Answers CoA-ACK and Disconnect-ACK. */
    COA_ACKS,
    /** Answers CoA-NAK and Disconnect-NAK. */
    COA_NAKS,
    /** Such requests that came once more and were answered as before. */
    COA_REPEATED,
    /** Datagrams from somebody who may not send them. */
    COA_FROM_STRANGERS,
    /** Datagrams that are no such requests. */
    COA_MALFORMED,
    /** Requests whose authenticator is wrong. */
    COA_NOT_AUTHENTIC,
    /** Requests without Event-Timestamp, or from another time: perhaps replayed. */
    COA_STALE,
    /** Requests beyond the number that is served in a second. */
    COA_FLOODED;

    /** The name in metrics, such as {@code access-requests}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
