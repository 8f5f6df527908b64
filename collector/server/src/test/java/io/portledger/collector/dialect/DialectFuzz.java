package io.portledger.collector.dialect;

import io.portledger.records.v1.Evidence;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/**
 * The built-in dialects under arbitrary octets: what a fuzzer calls, and what its findings are replayed with. Whatever
 * comes ends in a record that can be written, in a reason, or is not recognised; and a record comes from a text without
 * control characters.
 */
public final class DialectFuzz {

    private static final Dialects ALL = Dialects.load(null, Map.of());
    private static final Instant RECEIVED = Instant.parse("2024-01-01T00:00:00Z");

    private DialectFuzz() {}

    /** The fuzzer's entry. The first octet says whether the rest is a whole message or what stands behind a header. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        String text = new String(input, 1, input.length - 1, StandardCharsets.UTF_8);
        for (String message : (input[0] & 1) == 0
                ? List.of(text)
                : List.of("<14>Dec 24 11:36:00 nat1 " + text, "<14>1 2023-12-24T11:36:00Z nat1 " + text)) {
            read(message);
        }
    }

    private static void read(String message) {
        SyslogText text = SyslogText.of(message.getBytes(StandardCharsets.UTF_8), RECEIVED, ZoneOffset.UTC);
        Dialects.Found found = ALL.read(text, "192.0.2.1", RECEIVED);
        if (found == null) {
            return;
        }
        switch (found.outcome()) {
            case Outcome.Fact fact -> {
                require(
                        !fact.fact()
                                .toEvent(Evidence.getDefaultInstance())
                                .getPorts()
                                .isEmpty(),
                        message);
                require(text.bodyWithHost().chars().noneMatch(c -> c < 0x20 || c == 0x7f), message);
            }
            case Outcome.Unusable unusable -> require(!unusable.reason().isEmpty(), message);
            case Outcome.Ignored _ -> require(found.dialect().name().equals("6wind"), message);
            case Outcome.Refused _ -> throw new IllegalStateException("Nobody is refused: " + message);
        }
    }

    private static void require(boolean isSo, String message) {
        if (!isSo) {
            throw new IllegalStateException("Read as it must not be: " + message);
        }
    }
}
