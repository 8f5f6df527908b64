package io.portledger.collector;

import com.google.protobuf.ByteString;
import io.portledger.records.v1.Evidence;
import java.net.InetSocketAddress;

/**
 * Where a session's octets come from, as the evidence of its records says it.
 *
 * @param exporter address of the sender, RFC 5952 text, without its port
 * @param transport by which way they came
 * @param file name of the file that they were read from, without its folder; empty if they came over a network
 */
record SessionSource(String exporter, Evidence.Transport transport, String file) {

    /** A sender on the network. */
    static SessionSource of(InetSocketAddress sender, Evidence.Transport transport) {
        return new SessionSource(Addresses.text(sender), transport, "");
    }

    /** Evidence with what is known of the source. */
    Evidence.Builder evidence(long receivedMillis, ByteString raw) {
        Evidence.Builder evidence = Outbox.evidence(exporter, transport, receivedMillis, raw);
        return file.isEmpty() ? evidence : evidence.setFile(file);
    }
}
