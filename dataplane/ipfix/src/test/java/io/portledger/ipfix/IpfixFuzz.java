package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The decoders under arbitrary octets: what a fuzzer calls, and what its findings are replayed with. Records lie within
 * their message, a malformed message leaves no trace, and templates outlive being written down.
 */
public final class IpfixFuzz {

    private IpfixFuzz() {}

    /** The fuzzer's entry. The first octet says whether the others are IPFIX or NetFlow v9, and over what. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        TemplateStore session = new TemplateStore(
                switch (input[0] >> 1 & 3) {
                    case 0 -> TemplateStore.Session.UNRELIABLE;
                    case 1 -> TemplateStore.Session.RELIABLE;
                    default -> TemplateStore.Session.FILE;
                },
                64);
        MessageDecoder decoder = (input[0] & 1) == 0
                ? new IpfixDecoder(ElementRegistry.iana())
                : new NetflowV9Decoder(ElementRegistry.iana());
        try {
            if ((input[0] & 8) == 0) {
                // Twice, so that data before their template are read as well.
                decode(decoder, session, Unpooled.wrappedBuffer(input, 1, input.length - 1));
                decode(decoder, session, Unpooled.wrappedBuffer(input, 1, input.length - 1));
            } else {
                IpfixFileReader reader = new IpfixFileReader(new ByteArrayInputStream(input, 1, input.length - 1));
                long octets = 0;
                for (ByteBuf message = reader.next(); message != null; message = reader.next()) {
                    octets += message.readableBytes();
                    decode(decoder, session, message);
                }
                require(octets + reader.skippedOctets() == input.length - 1, "octets of the file are unaccounted for");
            }
            keep(session);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void decode(MessageDecoder decoder, TemplateStore session, ByteBuf in) {
        while (in.isReadable()) {
            int length = in.readableBytes();
            int templates = session.size();
            int[] octets = new int[1];
            try {
                decoder.decode(in, session, record -> {
                    octets[0] += record.rawOctets().length;
                    for (int i = 0; i < record.fieldCount(); i++) {
                        require(record.octets(i).length <= record.rawLength(), "a field is longer than its record");
                    }
                });
            } catch (IpfixException e) {
                require(octets[0] == 0 && session.size() == templates, "a malformed message left a trace");
            }
            require(octets[0] <= length, "records are longer than their message");
            require(in.readableBytes() < length, "the reader stands still");
        }
    }

    private static void keep(TemplateStore session) throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        session.write(new DataOutputStream(written));
        TemplateStore again = new TemplateStore(session.session(), 64);
        again.read(new DataInputStream(new ByteArrayInputStream(written.toByteArray())), ElementRegistry.iana());
        require(again.size() == session.size(), "templates were lost on the way");
    }

    private static void require(boolean holds, String fault) {
        if (!holds) {
            throw new IllegalStateException(fault);
        }
    }
}
