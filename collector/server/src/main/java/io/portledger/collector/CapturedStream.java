package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.portledger.collector.capture.Flow;
import io.portledger.ipfix.IpfixFileReader;
import io.portledger.ipfix.MessageHeader;
import io.portledger.records.v1.Evidence;
import io.portledger.syslog.SyslogFrame;
import io.portledger.syslog.SyslogFrameDecoder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a captured TCP connection. What it is, its first octets tell. Where octets are missing, or the capture
 * begins in the middle, it goes on with the next message that can be found; what lies before that is kept as undecodable.
 */
final class CapturedStream {

    private static final int MAX_MESSAGE_OCTETS = 65_536;

    /** So many octets tell what a stream is. */
    private static final int TELLING_OCTETS = 16;

    private static final int MAX_IPFIX = 65_535;

    private final ImportTarget target;
    private final Flow flow;
    private final String exporter;
    private final ImportOptions.@Nullable Protocol said;
    private final ByteBuf held = Unpooled.buffer(TELLING_OCTETS);
    private Reading reading = Reading.UNDECIDED;
    private boolean isLost;
    private boolean hasBegun;
    private long lastMillis;
    private @Nullable ExporterSession session;
    private @Nullable EmbeddedChannel frames;

    private enum Reading {
        UNDECIDED,
        IPFIX,
        SYSLOG,
        NOTHING
    }

    /** @param said what it is, if the operator said so */
    CapturedStream(ImportTarget target, Flow flow, ImportOptions.@Nullable Protocol said) {
        this.target = target;
        this.flow = flow;
        this.said = said;
        exporter = Addresses.text(flow.source());
    }

    void take(byte[] octets, long atMillis) {
        if (reading == Reading.NOTHING) {
            return;
        }
        hasBegun = true;
        lastMillis = atMillis;
        if (reading == Reading.SYSLOG && !isLost) {
            takeFrames(Unpooled.wrappedBuffer(octets), atMillis);
            return;
        }
        held.discardSomeReadBytes();
        held.writeBytes(octets);
        if (reading == Reading.UNDECIDED && held.readableBytes() >= TELLING_OCTETS) {
            decide(atMillis);
        }
        read(atMillis);
    }

    private void read(long atMillis) {
        if (reading == Reading.IPFIX) {
            takeMessages(atMillis);
        } else if (reading == Reading.SYSLOG) {
            takeLines(atMillis);
        }
    }

    private void decide(long atMillis) {
        byte[] first = new byte[held.readableBytes()];
        held.getBytes(held.readerIndex(), first);
        reading = decide(first, atMillis);
        if (reading == Reading.NOTHING) {
            boolean isTls = !isLost && first.length > 2 && first[0] == 0x16 && first[1] == 3;
            target.census()
                    .notRead(
                            isTls
                                    ? "TLS connections, of which a capture does not show what is said"
                                    : "TCP connections, each way for itself, with neither IPFIX nor syslog",
                            1);
            held.clear();
        }
    }

    private Reading decide(byte[] first, long atMillis) {
        ImportOptions.Protocol told = said == null ? CapturedTraffic.wellKnown(flow) : said;
        if (told == ImportOptions.Protocol.IPFIX
                || (told == null && (isMessage(held.readerIndex()) || (isLost && find(held.readerIndex()) >= 0)))) {
            return Reading.IPFIX;
        }
        int line = syncSyslog(first, 0);
        boolean isSyslog = told == ImportOptions.Protocol.SYSLOG
                || (isLost
                        ? CapturedTraffic.isText(first) && line >= 0
                        : line == 0 || CapturedTraffic.isSyslog(target.syslog(), firstLine(first), atMillis));
        return isSyslog ? Reading.SYSLOG : Reading.NOTHING;
    }

    private static byte[] firstLine(byte[] octets) {
        int end = 0;
        while (end < octets.length && octets[end] != '\n') {
            end++;
        }
        return Arrays.copyOf(octets, end);
    }

    /** Octets are missing here, or the capture begins here. */
    void onHole(long atMillis) {
        if (reading == Reading.SYSLOG) {
            if (hasBegun) {
                target.reportHole(exporter, lastMillis, atMillis);
            }
            closeFrames(atMillis);
        }
        giveUp(held.readableBytes(), atMillis);
        isLost = true;
    }

    private void takeMessages(long atMillis) {
        while (true) {
            if (isLost) {
                int found = find(held.readerIndex());
                int skipped = found >= 0 ? found - held.readerIndex() : Math.max(0, held.readableBytes() - MAX_IPFIX);
                giveUp(skipped, atMillis);
                if (found < 0) {
                    return;
                }
                isLost = false;
            }
            if (held.readableBytes() < MessageHeader.LENGTH) {
                return;
            }
            if (!isMessage(held.readerIndex())) {
                isLost = true;
                continue;
            }
            int length = held.getUnsignedShort(held.readerIndex() + 2);
            if (held.readableBytes() < length) {
                return;
            }
            session(atMillis).take(held.readSlice(length), atMillis);
        }
    }

