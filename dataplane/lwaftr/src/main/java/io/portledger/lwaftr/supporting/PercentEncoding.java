package io.portledger.lwaftr.supporting;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The encoding of segments of a path, RFC 3986 §2.1. */
final class PercentEncoding {

    private PercentEncoding() {}

    /** The text of a segment. */
    static String decode(String segment) throws RestconfException {
        if (segment.indexOf('%') < 0) {
            return segment;
        }
        ByteArrayOutputStream octets = new ByteArrayOutputStream(segment.length());
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c != '%') {
                octets.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            int high = digit(segment, i + 1);
            int low = digit(segment, i + 2);
            if (high < 0 || low < 0) {
                throw malformed(segment);
            }
            octets.write(high << 4 | low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed(segment);
        }
    }

    private static int digit(String text, int at) {
        return at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
    }

    private static RestconfException malformed(String segment) {
        return RestconfException.of(
                400, "malformed-message", "", "\"" + segment + "\" in the path is not percent-encoded UTF-8");
    }
}
