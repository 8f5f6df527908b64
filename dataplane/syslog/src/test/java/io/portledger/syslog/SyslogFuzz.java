package io.portledger.syslog;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;

/**
 * The parsers under arbitrary octets: what a fuzzer calls, and what its findings are replayed with. Every input is a
 * message of RFC 3164; what can be read as one of RFC 5424 is written again, and is the same when it is read again; and
 * a stream of it comes out of the decoder without loss.
 */
public final class SyslogFuzz {

    private static final Instant RECEIVED = Instant.parse("2024-02-29T23:59:59Z");
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

    private SyslogFuzz() {}

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        byte[] octets = Rfc3164Message.trim(input);
        Rfc3164Message message = Rfc3164Message.parse(octets, RECEIVED, ZONE);
        require(message.body().endsWith(message.content()), "content is no part of the body", message);
        require((message.timestamp() == null) == (message.timeFault() != null), "no time and no reason", message);
        try {
            SyslogMessage read = SyslogMessage.parse(octets);
            require(Rfc3164Message.isOfRfc5424(octets), "read, and not recognised", read);
            require(read.equals(SyslogMessage.parse(read.toBytes())), "written and read as something else", read);
        } catch (SyslogParseException e) {
            require(e.getMessage() != null && !e.getMessage().isEmpty(), "refused without a reason", message);
        }
        EmbeddedChannel channel = new EmbeddedChannel(new SyslogFrameDecoder(64));
        channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOf(input, input.length)));
        channel.finish();
        for (Object out = channel.readInbound(); out != null; out = channel.readInbound()) {
            require(((SyslogFrame) out).octets().length <= 64, "a frame above the limit", out);
        }
    }

    private static void require(boolean isSo, String otherwise, Object found) {
        if (!isSo) {
            throw new IllegalStateException(otherwise + ": " + found);
        }
    }
}