    private boolean isMessage(int at) {
        return held.writerIndex() - at >= MessageHeader.LENGTH
                && held.getUnsignedShort(at) == MessageHeader.IPFIX_VERSION
                && held.getUnsignedShort(at + 2) >= MessageHeader.LENGTH;
    }

    /** Where a message begins, whole and filled by its sets; -1 if none does. */
    private int find(int from) {
        for (int at = from; at <= held.writerIndex() - MessageHeader.LENGTH; at++) {
            if (isMessage(at)) {
                int end = at + held.getUnsignedShort(at + 2);
                if (end <= held.writerIndex()
                        && end > at + MessageHeader.LENGTH
                        && IpfixFileReader.areSets(held, at + MessageHeader.LENGTH, end)) {
                    return at;
                }
            }
        }
        return -1;
    }

    private ExporterSession session(long atMillis) {
        ExporterSession known = session;
        if (known == null) {
            known = target.ipfix().stream(
                    new SessionSource(exporter, Evidence.Transport.IPFIX_TCP, target.file()), target.batch());
            known.begin(atMillis);
            session = known;
        }
        return known;
    }

    /** Keeps octets that are no message, as what they should have been. */
    private void giveUp(int length, long atMillis) {
        int left = length;
        while (left > 0) {
            int some = Math.min(left, MAX_IPFIX);
            ByteBuf octets = held.readBytes(some);
            if (reading == Reading.IPFIX) {
                session(atMillis).take(octets, atMillis);
            } else if (reading == Reading.SYSLOG) {
                byte[] kept = new byte[octets.readableBytes()];
                octets.readBytes(kept);
                takeSyslog(kept, "octets of the connection are missing before or behind this", atMillis);
            }
            left -= some;
        }
    }

    private void takeLines(long atMillis) {
        if (isLost) {
            byte[] octets = new byte[held.readableBytes()];
            held.getBytes(held.readerIndex(), octets);
            int found = syncSyslog(octets, 0);
            giveUp(found < 0 ? Math.max(0, octets.length - MAX_MESSAGE_OCTETS) : found, atMillis);
            if (found < 0) {
                return;
            }
            isLost = false;
        }
        ByteBuf all = held.readBytes(held.readableBytes());
        takeFrames(all, atMillis);
    }

    /** Where a message begins: a priority, or the length of a frame and a priority; -1 if none does. */
    private static int syncSyslog(byte[] octets, int from) {
        for (int at = from; at < octets.length; at++) {
            if (octets[at] == '<' && isPriority(octets, at)) {
                int start = at;
                if (start > from && octets[start - 1] == ' ') {
                    int digits = start - 1;
                    while (digits > from && octets[digits - 1] >= '0' && octets[digits - 1] <= '9') {
                        digits--;
                    }
                    return digits < start - 1 ? digits : start;
                }
                if (start == from || octets[start - 1] == '\n') {
                    return start;
                }
            }
        }
        return -1;
    }

    private static boolean isPriority(byte[] octets, int at) {
        int digits = at + 1;
        while (digits < octets.length && octets[digits] >= '0' && octets[digits] <= '9') {
            digits++;
        }
        return digits > at + 1 && digits <= at + 4 && digits < octets.length && octets[digits] == '>';
    }

    private void takeFrames(ByteBuf octets, long atMillis) {
        EmbeddedChannel channel = frames;
        if (channel == null) {
            channel = new EmbeddedChannel(new SyslogFrameDecoder(MAX_MESSAGE_OCTETS));
            frames = channel;
        }
        channel.writeInbound(octets);
        takeFramed(channel, atMillis);
    }

    private void takeFramed(EmbeddedChannel channel, long atMillis) {
        for (SyslogFrame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
            takeSyslog(frame.octets(), frame.fault(), atMillis);
        }
    }

    private void takeSyslog(byte[] octets, @Nullable String fault, long atMillis) {
        target.takeSyslog(octets, fault, exporter, Evidence.Transport.SYSLOG_TCP, atMillis);
    }

    private void closeFrames(long atMillis) {
        EmbeddedChannel channel = frames;
        if (channel != null) {
            channel.finish();
            takeFramed(channel, atMillis);
            frames = null;
        }
    }

    /** What comes now is from another file, which continues those before. */
    void continueIn(String file) {
        if (session != null) {
            session.continueIn(file);
        }
    }

    void expire(long atMillis) {
        if (session != null) {
            session.expire(atMillis);
        }
    }

    /** The stream has ended. */
    void close(long atMillis) {
        if (reading == Reading.UNDECIDED && held.isReadable()) {
            decide(atMillis);
            read(atMillis);
        }
        closeFrames(atMillis);
        giveUp(held.readableBytes(), atMillis);
        if (session != null) {
            session.close(atMillis);
        }
    }
}
