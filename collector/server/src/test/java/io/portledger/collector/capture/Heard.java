package io.portledger.collector.capture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a listener heard, as lines of text. */
final class Heard implements CaptureListener {

    final List<String> lines = new ArrayList<>();

    @Override
    public void onDatagram(Flow flow, long atMillis, byte[] payload) {
        lines.add(flow.protocol() + " " + flow.source().getAddress().getHostAddress() + ":"
                + flow.source().getPort() + ">" + flow.destination().getPort() + " " + text(payload));
    }

    @Override
    public void onOctets(Flow flow, long atMillis, byte[] octets) {
        lines.add("TCP " + flow.source().getPort() + " " + text(octets));
    }

    @Override
    public void onHole(Flow flow, long atMillis) {
        lines.add("hole " + flow.source().getPort());
    }

    @Override
    public void onEnd(Flow flow, long atMillis) {
        lines.add("end " + flow.source().getPort());
    }

    @Override
    public void onSkipped(String reason) {
        lines.add("skipped " + reason);
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.UTF_8);
    }
}
