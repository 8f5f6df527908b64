package io.portledger.collector;

import io.portledger.collector.capture.CaptureDissector;
import io.portledger.collector.capture.CaptureListener;
import io.portledger.collector.capture.Flow;
import io.portledger.packet.CaptureReader;
import io.portledger.packet.CapturedPacket;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * The readers of captures under arbitrary octets: what a fuzzer calls, and what its findings are replayed with. A file is
 * read or refused with a reason; what comes out of its packets is no more than went in.
 */
public final class ImportFuzz {

    private ImportFuzz() {}

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        Octets octets = new Octets();
        long in = 0;
        try (CaptureDissector dissector = new CaptureDissector(octets);
                CaptureReader reader = new CaptureReader(new ByteArrayInputStream(input), "fuzz")) {
            for (Optional<CapturedPacket> next = reader.next(); next.isPresent(); next = reader.next()) {
                in += next.get().frame().length;
                dissector.take(next.get());
            }
        } catch (IOException e) {
            require(e.getMessage() != null && !e.getMessage().isEmpty(), "refused without a reason");
        }
        require(octets.count <= in, octets.count + " octets out of " + in);
    }

    private static void require(boolean isSo, String otherwise) {
        if (!isSo) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static final class Octets implements CaptureListener {
        private long count;

        @Override
        public void onDatagram(Flow flow, long atMillis, byte[] payload) {
            count += payload.length;
        }

        @Override
        public void onOctets(Flow flow, long atMillis, byte[] octets) {
            count += octets.length;
        }

        @Override
        public void onHole(Flow flow, long atMillis) {
            require(flow.protocol() == Flow.Protocol.TCP, "a hole in what is no stream");
        }

        @Override
        public void onEnd(Flow flow, long atMillis) {
            require(flow.protocol() == Flow.Protocol.TCP, "the end of what is no stream");
        }

        @Override
        public void onSkipped(String reason) {
            require(!reason.isEmpty(), "skipped without a reason");
        }
    }
}
