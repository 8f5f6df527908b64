package io.portledger.collector.capture;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts the segments of TCP connections (RFC 9293) into their order, each direction for itself. Connections that began
 * before the capture are taken from the first segment on, as a hole. For one thread.
 *
 * <p>Bounded in streams, and in octets that wait for what is missing before them: who exceeds it has lost what is missing.
 * Nothing is checked that a capture cannot know, such as windows; segments far from where the stream is begin it anew.
 */
final class TcpStreams {

    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;

    private static final int MAX_STREAMS = 16_384;
    private static final int MAX_WAITING_OCTETS = 1 << 20;
    private static final long MAX_WAITING_OCTETS_OF_ALL = 1L << 26;

    /** What a waiting segment costs beyond its octets. */
    private static final int SEGMENT_OCTETS = 64;

    /** No window is larger (RFC 7323 §2.2). */
    private static final int FARTHEST = 1 << 30;

    private final CaptureListener listener;
    private final Map<Flow, Stream> streams = new LinkedHashMap<>(64, 0.75f, true);
    private long waitingOctetsOfAll;

    private static final class Segment {
        private final int sequence;
        private final byte[] octets;

        Segment(int sequence, byte[] octets) {
            this.sequence = sequence;
            this.octets = octets;
        }
    }

    private static final class Stream {
        private final List<Segment> waiting = new ArrayList<>();
        private int next;
        private int waitingOctets;
        private boolean hasEnd;
        private int end;
        private long lastMillis;

        Stream(int next) {
            this.next = next;
        }
    }

    TcpStreams(CaptureListener listener) {
        this.listener = listener;
    }

    void take(Flow flow, long atMillis, int sequence, int flags, byte[] payload) {
        Stream stream = streams.get(flow);
        int first = (flags & SYN) != 0 ? sequence + 1 : sequence;
        if ((flags & SYN) != 0 && (stream == null || stream.next != first)) {
            if (stream != null) {
                end(flow, stream);
            }
            stream = begin(flow, first);
        } else if (stream == null) {
            if (payload.length == 0 || (flags & RST) != 0) {
                return;
            }
            stream = begin(flow, first);
            listener.onHole(flow, atMillis);
        }
        stream.lastMillis = atMillis;
        if ((flags & RST) != 0) {
            end(flow, stream);
            return;
        }
        if (payload.length > 0) {
            take(flow, stream, first, payload);
        }
        if ((flags & FIN) != 0) {
            stream.hasEnd = true;
            stream.end = first + payload.length;
        }
        if (stream.hasEnd && stream.next - stream.end >= 0) {
            end(flow, stream);
        }
    }

    private Stream begin(Flow flow, int next) {
        Stream stream = new Stream(next);
        streams.put(flow, stream);
        if (streams.size() > MAX_STREAMS) {
            Map.Entry<Flow, Stream> eldest = streams.entrySet().iterator().next();
            end(eldest.getKey(), eldest.getValue());
        }
        return stream;
    }

    private void take(Flow flow, Stream stream, int sequence, byte[] payload) {
        int ahead = sequence - stream.next;
        if (Math.abs((long) ahead) > FARTHEST) {
            drop(stream);
            listener.onHole(flow, stream.lastMillis);
            stream.next = sequence;
            ahead = 0;
        }
        if (ahead > 0) {
            stream.waiting.add(new Segment(sequence, payload));
            stream.waitingOctets += payload.length + SEGMENT_OCTETS;
            waitingOctetsOfAll += payload.length + SEGMENT_OCTETS;
            while (stream.waitingOctets > MAX_WAITING_OCTETS
                    || (waitingOctetsOfAll > MAX_WAITING_OCTETS_OF_ALL && !stream.waiting.isEmpty())) {
                jump(flow, stream);
            }
            return;
        }
        deliver(flow, stream, -ahead, payload);
        drain(flow, stream);
    }

    private void deliver(Flow flow, Stream stream, int from, byte[] payload) {
        if (from < payload.length) {
            stream.next += payload.length - from;
            listener.onOctets(
                    flow, stream.lastMillis, from == 0 ? payload : Arrays.copyOfRange(payload, from, payload.length));
        }
    }

    /** Delivers what has waited for the octets just delivered. */
    private void drain(Flow flow, Stream stream) {
        boolean hasMoved = true;
        while (hasMoved && !stream.waiting.isEmpty()) {
            hasMoved = false;
            for (Iterator<Segment> each = stream.waiting.iterator(); each.hasNext(); ) {
                Segment segment = each.next();
                int behind = stream.next - segment.sequence;
                if (behind >= 0) {
                    each.remove();
                    forget(stream, segment);
                    deliver(flow, stream, behind, segment.octets);
                    hasMoved = true;
                }
            }
        }
    }

    /** Gives up what is missing before the first segment that waits. */
    private void jump(Flow flow, Stream stream) {
        int nearest = Integer.MAX_VALUE;
        for (Segment segment : stream.waiting) {
            nearest = Math.min(nearest, segment.sequence - stream.next);
        }
        stream.next += nearest;
        listener.onHole(flow, stream.lastMillis);
        drain(flow, stream);
    }

    private void end(Flow flow, Stream stream) {
        streams.remove(flow);
        while (!stream.waiting.isEmpty()) {
            jump(flow, stream);
        }
        listener.onEnd(flow, stream.lastMillis);
    }

    private void drop(Stream stream) {
        stream.waiting.forEach(segment -> forget(stream, segment));
        stream.waiting.clear();
    }

    private void forget(Stream stream, Segment segment) {
        stream.waitingOctets -= segment.octets.length + SEGMENT_OCTETS;
        waitingOctetsOfAll -= segment.octets.length + SEGMENT_OCTETS;
    }

    /** Octets that wait, for tests of the bound. */
    long waitingOctets() {
        return waitingOctetsOfAll;
    }

    /** The capture has ended. */
    void close() {
        while (!streams.isEmpty()) {
            Map.Entry<Flow, Stream> eldest = streams.entrySet().iterator().next();
            end(eldest.getKey(), eldest.getValue());
        }
    }
}
