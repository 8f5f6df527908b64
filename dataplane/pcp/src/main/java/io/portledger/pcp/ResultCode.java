package io.portledger.pcp;

import java.util.Optional;

/** Result codes of RFC 6887 §7.4, RFC 7652 §5 and RFC 7843 §5, each with how long its cause is likely to last. */
public enum ResultCode {
    /** The request was carried out. */
    SUCCESS(0, 0),
    /** The server does not speak this version; its answer carries the closest one that it speaks. */
    UNSUPP_VERSION(1, Lifetime.LONG),
    /** Disabled for this client, or the nonce is not that of the mapping. */
    NOT_AUTHORIZED(2, Lifetime.LONG),
    /** The request could not be parsed. */
    MALFORMED_REQUEST(3, Lifetime.LONG),
    /** The server does not know the opcode. */
    UNSUPP_OPCODE(4, Lifetime.LONG),
    /** The server does not know an option that must be processed. */
    UNSUPP_OPTION(5, Lifetime.LONG),
    /** An option is not as its definition says. */
    MALFORMED_OPTION(6, Lifetime.LONG),
    /** The server or the device that it controls has no network. */
    NETWORK_FAILURE(7, Lifetime.SHORT),
    /** Nothing is left to map to, or the server is overloaded. */
    NO_RESOURCES(8, Lifetime.SHORT),
    /** The server cannot map this transport protocol. */
    UNSUPP_PROTOCOL(9, Lifetime.LONG),
    /** The subscriber has all that it may have. */
    USER_EX_QUOTA(10, Lifetime.SHORT),
    /** The suggested external address or port cannot be given, and nothing else would do. */
    CANNOT_PROVIDE_EXTERNAL(11, Lifetime.SHORT),
    /** The packet came from another address than the request says: there is a NAT on the way. */
    ADDRESS_MISMATCH(12, Lifetime.LONG),
    /** More filters than the server can keep. */
    EXCESSIVE_REMOTE_PEERS(13, Lifetime.LONG),
    /** RFC 7652: authentication begins. */
    INITIATION(14, 0),
    /** RFC 7652: the request must be authenticated. */
    AUTHENTICATION_REQUIRED(15, Lifetime.LONG),
    /** RFC 7652: authentication failed. */
    AUTHENTICATION_FAILED(16, Lifetime.LONG),
    /** RFC 7652: authentication succeeded. */
    AUTHENTICATION_SUCCEEDED(17, 0),
    /** RFC 7652: authenticated, but not allowed. */
    AUTHORIZATION_FAILED(18, Lifetime.LONG),
    /** RFC 7652: the session has ended. */
    SESSION_TERMINATED(19, 0),
    /** RFC 7652: no such session. */
    UNKNOWN_SESSION_ID(20, Lifetime.LONG),
    /** RFC 7652: downgrade attack detected. */
    DOWNGRADE_ATTACK_DETECTED(21, Lifetime.LONG),
    /** RFC 7652: the client must authenticate with this server. */
    AUTHENTICATION_REQUEST(22, 0),
    /** RFC 7652: the server restarts the session. */
    AUTHENTICATION_REPLY(23, 0),
    /** RFC 7843: no subscriber of that identifier. */
    THIRD_PARTY_ID_UNKNOWN(24, Lifetime.LONG),
    /** RFC 7843: THIRD_PARTY without THIRD_PARTY_ID. */
    THIRD_PARTY_MISSING_OPTION(25, Lifetime.LONG),
    /** RFC 7843: the identifier has an unsupported length. */
    UNSUPP_THIRD_PARTY_ID_LENGTH(26, Lifetime.LONG);

    private static final ResultCode[] BY_CODE = values();

    private final int code;
    private final int lifetimeSeconds;

    ResultCode(int code, int lifetimeSeconds) {
        this.code = code;
        this.lifetimeSeconds = lifetimeSeconds;
    }

    /** The number on the wire, 0-255. */
    public int code() {
        return code;
    }

    /** How long a client should take this error for granted (RFC 6887 §7.4: 30 minutes or 30 seconds), in seconds. */
    public int lifetimeSeconds() {
        return lifetimeSeconds;
    }

    /** The result of that number, if it is a known one. */
    public static Optional<ResultCode> of(int code) {
        return code >= 0 && code < BY_CODE.length ? Optional.of(BY_CODE[code]) : Optional.empty();
    }

    private static final class Lifetime {
        static final int SHORT = 30;
        static final int LONG = 1800;
    }
}
