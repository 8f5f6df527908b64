package io.portledger.syslog;

import org.jspecify.annotations.Nullable;

/**
 * What {@link SyslogFrameDecoder} found in a stream: a syslog message's octets without their framing, or octets that
 * are no whole message, with the fault.
 */
public final class SyslogFrame {

    private final byte[] octets;
    private final @Nullable String fault;

    SyslogFrame(byte[] octets, @Nullable String fault) {
        this.octets = octets;
        this.fault = fault;
    }

    /** The message, or, if there is a {@link #fault()}, as much of it as was kept. The array is the frame's own. */
    public byte[] octets() {
        return octets;
    }

    /** One sentence that says why this is not a whole message; null if it is one. */
    public @Nullable String fault() {
        return fault;
    }
}
